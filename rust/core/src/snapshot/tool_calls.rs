//! Which tool call a piece belongs to.
//!
//! Providers leave out the index, reuse it for the next call, repeat or regenerate ids, and send names whole, in pieces
//! or again and again.
//!
//! 1. With an index, a piece belongs to the call that last used the index, unless it shows that it begins another: an
//!    unknown id with a name, or (without an id) a name after arguments that are complete.
//! 2. Without an index, a piece belongs to the call with its id; without an id to the last call, unless it brings a new
//!    name.
//! 3. Calls keep the order in which they first appeared.

use std::collections::BTreeMap;

use super::tool_call::{CallFragment, ToolCall, begins_object};
use crate::json::Text;
use crate::limits::RECENT_CALLS;

/// The tool calls of one choice.
#[derive(Clone, Debug, Default)]
pub struct ToolCalls {
    calls: Vec<ToolCall>,
    by_id: BTreeMap<String, usize>,
    /// The call that last used each of the provider's indexes.
    by_index: BTreeMap<i64, usize>,
    /// Calls that were announced with an empty object, and have no other arguments yet.
    announced: Vec<usize>,
    /// The one call that is no tool call: the deprecated function call.
    sole: Option<usize>,
    /// As many calls may be kept, if there is a bound.
    most: Option<usize>,
}

impl ToolCalls {
    /// The calls, in the order in which they first appeared.
    pub fn as_slice(&self) -> &[ToolCall] {
        &self.calls
    }

    /// None yet, and no more than so many.
    pub(crate) fn bounded(most: usize) -> Self {
        Self { most: Some(most), ..Self::default() }
    }

    /// Whether there are more calls than may be: the next one is of no use any more.
    pub(crate) fn is_full(&self) -> bool {
        self.most.is_some_and(|most| self.calls.len() > most)
    }

    /// Where the call that is the only one of its kind stands.
    pub(crate) fn sole(&self) -> Option<usize> {
        self.sole
    }

    /// The call at a position.
    pub(crate) fn at(&mut self, position: usize) -> &mut ToolCall {
        &mut self.calls[position]
    }

    /// The position of the call that a piece goes to whatever its arguments are, and without changing it otherwise: one that
    /// says nothing new of the call that it names.
    pub(crate) fn going_on(&self, index: Option<i64>, id: &str, name: &str) -> Option<usize> {
        let position = match index {
            Some(index) => self.by_index.get(&index).copied(),
            None if id.is_empty() => self.calls.len().checked_sub(1),
            None => self.by_id.get(id).copied(),
        }?;
        let call = &self.calls[position];
        let same = (id.is_empty() || id == call.id) && (name.is_empty() || (!id.is_empty() && name == call.name));
        same.then_some(position)
    }

    /// Merges a piece into its call; returns the call's position and the bytes that its arguments grew by.
    pub(crate) fn merge(&mut self, piece: &CallFragment<'_>) -> (usize, usize) {
        let known = match piece.index {
            Some(index) => self.find_by_index(index, piece),
            None => self.find_without_index(piece),
        };
        let position = known.unwrap_or_else(|| self.add());
        if let Some(index) = piece.index {
            self.by_index.insert(index, position);
        }
        if !piece.id.is_empty() && self.calls[position].id.is_empty() {
            self.by_id.entry(piece.id.to_owned()).or_insert(position);
        }
        self.merge_into(position, piece)
    }

    /// The positions of the calls that were announced with an empty object and may have got no other arguments; once.
    pub(crate) fn take_announced(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.announced)
    }

    /// The call that the provider's index names, where indexes can be trusted.
    pub(crate) fn by_index(&self, index: i64) -> Option<usize> {
        self.by_index.get(&index).copied()
    }

    /// The call with that id.
    pub(crate) fn by_id(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Adds a call, whatever came before; returns its position.
    pub(crate) fn begin(&mut self, piece: &CallFragment<'_>) -> usize {
        let position = self.add();
        if let Some(index) = piece.index {
            self.by_index.insert(index, position);
        }
        if !piece.id.is_empty() {
            self.by_id.entry(piece.id.to_owned()).or_insert(position);
        }
        self.calls[position].identify(piece);
        self.calls[position].arguments.push(&piece.arguments);
        position
    }

    /// Adds to a call what was not known of it; its arguments stay. Returns whether its id or its name is new.
    pub(crate) fn complete(&mut self, position: usize, piece: &CallFragment<'_>) -> bool {
        let call = &mut self.calls[position];
        let known = (call.id.is_empty(), call.name.is_empty());
        for (known, said) in [(&mut call.id, piece.id), (&mut call.name, piece.name), (&mut call.kind, piece.kind)] {
            if known.is_empty() {
                said.clone_into(known);
            }
        }
        let new = known != (call.id.is_empty(), call.name.is_empty());
        if !piece.id.is_empty() {
            self.by_id.entry(piece.id.to_owned()).or_insert(position);
        }
        new
    }

    /// Merges a piece into the only call of its kind.
    pub(crate) fn merge_sole(&mut self, piece: &CallFragment<'_>) -> (usize, usize) {
        let position = self.sole.unwrap_or_else(|| self.add());
        self.sole = Some(position);
        self.merge_into(position, piece)
    }

    fn merge_into(&mut self, position: usize, piece: &CallFragment<'_>) -> (usize, usize) {
        let grown = self.calls[position].merge(piece).len();
        if self.calls[position].is_announced() {
            self.announced.push(position);
        }
        (position, grown)
    }

    fn add(&mut self) -> usize {
        self.calls.push(ToolCall::default());
        self.calls.len() - 1
    }

    fn find_by_index(&mut self, index: i64, piece: &CallFragment<'_>) -> Option<usize> {
        let Some(&position) = self.by_index.get(&index) else { return self.find_at_another_index(piece) };
        let call = &mut self.calls[position];
        if !piece.id.is_empty() {
            if piece.id == call.id {
                return Some(position);
            }
            if let Some(&known) = self.by_id.get(piece.id) {
                return Some(known);
            }
        }
        (!call.starts_new_call(piece)).then_some(position)
    }

    /// The call with the piece's id, which had another index before, unless the piece shows that it is of a call with the same id.
    fn find_at_another_index(&mut self, piece: &CallFragment<'_>) -> Option<usize> {
        let &position = self.by_id.get(piece.id)?;
        let call = &mut self.calls[position];
        let another = matches!(&piece.arguments, Text::Whole(text) if begins_object(text));
        let other = another && call.has_complete_arguments() && !call.has(&piece.arguments);
        let same = piece.name.is_empty() || call.name.is_empty() || piece.name == call.name;
        (same && !other).then_some(position)
    }

    fn find_without_index(&mut self, piece: &CallFragment<'_>) -> Option<usize> {
        if let Some(&known) = self.by_id.get(piece.id) {
            return Some(known);
        }
        let last = self.calls.len().checked_sub(1)?;
        let call = &mut self.calls[last];
        match (piece.id.is_empty(), piece.name.is_empty()) {
            (false, true) => call.id.is_empty().then_some(last),
            (false, false) => None,
            (true, true) => Some(self.by_place(piece.list_position)),
            (true, false) if call.name.is_empty() || call.is_mid_arguments(piece.name) => Some(last),
            (true, false) => {
                let mut recent = (0..self.calls.len()).rev().take(RECENT_CALLS);
                recent.find(|&position| self.calls[position].is_resent(piece))
            }
        }
    }

    /// The call that a piece with neither index, id nor name goes to: the last, or, where a chunk lists several, the
    /// one in the same place.
    fn by_place(&self, (place, listed): (usize, usize)) -> usize {
        let last = self.calls.len() - 1;
        if listed > 1 { place.min(last) } else { last }
    }
}
