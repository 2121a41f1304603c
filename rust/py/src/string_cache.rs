//! Texts of a snapshot that have been made Python strings.

use std::collections::HashMap;

use pyo3::prelude::*;
use pyo3::types::PyString;
use ssewire_core::{Choice, ToolCall};

use crate::{append_str, new_str};

/// Which text of a choice; the numbers are positions of tool calls.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Content,
    Reasoning,
    Refusal,
    Arguments(usize),
    Id(usize),
    Name(usize),
}

impl Part {
    /// Whether the text never changes except that more is appended.
    fn only_grows(self) -> bool {
        !matches!(self, Self::Id(_) | Self::Name(_))
    }

    /// The text; `None` where there is none.
    pub(crate) fn of(self, choice: &Choice) -> Option<&str> {
        let call = |index: usize| choice.tool_calls().as_slice().get(index);
        match self {
            Self::Content => choice.content(),
            Self::Reasoning => choice.reasoning(),
            Self::Refusal => choice.refusal(),
            Self::Arguments(index) => call(index).map(ToolCall::arguments),
            Self::Id(index) => call(index).and_then(ToolCall::id),
            Self::Name(index) => call(index).and_then(ToolCall::name),
        }
    }
}

/// The strings of one stream, each with the length in bytes that its text had.
#[derive(Default)]
pub(crate) struct Texts(HashMap<(i64, Part), (usize, Py<PyString>)>);

impl Texts {
    /// A text's string. Where the text has grown, its string grows too, in place if nobody else holds it: reading a
    /// text after each of its pieces then takes time in proportion to its length, not to the square of that.
    pub(crate) fn made(&mut self, py: Python<'_>, choice: i64, part: Part, text: &str) -> PyResult<Py<PyString>> {
        let made = match self.0.remove(&(choice, part)) {
            Some((size, made)) if size == text.len() => made,
            Some((size, made)) if part.only_grows() && size < text.len() => {
                let grown = append_str::append(made, new_str::new(py, &text[size..])?.bind(py));
                // It fails only for lack of memory, of which a new string needs less.
                grown.map_or_else(|_| new_str::new(py, text), |grown| Ok(grown.unbind()))?
            }
            _ => new_str::new(py, text)?,
        };
        self.0.insert((choice, part), (text.len(), made.clone_ref(py)));
        Ok(made)
    }
}
