//! Texts of a snapshot that Python has as strings.

use std::collections::HashMap;

use pyo3::prelude::*;
use pyo3::types::PyString;
use ssewire_core::{Choice, ToolCall};

use crate::new_str;

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

/// The strings of one stream, each with the length in bytes that its text had: texts only grow.
#[derive(Default)]
pub(crate) struct Texts(HashMap<(i64, Part), (usize, Py<PyString>)>);

impl Texts {
    /// A text's string: made once, and again only when it has grown.
    pub(crate) fn made(&mut self, py: Python<'_>, choice: i64, part: Part, text: &str) -> Py<PyString> {
        match self.0.get(&(choice, part)) {
            Some((size, made)) if *size == text.len() => made.clone_ref(py),
            _ => {
                let made = new_str::new(py, text);
                self.0.insert((choice, part), (text.len(), made.clone_ref(py)));
                made
            }
        }
    }
}
