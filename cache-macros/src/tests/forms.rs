//! Forms in which options are written in tables and messages. The tests of `xtask` read `docs/`
//! with this module, too.

use std::collections::BTreeSet;

/// Returns the forms of the options in a page's tables, as `ttl = literal`: an option and the kind
/// of its value.
pub(super) fn in_tables(page: &str) -> BTreeSet<String> {
    let lines = page.lines().map(|line| line.trim_start_matches("///").trim_start());
    let cells = lines.filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    cells.flat_map(in_text).collect()
}

/// Returns the forms of the options that a text has in backticks or in `<code>`.
pub(super) fn in_text(text: &str) -> BTreeSet<String> {
    let text = text.replace("<code>", "`").replace("</code>", "`");
    text.split('`').skip(1).step_by(2).filter_map(form).collect()
}

fn form(code: &str) -> Option<String> {
    let end = code.find(|c: char| c != '_' && !c.is_ascii_lowercase()).unwrap_or(code.len());
    let (name, rest) = code.split_at(end);
    let rest = rest.trim_start_matches([' ', '=', '\\']);
    // Patterns and calls are no options.
    let is_other = name.is_empty() || rest.starts_with('.') || name == "get_user";
    (!is_other).then(|| format!("{name} {}", kind(rest)))
}

fn kind(rest: &str) -> &'static str {
    match rest.chars().next() {
        None => "alone",
        Some('"') if rest.starts_with("\"@") => "= name of a TTL",
        Some('"' | '0'..='9') => "= literal",
        Some('|') => "= closure",
        Some('(') => "of parameters",
        Some(_) if rest == "true" || rest == "false" => "= switch",
        Some(_) => "= expression",
    }
}
