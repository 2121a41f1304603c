//! Messages: their parts are put together by index; the message itself comes whole.
//!
//! What was emitted of a part is its text in the object so far, so that nothing is kept twice. Only where a whole
//! message says something else, the emitted text has to be kept separately, so that a later message can be compared
//! with it.

use std::borrow::Cow;

use super::{indexed, position_of, position_of_delta};
use crate::json::{Object, ObjectWriter, Payload, Raw, Text, quote};
use crate::snapshot::{Append, Delta, MergedObject, Path, PathStep, Sink, Snapshot, Target, beyond, fold_all};

pub(super) const MESSAGES: &str = "messages";

/// The member of the snapshot that keeps what was emitted of parts; no object shows it.
const EMITTED: &str = "said";

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

    /// The member that has the text.
    fn name(self) -> &'static str {
        match self {
            Self::Text => "value",
            Self::Refusal => "refusal",
        }
    }

    /// The path from a part to the object with that member.
    fn owner(self) -> Option<PathStep> {
        match self {
            Self::Text => Some(PathStep::Object("text")),
            Self::Refusal => None,
        }
    }

    /// The text of the choice that it is appended to.
    fn target(self) -> Target {
        match self {
            Self::Text => Target::Content { choice: 0 },
            Self::Refusal => Target::Refusal { choice: 0 },
        }
    }
}

/// The position of a part: its message's, and its own in that.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) message: i64,
    pub(super) part: i64,
}

impl At {
    fn path(self) -> [PathStep; 2] {
        [PathStep::Item(MESSAGES, self.message), PathStep::Item("content", self.part)]
    }

    fn path_to(self, kind: Kind) -> Path {
        self.path().into_iter().chain(kind.owner()).collect()
    }
}

/// A whole message. False where it cannot be read.
pub(super) fn fold(snapshot: &mut Snapshot, message: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let position = position_of(snapshot, MESSAGES, message);
    if let Some(role) = message.get("role").and_then(Raw::str) {
        snapshot.choice(0).set_role(&role, out);
    }
    let emitted = KINDS.map(|kind| emitted_of(snapshot, position, kind));
    let known = Others::of(snapshot.fields.item(MESSAGES, position));
    snapshot.fields.replace_item(MESSAGES, position, message);
    let content = message.get("content").map(normalized).unwrap_or_default();
    if matches!(content, Cow::Owned(_)) {
        snapshot.fields.item(MESSAGES, position).set("content", &content);
    }
    let Ok(content) = Payload::parse(&content) else { return true };
    let parts: Vec<_> = content.raw().objects().into_iter().map(Raw::object).collect();
    for (kind, emitted) in KINDS.into_iter().zip(emitted) {
        emit_rest(snapshot, position, kind, emitted, &parts, out);
    }
    emit_others(&parts, &known, out);
    content.raw().items().into_iter().all(is_readable)
}

/// The path to what was emitted of a message, kept where the object says something else.
fn path_to_emitted(message: i64) -> Path {
    [PathStep::Object(EMITTED), PathStep::Item(MESSAGES, message)].into()
}

/// What was emitted of a message, part by part.
fn emitted_of(snapshot: &mut Snapshot, message: i64, kind: Kind) -> Vec<String> {
    let emitted =
        snapshot.fields.find(&path_to_emitted(message)).map(|emitted| emitted.indexes(kind.name())).unwrap_or_default();
    if !emitted.is_empty() {
        let texts = snapshot.fields.at(&path_to_emitted(message));
        return emitted.into_iter().map(|part| texts.item(kind.name(), part).text(EMITTED).to_owned()).collect();
    }
    let old = snapshot.fields.item(MESSAGES, message);
    old.take_apart("content");
    let parts = old.indexes("content");
    let text = |part| snapshot.fields.at(&At { message, part }.path_to(kind)).text(kind.name()).to_owned();
    parts.into_iter().map(text).collect()
}

/// Emits what the parts of a whole message have beyond what was emitted of it.
fn emit_rest(
    snapshot: &mut Snapshot,
    message: i64,
    kind: Kind,
    mut emitted: Vec<String>,
    parts: &[Object<'_>],
    out: &mut Sink<'_>,
) {
    let said = |part: &Object<'_>| kind.of(part).and_then(Raw::str).unwrap_or_default().into_owned();
    let whole: Vec<_> = parts.iter().map(said).collect();
    if parts.iter().any(|part| kind.of(part).is_some()) {
        // Even by "": then there is a text, if an empty one.
        snapshot.append(&kind.target(), &Text::default(), out);
    }
    let rests = beyond(&emitted, &whole);
    if !rests.is_empty() {
        snapshot.forget_half(&kind.target());
    }
    for (part, rest) in rests {
        snapshot.append(&kind.target(), &Text::from(rest.as_str()), out);
        emitted.resize(emitted.len().max(part + 1), String::new());
        emitted[part].push_str(&rest);
    }
    keep_emitted(snapshot, message, kind, &emitted, &whole);
}

/// Keeps what was emitted of a message if the object says something else; otherwise expects its pieces to repeat the
/// object's text.
fn keep_emitted(snapshot: &mut Snapshot, message: i64, kind: Kind, emitted: &[String], whole: &[String]) {
    if emitted.concat() == whole.concat() {
        if snapshot.fields.find(&path_to_emitted(message)).is_some() {
            snapshot.fields.at(&path_to_emitted(message)).remove(kind.name());
        }
        for part in (0..).zip(whole).filter(|(_, text)| !text.is_empty()).map(|(part, _)| part) {
            let owner = snapshot.fields.at(&At { message, part }.path_to(kind));
            owner.append(kind.name(), &Text::default());
            owner.announce(kind.name());
        }
        return;
    }
    let kept = snapshot.fields.at(&path_to_emitted(message));
    for (part, text) in (0..).zip(emitted) {
        kept.item(kind.name(), part).set(EMITTED, quote(text));
    }
}

/// How many parts and annotations of a message are no text.
struct Others {
    parts: usize,
    annotations: usize,
}

impl Others {
    fn of(message: &MergedObject) -> Self {
        let content = message.json_of("content").unwrap_or_default();
        let content = Payload::parse(&content);
        let parts = content.as_ref().map(|content| content.raw().objects()).unwrap_or_default();
        let parts: Vec<_> = parts.into_iter().map(Raw::object).collect();
        let annotations = parts.iter().map(|part| annotations(part).len()).sum();
        Self { parts: parts.iter().filter(|part| other_kind(part).is_some()).count(), annotations }
    }
}

fn annotations<'a>(part: &Object<'a>) -> Vec<Raw<'a>> {
    part.child("text").get("annotations").map(Raw::objects).unwrap_or_default()
}

/// Emits what only the whole message has, besides its texts.
fn emit_others(parts: &[Object<'_>], known: &Others, out: &mut Sink<'_>) {
    for annotation in parts.iter().flat_map(annotations).skip(known.annotations) {
        emit("citation", annotation, out);
    }
    for (kind, part) in parts.iter().filter_map(|part| Some((other_kind(part)?, part))).skip(known.parts) {
        emit(&kind, part.raw(), out);
    }
}

fn emit(kind: &str, value: Raw<'_>, out: &mut Sink<'_>) {
    out(Delta::Other { choice: 0, kind, json: value.as_str() });
}

/// The kind that a part is emitted as, if it is no text.
fn other_kind<'a>(part: &Object<'a>) -> Option<Cow<'a, str>> {
    let kind = part.str("type");
    match kind.as_ref() {
        "" | "text" | "refusal" => None,
        "image_file" | "image_url" => Some("image".into()),
        _ => Some(kind),
    }
}

/// A content as the API has it: a list of parts, whose texts are objects with a value.
fn normalized(content: Raw<'_>) -> Cow<'_, str> {
    let parts = if content.is_array() { content.items() } else { vec![content] };
    let is_odd = |part: &Raw<'_>| text_of(*part).is_some();
    if content.is_array() && !parts.iter().any(is_odd) {
        return content.as_str().into();
    }
    let parts: Vec<_> = parts.into_iter().map(normalized_part).collect();
    format!("[{}]", parts.join(",")).into()
}

/// The text in place of a part, or of the object with its value.
fn text_of(part: Raw<'_>) -> Option<Text<'_>> {
    if part.is_object() { part.object().get("text")?.scalar() } else { part.scalar() }
}

fn normalized_part(part: Raw<'_>) -> String {
    if text_of(part).is_none() {
        return part.as_str().to_owned();
    }
    let value = if part.is_object() { part.object().get("text").unwrap_or_default() } else { part };
    let value = if value.text().is_some() { value.as_str().to_owned() } else { quote(value.as_str()) };
    let mut out = String::new();
    let mut object = ObjectWriter::new(&mut out);
    if part.object().get("type").is_none() {
        object.json("type", "\"text\"");
    }
    for (name, value) in part.object().iter().filter(|(name, _)| *name != "text") {
        object.json(name, value.as_str());
    }
    object.json("text", &format!("{{\"value\":{value},\"annotations\":[]}}"));
    object.end();
    out
}

/// Whether a part is an object, and its texts can be read.
fn is_readable(part: Raw<'_>) -> bool {
    let part_is = part.is_object();
    let part = part.object();
    part_is && KINDS.iter().all(|kind| kind.of(&part).is_none_or(|text| text.scalar().is_some()))
}

/// More of a message. False where it cannot be read.
pub(super) fn fold_delta(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let message = position_of_delta(snapshot, MESSAGES, "thread.message", payload);
    let delta = payload.child("delta");
    if let Some(role) = delta.get("role").and_then(Raw::str) {
        snapshot.choice(0).set_role(&role, out);
    }
    let kept = snapshot.fields.item(MESSAGES, message);
    kept.keep_all(&delta, &["content"]);
    if !kept.contains("content") {
        kept.set("content", "[]");
    }
    let content = delta.get("content").map_or("[]".into(), normalized);
    let Ok(content) = Payload::parse(&content) else { return false };
    for (part, item) in indexed(content.raw().objects()) {
        fold_part(snapshot, At { message, part }, &item, out);
    }
    delta.raw().is_object() && content.raw().items().into_iter().all(is_readable)
}

/// What a piece of a part is appended to.
pub(super) fn appends<'a>(snapshot: &Snapshot, at: At, part: &Object<'a>) -> Vec<Append<'a>> {
    let append = |kind: Kind| {
        let name = kind.name();
        let mut targets = vec![kind.target(), Target::Member { path: at.path_to(kind), name }];
        let emitted = path_to_emitted(at.message);
        if snapshot.fields.find(&emitted).is_some_and(|emitted| !emitted.indexes(name).is_empty()) {
            targets.push(Target::Member { path: emitted.to([PathStep::Item(name, at.part)]), name: EMITTED });
        }
        Some(Append { text: kind.of(part)?, targets })
    };
    KINDS.into_iter().filter_map(append).collect()
}

fn fold_part(snapshot: &mut Snapshot, at: At, part: &Object<'_>, out: &mut Sink<'_>) {
    let text = part.child("text");
    let kept = snapshot.fields.at(&at.path());
    kept.keep_all(part, &["index", "text", "refusal"]);
    if text.raw().is_object() {
        let kept = kept.object("text");
        kept.append("value", &Text::from(""));
        if !kept.contains("annotations") {
            kept.set("annotations", "[]");
        }
        kept.keep_all(&text, &["value", "annotations"]);
    }
    fold_all(appends(snapshot, at, part), snapshot, out);
    for annotation in annotations(part) {
        snapshot.fields.at(&at.path_to(Kind::Text)).push("annotations", annotation);
        emit("citation", annotation, out);
    }
    if let Some(kind) = other_kind(part) {
        emit(&kind, part.raw(), out);
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
        assert_eq!(
            folded.emitted,
            ["text b", "citation {\"index\":0}", "refusal a", "text c", &format!("image {image}")]
        );
        let content = r#"[{"type":"refusal","refusal":"a"},{"type":"text","text":{"value":"bc","annotations":[{"index":0}]}},{"type":"image_file","image_file":{"file_id":"f"}}]"#;
        let message = format!(r#"{{"id":"m","object":"thread.message","content":{content}}}"#);
        assert_eq!(folded.object(), format!(r#"{{"run":null,"steps":[],"messages":[{message}]}}"#));
    }

    #[test]
    fn a_whole_message_adds_what_its_pieces_lack() {
        let folded = fold(&[text("a"), whole("ab"), whole("ab"), whole("abc"), text("d")]);
        assert_eq!(folded.emitted, ["text a", "role \"assistant\"", "text b", "text c", "text d"]);
        assert!(folded.object().contains(r#""value":"abcd""#));
    }

    #[test]
    fn half_a_character_is_whole_in_a_whole_message() {
        let folded = fold(&[text("a\\ud83d"), whole("a\\ud83d\\ude00")]);
        assert_eq!(folded.emitted, ["text a", "role \"assistant\"", "text 😀"]);
    }

    #[test]
    fn where_it_contradicts_them_what_was_emitted_stays() {
        let none = whole("x").replace(r#"{"type":"text","text":{"value":"x","annotations":[]}}"#, "");
        let folded = fold(&[text("a"), whole("x"), none, text("b"), whole("xy"), whole("abc")]);
        assert_eq!(folded.emitted, ["text a", "role \"assistant\"", "text b", "text c"]);
        assert!(folded.object().contains(r#""value":"abc""#));
    }
}
