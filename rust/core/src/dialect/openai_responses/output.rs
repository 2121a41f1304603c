//! The whole output: of a response that is taken up again, and of the terminal.

use super::announce_item;
use super::complete::{Settled, complete_item, finish as finish_item, seal_item};
use super::pieces::items_of;
use super::texts::{Kind, OUTPUT, REASONING, SUMMARY, Texts};
use super::whole::{Whole, listed};
use crate::delta::Sink;
use crate::json::Raw;
use crate::snapshot::Snapshot;

/// The output so far, of a stream that is taken up again.
pub(super) fn begin(snapshot: &mut Snapshot, output: Option<Raw<'_>>, out: &mut Sink<'_>) {
    let wholes = wholes(output);
    let known = find(snapshot, &wholes);
    for (index, (mut whole, known)) in (0..).zip(wholes.into_iter().zip(known)) {
        if let Some(at) = known {
            complete_item(snapshot, at, &whole, Settled::default(), out);
        } else {
            whole.names.index = Some(index);
            announce_item(snapshot, &whole, out);
        }
    }
}

/// Emits what the terminal's output has that was not emitted, and makes it the object's: with the items that it leaves out, and the
/// texts of which it has less than was emitted.
pub(super) fn finish(snapshot: &mut Snapshot, output: Option<Raw<'_>>, out: &mut Sink<'_>) {
    let wholes = wholes(output);
    if wholes.is_empty() {
        return;
    }
    let known = find(snapshot, &wholes);
    let ours = items_of(snapshot).all.len();
    let add = |(whole, known): (&Whole<'_>, Option<usize>)| {
        known.unwrap_or_else(|| items_of(snapshot).add(&whole.kind, &whole.names))
    };
    let order: Vec<_> = wholes.iter().zip(known).map(add).collect();
    let settled = Settled::of(|kind| is_told(snapshot, kind, &wholes));
    for (whole, at) in wholes.iter().zip(&order) {
        complete_item(snapshot, *at, whole, settled, out);
        finish_item(snapshot, *at, whole, false, out);
        seal_item(snapshot, *at, whole, settled);
    }
    let places = items_of(snapshot).places_in(&order, ours, settled);
    snapshot.fields.arrange(OUTPUT, &places);
}

fn wholes(output: Option<Raw<'_>>) -> Vec<Whole<'_>> {
    let items = output.map(listed).unwrap_or_default().into_iter().filter(|item| item.is_object());
    items.map(|item| Whole::of(None, item.object())).collect()
}

fn find(snapshot: &mut Snapshot, wholes: &[Whole<'_>]) -> Vec<Option<usize>> {
    items_of(snapshot);
    let choice = snapshot.choices.get(&0).map(AsRef::as_ref);
    snapshot.state.responses().map(|items| items.of_output(wholes, choice)).unwrap_or_default()
}

/// Whether the items of a whole output have, one after the other, just the text that was emitted: then it does not matter which item
/// a piece was taken for.
fn is_told(snapshot: &Snapshot, kind: Kind, wholes: &[Whole<'_>]) -> bool {
    let Some(choice) = snapshot.choices.get(&0) else { return false };
    let emitted = kind.text_of(choice, None);
    // Of a reasoning in two lists either may be the one that came.
    let says_it = |other: &'static Texts| {
        let mut rest = Some(emitted);
        for text in wholes.iter().filter_map(|whole| whole.text(kind, other)) {
            rest = rest.and_then(|rest| rest.strip_prefix(text));
        }
        rest == Some("")
    };
    !emitted.is_empty() && (says_it(&SUMMARY) || says_it(&REASONING))
}
