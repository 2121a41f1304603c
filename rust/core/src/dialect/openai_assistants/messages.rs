//! Messages: their parts are put together by index; the message itself is whole.
//!
//! What was told of a part is its text in the object so far. Only where a whole message says something else does the told text
//! have to be kept beside it, so that a later one can go on from there.

use super::{indexed, place, place_of_delta};
use crate::json::{Object, Raw, Text};
use crate::snapshot::{Delta, Growth, In, Place, Sink, Snapshot, fold_all};

pub(super) const MESSAGES: &str = "messages";

/// The member of the snapshot's own, which no object shows, that keeps what was told of parts.
const TOLD: &str = "told";

/// The texts that a part may have.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Refusal,
}

const KINDS: [Kind; 2] = [Kind::Text, Kind::Refusal];

impl Kind {
    fn of<'a>(self, part: &Object<'a>) -> Option<Raw<'a>> {
        match self {
            Self::Text => part.child("text").get("value"),
            Self::Refusal => part.get("refusal"),
        }
    }

    /// The member that the text is.
    fn name(self) -> &'static str {
        match self {
            Self::Text => "value",
            Self::Refusal => "refusal",
        }
    }

    /// The way from a part to the object with that member.
    fn owner(self) -> Option<In> {
        match self {
            Self::Text => Some(In::Object("text")),
            Self::Refusal => None,
        }
    }

    /// Where it is seen.
    fn seen(self) -> Place {
        match self {
            Self::Text => Place::Content { choice: 0 },
            Self::Refusal => Place::Refusal { choice: 0 },
        }
    }
}

/// A part's place: its message's, and its own in that.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) message: i64,
    pub(super) part: i64,
}

impl At {
    fn way(self) -> [In; 2] {
        [In::Item(MESSAGES, self.message), In::Item("content", self.part)]
    }

    fn way_to(self, kind: Kind) -> Vec<In> {
        self.way().into_iter().chain(kind.owner()).collect()
    }

    fn way_to_told(self) -> Vec<In> {
        [In::Object(TOLD)].into_iter().chain(self.way()).collect()
    }
}

/// A message as it is by now.
pub(super) fn fold(snapshot: &mut Snapshot, message: &Object<'_>, out: &mut Sink<'_>) {
    let position = place(snapshot, MESSAGES, message);
    if let Some(role) = message.get("role").and_then(Raw::str) {
        snapshot.choice(0).set_role(&role, out);
    }
    let old = snapshot.fields.item(MESSAGES, position);
    old.take_apart("content");
    for part in old.indexes("content") {
        set_aside(snapshot, At { message: position, part });
    }
    snapshot.fields.replace_item(MESSAGES, position, message);
    let parts = message.get("content").map(Raw::items).unwrap_or_default();
    for (part, item) in (0..).zip(parts).filter(|(_, item)| item.is_object()) {
        let item = item.object();
        for kind in KINDS {
            tell_rest(snapshot, At { message: position, part }, kind, kind.of(&item), out);
        }
    }
}

/// Keeps what was told of a part that is about to be replaced.
fn set_aside(snapshot: &mut Snapshot, at: At) {
    for kind in KINDS {
        let known = snapshot.fields.find(&at.way_to_told()).is_some_and(|told| told.contains(kind.name()));
        let text = snapshot.fields.at(&at.way_to(kind)).text(kind.name());
        if !known && !text.is_empty() {
            let text = text.to_owned();
            snapshot.fields.at(&at.way_to_told()).append(kind.name(), &Text::from(text.as_str()));
        }
    }
}

/// Tells what a part that is whole has beyond what was told of it.
fn tell_rest(snapshot: &mut Snapshot, at: At, kind: Kind, whole: Option<Raw<'_>>, out: &mut Sink<'_>) {
    let Some(whole) = whole.and_then(Raw::str) else { return };
    let mut rest = whole.as_ref();
    let seen = kind.seen();
    if snapshot.fields.find(&at.way_to_told()).is_some() {
        let told = snapshot.fields.at(&at.way_to_told());
        let Some(beyond) = rest.strip_prefix(told.text(kind.name())) else { return };
        rest = beyond;
        // Now the object has it.
        told.remove(kind.name());
        snapshot.forget_half(&seen);
    }
    // By "" too: then there is a text, if an empty one.
    snapshot.grow(&seen, &Text::from(rest), out);
}

/// More of a message.
pub(super) fn fold_delta(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let message = place_of_delta(snapshot, MESSAGES, "thread.message", payload);
    let delta = payload.child("delta");
    if let Some(role) = delta.get("role").and_then(Raw::str) {
        snapshot.choice(0).set_role(&role, out);
    }
    let kept = snapshot.fields.item(MESSAGES, message);
    kept.keep_all(&delta, &["content"]);
    if !kept.contains("content") {
        kept.set("content", "[]");
    }
    for (part, item) in indexed(&delta, "content") {
        fold_part(snapshot, At { message, part }, &item, out);
    }
}

/// What grows by a piece of a part.
pub(super) fn growths<'a>(snapshot: &Snapshot, at: At, part: &Object<'a>) -> Vec<Growth<'a>> {
    let growth = |kind: Kind| {
        let name = kind.name();
        let mut places = vec![kind.seen(), Place::Member { way: at.way_to(kind), name }];
        let told = at.way_to_told();
        if snapshot.fields.find(&told).is_some_and(|told| told.contains(name)) {
            places.push(Place::Member { way: told, name });
        }
        Some(Growth { text: kind.of(part)?, places })
    };
    KINDS.into_iter().filter_map(growth).collect()
}

fn fold_part(snapshot: &mut Snapshot, at: At, part: &Object<'_>, out: &mut Sink<'_>) {
    let text = part.child("text");
    let kept = snapshot.fields.at(&at.way());
    kept.keep_all(part, &["index", "text", "refusal"]);
    if text.raw().is_object() {
        let kept = kept.object("text");
        kept.append("value", &Text::from(""));
        if !kept.contains("annotations") {
            kept.set("annotations", "[]");
        }
        kept.keep_all(&text, &["value", "annotations"]);
    }
    fold_all(growths(snapshot, at, part), snapshot, out);
    for annotation in text.get("annotations").map(Raw::objects).unwrap_or_default() {
        snapshot.fields.at(&at.way_to(Kind::Text)).push("annotations", annotation);
        out(Delta::Other { choice: 0, kind: "citation", json: annotation.as_str() });
    }
    match part.str("type").as_ref() {
        "" | "text" | "refusal" => {}
        "image_file" | "image_url" => out(Delta::Other { choice: 0, kind: "image", json: part.raw().as_str() }),
        kind => out(Delta::Other { choice: 0, kind, json: part.raw().as_str() }),
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::folded::{Folded, folded};

    fn fold(payloads: &[String]) -> Folded {
        folded("openai-assistants", &payloads.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn delta(content: &str) -> String {
        format!(r#"{{"object":"thread.message.delta","id":"m","delta":{{"content":[{content}]}}}}"#)
    }

    fn text(piece: &str) -> String {
        delta(&format!(r#"{{"index":0,"type":"text","text":{{"value":"{piece}"}}}}"#))
    }

    fn whole(text: &str) -> String {
        let content = format!(r#"[{{"type":"text","text":{{"value":"{text}","annotations":[]}}}}]"#);
        format!(r#"{{"object":"thread.message","id":"m","role":"assistant","content":{content}}}"#)
    }

    #[test]
    fn parts_are_put_together_by_index() {
        let folded = fold(&[
            delta(r#"{"index":1,"type":"text","text":{"value":"b","annotations":[{"index":0}]}}"#),
            delta(r#"{"index":0,"type":"refusal","refusal":"a"},{"index":1,"type":"text","text":{"value":"c"}}"#),
            delta(r#"{"index":2,"type":"image_file","image_file":{"file_id":"f"}}"#),
        ]);
        let image = r#"{"index":2,"type":"image_file","image_file":{"file_id":"f"}}"#;
        assert_eq!(folded.told, ["text b", "citation {\"index\":0}", "refusal a", "text c", &format!("image {image}")]);
        let content = r#"[{"type":"refusal","refusal":"a"},{"type":"text","text":{"value":"bc","annotations":[{"index":0}]}},{"type":"image_file","image_file":{"file_id":"f"}}]"#;
        let message = format!(r#"{{"id":"m","object":"thread.message","content":{content}}}"#);
        assert_eq!(folded.object(), format!(r#"{{"run":null,"steps":[],"messages":[{message}]}}"#));
    }

    #[test]
    fn a_whole_message_tells_what_its_pieces_lack() {
        let folded = fold(&[text("a"), whole("ab"), whole("ab"), whole("abc"), text("d")]);
        assert_eq!(folded.told, ["text a", "role \"assistant\"", "text b", "text c", "text d"]);
        assert!(folded.object().contains(r#""value":"abcd""#));
    }

    #[test]
    fn half_a_character_is_whole_in_a_whole_message() {
        let folded = fold(&[text("a\\ud83d"), whole("a\\ud83d\\ude00")]);
        assert_eq!(folded.told, ["text a", "role \"assistant\"", "text 😀"]);
    }

    #[test]
    fn where_it_contradicts_them_what_was_told_stands() {
        let none = whole("x").replace(r#"{"type":"text","text":{"value":"x","annotations":[]}}"#, "");
        let folded = fold(&[text("a"), whole("x"), none, text("b"), whole("xy"), whole("abc")]);
        assert_eq!(folded.told, ["text a", "role \"assistant\"", "text b", "text c"]);
        assert!(folded.object().contains(r#""value":"abc""#));
    }
}
