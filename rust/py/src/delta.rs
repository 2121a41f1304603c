//! The delta classes and `Usage`.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyString, PyTuple};
use ssewire_core::Delta;

use crate::json;
use crate::new_str;
use crate::record::{Field, Record, record, record_methods, text_or};
use crate::string_cache::{Part, Texts};

/// A delta's type and fields by their names.
fn to_dict<'py, T: Record>(py: Python<'py>, kind: &str, delta: &T) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("type", kind)?;
    for (name, value) in T::FIELDS.iter().zip(delta.values(py)?) {
        fields.set_item(*name, value)?;
    }
    Ok(fields)
}

/// A class that holds a piece of text and its choice.
macro_rules! text_delta {
    ($(#[doc = $doc:literal])+ $class:ident $kind:literal) => {
        $(#[doc = $doc])+
        #[pyclass(frozen, module = "ssewire")]
        pub(crate) struct $class {
            /// The piece; never empty when it comes from a stream.
            #[pyo3(get)]
            text: Py<PyString>,
            /// Index of the choice.
            #[pyo3(get)]
            choice: i64,
        }

        record! {
            $class { text, choice }

            #[new]
            #[pyo3(signature = (text, choice=0))]
            fn new(text: Bound<'_, PyString>, choice: i64) -> Self {
                Self { text: text.unbind(), choice }
            }

            /// The delta as JSON has it: its type and its fields.
            fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                to_dict(py, $kind, self)
            }
        }
    };
}

text_delta! {
    /// More of the answer's text.
    ///
    /// Args:
    ///     text: The piece.
    ///     choice: Index of the choice.
    TextDelta "text"
}

text_delta! {
    /// More of the reasoning that comes before or between the answer's text.
    ///
    /// Args:
    ///     text: The piece.
    ///     choice: Index of the choice.
    ReasoningDelta "reasoning"
}

text_delta! {
    /// More of the model's refusal.
    ///
    /// Args:
    ///     text: The piece.
    ///     choice: Index of the choice.
    RefusalDelta "refusal"
}

/// More of a tool call.
///
/// Args:
///     index: Position in `Choice.tool_calls`; not the provider's index, which some leave out and some use
///         again.
///     id: The call's id as known so far.
///     name: The tool's name as known so far.
///     arguments: This piece of the arguments' text; may be "".
///     choice: Index of the choice.
#[pyclass(frozen, module = "ssewire")]
pub(crate) struct ToolCallDelta {
    /// Position in `Choice.tool_calls`.
    #[pyo3(get)]
    index: usize,
    /// The call's id as known so far.
    #[pyo3(get)]
    id: Option<Py<PyString>>,
    /// The tool's name as known so far.
    #[pyo3(get)]
    name: Option<Py<PyString>>,
    /// This piece of the arguments' text; may be "".
    #[pyo3(get)]
    arguments: Py<PyString>,
    /// Index of the choice.
    #[pyo3(get)]
    choice: i64,
}

record! {
    ToolCallDelta { index, id, name, arguments, choice }

    #[new]
    #[pyo3(
        signature = (index, id=None, name=None, arguments=None, choice=0),
        text_signature = "(index, id=None, name=None, arguments='', choice=0)"
    )]
    fn new(
        py: Python<'_>,
        index: usize,
        id: Option<Py<PyString>>,
        name: Option<Py<PyString>>,
        arguments: Option<Bound<'_, PyString>>,
        choice: i64,
    ) -> Self {
        Self { index, id, name, arguments: text_or(py, arguments, ""), choice }
    }

    /// The delta as JSON has it: its type and its fields.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        to_dict(py, "tool_call", self)
    }
}

/// A choice has ended; comes once per choice and reason.
///
/// Args:
///     reason: The finish reason in the provider's own word.
///     choice: Index of the choice.
#[pyclass(frozen, module = "ssewire")]
pub(crate) struct FinishDelta {
    /// The finish reason in the provider's own word.
    #[pyo3(get)]
    reason: Py<PyString>,
    /// Index of the choice.
    #[pyo3(get)]
    choice: i64,
}

record! {
    FinishDelta { reason, choice }

    #[new]
    #[pyo3(signature = (reason, choice=0))]
    fn new(reason: Bound<'_, PyString>, choice: i64) -> Self {
        Self { reason: reason.unbind(), choice }
    }

    /// The delta as JSON has it: its type and its fields.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        to_dict(py, "finish", self)
    }
}

/// Token counts, of one meaning in every dialect; None where the provider did not say.
///
/// Input and output are totals, and the other counts are parts of them, as OpenTelemetry's conventions have it:
/// <https://github.com/open-telemetry/semantic-conventions-genai>. docs/usage.md says which of a provider's members
/// make up each, and where the provider says so.
///
/// Args:
///     raw: The provider's own object.
#[pyclass(frozen, module = "ssewire")]
pub(crate) struct Usage {
    usage: ssewire_core::Usage,
}

impl Usage {
    pub(crate) fn of(usage: &ssewire_core::Usage) -> Self {
        Self { usage: usage.clone() }
    }
}

impl Record for Usage {
    const FIELDS: &'static [&'static str] = &["raw"];

    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, [self.raw(py)?])
    }

    fn hashed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, [self.usage.input_tokens(), self.usage.output_tokens()])
    }
}

record_methods! {
    Usage { raw }

    #[new]
    fn new(raw: &Bound<'_, PyAny>) -> PyResult<Self> {
        let usage = ssewire_core::Usage::parse(&json::dumps(raw)?);
        usage.map(|usage| Self { usage }).ok_or_else(|| PyTypeError::new_err("raw: expected a dict"))
    }

    /// All tokens of the input: cached and cache-written ones are part of it.
    #[getter]
    fn input_tokens(&self) -> Option<u64> {
        self.usage.input_tokens()
    }

    /// All tokens of the output: reasoning is part of it.
    #[getter]
    fn output_tokens(&self) -> Option<u64> {
        self.usage.output_tokens()
    }

    /// Tokens of the input that were read from a cache.
    #[getter]
    fn cached_tokens(&self) -> Option<u64> {
        self.usage.cached_tokens()
    }

    /// Tokens of the input that were written to a cache.
    #[getter]
    fn cache_write_tokens(&self) -> Option<u64> {
        self.usage.cache_write_tokens()
    }

    /// Tokens of the output that were reasoning.
    #[getter]
    fn reasoning_tokens(&self) -> Option<u64> {
        self.usage.reasoning_tokens()
    }

    /// The usage as JSON has it: the five counts and `raw`.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let usage = &self.usage;
        let counts = [
            ("input_tokens", usage.input_tokens()),
            ("cached_tokens", usage.cached_tokens()),
            ("cache_write_tokens", usage.cache_write_tokens()),
            ("output_tokens", usage.output_tokens()),
            ("reasoning_tokens", usage.reasoning_tokens()),
        ];
        let fields = counts.into_py_dict(py)?;
        fields.set_item("raw", self.raw(py)?)?;
        Ok(fields)
    }

    /// The provider's own object, as a new dict: what it sent, laid over key by key, never summed.
    #[getter]
    fn raw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::loads(py, self.usage.json())
    }
}

/// The usage has changed.
///
/// Args:
///     usage: All counts so far.
///     choice: Always 0: usage is the whole stream's.
#[pyclass(frozen, module = "ssewire")]
pub(crate) struct UsageDelta {
    /// All counts so far.
    #[pyo3(get)]
    usage: Py<Usage>,
    /// Always 0: usage is the whole stream's.
    #[pyo3(get)]
    choice: i64,
}

record! {
    UsageDelta { usage, choice }

    #[new]
    #[pyo3(signature = (usage, choice=0))]
    fn new(usage: Py<Usage>, choice: i64) -> Self {
        Self { usage, choice }
    }

    /// The delta as JSON has it: its type and its fields, of which `usage` is what `Usage.to_dict` gives.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let fields = to_dict(py, "usage", self)?;
        fields.set_item("usage", self.usage.get().to_dict(py)?)?;
        Ok(fields)
    }
}

/// Anything else that a payload says.
///
/// Args:
///     kind: What it is: "role", "logprobs", "audio", another member's own name, or "event" for a payload
///         that the dialect does not know.
///     value: Its JSON value.
///     choice: Index of the choice; 0 for what belongs to the whole stream.
#[pyclass(frozen, module = "ssewire")]
pub(crate) struct OtherDelta {
    /// What it is.
    #[pyo3(get)]
    kind: Py<PyString>,
    json: String,
    /// Index of the choice; 0 for what belongs to the whole stream.
    #[pyo3(get)]
    choice: i64,
}

impl Record for OtherDelta {
    const FIELDS: &'static [&'static str] = &["kind", "value", "choice"];

    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, [self.kind.value(py)?, self.value(py)?, self.choice.value(py)?])
    }

    fn hashed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, [self.kind.value(py)?, self.choice.value(py)?])
    }
}

record_methods! {
    OtherDelta { kind, value, choice }

    #[new]
    #[pyo3(signature = (kind, value, choice=0))]
    fn new(kind: Bound<'_, PyString>, value: &Bound<'_, PyAny>, choice: i64) -> PyResult<Self> {
        Ok(Self { kind: kind.unbind(), json: json::dumps(value)?, choice })
    }

    /// The delta as JSON has it: its type and its fields.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        to_dict(py, "other", self)
    }

    /// Its JSON value, read anew at each access.
    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::loads(py, self.json.as_str())
    }
}

/// A delta whose Python object is still to be made. Making it may run any code, since some Pythons collect garbage
/// where they allocate, which runs finalizers. So it waits until no lock is held; its strings, which run nothing, are
/// made at once.
pub(crate) enum PendingDelta {
    Text(TextDelta),
    Reasoning(ReasoningDelta),
    Refusal(RefusalDelta),
    ToolCall(ToolCallDelta),
    Finish(FinishDelta),
    Usage(Usage),
    Other(OtherDelta),
}

impl PendingDelta {
    pub(crate) fn of(py: Python<'_>, texts: &mut Texts, delta: Delta<'_>) -> PyResult<Self> {
        let text = |text: &str| new_str::new(py, text);
        Ok(match delta {
            Delta::Text { choice, text: piece } => Self::Text(TextDelta { text: text(piece)?, choice }),
            Delta::Reasoning { choice, text: piece } => Self::Reasoning(ReasoningDelta { text: text(piece)?, choice }),
            Delta::Refusal { choice, text: piece } => Self::Refusal(RefusalDelta { text: text(piece)?, choice }),
            Delta::ToolCall { choice, index, id, name, arguments } => {
                // Every delta of a call has its id and its name: all of them share one string for each.
                let id = id.map(|id| texts.made(py, choice, Part::Id(index), id)).transpose()?;
                let name = name.map(|name| texts.made(py, choice, Part::Name(index), name)).transpose()?;
                Self::ToolCall(ToolCallDelta { index, id, name, arguments: text(arguments)?, choice })
            }
            Delta::Finish { choice, reason } => Self::Finish(FinishDelta { reason: text(reason)?, choice }),
            Delta::Usage { usage } => Self::Usage(Usage::of(usage)),
            Delta::Other { choice, kind, json } => {
                Self::Other(OtherDelta { kind: text(kind)?, json: json.to_owned(), choice })
            }
        })
    }

    /// The text, if it is choice 0's.
    pub(crate) fn into_text(self) -> Option<Py<PyString>> {
        match self {
            Self::Text(TextDelta { text, choice: 0 }) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn into_object(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(match self {
            Self::Text(delta) => Py::new(py, delta)?.into_any(),
            Self::Reasoning(delta) => Py::new(py, delta)?.into_any(),
            Self::Refusal(delta) => Py::new(py, delta)?.into_any(),
            Self::ToolCall(delta) => Py::new(py, delta)?.into_any(),
            Self::Finish(delta) => Py::new(py, delta)?.into_any(),
            Self::Usage(usage) => Py::new(py, UsageDelta { usage: Py::new(py, usage)?, choice: 0 })?.into_any(),
            Self::Other(delta) => Py::new(py, delta)?.into_any(),
        })
    }
}

/// The Python objects of deltas.
pub(crate) fn objects(py: Python<'_>, deltas: Vec<PyResult<PendingDelta>>) -> PyResult<Vec<Py<PyAny>>> {
    deltas.into_iter().map(|delta| delta?.into_object(py)).collect()
}
