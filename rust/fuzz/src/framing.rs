//! The decoder gives the events that the standard's own words give, whatever the options.
//!
//! The input: options, cuts, and the body.

use arbitrary::Unstructured;

use super::choices::{options, places};
use super::cutting::{cut_at, shown};
use super::decode::decode;
use super::oracle::interpret;

fn check_all(mut input: Unstructured<'_>) -> arbitrary::Result<()> {
    let options = options(&mut input)?;
    let places = places(&mut input)?;
    let body = input.take_rest();
    let pieces = cut_at(body, &places.within(body));
    assert_eq!(decode(&pieces, &options), interpret(body, &options), "{options:?}, cut as {}", shown(&pieces));
    Ok(())
}

/// Checks one input; one that is too short to be a case is none.
pub fn check(data: &[u8]) {
    _ = check_all(Unstructured::new(data));
}
