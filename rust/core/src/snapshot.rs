//! The whole so far: what deltas add up to.

use std::collections::{BTreeMap, HashMap};

use crate::api_error::ApiError;
use crate::delta::{Delta, Sink};
use crate::dialect::{Place, State};
use crate::fields::Fields;
use crate::json::{ObjectWriter, Raw};
use crate::overlap::{Overlap, overlap};
use crate::text::{Text, TextBuffer};
use crate::tool_call::{Piece, ToolCall, ToolCalls};
use crate::usage::Usage;

/// A message, or several choices of one, as far as it has come.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub(crate) id: String,
    pub(crate) model: String,
    /// Boxed: a map makes room for eleven at once, and most streams have one.
    pub(crate) choices: BTreeMap<i64, Box<Choice>>,
    pub(crate) usage: Usage,
    pub(crate) error: Option<ApiError>,
    pub(crate) done: bool,
    /// Payloads folded or passed through so far.
    pub(crate) payloads: u64,
    /// The dialect's object, but for what stands above.
    pub(crate) fields: Fields,
    /// Where in a list of the object the item with that key is.
    pub(crate) places: HashMap<String, i64>,
    pub(crate) state: State,
}

impl Snapshot {
    /// The id of the message; `None` until one came.
    pub fn id(&self) -> Option<&str> {
        Some(self.id.as_str()).filter(|id| !id.is_empty())
    }

    /// The model that answers; `None` until it was named.
    pub fn model(&self) -> Option<&str> {
        Some(self.model.as_str()).filter(|model| !model.is_empty())
    }

    /// The choices by index.
    pub fn choices(&self) -> &BTreeMap<i64, Box<Choice>> {
        &self.choices
    }

    /// The usage so far; `None` until one came.
    pub fn usage(&self) -> Option<&Usage> {
        Some(&self.usage).filter(|usage| !usage.is_empty())
    }

    /// The first API error of the stream.
    pub fn error(&self) -> Option<&ApiError> {
        self.error.as_ref()
    }

    /// Whether the dialect's terminal was seen.
    pub fn done(&self) -> bool {
        self.done
    }

    /// The choice of that index, made where there is none.
    pub(crate) fn choice(&mut self, index: i64) -> &mut Choice {
        let new = || Box::new(Choice { index, ..Choice::default() });
        self.choices.entry(index).or_insert_with(new)
    }

    /// Keeps an error; the first one counts, since later ones are its consequences.
    pub(crate) fn fail(&mut self, error: ApiError) {
        self.error.get_or_insert(error);
    }

    pub(crate) fn set_id(&mut self, id: &str) {
        if self.id.is_empty() {
            id.clone_into(&mut self.id);
        }
    }

    pub(crate) fn set_model(&mut self, model: &str) {
        if !model.is_empty() && self.model != model {
            model.clone_into(&mut self.model);
        }
    }

    /// Adds a piece to one of the texts, which is there already.
    #[inline]
    pub(crate) fn grow(&mut self, place: &Place, text: &Text<'_>, out: &mut Sink<'_>) {
        match *place {
            Place::Content { choice } => self.choice(choice).add_content(text, out),
            Place::Reasoning { choice } => self.choice(choice).add_reasoning(text, out),
            Place::Refusal { choice } => self.choice(choice).add_refusal(text, out),
            Place::Arguments { choice, position } => self.choice(choice).add_arguments(position, text, out),
            _ => self.grow_object(place, text),
        }
    }

    /// Adds a piece to what only the object has.
    #[inline(never)]
    fn grow_object(&mut self, place: &Place, text: &Text<'_>) {
        match *place {
            Place::Detail { choice, position, name } => self.choice(choice).details.items[position].append(name, text),
            Place::Member { ref way, name } => self.fields.at(way).append(name, text),
            Place::Json { ref way, name } => self.fields.at(way).append_json(name, text),
            Place::Content { .. } | Place::Reasoning { .. } | Place::Refusal { .. } | Place::Arguments { .. } => {}
        }
    }

    /// The dialect's object: what it has, these members where it lacks them, and the usage.
    pub(crate) fn object(&self, otherwise: &[(&str, &str)]) -> String {
        self.object_with("usage", otherwise)
    }

    /// The same, where the usage has another name.
    pub(crate) fn object_with(&self, usage_name: &str, otherwise: &[(&str, &str)]) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        for (name, json) in otherwise.iter().filter(|(name, _)| !self.fields.contains(name)) {
            object.json(name, json);
        }
        self.fields.write_members(&mut object);
        if let Some(usage) = self.usage() {
            object.json(usage_name, &usage.json());
        }
        object.end();
        out
    }

    /// What was emitted of one of a choice's texts.
    pub(crate) fn emitted(&self, place: &Place) -> &str {
        let text = |choice: i64, buffer: fn(&Choice) -> Option<&TextBuffer>| {
            self.choices.get(&choice).and_then(|choice| buffer(choice)).map_or("", TextBuffer::as_str)
        };
        match *place {
            Place::Content { choice } => text(choice, |choice| choice.content.as_ref()),
            Place::Reasoning { choice } => text(choice, |choice| choice.reasoning.as_ref()),
            Place::Refusal { choice } => text(choice, |choice| choice.refusal.as_ref()),
            Place::Arguments { choice, position } => {
                let calls = self.choices.get(&choice).map(|choice| choice.tool_calls.as_slice());
                calls.and_then(|calls| calls.get(position)).map_or("", ToolCall::arguments)
            }
            Place::Detail { .. } | Place::Member { .. } | Place::Json { .. } => "",
        }
    }

    /// Emits what a text that comes whole has beyond what was emitted of it: all that stands in its place from byte `start` on.
    /// Nothing where it says less, or something else; returns which.
    pub(crate) fn complete<'w>(
        &mut self,
        place: &Place,
        start: usize,
        whole: &'w str,
        out: &mut Sink<'_>,
    ) -> Overlap<'w> {
        let overlap = overlap(&self.emitted(place)[start..], whole);
        if let Overlap::Continues(rest) = overlap {
            self.forget_half(place);
            self.grow(place, &Text::from(rest), out);
        }
        overlap
    }

    /// Forgets half a character at the end of a text that comes again as a whole.
    pub(crate) fn forget_half(&mut self, place: &Place) {
        let buffer = match *place {
            Place::Content { choice } => self.choice(choice).content.as_mut(),
            Place::Reasoning { choice } => self.choice(choice).reasoning.as_mut(),
            Place::Refusal { choice } => self.choice(choice).refusal.as_mut(),
            Place::Arguments { choice, position } => Some(&mut self.choice(choice).tool_calls.at(position).arguments),
            Place::Member { ref way, name } => self.fields.at(way).buffer(name),
            Place::Detail { .. } | Place::Json { .. } => None,
        };
        if let Some(buffer) = buffer {
            buffer.forget_half();
        }
    }

    /// Lays a newer usage over the one so far.
    pub(crate) fn count(&mut self, usage: Raw<'_>, out: &mut Sink<'_>) {
        if usage.is_object() && self.usage.overlay(usage) {
            out(Delta::Usage { usage: &self.usage });
        }
    }

    /// The dialect's terminal: what comes behind it does not count.
    pub(crate) fn finish(&mut self, out: &mut Sink<'_>) {
        self.settle(out);
        self.done = true;
    }

    /// Gives up on characters whose second half never came.
    pub(crate) fn settle(&mut self, out: &mut Sink<'_>) {
        for choice in self.choices.values_mut() {
            choice.settle(out);
        }
        self.fields.settle();
    }
}

/// One of the answers.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub(crate) index: i64,
    pub(crate) role: String,
    pub(crate) content: Option<TextBuffer>,
    pub(crate) reasoning: Option<TextBuffer>,
    /// The member in which the provider sends its reasoning.
    pub(crate) reasoning_name: &'static str,
    pub(crate) refusal: Option<TextBuffer>,
    pub(crate) tool_calls: ToolCalls,
    pub(crate) finish_reason: String,
    pub(crate) logprobs: Fields,
    pub(crate) details: Details,
    /// Other members of the message, and of the choice itself.
    pub(crate) message_fields: Fields,
    pub(crate) fields: Fields,
}

fn text_of(buffer: Option<&TextBuffer>) -> Option<&str> {
    buffer.map(TextBuffer::as_str)
}

impl Choice {
    /// Its index.
    pub fn index(&self) -> i64 {
        self.index
    }

    /// The speaker; `None` where the stream does not say.
    pub fn role(&self) -> Option<&str> {
        Some(self.role.as_str()).filter(|role| !role.is_empty())
    }

    /// The answer's text; `None` until some came, be it empty.
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

    /// Why the choice ended, in the provider's own word; `None` while it has not.
    pub fn finish_reason(&self) -> Option<&str> {
        Some(self.finish_reason.as_str()).filter(|reason| !reason.is_empty())
    }

    /// The log probabilities so far, as JSON text; `None` where there are none.
    pub fn logprobs(&self) -> Option<String> {
        (!self.logprobs.is_empty()).then(|| self.logprobs.json())
    }

    pub(crate) fn set_role(&mut self, role: &str, out: &mut Sink<'_>) {
        if self.role.is_empty() && !role.is_empty() {
            role.clone_into(&mut self.role);
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

    /// Merges a piece of a tool call in; returns the call's position.
    pub(crate) fn add_tool_call(&mut self, piece: &Piece<'_>, out: &mut Sink<'_>) -> usize {
        let (position, arguments) = self.tool_calls.merge(piece);
        let grown = arguments.len();
        self.tell_tool_call(position, grown, out);
        position
    }

    /// Adds a tool call, whatever came before; returns its position.
    pub(crate) fn begin_tool_call(&mut self, piece: &Piece<'_>, out: &mut Sink<'_>) -> usize {
        let position = self.tool_calls.begin(piece);
        let grown = self.tool_calls.at(position).arguments().len();
        self.tell_tool_call(position, grown, out);
        position
    }

    /// Adds to the call at that position what was not known of it.
    pub(crate) fn name_tool_call(&mut self, position: usize, piece: &Piece<'_>, out: &mut Sink<'_>) {
        let call = self.tool_calls.at(position);
        let unknown = |known: &str, told: &str| known.is_empty() && !told.is_empty();
        if unknown(&call.id, piece.id) || unknown(&call.name, piece.name) {
            self.tool_calls.complete(position, piece);
            self.tell_tool_call(position, 0, out);
        }
    }

    /// Adds to the arguments of the call at that position.
    pub(crate) fn add_arguments(&mut self, position: usize, piece: &Text<'_>, out: &mut Sink<'_>) {
        let grown = self.tool_calls.at(position).arguments.push(piece).len();
        self.tell_tool_call(position, grown, out);
    }

    /// Merges a piece into the only call of its kind: no identity to find out.
    pub(crate) fn add_sole_call(&mut self, kind: &str, name: &str, arguments: Text<'_>, out: &mut Sink<'_>) {
        let piece = Piece { index: None, place: (0, 1), id: "", kind, name, arguments };
        let (position, arguments) = self.tool_calls.merge_sole(&piece);
        let grown = arguments.len();
        self.tell_tool_call(position, grown, out);
    }

    /// Tells of a tool call whose arguments grew by their last `grown` bytes.
    pub(crate) fn tell_tool_call(&self, index: usize, grown: usize, out: &mut Sink<'_>) {
        let call = &self.tool_calls.as_slice()[index];
        let arguments = &call.arguments()[call.arguments().len() - grown..];
        out(Delta::ToolCall { choice: self.index, index, id: call.id(), name: call.name(), arguments });
    }

    /// The last reason counts; each is told once.
    pub(crate) fn finish(&mut self, reason: &str, out: &mut Sink<'_>) {
        if !reason.is_empty() && self.finish_reason != reason {
            reason.clone_into(&mut self.finish_reason);
            out(Delta::Finish { choice: self.index, reason });
        }
    }

    fn settle(&mut self, out: &mut Sink<'_>) {
        let choice = self.index;
        if let Some(text) = self.content.as_mut().map(TextBuffer::settle).filter(|text| !text.is_empty()) {
            out(Delta::Text { choice, text });
        }
        if let Some(text) = self.reasoning.as_mut().map(TextBuffer::settle).filter(|text| !text.is_empty()) {
            out(Delta::Reasoning { choice, text });
        }
        if let Some(text) = self.refusal.as_mut().map(TextBuffer::settle).filter(|text| !text.is_empty()) {
            out(Delta::Refusal { choice, text });
        }
        self.details.items.iter_mut().for_each(Fields::settle);
        self.message_fields.settle();
        (0..self.tool_calls.as_slice().len()).for_each(|position| self.settle_tool_call(position, out));
    }

    /// No more pieces will come of the call at that position.
    pub(crate) fn settle_tool_call(&mut self, position: usize, out: &mut Sink<'_>) {
        let grown = self.tool_calls.at(position).settle().len();
        if grown > 0 {
            self.tell_tool_call(position, grown, out);
        }
    }
}

/// Reasoning in structured pieces (`reasoning_details`): merged by type, index and id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Details {
    pub(crate) items: Vec<Fields>,
    pub(crate) positions: std::collections::HashMap<(String, String, String), usize>,
}

impl Details {
    /// Where the item of that type, index and id is.
    pub(crate) fn position(&self, key: &(String, String, String)) -> Option<usize> {
        self.positions.get(key).copied()
    }

    /// The item of that type, index and id, made where there is none.
    pub(crate) fn item(&mut self, key: (String, String, String)) -> &mut Fields {
        let position = *self.positions.entry(key).or_insert(self.items.len());
        if position == self.items.len() {
            self.items.push(Fields::default());
        }
        &mut self.items[position]
    }
}
