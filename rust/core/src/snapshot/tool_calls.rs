//! Which tool call a piece belongs to.
//!
//! Providers leave out the index, reuse it for the next call, repeat or regenerate ids, and send names whole, in
//! pieces or again and again. The naive way, one call for each index, joins the arguments of two calls in one stream,
//! and splits one call in another. So:
//!
//! 1. With an index, a piece belongs to the call that last used the index, unless it shows that it begins another: by
//!    an unknown id together with a name, or (without an id) by a name after arguments that are complete.
//! 2. Without an index, a piece belongs to the call with its id; without an id to the last call, unless it brings a
//!    new name.
//! 3. Calls keep the order in which they first appeared.
//!
//! ```text
//!   {"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}    a call
//!   {"index":0,"id":"b","function":{"name":"f","arguments":"{"}}     another one, at the same index
//!   {"index":0,"function":{"arguments":"}"}}                        more of that one
//! ```

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
    /// The deprecated function call, of which there is one at most and which is not in the list of tool calls.
    legacy_call: Option<usize>,
    /// How many calls may be kept, if there is a bound.
    most: Option<usize>,
}

impl ToolCalls {
    /// The calls, in the order in which they first appeared.
    pub fn as_slice(&self) -> &[ToolCall] {
        &self.calls
    }

    /// No calls yet, and at most so many.
    pub(crate) fn bounded(most: usize) -> Self {
        Self { most: Some(most), ..Self::default() }
    }

    /// Whether there are more calls than the bound allows, so that no further one needs to be read.
    pub(crate) fn is_full(&self) -> bool {
        self.most.is_some_and(|most| self.calls.len() > most)
    }

    /// The position of the deprecated function call, if there is one.
    pub(crate) fn legacy_call(&self) -> Option<usize> {
        self.legacy_call
    }

    /// The call at a position.
    pub(crate) fn at(&mut self, position: usize) -> &mut ToolCall {
        &mut self.calls[position]
    }

    /// The position of the call that a piece belongs to whatever its arguments are, where its id and name are nothing
    /// new to that call; `None` where the full rule has to decide.
    pub(crate) fn continued(&self, index: Option<i64>, id: &str, name: &str) -> Option<usize> {
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

    /// Takes the positions of the calls that were announced with an empty object, and may have got other arguments
    /// since.
    pub(crate) fn take_announced(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.announced)
    }

    /// The position of the call that last used an index, for providers whose indexes can be trusted.
    pub(crate) fn by_index(&self, index: i64) -> Option<usize> {
        self.by_index.get(&index).copied()
    }

    /// The position of the call with that id.
    pub(crate) fn by_id(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Adds a call, even if one with the same id or index came before; returns its position.
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

    /// Adds id, name and kind to a call where it lacks them; its arguments stay. Returns whether its id or its name
    /// is new.
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

    /// Merges a piece into the deprecated function call; returns its position and the bytes that its arguments grew
    /// by.
    pub(crate) fn merge_legacy(&mut self, piece: &CallFragment<'_>) -> (usize, usize) {
        let position = self.legacy_call.unwrap_or_else(|| self.add());
        self.legacy_call = Some(position);
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

    /// The call with the piece's id, which had another index before, unless the piece shows that it is another call
    /// with the same id.
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
            (true, true) => Some(self.by_list_position(piece.list_position)),
            (true, false) if call.name.is_empty() || call.is_mid_arguments(piece.name) => Some(last),
            (true, false) => {
                let mut recent = (0..self.calls.len()).rev().take(RECENT_CALLS);
                recent.find(|&position| self.calls[position].is_resent(piece))
            }
        }
    }

    /// The call of a piece with neither index, id nor name: the last, or, where a chunk lists several, the one at the
    /// same position.
    fn by_list_position(&self, (position, listed): (usize, usize)) -> usize {
        let last = self.calls.len() - 1;
        if listed > 1 { position.min(last) } else { last }
    }
}
