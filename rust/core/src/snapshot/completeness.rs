//! Text that arrives in pieces, and may be a whole JSON value already.

use crate::json::{Payload, is_whitespace};

/// Whether text that only grows is one complete JSON value. Each byte is looked at once, and once more when it looks
/// complete.
#[derive(Clone, Debug, Default)]
pub(crate) struct Completeness {
    /// Blank bytes before the first one that tells something.
    blank: usize,
    scanned: usize,
    depth: usize,
    inside_string: bool,
    escaped: bool,
    /// What closes by itself has closed; whether it was valid, and only whitespace followed.
    closed: Option<bool>,
}

/// No number that a tool would be called with is longer; `null`, `true` and `false` are shorter.
const LONGEST_WORD: usize = 64;

impl Completeness {
    /// The first byte that is not blank.
    pub(crate) fn first(&mut self, text: &str) -> Option<u8> {
        let rest = &text.as_bytes()[self.blank..];
        self.blank += rest.iter().take_while(|&&byte| is_whitespace(byte.into())).count();
        text.as_bytes().get(self.blank).copied()
    }

    /// Whether it is complete.
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

    /// Takes a byte; whether it closes the outermost bracket, or a string outside of any.
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
