//! LLM event streams: bytes -> events -> deltas -> the finished message. No I/O, no Python, no `unsafe`.
pub mod encode;
pub mod error;
pub mod event;
mod lines;
pub use encode::encode;
pub use error::EventTooLarge;
pub use event::{DEFAULT_MAX_EVENT_SIZE, Event, EventDecoder, Options, Tail};
