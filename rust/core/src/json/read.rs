//! Reading JSON text with the JSON crate.
//!
//! The text has been checked before, so that none of these can fail on it; on text that is no JSON they would give
//! nothing.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;

use super::text::Text;

/// Checks that `text` is one JSON value.
///
/// # Errors
/// The crate's reason for refusing it.
pub(super) fn check(text: &str) -> Result<(), String> {
    serde_json::from_str::<&RawValue>(text).map(drop).map_err(|error| error.to_string())
}

/// The text of a string.
pub(super) fn string(string: &str) -> Option<Text<'static>> {
    let StringBytes(bytes) = serde_json::from_str(string).ok()?;
    Some(match String::from_utf8(bytes) {
        Ok(text) => Text::Whole(Cow::Owned(text)),
        Err(error) => Text::Wtf8(error.into_bytes()),
    })
}

/// A string's text as WTF-8, which is what the JSON crate gives where bytes are asked for.
struct StringBytes(Vec<u8>);

impl<'de> Deserialize<'de> for StringBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = StringBytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(StringBytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Visit)
    }
}
