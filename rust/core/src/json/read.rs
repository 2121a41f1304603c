//! Taking JSON text apart, with the JSON crate.
//!
//! All of it has been checked before, so that none of these can fail on it; what is no JSON all the same gives nothing.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Raw;
use crate::text::Text;

/// Checks that `text` is one JSON value; tells what is wrong with it.
pub(super) fn check(text: &str) -> Result<(), String> {
    serde_json::from_str::<&RawValue>(text).map(drop).map_err(|error| error.to_string())
}

/// The members of an object, as they stand.
pub(super) fn members(object: &str) -> Vec<(Cow<'_, str>, Raw<'_>)> {
    serde_json::from_str(object).map(|Members(members)| members).unwrap_or_default()
}

/// The items of an array.
pub(super) fn items(array: &str) -> Vec<Raw<'_>> {
    serde_json::from_str(array).map(|Items(items)| items).unwrap_or_default()
}

/// The text of a string.
pub(super) fn string(string: &str) -> Option<Text<'static>> {
    let StringBytes(bytes) = serde_json::from_str(string).ok()?;
    Some(match String::from_utf8(bytes) {
        Ok(text) => Text::Whole(Cow::Owned(text)),
        Err(error) => Text::Halved(error.into_bytes()),
    })
}

struct Members<'a>(Vec<(Cow<'a, str>, Raw<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    members.push((name, Raw(value.get())));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visit)
    }
}

struct Items<'a>(Vec<Raw<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Items<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Items<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(value) = seq.next_element::<&'de RawValue>()? {
                    items.push(Raw(value.get()));
                }
                Ok(Items(items))
            }
        }
        deserializer.deserialize_seq(Visit)
    }
}

/// A name with lone surrogates, each replaced.
fn wtf8(name: &[u8]) -> Cow<'static, str> {
    Cow::Owned(Text::Halved(name.to_vec()).into_str().into_owned())
}

/// A member's name. Read as bytes, since a `str` may hold no lone surrogate and a JSON name may.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member's name")
            }
            fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
                Ok(Name(std::str::from_utf8(bytes).map_or_else(|_| wtf8(bytes), Cow::Borrowed)))
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(Name(std::str::from_utf8(bytes).map_or_else(|_| wtf8(bytes), |name| Cow::Owned(name.to_owned()))))
            }
        }
        deserializer.deserialize_bytes(Visit)
    }
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
