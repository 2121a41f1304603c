//! The one pass: JSON text is checked and turned into nodes, which everything else reads.
//!
//! A node is one value: its kind, its position in the text, and how many nodes it takes with all that is inside. The
//! naive way, and the way this crate once went, is to look for the end of a value wherever one is skipped: each level
//! of an object is then scanned again for each look-up. With nodes a look-up hops from name to name.
//!
//! ```text
//!   {"a": [1, true], "b": "x"}
//!   object 7 | "a" 1 | array 3 | 1 1 | true 1 | "b" 1 | "x" 1          kind and size
//! ```
//!
//! 1. It accepts what the JSON crate accepts, and the tests hold it to that. The crate is asked for the reason of a
//!    refusal.
//! 2. The nodes of a value are adjacent, its own first: a slice of the nodes is a value by itself.
//! 3. Nothing is decoded: strings keep their escapes, numbers their digits.
//!
//! Why it is not a crate's: on the payloads of the recorded streams it takes as long as sonic-rs takes for its tree
//! (1.0 to 1.15 times), half as long as simd-json for its tape or jiter for its values, and a third longer than the
//! JSON crate's bare check. None of these says where each value is in the text, which templates and verbatim digits
//! depend on.

use super::node::{Kind, Node};
use super::scan;
use crate::limits::{PAYLOAD_DEPTH, TEMPLATE_SIZE};

/// The nodes of text that is one JSON value; `None` of any other text, of one that is nested too deep, and of 4 GiB.
pub(super) fn nodes(text: &str) -> Option<Vec<Node>> {
    u32::try_from(text.len()).ok()?;
    // Most payloads have a value for each dozen bytes. For a long text this is no guide.
    let nodes = Vec::with_capacity((text.len() / 8).clamp(4, 256));
    let mut pass = Pass { bytes: text.as_bytes(), at: 0, nodes, open: NOTHING, depth: 0 };
    pass.run()?;
    pass.blanks();
    (pass.at == text.len()).then_some(pass.nodes)
}

/// The nodes of the value that `bytes` begin with, at that depth of nesting, and its size in bytes.
pub(super) fn first(bytes: &[u8], depth: usize) -> Option<(Vec<Node>, usize)> {
    let bytes = &bytes[..bytes.len().min(TEMPLATE_SIZE)];
    let mut pass = Pass { bytes, at: 0, nodes: Vec::with_capacity(16), open: NOTHING, depth };
    pass.run()?;
    Some((pass.nodes, pass.at))
}

/// The position of the innermost open array or object where none is open.
const NOTHING: u32 = u32::MAX;

/// The pass over a text. It is not recursive, so that all of it becomes one function, which keeps these fields in
/// registers.
struct Pass<'t> {
    bytes: &'t [u8],
    at: usize,
    nodes: Vec<Node>,
    /// The position of the innermost open array or object. Until that ends, its size holds the position of the one
    /// around it.
    open: u32,
    depth: usize,
}

impl Pass<'_> {
    /// One value.
    fn run(&mut self) -> Option<()> {
        self.blanks();
        loop {
            let ended = self.value()?;
            if ended && !self.follow()? {
                return Some(());
            }
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Takes that byte, if it is the next.
    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.at += usize::from(taken);
        taken
    }

    #[inline]
    fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// A value, or the beginning of one, up to what comes first inside it. Whether it has ended.
    #[inline]
    fn value(&mut self) -> Option<bool> {
        match self.peek()? {
            b'"' => self.string()?,
            b'{' => return self.begin(Kind::Object, b'}'),
            b'[' => return self.begin(Kind::Array, b']'),
            b'n' => self.word(b"null", Kind::Null)?,
            b't' => self.word(b"true", Kind::True)?,
            b'f' => self.word(b"false", Kind::False)?,
            _ => self.number()?,
        }
        Some(true)
    }

    /// What follows a value: the end of the array or object around it, or the next name of an object. Whether another
    /// value is next.
    #[inline]
    fn follow(&mut self) -> Option<bool> {
        while let Some(open) = self.nodes.get(self.open as usize) {
            let kind = open.kind;
            self.blanks();
            match (self.peek()?, kind) {
                (b',', _) => {
                    self.at += 1;
                    self.blanks();
                    return self.name_in(kind).map(|()| true);
                }
                (b'}', Kind::Object) | (b']', Kind::Array) => self.end(),
                _ => return None,
            }
        }
        Some(false)
    }

    /// Begins an array or an object. Whether it has ended too, being empty.
    #[inline]
    fn begin(&mut self, kind: Kind, closing: u8) -> Option<bool> {
        if self.depth == PAYLOAD_DEPTH {
            return None;
        }
        self.depth += 1;
        let position = self.count();
        self.push(self.at, kind, false);
        self.nodes[position as usize].size = std::mem::replace(&mut self.open, position);
        self.at += 1;
        self.blanks();
        if self.peek()? == closing {
            self.end();
            return Some(true);
        }
        self.name_in(kind).map(|()| false)
    }

    /// Ends the innermost array or object.
    #[inline]
    fn end(&mut self) {
        self.at += 1;
        self.depth -= 1;
        let (position, after, end) = (self.open, self.count(), offset(self.at));
        let node = &mut self.nodes[position as usize];
        self.open = std::mem::replace(&mut node.size, after - position);
        node.end = end;
    }

    /// The name of the next value, if that is in an object, up to the value.
    #[inline]
    fn name_in(&mut self, kind: Kind) -> Option<()> {
        if kind == Kind::Array {
            return Some(());
        }
        if self.peek() != Some(b'"') {
            return None;
        }
        self.string()?;
        self.blanks();
        self.take(b':').then(|| self.blanks())
    }

    /// The nodes so far.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the text is shorter than 4 GiB, and a value takes a byte of it"
    )]
    fn count(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// Adds a value that ends here and has none inside.
    #[inline]
    fn push(&mut self, start: usize, kind: Kind, plain: bool) {
        let (start, end) = (offset(start), offset(self.at));
        self.nodes.push(Node { start, end, size: 1, kind, plain });
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Option<()> {
        let start = self.at;
        self.bytes[start..].starts_with(word).then(|| {
            self.at += word.len();
            self.push(start, kind, false);
        })
    }

    #[inline]
    fn string(&mut self) -> Option<()> {
        let start = self.at;
        self.at += 1 + scan::plain_text(&self.bytes[start + 1..])?;
        let plain = self.bytes[self.at] == b'"';
        if !plain {
            self.at = scan::end_of_escaped(self.bytes, self.at)?;
        }
        self.at += 1;
        self.push(start, Kind::String, plain);
        Some(())
    }

    #[inline]
    fn number(&mut self) -> Option<()> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        self.push(start, Kind::Number, false);
        Some(())
    }

    /// At least one digit.
    #[inline]
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the text is shorter than 4 GiB")]
fn offset(at: usize) -> u32 {
    at as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::read;

    /// Pieces of JSON, put together at random: most are no JSON, for every reason.
    const PIECES: [&str; 40] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\\"",
        "\\u12aF",
        "\\u12",
        "\\ud83d",
        "\\x",
        "\"a\"",
        "\"a\":",
        "\"b\" : ",
        "{}",
        "[]",
        "[1]",
        "{\"a\":1}",
        "null",
        "true",
        "false",
        "nul",
        "0",
        "01",
        "-",
        "-1",
        "1.",
        "1.5",
        ".5",
        "1e",
        "1e5",
        "1E-7",
        "e+",
        " ",
        "\n\t\r ",
        "\u{b}",
        "é",
        "\u{1}",
    ];

    fn is_json(text: &str) -> bool {
        nodes(text).is_some()
    }

    #[test]
    fn sizes_count_what_is_inside() {
        let sizes: Vec<_> =
            nodes(r#"{"a": [1, true], "b": "x"}"#).unwrap().iter().map(|node| (node.kind, node.size)).collect();
        let string = (Kind::String, 1);
        let array = [(Kind::Array, 3), (Kind::Number, 1), (Kind::True, 1)];
        assert_eq!(sizes, [&[(Kind::Object, 7), string][..], &array, &[string, string]].concat());
    }

    #[test]
    fn as_deep_as_the_limit_and_no_deeper() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(is_json(&nested(PAYLOAD_DEPTH)));
        assert!(!is_json(&nested(PAYLOAD_DEPTH + 1)));
        assert!(!is_json(&"[".repeat(1_000_000)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_json_is_what_the_crate_says(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..12)) {
            let text = pieces.concat();
            prop_assert_eq!(is_json(&text), read::check(&text).is_ok(), "{}", text);
        }

        #[test]
        fn one_changed_byte_too(value in super::super::tests::value(), at in any::<prop::sample::Index>(), byte in 0_u8..128) {
            let mut bytes = value.into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(text) = String::from_utf8(bytes) {
                prop_assert_eq!(is_json(&text), read::check(&text).is_ok(), "{}", text);
            }
        }
    }
}
