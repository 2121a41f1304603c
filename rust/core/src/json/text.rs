//! Text that may be cut between the two halves of a character.
//!
//! A provider that cuts its text by UTF-16 units sends an emoji as `"\ud83d"` in one chunk and `"\ude00"` in the next.
//! JSON allows it; Unicode text does not. So a lone first half waits for its other half, and becomes U+FFFD if that
//! never comes.

use std::borrow::Cow;

/// Bytes as text, with U+FFFD for what is no UTF-8. It gives what `from_utf8_lossy` gives, which goes byte by byte
/// even where there is nothing to replace.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The text of a JSON string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// Unicode text, as all but a very few strings are.
    Whole(Cow<'a, str>),
    /// Text with lone surrogates, as WTF-8: UTF-8 in which each of these takes three bytes.
    Wtf8(Vec<u8>),
}

impl<'a> Text<'a> {
    /// The text with U+FFFD for each lone surrogate.
    pub fn into_str(self) -> Cow<'a, str> {
        match self {
            Self::Whole(text) => text,
            Self::Wtf8(_) => {
                let mut buffer = TextBuffer::default();
                buffer.push(&self);
                buffer.flush_surrogates();
                Cow::Owned(buffer.text)
            }
        }
    }

    /// The text as one that borrows from nothing.
    pub(crate) fn into_owned<'o>(self) -> Text<'o> {
        match self {
            Self::Whole(text) => Text::Whole(Cow::Owned(text.into_owned())),
            Self::Wtf8(bytes) => Text::Wtf8(bytes),
        }
    }

    /// The text, with another one before it.
    pub(crate) fn after(self, text: &str) -> Self {
        match self {
            _ if text.is_empty() => self,
            Self::Whole(rest) => Self::Whole(Cow::Owned(text.to_owned() + &rest)),
            Self::Wtf8(rest) => Self::Wtf8([text.as_bytes(), &rest].concat()),
        }
    }

    /// The text, with another one after it.
    pub(crate) fn and(self, next: Self) -> Self {
        match (self, next) {
            (text, next) if next.is_empty() => text,
            (text, next) if text.is_empty() => next,
            (Self::Whole(text), Self::Whole(next)) => Self::Whole(Cow::Owned(text.into_owned() + &next)),
            (text, next) => Self::Wtf8([text.into_bytes(), next.into_bytes()].concat()),
        }
    }

    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Whole(text) => text.into_owned().into_bytes(),
            Self::Wtf8(bytes) => bytes,
        }
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Whole(text) if text.is_empty())
    }
}

impl Default for Text<'_> {
    fn default() -> Self {
        Self::from("")
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::Whole(Cow::Borrowed(text))
    }
}

/// A text that comes in pieces.
#[derive(Clone, Debug, Default)]
pub(crate) struct TextBuffer {
    text: String,
    /// The first half of a surrogate pair, while the second may still come.
    half: Option<u16>,
}

impl TextBuffer {
    /// The text so far, without a first half that waits.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether there is no text yet, nor half a character.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.half.is_none()
    }

    /// Appends a piece; returns what the text grew by.
    #[inline]
    pub(crate) fn push(&mut self, piece: &Text<'_>) -> &str {
        let start = self.text.len();
        match piece {
            Text::Whole(text) if text.is_empty() => {}
            Text::Whole(text) => {
                self.flush_surrogates();
                self.text.push_str(text);
            }
            Text::Wtf8(bytes) => self.push_halved(bytes),
        }
        &self.text[start..]
    }

    /// Gives up waiting for a second half: returns the U+FFFD that replaces the first, or nothing.
    pub(crate) fn flush_surrogates(&mut self) -> &str {
        let start = self.text.len();
        if self.half.take().is_some() {
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
        &self.text[start..]
    }

    /// Drops a first half that waits for its second: all of the text comes again.
    pub(crate) fn forget_half(&mut self) {
        self.half = None;
    }

    #[inline(never)]
    fn push_halved(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(at) = find_surrogate(rest) {
            self.push_valid(&rest[..at]);
            // WTF-8 holds a surrogate as ED, then two bytes with six bits each.
            self.push_unit(0xD000 | u16::from(rest[at + 1] & 0x3F) << 6 | u16::from(rest[at + 2] & 0x3F));
            rest = &rest[at + 3..];
        }
        self.push_valid(rest);
    }

    fn push_valid(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.flush_surrogates();
            self.text.push_str(&String::from_utf8_lossy(bytes));
        }
    }

    fn push_unit(&mut self, unit: u16) {
        let pair = self.half.map(|half| char::decode_utf16([half, unit]).next());
        if let Some(Some(Ok(joined))) = pair {
            self.half = None;
            self.text.push(joined);
            return;
        }
        self.flush_surrogates();
        self.half = Some(unit);
        // A second half without its first never becomes a character.
        if unit >= 0xDC00 {
            self.flush_surrogates();
        }
    }
}

/// The position of the first lone surrogate of a WTF-8 string.
fn find_surrogate(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(0xED, bytes)
        .find(|&at| bytes.get(at + 1).is_some_and(|&next| next >= 0xA0) && at + 2 < bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halved(text: &[u8]) -> Text<'static> {
        Text::Wtf8(text.to_vec())
    }

    #[test]
    fn halves_join_over_pieces() {
        let mut buffer = TextBuffer::default();
        assert_eq!(buffer.push(&halved(b"a\xED\xA0\xBD")), "a");
        assert_eq!(buffer.push(&Text::from("")), "");
        assert_eq!(buffer.push(&halved(b"\xED\xB8\x80b")), "😀b");
        assert_eq!(buffer.flush_surrogates(), "");
    }

    #[test]
    fn texts_are_joined() {
        let (text, half, other) = (|| Text::from("a"), || halved(b"\xED\xA0\xBD"), || halved(b"\xED\xB8\x80"));
        assert_eq!(text().and(Text::from("b")), Text::from("ab"));
        assert_eq!(Text::default().and(half()).and(Text::default()), half());
        assert_eq!(text().and(half()).and(other()).and(text()).into_str(), "a😀a");
    }

    #[test]
    fn a_half_without_its_other_is_replaced() {
        let mut buffer = TextBuffer::default();
        assert_eq!(buffer.push(&halved(b"\xED\xA0\xBD\xED\xA0\xBD")), "\u{FFFD}");
        assert_eq!(buffer.push(&Text::from("x")), "\u{FFFD}x");
        assert_eq!(buffer.push(&halved(b"\xED\xB8\x80")), "\u{FFFD}");
        assert_eq!(buffer.push(&halved(b"\xED\xA0\xBD")), "");
        assert_eq!(buffer.flush_surrogates(), "\u{FFFD}");
    }
}
