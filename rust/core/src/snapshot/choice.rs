//! One of a message's choices: what its deltas add up to.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::delta::{Delta, Sink};
use super::object::MergedObject;
use super::sources::Sources;
use super::tool_call::CallFragment;
use super::tool_calls::ToolCalls;
use crate::json::{Text, TextBuffer};

/// One of the answers to a request.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub(crate) index: i64,
    pub(crate) role: SmolStr,
    pub(crate) content: Option<TextBuffer>,
    pub(crate) reasoning: Option<TextBuffer>,
    /// The member in which the provider sends its reasoning.
    pub(crate) reasoning_name: &'static str,
    /// How far each of the members that carry the reasoning has come.
    pub(crate) sources: Sources,
    pub(crate) refusal: Option<TextBuffer>,
    pub(crate) tool_calls: ToolCalls,
    pub(crate) finish_reason: SmolStr,
    pub(crate) logprobs: MergedObject,
    pub(crate) details: Details,
    /// Members of the message that came whole and differ from what their pieces add up to.
    pub(crate) whole: MergedObject,
    /// Everything that was emitted of it came whole, nothing in pieces.
    pub(crate) came_whole: bool,
    /// Members of the message, and of the choice itself, that no other field holds.
    pub(crate) message_fields: MergedObject,
    pub(crate) fields: MergedObject,
}

fn text_of(buffer: Option<&TextBuffer>) -> Option<&str> {
    buffer.map(TextBuffer::as_str)
}

impl Choice {
    /// The choice's index.
    pub fn index(&self) -> i64 {
        self.index
    }

    /// The role of the speaker; `None` where the stream does not say.
    pub fn role(&self) -> Option<&str> {
        Some(self.role.as_str()).filter(|role| !role.is_empty())
    }

    /// The answer's text; `None` until some came, even an empty piece.
    pub fn content(&self) -> Option<&str> {
        text_of(self.content.as_ref())
    }

    /// The reasoning; `None` until some came.
    pub fn reasoning(&self) -> Option<&str> {
        text_of(self.reasoning.as_ref())
    }

    /// The refusal; `None` until some came.
    pub fn refusal(&self) -> Option<&str> {
        text_of(self.refusal.as_ref())
    }

    /// The tool calls in the order in which they first appeared.
    pub fn tool_calls(&self) -> &ToolCalls {
        &self.tool_calls
    }

    /// Why the choice ended, in the provider's own word; `None` until it has.
    pub fn finish_reason(&self) -> Option<&str> {
        Some(self.finish_reason.as_str()).filter(|reason| !reason.is_empty())
    }

    /// The log probabilities so far, as JSON text; `None` where there are none.
    pub fn logprobs(&self) -> Option<String> {
        (!self.logprobs.is_empty()).then(|| self.logprobs.json())
    }

    /// Whether nothing is known of it but its role.
    pub(crate) fn is_silent(&self) -> bool {
        // Half a character is something, though no text yet.
        let texts = [&self.content, &self.reasoning, &self.refusal];
        let members = [&self.message_fields, &self.fields, &self.logprobs];
        self.finish_reason.is_empty()
            && texts.into_iter().flatten().all(TextBuffer::is_empty)
            && members.into_iter().all(MergedObject::is_empty)
            && self.tool_calls.as_slice().is_empty()
            && self.details.items().is_empty()
    }

    pub(crate) fn set_role(&mut self, role: &str, out: &mut Sink<'_>) {
        if self.role.is_empty() && !role.is_empty() {
            self.role = role.into();
            out(Delta::Other { choice: self.index, kind: "role", json: &crate::json::quote(role) });
        }
    }

    pub(crate) fn add_content(&mut self, piece: &Text<'_>, out: &mut Sink<'_>) {
        let text = self.content.get_or_insert_default().push(piece);
        if !text.is_empty() {
            out(Delta::Text { choice: self.index, text });
        }
    }

    pub(crate) fn add_reasoning(&mut self, piece: &Text<'_>, out: &mut Sink<'_>) {
        let text = self.reasoning.get_or_insert_default().push(piece);
        if !text.is_empty() {
            out(Delta::Reasoning { choice: self.index, text });
        }
    }

    pub(crate) fn add_refusal(&mut self, piece: &Text<'_>, out: &mut Sink<'_>) {
        let text = self.refusal.get_or_insert_default().push(piece);
        if !text.is_empty() {
            out(Delta::Refusal { choice: self.index, text });
        }
    }

    /// Merges a piece of a tool call into its call; returns the call's position.
    pub(crate) fn add_tool_call(&mut self, piece: &CallFragment<'_>, out: &mut Sink<'_>) -> usize {
        let (position, grown) = self.tool_calls.merge(piece);
        if grown > 0 || self.tool_calls.at(position).has_name_to_emit() {
            self.emit_tool_call(position, grown, out);
        }
        position
    }

    /// Adds a tool call, even if one with the same id or index came before; returns its position.
    pub(crate) fn begin_tool_call(&mut self, piece: &CallFragment<'_>, out: &mut Sink<'_>) -> usize {
        let position = self.tool_calls.begin(piece);
        let grown = self.tool_calls.at(position).arguments().len();
        self.emit_tool_call(position, grown, out);
        position
    }

    /// Adds an id and a name to the call at that position where it lacks them, and emits the call if that changed it.
    pub(crate) fn name_tool_call(&mut self, position: usize, piece: &CallFragment<'_>, out: &mut Sink<'_>) {
        let call = self.tool_calls.at(position);
        let unknown = |known: &str, said: &str| known.is_empty() && !said.is_empty();
        if unknown(&call.id, piece.id) || unknown(&call.name, piece.name) {
            self.tool_calls.complete(position, piece);
            self.emit_tool_call(position, 0, out);
        }
    }

    /// Appends to the arguments of the call at that position.
    pub(crate) fn add_arguments(&mut self, position: usize, piece: &Text<'_>, out: &mut Sink<'_>) {
        let grown = self.tool_calls.at(position).arguments.push(piece).len();
        self.emit_tool_call(position, grown, out);
    }

    /// Merges a piece into the one call of the deprecated kind, which needs no identity to be found by.
    pub(crate) fn add_legacy_call(&mut self, kind: &str, name: &str, arguments: Text<'_>, out: &mut Sink<'_>) {
        let piece = CallFragment { index: None, list_position: (0, 1), id: "", kind, name, arguments };
        let (position, grown) = self.tool_calls.merge_legacy(&piece);
        if grown > 0 || self.tool_calls.at(position).has_name_to_emit() {
            self.emit_tool_call(position, grown, out);
        }
    }

    /// Completes the call at that position with arguments that came whole, and with an id and a name where it lacks
    /// them.
    pub(crate) fn complete_tool_call(&mut self, position: usize, whole: &CallFragment<'_>, out: &mut Sink<'_>) {
        let new = self.tool_calls.complete(position, whole);
        let grown = self.tool_calls.at(position).complete(&whole.arguments).len();
        if new || grown > 0 {
            self.emit_tool_call(position, grown, out);
        }
    }

    /// Appends a piece to the arguments of the call at that position, except for what merely repeats them.
    pub(crate) fn add_piece(&mut self, position: usize, piece: &Text<'_>, out: &mut Sink<'_>) {
        let grown = self.tool_calls.at(position).add(piece).len();
        self.emit_tool_call(position, grown, out);
    }

    /// Emits a tool call whose arguments grew by their last `grown` bytes.
    pub(crate) fn emit_tool_call(&mut self, index: usize, grown: usize, out: &mut Sink<'_>) {
        let call = self.tool_calls.at(index);
        call.emitted_name = call.name.len();
        let arguments = &call.arguments()[call.arguments().len() - grown..];
        out(Delta::ToolCall { choice: self.index, index, id: call.id(), name: call.name(), arguments });
    }

    /// The last reason counts; each is emitted once.
    pub(crate) fn finish(&mut self, reason: &str, out: &mut Sink<'_>) {
        if !reason.is_empty() && self.finish_reason != reason {
            self.finish_reason = reason.into();
            out(Delta::Finish { choice: self.index, reason });
        }
    }

    /// Gives up waiting for the second halves of surrogate pairs, and for the arguments of calls that were only
    /// announced.
    pub(crate) fn flush_surrogates(&mut self, out: &mut Sink<'_>) {
        let choice = self.index;
        if let Some(text) = self.content.as_mut().map(TextBuffer::flush_surrogates).filter(|text| !text.is_empty()) {
            out(Delta::Text { choice, text });
        }
        if let Some(text) = self.reasoning.as_mut().map(TextBuffer::flush_surrogates).filter(|text| !text.is_empty()) {
            out(Delta::Reasoning { choice, text });
        }
        if let Some(text) = self.refusal.as_mut().map(TextBuffer::flush_surrogates).filter(|text| !text.is_empty()) {
            out(Delta::Refusal { choice, text });
        }
        self.details.items_mut().iter_mut().for_each(MergedObject::flush_surrogates);
        self.message_fields.flush_surrogates();
        (0..self.tool_calls.as_slice().len()).for_each(|position| self.settle_tool_call(position, out));
    }

    /// Emits the arguments of the calls that were announced with an empty object and got no others.
    pub(crate) fn settle_announced(&mut self, out: &mut Sink<'_>) {
        for position in self.tool_calls.take_announced() {
            if self.tool_calls.at(position).is_announced() {
                self.settle_tool_call(position, out);
            }
        }
    }

    /// No more pieces will come of the call at that position: emits what of it was held back.
    pub(crate) fn settle_tool_call(&mut self, position: usize, out: &mut Sink<'_>) {
        let call = self.tool_calls.at(position);
        let grown = call.flush_surrogates().len();
        if grown > 0 || call.has_more_of_its_name() {
            self.emit_tool_call(position, grown, out);
        }
    }
}

/// Reasoning in structured pieces (`reasoning_details`): merged by type, index and id. Most choices have none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Details(Option<Box<KeyedItems>>);

/// A detail's type, index and id.
type DetailKey = (String, String, String);

#[derive(Clone, Debug, Default)]
struct KeyedItems {
    items: Vec<MergedObject>,
    positions: BTreeMap<DetailKey, usize>,
}

impl Details {
    pub(crate) fn items(&self) -> &[MergedObject] {
        self.0.as_ref().map_or(&[], |kept| &kept.items)
    }

    pub(crate) fn items_mut(&mut self) -> &mut [MergedObject] {
        self.0.as_mut().map_or(&mut [], |kept| &mut kept.items)
    }

    /// The position of the item with that key.
    pub(crate) fn position(&self, key: &DetailKey) -> Option<usize> {
        self.0.as_ref()?.positions.get(key).copied()
    }

    /// The item with that key, made where there is none.
    pub(crate) fn item(&mut self, key: DetailKey) -> &mut MergedObject {
        let KeyedItems { items, positions } = &mut **self.0.get_or_insert_default();
        let position = *positions.entry(key).or_insert(items.len());
        if position == items.len() {
            items.push(MergedObject::default());
        }
        &mut items[position]
    }
}
