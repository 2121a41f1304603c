//! The kinds of messages.

use super::MESSAGES;
use crate::snapshot::{Path, PathStep, Target};

/// What a message has, and under which name. Text and reasoning are found separately, since some servers give a text
/// the id of the reasoning before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Text,
    Reasoning,
    /// Reasoning by the protocol's older name.
    Thinking,
    /// Reasoning in the steps of an agent, as older servers have it.
    Step,
}

/// The kinds that are reasoning.
pub(super) const REASONINGS: [Kind; 3] = [Kind::Reasoning, Kind::Thinking, Kind::Step];

/// The path to a message.
pub(super) fn path(position: i64) -> Path {
    [PathStep::Item(MESSAGES, position)].into()
}

impl Kind {
    /// The kind of message that an event is of, and the stage of the event.
    pub(super) fn of(event: &str) -> Option<(Self, &str)> {
        [
            ("TEXT_MESSAGE_", Self::Text),
            ("REASONING_MESSAGE_", Self::Reasoning),
            ("THINKING_TEXT_MESSAGE_", Self::Thinking),
        ]
        .iter()
        .find_map(|(prefix, kind)| Some((*kind, event.strip_prefix(prefix)?)))
        .filter(|(_, stage)| matches!(*stage, "START" | "CONTENT" | "END" | "CHUNK"))
    }

    /// The kind of a snapshot's message, by its role; `None` if it has no text of the run.
    pub(super) fn of_role(role: &str) -> Option<Self> {
        match role {
            "tool" | "activity" => None,
            "reasoning" => Some(Self::Reasoning),
            _ => Some(Self::Text),
        }
    }

    /// The role of a message that does not state one.
    pub(super) fn role(self) -> &'static str {
        if self == Self::Text { "assistant" } else { "reasoning" }
    }

    /// The text of the choice that its text is appended to.
    pub(super) fn target(self) -> Target {
        if self == Self::Text { Target::Content { choice: 0 } } else { Target::Reasoning { choice: 0 } }
    }
}

/// The text of a message.
pub(super) fn content_at(position: i64) -> Target {
    Target::Member { path: path(position), name: "content" }
}
