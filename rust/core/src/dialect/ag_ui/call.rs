//! Tool calls: each in a message, and among the tool calls of the choice.

use std::borrow::Cow;

use super::message::{self, Kind, keep};
use super::{MESSAGES, Object, Raw, Sink, Snapshot, growth, quote};
use crate::snapshot::{In, Piece, Place};

pub(super) const ID: &str = "toolCallId";
const CALLS: &str = "toolCalls";

/// The key of the position of the call that the last start or chunk named, or the last piece that began one.
const LAST: &str = "last call";

/// The members of events that the rules name.
const RULED: [&str; 8] = [ID, "toolCallName", "parentMessageId", "delta", "id", "type", "function", "error"];

/// Where a call stands: its message, and its place in there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    message: i64,
    at: i64,
}

impl Spot {
    /// The way to the call.
    pub(super) fn way(self) -> Vec<In> {
        vec![In::Item(MESSAGES, self.message), In::Item(CALLS, self.at)]
    }
}

/// The call with that id; without an id, the last one that had none.
pub(super) fn find(snapshot: &Snapshot, id: &str) -> Option<Spot> {
    let place = |name| snapshot.places.get(&format!("{name} {id}")).copied();
    Some(Spot { message: place("call")?, at: place("call-at")? })
}

fn put(snapshot: &mut Snapshot, id: &str, spot: Spot) {
    snapshot.places.insert(format!("call {id}"), spot.message);
    snapshot.places.insert(format!("call-at {id}"), spot.at);
}

/// The id that a payload names, or else the last call's.
fn id_of<'s>(snapshot: &'s Snapshot, payload: &Object<'s>) -> Cow<'s, str> {
    let id = payload.str(ID);
    if id.is_empty() { last(snapshot).unwrap_or_default().into() } else { id }
}

/// The id of the call that pieces without an id go on with.
fn last(snapshot: &Snapshot) -> Option<&str> {
    let position = usize::try_from(*snapshot.places.get(LAST)?).ok()?;
    snapshot.choices.get(&0)?.tool_calls.as_slice().get(position)?.id()
}

/// The position of the call with that id among the tool calls.
fn position(snapshot: &Snapshot, id: &str) -> Option<usize> {
    match id {
        "" => usize::try_from(*snapshot.places.get(LAST)?).ok(),
        _ => snapshot.choices.get(&0)?.tool_calls.by_id(id),
    }
}

pub(super) fn fold(snapshot: &mut Snapshot, event: &str, payload: &Object<'_>, out: &mut Sink<'_>) {
    let start = event == "TOOL_CALL_START";
    let id = if start { payload.str(ID) } else { id_of(snapshot, payload).into_owned().into() };
    let known = if start && id.is_empty() { None } else { position(snapshot, &id) };
    let spot = find(snapshot, &id).filter(|_| known.is_some() || !id.is_empty());
    let spot = spot.unwrap_or_else(|| add(snapshot, &id, &payload.str("parentMessageId")));
    let function = [In::Object("function")];
    let fields = snapshot.fields.at(&spot.way());
    keep(fields, payload, &RULED);
    let function = fields.at(&function);
    let mut name = payload.str("toolCallName");
    if !name.is_empty() || known.is_none() {
        // A call that a snapshot of the messages brought has its name already.
        match function.text("name") {
            "" if name.is_empty() => {}
            "" => _ = function.set("name", quote(&name)),
            first => name = first.to_owned().into(),
        }
    }
    let delta = payload.get("delta").and_then(Raw::text).filter(|_| !start).unwrap_or_default();
    let piece = Piece { arguments: delta, ..Piece::start(None, &id, &name) };
    let position = tell(snapshot, known, &piece, out);
    if event != "TOOL_CALL_ARGS" || known.is_none() {
        snapshot.places.insert(LAST.to_owned(), i64::try_from(position).unwrap_or(i64::MAX));
    }
    if let Some((mut growth, _)) = growth(snapshot, event, payload).filter(|_| !start) {
        // The arguments have grown.
        growth.places.remove(0);
        growth.fold(snapshot, out);
    }
}

/// Merges a piece into a call, or makes it; returns its position among the tool calls.
fn tell(snapshot: &mut Snapshot, known: Option<usize>, piece: &Piece<'_>, out: &mut Sink<'_>) -> usize {
    let choice = snapshot.choice(0);
    let Some(position) = known else { return choice.begin_tool_call(piece, out) };
    if piece.arguments.is_empty() {
        choice.name_tool_call(position, piece, out);
    } else {
        choice.tool_calls.complete(position, piece);
        choice.add_arguments(position, &piece.arguments, out);
    }
    position
}

pub(super) fn end(snapshot: &mut Snapshot, payload: &Object<'_>) {
    let id = id_of(snapshot, payload);
    if let Some(spot) = find(snapshot, &id) {
        keep(snapshot.fields.at(&spot.way()), payload, &RULED);
    }
}

/// Makes the call in its message, or in one of its own.
fn add(snapshot: &mut Snapshot, id: &str, parent: &str) -> Spot {
    let known = Kind::Text.find(snapshot, parent).filter(|_| !parent.is_empty());
    let message = match known {
        Some(known) if snapshot.fields.at(&message::way(known)).text("role") == "assistant" => known,
        None if !parent.is_empty() => message::add(snapshot, Kind::Text, parent, ""),
        _ => message::add(snapshot, Kind::Text, id, ""),
    };
    let at = snapshot.fields.at(&message::way(message)).next_index(CALLS);
    let spot = Spot { message, at };
    let call = snapshot.fields.at(&spot.way());
    if !id.is_empty() {
        call.set("id", quote(id));
    }
    call.set("type", quote("function"));
    let function = call.object("function");
    function.set("name", quote(""));
    function.set("arguments", quote(""));
    put(snapshot, id, spot);
    spot
}

/// Makes the calls of a message from a snapshot calls that may go on.
pub(super) fn take_calls(snapshot: &mut Snapshot, message: i64, object: &Object<'_>) {
    let calls = object.get(CALLS).filter(|calls| calls.is_array()).map(Raw::objects).unwrap_or_default();
    if calls.is_empty() {
        return;
    }
    snapshot.fields.at(&message::way(message)).remove(CALLS);
    for (at, call) in (0..).zip(calls) {
        let call = call.object();
        snapshot.fields.at(&message::way(message)).replace_item(CALLS, at, &call);
        put(snapshot, &call.str("id"), Spot { message, at });
    }
}

/// What grows by a piece of the arguments: the call's come first.
pub(super) fn places(snapshot: &Snapshot, payload: &Object<'_>) -> Option<Vec<Place>> {
    let id = id_of(snapshot, payload);
    let mut way = find(snapshot, &id)?.way();
    way.push(In::Object("function"));
    let position = position(snapshot, &id)?;
    Some(vec![Place::Arguments { choice: 0, position }, Place::Member { way, name: "arguments" }])
}
