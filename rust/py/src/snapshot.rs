//! `Snapshot`, `Choice` and `ToolCall`: live views of what an accumulator holds.

use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;
use ssewire_core::binding::PickledSnapshot;

use crate::accumulation::{Accumulation, Shared, Source};
use crate::delta::Usage;
use crate::json;
use crate::partial::Key;
use crate::string_cache::Part;

/// The whole so far: a live, read-only view of what an accumulator holds.
///
/// It follows the stream without being asked again; `copy.copy()` or pickling gives one that stays as it
/// is. Making a view costs nothing; a text is joined when it is read, and kept until it grows.
#[pyclass(frozen, module = "ssewire")]
pub(crate) struct Snapshot {
    pub(crate) shared: Shared,
}

impl Snapshot {
    /// Reads something of the first choice.
    fn first<T>(&self, py: Python<'_>, read: impl FnOnce(&mut Accumulation, i64) -> Option<T>) -> Option<T> {
        let mut state = self.shared.lock(py);
        let first = state.source.snapshot().choices().next()?.index();
        read(&mut state, first)
    }

    /// One of the first choice's texts; "" while there is none.
    fn first_text(&self, py: Python<'_>, part: Part) -> PyResult<Py<PyString>> {
        let text = self.first(py, |state, first| state.text(py, first, part).transpose()).transpose()?;
        Ok(text.unwrap_or_else(|| PyString::new(py, "").unbind()))
    }
}

#[pymethods]
impl Snapshot {
    /// The dialect's name; None until a payload has shown it.
    #[getter]
    fn dialect(&self, py: Python<'_>) -> Option<&'static str> {
        self.shared.lock(py).source.dialect()
    }

    /// The message's id; None until one came.
    #[getter]
    fn id(&self, py: Python<'_>) -> Option<String> {
        self.shared.lock(py).source.snapshot().id().map(Into::into)
    }

    /// The model that answers; None until it was named.
    #[getter]
    fn model(&self, py: Python<'_>) -> Option<String> {
        self.shared.lock(py).source.snapshot().model().map(Into::into)
    }

    /// The choices, by index.
    #[getter]
    fn choices(&self, py: Python<'_>) -> Vec<Choice> {
        let indexes: Vec<_> =
            self.shared.lock(py).source.snapshot().choices().map(ssewire_core::Choice::index).collect();
        indexes.into_iter().map(|index| Choice { shared: self.shared.clone(), index }).collect()
    }

    /// The usage so far; None until one came.
    #[getter]
    fn usage(&self, py: Python<'_>) -> Option<Usage> {
        self.shared.usage(py)
    }

    /// The first API error of the stream; None if there was none.
    #[getter]
    fn error<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.shared.error(py)
    }

    /// Whether the dialect's terminal was seen.
    #[getter]
    fn done(&self, py: Python<'_>) -> bool {
        self.shared.lock(py).source.snapshot().done()
    }

    /// The first choice's text; "" while there is none.
    #[getter]
    fn text(&self, py: Python<'_>) -> PyResult<Py<PyString>> {
        self.first_text(py, Part::Content)
    }

    /// The first choice's reasoning; "" while there is none.
    #[getter]
    fn reasoning(&self, py: Python<'_>) -> PyResult<Py<PyString>> {
        self.first_text(py, Part::Reasoning)
    }

    /// The first choice's tool calls, in the order in which they first appeared.
    #[getter]
    fn tool_calls(&self, py: Python<'_>) -> Vec<ToolCall> {
        let first = self.first(py, |_, first| Some(first));
        first.map(|index| Choice { shared: self.shared.clone(), index }.tool_calls(py)).unwrap_or_default()
    }

    /// Why the first choice ended, in the provider's own word; None while it has not.
    #[getter]
    fn finish_reason(&self, py: Python<'_>) -> Option<String> {
        self.first(py, |state, first| state.source.snapshot().find_choice(first)?.finish_reason().map(Into::into))
    }

    /// The first choice's text, read as JSON as far as it is certain; None while nothing is.
    ///
    /// For structured output: see `ToolCall.parse_partial`, whose rules are these too.
    ///
    /// Args:
    ///     partial_numbers: Give the number that the text breaks off in, as far as it goes.
    ///
    /// Raises:
    ///     json.JSONDecodeError: The text cannot become JSON, whatever follows; it is a ValueError.
    #[pyo3(signature = (*, partial_numbers=false))]
    fn parse_partial(&self, py: Python<'_>, partial_numbers: bool) -> PyResult<Option<Py<PyAny>>> {
        let Some(choice) = self.first(py, |_, first| Some(first)) else { return Ok(None) };
        self.shared.parse_partial(py, Key { choice, part: Part::Content, partial_numbers })
    }

    /// The provider's own non-streaming object, as a new dict; empty while the dialect is unknown.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let object = self.shared.lock(py).source.object();
        json::loads(py, object)
    }

    /// A snapshot that stays as this one is now.
    fn __copy__(&self, py: Python<'_>) -> Self {
        Self { shared: Shared::new(self.shared.lock(py).source.clone()) }
    }

    fn __deepcopy__(&self, py: Python<'_>, _memo: &Bound<'_, PyAny>) -> Self {
        self.__copy__(py)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        let pickled = self.shared.lock(py).source.pickle();
        Ok((py.import("ssewire._core")?.getattr("_restore_snapshot")?, (pickled,)))
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        describe("Snapshot", &self.shared.lock(py).source)
    }
}

/// A short repr, where the whole one could be of any size.
pub(crate) fn describe(class: &str, source: &Source) -> String {
    let snapshot = source.snapshot();
    let (dialect, choices) = (source.dialect().unwrap_or("unknown"), snapshot.choices().len());
    let state = match (snapshot.error(), snapshot.done()) {
        (Some(_), _) => "failed",
        (None, true) => "done",
        (None, false) => "open",
    };
    format!("<ssewire.{class} {state}: dialect {dialect}, {choices} choices>")
}

/// Restores a snapshot from its pickle.
#[pyfunction]
#[pyo3(name = "_restore_snapshot")]
pub(crate) fn restore_snapshot(pickled: &str) -> PyResult<Snapshot> {
    let pickled = PickledSnapshot::from_json(pickled).map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(Snapshot { shared: Shared::new(Source::Pickle(pickled)) })
}

/// One of the answers: a live, read-only view.
#[pyclass(frozen, module = "ssewire")]
pub(crate) struct Choice {
    shared: Shared,
    /// Its index.
    #[pyo3(get)]
    index: i64,
}

impl Choice {
    fn read<T>(&self, py: Python<'_>, read: impl FnOnce(&ssewire_core::Choice) -> T) -> PyResult<T> {
        let state = self.shared.lock(py);
        let choice = state.source.snapshot().find_choice(self.index);
        choice.map(read).ok_or_else(|| PyIndexError::new_err(format!("there is no choice {}", self.index)))
    }
}

#[pymethods]
impl Choice {
    /// The speaker; None where the stream does not say.
    #[getter]
    fn role(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.read(py, |choice| choice.role().map(Into::into))
    }

    /// The answer's text; None until some came, even an empty piece.
    #[getter]
    fn content(&self, py: Python<'_>) -> PyResult<Option<Py<PyString>>> {
        self.shared.lock(py).text(py, self.index, Part::Content)
    }

    /// The reasoning; None until some came.
    #[getter]
    fn reasoning(&self, py: Python<'_>) -> PyResult<Option<Py<PyString>>> {
        self.shared.lock(py).text(py, self.index, Part::Reasoning)
    }

    /// The refusal; None until some came.
    #[getter]
    fn refusal(&self, py: Python<'_>) -> PyResult<Option<Py<PyString>>> {
        self.shared.lock(py).text(py, self.index, Part::Refusal)
    }

    /// The tool calls, in the order in which they first appeared.
    ///
    /// A legacy function call is one of type "function_call".
    #[getter]
    fn tool_calls(&self, py: Python<'_>) -> Vec<ToolCall> {
        let calls = self.read(py, |choice| choice.tool_calls().as_slice().len()).unwrap_or(0);
        (0..calls).map(|index| ToolCall { shared: self.shared.clone(), choice: self.index, index }).collect()
    }

    /// Why the choice ended, in the provider's own word; None while it has not.
    #[getter]
    fn finish_reason(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.read(py, |choice| choice.finish_reason().map(Into::into))
    }

    /// The log probabilities so far, as a new dict; None where there are none.
    #[getter]
    fn logprobs<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let logprobs = self.read(py, ssewire_core::Choice::logprobs)?;
        logprobs.map(|logprobs| json::loads(py, logprobs)).transpose()
    }

    /// The content, read as JSON as far as it is certain; None while nothing is.
    ///
    /// For structured output: see `ToolCall.parse_partial`, whose rules are these too.
    ///
    /// Args:
    ///     partial_numbers: Give the number that the text breaks off in, as far as it goes.
    ///
    /// Raises:
    ///     json.JSONDecodeError: The content cannot become JSON, whatever follows; it is a ValueError.
    #[pyo3(signature = (*, partial_numbers=false))]
    fn parse_partial(&self, py: Python<'_>, partial_numbers: bool) -> PyResult<Option<Py<PyAny>>> {
        self.shared.parse_partial(py, Key { choice: self.index, part: Part::Content, partial_numbers })
    }

    /// `copy` and `pickle` freeze it.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Snapshot, i64))> {
        let restore = py.import("ssewire._core")?.getattr("_choice")?;
        Ok((restore, (Snapshot { shared: self.shared.clone() }.__copy__(py), self.index)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (calls, reason) =
            self.read(py, |choice| (choice.tool_calls().as_slice().len(), choice.finish_reason().map(str::to_owned)))?;
        let state = reason.map_or_else(|| "open".into(), |reason| format!("finish reason {reason}"));
        Ok(format!("<ssewire.Choice {}: {state}, {calls} tool calls>", self.index))
    }
}

/// Restores a choice from its pickle.
#[pyfunction]
#[pyo3(name = "_choice")]
pub(crate) fn choice_of(snapshot: &Bound<'_, Snapshot>, index: i64) -> Choice {
    Choice { shared: snapshot.get().shared.clone(), index }
}

/// One call of a tool: a live, read-only view.
#[pyclass(frozen, module = "ssewire")]
pub(crate) struct ToolCall {
    shared: Shared,
    choice: i64,
    /// Position in `Choice.tool_calls`.
    #[pyo3(get)]
    index: usize,
}

impl ToolCall {
    fn read<T>(&self, py: Python<'_>, read: impl FnOnce(&ssewire_core::ToolCall) -> T) -> PyResult<T> {
        let state = self.shared.lock(py);
        let choice = state.source.snapshot().find_choice(self.choice);
        let call = choice.and_then(|choice| choice.tool_calls().as_slice().get(self.index));
        call.map(read).ok_or_else(|| PyIndexError::new_err(format!("there is no tool call {}", self.index)))
    }
}

#[pymethods]
impl ToolCall {
    /// The provider's id; None where it gave none.
    #[getter]
    fn id(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.read(py, |call| call.id().map(Into::into))
    }

    /// The kind: "function", "function_call" for a legacy function call, or the provider's own word.
    #[getter]
    fn r#type(&self, py: Python<'_>) -> PyResult<String> {
        self.read(py, |call| call.kind().to_owned())
    }

    /// The tool's name; None until one came.
    #[getter]
    fn name(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.read(py, |call| call.name().map(Into::into))
    }

    /// The arguments' raw text so far.
    #[getter]
    fn arguments(&self, py: Python<'_>) -> PyResult<Py<PyString>> {
        let text = self.shared.lock(py).text(py, self.choice, Part::Arguments(self.index))?;
        Ok(text.unwrap_or_else(|| PyString::new(py, "").unbind()))
    }

    /// The arguments, read as JSON; "" gives {}, as calls without parameters are streamed.
    ///
    /// Raises:
    ///     json.JSONDecodeError: The arguments are not JSON, or not all there yet; it is a ValueError.
    fn parse<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let arguments = self.read(py, |call| call.arguments().to_owned())?;
        json::loads(py, if arguments.is_empty() { "{}" } else { &arguments })
    }

    /// The arguments, read as JSON as far as they are certain; {} while nothing is.
    ///
    /// One object that grows in place: every call gives the same one, `copy.deepcopy()` keeps it as it is,
    /// and to change it is to change what every other caller sees. Calling this after each delta takes time
    /// in proportion to the arguments' length, all calls together.
    ///
    /// A member is there as soon as its value begins, a string as far as its characters are known; true,
    /// false and null when they are complete, numbers when the next character shows that they are. Of
    /// members with one name the last counts. Complete arguments give what `parse()` gives.
    ///
    ///     for delta in stream:
    ///         if isinstance(delta, ssewire.ToolCallDelta):
    ///             call = stream.snapshot.tool_calls[delta.index]
    ///             show(call.name, call.parse_partial())
    ///
    /// Args:
    ///     partial_numbers: Give the number that the arguments break off in, as far as it goes: 12 of
    ///         `{"n": 12`, which may become 12.5 or 120. This makes an object of its own.
    ///
    /// Raises:
    ///     json.JSONDecodeError: The arguments cannot become JSON, whatever follows, or are nested deeper
    ///         than 1024 levels. The message says what was expected, what came, and at which character, which
    ///         `pos` is in `doc`, the text so far; later calls raise the same. It is a ValueError.
    #[pyo3(signature = (*, partial_numbers=false))]
    fn parse_partial(&self, py: Python<'_>, partial_numbers: bool) -> PyResult<Option<Py<PyAny>>> {
        let part = Part::Arguments(self.index);
        self.shared.parse_partial(py, Key { choice: self.choice, part, partial_numbers })
    }

    /// `copy` and `pickle` freeze it.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Snapshot, i64, usize))> {
        let restore = py.import("ssewire._core")?.getattr("_tool_call")?;
        Ok((restore, (Snapshot { shared: self.shared.clone() }.__copy__(py), self.choice, self.index)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        self.read(py, |call| {
            let (id, name, size) = (call.id().unwrap_or("none"), call.name().unwrap_or("none"), call.arguments().len());
            format!("<ssewire.ToolCall {}: id {id}, name {name}, {size} bytes of arguments>", self.index)
        })
    }
}

/// Restores a tool call from its pickle.
#[pyfunction]
#[pyo3(name = "_tool_call")]
pub(crate) fn tool_call_of(snapshot: &Bound<'_, Snapshot>, choice: i64, index: usize) -> ToolCall {
    ToolCall { shared: snapshot.get().shared.clone(), choice, index }
}
