//! A column of bodies folded into the columns of their rows: Arrow's memory layout, without an Arrow library.
//!
//! The slow and obvious way is `ssewire._rows`: an accumulator for each body, and a dict of what it has. Here the bodies are
//! read where they are (`bodies`), threads share them block by block (`blocks`), and each block's rows are written as the
//! columns that Arrow has (`rows`, `columns`): <https://arrow.apache.org/docs/format/Columnar.html>.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::limits::{Choices, EventSize, ToolCalls, TotalSize, builder};

mod blocks;
mod bodies;
mod columns;
mod rows;

use blocks::{Fold, blocks};
use bodies::Bodies;

/// Blocks that each thread folds before signals get a chance.
const DEAF: usize = 8;

/// Folds the bodies of an Arrow array into the columns of their rows, without the GIL.
///
/// Args:
///     layout: The array's type: "binary", "large_binary" or "binary_view"; text has the same layouts.
///     buffers: The array's buffers; None for the first where there is no null.
///     offset: The position in the buffers of its first body.
///     length: How many bodies there are.
///     dialect: The API's name; None finds it.
///     threads: How many share the bodies.
///     object: Give the provider's own object, as JSON text, as the last column.
///     max_event_size: As `Accumulator` takes it, of each body.
///     max_total_size: As `Accumulator` takes it, of each body.
///     max_choices: As `Accumulator` takes it, of each body.
///     max_tool_calls: As `Accumulator` takes it, of each body.
///
/// Returns:
///     The buffers of an array of structs that have the columns, depth first, as `Array.from_buffers` takes them.
///
/// Raises:
///     ValueError: The dialect is not known, `threads` is 0, or a body lies outside of its array's buffers.
#[pyfunction]
#[pyo3(
    signature = (
        layout,
        buffers,
        offset,
        length,
        dialect=None,
        *,
        threads=1,
        object=false,
        max_event_size=EventSize::DEFAULT,
        max_total_size=TotalSize::DEFAULT,
        max_choices=Choices::DEFAULT,
        max_tool_calls=ToolCalls::DEFAULT
    ),
    text_signature = "(layout, buffers, offset, length, dialect=None, *, threads=1, object=False, max_event_size=67108864, max_total_size=None, max_choices=131072, max_tool_calls=131072)"
)]
#[expect(clippy::too_many_arguments, reason = "an array's parts, and what may be chosen")]
pub(crate) fn fold_bodies<'py>(
    py: Python<'py>,
    layout: &str,
    buffers: Vec<Option<Bound<'py, PyAny>>>,
    offset: usize,
    length: usize,
    dialect: Option<&str>,
    threads: usize,
    object: bool,
    max_event_size: EventSize,
    max_total_size: TotalSize,
    max_choices: Choices,
    max_tool_calls: ToolCalls,
) -> PyResult<Vec<Option<Bound<'py, PyBytes>>>> {
    if threads == 0 {
        return Err(PyValueError::new_err("threads: expected at least 1, got 0"));
    }
    let fold = Fold { builder: builder(dialect, max_event_size, max_total_size, max_choices, max_tool_calls)?, object };
    let bodies = Bodies::of(layout, &buffers, offset, length)?;
    let bodies = bodies.slices().map_err(|row| {
        PyValueError::new_err(format!(
            "expected a valid Arrow array, got one whose body {row} lies outside of its buffers"
        ))
    })?;
    let blocks = blocks(&bodies);
    let mut rows = Vec::with_capacity(blocks.len());
    for round in blocks.chunks(threads.saturating_mul(DEAF)) {
        rows.extend(py.detach(|| fold.all(round, threads)));
        py.check_signals()?;
    }
    rows::buffers(py, &rows, object)
}
