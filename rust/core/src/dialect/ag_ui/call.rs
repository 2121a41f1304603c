//! Tool calls: each in a message, and among the tool calls of the choice.

use std::borrow::Cow;

use super::kind::{self, Kind};
use super::message::{self, keep};
use super::runs::{Runs, Spot};
use super::{MESSAGES, Object, Raw, Sink, Snapshot, quote};
use crate::json::{Payload, Text, compact, is_object};
use crate::snapshot::{CallFragment, Overlap, Path, PathStep, Target, append_arguments, overlap, overlap_json};

pub(super) const ID: &str = "toolCallId";
const CALLS: &str = "toolCalls";
const ARGUMENTS: &str = "arguments";

/// The members in which some servers send all of the arguments so far.
const WHOLE: [&str; 3] = ["args", "input", ARGUMENTS];

/// The members of events that the rules name.
const RULED: [&str; 12] = [
    ID,
    "toolCallName",
    "toolName",
    "parentMessageId",
    "delta",
    "id",
    "type",
    "function",
    "error",
    "args",
    "input",
    ARGUMENTS,
];

impl Spot {
    /// The path to the call.
    pub(super) fn path(self) -> Path {
        [PathStep::Item(MESSAGES, self.message), PathStep::Item(CALLS, self.at)].into()
    }

    /// The path to its function.
    fn function(self) -> Path {
        self.path().to([PathStep::Object("function")])
    }
}

/// The call with that id; without an id, the last one that had none.
pub(super) fn find(snapshot: &Snapshot, id: &str) -> Option<Spot> {
    let spot = Runs::of(snapshot).calls_by_id.get(id).copied();
    spot.filter(|spot| snapshot.fields.has_item(MESSAGES, spot.message))
}

fn put(snapshot: &mut Snapshot, id: &str, spot: Spot) {
    snapshot.state.get_mut::<Runs>().calls_by_id.insert(id.to_owned(), spot);
}

/// The id that a payload names, or else that of the last call.
fn id_of<'s>(snapshot: &'s Snapshot, payload: &Object<'s>) -> Cow<'s, str> {
    let id = payload.id(ID);
    if id.is_empty() { last(snapshot).unwrap_or_default().into() } else { id }
}

/// The id of the call that pieces without an id continue.
fn last(snapshot: &Snapshot) -> Option<&str> {
    let position = Runs::of(snapshot).last_call?;
    snapshot.choices.get(&0)?.tool_calls.as_slice().get(position)?.id()
}

/// The position of the call with that id among the tool calls.
fn position(snapshot: &Snapshot, id: &str) -> Option<usize> {
    match id {
        "" => Runs::of(snapshot).last_call,
        _ => snapshot.choices.get(&0)?.tool_calls.by_id(id),
    }
}

/// Folds an event of a tool call; false where a piece comes for arguments that nothing can follow.
pub(super) fn fold(snapshot: &mut Snapshot, event: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let start = event == "TOOL_CALL_START";
    let id = if start { payload.id(ID) } else { id_of(snapshot, payload).into_owned().into() };
    let known = if start && id.is_empty() { None } else { position(snapshot, &id) };
    let delta = payload.get("delta").map(Raw::text_or_json);
    let whole = payload.first(&WHOLE).map(arguments);
    if event == "TOOL_CALL_END" && whole.is_none() {
        end(snapshot, known, &id, payload, out);
        return true;
    }
    if delta.is_some() && known.is_some_and(|known| Runs::of(snapshot).ended.contains(&known)) {
        return false;
    }
    let spot = find(snapshot, &id).filter(|_| known.is_some() || !id.is_empty());
    let spot = spot.unwrap_or_else(|| add(snapshot, &id, &payload.id("parentMessageId")));
    let (position, mut new) = identify(snapshot, known, spot, &id, payload);
    if event != "TOOL_CALL_ARGS" || known.is_none() {
        snapshot.state.get_mut::<Runs>().last_call = Some(position);
    }
    if known.is_none() {
        // The call may come from a snapshot of the messages, with arguments already.
        let begun = snapshot.fields.at(&spot.function()).json_of(ARGUMENTS).unwrap_or_default();
        let begun = Payload::parse(&begun).map(|begun| arguments(begun.raw()).into_owned()).unwrap_or_default();
        new = begun.is_empty();
        if !new {
            snapshot.choice(0).add_arguments(position, &Text::from(begun.as_str()), out);
        }
    }
    let emitted = match (delta, whole) {
        (Some(piece), _) => append(snapshot, position, spot, piece, out),
        (None, Some(whole)) => complete(snapshot, position, spot, &whole, out),
        (None, None) => false,
    };
    if new && !emitted {
        snapshot.choice(0).add_arguments(position, &Text::default(), out);
    }
    if start {
        snapshot.fields.at(&spot.function()).announce(ARGUMENTS);
    }
    if event == "TOOL_CALL_END" {
        end(snapshot, Some(position), &id, payload, out);
    }
    true
}

/// Arguments as text: a string as it is, anything else as JSON text.
fn arguments(value: Raw<'_>) -> Cow<'_, str> {
    value.str().unwrap_or_else(|| value.compact().into())
}

/// Keeps the identity of a call; returns its position among the tool calls, and whether anything about it is new.
fn identify(
    snapshot: &mut Snapshot,
    known: Option<usize>,
    spot: Spot,
    id: &str,
    payload: &Object<'_>,
) -> (usize, bool) {
    keep(snapshot.fields.at(&spot.path()), payload, &RULED);
    let function = snapshot.fields.at(&spot.function());
    let mut name = payload.first(&["toolCallName", "toolName"]).and_then(Raw::str).unwrap_or_default();
    if !name.is_empty() || known.is_none() {
        // The call may come from a snapshot of the messages, with its name already.
        let first = function.word("name").into_owned();
        match first.as_str() {
            "" if name.is_empty() => {}
            "" => _ = function.set("name", quote(&name)),
            _ => name = first.into(),
        }
    }
    let (piece, calls) = (CallFragment::start(None, id, &name), &mut snapshot.choice(0).tool_calls);
    match known {
        Some(position) => (position, calls.complete(position, &piece)),
        None => (calls.begin(&piece), true),
    }
}

/// The arguments of a call in the object.
fn arguments_at(spot: Spot) -> Target {
    Target::Member { path: spot.function(), name: ARGUMENTS }
}

/// Appends a piece to the arguments of a call; returns whether any were emitted.
fn append(snapshot: &mut Snapshot, position: usize, spot: Spot, piece: Text<'_>, out: &mut Sink<'_>) -> bool {
    let piece = snapshot.fields.at(&spot.function()).news(ARGUMENTS, piece);
    append_arguments(snapshot, position, &[arguments_at(spot)], &piece, out)
}

/// Takes the whole arguments: emits what they have beyond the pieces; returns whether that is anything.
fn complete(snapshot: &mut Snapshot, position: usize, spot: Spot, whole: &str, out: &mut Sink<'_>) -> bool {
    if snapshot.choice(0).tool_calls.at(position).arguments.is_empty() {
        return append_arguments(snapshot, position, &[arguments_at(spot)], &Text::from(whole), out);
    }
    let spaceless = compact(whole);
    let overlap = emit_rest(snapshot, position, whole, &spaceless, out);
    let function = snapshot.fields.at(&spot.function());
    match overlap {
        Overlap::Continues(rest) => function.append(ARGUMENTS, &Text::from(rest)),
        Overlap::Repeats => {}
        Overlap::Differs => function.seal(ARGUMENTS, quote(whole)),
    }
    matches!(overlap, Overlap::Continues(_))
}

/// Emits what whole arguments have beyond what was emitted of them.
fn emit_rest<'w>(
    snapshot: &mut Snapshot,
    position: usize,
    whole: &'w str,
    spaceless: &'w str,
    out: &mut Sink<'_>,
) -> Overlap<'w> {
    let target = Target::Arguments { choice: 0, position };
    let emitted = snapshot.emitted(&target);
    let overlap = if emitted.is_empty() { overlap("", whole) } else { overlap_json(emitted, spaceless) };
    if let Overlap::Continues(rest) = overlap {
        snapshot.forget_half(&target);
        snapshot.append(&target, &Text::from(rest), out);
    }
    overlap
}

/// Ends a call: if its arguments are a complete object by now, nothing can follow them.
fn end(snapshot: &mut Snapshot, known: Option<usize>, id: &str, payload: &Object<'_>, out: &mut Sink<'_>) {
    if let Some(spot) = find(snapshot, id) {
        keep(snapshot.fields.at(&spot.path()), payload, &RULED);
    }
    let Some(position) = known else { return };
    if snapshot.choice(0).tool_calls.at(position).arguments.is_empty() {
        snapshot.choice(0).settle_tool_call(position, out);
    }
    if is_object(snapshot.choice(0).tool_calls.at(position).arguments()) {
        snapshot.state.get_mut::<Runs>().ended.insert(position);
    }
}

/// Makes the call in its parent message, or in one of its own.
fn add(snapshot: &mut Snapshot, id: &str, parent: &str) -> Spot {
    let known = Kind::Text.find(snapshot, parent).filter(|_| !parent.is_empty());
    let message = match known {
        Some(known) if snapshot.fields.at(&kind::path(known)).text("role") == "assistant" => known,
        None if !parent.is_empty() => message::add(snapshot, Kind::Text, parent, ""),
        _ => message::add(snapshot, Kind::Text, id, ""),
    };
    let at = snapshot.fields.at(&kind::path(message)).next_index(CALLS);
    let spot = Spot { message, at };
    let call = snapshot.fields.at(&spot.path());
    if !id.is_empty() {
        call.set("id", quote(id));
    }
    call.set("type", quote("function"));
    let function = call.object("function");
    function.set("name", quote(""));
    function.set(ARGUMENTS, quote(""));
    put(snapshot, id, spot);
    spot
}

/// Takes over the calls of a snapshot's message, so that they can continue.
pub(super) fn take_calls(snapshot: &mut Snapshot, message: i64, object: &Object<'_>) {
    let calls = object.objects(CALLS);
    if calls.is_empty() {
        return;
    }
    snapshot.fields.at(&kind::path(message)).remove(CALLS);
    for (at, call) in (0..).zip(calls) {
        snapshot.fields.at(&kind::path(message)).replace_item(CALLS, at, &call);
        put(snapshot, &call.id("id"), Spot { message, at });
    }
}

/// Emits what the calls of a snapshot's message have beyond their pieces; unknown ones only where the calls are
/// pending.
pub(super) fn emit_all(snapshot: &mut Snapshot, message: &Object<'_>, pending: bool, out: &mut Sink<'_>) {
    for call in message.objects(CALLS) {
        let (id, function) = (call.id("id"), call.child("function"));
        let name = function.str("name");
        let whole = function.get(ARGUMENTS).map(arguments).unwrap_or_default();
        let calls = &mut snapshot.choice(0).tool_calls;
        let unnamed = id.is_empty() && calls.as_slice().iter().any(|call| call.id().is_none());
        let piece = CallFragment::start(None, &id, &name);
        match calls.by_id(&id) {
            Some(position) => {
                let new = calls.complete(position, &piece);
                let spaceless = compact(&whole);
                let overlap = emit_rest(snapshot, position, &whole, &spaceless, out);
                if new && !matches!(overlap, Overlap::Continues(_)) {
                    snapshot.choice(0).add_arguments(position, &Text::default(), out);
                }
            }
            None if pending && !unnamed => {
                let arguments = Text::from(whole.as_ref());
                snapshot.choice(0).begin_tool_call(&CallFragment { arguments, ..piece }, out);
            }
            None => {}
        }
    }
}

/// What a piece of the arguments is appended to, if the event does nothing else: the call's come first.
pub(super) fn targets(snapshot: &Snapshot, payload: &Object<'_>) -> Option<Vec<Target>> {
    let id = id_of(snapshot, payload);
    let spot = find(snapshot, &id)?;
    let position = position(snapshot, &id)?;
    let begun = !snapshot.choices[&0].tool_calls.as_slice()[position].arguments().is_empty();
    let ended = Runs::of(snapshot).ended.contains(&position);
    (begun && !ended).then(|| vec![Target::Pieces { choice: 0, position }, arguments_at(spot)])
}
