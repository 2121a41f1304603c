//! Messages of text, and of reasoning.

use super::kind::{Kind, content_at, path};
use super::runs::Runs;
use super::{MESSAGES, OF_EVENT, Object, Raw, Sink, Snapshot, again, next};
use crate::json::{Text, quote};
use crate::snapshot::{Lists, MergedObject, Overlap, Target, overlap};

/// The members of events that the rules name.
const RULED: [&str; 8] = ["messageId", "role", "delta", "id", "content", "toolCalls", "error", "stepId"];

/// Folds an event of a message; false where it is none, or its text cannot be read.
pub(super) fn fold(snapshot: &mut Snapshot, event: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let step = event == "STEP_FINISHED" && payload.get("stepId").is_some();
    let Some((kind, stage)) = Kind::of(event).or(Some((Kind::Step, "CONTENT")).filter(|_| step)) else { return false };
    let id = payload.id(if kind == Kind::Step { "stepId" } else { "messageId" });
    // A start without an id begins a message that has none.
    let known = kind.find(snapshot, &id).filter(|_| stage != "START" || !id.is_empty());
    let Ok(text) = read(snapshot, known, payload) else { return false };
    match (known, &text) {
        (None, None) if kind == Kind::Step => return false,
        (None, None) if stage == "END" => return true,
        _ => {}
    }
    let role = payload.str("role");
    let position = known.unwrap_or_else(|| add(snapshot, kind, &id, if kind == Kind::Text { &role } else { "" }));
    // A piece of a known message must change nothing else: it does not make the message the last.
    let last = matches!(stage, "START" | "CHUNK") || known.is_none();
    if last {
        snapshot.state.get_mut::<Runs>().put_message(Some(kind), "", position);
    }
    if kind == Kind::Text && !role.is_empty() {
        snapshot.choice(0).set_role(&role, out);
    }
    if kind == Kind::Text {
        note_open(snapshot, position, last, stage);
    }
    let message = snapshot.fields.at(&path(position));
    if !message.contains("content") {
        message.set("content", quote(""));
    }
    keep(message, payload, &RULED);
    if let Some(text) = text {
        again::append(snapshot, kind, position, text, out);
    }
    if stage == "START" {
        snapshot.fields.at(&path(position)).announce("content");
    }
    true
}

/// Notes that a text has begun, or ended: until its end it may continue, whatever a snapshot says of it.
fn note_open(snapshot: &mut Snapshot, position: i64, last: bool, stage: &str) {
    let open = &mut snapshot.state.get_mut::<Runs>().open;
    if stage == "END" {
        open.take_if(|open| *open == position);
    } else if last {
        *open = Some(position);
    }
}

/// A text that cannot be read.
struct Unreadable;

/// The piece of an event, if it has any. Without a `delta` it is what a `content` has beyond the text so far: some
/// servers send all of the text so far each time.
fn read<'a>(snapshot: &Snapshot, known: Option<i64>, payload: &Object<'a>) -> Result<Option<Text<'a>>, Unreadable> {
    let Some(value) = payload.first(&["delta", "content"]) else { return Ok(None) };
    let text = value.scalar().ok_or(Unreadable)?;
    let known = known.and_then(|position| Some(snapshot.fields.find(&path(position))?.word("content")));
    let (None, Text::Whole(whole)) = (payload.get("delta"), &text) else { return Ok(Some(text)) };
    Ok(Some(match overlap(&known.unwrap_or_default(), whole) {
        Overlap::Continues(rest) => Text::from(rest).into_owned(),
        Overlap::Repeats => Text::default(),
        Overlap::Differs => text,
    }))
}

/// Makes a message; returns its position.
pub(super) fn add(snapshot: &mut Snapshot, kind: Kind, id: &str, role: &str) -> i64 {
    let position = next(snapshot);
    snapshot.fields.item(MESSAGES, position).set("id", quote(id));
    if !id.is_empty() {
        snapshot.state.get_mut::<Runs>().put_message(Some(kind), id, position);
    }
    let message = snapshot.fields.item(MESSAGES, position);
    message.set("role", quote(if role.is_empty() { kind.role() } else { role }));
    again::follow(snapshot, kind, position);
    position
}

/// Keeps the members that no rule names.
pub(super) fn keep(fields: &mut MergedObject, payload: &Object<'_>, ruled: &[&str]) {
    let others = payload.iter().filter(|(name, _)| !OF_EVENT.contains(name) && !ruled.contains(name));
    for (name, value) in others.filter(|(_, value): &(&str, Raw<'_>)| !value.is_null()) {
        fields.merge(name, value, Lists::Replace);
    }
}

/// What a piece is appended to, if the event does nothing else.
pub(super) fn targets(kind: Kind, snapshot: &Snapshot, payload: &Object<'_>) -> Option<Vec<Target>> {
    let position = kind.find(snapshot, &payload.id("messageId"))?;
    (!again::echoes(snapshot, position)).then(|| vec![kind.target(), content_at(position)])
}
