//! Bytes -> lines -> fields -> events, after the HTML standard's
//! [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream); and bodies that
//! are a row of JSON values instead.

mod block;
mod chunked;
mod decoder;
mod encode;
mod error;
mod event;
mod fast_path;
mod field;
mod json_values;
mod lines;
mod options;

pub use chunked::take_chunks;
pub use decoder::EventDecoder;
pub use encode::{Unencodable, encode, encode_comment};
pub use error::{Bound, EventTooLarge};
pub use event::{Event, Item};
pub(crate) use json_values::{Found, ValueDecoder};
pub(crate) use lines::BOM;
pub use options::{Options, Tail};
