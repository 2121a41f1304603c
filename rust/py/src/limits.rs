//! What a caller chooses of an accumulator: a dialect, and limits, which are a positive number, or None for no limit.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyInt;
use ssewire_core::{
    Accumulator, AccumulatorBuilder, DEFAULT_MAX_CHOICES, DEFAULT_MAX_EVENT_SIZE, DEFAULT_MAX_TOOL_CALLS, Dialect,
};

/// The arguments, and what they count.
const ARGUMENTS: [(&str, &str); 4] = [
    ("max_event_size", "number of bytes"),
    ("max_total_size", "number of bytes"),
    ("max_choices", "number"),
    ("max_tool_calls", "number"),
];

/// One of the limits; `None` for no limit.
pub(crate) struct Limit<const ARGUMENT: usize>(pub(crate) Option<usize>);

pub(crate) type EventSize = Limit<0>;
pub(crate) type TotalSize = Limit<1>;
pub(crate) type Choices = Limit<2>;
pub(crate) type ToolCalls = Limit<3>;

impl EventSize {
    pub(crate) const DEFAULT: Self = Self(Some(DEFAULT_MAX_EVENT_SIZE));
}

impl TotalSize {
    pub(crate) const DEFAULT: Self = Self(None);
}

impl Choices {
    pub(crate) const DEFAULT: Self = Self(Some(DEFAULT_MAX_CHOICES));
}

impl ToolCalls {
    pub(crate) const DEFAULT: Self = Self(Some(DEFAULT_MAX_TOOL_CALLS));
}

impl<const ARGUMENT: usize> FromPyObject<'_, '_> for Limit<ARGUMENT> {
    type Error = PyErr;

    fn extract(limit: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if limit.is_none() {
            return Ok(Self(None));
        }
        // More than any machine's memory holds is as good as no limit.
        let limit = limit.cast::<PyInt>()?;
        if limit.gt(0)? {
            return Ok(Self(Some(limit.extract().unwrap_or(usize::MAX))));
        }
        let (name, what) = ARGUMENTS[ARGUMENT];
        Err(PyValueError::new_err(format!("{name}: expected a positive {what} or None, got {}", &*limit)))
    }
}

/// What makes the accumulators that a caller asks for.
///
/// # Errors
/// `ValueError` where the dialect is not known.
pub(crate) fn builder(
    dialect: Option<&str>,
    max_event_size: EventSize,
    max_total_size: TotalSize,
    max_choices: Choices,
    max_tool_calls: ToolCalls,
) -> PyResult<AccumulatorBuilder> {
    let dialect = dialect.map(str::parse::<Dialect>).transpose();
    Ok(Accumulator::builder()
        .dialect(dialect.map_err(|error| PyValueError::new_err(error.to_string()))?)
        .max_event_size(max_event_size.0)
        .max_total_size(max_total_size.0)
        .max_choices(max_choices.0)
        .max_tool_calls(max_tool_calls.0))
}
