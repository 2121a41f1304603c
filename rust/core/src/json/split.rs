//! Taking JSON text apart that was checked before: only its quotes and brackets need be looked at, which takes a fraction of
//! what reading it again would.

use std::borrow::Cow;

use super::text::Text;
use super::{Raw, read, scan};

/// The members of an object, as they stand.
pub(super) fn members(object: &str) -> Vec<(Cow<'_, str>, Raw<'_>)> {
    let mut members = Vec::with_capacity(8);
    let mut values = Values { text: object, at: 1 };
    while let Some((name, value)) = values.next().and_then(|name| Some((name, values.next()?))) {
        members.push((unquoted(name), value));
    }
    members
}

/// The items of an array.
pub(super) fn items(array: &str) -> Vec<Raw<'_>> {
    Values { text: array, at: 1 }.collect()
}

/// A member's name; its lone surrogates are replaced.
fn unquoted(name: Raw<'_>) -> Cow<'_, str> {
    let inner = &name.0[1..name.0.len() - 1];
    if inner.contains('\\') { read::string(name.0).map_or_else(Cow::default, Text::into_str) } else { inner.into() }
}

/// The values inside brackets, one after the other, names among them.
struct Values<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Values<'a> {
    type Item = Raw<'a>;

    fn next(&mut self) -> Option<Raw<'a>> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at)?, b',' | b':' | b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        let start = self.at;
        self.at = end(bytes, start)?;
        Some(Raw(&self.text[start..self.at]))
    }
}

/// Where the value ends that begins at `at`; `None` at a closing bracket.
fn end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes[at] {
        b'"' => end_of_string(bytes, at),
        b'{' | b'[' => end_of_brackets(bytes, at),
        b'}' | b']' => None,
        _ => {
            let size =
                bytes[at..].iter().position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r'));
            size.map(|size| at + size)
        }
    }
}

fn end_of_string(bytes: &[u8], quote: usize) -> Option<usize> {
    let mut at = quote + 1;
    loop {
        at += scan::plain_text(bytes.get(at..)?)?;
        match bytes[at] {
            b'"' => return Some(at + 1),
            // What is escaped ends nothing.
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn end_of_brackets(bytes: &[u8], open: usize) -> Option<usize> {
    let (mut at, mut depth) = (open, 0_usize);
    loop {
        match bytes.get(at)? {
            b'"' => {
                at = end_of_string(bytes, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    const SCALARS: [&str; 14] = [
        "null",
        "true",
        "0",
        "-1.5e+9",
        r#""""#,
        r#""a""#,
        r#""]}{[,:""#,
        r#""\"""#,
        r#""\\""#,
        r#""\\\"]""#,
        r#""a long string, \u00e9\ud83d\ude00 and \n more""#,
        r#""é😀""#,
        r#"" \t ""#,
        r#""\ud83d""#,
    ];
    /// Those that the crate can read as names.
    const NAMES: &[&str] = SCALARS.split_at(4).1.split_at(9).0;
    const BLANKS: [&str; 4] = ["", "", " ", "\r\n\t "];

    /// A value, with blanks around all of its parts.
    fn value() -> impl Strategy<Value = String> {
        let scalar = prop::sample::select(&SCALARS[..]).prop_map(str::to_owned);
        scalar.prop_recursive(4, 40, 6, |inner| {
            let blank = || prop::sample::select(&BLANKS[..]);
            let name = prop::sample::select(NAMES);
            let padded = (blank(), inner.clone(), blank())
                .prop_map(|(before, value, behind)| before.to_owned() + &value + behind);
            let member = (blank(), name, blank(), blank(), inner, blank())
                .prop_map(|(a, name, b, c, value, d)| format!("{a}{name}{b}:{c}{value}{d}"));
            prop_oneof![
                (prop::collection::vec(padded, 0..6), blank()).prop_map(|(items, blank)| match &items[..] {
                    [] => format!("[{blank}]"),
                    items => format!("[{}]", items.join(",")),
                }),
                (prop::collection::vec(member, 0..6), blank()).prop_map(|(members, blank)| match &members[..] {
                    [] => format!("{{{blank}}}"),
                    members => format!("{{{}}}", members.join(",")),
                }),
            ]
        })
    }

    /// All values inside, by what the JSON crate makes of them.
    fn compare(value: Raw<'_>) {
        let text = value.as_str();
        if value.is_array() {
            let slowly: Vec<&RawValue> = serde_json::from_str(text).unwrap();
            let slowly: Vec<_> = slowly.into_iter().map(RawValue::get).collect();
            let found = items(text);
            assert_eq!(found.iter().map(|item| item.as_str()).collect::<Vec<_>>(), slowly);
            found.into_iter().for_each(compare);
        } else if value.is_object() {
            // Of members with one name the last counts.
            let slowly: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap();
            let slowly: Vec<_> = slowly.iter().map(|(name, value)| (name.as_str(), value.get())).collect();
            let found = members(text);
            let last: BTreeMap<_, _> = found.iter().map(|(name, value)| (name.as_ref(), value.as_str())).collect();
            assert_eq!(last.into_iter().collect::<Vec<_>>(), slowly);
            found.into_iter().map(|(_, value)| value).for_each(compare);
        }
    }

    #[test]
    fn names_are_read() {
        let object = r#"{"a":1, "\u0061\n" : 2 ,"\ud83dx":3,"\"":4,"a":5}"#;
        let names: Vec<_> =
            members(object).into_iter().map(|(name, value)| (name.into_owned(), value.as_str())).collect();
        let names: Vec<_> = names.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert_eq!(names, [("a", "1"), ("a\n", "2"), ("\u{fffd}x", "3"), ("\"", "4"), ("a", "5")]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn values_are_those_of_the_json_crate(text in value()) {
            super::super::check(&text).unwrap();
            compare(Raw(&text));
        }

        #[test]
        fn text_that_is_no_json_ends_it(text in value(), cut in 0..100_usize) {
            let end = (0..=text.len() * cut / 100).rev().find(|&end| text.is_char_boundary(end)).unwrap();
            for begin in ["[", "{"] {
                let broken = format!("{begin}{}", &text[..end]);
                assert!(items(&broken).len() <= broken.len() && members(&broken).len() <= broken.len());
            }
        }
    }
}
