//! How much is kept of a stream: the bytes of its texts, and of the JSON text of its objects.
//!
//! The naive way is to count wherever something is kept, which is everywhere. Instead all of it is measured now and
//! then, so rarely that this costs nothing per byte: see `accumulate::bounds`.

use super::{ApiError, Choice, Snapshot, ToolCall};
use crate::json::TextBuffer;
use crate::limits::{DEFAULT_MAX_CHOICES, DEFAULT_MAX_TOOL_CALLS};

/// What may be kept of one stream.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// Bytes of texts, and of the JSON text of objects; `None` for no limit.
    pub(crate) total_size: Option<usize>,
    pub(crate) choices: usize,
    /// Tool calls of one choice.
    pub(crate) tool_calls: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { total_size: None, choices: DEFAULT_MAX_CHOICES, tool_calls: DEFAULT_MAX_TOOL_CALLS }
    }
}

/// What a measurement found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// Bytes of text and JSON text.
    pub(crate) bytes: usize,
    /// Texts, members, calls and choices that were looked at.
    pub(crate) entries: usize,
    pub(crate) choices: usize,
    /// The tool calls of the choice that has most of them.
    pub(crate) tool_calls: usize,
}

impl Size {
    /// Counts a text, or the name of a member with its quotes, colon and comma.
    pub(super) fn add(&mut self, text: &str) {
        self.bytes += text.len();
        self.entries += 1;
    }

    fn add_all<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        texts.into_iter().for_each(|text| self.add(text));
    }
}

impl Snapshot {
    /// Measures everything that is kept of the stream.
    pub(crate) fn size(&self) -> Size {
        let mut size = Size { choices: self.choices.len(), ..Size::default() };
        size.add_all([&*self.id, &*self.model]);
        self.usage.fields().measure(&mut size);
        self.fields.measure(&mut size);
        self.choices.values().for_each(|choice| choice.measure(&mut size));
        if let Some(ApiError { message, body, .. }) = self.error() {
            size.add_all([&**message, &**body]);
        }
        size
    }
}

impl Choice {
    fn measure(&self, size: &mut Size) {
        let texts = [&self.content, &self.reasoning, &self.refusal].into_iter().flatten();
        size.add_all(texts.map(TextBuffer::as_str).chain([&*self.role, &*self.finish_reason]));
        let objects = [&self.logprobs, &self.whole, &self.message_fields, &self.fields];
        objects.into_iter().chain(self.details.items()).for_each(|object| object.measure(size));
        let calls = self.tool_calls.as_slice();
        size.tool_calls = size.tool_calls.max(calls.len());
        for call in calls {
            call.measure(size);
        }
    }
}

impl ToolCall {
    fn measure(&self, size: &mut Size) {
        size.add_all([&*self.id, &*self.kind, &*self.name, self.arguments(), &*self.initial_input, &*self.whole]);
        self.fields.measure(size);
        self.function_fields.measure(size);
    }
}
