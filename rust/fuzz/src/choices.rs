//! What the beginning of an input chooses.

use arbitrary::{Result, Unstructured};
use ssewire_core::{Options, Tail};

/// Options; half of the limits are small enough to be met.
pub(crate) fn options(input: &mut Unstructured<'_>) -> Result<Options> {
    let bits: u8 = input.arbitrary()?;
    let limit = usize::from(input.arbitrary::<u8>()?);
    Ok(Options {
        max_event_size: (bits & 1 > 0).then_some(limit),
        tail: if bits & 2 > 0 { Tail::Dispatch } else { Tail::Discard },
        dispatch_empty: bits & 4 > 0,
        keep_nonstandard_lines: bits & 8 > 0,
        keep_comments: bits & 16 > 0,
    })
}

/// Places for cuts, in a body that is not known yet.
pub(crate) struct Places(Vec<u16>);

impl Places {
    /// Where they are in a body.
    pub(crate) fn within(&self, body: &[u8]) -> Vec<usize> {
        self.0.iter().map(|place| usize::from(*place) % (body.len() + 1)).collect()
    }
}

/// Up to four places for cuts.
pub(crate) fn places(input: &mut Unstructured<'_>) -> Result<Places> {
    let count = input.int_in_range(0..=4)?;
    Ok(Places((0..count).map(|_| input.arbitrary()).collect::<Result<_>>()?))
}
