//! The functions to compile: the same for every form, but for the attribute.

use std::fmt::Write as _;

/// How many functions share a module, and the struct they return.
const MODULE: u32 = 25;

/// What stands in front of the functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Bare,
    Annotated,
    Peer,
    PeerRedis,
}

impl Form {
    /// The first is what the others are divided by.
    pub(crate) const ALL: [Self; 4] = [Self::Bare, Self::Annotated, Self::Peer, Self::PeerRedis];

    /// The package that compiles it, in `benches/compile-time`.
    pub(crate) fn package(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Annotated => "annotated",
            Self::Peer => "peer",
            Self::PeerRedis => "peer-redis",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Annotated => "annotated",
            Self::Peer => "`cached`",
            Self::PeerRedis => "`cached`, Redis",
        }
    }

    /// The nearest that each has: a time to live, and the arguments as the key.
    fn attribute(self, index: u32) -> String {
        match self {
            Self::Bare => String::new(),
            Self::Annotated => {
                format!("#[cache_runtime::cached(ttl = 300, key = \"record_{index}:<id>\")]")
            }
            Self::Peer => String::from("#[cached::macros::cached(ttl_secs = 300)]"),
            Self::PeerRedis => PEER_REDIS.replace("INDEX", &index.to_string()),
        }
    }
}

/// On Redis the peer's key is text.
const PEER_REDIS: &str = r#"#[cached::macros::concurrent_cached(
        redis = true,
        ttl_secs = 300,
        key = "String",
        convert = { format!("record_INDEX:{id}:{tenant}:{limit}:{strict}") },
        map_error = |error| Failure::Cache(error.to_string())
    )]"#;

/// The whole source; `edit` changes the body of the last function, and nothing else.
pub(crate) fn source(form: Form, functions: u32, edit: u32) -> String {
    let modules = functions.div_ceil(MODULE);
    let mut text = String::new();
    for module in 0..modules {
        let first = module * MODULE;
        let indices = first..functions.min(first + MODULE);
        let functions: String = indices
            .clone()
            .map(|index| function(form, index, if index + 1 == functions { edit } else { 0 }))
            .collect();
        let calls: String = indices.map(call).collect();
        text.push_str(&module_of(module, &functions, &calls));
    }
    text.push_str(&all(modules));
    text
}

fn module_of(module: u32, functions: &str, calls: &str) -> String {
    format!(
        "mod part_{module} {{
    use database::Failure;
    use serde::{{Deserialize, Serialize}};

    #[derive(Clone, Debug, Deserialize, Serialize)]
    pub struct Record {{
        pub id: u64,
        pub tenant: String,
        pub title: String,
        pub children: u32,
        pub tags: Vec<String>,
        pub parent: Option<u64>,
    }}
{functions}
    pub async fn all() -> Result<u64, Failure> {{
        let mut sum = 0;
{calls}        Ok(sum)
    }}
}}

"
    )
}

fn function(form: Form, index: u32, edit: u32) -> String {
    let attribute = form.attribute(index);
    let attribute = if attribute.is_empty() { attribute } else { format!("    {attribute}\n") };
    format!(
        "
{attribute}    pub async fn record_{index}(
        id: u64,
        tenant: String,
        limit: u32,
        strict: bool,
    ) -> Result<Record, Failure> {{
        let row = database::row(\"record_{index}\", id, &tenant).await?;
        let children = database::count(\"record_{index}\", id, limit).await?;
        if strict && children > limit {{
            return Err(Failure::Missing);
        }}
        let parent = id.checked_sub({edit});
        Ok(Record {{ id, tenant, title: row.title, children, tags: row.tags, parent }})
    }}
"
    )
}

fn call(index: u32) -> String {
    format!("        sum += record_{index}({index}, \"acme\".to_owned(), 10, false).await?.id;\n")
}

/// Code is generated for what is called, so everything is.
fn all(modules: u32) -> String {
    let mut text =
        String::from("async fn all() -> Result<u64, database::Failure> {\n    let mut sum = 0;\n");
    for module in 0..modules {
        let _ = writeln!(text, "    sum += part_{module}::all().await?;");
    }
    text.push_str("    Ok(sum)\n}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::{Form, source};

    const FUNCTIONS: u32 = 60;

    fn lines(form: Form, edit: u32) -> Vec<String> {
        source(form, FUNCTIONS, edit).lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_same_is_written_every_time() {
        for form in Form::ALL {
            assert_eq!(source(form, FUNCTIONS, 1), source(form, FUNCTIONS, 1));
        }
    }

    #[test]
    fn forms_differ_in_their_attributes_alone() {
        let bare = source(Form::Bare, FUNCTIONS, 0);
        for form in Form::ALL {
            let mut text = source(form, FUNCTIONS, 0);
            for index in 0..FUNCTIONS {
                let attribute = form.attribute(index);
                assert_eq!(attribute.is_empty(), form == Form::Bare);
                text = text.replace(&format!("    {attribute}\n"), "");
            }
            assert_eq!(text, bare.replace("    \n", ""), "{form:?}");
        }
    }

    #[test]
    fn every_function_is_called_once() {
        let text = source(Form::Bare, FUNCTIONS, 0);
        for index in 0..FUNCTIONS {
            assert_eq!(text.matches(&format!("fn record_{index}(")).count(), 1);
            assert_eq!(text.matches(&format!(" record_{index}({index}, ")).count(), 1);
        }
        assert!(!text.contains(&format!("record_{FUNCTIONS}")));
        let modules = text.lines().filter(|line| line.starts_with("mod ")).count();
        assert_eq!(text.matches("::all().await").count(), modules);
    }

    #[test]
    fn an_edit_changes_one_line() {
        for form in Form::ALL {
            let (before, after) = (lines(form, 0), lines(form, 1));
            assert_eq!(before.len(), after.len());
            let changed = before.iter().zip(&after).filter(|(before, after)| before != after);
            assert_eq!(changed.count(), 1, "{form:?}");
        }
    }
}
