//! Finding the end of a JSON string, eight bytes at a time: most strings of a stream are so short that calling a
//! vectorized search takes longer.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// After so many words of eight bytes without an end, a vectorized search is worth its call.
const WORDS: usize = 6;

/// Where the first quote, backslash or control character is.
#[expect(clippy::inline_always, reason = "most strings are shorter than a call takes")]
#[inline(always)]
pub(super) fn plain_text(bytes: &[u8]) -> Option<usize> {
    // Half of all strings are a name or a word.
    let found = bytes.first_chunk::<8>().map_or(0, |word| ends(u64::from_le_bytes(*word)));
    if found != 0 {
        return Some(found.trailing_zeros() as usize / 8);
    }
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate().skip(1) {
        let found = ends(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
        if at == WORDS {
            return long_text(bytes, at * 8 + 8);
        }
    }
    let end = rest.iter().position(|&byte| matches!(byte, b'"' | b'\\' | 0..b' '))?;
    Some(bytes.len() - rest.len() + end)
}

/// The first quote, backslash or control character from `from` on: most text that is this long is longer still.
#[inline(never)]
fn long_text(bytes: &[u8], from: usize) -> Option<usize> {
    let end = memchr::memchr2(b'"', b'\\', &bytes[from..]).map(|end| from + end);
    let text = &bytes[from..end.unwrap_or(bytes.len())];
    // Over all bytes at once, which the compiler vectorizes; only a fault is looked for.
    let fault = text.iter().fold(u8::MAX, |least, &byte| least.min(byte)) < b' ';
    if fault { text.iter().position(|&byte| byte < b' ').map(|at| from + at) } else { end }
}

/// The size of the escape that `bytes` begin with; `None` where they begin with none.
pub(super) fn escape(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [_, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => Some(2),
        [_, b'u', digits @ ..] if digits.get(..4)?.iter().all(u8::is_ascii_hexdigit) => Some(6),
        _ => None,
    }
}

/// The position of the quote that ends a string which has a backslash at that position.
pub(super) fn end_of_escaped(bytes: &[u8], backslash: usize) -> Option<usize> {
    let mut at = backslash;
    while bytes[at] == b'\\' {
        at += escape(&bytes[at..])?;
        at += plain_text(&bytes[at..])?;
    }
    (bytes[at] == b'"').then_some(at)
}

/// The high bit of each byte that ends a run of plain text. Borrows can set wrong bits, but only above the first
/// right one.
fn ends(word: u64) -> u64 {
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5C)) | control) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slow, obvious way.
    fn slowly(bytes: &[u8]) -> Option<usize> {
        (0..bytes.len()).find(|&at| bytes[at] == b'"' || bytes[at] == b'\\' || bytes[at] < 0x20)
    }

    #[test]
    fn every_byte_in_every_place() {
        for byte in 0..=255 {
            for fill in [b'a', 0x21, 0x23, 0x5B, 0x5D, 0x7F, 0x80, 0xA2, 0xDC, 0xFF] {
                for at in 0..20 {
                    let mut bytes = [fill; 20];
                    bytes[at] = byte;
                    for from in 0..=20 {
                        let rest = &bytes[from..];
                        assert_eq!(plain_text(rest), slowly(rest), "{byte} among {fill} at {at}");
                    }
                }
            }
        }
    }

    #[test]
    fn long_text_too() {
        for byte in [b'"', b'\\', 0x1F, b'a'] {
            for at in 0..200 {
                for second in [at / 2, at, 199] {
                    let mut bytes = [b'x'; 200];
                    bytes[second] = b'"';
                    bytes[at] = byte;
                    assert_eq!(plain_text(&bytes), slowly(&bytes), "{byte} at {at}, a quote at {second}");
                }
            }
        }
    }

    #[test]
    fn escapes_are_those_of_the_json_crate() {
        for byte in 0..=127 {
            for digits in ["", "12", "12aF", "12aG", "d83d"] {
                let text = format!("\\{}{digits}", char::from(byte));
                let read = super::super::read::string(&format!("\"{text}\""));
                // What follows the escape is plain text, except for quotes.
                let known = escape(text.as_bytes()).filter(|&size| !text[size..].contains(['"', '\\']));
                assert_eq!(known.is_some(), read.is_some(), "{text:?}");
            }
        }
    }

    #[test]
    fn the_first_of_two_counts() {
        for first in [b'"', b'\\', 0, 0x1F] {
            for at in 0..16 {
                for second in at..16 {
                    let mut bytes = [b'!'; 16];
                    bytes[second] = b'"';
                    bytes[at] = first;
                    assert_eq!(plain_text(&bytes), Some(at));
                }
            }
        }
    }
}
