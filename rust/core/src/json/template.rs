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

/// A string found in a hole: well-formed as far as its bytes are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Found {
    /// Where it stands in the payload, quotes excluded.
    pub(crate) start: usize,
    pub(crate) end: usize,
    escaped: bool,
}

/// The strings of a payload in the order of its holes.
pub(crate) type Strings = [Found; MOST_HOLES];

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
    pub(crate) fn read(&self, bytes: &[u8], strings: &mut Strings) -> Option<usize> {
        let (last, before) = self.around.split_last()?;
        let mut at = 0;
        for (literal, found) in before.iter().zip(strings) {
            let start = at + literal.len();
            if bytes.get(at..start)? != literal.as_bytes() {
                return None;
            }
            *found = find(bytes, start)?;
            at = found.end;
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

/// Finds the end of the string that starts at `start`, behind its quote.
fn find(bytes: &[u8], start: usize) -> Option<Found> {
    let (mut end, mut ascii) = scan::plain_text(bytes, start)?;
    let escaped = bytes[end] == b'\\';
    while bytes[end] == b'\\' {
        let (next, plain) = scan::plain_text(bytes, end + scan::escape(&bytes[end..])?)?;
        (end, ascii) = (next, ascii && plain);
    }
    let whole = bytes[end] == b'"' && (ascii || std::str::from_utf8(&bytes[start..end]).is_ok());
    whole.then_some(Found { start, end, escaped })
}

impl Found {
    /// Whether it is the empty string.
    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Its text, out of the payload that it was found in.
    pub(crate) fn text(self, payload: &[u8]) -> Option<Text<'_>> {
        if self.escaped {
            read::string(std::str::from_utf8(&payload[self.start - 1..=self.end]).ok()?)
        } else {
            std::str::from_utf8(&payload[self.start..self.end]).ok().map(Text::from)
        }
    }
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
            let text = strings[1].text(payload.as_bytes())?.into_str().into_owned();
            Some((text, payload[strings[1].start..strings[1].end].to_owned(), payload.len() - size))
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
