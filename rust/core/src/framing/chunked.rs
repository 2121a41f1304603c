//! The chunked transfer coding ([RFC 9112, 7.1](https://www.rfc-editor.org/rfc/rfc9112#section-7.1)): chunks that are there as a
//! whole, taken together.
//!
//! A size in hexadecimal digits, CRLF, that many bytes, CRLF. Whatever is not of this plain form is left to who knows the
//! whole coding: a chunk that is not complete, extensions, the last chunk with its trailers, and what is no chunk.

use std::borrow::Cow;

const CRLF: &[u8] = b"\r\n";

/// Digits of a size: more than four gigabytes in a chunk are left.
const MAX_DIGITS: usize = 8;

/// The contents of the whole chunks that `data` begins with, and how many bytes of `data` these chunks take. Those of one
/// chunk are borrowed: they end with it, but for its CRLF.
#[must_use]
pub fn take_chunks(data: &[u8]) -> (Cow<'_, [u8]>, usize) {
    let mut contents = Cow::Borrowed(&[][..]);
    let mut rest = data;
    while let Some((content, after)) = split_chunk(rest) {
        if contents.is_empty() {
            contents = Cow::Borrowed(content);
        } else {
            contents.to_mut().extend_from_slice(content);
        }
        rest = after;
    }
    (contents, data.len() - rest.len())
}

/// The content of the first chunk, and what comes after it.
fn split_chunk(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let digits = data.iter().take(MAX_DIGITS).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let size = usize::from_str_radix(std::str::from_utf8(&data[..digits]).ok()?, 16).ok()?;
    let (content, after) = data[digits..].strip_prefix(CRLF)?.split_at_checked(size)?;
    let after = after.strip_prefix(CRLF)?;
    (size > 0).then_some((content, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_chunks_of_the_plain_form_are_taken() {
        let cases: [(&[u8], &[u8], usize); 12] = [
            (b"3\r\nabc\r\n", b"abc", 8),
            (b"3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", b"abc0123456789", 23),
            (b"00003\r\nabc\r\n2\r\nd", b"abc", 12),
            (b"2\r\n\r\n\r\n1\r\n\n\r\n", b"\r\n\n", 13),
            (b"", b"", 0),
            (b"3", b"", 0),
            (b"3\r\nabc\r", b"", 0),
            (b"3\nabc\n", b"", 0),
            (b"3;name=value\r\nabc\r\n", b"", 0),
            (b"-3\r\nabc\r\n", b"", 0),
            (b"3\r\nabcd\r\n", b"", 0),
            (b"FFFFFFFFF\r\nabc\r\n", b"", 0),
        ];
        for (data, content, size) in cases {
            assert_eq!(take_chunks(data), (content.into(), size), "{}", data.escape_ascii());
        }
    }
}
