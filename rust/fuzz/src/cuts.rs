//! The same bytes, whole and cut anywhere, are the same events and deltas.
//!
//! The input: options, cuts, and the body.

use arbitrary::Unstructured;

use super::choices::{options, places};
use super::cutting::{bytewise, cut_at, shown};
use super::decode::decode;
use super::filling::family;
use super::told::accumulate;

fn check_all(mut input: Unstructured<'_>) -> arbitrary::Result<()> {
    let options = options(&mut input)?;
    let name = family(&mut input)?.dialect;
    let dialect = input.arbitrary::<bool>()?.then_some(name);
    let places = places(&mut input)?;
    let body = input.take_rest();
    let (events, deltas) = (decode(&[body], &options), accumulate(&[body], dialect, options.max_event_size));
    for pieces in [cut_at(body, &places.within(body)), bytewise(body)] {
        assert_eq!(decode(&pieces, &options), events, "cut as {}", shown(&pieces));
        assert_eq!(accumulate(&pieces, dialect, options.max_event_size), deltas, "cut as {}", shown(&pieces));
    }
    Ok(())
}

/// Checks one input; one that is too short to be a case is none.
pub fn check(data: &[u8]) {
    _ = check_all(Unstructured::new(data));
}
