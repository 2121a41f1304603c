//! What a payload changed, in one vocabulary for all dialects.

use super::usage::Usage;

/// One change of the snapshot, lent while the payload is folded. Each belongs to the choice of that index.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each variant's line tells its fields")]
pub enum Delta<'a> {
    /// More of the answer's text.
    Text { choice: i64, text: &'a str },
    /// More of the reasoning.
    Reasoning { choice: i64, text: &'a str },
    /// More of a refusal.
    Refusal { choice: i64, text: &'a str },
    /// More of a tool call; `index` is its position in the choice's tool calls, id and name are those known so far.
    ToolCall { choice: i64, index: usize, id: Option<&'a str>, name: Option<&'a str>, arguments: &'a str },
    /// The choice ended; once per choice and reason, in the provider's own word.
    Finish { choice: i64, reason: &'a str },
    /// The usage, merged so far.
    Usage { usage: &'a Usage },
    /// Anything else: what it is, and its JSON text.
    Other { choice: i64, kind: &'a str, json: &'a str },
}

/// Takes deltas as they are found. They are lent: whoever keeps one copies it.
pub(crate) type Sink<'s> = dyn FnMut(Delta<'_>) + 's;
