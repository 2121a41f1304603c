//! What the pieces of a payload make grow.

use super::{Path, PathStep, Sink, Snapshot};
use crate::json::{Raw, Text};

/// A string of a payload, and what grows by it.
pub(crate) struct Append<'a> {
    pub(crate) text: Raw<'a>,
    pub(crate) targets: Vec<Target>,
}

impl Append<'_> {
    /// The string of the dialect's object that grows.
    pub(crate) fn member(&self) -> Option<(&[PathStep], &'static str)> {
        self.targets.iter().find_map(|target| match target {
            Target::Member { path, name } => Some((&path[..], *name)),
            _ => None,
        })
    }

    /// Adds the string to all of them; of what was announced, only what it says beyond that.
    pub(crate) fn fold(&self, snapshot: &mut Snapshot, out: &mut Sink<'_>) {
        let Some(mut text) = self.text.scalar() else { return };
        let says_nothing = text.is_empty();
        if let Some((path, name)) = self.member() {
            text = snapshot.fields.at(path).news(name, text);
        }
        if text.is_empty() && !says_nothing {
            return;
        }
        append_all(&self.targets, &text, snapshot, out);
    }
}

/// Adds a text to all of these.
pub(crate) fn append_all(targets: &[Target], text: &Text<'_>, snapshot: &mut Snapshot, out: &mut Sink<'_>) {
    for target in targets {
        snapshot.append(target, text, out);
    }
}

/// Adds a piece to the arguments of the call at that position, as far as it is news, and to what of the object has them too.
/// Returns whether anything was told.
pub(crate) fn append_arguments(
    snapshot: &mut Snapshot,
    position: usize,
    copies: &[Target],
    piece: &Text<'_>,
    out: &mut Sink<'_>,
) -> bool {
    let call = snapshot.choice(0).tool_calls.at(position);
    let announced = call.is_announced();
    let news = call.news(piece);
    let initial = call.is_announced().then(|| call.initial_input.clone());
    if announced || initial.is_some() {
        for target in copies {
            snapshot.restart(target, initial.as_deref().unwrap_or_default());
        }
    }
    if news.is_empty() {
        return false;
    }
    snapshot.choice(0).add_arguments(position, &news, out);
    append_all(copies, &news, snapshot, out);
    true
}

/// Adds each string to what grows by it.
pub(crate) fn fold_all<'a>(appends: impl IntoIterator<Item = Append<'a>>, snapshot: &mut Snapshot, out: &mut Sink<'_>) {
    for append in appends {
        append.fold(snapshot, out);
    }
}

/// A text that grows.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Content {
        choice: i64,
    },
    Reasoning {
        choice: i64,
    },
    Refusal {
        choice: i64,
    },
    /// Those of the tool call at that position.
    Arguments {
        choice: i64,
        position: usize,
    },
    /// The same, of pieces that may say again what the arguments have.
    Pieces {
        choice: i64,
        position: usize,
    },
    /// Nothing: the string is a copy of another, which counts.
    Nowhere,
    /// The member of that name of a reasoning detail.
    Detail {
        choice: i64,
        position: usize,
        name: &'static str,
    },
    /// A string of the dialect's object.
    Member {
        path: Path,
        name: &'static str,
    },
    /// A value of the dialect's object whose JSON text comes in pieces.
    Json {
        path: Path,
        name: &'static str,
    },
}
