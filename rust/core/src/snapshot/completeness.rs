//! Whether text that arrives in pieces is one complete JSON value already.
//!
//! The naive way is to parse all of it after each piece, which takes the square of its length. Here brackets and
//! quotes are counted, each byte once; the text is parsed only when the outermost bracket or quote closes, since only
//! then can it be complete. Numbers and words have no such end: they are parsed each time, and are short.

use crate::json::{Payload, is_whitespace};

/// Whether text that only grows is one complete JSON value. Each byte is looked at once, and once more when the value
/// may be complete.
#[derive(Clone, Debug, Default)]
pub(crate) struct Completeness {
    /// Bytes of whitespace before the first byte that is none.
    blank: usize,
    scanned: usize,
    depth: usize,
    inside_string: bool,
    escaped: bool,
    /// Set when the outermost bracket or quote has closed: whether the value is valid, and only whitespace followed.
    closed: Option<bool>,
}

/// No number that a tool is called with is longer; `null`, `true` and `false` are shorter.
const LONGEST_WORD: usize = 64;

impl Completeness {
    /// The first byte that is not whitespace.
    pub(crate) fn first(&mut self, text: &str) -> Option<u8> {
        let rest = &text.as_bytes()[self.blank..];
        self.blank += rest.iter().take_while(|&&byte| is_whitespace(byte.into())).count();
        text.as_bytes().get(self.blank).copied()
    }

    /// Whether the text is complete.
    pub(crate) fn check(&mut self, text: &str) -> bool {
        if !matches!(self.first(text), Some(b'{' | b'[' | b'"')) {
            return text.len() <= LONGEST_WORD && Payload::parse(text).is_ok();
        }
        for &byte in &text.as_bytes()[self.scanned..] {
            self.scanned += 1;
            if self.closed.is_some() {
                self.closed = self.closed.map(|valid| valid && is_whitespace(byte.into()));
            } else if self.closes(byte) {
                self.closed = Some(Payload::parse(&text[..self.scanned]).is_ok());
            }
        }
        self.closed == Some(true)
    }

    /// Counts a byte; returns whether it closes the outermost bracket, or a string outside of any.
    fn closes(&mut self, byte: u8) -> bool {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.inside_string => self.escaped = true,
            b'"' => {
                self.inside_string = !self.inside_string;
                return !self.inside_string && self.depth == 0;
            }
            _ if self.inside_string => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}
