//! Payloads of shapes: which one comes next, and what its texts and numbers are.

use arbitrary::{Result, Unstructured};

use super::shapes::{FAMILIES, Family};

/// Parts of strings.
const TEXTS: [&[u8]; 18] = [
    b"",
    b"a",
    b" word",
    b"n",
    b"{}",
    b"}",
    b"\\n",
    b"\\\"",
    b"\\\\",
    b"\\/",
    b"\\ud83d",
    b"\\ude00",
    b"\\ud83d\\ude00",
    b"\\u00e9",
    b"\xC3\xA9",
    b"\xF0\x9F\x98\x80",
    b"\x7f",
    b"a text that is longer than a vector of a processor",
];

/// What is no part of a string, or ends the stream. Rare, since only a stream's first error is told of.
const ODD: [&[u8]; 12] =
    [b"\\x", b"\\u12", b"\\", b"\"", b"\t", b"\n", b"\r", b"\0", b"\xC3", b"\xFF", b"\xED\xA0\xBD", b"[DONE]"];

/// What an index may be, and what it may not.
const NUMBERS: [&str; 10] = ["0", "0", "1", "1", "2", "3", "-1", "1.0", "null", "12345678901234567890"];

/// A dialect's shapes.
pub(crate) fn family(input: &mut Unstructured<'_>) -> Result<&'static Family> {
    input.choose(&FAMILIES)
}

/// A shape of the family, half of them growing ones; rarely an end, or one of any other family.
pub(crate) fn shape(family: &Family, input: &mut Unstructured<'_>) -> Result<&'static str> {
    let choice: u8 = input.arbitrary()?;
    let family = if choice == 0 { input.choose(&FAMILIES)? } else { family };
    let shapes = match choice % 16 {
        0..8 if !family.growing.is_empty() => family.growing,
        15 if choice < 64 => family.ends,
        choice if choice % 2 > 0 => family.structure,
        _ => family.others,
    };
    input.choose(shapes).copied()
}

/// Parts of a string, put behind `body`: as they may stand in one, or `odd`.
fn text(input: &mut Unstructured<'_>, odd: bool, body: &mut Vec<u8>) -> Result<()> {
    for _ in 0..input.int_in_range(0..=2)? {
        let text = if odd && input.ratio(1, 32)? { *input.choose(&ODD)? } else { *input.choose(&TEXTS)? };
        body.extend_from_slice(text);
    }
    Ok(())
}

/// A shape with its texts and numbers, put behind `body`; where nothing may be `odd`, it is JSON.
pub(crate) fn fill(shape: &str, input: &mut Unstructured<'_>, odd: bool, body: &mut Vec<u8>) -> Result<()> {
    for part in shape.split_inclusive(['@', '#']) {
        body.extend_from_slice(part.trim_end_matches(['@', '#']).as_bytes());
        match part.as_bytes().last() {
            Some(b'@') => text(input, odd, body)?,
            Some(b'#') => body.extend_from_slice(input.choose(&NUMBERS)?.as_bytes()),
            _ => {}
        }
    }
    Ok(())
}
