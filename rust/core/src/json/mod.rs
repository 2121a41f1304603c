//! The only place that names the JSON crate: `read` asks it, `write` writes. `partial` does without: it reads text that is
//! still arriving.
//!
//! A payload is checked once and then read in place: a [`Raw`] is one JSON value, verbatim. So numbers keep their
//! digits (integers may be of any size), strings may hold lone surrogates, and what is only passed through is never
//! taken apart.

use std::borrow::Cow;
use std::fmt;

mod certain;
mod characters;
mod number;
mod object;
mod partial;
mod patch;
mod read;
mod scan;
mod split;
mod step;
mod template;
mod text;
mod write;

pub(crate) use certain::certain;
pub(crate) use object::Object;
pub use partial::PartialJson;
pub(crate) use patch::{Patched, is_same};
pub use step::{Constant, NotJson, Step};
pub(crate) use template::{Found, Strings, Template, padding, span};
pub use text::{Text, TextBuffer};
pub(crate) use write::{ObjectWriter, quote, write_array};

/// JSON nested deeper than this is refused: no reader behind this one could be trusted with it.
const MAX_DEPTH: usize = 128;

/// Text that is not one JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

/// Text that has been found to be one JSON value.
#[derive(Clone, Debug)]
pub(crate) struct Payload<'a>(Cow<'a, str>);

impl<'a> Payload<'a> {
    /// Checks that `text` is one JSON value.
    ///
    /// The constants that Python's `json` writes and no standard knows are read too: some servers send NaN as a
    /// logprob.
    ///
    /// # Errors
    /// What is no JSON, and what is nested deeper than 128 levels.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Malformed> {
        if depth(text) > MAX_DEPTH {
            return Err(Malformed(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        match check(text) {
            Ok(()) => Ok(Self(Cow::Borrowed(text))),
            Err(error) => {
                let spelt = spell_constants(text).ok_or(error)?;
                check(&spelt)?;
                Ok(Self(Cow::Owned(spelt)))
            }
        }
    }

    /// The value.
    pub(crate) fn raw(&self) -> Raw<'_> {
        Raw(self.0.trim_matches(is_whitespace))
    }
}

/// Whether two texts, one after the other, are JSON or may become JSON.
pub(crate) fn is_beginning(pieces: [&str; 2]) -> bool {
    let mut json = PartialJson::default();
    pieces.iter().all(|piece| json.feed(piece, &mut |_| {}).is_ok())
}

fn check(text: &str) -> Result<(), Malformed> {
    read::check(text).map_err(Malformed)
}

/// Whether text is a JSON object, all of it.
pub(crate) fn is_object(text: &str) -> bool {
    Payload::parse(text).is_ok_and(|payload| payload.raw().is_object())
}

/// JSON's whitespace, which is narrower than Unicode's.
pub(crate) fn is_whitespace(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// How deep the nesting goes, at most: exact where there are enough brackets for it to matter.
fn depth(text: &str) -> usize {
    let open = open_brackets(text.as_bytes());
    if open <= MAX_DEPTH {
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

/// The brackets that open, in strings too.
fn open_brackets(bytes: &[u8]) -> usize {
    // Of `[` and `{` one bit differs. Counts of so few bytes fit into one, so that many are counted at once.
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
        // After a digit or a letter it is the rest of something else: `1Infinity`, the second of `NaNaN`.
        let begins = at == 0 || !goes_on(text.as_bytes()[at - 1]);
        let ends = |name: &str| !text.as_bytes().get(at + name.len()).is_some_and(|&byte| goes_on(byte));
        let found = constants.iter().find(|(name, _)| begins && text[at..].starts_with(name) && ends(name));
        let Some((name, standard)) = found else { continue };
        out.push_str(&text[taken..at]);
        out.push_str(standard);
        taken = at + name.len();
    }
    out.push_str(&text[taken..]);
    (taken > 0).then_some(out)
}

/// Whether a byte makes one word of what stands before and behind it.
fn goes_on(byte: u8) -> bool {
    byte == b'.' || byte.is_ascii_alphanumeric()
}

/// One JSON value, verbatim, known to be well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Raw<'a>(&'a str);

impl Default for Raw<'_> {
    fn default() -> Self {
        Self("null")
    }
}

impl<'a> Raw<'a> {
    /// The JSON text.
    pub(crate) fn as_str(self) -> &'a str {
        self.0
    }

    fn first(self) -> u8 {
        self.0.as_bytes()[0]
    }

    pub(crate) fn is_null(self) -> bool {
        self.first() == b'n'
    }

    pub(crate) fn is_object(self) -> bool {
        self.first() == b'{'
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self.first(), b'0'..=b'9' | b'-')
    }

    pub(crate) fn is_array(self) -> bool {
        self.first() == b'['
    }

    /// Whether Python would call the value true.
    pub(crate) fn is_truthy(self) -> bool {
        match self.first() {
            b'n' | b'f' => false,
            b'{' | b'[' => self.0[1..self.0.len() - 1].contains(|c| !is_whitespace(c)),
            b'"' => self.0.len() > 2,
            b't' => true,
            _ => self.0.parse::<f64>() != Ok(0.0),
        }
    }

    /// Whether there may be a list with anything in it, at any depth.
    pub(crate) fn has_list(self) -> bool {
        (self.is_object() || self.is_array())
            && memchr::memchr_iter(b'[', self.0.as_bytes()).any(|at| !self.0[at..].starts_with("[]"))
    }

    /// The value taken apart as an object; one without members where it is none.
    pub(crate) fn object(self) -> Object<'a> {
        Object::of(self)
    }

    /// The items of an array; none for what is no array.
    pub(crate) fn items(self) -> Vec<Raw<'a>> {
        if !self.is_array() {
            return Vec::new();
        }
        split::items(self.0)
    }

    /// The items of an array that are objects; none for what is no array.
    pub(crate) fn objects(self) -> Vec<Raw<'a>> {
        self.items().into_iter().filter(|item| item.is_object()).collect()
    }

    /// The text of a string.
    pub(crate) fn text(self) -> Option<Text<'a>> {
        if self.first() != b'"' {
            return None;
        }
        let inner = &self.0[1..self.0.len() - 1];
        if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
            return Some(Text::from(inner));
        }
        read::string(self.0)
    }

    /// The objects of a list, or the one that stands in its place: by itself, or as the values of an object whose names are
    /// the list's indexes.
    pub(crate) fn listed(self) -> Vec<Raw<'a>> {
        if !self.is_object() {
            return self.objects();
        }
        let object = self.object();
        let indexed = object.iter().all(|(name, value)| value.is_object() && name.bytes().all(|b| b.is_ascii_digit()));
        if indexed { object.iter().map(|(_, value)| value).collect() } else { vec![self] }
    }

    /// The text of a string, or of a number or a boolean as it is written.
    pub(crate) fn scalar(self) -> Option<Text<'a>> {
        let other = !matches!(self.first(), b'{' | b'[' | b'n');
        self.text().or_else(|| other.then(|| Text::from(self.0)))
    }

    /// The text of a string, lone surrogates replaced.
    pub(crate) fn str(self) -> Option<Cow<'a, str>> {
        self.text().map(Text::into_str)
    }

    /// The text of a string, or the JSON text of anything else: arguments that come as an object.
    pub(crate) fn text_or_json(self) -> Text<'a> {
        self.text().unwrap_or_else(|| Text::Whole(Cow::Owned(self.compact())))
    }

    /// A whole number from 0 on, or a string of its digits; what is too large to count is the largest one.
    pub(crate) fn index(self) -> Option<i64> {
        let text = self.str().unwrap_or(Cow::Borrowed(self.0));
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(i64::MAX))
    }

    /// The JSON text without whitespace between its parts.
    pub(crate) fn compact(self) -> String {
        compact(self.0)
    }
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
    use super::*;

    fn raw(text: &str) -> Raw<'_> {
        check(text).unwrap();
        Raw(text)
    }

    #[test]
    fn objects_keep_order_digits_and_the_last_of_equal_names() {
        let object = raw(r#"{"a": 18446744073709551616, "b": 1.0, "a": [1, 2]}"#).object();
        let read: Vec<_> = object.iter().map(|(name, value)| (name, value.as_str())).collect();
        assert_eq!(read, [("b", "1.0"), ("a", "[1, 2]")]);
    }

    #[test]
    fn lone_surrogates_are_read() {
        assert_eq!(raw(r#""\ud83d""#).text(), Some(Text::Halved(b"\xED\xA0\xBD".to_vec())));
        assert_eq!(raw(r#""\ud83d\ude00""#).str().as_deref(), Some("😀"));
        assert_eq!(raw(r#"{"\ud83d": "\ude00"}"#).object().iter().count(), 1);
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
        assert_eq!(raw("{ \"a b\" : [ 1 ,\t\"\\\" \" ] }").compact(), "{\"a b\":[1,\"\\\" \"]}");
    }
}
