//! The whole output: of a response whose stream is resumed, and of the terminal.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};

use super::announce_item;
use super::complete::{Settled, complete_item, finish as finish_item, seal_item};
use super::items::{Items, Names};
use super::pieces::items_of;
use super::texts::{Kind, OUTPUT, REASONING, SUMMARY, Texts};
use super::whole::{Whole, listed};
use crate::json::Raw;
use crate::limits::RECENT_ITEMS;
use crate::snapshot::{Choice, Sink, Snapshot};

/// Takes the output so far, of a response whose stream is resumed.
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

/// Emits what only the terminal's output has, and makes it the object's output. Items that it leaves out stay, and so
/// do texts of which it has less than was emitted.
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
    let settled = Settled::of(|kind| is_settled(snapshot, kind, &wholes));
    for (whole, at) in wholes.iter().zip(&order) {
        complete_item(snapshot, *at, whole, settled, out);
        finish_item(snapshot, *at, whole, false, out);
        seal_item(snapshot, *at, whole, settled);
    }
    let positions = items_of(snapshot).positions_in(&order, ours, settled);
    snapshot.fields.arrange(OUTPUT, &positions);
}

fn wholes(output: Option<Raw<'_>>) -> Vec<Whole<'_>> {
    let items = output.map(listed).unwrap_or_default().into_iter().filter(|item| item.is_object());
    items.map(|item| Whole::of(None, item.object())).collect()
}

fn find(snapshot: &mut Snapshot, wholes: &[Whole<'_>]) -> Vec<Option<usize>> {
    items_of(snapshot);
    let choice = snapshot.choices.get(&0).map(AsRef::as_ref);
    snapshot.state.get::<Items>().map(|items| items.of_output(wholes, choice)).unwrap_or_default()
}

impl Items {
    /// Which of the items so far the items of a whole output are; `None` for new ones.
    fn of_output(&self, wholes: &[Whole<'_>], choice: Option<&Choice>) -> Vec<Option<usize>> {
        let mut found = self.named_in(wholes);
        let taken: HashSet<_> = found.iter().flatten().copied().collect();
        let mut free: VecDeque<_> = (0..self.all.len()).filter(|at| !taken.contains(at)).collect();
        let alike = |at: usize, whole: &Whole<'_>| self.all[at].is(&whole.kind, &whole.names);
        pair(&mut found, &mut free, wholes, |at, whole| alike(at, whole) && self.all[at].says(whole, choice));
        pair(&mut found, &mut free, wholes, |at, whole| alike(at, whole) && self.all[at].overlaps_any(whole, choice));
        pair(&mut found, &mut free, wholes, alike);
        found
    }

    /// The items that are found by their names, each once.
    fn named_in(&self, wholes: &[Whole<'_>]) -> Vec<Option<usize>> {
        let mut ids = HashMap::new();
        for whole in wholes {
            *ids.entry(&whole.names.id).or_insert(0) += 1;
        }
        let mut taken = HashSet::new();
        let mut named = |whole: &Whole<'_>| {
            // An id that several items share identifies none.
            let id = if ids[&whole.names.id] == 1 { whole.names.id.clone() } else { Cow::Borrowed("") };
            let names = Names { index: None, id, call_id: whole.names.call_id.clone() };
            self.named(&whole.kind, &names).filter(|&at| taken.insert(at))
        };
        wholes.iter().map(&mut named).collect()
    }

    /// The positions of items in the order of a whole output; those of the first `ours` that it leaves out stay
    /// before and after the same items as before.
    fn positions_in(&self, order: &[usize], ours: usize, settled: Settled) -> Vec<i64> {
        let listed: HashSet<_> = order.iter().collect();
        let stays = |at: &usize| !listed.contains(at) && self.all[*at].has_more_than(settled);
        let mut left_out = (0..ours).filter(stays).peekable();
        let mut positions = Vec::with_capacity(order.len());
        for at in order {
            while let Some(before) = left_out.next_if(|before| before < at) {
                positions.push(self.all[before].position);
            }
            positions.push(self.all[*at].position);
        }
        positions.extend(left_out.map(|at| self.all[at].position));
        positions
    }
}

/// Gives each whole without an item the first of the free items that fits.
fn pair(
    found: &mut [Option<usize>],
    free: &mut VecDeque<usize>,
    wholes: &[Whole<'_>],
    fits: impl Fn(usize, &Whole<'_>) -> bool,
) {
    for (at, whole) in found.iter_mut().zip(wholes).filter(|(at, _)| at.is_none()) {
        *at = free.iter().take(RECENT_ITEMS).position(|&item| fits(item, whole)).and_then(|at| free.remove(at));
    }
}

/// Whether the items of a whole output have, one after the other, exactly the text that was emitted: then it does not
/// matter which item a piece was taken for.
fn is_settled(snapshot: &Snapshot, kind: Kind, wholes: &[Whole<'_>]) -> bool {
    let Some(choice) = snapshot.choices.get(&0) else { return false };
    let emitted = kind.text_of(choice, None);
    // Of a reasoning that is in two lists, either may be the one that came in pieces.
    let says_it = |other: &'static Texts| {
        let mut rest = Some(emitted);
        for text in wholes.iter().filter_map(|whole| whole.text(kind, other)) {
            rest = rest.and_then(|rest| rest.strip_prefix(text));
        }
        rest == Some("")
    };
    !emitted.is_empty() && (says_it(&SUMMARY) || says_it(&REASONING))
}
