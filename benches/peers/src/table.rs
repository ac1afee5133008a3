//! Tables, for a terminal or as plain Markdown.

use std::fmt::{Display, Formatter, Result};

/// A table with what has to be said beside it.
pub(crate) struct Table {
    title: String,
    lines: Vec<Vec<String>>,
    notes: Vec<String>,
}

impl Table {
    pub(crate) fn new(title: &str, head: &[&str]) -> Self {
        let head = head.iter().map(ToString::to_string).collect();
        Self { title: title.to_owned(), lines: vec![head], notes: Vec::new() }
    }

    pub(crate) fn line(&mut self, name: &str, cells: impl IntoIterator<Item = String>) {
        self.lines.push(std::iter::once(name.to_owned()).chain(cells).collect());
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Prints it; padded, unless it is to go into a document.
    pub(crate) fn print(&self, markdown: bool) {
        let widths = if markdown { vec![0; self.lines[0].len()] } else { self.widths() };
        println!("### {}\n", self.title);
        for (number, line) in self.lines.iter().enumerate() {
            println!("{}", Line(line, &widths));
            if number == 0 {
                println!("{}", Rule(&widths));
            }
        }
        println!();
        for note in &self.notes {
            println!("* {note}");
        }
        println!();
    }

    fn widths(&self) -> Vec<usize> {
        let width = |column: usize| self.lines.iter().map(move |line| line[column].chars().count());
        (0..self.lines[0].len()).map(|column| width(column).max().unwrap_or(0)).collect()
    }
}

struct Line<'a>(&'a [String], &'a [usize]);

impl Display for Line<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.write_str("|")?;
        for (cell, width) in self.0.iter().zip(self.1) {
            write!(out, " {cell:width$} |")?;
        }
        Ok(())
    }
}

struct Rule<'a>(&'a [usize]);

impl Display for Rule<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.write_str("|")?;
        for &width in self.0 {
            let dashes = if width == 0 { 3 } else { width + 2 };
            write!(out, "{}|", "-".repeat(dashes))?;
        }
        Ok(())
    }
}
