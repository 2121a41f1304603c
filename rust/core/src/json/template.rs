//! The fast path of reading payloads: what a chunk shares with the one before it is compared instead of parsed.
//!
//! Within one response the chunks differ in a few strings only. A template keeps the text around those of the last payload that
//! was parsed in full. Where the next payload has the same text around them, byte for byte, the full parse would go through
//! the same states, and find the same members with other strings in these places: so only the strings are read. Any
//! difference, and any string that is not well-formed, is left to the full parse.

use super::{Raw, read, scan};
use crate::text::Text;

/// Payloads longer than this are not learned from: comparing them saves little beside reading their strings.
const LONGEST: usize = 4096;

/// The most strings that differ in the payloads of the recorded streams.
const MOST_HOLES: usize = 4;

/// A payload with holes where strings stood.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// The text before each hole, quote included, and behind the last.
    around: Vec<String>,
}

/// A string found in a hole.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found<'p> {
    pub(crate) text: Text<'p>,
    /// Where it stands in the payload, quotes excluded.
    pub(crate) span: (usize, usize),
}

/// The strings of a payload in the order of its holes.
pub(crate) type Strings<'p> = [Found<'p>; MOST_HOLES];

impl Template {
    /// Makes holes of strings of `payload`, which are put in order.
    pub(crate) fn learn(payload: Raw<'_>, holes: &mut Vec<Raw<'_>>) -> Option<Self> {
        holes.sort_unstable_by_key(|hole| span(payload, *hole).0);
        holes.dedup_by_key(|hole| span(payload, *hole).0);
        if payload.0.len() > LONGEST || holes.len() > MOST_HOLES {
            return None;
        }
        let mut around = Vec::with_capacity(holes.len() + 1);
        let mut rest = 0;
        for hole in holes {
            let (start, end) = span(payload, *hole);
            around.push(payload.0[rest..=start].to_owned());
            rest = end - 1;
        }
        around.push(payload.0[rest..].to_owned());
        Some(Self { around })
    }

    /// Reads the strings of a payload that differs from the template in its holes only. It may be followed by anything;
    /// returns its size in bytes.
    pub(crate) fn read<'p>(&self, bytes: &'p [u8], strings: &mut Strings<'p>) -> Option<usize> {
        let (last, before) = self.around.split_last()?;
        let mut at = 0;
        for (literal, found) in before.iter().zip(strings) {
            let start = at + literal.len();
            if bytes.get(at..start)? != literal.as_bytes() {
                return None;
            }
            let (text, size) = string(&bytes[start - 1..])?;
            at = start + size;
            *found = Found { text, span: (start, at) };
        }
        let end = at + last.len();
        (bytes.get(at..end)? == last.as_bytes()).then_some(end)
    }
}

/// Where a value stands in the payload that it was taken from.
pub(crate) fn span(payload: Raw<'_>, value: Raw<'_>) -> (usize, usize) {
    let start = value.0.as_ptr() as usize - payload.0.as_ptr() as usize;
    (start, start + value.0.len())
}

/// Reads the string that `bytes` begin with; returns its text, and its size in bytes without the quotes.
fn string(bytes: &[u8]) -> Option<(Text<'_>, usize)> {
    let quoted = &bytes[1..];
    let mut end = scan::string_end(quoted, 0)?;
    if quoted[end] == b'"' {
        return Some((Text::from(std::str::from_utf8(&quoted[..end]).ok()?), end));
    }
    while quoted[end] == b'\\' {
        end = scan::string_end(quoted, end + 2)?;
    }
    // Escapes are for the JSON crate to read, or to refuse.
    let whole = std::str::from_utf8(&bytes[..end + 2]).ok().filter(|_| quoted[end] == b'"')?;
    Some((read::string(whole)?, end))
}

#[cfg(test)]
mod tests {
    use super::super::Payload;
    use super::*;

    fn template(payload: &str) -> Template {
        let payload = Payload::parse(payload).unwrap();
        let object = payload.raw().object();
        let mut holes = vec![object.get("text").unwrap(), object.get("p").unwrap()];
        Template::learn(payload.raw(), &mut holes).unwrap()
    }

    #[test]
    fn only_the_holes_may_differ() {
        let template = template(r#"{"p":"xyz","text":"a","n":1}"#);
        let read = |payload: &str| {
            let mut strings = Strings::default();
            let size = template.read(payload.as_bytes(), &mut strings)?;
            let (start, end) = strings[1].span;
            Some((
                strings[1].text.clone().into_str().into_owned(),
                payload[start..end].to_owned(),
                payload.len() - size,
            ))
        };
        let found = |text: &str, raw: &str, rest: usize| Some((text.to_owned(), raw.to_owned(), rest));
        assert_eq!(read(r#"{"p":"","text":"bc","n":1}"#), found("bc", "bc", 0));
        assert_eq!(read(r#"{"p":"","text":"bc","n":1}, and more"#), found("bc", "bc", 10));
        assert_eq!(read(r#"{"p":"\"","text":"\ud83d\ude00\n","n":1}"#), found("😀\n", r"\ud83d\ude00\n", 0));
        for other in [
            r#"{"p":"","text":"bc","n":2}"#,
            r#"{"p":"","text":"bc","n":1"#,
            r#"{"p":"","text":"bc\","n":1}"#,
            r#"{"p":"","text":"b\c","n":1}"#,
            r#"{"p":"\u12","text":"b","n":1}"#,
            r#"{"p":"","text":"bc"#,
            r#"{"p":"","text":"bc\"#,
            "{\"p\":\"\",\"text\":\"b\tc\",\"n\":1}",
            "{\"p\":\"\",\"text\":\"\\n\tc\",\"n\":1}",
            r#"{"p":"","text":null,"n":1}"#,
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
