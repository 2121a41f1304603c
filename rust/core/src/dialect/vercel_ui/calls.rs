//! Which call a part of a whole message is: some providers' ids come again, so that an id alone does not decide.

use std::collections::{HashMap, VecDeque};

use super::Snapshot;

/// The calls that no part of a whole message was matched with yet, by their ids, in their order.
pub(super) struct Calls(HashMap<String, VecDeque<usize>>);

impl Calls {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let mut calls = HashMap::<_, VecDeque<_>>::new();
        let known = snapshot.choices.get(&0).map(|choice| choice.tool_calls.as_slice()).unwrap_or_default();
        for (position, call) in known.iter().enumerate() {
            calls.entry(call.id().unwrap_or_default().to_owned()).or_default().push_back(position);
        }
        Self(calls)
    }

    /// Takes the first of the calls with that id.
    pub(super) fn take(&mut self, id: &str) -> Option<usize> {
        self.0.get_mut(id).filter(|_| !id.is_empty())?.pop_front()
    }
}
