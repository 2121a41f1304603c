//! The tools of a UI message: each call is a part, which goes through states.
//!
//! The part and the tool call of the choice are kept side by side: the part is found by the id of the call, the call
//! by the position of the part. An id may come again once its call has a result; then it is another call, and another
//! part.

use std::borrow::Cow;

use super::calls::Calls;
use super::{Append, Object, Parts, Raw, Sink, Snapshot, Target, add_part, id_of, keep, part, part_at};
use crate::json::{Text, compact, quote, quoted_object};
use crate::snapshot::{
    CallFragment, Delta, MergedObject, Overlap, Path, append_all, append_arguments, overlap, overlap_json,
};

pub(super) const ID: &str = "toolCallId";
pub(super) const DELTA: &str = "tool-input-delta";

/// The members that may have a piece of an input, a whole input, and an output.
const PIECES: [&str; 3] = ["inputTextDelta", "delta", "argsTextDelta"];
const INPUTS: [&str; 2] = ["input", "args"];
const OUTPUTS: [&str; 2] = ["output", "result"];

/// The state in which a part's input comes in pieces.
const STREAMING: &str = "input-streaming";

/// The members of events that the rules name.
const RULED: [&str; 22] = [
    "type",
    ID,
    "id",
    "toolName",
    "dynamic",
    "inputTextDelta",
    "delta",
    "argsTextDelta",
    "input",
    "args",
    "rawInput",
    "output",
    "result",
    "errorText",
    "error",
    "preliminary",
    "providerMetadata",
    "state",
    "approvalId",
    "approvalDescriptor",
    "inputSchemaInput",
    "signature",
];

/// The SDK's name of an event for the UI, for names of the parts of its other streams.
fn meant(kind: &str) -> &str {
    match kind {
        "tool-call-streaming-start" => "tool-input-start",
        "tool-call-delta" => DELTA,
        "tool-call" => "tool-input-available",
        "tool-result" => "tool-output-available",
        "tool-error" => "tool-output-error",
        kind => kind,
    }
}

/// Whether it is an event of a tool.
pub(super) fn is_known(kind: &str) -> bool {
    state_of(meant(kind)).is_some()
}

/// Whether an event of a tool is one of the SDK's: other APIs have some of the names.
pub(super) fn detects(kind: &str, payload: &Object<'_>) -> bool {
    let text = |name: &str| payload.get(name).is_some_and(|value| value.text().is_some());
    match kind {
        "tool-call" => text(ID) && text("toolName") && payload.first(&INPUTS).is_some(),
        "tool-result" => text(ID) && payload.first(&OUTPUTS).is_some(),
        "tool-error" => text(ID) && payload.get("error").is_some(),
        "tool-input-start" => text(ID) || (text("id") && text("toolName")),
        DELTA => text(ID) || (text("id") && text("delta")),
        _ => text(ID),
    }
}

/// The state that an event brings a part into.
fn state_of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "tool-input-start" | DELTA => STREAMING,
        "tool-input-available" => "input-available",
        "tool-output-available" => "output-available",
        "tool-input-error" | "tool-output-error" => "output-error",
        "tool-approval-request" => "approval-requested",
        "tool-output-denied" => "output-denied",
        _ => return None,
    })
}

/// The id of the call that an event is of.
fn call_id<'a>(payload: &Object<'a>) -> Cow<'a, str> {
    id_of(payload, if payload.get(ID).is_some() { ID } else { "id" })
}

/// Folds an event of a tool; false also where it is kept, but has to be emitted as an event.
pub(super) fn fold(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let kind = meant(kind);
    let Some(state) = state_of(kind) else { return kind == "tool-input-end" };
    let position = prepare_part(snapshot, kind, payload);
    let fields = part(snapshot, position);
    // A late piece does not take a part back into the streaming state.
    if kind != DELTA || !fields.contains("state") {
        fields.set("state", quote(state));
    }
    keep_members(fields, state, payload);
    if state != STREAMING {
        end_input(snapshot, position, kind, payload, out);
    }
    match kind {
        "tool-input-start" => add_call(snapshot, position, payload, &Text::default(), out),
        DELTA => fold_piece(snapshot, position, payload, out),
        "tool-input-available" => {}
        "tool-output-available" => emit("tool-output", payload, out),
        "tool-input-error" => {
            refuse_input(part(snapshot, position), payload);
            emit("tool-error", payload, out);
        }
        "tool-output-error" => emit("tool-error", payload, out),
        "tool-approval-request" => {
            approve(part(snapshot, position), payload);
            return false;
        }
        _ => return false,
    }
    true
}

/// No more pieces of an input will come: it comes whole now, or the placeholder before the pieces is the input.
fn end_input(snapshot: &mut Snapshot, position: i64, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) {
    if kind == "tool-input-available" {
        complete_input(snapshot, position, payload, out);
    }
    if let Some(call) = call_at(snapshot, position)
        && snapshot.choice(0).tool_calls.at(call).arguments.is_empty()
    {
        snapshot.choice(0).settle_tool_call(call, out);
    }
}

fn emit(kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) {
    out(Delta::Other { choice: 0, kind, json: payload.raw().as_str() });
}

/// Whether an input belongs to another call with the same id: after a result, an input that starts does, and so does
/// a different whole input.
fn begins_another(snapshot: &Snapshot, position: i64, kind: &str, payload: &Object<'_>) -> bool {
    let Some(known) = snapshot.fields.find(&[part_at(position)]) else { return false };
    let differs = || {
        let before = known.json_of("input").map(|input| compact(&input));
        let now = input_of(payload).map(|input| compact(&arguments(input)));
        before.is_some() && now.is_some() && before != now
    };
    let has_result = matches!(known.value("state"), Some(state) if state.starts_with(r#""output-"#));
    let again = kind == "tool-input-start" || (kind == "tool-input-available" && differs());
    has_result && again && call_at(snapshot, position).is_some()
}

/// The position of the part of a payload's call; made where there is none.
fn prepare_part(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>) -> i64 {
    let (id, name) = (call_id(payload), payload.str("toolName"));
    let known = Parts::find_tool(snapshot, &id).filter(|&known| !begins_another(snapshot, known, kind, payload));
    let position = known.unwrap_or_else(|| add_tool(snapshot, &id));
    let fields = part(snapshot, position);
    if !name.is_empty() && payload.truthy("dynamic").is_some() {
        fields.set("type", quote("dynamic-tool"));
        fields.set("toolName", quote(&name));
    } else if !name.is_empty() && !fields.contains("toolName") {
        fields.set("type", quote(&format!("tool-{name}")));
    }
    position
}

/// Makes the part of the call with that id.
fn add_tool(snapshot: &mut Snapshot, id: &str) -> i64 {
    let position = add_part(snapshot, "dynamic-tool");
    part(snapshot, position).set(ID, quote(id));
    snapshot.state.get_mut::<Parts>().tools.insert(id.to_owned(), position);
    position
}

/// Makes the tool call of a part, or adds an id and a name that it lacks; returns its position, and whether anything
/// is new.
fn identify(snapshot: &mut Snapshot, position: i64, payload: &Object<'_>) -> (usize, bool) {
    let (id, name) = (call_id(payload), payload.str("toolName"));
    // The position of the part is the call's index: an id that comes again after a reset is another call.
    let piece = CallFragment::start(Some(position), &id, &name);
    let known = call_at(snapshot, position);
    let calls = &mut snapshot.choice(0).tool_calls;
    match known {
        Some(call) => (call, calls.complete(call, &piece)),
        None => (calls.begin(&piece), true),
    }
}

/// Makes or completes the call of a part, and appends to its arguments.
fn add_call(snapshot: &mut Snapshot, position: i64, payload: &Object<'_>, arguments: &Text<'_>, out: &mut Sink<'_>) {
    let (call, new) = identify(snapshot, position, payload);
    if new || !arguments.is_empty() {
        snapshot.choice(0).add_arguments(call, arguments, out);
    }
}

/// The tool call of a part.
fn call_at(snapshot: &Snapshot, position: i64) -> Option<usize> {
    let of_whole = snapshot.state.get::<Parts>().and_then(|parts| parts.calls.get(&position).copied());
    of_whole.or_else(|| snapshot.choices.get(&0)?.tool_calls.by_index(position))
}

/// Whether a member of a part has that JSON text.
fn says(snapshot: &Snapshot, position: i64, name: &str, json: &str) -> bool {
    snapshot.fields.find(&[part_at(position)]).and_then(|fields| fields.value(name)) == Some(json)
}

/// Whether the input is plain text, which is no JSON.
fn is_text(snapshot: &Snapshot, position: i64) -> bool {
    says(snapshot, position, "inputEncoding", r#""text""#)
}

/// The members of the part that pieces are appended to: none once the whole input has come, which a piece must not
/// replace.
fn copies(snapshot: &Snapshot, position: i64) -> Vec<Target> {
    if !says(snapshot, position, "state", &quote(STREAMING)) {
        return vec![];
    }
    let path = Path::from([part_at(position)]);
    let raw = Target::Member { path, name: "rawInput" };
    let text = is_text(snapshot, position);
    vec![raw, if text { Target::Member { path, name: "input" } } else { Target::Json { path, name: "input" } }]
}

/// A piece of an input that has begun, with what it is appended to, and the member that has the id of its call.
pub(super) fn append<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<(Append<'a>, &'static str)> {
    let position = Parts::find_tool(snapshot, &call_id(payload))?;
    let (choice, call) = (0, call_at(snapshot, position)?);
    let text = is_text(snapshot, position);
    let first =
        if text { Target::Arguments { choice, position: call } } else { Target::Pieces { choice, position: call } };
    let copies = copies(snapshot, position);
    if copies.is_empty() || snapshot.emitted(&first).is_empty() {
        return None;
    }
    let targets = [vec![first], copies].concat();
    let id = if payload.get(ID).is_some() { ID } else { "id" };
    Some((Append { text: payload.first(&PIECES)?, targets }, id))
}

fn fold_piece(snapshot: &mut Snapshot, position: i64, payload: &Object<'_>, out: &mut Sink<'_>) {
    let piece = payload.first(&PIECES).map(Raw::text_or_json).unwrap_or_default();
    let (call, new) = identify(snapshot, position, payload);
    let copies = copies(snapshot, position);
    let emitted = if is_text(snapshot, position) {
        snapshot.choice(0).add_arguments(call, &piece, out);
        append_all(&copies, &piece, snapshot, out);
        true
    } else {
        append_arguments(snapshot, call, &copies, &piece, out)
    };
    if new && !emitted {
        snapshot.choice(0).emit_tool_call(call, 0, out);
    }
}

/// Keeps what an event says of a part besides its input.
fn keep_members(fields: &mut MergedObject, state: &str, payload: &Object<'_>) {
    let of_result = state.starts_with("output-");
    keep(fields, payload, &RULED);
    if let Some(metadata) = payload.get("providerMetadata") {
        let name = if of_result { "resultProviderMetadata" } else { "callProviderMetadata" };
        fields.set(name, metadata.as_str());
    }
    if let Some(value) = OUTPUTS.iter().find_map(|name| payload.member(name)) {
        fields.set("output", value.as_str());
    }
    if let Some(value) = payload.member("errorText").or_else(|| payload.get("error")) {
        fields.set("errorText", value.as_str());
    }
    // An earlier output being preliminary does not make the last one so.
    match payload.get("preliminary") {
        Some(value) => _ = fields.set("preliminary", value.as_str()),
        None if of_result => fields.remove("preliminary"),
        None => {}
    }
}

/// The members of a request for approval, and the names that they have in the part.
const APPROVAL: [(&str, &str); 4] = [
    ("approvalId", "id"),
    ("approvalDescriptor", "descriptor"),
    ("inputSchemaInput", "inputSchemaInput"),
    ("signature", "signature"),
];

fn approve(fields: &mut MergedObject, payload: &Object<'_>) {
    let approval = fields.object("approval");
    for (name, kept) in APPROVAL {
        if let Some(value) = payload.get(name) {
            approval.set(kept, value.as_str());
        }
    }
}

/// Keeps an input that could not be read.
fn refuse_input(fields: &mut MergedObject, payload: &Object<'_>) {
    let name = if fields.text("type") == "dynamic-tool" { "input" } else { "rawInput" };
    if let Some(input) = input_of(payload) {
        fields.set(name, input.as_str());
    }
}

fn input_of<'a>(payload: &Object<'a>) -> Option<Raw<'a>> {
    INPUTS.iter().find_map(|name| payload.member(name))
}

/// The arguments that an input is: its JSON text, or the text itself where the input is a string of JSON.
fn arguments(input: Raw<'_>) -> Cow<'_, str> {
    quoted_object(input).unwrap_or_else(|| input.compact().into())
}

/// An input that comes whole: emits what it has beyond its pieces.
fn complete_input(snapshot: &mut Snapshot, position: i64, payload: &Object<'_>, out: &mut Sink<'_>) {
    let Some(input) = input_of(payload) else {
        return add_call(snapshot, position, payload, &Text::default(), out);
    };
    let text = input.str().filter(|_| is_text(snapshot, position));
    let object = quoted_object(input).filter(|_| text.is_none());
    let fields = part(snapshot, position);
    fields.set("input", object.unwrap_or_else(|| input.as_str().into()));
    fields.remove("rawInput");
    fields.remove("inputEncoding");
    let target = call_at(snapshot, position).map(|position| Target::Arguments { choice: 0, position });
    let emitted = target.as_ref().map_or("", |target| snapshot.emitted(target));
    let rest = beyond(emitted, &text.clone().unwrap_or_else(|| arguments(input)), text.is_some());
    if let Some(target) = target.filter(|_| !rest.is_empty()) {
        snapshot.forget_half(&target);
    }
    add_call(snapshot, position, payload, &Text::from(rest.as_str()), out);
}

/// What whole arguments have beyond those that were emitted.
fn beyond(emitted: &str, whole: &str, is_text: bool) -> String {
    let spaceless = compact(whole);
    let as_it_stands = is_text || emitted.is_empty();
    match if as_it_stands { overlap(emitted, whole) } else { overlap_json(emitted, &spaceless) } {
        Overlap::Continues(rest) => rest.to_owned(),
        Overlap::Repeats | Overlap::Differs => String::new(),
    }
}

/// The tool call of a part of a whole message: emits what the part has beyond the call so far.
pub(super) fn fold_whole(
    snapshot: &mut Snapshot,
    position: i64,
    object: &Object<'_>,
    calls: &mut Calls,
    out: &mut Sink<'_>,
) {
    let kind = object.str("type");
    let name = kind.strip_prefix("tool-").map_or_else(|| object.str("toolName"), |name| name.to_owned().into());
    let whole = input_of(object).filter(|input| !input.is_null()).map(arguments).unwrap_or_default();
    let id = call_id(object);
    let piece = CallFragment::start(Some(position), &id, &name);
    match calls.take(&id) {
        None => {
            let arguments = Text::from(whole.as_ref());
            snapshot.choice(0).begin_tool_call(&CallFragment { arguments, ..piece }, out);
        }
        Some(call) => {
            snapshot.state.get_mut::<Parts>().calls.insert(position, call);
            let rest = beyond(snapshot.choice(0).tool_calls.at(call).arguments(), &whole, false);
            snapshot.choice(0).name_tool_call(call, &piece, out);
            if !rest.is_empty() {
                snapshot.choice(0).add_arguments(call, &Text::from(rest.as_str()), out);
            }
        }
    }
    snapshot.state.get_mut::<Parts>().tools.insert(id.into_owned(), position);
}
