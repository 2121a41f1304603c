//! `ssewire._core`: conversions between `ssewire-core` and Python, nothing else.
//!
//! 1. No JSON field and no provider is known here: the core knows them.
//! 2. State shared with Python lies behind a lock that is never held while Python code could run: not while a source is asked
//!    for bytes, and not while an object that the garbage collector tracks is made.
//! 3. No `unsafe` but in `grow`, `lock` and `text`.

mod accumulator;
mod decoding;
mod delta;
mod errors;
mod event;
mod event_iterator;
mod grow;
mod hand;
mod json;
mod lock;
mod package_event;
mod partial;
mod piece;
mod record;
mod snapshot;
mod stream;
mod text;
mod texts;
mod tree;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::accumulator::{Accumulator, foreign_format, observe_whole};
    #[pymodule_export]
    use crate::delta::{
        FinishDelta, OtherDelta, ReasoningDelta, RefusalDelta, TextDelta, ToolCallDelta, Usage, UsageDelta,
    };
    #[pymodule_export]
    use crate::event::{SSEDecoder, ServerSentEvent};
    #[pymodule_export]
    use crate::event_iterator::EventIterator;
    #[pymodule_export]
    use crate::hand::HandIterator;
    #[pymodule_export]
    use crate::json::may_have_huge_integer;
    #[pymodule_export]
    use crate::package_event::PackageEvent;
    #[pymodule_export]
    use crate::snapshot::{Choice, Snapshot, ToolCall, choice_of, restore_snapshot, tool_call_of};
    #[pymodule_export]
    use crate::stream::{DeltaIterator, TextIterator};

    /// The version of the package, from its one place.
    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
