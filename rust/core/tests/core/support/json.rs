//! JSON values for comparing: integers of any size keep their digits, and no object may name a member twice.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    /// An integer, true, false, null, and a string that is no Unicode text: as they are written.
    Verbatim(String),
    Float(f64),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    pub(crate) const fn null() -> Self {
        Self::Verbatim(String::new())
    }

    pub(crate) fn parse(text: &str) -> Self {
        let text = text.trim();
        match text.as_bytes()[0] {
            b'{' => Self::Object(members(text)),
            b'[' => Self::List(read::<Vec<&RawValue>>(text).into_iter().map(|item| Self::parse(item.get())).collect()),
            b'"' => serde_json::from_str(text).map_or_else(|_| Self::Verbatim(text.to_owned()), Self::Text),
            b'n' => Self::null(),
            b'-' | b'0'..=b'9' if text.contains(['.', 'e', 'E']) => Self::Float(text.parse().unwrap()),
            _ => Self::Verbatim(text.to_owned()),
        }
    }

    pub(crate) fn of_text(text: Option<&str>) -> Self {
        text.map_or(Self::null(), |text| Self::Text(text.to_owned()))
    }

    pub(crate) fn object<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    pub(crate) fn is_null(&self) -> bool {
        *self == Self::null()
    }

    pub(crate) fn is_true(&self) -> bool {
        matches!(self, Self::Verbatim(text) if text == "true")
    }

    pub(crate) fn of_bool(value: bool) -> Self {
        Self::Verbatim(value.to_string())
    }

    /// The member of that name; `None` for null too.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { panic!("expected an object with {name:?}, got {self:?}") };
        members.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self) -> &str {
        let Self::Text(text) = self else { panic!("expected a string, got {self:?}") };
        text
    }

    pub(crate) fn number<T: std::str::FromStr>(&self) -> T {
        let Self::Verbatim(digits) = self else { panic!("expected an integer, got {self:?}") };
        digits.parse().unwrap_or_else(|_| panic!("expected an integer that fits, got {digits}"))
    }

    pub(crate) fn items(&self) -> &[Self] {
        let Self::List(items) = self else { panic!("expected a list, got {self:?}") };
        items
    }

    /// The items of the member of that name.
    pub(crate) fn items_mut(&mut self, name: &str) -> &mut Vec<Self> {
        match self {
            Self::Object(members) => match members.get_mut(name) {
                Some(Self::List(items)) => items,
                other => panic!("expected a list {name:?}, got {other:?}"),
            },
            _ => panic!("expected an object with {name:?}, got {self:?}"),
        }
    }

    /// Adds a member to an object, or replaces it.
    pub(crate) fn set(&mut self, name: &str, value: Self) {
        let Self::Object(members) = self else { panic!("expected an object, got {self:?}") };
        members.insert(name.to_owned(), value);
    }

    pub(crate) fn remove(&mut self, name: &str) {
        let Self::Object(members) = self else { panic!("expected an object, got {self:?}") };
        members.remove(name);
    }

    /// Whether `part` is in it: objects may have more members; `"<absent>"` stands for one that must not be there.
    pub(crate) fn contains(&self, part: &Self) -> bool {
        match (self, part) {
            (Self::Object(all), Self::Object(some)) => some.iter().all(|(name, part)| match (all.get(name), part) {
                (found, Self::Text(text)) if text == "<absent>" => found.is_none(),
                (found, part) => found.is_some_and(|found| found.contains(part)),
            }),
            (Self::List(all), Self::List(some)) => {
                all.len() == some.len() && all.iter().zip(some).all(|(one, part)| one.contains(part))
            }
            _ => self == part,
        }
    }
}

impl std::ops::Index<&str> for Json {
    type Output = Self;

    /// The member of that name.
    fn index(&self, name: &str) -> &Self {
        let Self::Object(members) = self else { panic!("expected an object with {name:?}, got {self:?}") };
        members.get(name).unwrap_or_else(|| panic!("expected a member {name:?} in {self:?}"))
    }
}

/// The bytes that hexadecimal digits stand for.
pub(crate) fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn members(text: &str) -> BTreeMap<String, Json> {
    let members: Members<'_> = read(text);
    let count = members.0.len();
    let map: BTreeMap<_, _> = members.0.into_iter().map(|(name, value)| (name, Json::parse(value.get()))).collect();
    assert_eq!(map.len(), count, "a member stands twice in {text}");
    map
}

fn read<'a, T: serde::Deserialize<'a>>(text: &'a str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("expected JSON, got {text}: {error}"))
}

/// An object's members as they stand, equal names and all.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> serde::de::Visitor<'de> for Visit {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visit)
    }
}
