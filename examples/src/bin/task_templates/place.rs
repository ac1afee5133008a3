//! Where a bad setting stands, and what is said of it.

use config::{ConfigError, Value, ValueKind};
use examples::command_line::Failure;

/// What begins the name of every variable.
pub(crate) const PREFIX: &str = "TASKS";

/// Between the parts of a variable's name. One underscore is part of many fields' names.
pub(crate) const SEPARATOR: &str = "__";

/// What `config` calls the place of a value that a variable has set.
const FROM_VARIABLES: &str = "the environment";

/// Says which field is bad, why, and who set it.
pub(crate) fn bad_field(origins: &Value, path: &str, reason: &str) -> Failure {
    let field = path.trim_matches('.');
    let place = match origin(origins, field) {
        Some(FROM_VARIABLES) => variable(field),
        Some(file) => format!("{file}: {field}"),
        None if field.is_empty() => "the configuration".to_owned(),
        None => format!("the configuration: {field}"),
    };
    Failure::input(format!("{place}: {reason}"))
}

fn origin<'a>(origins: &'a Value, field: &str) -> Option<&'a str> {
    let step = |value: &'a Value, name: &str| match &value.kind {
        ValueKind::Table(fields) => fields.get(name),
        _ => None,
    };
    field.split('.').try_fold(origins, step)?.origin()
}

/// The variable that sets a field.
pub(crate) fn variable(field: &str) -> String {
    let field = field.replace('.', SEPARATOR).to_uppercase();
    [PREFIX, SEPARATOR, &field].concat()
}

/// What is wrong, without the place, which is said elsewhere.
pub(crate) fn reason(error: &ConfigError) -> String {
    match error {
        ConfigError::At { error, .. } => reason(error),
        ConfigError::Type { unexpected, expected, .. } => {
            without_url(format!("it is the {unexpected}, expected {expected}"))
        }
        ConfigError::FileParse { uri, cause } => {
            let file = uri.as_deref().unwrap_or("the configuration");
            format!("{file}: {}", without_quotation(&cause.to_string()))
        }
        other => without_url(other.to_string()),
    }
}

/// A URL in another field than its own would be repeated with its password.
fn without_url(reason: String) -> String {
    if reason.contains("://") { "a URL does not belong here".to_owned() } else { reason }
}

/// The lines of the file that the parser repeats stand behind bars. There may be a password in them.
fn without_quotation(text: &str) -> String {
    text.lines().filter(|line| !line.contains('|')).collect::<Vec<_>>().join(": ")
}
