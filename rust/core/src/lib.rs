//! LLM event streams: bytes -> events -> deltas -> the finished message.
//!
//! ```text
//!   bytes ──lines──▶ lines ──field, event──▶ events ──json──▶ payloads ──dialect──▶ deltas
//!     └──────values────────▶ JSON values ─────────────────────▲          │
//!                               snapshot, tool_call, text, fields, usage ◀────┘      fold, accumulator tie them
//! ```
//!
//! 1. Cuts are invisible: the same bytes give the same events and deltas wherever they are cut.
//! 2. Framing cannot fail: any bytes are an event stream. Only the size limit raises. Invalid UTF-8 becomes U+FFFD.
//! 3. Each byte is looked at a bounded number of times; memory is bounded by the limit and the text kept.
//! 4. Nothing is held back: an event is out with its last byte. Only half of a surrogate pair waits for its other half, and
//!    an empty object for the arguments that it may stand for.
//! 5. No Python, no I/O, no `unsafe`.
#![forbid(unsafe_code)]

mod accumulator;
mod api_error;
mod block;
mod choice;
mod completeness;
mod decoder;
mod delta;
mod dialect;
mod encode;
mod error;
mod event;
mod field;
mod fields;
mod fold;
mod foreign;
mod frozen;
mod json;
mod lines;
mod options;
mod overlap;
mod payload;
mod repeating;
mod snapshot;
mod sources;
mod text;
mod tool_call;
mod tool_calls;
mod usage;
mod usual;
mod values;

pub use accumulator::{Accumulator, UnknownDialect};
pub use api_error::ApiError;
pub use choice::Choice;
pub use decoder::EventDecoder;
pub use delta::{Delta, Sink};
pub use dialect::names as dialect_names;
pub use encode::{Unencodable, encode};
pub use error::EventTooLarge;
pub use event::Event;
pub use foreign::foreign_format;
pub use frozen::freeze;
pub use json::{Constant, NotJson, PartialJson, Step};
pub use options::{DEFAULT_MAX_EVENT_SIZE, Options, Tail};
pub use payload::{may_be_error, may_have_huge_integer};
pub use snapshot::Snapshot;
pub use text::{Text, TextBuffer};
pub use tool_call::ToolCall;
pub use tool_calls::ToolCalls;
pub use usage::Usage;
