//! Responses that repeat a whole candidate: some gateways send the whole answer after its pieces.
//!
//! A chunk may well have the same text as the one before, or begin with it. So it is taken for the whole only if all
//! of this holds:
//!
//! 1. At least two pieces came before it.
//! 2. It begins with all of their text and thoughts, of each kind that it has at all.
//! 3. If it has more than they, it is also the last.

use std::collections::BTreeMap;

use super::part::{self, SIGNATURE, text_of};
use super::{Object, PARTS, Sink, Snapshot, content};
use crate::json::{Text, compact};
use crate::snapshot::{DialectState, Target};

/// The two kinds of text: whether it is a thought.
const KINDS: [bool; 2] = [false, true];

/// The size in bytes of the first piece of each candidate's text (false) and thoughts (true).
#[derive(Clone, Debug, Default)]
struct FirstPieces {
    sizes: BTreeMap<(i64, bool), usize>,
}

impl DialectState for FirstPieces {
    fn boxed_clone(&self) -> Box<dyn DialectState> {
        Box::new(self.clone())
    }
}

/// A part, and its text, if it has any.
pub(super) type Part<'p, 'a> = (&'p Object<'a>, Option<(Text<'a>, bool)>);

/// The next parts of a candidate; `ended` says that they are the last.
pub(super) fn fold_parts(
    snapshot: &mut Snapshot,
    candidate: i64,
    parts: &[Object<'_>],
    ended: bool,
    out: &mut Sink<'_>,
) {
    let parts: Vec<_> = parts.iter().map(|part| (part, text_of(part))).collect();
    if is_whole(snapshot, candidate, &parts, ended) {
        return fold_whole(snapshot, candidate, &parts, out);
    }
    for thought in KINDS {
        let size = size(&parts, thought);
        if size > 0 && snapshot.emitted(&target(candidate, thought)).is_empty() {
            snapshot.state.get_mut::<FirstPieces>().sizes.insert((candidate, thought), size);
        }
    }
    for (part, text) in &parts {
        part::fold(snapshot, candidate, part, text.as_ref(), out);
    }
}

fn target(choice: i64, thought: bool) -> Target {
    if thought { Target::Reasoning { choice } } else { Target::Content { choice } }
}

/// The texts of a kind, except those with half a character: these are never taken for a repetition.
fn texts<'p>(parts: &'p [Part<'_, '_>], thought: bool) -> impl Iterator<Item = &'p str> {
    parts.iter().filter_map(move |(_, text)| match text {
        Some((Text::Whole(text), kind)) if *kind == thought => Some(text.as_ref()),
        _ => None,
    })
}

fn size(parts: &[Part<'_, '_>], thought: bool) -> usize {
    texts(parts, thought).map(str::len).sum()
}

fn is_whole(snapshot: &Snapshot, candidate: i64, parts: &[Part<'_, '_>], ended: bool) -> bool {
    let first_pieces = snapshot.state.get::<FirstPieces>();
    let mut in_pieces = false;
    for thought in KINDS {
        let (size, emitted) = (size(parts, thought), snapshot.emitted(&target(candidate, thought)));
        if size == 0 {
            continue;
        }
        if emitted.is_empty() || size < emitted.len() || (size > emitted.len() && !ended) {
            return false;
        }
        let first = first_pieces.and_then(|first| first.sizes.get(&(candidate, thought)));
        in_pieces |= first.is_some_and(|&size| size < emitted.len());
        if !texts(parts, thought).collect::<String>().starts_with(emitted) {
            return false;
        }
    }
    in_pieces
}

/// Folds what the whole has beyond the pieces.
fn fold_whole(snapshot: &mut Snapshot, candidate: i64, parts: &[Part<'_, '_>], out: &mut Sink<'_>) {
    let fields = content(snapshot, candidate);
    let indexes = fields.indexes(PARTS);
    let mut known: Vec<_> = indexes.into_iter().map(|at| compact(&fields.item(PARTS, at).json())).collect();
    let mut rests = KINDS.map(|thought| {
        let emitted = snapshot.emitted(&target(candidate, thought)).len();
        texts(parts, thought).collect::<String>().get(emitted..).unwrap_or_default().to_owned()
    });
    for (part, text) in parts {
        if let Some((_, thought)) = text {
            let rest = std::mem::take(&mut rests[usize::from(*thought)]);
            let signature = part.get(SIGNATURE).map(|signature| format!("{SIGNATURE:?}:{}", signature.as_str()));
            let signed = signature.is_some_and(|signature| !known.iter().any(|part| part.contains(&signature)));
            if signed || !rest.is_empty() {
                part::fold(snapshot, candidate, part, Some(&(Text::from(rest.as_str()), *thought)), out);
            }
        } else if let Some(at) = known.iter().position(|known| *known == compact(part.raw().as_str())) {
            known.remove(at);
        } else {
            part::fold(snapshot, candidate, part, None, out);
        }
    }
}
