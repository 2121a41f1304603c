//! `ssewire._core`: conversions between `ssewire-core` and Python, nothing else.
//!
//! 1. No JSON field and no provider is known here: the core knows them.
//! 2. State shared with Python is behind a lock that is never held while Python code could run: not while a source is
//!    asked for bytes, and not while an object is made that the garbage collector tracks.
//! 3. No `unsafe` except in `append_str`, `arrow::bodies`, `interpreter`, `lock` and `new_str`.
//! 4. Only one interpreter of a process: statics keep objects that belong to it.

mod accumulation;
mod accumulator;
mod append_str;
mod arrow;
mod chunked;
mod decoder_state;
mod delta;
mod direct;
mod errors;
mod event;
mod event_iterator;
mod interpreter;
mod json;
mod limits;
mod line_ends;
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

use pyo3::prelude::*;

/// A function, since the interpreter is checked before the first class is made: classes are kept for the whole
/// process.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    interpreter::refuse_other(module.py())?;
    module.add_class::<accumulator::Accumulator>()?;
    module.add_class::<delta::FinishDelta>()?;
    module.add_class::<delta::OtherDelta>()?;
    module.add_class::<delta::ReasoningDelta>()?;
    module.add_class::<delta::RefusalDelta>()?;
    module.add_class::<delta::TextDelta>()?;
    module.add_class::<delta::ToolCallDelta>()?;
    module.add_class::<delta::Usage>()?;
    module.add_class::<delta::UsageDelta>()?;
    module.add_class::<direct::DirectPieces>()?;
    module.add_class::<event::SSEDecoder>()?;
    module.add_class::<event::ServerSentEvent>()?;
    module.add_class::<event_iterator::EventIterator>()?;
    module.add_class::<pending::PushDeltaIterator>()?;
    module.add_class::<sdk_event::SdkEvent>()?;
    module.add_class::<snapshot::Choice>()?;
    module.add_class::<snapshot::Snapshot>()?;
    module.add_class::<snapshot::ToolCall>()?;
    module.add_class::<stream::DeltaIterator>()?;
    module.add_class::<stream::TextIterator>()?;
    module.add_function(wrap_pyfunction!(accumulator::beginning, module)?)?;
    module.add_function(wrap_pyfunction!(accumulator::body_format, module)?)?;
    module.add_function(wrap_pyfunction!(accumulator::observe_whole, module)?)?;
    module.add_function(wrap_pyfunction!(arrow::fold_bodies, module)?)?;
    module.add_function(wrap_pyfunction!(chunked::take_chunks, module)?)?;
    module.add_function(wrap_pyfunction!(event::encode_comment, module)?)?;
    module.add_function(wrap_pyfunction!(json::may_have_huge_integer, module)?)?;
    module.add_function(wrap_pyfunction!(snapshot::choice_of, module)?)?;
    module.add_function(wrap_pyfunction!(snapshot::restore_snapshot, module)?)?;
    module.add_function(wrap_pyfunction!(snapshot::tool_call_of, module)?)?;
    // The version of the package: Cargo.toml is the one place that has it.
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}
