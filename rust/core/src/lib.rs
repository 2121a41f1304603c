//! LLM event streams: bytes -> events -> deltas -> the finished message.
//!
//! ```text
//!   bytes ──framing──▶ events, or JSON values ──json──▶ payloads ──dialect──▶ deltas ──snapshot──▶ the message
//!         └─────────────────────────────── accumulate ties them ───────────────────────────────┘
//! ```
//!
//! 1. Cuts are invisible: the same bytes give the same events and deltas wherever they are cut.
//! 2. Framing cannot fail: any bytes are an event stream. Only the size limit raises. Invalid UTF-8 becomes U+FFFD.
//! 3. Each byte is looked at a bounded number of times; memory is bounded by the limit and the text kept.
//! 4. Nothing is held back: an event is out with its last byte. Only half of a surrogate pair waits for its other half, and
//!    an empty object for the arguments that it may stand for.
//! 5. No Python, no I/O, no `unsafe`.
#![forbid(unsafe_code)]

mod accumulate;
mod dialect;
mod framing;
mod json;
mod limits;
mod snapshot;

pub use accumulate::{Accumulator, InvalidPickle, PickledSnapshot, UnknownDialect};
pub use accumulate::{body_format, may_be_error, may_have_huge_integer};
pub use dialect::names as dialect_names;
pub use framing::{Bound, Event, EventDecoder, EventTooLarge, Options, Tail, Unencodable, encode};
pub use json::{Constant, NotJson, PartialJson, Step, Text, TextBuffer};
pub use limits::{DEFAULT_MAX_CHOICES, DEFAULT_MAX_EVENT_SIZE, DEFAULT_MAX_TOOL_CALLS};
pub use snapshot::{ApiError, Choice, Delta, Sink, Snapshot, ToolCall, ToolCalls, Usage};
