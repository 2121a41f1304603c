//! JSON that arrives in pieces: what is certain after each of them is what the slow way finds in all of the text so far, and
//! a text is whole, or refused, wherever it is cut.
//!
//! The input: cuts, and the text.

use arbitrary::Unstructured;

use super::choices::places;
use super::cutting::cut_at;
use super::tree::{certain, grow, is_json, is_whole};

/// The slow way asks a reader that refuses deeper text.
const MAX_DEPTH: usize = 120;
/// And numbers that no float holds: those of more digits than this may be.
const MAX_DIGITS: usize = 300;

/// Whether the slow way reads it: it knows no NaN, no infinities and no halves of surrogate pairs, and refuses numbers that are
/// too large for a float.
fn has_a_slow_way(text: &str) -> bool {
    let brackets = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
    let exponents = text.as_bytes().windows(2).any(|pair| pair[0].is_ascii_digit() && matches!(pair[1], b'e' | b'E'));
    let large = text.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > MAX_DIGITS);
    let halves = text.contains("\\ud") || text.contains("\\uD");
    brackets <= MAX_DEPTH && !exponents && !large && !halves && !text.contains(['N', 'I'])
}

/// The text, cut at those places or, where these are within a character, before it.
fn pieces<'t>(text: &'t str, places: &[usize]) -> Vec<&'t str> {
    let whole = |at: usize| (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let places: Vec<_> = places.iter().map(|&at| whole(at)).collect();
    let pieces = cut_at(text.as_bytes(), &places);
    pieces.into_iter().map(|piece| std::str::from_utf8(piece).expect("cut between characters")).collect()
}

fn check_all(mut input: Unstructured<'_>) -> arbitrary::Result<()> {
    let places = places(&mut input)?;
    let text = String::from_utf8_lossy(input.take_rest());
    let (seen, fault) = grow(pieces(&text, &places.within(text.as_bytes())));
    let (at_once, same) = grow([text.as_ref()]);
    assert_eq!(fault, same, "{text:?} has another fault when it is cut");
    let mut end = 0;
    for (piece, seen) in pieces(&text, &places.within(text.as_bytes())).iter().zip(&seen) {
        end += piece.len();
        assert_eq!(Some(seen), grow([&text[..end]]).0.first(), "{:?} is another value when it is cut", &text[..end]);
        if has_a_slow_way(&text) {
            assert_eq!(*seen, certain(&text[..end]), "{:?}", &text[..end]);
        }
    }
    assert!(fault.is_some() || seen.last() == at_once.last(), "{text:?} ends as another value when it is cut");
    if has_a_slow_way(&text) {
        assert_eq!(is_whole(&text), is_json(&text), "{text:?}");
    }
    Ok(())
}

/// Checks one input; one that is too short to be a case is none.
pub fn check(data: &[u8]) {
    _ = check_all(Unstructured::new(data));
}
