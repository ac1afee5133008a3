//! Key templates and patterns: literal text and placeholders.

use crate::pattern;

/// A key template or a pattern, with the mistakes in it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Template {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) mistakes: Vec<String>,
}

/// A stretch of a template.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece {
    /// Text taken as it stands.
    Text(String),
    /// `<arg>` or `<arg.field>`.
    Value(Placeholder),
}

/// Placeholder: the text between `<` and `>`.
#[derive(Debug, PartialEq)]
pub(crate) struct Placeholder {
    pub(crate) root: String,
    /// Field names and tuple indexes.
    pub(crate) path: Vec<String>,
}

/// Use of a template.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Key,
    Pattern,
}

/// Reads the template of a key.
pub(crate) fn key(text: &str) -> Template {
    read(
        text,
        Kind::Key,
        "key is empty; write a prefix and what tells entries apart: `\"users:<id>\"`",
    )
}

/// Reads a pattern.
pub(crate) fn pattern(text: &str) -> Template {
    read(
        text,
        Kind::Pattern,
        "pattern is empty; write `\"users:*\"`, or `\"*\"` for everything under the prefix",
    )
}

fn read(text: &str, kind: Kind, when_empty: &str) -> Template {
    let mut reader = Reader { rest: text, kind, template: Template::default() };
    reader.run();
    if kind == Kind::Pattern {
        reader.check_question_marks();
    }
    if text.is_empty() {
        reader.mistake(when_empty.to_owned());
    }
    reader.template
}

struct Reader<'a> {
    rest: &'a str,
    kind: Kind,
    template: Template,
}

impl Reader<'_> {
    fn run(&mut self) {
        while let Some(c) = self.next() {
            match c {
                '<' => self.placeholder(),
                '>' => self.mistake("`>` without `<`; placeholders are written `<arg>`".to_owned()),
                '\\' if self.kind == Kind::Pattern => self.escaped(),
                '[' if self.kind == Kind::Pattern => self.class(),
                _ => self.literal(c),
            }
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn mistake(&mut self, message: String) {
        if !self.template.mistakes.contains(&message) {
            self.template.mistakes.push(message);
        }
    }

    fn text(&mut self, c: char) {
        if let Some(Piece::Text(text)) = self.template.pieces.last_mut() {
            text.push(c);
        } else {
            self.template.pieces.push(Piece::Text(c.to_string()));
        }
    }

    fn literal(&mut self, c: char) {
        self.check_visible(c);
        if self.kind == Kind::Key && matches!(c, '*' | '?' | '[' | ']' | '\\') {
            self.mistake(
                "`*`, `?`, `[`, `]` and `\\` cannot be in a key; they have a meaning in patterns"
                    .to_owned(),
            );
        }
        self.text(c);
    }

    fn check_visible(&mut self, c: char) {
        if c.is_whitespace() || c.is_control() {
            self.mistake(
                "keys have no white space or control characters; write `_` or `-`".to_owned(),
            );
        }
    }

    fn escaped(&mut self) {
        let Some(c) = self.next() else {
            return self
                .mistake("pattern ends in `\\`; write the character that it escapes".to_owned());
        };
        self.check_visible(c);
        self.text('\\');
        self.text(c);
    }

    /// Reads the rest of `[a-z]`. Text that is no set is read as text.
    fn class(&mut self) {
        self.text('[');
        let set = match pattern::set(self.rest) {
            Ok(length) => &self.rest[..length],
            Err(message) => return self.mistake(message),
        };
        self.rest = &self.rest[set.len()..];
        for c in set.chars() {
            self.check_visible(c);
            self.text(c);
        }
        if set.contains('<') {
            self.mistake(
                "a placeholder cannot stand inside `[…]`; put it outside the brackets".to_owned(),
            );
        }
    }

    /// Adds mistakes for a `?`, which matches one byte, beside a character of several bytes.
    fn check_question_marks(&mut self) {
        let texts = self.template.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => pattern::question_mark(text),
            Piece::Value(_) => None,
        });
        for mistake in texts.collect::<Vec<_>>() {
            self.mistake(mistake);
        }
    }

    /// Reads the rest of `<arg.field>`.
    fn placeholder(&mut self) {
        let end = self.rest.find(['<', '>']);
        match end.filter(|end| self.rest[*end..].starts_with('>')) {
            None => self.mistake("`<` is not closed; placeholders are written `<arg>`".to_owned()),
            Some(end) => {
                let inside = &self.rest[..end];
                self.rest = &self.rest[end + 1..];
                match parse_placeholder(inside) {
                    Some(placeholder) => self.template.pieces.push(Piece::Value(placeholder)),
                    None => self.mistake(format!(
                        "`<{inside}>` is not a placeholder; write `<arg>` or `<arg.field>`"
                    )),
                }
            }
        }
    }
}

fn parse_placeholder(text: &str) -> Option<Placeholder> {
    let mut parts = text.split('.').map(|part| part.strip_prefix("r#").unwrap_or(part));
    let root = parts.next().filter(|root| is_name(root))?;
    let path: Vec<String> = parts.map(str::to_owned).collect();
    path.iter().all(|part| is_field(part)).then(|| Placeholder { root: root.to_owned(), path })
}

/// Tells whether the text is an identifier, a keyword (`r#type`) included.
pub(crate) fn is_name(text: &str) -> bool {
    text != "_" && (syn::parse_str::<syn::Ident>(text).is_ok() || is_keyword(text))
}

fn is_keyword(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic())
}

fn is_field(text: &str) -> bool {
    let number = text.chars().all(|c| c.is_ascii_digit()) && text.parse::<u32>().is_ok();
    number || (is_name(text) && !matches!(text, "self" | "Self" | "super" | "crate"))
}

#[cfg(test)]
mod tests {
    use super::{Piece, Placeholder, key, pattern};

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    fn value(root: &str, path: &[&str]) -> Piece {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        Piece::Value(Placeholder { root: root.to_owned(), path })
    }

    #[test]
    fn splits_text_and_placeholders() {
        assert_eq!(key("sql:<table>").pieces, [text("sql:"), value("table", &[])]);
        assert_eq!(
            key("<a.b.0>{<self.tenant>}").pieces,
            [value("a", &["b", "0"]), text("{"), value("self", &["tenant"]), text("}")]
        );
        assert_eq!(key("<r#type.r#fn>").pieces, [value("type", &["fn"])]);
        assert_eq!(key("ключ:<id>").mistakes, [""; 0]);
    }

    #[test]
    fn keeps_globs_of_patterns() {
        let template = pattern("a*b?[^x-z\\]]\\*<id>");
        assert_eq!(template.pieces, [text("a*b?[^x-z\\]]\\*"), value("id", &[])]);
        assert_eq!(template.mistakes, [""; 0]);
        assert_eq!(pattern("*").mistakes, [""; 0]);
    }

    #[test]
    fn names_every_mistake_once() {
        assert_eq!(key("a *<b<c>>*").mistakes.len(), 4);
        for text in
            ["<>", "<a b>", "<a.>", "<.a>", "<a()>", "<0>", "<a", "a>", "", "<a.self>", "<_>"]
        {
            assert_eq!(key(text).mistakes.len(), 1, "{text}");
        }
        for text in ["[ab", "a\\", "[<id>]", "", "[]", "a b", "\u{7}", "[a-]", "[é]", "é?<id>"] {
            assert_eq!(pattern(text).mistakes.len(), 1, "{text}");
        }
    }
}
