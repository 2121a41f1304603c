//! What is appended to, and how: a dialect names the targets of each string of a payload, and this appends the string
//! to all of them. The text of an answer is usually kept twice, in the choice and in the provider's own object; the
//! two grow together.

use super::{Path, PathStep, Sink, Snapshot};
use crate::json::{Raw, Text};

/// A string of a payload, and the texts that it is appended to.
pub(crate) struct Append<'a> {
    pub(crate) text: Raw<'a>,
    pub(crate) targets: Vec<Target>,
}

impl Append<'_> {
    /// The string of the dialect's object among the targets, if there is one.
    pub(crate) fn member(&self) -> Option<(&[PathStep], &'static str)> {
        self.targets.iter().find_map(|target| match target {
            Target::Member { path, name } => Some((&path[..], *name)),
            _ => None,
        })
    }

    /// Appends the string to all targets; where the object's string was announced with its first words, only what
    /// goes beyond them.
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

/// Appends a text to each of the targets.
pub(crate) fn append_all(targets: &[Target], text: &Text<'_>, snapshot: &mut Snapshot, out: &mut Sink<'_>) {
    for target in targets {
        snapshot.append(target, text, out);
    }
}

/// Appends a piece, except for what merely repeats the arguments, to those of the call at that position, and to the
/// copies of them in the object. Returns whether anything was emitted.
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

/// Appends each string to its targets.
pub(crate) fn fold_all<'a>(appends: impl IntoIterator<Item = Append<'a>>, snapshot: &mut Snapshot, out: &mut Sink<'_>) {
    for append in appends {
        append.fold(snapshot, out);
    }
}

/// A text that can be appended to.
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
    /// The arguments of the tool call at that position.
    Arguments {
        choice: i64,
        position: usize,
    },
    /// The arguments of the tool call at that position, for pieces that may repeat what they have.
    Pieces {
        choice: i64,
        position: usize,
    },
    /// Nothing: the string is a copy of another, which is appended.
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
