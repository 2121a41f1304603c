//! The fast path of reading payloads: what a chunk shares with an earlier one is compared instead of parsed.
//!
//! Within one response the chunks differ in a few strings and counts only; the naive way parses each in full. A
//! template keeps the text of one payload that was, with holes where those strings and counts are:
//!
//! ```text
//!   {"choices":[{"delta":{"content":"Hel"}}],"usage":{"total_tokens":7}}
//!   {"choices":[{"delta":{"content":"_____"}}],"usage":______________________}    a string and a value
//! ```
//!
//! 1. Where the text around the holes is the same, a full parse would find the same members: only the holes are read.
//! 2. Any difference, and anything in a hole that is not valid JSON there, is left to the full parse.
//! 3. Bytes that are no UTF-8 become U+FFFD, as in a full parse, since there is ASCII around each string.

use std::borrow::Cow;
use std::ops::Range;

use super::text::{Text, lossy};
use super::{Node, Raw, nodes, read, scan};
use crate::limits::{TEMPLATE_HOLES, TEMPLATE_SIZE};

/// What a hole may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum HoleKind {
    /// A string; its quotes are part of the text around it.
    #[default]
    String,
    /// A whole number.
    Digits,
    /// Any value, at that depth of nesting.
    Value { depth: u8 },
}

/// A range of a template's text or of a payload, in bytes. Half as large as the standard library's, since a stream keeps many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "no template has a text of 4 GiB: see `TEMPLATE_SIZE` and `frame`; what is compared with one is cut"
    )]
    fn of((start, end): (usize, usize)) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    fn start(self) -> usize {
        self.start as usize
    }

    fn end(self) -> usize {
        self.end as usize
    }
}

/// A payload with holes in place of strings, whole numbers and whole values.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// The payload that it was learned from, with the text around it once that is known.
    text: Vec<u8>,
    /// The payload in that text; the other spans are of that text too.
    payload: Span,
    holes: [(Span, HoleKind); TEMPLATE_HOLES],
    count: usize,
    /// Spaces before the payload's closing bracket, of which there may be any number: Anthropic pads its payloads so.
    padding: Option<Span>,
    /// Values that say whose the strings are.
    routing: Vec<Span>,
}

/// What was found in a hole: a string (which may have bytes that are no UTF-8), a number's digits, or a value.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hole {
    /// Where it is in the payload, quotes excluded.
    span: Span,
    escaped: bool,
}

/// What was found in a payload, in the order of its holes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holes {
    found: [Hole; TEMPLATE_HOLES],
    /// The whole values among them: the numbers of their holes, and their nodes.
    values: Vec<(usize, Vec<Node>)>,
}

impl Holes {
    /// What was found in that hole.
    pub(crate) fn at(&self, hole: usize) -> Hole {
        self.found[hole]
    }

    /// The value in that hole, of the payload that it was found in; `None` where it is no UTF-8.
    pub(crate) fn value<'a>(&'a self, payload: &'a [u8], hole: usize) -> Option<Raw<'a>> {
        let (_, nodes) = self.values.iter().find(|(found, _)| *found == hole)?;
        Some(Raw::new(std::str::from_utf8(&payload[self.found[hole].range()]).ok()?, nodes))
    }
}

impl Template {
    /// Makes holes of strings and whole numbers of `payload`, and of all `values`; sorts the holes by position.
    pub(crate) fn learn<'a>(
        payload: Raw<'a>,
        holes: &mut Vec<Raw<'a>>,
        values: &[Raw<'a>],
        routing: &[Raw<'a>],
    ) -> Option<Self> {
        holes.extend(values);
        holes.sort_unstable_by_key(|hole| hole.span());
        holes.dedup_by_key(|hole| hole.span());
        let text = payload.as_str();
        if text.len() > TEMPLATE_SIZE || holes.len() > TEMPLATE_HOLES {
            return None;
        }
        let mut found = [(Span::default(), HoleKind::default()); TEMPLATE_HOLES];
        let mut rest = 0;
        for (hole, found) in holes.iter().zip(&mut found) {
            let (start, end) = span(payload, *hole);
            if start < rest {
                return None;
            }
            rest = end;
            *found = if values.iter().any(|value| value.span() == hole.span()) {
                let depth = u8::try_from(payload.depth_of(*hole)).ok()?;
                (Span::of((start, end)), HoleKind::Value { depth })
            } else if hole.is_string() {
                (Span::of((start + 1, end - 1)), HoleKind::String)
            } else {
                hole.index().map(|_| (Span::of((start, end)), HoleKind::Digits))?
            };
        }
        Some(Self {
            text: text.as_bytes().to_vec(),
            payload: Span::of((0, text.len())),
            holes: found,
            count: holes.len(),
            padding: padding(payload).map(Span::of),
            routing: routing.iter().map(|value| Span::of(span(payload, *value))).collect(),
        })
    }

    /// Learns the text around the payload.
    pub(crate) fn frame(&mut self, before: &[u8], after: &[u8]) {
        if before.len() + after.len() > TEMPLATE_SIZE {
            return;
        }
        let shift = |span: &mut Span| *span = Span::of((span.start() + before.len(), span.end() + before.len()));
        self.text = [before, &self.text, after].concat();
        shift(&mut self.payload);
        self.holes.iter_mut().for_each(|(hole, _)| shift(hole));
        self.padding.iter_mut().chain(&mut self.routing).for_each(shift);
    }

    /// Whether the text around the payload is known.
    pub(crate) fn is_framed(&self) -> bool {
        self.text.len() > self.payload.end()
    }

    /// The size of the text around the payload, in bytes.
    pub(crate) fn framing(&self) -> usize {
        self.text.len() - (self.payload.end() - self.payload.start())
    }

    /// Whether both payloads are the same, byte for byte, except that they are about different choices or calls.
    pub(crate) fn is_variant_of(&self, other: &Self) -> bool {
        let alike = |routing: fn(&Self) -> &[Span]| self.around(routing(self)) == other.around(routing(other));
        !self.routing.is_empty() && alike(|template| &template.routing) && !alike(|_| &[])
    }

    /// The payload's text between its holes, its padding and `others`.
    fn around(&self, others: &[Span]) -> Vec<&[u8]> {
        let holes = self.holes[..self.count].iter().map(|(hole, _)| *hole);
        let mut cuts: Vec<_> = holes.chain(self.padding).chain(others.iter().copied()).collect();
        cuts.sort_unstable();
        let starts = [self.payload.start()].into_iter().chain(cuts.iter().map(|cut| cut.end()));
        let ends = cuts.iter().map(|cut| cut.start()).chain([self.payload.end()]);
        starts.zip(ends).map(|(start, end)| &self.text[start..end]).collect()
    }

    /// Reads the holes of a payload that is the template around them, and that anything may follow; returns its size.
    pub(crate) fn read(&self, bytes: &[u8], holes: &mut Holes) -> Option<usize> {
        self.read_within((self.payload.start(), self.payload.end()), bytes, holes)
    }

    /// Reads the strings of a payload together with the text around it; returns the size of both in bytes.
    pub(crate) fn read_framed(&self, bytes: &[u8], holes: &mut Holes) -> Option<usize> {
        if self.is_framed() { self.read_within((0, self.text.len()), bytes, holes) } else { None }
    }

    #[expect(clippy::inline_always, reason = "one of its two callers is what most of a stream goes through")]
    #[inline(always)]
    fn read_within(&self, (mut start, end): (usize, usize), bytes: &[u8], holes: &mut Holes) -> Option<usize> {
        // A span's positions have 32 bits.
        let bytes = &bytes[..bytes.len().min(u32::MAX as usize)];
        let mut rest = bytes;
        holes.values.clear();
        for (at, ((hole, kind), found)) in self.holes[..self.count].iter().zip(&mut holes.found).enumerate() {
            rest = rest.strip_prefix(self.text.get(start..hole.start())?)?;
            let (size, escaped) = match *kind {
                HoleKind::String => string(rest)?,
                HoleKind::Digits => (digits(rest)?, false),
                HoleKind::Value { depth } => (value(rest, at, depth.into(), &mut holes.values)?, false),
            };
            let begin = bytes.len() - rest.len();
            *found = Hole { span: Span::of((begin, begin + size)), escaped };
            rest = &rest[size..];
            start = hole.end();
        }
        if let Some(padding) = self.padding {
            rest = rest.strip_prefix(&self.text[start..padding.start()])?;
            rest = &rest[rest.iter().take_while(|&&byte| byte == b' ').count()..];
            start = padding.end();
        }
        rest.strip_prefix(&self.text[start..end]).map(|rest| bytes.len() - rest.len())
    }
}

/// The range of the spaces before the closing bracket of a payload, if there are any.
fn padding(payload: Raw<'_>) -> Option<(usize, usize)> {
    let end = payload.as_str().len() - 1;
    let start = payload.as_str()[..end].trim_end_matches(' ').len();
    (payload.is_object() && start < end).then_some((start, end))
}

/// The range of a value in the payload that it is part of.
pub(crate) fn span(payload: Raw<'_>, value: Raw<'_>) -> (usize, usize) {
    let ((begin, _), (start, end)) = (payload.span(), value.span());
    (start - begin, end - begin)
}

/// The size of the well-formed string that `bytes` begin with, after its opening quote; and whether it has escapes.
#[expect(clippy::inline_always, reason = "one of its two callers is what most of a stream goes through")]
#[inline(always)]
fn string(bytes: &[u8]) -> Option<(usize, bool)> {
    let size = scan::plain_text(bytes)?;
    if bytes[size] == b'"' { Some((size, false)) } else { scan::end_of_escaped(bytes, size).map(|size| (size, true)) }
}

/// The size of the whole number that `bytes` begin with; the caller compares what follows it.
fn digits(bytes: &[u8]) -> Option<usize> {
    let size = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = size == 1 || (size > 1 && bytes[0] != b'0');
    number.then_some(size)
}

/// The size of the value that `bytes` begin with; adds its nodes to `values`.
#[inline(never)]
fn value(bytes: &[u8], hole: usize, depth: usize, values: &mut Vec<(usize, Vec<Node>)>) -> Option<usize> {
    let (nodes, size) = nodes::first(bytes, depth)?;
    values.push((hole, nodes));
    Some(size)
}

impl Hole {
    /// Where it is in the payload, quotes excluded.
    pub(crate) fn range(self) -> Range<usize> {
        self.span.start()..self.span.end()
    }

    /// Whether it is the empty string.
    pub(crate) fn is_empty(self) -> bool {
        self.span.start == self.span.end
    }

    /// Its text, of the payload that it was found in, with U+FFFD for what is no UTF-8.
    pub(crate) fn text(self, payload: &[u8]) -> Text<'_> {
        let bytes = &payload[self.range()];
        let text = lossy(bytes);
        if self.escaped { unescaped(&text) } else { Text::Whole(text) }
    }
}

/// The text of a well-formed string with escapes, without its quotes.
fn unescaped(text: &str) -> Text<'static> {
    match unescape(text) {
        Some(text) => Text::Whole(Cow::Owned(text)),
        None => read::string(&format!("\"{text}\"")).expect("its escapes are those that JSON has"),
    }
}

/// The text of a well-formed string with escapes; `None` where they leave half a surrogate pair, which the JSON crate reads.
fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        out.push(match rest.as_bytes()[at + 1] {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{C}',
            same @ (b'"' | b'\\' | b'/') => char::from(same),
            _ => {
                let (character, size) = unicode_escape(&rest[at..])?;
                out.push(character);
                rest = &rest[at + size..];
                continue;
            }
        });
        rest = &rest[at + 2..];
    }
    out.push_str(rest);
    Some(out)
}

/// The character of one `\uXXXX`, or of two that are a pair, and their size; `None` of half a pair.
fn unicode_escape(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u16::from_str_radix(text.get(at + 2..at + 6)?, 16).ok();
    let first = unit(0)?;
    if let Some(character) = char::from_u32(first.into()) {
        return Some((character, 6));
    }
    let second = unit(6).filter(|_| text[6..].starts_with("\\u"))?;
    let pair = char::decode_utf16([first, second]).next()?.ok()?;
    Some((pair, 12))
}

#[cfg(test)]
mod tests {
    use super::super::Payload;
    use super::*;

    fn template(payload: &str) -> Template {
        let payload = Payload::parse(payload).unwrap();
        let object = payload.raw().object();
        let mut holes = vec![object.get("text").unwrap(), object.get("p").unwrap()];
        Template::learn(payload.raw(), &mut holes, &[], &[]).unwrap()
    }

    #[test]
    fn escapes_are_read_as_the_json_crate_reads_them() {
        let unicode = [r"\u00e9t\u00E9", r"a\ud83d\ude00b\u0041", r"\uffff\u0000"];
        for text in [r#"\n\t\r\b\f\"\\\/"#, r"a\nb", r"\\n", r"é\n😀", r"\\"].into_iter().chain(unicode) {
            let read = read::string(&format!("\"{text}\""));
            assert_eq!(unescape(text).map(|text| Text::Whole(Cow::Owned(text))), read, "{text}");
        }
        for half in [r"\ud83d", r"\ud83dx\ude00", r"\ude00\ud83d", r"\ud83d\n", r"\ud83d\ud83d\ude00"] {
            assert_eq!(unescape(half), None, "{half}");
        }
    }

    #[test]
    fn whole_numbers_may_be_holes() {
        let payload = Payload::parse(r#"{"n":7,"text":"a"}"#).unwrap();
        let object = payload.raw().object();
        let template = Template::learn(payload.raw(), &mut vec![object.get("n").unwrap()], &[], &[]).unwrap();
        let read = |payload: &str| template.read(payload.as_bytes(), &mut Holes::default());
        assert_eq!(read(r#"{"n":1234,"text":"a"}"#), Some(21));
        assert_eq!(read(r#"{"n":0,"text":"a"}"#), Some(18));
        for other in [
            r#"{"n":01,"text":"a"}"#,
            r#"{"n":,"text":"a"}"#,
            r#"{"n":1.0,"text":"a"}"#,
            r#"{"n":-1,"text":"a"}"#,
            r#"{"n":1"#,
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn padding_may_be_of_any_length() {
        let template = template(r#"{"p":"xyz","text":"a","n":1   }"#);
        let read = |payload: &str| template.read(payload.as_bytes(), &mut Holes::default());
        assert_eq!(read(r#"{"p":"","text":"bc","n":1}"#), Some(26));
        assert_eq!(read(r#"{"p":"","text":"bc","n":1          }"#), Some(36));
        for other in
            [r#"{"p":"","text":"bc","n":1 ,}"#, r#"{"p":"","text":"bc" ,"n":1}"#, r#"{"p":"","text":"bc","n":1  "#]
        {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn only_the_holes_may_differ() {
        let template = template(r#"{"p":"xyz","text":"a","n":1}"#);
        let read = |payload: &str| {
            let mut holes = Holes::default();
            let size = template.read(payload.as_bytes(), &mut holes)?;
            let text = holes.at(1).text(payload.as_bytes()).into_str().into_owned();
            Some((text, payload[holes.at(1).range()].to_owned(), payload.len() - size))
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
