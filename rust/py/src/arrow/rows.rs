//! The columns of rows: `ssewire.arrow.schema()` says what they are called.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use ssewire_core::{Accumulator, ApiError, Choice, Dialect, Problem, Usage};

use super::columns::{Buffers, Numbers, Texts};

/// The rows of a block of bodies, column by column.
#[derive(Default)]
pub(super) struct Rows {
    dialect: Texts,
    complete: Vec<bool>,
    text: Texts,
    reasoning: Texts,
    refusal: Texts,
    finish_reason: Texts,
    calls: Calls,
    model: Texts,
    id: Texts,
    usage: Counts,
    events: Numbers,
    bytes: Numbers,
    error: Errors,
    object: Texts,
}

/// The tool calls of all rows.
#[derive(Default)]
struct Calls {
    /// For each row, the number of calls up to its last.
    ends: Vec<usize>,
    id: Texts,
    name: Texts,
    arguments: Texts,
}

#[derive(Default)]
struct Counts {
    valid: Vec<bool>,
    input: Numbers,
    output: Numbers,
    cached: Numbers,
    cache_write: Numbers,
    reasoning: Numbers,
}

#[derive(Default)]
struct Errors {
    valid: Vec<bool>,
    exception: Texts,
    kind: Texts,
    code: Texts,
    message: Texts,
    status: Numbers,
}

impl Rows {
    /// Adds the row of a body of so many bytes that was folded to its end; `None` for one that is null.
    pub(super) fn push(&mut self, accumulator: &Accumulator, size: Option<usize>, object: bool) {
        let snapshot = accumulator.snapshot();
        let choice = snapshot.choices().next();
        let problem = accumulator.problem();
        self.dialect.push(accumulator.dialect().map(Dialect::as_str));
        self.complete.push(problem.is_none());
        self.text.push(Some(choice.and_then(Choice::content).unwrap_or_default()));
        self.reasoning.push(Some(choice.and_then(Choice::reasoning).unwrap_or_default()));
        self.refusal.push(choice.and_then(Choice::refusal));
        self.finish_reason.push(choice.and_then(Choice::finish_reason));
        self.calls.push(choice);
        self.model.push(snapshot.model());
        self.id.push(snapshot.id());
        self.usage.push(snapshot.usage());
        self.events.push(Some(accumulator.events()));
        self.bytes.push(size);
        self.error.push(problem.as_ref());
        if object {
            self.object.push(accumulator.dialect().map(|_| accumulator.object()).as_deref());
        }
    }
}

impl Calls {
    fn push(&mut self, choice: Option<&Choice>) {
        let calls = choice.map_or(&[][..], |choice| choice.tool_calls().as_slice());
        for call in calls {
            self.id.push(call.id());
            self.name.push(call.name());
            self.arguments.push(Some(call.arguments()));
        }
        self.ends.push(self.ends.last().copied().unwrap_or_default() + calls.len());
    }
}

impl Counts {
    fn push(&mut self, usage: Option<&Usage>) {
        self.valid.push(usage.is_some());
        self.input.push(usage.and_then(Usage::input_tokens));
        self.output.push(usage.and_then(Usage::output_tokens));
        self.cached.push(usage.and_then(Usage::cached_tokens));
        self.cache_write.push(usage.and_then(Usage::cache_write_tokens));
        self.reasoning.push(usage.and_then(Usage::reasoning_tokens));
    }
}

impl Errors {
    fn push(&mut self, problem: Option<&Problem>) {
        let provider = if let Some(Problem::Provider(error)) = problem { Some(error) } else { None };
        self.valid.push(problem.is_some());
        self.exception.push(problem.map(exception));
        self.kind.push(provider.and_then(|error| error.kind.as_deref()));
        self.code.push(provider.and_then(ApiError::code_text).as_deref());
        self.message.push(problem.map(ToString::to_string).as_deref());
        self.status.push(provider.and_then(|error| error.status));
    }
}

/// The name of what `collect` raises.
fn exception(problem: &Problem) -> &'static str {
    match problem {
        Problem::Provider(_) => "ProviderError",
        Problem::TooLarge(_) => "EventTooLargeError",
        Problem::NotAStream(_) => "ResponseError",
        _ => "IncompleteStreamError",
    }
}

/// The buffers of the struct that has all columns, depth first, in the order of the schema.
///
/// # Errors
/// There is no memory, or there are more tool calls than a column can have.
pub(super) fn buffers<'py>(
    py: Python<'py>,
    blocks: &[Rows],
    object: bool,
) -> PyResult<Vec<Option<Bound<'py, PyBytes>>>> {
    let mut buffers = Buffers::of(py, blocks);
    buffers.no_nulls();
    buffers.texts(|rows| &rows.dialect)?;
    buffers.booleans(|rows| &rows.complete);
    buffers.texts(|rows| &rows.text)?;
    buffers.texts(|rows| &rows.reasoning)?;
    buffers.texts(|rows| &rows.refusal)?;
    buffers.texts(|rows| &rows.finish_reason)?;
    buffers.lists(|rows| &rows.calls.ends)?;
    buffers.no_nulls();
    buffers.texts(|rows| &rows.calls.id)?;
    buffers.texts(|rows| &rows.calls.name)?;
    buffers.texts(|rows| &rows.calls.arguments)?;
    buffers.texts(|rows| &rows.model)?;
    buffers.texts(|rows| &rows.id)?;
    buffers.validity(|rows| &rows.usage.valid);
    buffers.numbers(|rows| &rows.usage.input);
    buffers.numbers(|rows| &rows.usage.output);
    buffers.numbers(|rows| &rows.usage.cached);
    buffers.numbers(|rows| &rows.usage.cache_write);
    buffers.numbers(|rows| &rows.usage.reasoning);
    buffers.numbers(|rows| &rows.events);
    buffers.numbers(|rows| &rows.bytes);
    buffers.validity(|rows| &rows.error.valid);
    buffers.texts(|rows| &rows.error.exception)?;
    buffers.texts(|rows| &rows.error.kind)?;
    buffers.texts(|rows| &rows.error.code)?;
    buffers.texts(|rows| &rows.error.message)?;
    buffers.numbers(|rows| &rows.error.status);
    if object {
        buffers.texts(|rows| &rows.object)?;
    }
    Ok(buffers.made)
}
