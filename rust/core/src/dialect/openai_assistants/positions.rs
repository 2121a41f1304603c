//! Where the messages and the steps of a run are in their lists, and the calls in their steps.

use std::collections::HashMap;

use super::steps::{At, STEPS};
use crate::snapshot::DialectState;

/// Positions by id; by "", that of the one without an id.
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
    /// Those of one of the two lists.
    pub(super) fn of(&mut self, list: &str) -> &mut Ids {
        if list == STEPS { &mut self.steps } else { &mut self.messages }
    }
}
