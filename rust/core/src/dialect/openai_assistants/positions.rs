//! The positions of the messages and steps of a run in their lists, and of the calls in their steps.

use std::collections::HashMap;

use crate::snapshot::DialectState;

/// The list of the steps in the object.
pub(super) const STEPS: &str = "steps";

/// The position of a call: its step's, and its own in that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct At {
    pub(super) step: i64,
    pub(super) call: i64,
}

/// Positions by id; the one without an id has the key "".
pub(super) type Ids = HashMap<String, i64>;

#[derive(Clone, Debug, Default)]
pub(super) struct Positions {
    pub(super) messages: Ids,
    pub(super) steps: Ids,
    /// Calls by their step and id.
    pub(super) calls_by_id: HashMap<(i64, String), i64>,
    /// The last call of each step and index.
    pub(super) calls_by_index: HashMap<(i64, i64), i64>,
    /// Which of the choice's tool calls each function call is.
    pub(super) tool_calls: HashMap<At, usize>,
}

impl DialectState for Positions {
    fn boxed_clone(&self) -> Box<dyn DialectState> {
        Box::new(self.clone())
    }
}

impl Positions {
    /// The positions in one of the two lists.
    pub(super) fn of(&mut self, list: &str) -> &mut Ids {
        if list == STEPS { &mut self.steps } else { &mut self.messages }
    }
}
