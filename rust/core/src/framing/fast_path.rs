//! The fast path of framing: an event in the form that nearly all have, whole in one piece, is found at once and lent.
//!
//! Read line by line, such an event takes a search for each line end, and state that is written and cleared again. Here it takes
//! a search for the end of each value, and comparisons with what has to be around them.
//!
//! The form is a `data` line, or an `event` line and a `data` line, and a blank line. Each field has one space after its colon,
//! and all lines end with LF, or all with CRLF:
//!
//! ```text
//! event: delta
//! data: {"text":"Hi"}
//!
//! ```
//!
//! 1. What is found here is what the lines one by one give.
//! 2. Everything else, and any doubt, is left to these.

use super::block::Keep;

/// An event in that form, at the start of a piece.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WholeEvent<'d> {
    /// The event type, where it is named.
    pub(crate) event: Option<&'d str>,
    pub(crate) data: &'d [u8],
}

impl<'d> WholeEvent<'d> {
    /// The event that `piece` begins with, if it is all there, and the bytes that it takes, blank line included.
    pub(crate) fn parse(piece: &'d [u8]) -> Option<(usize, Self)> {
        let (event, rest) = match piece.strip_prefix(b"event: ") {
            Some(named) => name(named)?,
            None => (None, piece),
        };
        let value = rest.strip_prefix(b"data: ")?;
        let end = memchr::memchr2(b'\n', b'\r', value)?;
        let (data, rest) = value.split_at(end);
        let ends = match rest {
            [b'\n', b'\n', ..] => 2,
            [b'\r', b'\n', b'\r', b'\n', ..] => 4,
            _ => return None,
        };
        Some((piece.len() - rest.len() + ends, Self { event, data }))
    }
}

/// Whether the line that `piece` begins with may mean nothing between events, by its first byte.
pub(crate) fn may_be_idle(piece: &[u8]) -> bool {
    matches!(piece.first(), Some(b'\n' | b'\r' | b':' | b' ' | b'\t'))
}

/// The size of the lines that `piece` begins with and that mean nothing between events, as far as they are all there: blank
/// ones, comments that nobody keeps, and whitespace. Of a last CRLF the CR is counted: the line ends with it, and the LF is
/// skipped before the next one.
pub(crate) fn idle_lines(piece: &[u8], keep: Keep) -> usize {
    let mut rest = piece;
    while let Some(line) = idle_line(rest, keep) {
        rest = &rest[line..];
    }
    piece.len() - rest.len()
}

#[inline]
fn idle_line(piece: &[u8], keep: Keep) -> Option<usize> {
    match piece.first()? {
        b'\n' | b'\r' => Some(1),
        b':' if !keep.comments => memchr::memchr2(b'\n', b'\r', piece).map(|end| end + 1),
        b' ' | b'\t' => {
            let end = piece.iter().position(|&byte| !matches!(byte, b' ' | b'\t'))?;
            match &piece[end..] {
                [b'\n' | b'\r', ..] if !keep.nonstandard_lines => Some(end + 1),
                // Where such lines are kept it is not known what it belongs to before its block ends.
                [b'\n', b'\n' | b'\r', ..] | [b'\r', b'\r', ..] => Some(end + 2),
                [b'\r', b'\n', b'\n' | b'\r', ..] => Some(end + 3),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Splits the rest of an `event` line into the type that it names and the lines that follow.
fn name(named: &[u8]) -> Option<(Option<&str>, &[u8])> {
    let end = named.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
    let (name, rest) = named.split_at(end);
    let rest = rest.strip_prefix(b"\n").or_else(|| rest.strip_prefix(b"\r\n"))?;
    // An empty type names none, and what is no UTF-8 has to be put right first.
    let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty())?;
    Some((Some(name), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_forms_are_parsed() {
        let parse = |piece: &'static str| {
            WholeEvent::parse(piece.as_bytes()).map(|(size, WholeEvent { event, data })| (event, data, size))
        };
        assert_eq!(parse("data: a\n\ndata: b"), Some((None, &b"a"[..], 9)));
        assert_eq!(parse("data: \n\n"), Some((None, &b""[..], 8)));
        assert_eq!(parse("data: a\r\n\r\n\n"), Some((None, &b"a"[..], 11)));
        assert_eq!(parse("event: x\ndata: a\n\n"), Some((Some("x"), &b"a"[..], 18)));
        assert_eq!(parse("event: x\r\ndata: a\r\n\r\n"), Some((Some("x"), &b"a"[..], 21)));
    }

    #[test]
    fn all_else_is_left_alone() {
        for piece in [
            "",
            "data: a",
            "data: a\n",
            "data: a\r\n\r",
            "data: a\r\r",
            "data:a\n\n",
            "data: a\ndata: b\n\n",
            "data: a\nid: 1\n\n",
            "event: \ndata: a\n\n",
            "event: x\rdata: a\n\n",
            "event: x\n\ndata: a\n\n",
            ": x\ndata: a\n\n",
            "\ndata: a\n\n",
        ] {
            assert_eq!(WholeEvent::parse(piece.as_bytes()), None, "{piece:?}");
        }
        assert_eq!(WholeEvent::parse(b"event: \xFF\ndata: a\n\n"), None);
    }
}
