//! `ssewire._core`: conversions between `ssewire-core` and Python, nothing else.
//!
//! 1. No JSON field and no provider is known here: the core knows them.
//! 2. State shared with Python lies behind a lock that is never held while Python code could run: not while a source is asked
//!    for bytes, and not while an object that the garbage collector tracks is made.
//! 3. No `unsafe` but in `grow`, `lock` and `text`.

mod accumulator;
mod append_str;
mod decoder_state;
mod delta;
mod errors;
mod event;
mod event_iterator;
mod json;
mod limits;
mod lock;
mod new_str;
mod partial;
mod pending;
mod piece;
mod record;
mod sdk_event;
mod snapshot;
mod stream;
mod string_cache;
mod tree;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::accumulator::{Accumulator, body_format, observe_whole};
    #[pymodule_export]
    use crate::delta::{
        FinishDelta, OtherDelta, ReasoningDelta, RefusalDelta, TextDelta, ToolCallDelta, Usage, UsageDelta,
    };
    #[pymodule_export]
    use crate::event::{SSEDecoder, ServerSentEvent};
    #[pymodule_export]
    use crate::event_iterator::EventIterator;
    #[pymodule_export]
    use crate::json::may_have_huge_integer;
    #[pymodule_export]
    use crate::pending::PushDeltaIterator;
    #[pymodule_export]
    use crate::sdk_event::SdkEvent;
    #[pymodule_export]
    use crate::snapshot::{Choice, Snapshot, ToolCall, choice_of, restore_snapshot, tool_call_of};
    #[pymodule_export]
    use crate::stream::{DeltaIterator, TextIterator};

    /// The version of the package, from its one place.
    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
