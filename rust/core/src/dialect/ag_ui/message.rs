//! Messages of text, and of reasoning.

use super::{MESSAGES, OF_EVENT, Object, Raw, Sink, Snapshot, growth};
use crate::json::quote;
use crate::snapshot::{Fields, In, Lists, Place};

/// The members of events that the rules name.
const RULED: [&str; 7] = ["messageId", "role", "delta", "id", "content", "toolCalls", "error"];

/// What a message holds. Some servers give a text the id of the reasoning before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Reasoning,
    /// What a tool gave back, which comes whole.
    Result,
}

/// The way to a message.
pub(super) fn way(position: i64) -> Vec<In> {
    vec![In::Item(MESSAGES, position)]
}

impl Kind {
    /// The kind of message that an event is of, and what it says of it.
    pub(super) fn of(event: &str) -> Option<(Self, &str)> {
        [
            ("TEXT_MESSAGE_", Self::Text),
            ("REASONING_MESSAGE_", Self::Reasoning),
            ("THINKING_TEXT_MESSAGE_", Self::Reasoning),
        ]
        .iter()
        .find_map(|(prefix, kind)| Some((*kind, event.strip_prefix(prefix)?)))
        .filter(|(_, stage)| matches!(*stage, "START" | "CONTENT" | "END" | "CHUNK"))
    }

    /// What the message with that id is found by; without an id, the last of the kind.
    pub(super) fn key(self, id: &str) -> String {
        format!("{} {id}", self.name())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Reasoning => "reasoning",
            Self::Result => "result",
        }
    }

    /// The kind of a message that comes whole.
    pub(super) fn of_role(role: &str) -> Self {
        match role {
            "reasoning" => Self::Reasoning,
            "tool" => Self::Result,
            _ => Self::Text,
        }
    }

    /// The role of a message that does not tell its own.
    fn role(self) -> &'static str {
        match self {
            Self::Text => "assistant",
            Self::Reasoning => "reasoning",
            Self::Result => "tool",
        }
    }

    pub(super) fn find(self, snapshot: &Snapshot, id: &str) -> Option<i64> {
        snapshot.places.get(&self.key(id)).copied()
    }

    /// What grows by a piece.
    pub(super) fn places(self, snapshot: &Snapshot, payload: &Object<'_>) -> Option<Vec<Place>> {
        let way = way(self.find(snapshot, &payload.str("messageId"))?);
        let seen = match self {
            Self::Text => Place::Content { choice: 0 },
            Self::Reasoning => Place::Reasoning { choice: 0 },
            Self::Result => return None,
        };
        Some(vec![seen, Place::Member { way, name: "content" }])
    }
}

/// False where the event is not of a message.
pub(super) fn fold(snapshot: &mut Snapshot, event: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let Some((kind, stage)) = Kind::of(event) else { return false };
    let id = payload.str("messageId");
    // A start without an id is of a message that has none.
    let known = kind.find(snapshot, &id).filter(|_| stage != "START" || !id.is_empty());
    let position = match known {
        None if stage == "END" => return true,
        None if kind == Kind::Text => add(snapshot, kind, &id, &payload.str("role")),
        None => add(snapshot, kind, &id, ""),
        Some(position) => position,
    };
    // Pieces of a message that is there already must change nothing else: so they do not make it the last.
    if matches!(stage, "START" | "CHUNK") || known.is_none() {
        snapshot.places.insert(kind.key(""), position);
    }
    let role = payload.str("role");
    if kind == Kind::Text && !role.is_empty() {
        snapshot.choice(0).set_role(&role, out);
    }
    let message = snapshot.fields.at(&way(position));
    if !message.contains("content") {
        message.set("content", quote(""));
    }
    keep(message, payload, &RULED);
    let grows = matches!(stage, "CONTENT" | "CHUNK");
    if let Some((growth, _)) = growth(snapshot, event, payload).filter(|_| grows) {
        growth.fold(snapshot, out);
    }
    true
}

/// Makes a message; returns its place.
pub(super) fn add(snapshot: &mut Snapshot, kind: Kind, id: &str, role: &str) -> i64 {
    let position = snapshot.fields.next_index(MESSAGES);
    snapshot.fields.item(MESSAGES, position).set("id", quote(id));
    if !id.is_empty() {
        snapshot.places.insert(kind.key(id), position);
    }
    let message = snapshot.fields.item(MESSAGES, position);
    message.set("role", quote(if role.is_empty() { kind.role() } else { role }));
    position
}

/// Keeps the members that no rule names.
pub(super) fn keep(fields: &mut Fields, payload: &Object<'_>, ruled: &[&str]) {
    let others = payload.iter().filter(|(name, _)| !OF_EVENT.contains(name) && !ruled.contains(name));
    for (name, value) in others.filter(|(_, value): &(&str, Raw<'_>)| !value.is_null()) {
        fields.merge(name, value, Lists::Replace);
    }
}
