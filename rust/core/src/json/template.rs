//! The fast path of reading payloads: what a chunk shares with the one before it is compared instead of parsed.
//!
//! Within one response the chunks differ in a few strings only. A template keeps the text around those of the last payload that
//! was parsed in full. Where the next payload has the same text around them, byte for byte, the full parse would go through
//! the same states, and find the same members with other strings in these places: so only the strings are read. Any
//! difference, and any string that is not well-formed, is left to the full parse.

use super::{Raw, read};
use crate::text::Text;

/// Payloads longer than this are not learned from: comparing them saves little beside reading their strings.
const LONGEST: usize = 4096;

/// A payload with holes where strings stood.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// The text before each hole, quote included, and behind the last.
    around: Vec<String>,
    /// The hole whose text counts; the others hold padding.
    text: usize,
}

impl Template {
    /// Makes holes of `text` and of the `padding`, all of them strings of `payload`.
    pub(crate) fn learn(payload: Raw<'_>, text: Raw<'_>, padding: &[Raw<'_>]) -> Option<Self> {
        if payload.0.len() > LONGEST {
            return None;
        }
        let mut holes: Vec<_> = padding.iter().chain([&text]).map(|hole| offset(payload.0, hole.0)).collect();
        let counts = *holes.last()?;
        holes.sort_unstable();
        let mut around = Vec::with_capacity(holes.len() + 1);
        let mut rest = 0;
        for (start, end) in &holes {
            around.push(payload.0[rest..=*start].to_owned());
            rest = end - 1;
        }
        around.push(payload.0[rest..].to_owned());
        let text = holes.iter().position(|hole| *hole == counts)?;
        Some(Self { around, text })
    }

    /// The text of a payload that differs from the template in its holes only.
    pub(crate) fn read<'p>(&self, payload: &'p str) -> Option<Text<'p>> {
        let mut rest = payload;
        let mut found = None;
        let (last, before) = self.around.split_last()?;
        for (at, literal) in before.iter().enumerate() {
            let quoted = rest.strip_prefix(literal.as_str())?;
            let (string, behind) = read_string(quoted)?;
            rest = behind;
            if at == self.text {
                found = Some(string);
            }
        }
        found.filter(|_| rest == last)
    }
}

/// Where a value stands in the payload that it was taken from.
fn offset(payload: &str, value: &str) -> (usize, usize) {
    let start = value.as_ptr() as usize - payload.as_ptr() as usize;
    (start, start + value.len())
}

/// Splits text behind an opening quote into the string and what follows, from its closing quote on.
fn read_string(quoted: &str) -> Option<(Text<'_>, &str)> {
    let bytes = quoted.as_bytes();
    let mut end = memchr::memchr2(b'"', b'\\', bytes)?;
    let escaped = bytes[end] == b'\\';
    while bytes[end] == b'\\' {
        let next = end + 2;
        end = next + memchr::memchr2(b'"', b'\\', bytes.get(next..)?)?;
    }
    let (inner, rest) = quoted.split_at(end);
    if inner.bytes().any(|byte| byte < b' ') {
        return None;
    }
    // Escapes are for the JSON crate to read, or to refuse.
    let text = if escaped { read::string(&format!("\"{inner}\""))? } else { Text::from(inner) };
    Some((text, rest))
}

#[cfg(test)]
mod tests {
    use super::super::Payload;
    use super::*;

    fn template(payload: &str) -> Template {
        let payload = Payload::parse(payload).unwrap();
        let object = payload.raw().object();
        Template::learn(payload.raw(), object.get("text").unwrap(), &[object.get("p").unwrap()]).unwrap()
    }

    #[test]
    fn only_the_holes_may_differ() {
        let template = template(r#"{"p":"xyz","text":"a","n":1}"#);
        let read = |payload| template.read(payload).map(|text| text.into_str().into_owned());
        assert_eq!(read(r#"{"p":"","text":"bc","n":1}"#).as_deref(), Some("bc"));
        assert_eq!(read(r#"{"p":"\"","text":"\ud83d\ude00\n","n":1}"#).as_deref(), Some("😀\n"));
        for other in [
            r#"{"p":"","text":"bc","n":2}"#,
            r#"{"p":"","text":"bc","n":1} "#,
            r#"{"p":"","text":"bc","n":1"#,
            r#"{"p":"","text":"bc\","n":1}"#,
            r#"{"p":"","text":"b\c","n":1}"#,
            r#"{"p":"\u12","text":"b","n":1}"#,
            "{\"p\":\"\",\"text\":\"b\tc\",\"n\":1}",
            "{\"p\":\"\",\"text\":\"\\n\tc\",\"n\":1}",
            r#"{"p":"","text":null,"n":1}"#,
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
