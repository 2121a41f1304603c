//! What is known of a message's parts, in addition to what is in the object.

use std::collections::HashMap;

use super::{PARTS, Snapshot};
use crate::snapshot::DialectState;

/// Parts by their ids.
type Ids = HashMap<String, i64>;

/// The parts of a message, by their numbers in the object.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    /// The number of the next part.
    pub(super) next: i64,
    /// The part that the last step began with.
    pub(super) last_step: Option<i64>,
    /// A whole message came after its stream.
    pub(super) came_whole: bool,
    /// The texts that have started and not ended, of each kind.
    started: [Ids; 2],
    /// The texts of this step that may continue, though they never started.
    unstarted: [Ids; 2],
    /// Data by type and id.
    pub(super) data: HashMap<(String, String), i64>,
    /// Tools by the ids of their calls.
    pub(super) tools: Ids,
    /// The position among the tool calls of each part of a whole message whose call had streamed under another number.
    pub(super) calls: HashMap<i64, usize>,
}

impl DialectState for Parts {
    fn boxed_clone(&self) -> Box<dyn DialectState> {
        Box::new(self.clone())
    }
}

/// Which of the two kinds of text a part has.
fn kind_of(part: &str) -> usize {
    usize::from(part == "reasoning")
}

impl Parts {
    /// The part that a look-up finds, if it was not dropped.
    fn find(snapshot: &Snapshot, look_up: impl FnOnce(&Self) -> Option<i64>) -> Option<i64> {
        look_up(snapshot.state.get()?).filter(|position| snapshot.fields.has_item(PARTS, *position))
    }

    /// The open text of that kind and id; one that has started counts before one that never did.
    pub(super) fn find_text(snapshot: &Snapshot, part: &str, id: &str) -> Option<i64> {
        let started = Self::find(snapshot, |parts| parts.started[kind_of(part)].get(id).copied());
        started.or_else(|| Self::find(snapshot, |parts| parts.unstarted[kind_of(part)].get(id).copied()))
    }

    pub(super) fn find_data(snapshot: &Snapshot, key: &(String, String)) -> Option<i64> {
        Self::find(snapshot, |parts| parts.data.get(key).copied())
    }

    pub(super) fn find_tool(snapshot: &Snapshot, id: &str) -> Option<i64> {
        Self::find(snapshot, |parts| parts.tools.get(id).copied())
    }

    pub(super) fn add_text(&mut self, part: &str, id: &str, started: bool, position: i64) {
        let texts = if started { &mut self.started } else { &mut self.unstarted };
        texts[kind_of(part)].insert(id.to_owned(), position);
    }

    pub(super) fn end_text(&mut self, part: &str, id: &str) {
        for texts in [&mut self.started, &mut self.unstarted] {
            texts[kind_of(part)].remove(id);
        }
    }

    /// Ends the step, and with it the texts that never started.
    pub(super) fn end_step(&mut self) {
        self.unstarted = Default::default();
    }
}
