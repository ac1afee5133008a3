//! The house: which room of a crate may import which, and how comments are written.
//!
//! Own code, because no kept tool knows the order of modules inside a crate, and a prose linter does
//! not read the comments of Rust alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::command::{Cmd, Result};
use crate::step::{Outcome, Step};

/// A crate's rooms, the lowest first. A room imports from rooms before its own alone. A room is a
/// file or a folder in the crate's `src`; rooms on one line have nothing to do with each other.
struct House {
    sources: &'static str,
    floors: &'static [&'static str],
}

const HOUSES: [House; 3] = [
    House {
        sources: "cache-runtime/src",
        floors: &[
            "rt error", "entry", "function", "key", "store", "protocol", "cache", "call", "write",
            "private", "lib",
        ],
    },
    House {
        sources: "cache-macros/src",
        floors: &[
            "duration errors manifest pattern suggest",
            "facade options template",
            "args function",
            "lasting origin",
            "check",
            "expand",
            "lib",
            "tests",
        ],
    },
    House {
        sources: "benches/peers/src",
        floors: &[
            "database member plot progress rounds table",
            "peers",
            "hit in_process invalidation outage stale_fill stampede",
            "children",
            "options",
            "main",
        ],
    },
];

/// Where every comment is held to the rules.
const PROSE: &str = "cache-runtime/src cache-macros/src";

/// Comments are wrapped here.
const WIDTH: usize = 100;

/// Openings that leave a comment without a subject.
const OPENINGS: [&str; 9] =
    ["It ", "It's ", "One ", "Who ", "Whoever ", "What ", "That ", "Those ", "The same "];

pub(crate) fn step() -> Step {
    Step::function("house", "cargo xtask lint", || check().map(|()| Outcome::Passed))
}

fn check() -> Result {
    let mut faults = Vec::new();
    for house in &HOUSES {
        house.check(&mut faults)?;
    }
    check_prose(&mut faults)?;
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

fn files(folders: &str) -> Result<Vec<(String, String)>> {
    let list = Cmd::new("git ls-files --cached --others --exclude-standard --").words(folders);
    let list = list.captured()?;
    let files = list.lines().filter(|file| {
        Path::new(file).extension().is_some_and(|it| it == "rs")
            && fs::exists(file).is_ok_and(|is| is)
    });
    files.map(|file| Ok((file.to_owned(), fs::read_to_string(file)?))).collect()
}

impl House {
    fn check(&self, faults: &mut Vec<String>) -> Result {
        let rooms = self.floors.iter().enumerate();
        let rooms =
            rooms.flat_map(|(floor, names)| names.split(' ').map(move |name| (name, floor)));
        let rooms: BTreeMap<&str, usize> = rooms.collect();
        for (file, text) in files(self.sources)? {
            let own = room_of(&file[self.sources.len() + 1..]);
            let Some(floor) = rooms.get(own) else {
                faults.push(format!("{file}: the room `{own}` has no floor in xtask/src/house.rs"));
                continue;
            };
            for other in imported(&text) {
                // A name of the root that is no room is a re-export: `lib` is above all others.
                let is_allowed = rooms.get(other).is_none_or(|below| below < floor) || other == own;
                if !is_allowed {
                    faults.push(format!(
                        "{file}: `{own}` imports from `{other}`, which is not below it"
                    ));
                }
            }
        }
        Ok(())
    }
}

fn room_of(path: &str) -> &str {
    path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

/// Returns the rooms that a file names, its tests apart.
fn imported(text: &str) -> Vec<&str> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let paths = lines.flat_map(|line| line.split("crate::").skip(1).map(move |path| (line, path)));
    let rooms = paths.filter(|(line, _)| !line.contains("$crate::"));
    rooms
        .map(|(_, path)| {
            path.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
        })
        .collect()
}

fn check_prose(faults: &mut Vec<String>) -> Result {
    for (file, text) in files(PROSE)? {
        if file.contains("/expansions/") {
            continue;
        }
        let mut before = "";
        for (number, line) in text.lines().enumerate() {
            let (comment, earlier) = (comment_in(line), comment_in(before));
            before = line;
            let Some(comment) = comment else { continue };
            let mut fault = |what: &str| faults.push(format!("{file}:{}: {what}", number + 1));
            if line.chars().count() > WIDTH && !is_one_piece(comment) {
                fault("a comment is wrapped at 100 columns");
            }
            let begins = earlier.is_none_or(str::is_empty);
            if begins && OPENINGS.iter().any(|opening| comment.starts_with(opening)) {
                fault("a comment opens with its subject, a noun, or with what a function does");
            }
        }
    }
    Ok(())
}

/// Returns the text of a line that is a comment and no marker.
fn comment_in(line: &str) -> Option<&str> {
    let comment = line.trim_start().strip_prefix("//")?;
    let comment = comment.trim_start_matches(['/', '!']).trim();
    (!comment.starts_with("mutant: ")).then_some(comment)
}

/// A table's row and a link cannot be wrapped.
fn is_one_piece(comment: &str) -> bool {
    comment.starts_with('|') || comment.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_upwards_is_found() {
        let text = "use crate::cache::Cache;\nuse crate::error::{Error, Result};\n// crate::call\n";
        assert_eq!(imported(text), ["cache", "error"]);
        assert_eq!(
            imported("$crate::call::x!()\n#[cfg(test)]\nmod tests { use crate::write; }"),
            [""; 0]
        );
        assert_eq!((room_of("call/drive/mod.rs"), room_of("error.rs")), ("call", "error"));
    }

    #[test]
    fn comments_are_told_from_code_and_markers() {
        assert_eq!(comment_in("    /// Returns."), Some("Returns."));
        assert_eq!(comment_in("    // mutant: a name"), None);
        assert_eq!(comment_in("let a = 1; // no comment of its own"), None);
    }
}
