//! Settings of a handle, which configuration files and the environment give by the same rules.

use crate::cache::Time;
use crate::cache::builder::{OnUnreachable, Strategy};
use crate::cache::config::duration;
use crate::cache::config::variables::{self, Read};
use crate::entry::ttl::Ttl;
use crate::store::fleet::AfterOutage;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

/// A type that a setting can have.
pub(crate) trait Setting: Sized {
    /// The forms that a setting may be written in, for messages.
    const EXPECTED: &'static str;

    /// Reads text. The error message may repeat the text.
    fn from_text(text: &str) -> Result<Self, String>;

    /// Reads a value that a file holds without quotation marks.
    fn from_bare(bare: Bare) -> Result<Self, String>;
}

/// A value that a file holds without quotation marks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bare {
    Number(u64),
    Flag(bool),
    /// A duration in serde's own form, with seconds and nanoseconds.
    Duration(Duration),
}

fn expected<T: Setting>() -> String {
    format!("expected {}", T::EXPECTED)
}

impl Setting for String {
    const EXPECTED: &'static str = "text";

    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn from_bare(_bare: Bare) -> Result<Self, String> {
        Err(expected::<Self>())
    }
}

impl Setting for bool {
    const EXPECTED: &'static str = "`true` or `false`";

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("{}, not `{text}`", expected::<Self>()))
    }

    fn from_bare(bare: Bare) -> Result<Self, String> {
        if let Bare::Flag(flag) = bare { Ok(flag) } else { Err(expected::<Self>()) }
    }
}

fn number<T: Setting + FromStr>(text: &str) -> Result<T, String> {
    let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|digits| digits.parse().ok());
    number.ok_or_else(|| format!("{}, not `{text}`", expected::<T>()))
}

fn bare_number<T: Setting>(bare: Bare) -> Result<T, String> {
    if let Bare::Number(number) = bare {
        T::from_text(&number.to_string())
    } else {
        Err(expected::<T>())
    }
}

impl Setting for u64 {
    const EXPECTED: &'static str = "a number";

    fn from_text(text: &str) -> Result<Self, String> {
        number(text)
    }

    fn from_bare(bare: Bare) -> Result<Self, String> {
        bare_number(bare)
    }
}

impl Setting for usize {
    const EXPECTED: &'static str = "a number";

    fn from_text(text: &str) -> Result<Self, String> {
        number(text)
    }

    fn from_bare(bare: Bare) -> Result<Self, String> {
        bare_number(bare)
    }
}

impl Setting for Time {
    const EXPECTED: &'static str = "seconds, such as 300, or a duration, such as \"5m\"";

    fn from_text(text: &str) -> Result<Self, String> {
        duration::parse(text).map(Duration::from_millis).map(Self)
    }

    fn from_bare(bare: Bare) -> Result<Self, String> {
        if let Bare::Duration(time) = bare { Ok(Self(time)) } else { bare_number(bare) }
    }
}

impl Setting for Ttl {
    const EXPECTED: &'static str = "seconds, such as 300, a duration, such as \"5m\", or \"never\"";

    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "never" => Ok(Self::Never),
            _ => Time::from_text(text).map(|Time(time)| Self::After(time)),
        }
    }

    fn from_bare(bare: Bare) -> Result<Self, String> {
        Time::from_bare(bare).map(|Time(time)| Self::After(time))
    }
}

/// Implements [`Setting`] for types whose values are a few words.
macro_rules! words {
    ($($type:ty: $expected:literal;)*) => {$(
        impl Setting for $type {
            const EXPECTED: &'static str = $expected;

            fn from_text(text: &str) -> Result<Self, String> {
                Self::try_from(text.to_owned())
            }

            fn from_bare(_bare: Bare) -> Result<Self, String> {
                Err(expected::<Self>())
            }
        }
    )*};
}

words! {
    OnUnreachable: "`warn` or `error`";
    Strategy: "`scan` or `scoped`";
    AfterOutage: "`trust`, `check` or `forget`";
}

/// A setting as a file has it, with its variables.
#[derive(Debug)]
pub(crate) enum Raw<T> {
    Text(String),
    Bare(Bare, PhantomData<T>),
}

impl<T: Setting> Raw<T> {
    /// Reads the setting. If a variable is at fault, the error names the field, if there is one.
    /// Other errors leave the name to the reader of the file.
    pub(crate) fn read(self, field: &str, variables: Read<'_>) -> Result<T, String> {
        let text = match self {
            Self::Bare(bare, _) => return T::from_bare(bare),
            Self::Text(text) => text,
        };
        let of = |message: String| match field {
            "" => message,
            field => format!("`{field}`: {message}"),
        };
        let expanded = variables::expand(&text, variables).map_err(of)?;
        let setting = T::from_text(&expanded.text);
        // mutant: a message repeats what a variable holds
        if expanded.has_variables {
            // The value of a variable may be a secret, and the message would repeat it.
            let instead = || format!("`{text}` stands for something else; {}", expected::<T>());
            return setting.map_err(|_| of(instead()));
        }
        setting
    }
}

struct OfRaw<T>(PhantomData<T>);

impl<'de, T: Setting> Visitor<'de> for OfRaw<T> {
    type Value = Raw<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Raw<T>, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Raw<T>, E> {
        Ok(Raw::Bare(Bare::Flag(flag), PhantomData))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Raw<T>, E> {
        Ok(Raw::Bare(Bare::Number(number), PhantomData))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Raw<T>, E> {
        let number = u64::try_from(number).map_err(|_| E::custom("it cannot be negative"))?;
        self.visit_u64(number)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Raw<T>, A::Error> {
        let time = Duration::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Raw::Bare(Bare::Duration(time), PhantomData))
    }
}

impl<'de, T: Setting> Deserialize<'de> for Raw<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfRaw(PhantomData))
    }
}

/// The setting of the field with this name.
pub(crate) struct Field<'a, T>(pub(crate) &'a str, pub(crate) PhantomData<T>);

impl<'de, T: Setting> DeserializeSeed<'de> for Field<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        raw.read(self.0, &variables::process).map_err(de::Error::custom)
    }
}

/// Reads a setting that has no name of its own.
pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: Setting>(
    deserializer: D,
) -> Result<T, D::Error> {
    Field("", PhantomData).deserialize(deserializer)
}

/// Reads the setting of a field that may be left out.
pub(crate) fn optional<'de, D: Deserializer<'de>, T: Setting>(
    field: &str,
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let raw = Option::<Raw<T>>::deserialize(deserializer)?;
    let setting = raw.map(|raw| raw.read(field, &variables::process)).transpose();
    setting.map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env::VarError;

    #[expect(clippy::unnecessary_wraps, reason = "the signature is that of `Read`")]
    fn variables(name: &str) -> Result<Option<String>, VarError> {
        Ok(match name {
            "TIME" => Some("90s".to_owned()),
            "BYTES" => Some("4096".to_owned()),
            "ON" => Some("false".to_owned()),
            "STRATEGY" => Some("scoped".to_owned()),
            "SECRET" => Some("hunter2".to_owned()),
            _ => None,
        })
    }

    fn read<T: Setting>(text: &str) -> Result<T, String> {
        Raw::Text(text.to_owned()).read("local.cap", &variables)
    }

    #[test]
    fn every_kind_takes_variables() {
        assert_eq!(read::<Time>("${TIME}"), Ok(Time(Duration::from_secs(90))));
        assert_eq!(read::<Time>("${NONE:-5}m"), Ok(Time(Duration::from_secs(300))));
        assert_eq!(read::<Ttl>("${NONE:-never}"), Ok(Ttl::Never));
        assert_eq!(read::<u64>("${BYTES}0"), Ok(40_960));
        assert_eq!(read::<usize>("${BYTES}"), Ok(4096));
        assert_eq!(read::<bool>("${ON}"), Ok(false));
        assert_eq!(read::<Strategy>("${STRATEGY}"), Ok(Strategy::Scoped));
        assert_eq!(read::<String>("a:${STRATEGY}"), Ok("a:scoped".to_owned()));
    }

    #[test]
    fn a_message_names_field_and_variable_and_no_value() {
        let message = read::<Time>("${NONE}").unwrap_err();
        assert!(message.contains("`local.cap`") && message.contains("`NONE`"), "{message}");
        for message in [
            read::<Time>("${SECRET}").unwrap_err(),
            read::<Ttl>("${SECRET}").unwrap_err(),
            read::<u64>("${SECRET}").unwrap_err(),
            read::<bool>("${SECRET}").unwrap_err(),
            read::<OnUnreachable>("${SECRET}").unwrap_err(),
            read::<Strategy>("${SECRET}").unwrap_err(),
        ] {
            assert!(!message.contains("hunter2"), "{message}");
            assert!(
                message.contains("`local.cap`: `${SECRET}`") && message.contains("expected"),
                "{message}"
            );
        }
    }
}
