//! JSON: reading payloads, writing objects, and reading text that is still arriving. The only module that names the
//! JSON crate: `read` asks it, `write` writes with it; `partial` does without, since it reads text that is
//! incomplete.
//!
//! A payload is checked once and then read in place: a [`Raw`] is one JSON value, verbatim. So numbers keep their
//! digits (integers may be of any size), strings may hold lone surrogates, and what is only passed through is never
//! taken apart.

use std::borrow::Cow;
use std::fmt;

use crate::limits::PAYLOAD_DEPTH;

mod characters;
mod close_prefix;
mod names;
mod node;
mod nodes;
mod number;
mod object;
mod partial;
mod patch;
mod raw;
mod read;
mod scan;
mod step;
mod template;
mod text;
mod write;

pub(crate) use close_prefix::close_prefix;
use node::Node;
pub(crate) use object::Object;
pub use partial::PartialJson;
pub(crate) use patch::{Patched, is_same};
pub(crate) use raw::Raw;
pub use step::{Constant, NotJson, Step};
pub(crate) use template::{Holes, Template, span};
pub use text::Text;
pub(crate) use text::{TextBuffer, lossy};
pub(crate) use write::{ObjectWriter, quote, write_array};

/// Text that is not one JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(String);

impl Malformed {
    /// The JSON crate's reason for refusing a text.
    fn reason(text: &str) -> Self {
        Self(read::check(text).err().unwrap_or_else(|| "longer than 4 GiB".to_owned()))
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

/// Text that has been found to be one JSON value, and its nodes.
#[derive(Clone, Debug)]
pub(crate) struct Payload<'a> {
    text: Cow<'a, str>,
    nodes: Vec<Node>,
}

impl<'a> Payload<'a> {
    /// Checks that `text` is one JSON value.
    ///
    /// The constants that Python's `json` writes and no standard knows are read too: some servers send NaN as a
    /// logprob.
    ///
    /// # Errors
    /// What is no JSON, and what is nested deeper than 128 levels.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Malformed> {
        if let Some(nodes) = nodes::nodes(text) {
            return Ok(Self { text: Cow::Borrowed(text), nodes });
        }
        if depth(text) > PAYLOAD_DEPTH {
            return Err(Malformed(format!("nested deeper than {PAYLOAD_DEPTH} levels")));
        }
        let spelt = spell_constants(text).ok_or_else(|| Malformed::reason(text))?;
        let nodes = nodes::nodes(&spelt).ok_or_else(|| Malformed::reason(&spelt))?;
        Ok(Self { text: Cow::Owned(spelt), nodes })
    }

    /// The value.
    pub(crate) fn raw(&self) -> Raw<'_> {
        Raw::new(&self.text, &self.nodes)
    }
}

/// Whether two texts, one after the other, are JSON or may become JSON.
pub(crate) fn is_beginning(pieces: [&str; 2]) -> bool {
    let mut json = PartialJson::default();
    pieces.iter().all(|piece| json.feed(piece, &mut |_| {}).is_ok())
}

/// Whether text is one complete JSON object.
pub(crate) fn is_object(text: &str) -> bool {
    Payload::parse(text).is_ok_and(|payload| payload.raw().is_object())
}

/// JSON's whitespace, which is narrower than Unicode's.
pub(crate) fn is_whitespace(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// How deep the nesting goes, at most; exact where there are so many brackets that it matters.
fn depth(text: &str) -> usize {
    let open = open_brackets(text.as_bytes());
    if open <= PAYLOAD_DEPTH {
        return open;
    }
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in outside_strings(text).map(|(_, byte)| byte) {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The number of opening brackets, including those in strings.
fn open_brackets(bytes: &[u8]) -> usize {
    // `[` and `{` differ in one bit. Counts over so few bytes fit into a byte, so that many are counted at once.
    let count = |few: &[u8]| few.iter().map(|byte| u8::from(byte | 0x20 == b'{')).sum::<u8>();
    bytes.chunks(128).map(|few| usize::from(count(few))).sum()
}

/// The bytes of JSON text that are not inside its strings, with their offsets; the opening quotes are among them.
fn outside_strings(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let (mut inside, mut escaped) = (false, false);
    text.bytes().enumerate().filter(move |&(_, byte)| {
        let outside = !inside;
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            _ => {}
        }
        outside
    })
}

/// Writes NaN as null and the infinities as numbers beyond every range; `None` where there are none.
fn spell_constants(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut taken = 0;
    for (at, _) in outside_strings(text).filter(|(_, byte)| matches!(byte, b'N' | b'I')) {
        let constants = [("NaN", "null"), ("Infinity", "1e999")];
        // After a digit or a letter it is part of something else: `1Infinity`, the second of `NaNaN`.
        let begins = at == 0 || !is_mid_word(text.as_bytes()[at - 1]);
        let ends = |name: &str| !text.as_bytes().get(at + name.len()).is_some_and(|&byte| is_mid_word(byte));
        let found = constants.iter().find(|(name, _)| begins && text[at..].starts_with(name) && ends(name));
        let Some((name, standard)) = found else { continue };
        out.push_str(&text[taken..at]);
        out.push_str(standard);
        taken = at + name.len();
    }
    out.push_str(&text[taken..]);
    (taken > 0).then_some(out)
}

/// Whether a byte joins what comes before and after it into one word.
fn is_mid_word(byte: u8) -> bool {
    byte == b'.' || byte.is_ascii_alphanumeric()
}

/// JSON text, which may be cut off anywhere, without whitespace between its parts.
pub(crate) fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut taken = 0;
    for (at, _) in outside_strings(json).filter(|&(_, byte)| is_whitespace(byte.into())) {
        out.push_str(&json[taken..at]);
        taken = at + 1;
    }
    out.push_str(&json[taken..]);
    out
}

/// The JSON text of an object that comes as the text of a string: `"{\"a\": 1}"`.
pub(crate) fn quoted_object(value: Raw<'_>) -> Option<Cow<'_, str>> {
    value.str().filter(|text| Payload::parse(text).is_ok_and(|payload| payload.raw().is_object()))
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
    /// The scalars that the crate can read as names.
    const NAMES: &[&str] = SCALARS.split_at(4).1.split_at(9).0;
    const BLANKS: [&str; 4] = ["", "", " ", "\r\n\t "];

    /// A value, with blanks around all of its parts.
    pub(super) fn value() -> impl Strategy<Value = String> {
        let scalar = prop::sample::select(&SCALARS[..]).prop_map(str::to_owned);
        scalar.prop_recursive(4, 40, 6, |inner| {
            let blank = || prop::sample::select(&BLANKS[..]);
            let name = prop::sample::select(NAMES);
            let padded =
                (blank(), inner.clone(), blank()).prop_map(|(before, value, after)| before.to_owned() + &value + after);
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
            let found = value.items();
            assert_eq!(found.iter().map(|item| item.as_str()).collect::<Vec<_>>(), slowly);
            found.into_iter().for_each(compare);
        } else if value.is_object() {
            // Of members with one name the last counts.
            let slowly: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap();
            let slowly: Vec<_> = slowly.iter().map(|(name, value)| (name.as_str(), value.get())).collect();
            let object = value.object();
            let found: BTreeMap<_, _> = object.iter().map(|(name, value)| (name, value.as_str())).collect();
            assert_eq!(found.into_iter().collect::<Vec<_>>(), slowly);
            for (name, value) in object.iter() {
                assert_eq!(object.member(name), Some(value));
                compare(value);
            }
        }
    }

    fn payload(text: &str) -> Payload<'_> {
        Payload::parse(text).unwrap()
    }

    #[test]
    fn objects_keep_order_digits_and_the_last_of_equal_names() {
        let payload = payload(r#"{"a": 18446744073709551616, "b": 1.0, "a": [1, 2]}"#);
        let object = payload.raw().object();
        let read: Vec<_> = object.iter().map(|(name, value)| (name, value.as_str())).collect();
        assert_eq!(read, [("b", "1.0"), ("a", "[1, 2]")]);
    }

    #[test]
    fn lone_surrogates_are_read() {
        assert_eq!(payload(r#""\ud83d""#).raw().text(), Some(Text::Wtf8(b"\xED\xA0\xBD".to_vec())));
        assert_eq!(payload(r#""\ud83d\ude00""#).raw().str().as_deref(), Some("😀"));
        assert_eq!(payload(r#"{"\ud83d": "\ude00"}"#).raw().object().iter().count(), 1);
    }

    #[test]
    fn python_constants_are_read() {
        let payload = Payload::parse(r#" {"NaN": NaN, "b": [-Infinity, Infinity, "NaN\"NaN"]} "#).unwrap();
        assert_eq!(payload.raw().as_str(), r#"{"NaN": null, "b": [-1e999, 1e999, "NaN\"NaN"]}"#);
        for text in ["Nan", "Infinity5", "[-Infinity66]", "NaN.5", "NaNNaN", "InfinityNaN"] {
            assert!(Payload::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_wide_is_not() {
        assert!(Payload::parse(&"[".repeat(1_000_000)).is_err());
        assert!(Payload::parse(&format!("[{}[]]", "[],".repeat(1000))).is_ok());
        assert!(Payload::parse(&format!("[\"{}\"]", "[".repeat(1000))).is_ok());
    }

    #[test]
    fn compact_strips_only_what_is_between() {
        assert_eq!(payload("{ \"a b\" : [ 1 ,\t\"\\\" \" ] }").raw().compact(), "{\"a b\":[1,\"\\\" \"]}");
    }

    #[test]
    fn names_are_read() {
        let payload = payload(r#"{"a":1, "\u0061\n" : 2 ,"\ud83dx":3,"\"":4,"b":5, "\u0062":6}"#);
        let object = payload.raw().object();
        let names: Vec<_> = object.iter().map(|(name, value)| (name, value.as_str())).collect();
        assert_eq!(names, [("a", "1"), ("a\n", "2"), ("\u{fffd}x", "3"), ("\"", "4"), ("b", "6")]);
        assert_eq!(object.member("b").map(Raw::as_str), Some("6"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn values_are_those_of_the_json_crate(text in value()) {
            compare(payload(&text).raw());
        }
    }
}
