//! LLM event streams: bytes in; events, deltas and the finished message out. No I/O, no async runtime, no `unsafe`.
//!
//! # Getting started
//!
//! Feed an [`Accumulator`] the pieces of a response's body, as the network cuts them. It recognises the API by itself.
//!
//! ```
//! use ssewire_core::{Accumulator, Delta};
//!
//! // As any HTTP client gives them: here the cut is inside of an event.
//! let pieces: [&[u8]; 3] = [
//!     b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel",
//!     b"lo\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
//!     b"data: [DONE]\n\n",
//! ];
//!
//! let mut accumulator = Accumulator::default();
//! let mut printed = String::new();
//! let mut print = |delta: Delta<'_>| {
//!     if let Delta::Text { text, .. } = delta {
//!         printed.push_str(text);
//!     }
//! };
//! for piece in pieces {
//!     accumulator.feed(piece, &mut print)?;
//! }
//! accumulator.flush(&mut print);
//! assert_eq!(printed, "Hello");
//!
//! // An API's error is part of a stream: it is kept, as is what came before it.
//! if let Some(error) = accumulator.snapshot().error() {
//!     return Err(error.clone().into());
//! }
//! // A stream that was cut off is not complete; this says what is missing.
//! assert_eq!(accumulator.missing(), None);
//!
//! let choice = accumulator.snapshot().choices().next().expect("there is an answer");
//! assert_eq!((choice.content(), choice.finish_reason()), (Some("Hello"), Some("stop")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Accumulator::builder`] names the dialect, and sets limits on what a stream may take.
//!
//! # Layers
//!
//! Each can be used by itself.
//!
//! | type | what goes in | what comes out |
//! |---|---|---|
//! | [`EventDecoder`] | bytes of an event stream | [`Event`]s, as the HTML standard dispatches them |
//! | [`Accumulator`] | bytes of a response, or single events | [`Delta`]s while it lasts, and the [`Snapshot`] of the whole |
//! | [`PartialJson`] | text of one JSON value, in pieces | what is certain of the value so far |
//!
//! [`encode`] writes an event, [`encode_comment`] a comment that keeps a connection alive.
//!
//! # Dialects
//!
//! All give the same deltas and the same snapshot. [`Accumulator::object`] is what the provider would have sent without
//! streaming.
//!
//! | [`Dialect`] | name | the answer streams as |
//! |---|---|---|
//! | [`OpenAiChat`](Dialect::OpenAiChat) | `openai-chat` | events: chunks of choices, then `[DONE]` |
//! | [`OpenAiCompletions`](Dialect::OpenAiCompletions) | `openai-completions` | events: chunks of text, then `[DONE]` |
//! | [`OpenAiResponses`](Dialect::OpenAiResponses) | `openai-responses` | named events: `response.output_text.delta` and others |
//! | [`Anthropic`](Dialect::Anthropic) | `anthropic` | named events: blocks of a message |
//! | [`Gemini`](Dialect::Gemini) | `gemini` | events, or the items of a JSON array: parts of candidates |
//! | [`CohereV2`](Dialect::CohereV2) | `cohere-v2` | events with a type: contents and calls of a message |
//! | [`OpenAiAssistants`](Dialect::OpenAiAssistants) | `openai-assistants` | named events: messages and steps of a run |
//! | [`Ollama`](Dialect::Ollama) | `ollama` | lines of JSON |
//! | [`VercelUi`](Dialect::VercelUi) | `vercel-ui` | events with a type: parts of a UI message |
//! | [`AgUi`](Dialect::AgUi) | `ag-ui` | events with a type: messages and calls of a run |
//!
//! Payloads of anything else are passed on as [`Delta::Other`].
//!
//! # What holds always
//!
//! 1. Cuts are invisible: the same bytes give the same events and deltas wherever they are cut.
//! 2. Framing cannot fail: any bytes are an event stream, and invalid UTF-8 becomes U+FFFD. Only limits give errors.
//! 3. Each byte is looked at a bounded number of times. Memory is bounded by the limits and the text that is kept.
//! 4. Nothing is held back: an event is out with its last byte. Only half of a surrogate pair waits for its other half, and
//!    an empty object for the arguments that may replace it.
#![forbid(unsafe_code)]

// bytes ──framing──▶ events, or JSON values ──json──▶ payloads ──dialect──▶ deltas ──snapshot──▶ the message
//       └─────────────────────────────── accumulate ties them ───────────────────────────────┘

mod accumulate;
mod dialect;
mod framing;
mod json;
mod limits;
mod snapshot;

pub use accumulate::{Accumulator, AccumulatorBuilder, Problem};
pub use dialect::{Dialect, UnknownDialect};
pub use framing::{
    Bound, Event, EventDecoder, EventTooLarge, Item, Options, Tail, Unencodable, encode, encode_comment,
};
pub use json::{Constant, NotJson, PartialJson, Step, Text};
pub use limits::{DEFAULT_MAX_CHOICES, DEFAULT_MAX_EVENT_SIZE, DEFAULT_MAX_TOOL_CALLS};
pub use snapshot::{ApiError, Choice, Delta, Snapshot, ToolCall, ToolCalls, Usage};

/// What only the Python binding needs. It may change in any release.
#[doc(hidden)]
pub mod binding {
    pub use crate::accumulate::{
        InvalidPickle, PickledSnapshot, beginning, body_format, may_be_error, may_have_huge_integer,
    };
    pub use crate::framing::take_chunks;
}

/// The README's example is a test too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    use super::*;

    /// The compiler is the test: the types go from thread to thread, and may be seen by several.
    #[test]
    fn threads_can_share_everything() {
        fn is_shared<T: Send + Sync>() {}
        is_shared::<Accumulator>();
        is_shared::<EventDecoder>();
        is_shared::<PartialJson>();
        is_shared::<Snapshot>();
        is_shared::<binding::PickledSnapshot>();
    }
}
