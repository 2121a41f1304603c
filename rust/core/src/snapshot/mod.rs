//! The whole so far: what the deltas of a stream add up to.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::json::{ObjectWriter, Raw, Text, TextBuffer, quote};

mod api_error;
mod append;
mod choice;
mod completeness;
mod delta;
mod object;
mod overlap;
mod size;
mod sources;
mod state;
mod tool_call;
mod tool_calls;
mod usage;

pub use api_error::ApiError;
pub(crate) use append::{Append, Target, append_all, append_arguments, fold_all};
pub use choice::Choice;
pub(crate) use choice::Details;
pub use delta::Delta;
pub(crate) use delta::Sink;
pub(crate) use object::{Key, Lists, MergedObject, Nulls, Path, PathStep};
pub(crate) use overlap::{News, Overlap, Repetition, beyond, overlap, overlap_json};
pub(crate) use size::{Bounds, Size};
pub(crate) use state::{DialectState, State};
pub use tool_call::ToolCall;
pub(crate) use tool_call::{CUSTOM, CallFragment, begins_object};
pub use tool_calls::ToolCalls;
pub use usage::Usage;

/// A message, or several choices of one, as far as it has arrived.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub(crate) id: String,
    pub(crate) model: SmolStr,
    /// Boxed, since a map makes room for eleven at once, and most streams have one.
    pub(crate) choices: BTreeMap<i64, Box<Choice>>,
    pub(crate) usage: Usage,
    pub(crate) error: Option<Box<ApiError>>,
    pub(crate) done: bool,
    /// Set after a terminal that may not be the last: whether a payload of the given kind begins the stream anew.
    resumes: Option<fn(&str) -> bool>,
    /// The answer is complete: that counts as the terminal if no other comes.
    pub(crate) ended: bool,
    /// Payloads folded or passed through so far.
    pub(crate) payloads: u64,
    /// The members of the dialect's object that the other fields do not hold.
    pub(crate) fields: MergedObject,
    pub(crate) state: State,
    pub(crate) bounds: Bounds,
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

    /// The choices, by index.
    pub fn choices(&self) -> impl DoubleEndedIterator<Item = &Choice> + ExactSizeIterator {
        self.choices.values().map(Box::as_ref)
    }

    /// The choice with that index.
    pub fn find_choice(&self, index: i64) -> Option<&Choice> {
        self.choices.get(&index).map(Box::as_ref)
    }

    /// The usage so far; `None` until one came.
    pub fn usage(&self) -> Option<&Usage> {
        Some(&self.usage).filter(|usage| !usage.is_empty())
    }

    /// The first API error of the stream.
    pub fn error(&self) -> Option<&ApiError> {
        self.error.as_deref()
    }

    /// Whether the dialect's terminal was seen.
    pub fn done(&self) -> bool {
        self.done
    }

    /// Whether the terminal was seen, and nothing can follow it.
    pub(crate) fn is_over(&self) -> bool {
        self.done && self.resumes.is_none()
    }

    /// Whether a payload of that kind counts: after a terminal, only one that begins the stream anew.
    pub(crate) fn counts(&self, kind: &str) -> bool {
        !self.done || self.resumes.is_some_and(|resumes| resumes(kind))
    }

    /// The choice of that index, made where there is none.
    pub(crate) fn choice(&mut self, index: i64) -> &mut Choice {
        let most = self.bounds.tool_calls;
        let new = || Box::new(Choice { index, tool_calls: ToolCalls::bounded(most), ..Choice::default() });
        self.choices.entry(index).or_insert_with(new)
    }

    /// Whether there are more choices than the bound allows, so that no further one needs to be read.
    pub(crate) fn is_full(&self) -> bool {
        self.choices.len() > self.bounds.choices
    }

    /// Keeps an error. Only the first counts, since later ones are its consequences.
    pub(crate) fn fail(&mut self, error: ApiError) {
        self.error.get_or_insert_with(|| Box::new(error));
    }

    pub(crate) fn set_id(&mut self, id: &str) {
        if self.id.is_empty() {
            id.clone_into(&mut self.id);
        }
    }

    pub(crate) fn set_model(&mut self, model: &str) {
        if !model.is_empty() && self.model != model {
            self.model = model.into();
        }
    }

    /// Appends a piece to a text, and emits it where the text has deltas of its own.
    #[expect(clippy::inline_always, reason = "one of its callers is what most of a stream goes through")]
    #[inline(always)]
    pub(crate) fn append(&mut self, target: &Target, text: &Text<'_>, out: &mut Sink<'_>) {
        match *target {
            Target::Content { choice } => self.choice(choice).add_content(text, out),
            Target::Reasoning { choice } => self.choice(choice).add_reasoning(text, out),
            Target::Refusal { choice } => self.choice(choice).add_refusal(text, out),
            Target::Arguments { choice, position } => self.choice(choice).add_arguments(position, text, out),
            Target::Pieces { choice, position } => self.choice(choice).add_piece(position, text, out),
            _ => self.append_to_object(target, text),
        }
    }

    /// Appends a piece to a text that only the dialect's object has.
    #[inline(never)]
    fn append_to_object(&mut self, target: &Target, text: &Text<'_>) {
        match *target {
            Target::Detail { choice, position, name } => {
                self.choice(choice).details.items_mut()[position].append(name, text);
            }
            Target::Member { ref path, name } => self.fields.at(path).append(name, text),
            Target::Json { ref path, name } => self.fields.at(path).append_json(name, text),
            _ => {}
        }
    }

    /// Replaces a text of the object, or a value whose JSON text comes in pieces: later pieces are appended to this.
    pub(crate) fn restart(&mut self, target: &Target, text: &str) {
        match *target {
            Target::Member { ref path, name } => _ = self.fields.at(path).set(name, quote(text)),
            Target::Json { ref path, name } => _ = self.fields.at(path).set(name, text),
            _ => {}
        }
    }

    /// The dialect's object: its members, those of `defaults` that it lacks, and the usage.
    pub(crate) fn object(&self, defaults: &[(&str, &str)]) -> String {
        self.object_with("usage", defaults)
    }

    /// The dialect's object, as [`Snapshot::object`] gives it, with another name for the usage.
    pub(crate) fn object_with(&self, usage_name: &str, defaults: &[(&str, &str)]) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        for (name, json) in defaults.iter().filter(|(name, _)| !self.fields.contains(name)) {
            object.json(name, json);
        }
        self.fields.write_members(&mut object);
        if let Some(usage) = self.usage() {
            object.json(usage_name, &usage.json());
        }
        object.end();
        out
    }

    /// What was emitted of a text of a choice; `""` for a target that only the dialect's object has.
    pub(crate) fn emitted(&self, target: &Target) -> &str {
        let text = |choice: i64, buffer: fn(&Choice) -> Option<&TextBuffer>| {
            self.choices.get(&choice).and_then(|choice| buffer(choice)).map_or("", TextBuffer::as_str)
        };
        match *target {
            Target::Content { choice } => text(choice, |choice| choice.content.as_ref()),
            Target::Reasoning { choice } => text(choice, |choice| choice.reasoning.as_ref()),
            Target::Refusal { choice } => text(choice, |choice| choice.refusal.as_ref()),
            Target::Arguments { choice, position } | Target::Pieces { choice, position } => {
                let calls = self.choices.get(&choice).map(|choice| choice.tool_calls.as_slice());
                calls.and_then(|calls| calls.get(position)).map_or("", ToolCall::arguments)
            }
            Target::Detail { .. } | Target::Member { .. } | Target::Json { .. } | Target::Nowhere => "",
        }
    }

    /// Emits what a text that came whole has beyond what was emitted of it, which is the target's text from byte
    /// `start` on. Emits nothing where it says less, or something else; returns which of these it was.
    pub(crate) fn complete<'w>(
        &mut self,
        target: &Target,
        start: usize,
        whole: &'w str,
        out: &mut Sink<'_>,
    ) -> Overlap<'w> {
        let overlap = overlap(&self.emitted(target)[start..], whole);
        if let Overlap::Continues(rest) = overlap {
            self.forget_half(target);
            self.append(target, &Text::from(rest), out);
        }
        overlap
    }

    /// Drops half a surrogate pair at the end of a text that comes again as a whole.
    pub(crate) fn forget_half(&mut self, target: &Target) {
        let buffer = match *target {
            Target::Content { choice } => self.choice(choice).content.as_mut(),
            Target::Reasoning { choice } => self.choice(choice).reasoning.as_mut(),
            Target::Refusal { choice } => self.choice(choice).refusal.as_mut(),
            Target::Arguments { choice, position } | Target::Pieces { choice, position } => {
                Some(&mut self.choice(choice).tool_calls.at(position).arguments)
            }
            Target::Member { ref path, name } => self.fields.at(path).buffer(name),
            Target::Detail { .. } | Target::Json { .. } | Target::Nowhere => None,
        };
        if let Some(buffer) = buffer {
            buffer.forget_half();
        }
    }

    /// Lays a newer usage over the one so far, and emits the result where that is worth a delta.
    pub(crate) fn count(&mut self, usage: Raw<'_>, out: &mut Sink<'_>) {
        if usage.is_object() && self.usage.overlay(usage) {
            out(Delta::Usage { usage: &self.usage });
        }
    }

    /// The dialect's terminal: what comes after it does not count.
    pub(crate) fn finish(&mut self, out: &mut Sink<'_>) {
        self.flush_surrogates(out);
        self.done = true;
        self.resumes = None;
    }

    /// Ends the stream for now: where a payload follows of a kind that `resumes` accepts, this was not the terminal.
    pub(crate) fn pause(&mut self, resumes: fn(&str) -> bool, out: &mut Sink<'_>) {
        self.finish(out);
        self.resumes = Some(resumes);
    }

    /// Continues after a terminal that was not the last.
    pub(crate) fn resume(&mut self) {
        self.done = false;
        self.resumes = None;
    }

    /// Gives up waiting for the second halves of surrogate pairs: emits U+FFFD for each first half.
    pub(crate) fn flush_surrogates(&mut self, out: &mut Sink<'_>) {
        for choice in self.choices.values_mut() {
            choice.flush_surrogates(out);
        }
        self.fields.flush_surrogates();
    }
}
