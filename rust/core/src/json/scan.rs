//! Finding the end of a JSON string, eight bytes at a time: most strings of a stream are shorter than it takes to call a
//! vector search.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Where, from `from` on, the first quote, backslash or control character is.
pub(super) fn string_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(word) = bytes.get(at..at + 8).and_then(|word| word.try_into().ok()) {
        let found = ends(u64::from_le_bytes(word));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = bytes.get(at..)?;
    rest.iter().position(|&byte| matches!(byte, b'"' | b'\\' | 0..b' ')).map(|found| at + found)
}

/// The high bit of each byte that ends a run of plain text. Borrows make it wrong only above the first that is right.
fn ends(word: u64) -> u64 {
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5C)) | control) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slow, obvious way.
    fn slowly(bytes: &[u8], from: usize) -> Option<usize> {
        (from..bytes.len()).find(|&at| bytes[at] == b'"' || bytes[at] == b'\\' || bytes[at] < 0x20)
    }

    #[test]
    fn every_byte_in_every_place() {
        for byte in 0..=255 {
            for fill in [b'a', 0x21, 0x23, 0x5B, 0x5D, 0x7F, 0x80, 0xA2, 0xDC, 0xFF] {
                for at in 0..20 {
                    let mut bytes = [fill; 20];
                    bytes[at] = byte;
                    for from in 0..=21 {
                        assert_eq!(string_end(&bytes, from), slowly(&bytes, from), "{byte} among {fill} at {at}");
                    }
                }
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
                    assert_eq!(string_end(&bytes, 0), Some(at));
                }
            }
        }
    }
}
