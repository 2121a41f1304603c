//! The tools of a UI message: each call is a part, which goes through states.

use super::{Growth, Object, Place, Raw, Sink, Snapshot, add_part, find, id_of, keep, part, part_at};
use crate::json::{Text, quote};
use crate::snapshot::{Delta, Fields, Piece};

pub(super) const ID: &str = "toolCallId";
pub(super) const DELTA: &str = "tool-input-delta";

/// The members that a piece of an input stands in, as with texts.
const PIECE: [&str; 3] = ["inputTextDelta", "delta", "argsTextDelta"];

/// The state in which a part's input comes in pieces.
const STREAMING: &str = "input-streaming";

/// The members of events that the rules name.
const RULED: [&str; 18] = [
    "type",
    ID,
    "toolName",
    "dynamic",
    "inputTextDelta",
    "delta",
    "argsTextDelta",
    "input",
    "rawInput",
    "output",
    "errorText",
    "preliminary",
    "providerMetadata",
    "state",
    "approvalId",
    "approvalDescriptor",
    "inputSchemaInput",
    "signature",
];

/// Whether it is an event of a tool.
pub(super) fn is_known(kind: &str) -> bool {
    state_of(kind).is_some()
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

/// False too where an event is kept, but told as what it is.
pub(super) fn fold(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let Some(state) = state_of(kind) else { return false };
    let position = prepare_part(snapshot, payload);
    let fields = part(snapshot, position);
    // A piece that comes late takes nothing back.
    if kind != DELTA || !fields.contains("state") {
        fields.set("state", quote(state));
    }
    keep_members(fields, state, payload);
    match kind {
        "tool-input-start" => add_call(snapshot, position, payload, &Text::default(), out),
        DELTA => fold_piece(snapshot, position, payload, out),
        "tool-input-available" => complete_input(snapshot, position, payload, out),
        "tool-output-available" => tell("tool-output", payload, out),
        "tool-input-error" => {
            refuse_input(fields, payload);
            tell("tool-error", payload, out);
        }
        "tool-output-error" => tell("tool-error", payload, out),
        "tool-approval-request" => {
            approve(fields, payload);
            return false;
        }
        _ => return false,
    }
    true
}

fn tell(kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) {
    out(Delta::Other { choice: 0, kind, json: payload.raw().as_str() });
}

/// Where the part of a payload's call is; made where there is none.
fn prepare_part(snapshot: &mut Snapshot, payload: &Object<'_>) -> i64 {
    let (id, name) = (id_of(payload, ID), payload.str("toolName"));
    let key = format!("tool {id}");
    let known = find(snapshot, &key);
    let position = known.unwrap_or_else(|| add_part(snapshot, "dynamic-tool"));
    let fields = part(snapshot, position);
    if known.is_none() {
        fields.set(ID, quote(&id));
    }
    if !name.is_empty() && payload.truthy("dynamic").is_some() {
        fields.set("type", quote("dynamic-tool"));
        fields.set("toolName", quote(&name));
    } else if !name.is_empty() && !fields.contains("toolName") {
        fields.set("type", quote(&format!("tool-{name}")));
    }
    snapshot.places.insert(key, position);
    position
}

/// Makes the tool call of a part, or adds to it what was not known of it.
fn add_call(snapshot: &mut Snapshot, position: i64, payload: &Object<'_>, arguments: &Text<'_>, out: &mut Sink<'_>) {
    let (id, name) = (id_of(payload, ID), payload.str("toolName"));
    // The part's place is the call's index: an id that comes again behind a reset is another call.
    let piece = Piece { arguments: arguments.clone(), ..Piece::start(Some(position), &id, &name) };
    match call_at(snapshot, position) {
        None => _ = snapshot.choice(0).begin_tool_call(&piece, out),
        Some(call) if arguments.is_empty() => snapshot.choice(0).name_tool_call(call, &piece, out),
        Some(call) => {
            snapshot.choice(0).tool_calls.complete(call, &piece);
            snapshot.choice(0).add_arguments(call, arguments, out);
        }
    }
}

/// The tool call of a part.
fn call_at(snapshot: &Snapshot, position: i64) -> Option<usize> {
    snapshot.choices.get(&0)?.tool_calls.by_index(position)
}

/// Whether a member of a part has that JSON text.
fn says(snapshot: &Snapshot, position: i64, name: &str, json: &str) -> bool {
    snapshot.fields.find(&[part_at(position)]).and_then(|fields| fields.value(name)) == Some(json)
}

/// Whether the input is text that no JSON is made of.
fn is_text(snapshot: &Snapshot, position: i64) -> bool {
    says(snapshot, position, "inputEncoding", r#""text""#)
}

/// What a piece of an input adds to; the arguments come first.
pub(super) fn growth<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<Growth<'a>> {
    let position = find(snapshot, &format!("tool {}", id_of(payload, ID)))?;
    let mut places = vec![Place::Arguments { choice: 0, position: call_at(snapshot, position)? }];
    // Behind the whole input, a piece must not take its place.
    if says(snapshot, position, "state", &quote(STREAMING)) {
        let way = vec![part_at(position)];
        places.push(Place::Member { way: way.clone(), name: "rawInput" });
        let text = is_text(snapshot, position);
        places.push(if text { Place::Member { way, name: "input" } } else { Place::Json { way, name: "input" } });
    }
    Some(Growth { text: payload.first(&PIECE)?, places })
}

fn fold_piece(snapshot: &mut Snapshot, position: i64, payload: &Object<'_>, out: &mut Sink<'_>) {
    let piece = payload.first(&PIECE).and_then(Raw::text).unwrap_or_default();
    add_call(snapshot, position, payload, &piece, out);
    if let Some(mut growth) = growth(snapshot, payload) {
        // The arguments have grown.
        growth.places.remove(0);
        growth.fold(snapshot, out);
    }
}

/// Keeps what an event says of a part beside its input.
fn keep_members(fields: &mut Fields, state: &str, payload: &Object<'_>) {
    let of_result = state.starts_with("output-");
    keep(fields, payload, &RULED);
    if let Some(metadata) = payload.get("providerMetadata") {
        let name = if of_result { "resultProviderMetadata" } else { "callProviderMetadata" };
        fields.set(name, metadata.as_str());
    }
    for name in ["output", "errorText"] {
        if let Some(value) = payload.member(name) {
            fields.set(name, value.as_str());
        }
    }
    // The last output is not preliminary because an earlier one was.
    match payload.get("preliminary") {
        Some(value) => _ = fields.set("preliminary", value.as_str()),
        None if of_result => fields.remove("preliminary"),
        None => {}
    }
}

/// The members of a request for approval, and their names in the part.
const APPROVAL: [(&str, &str); 4] = [
    ("approvalId", "id"),
    ("approvalDescriptor", "descriptor"),
    ("inputSchemaInput", "inputSchemaInput"),
    ("signature", "signature"),
];

fn approve(fields: &mut Fields, payload: &Object<'_>) {
    let approval = fields.object("approval");
    for (name, kept) in APPROVAL {
        if let Some(value) = payload.get(name) {
            approval.set(kept, value.as_str());
        }
    }
}

/// An input that could not be read.
fn refuse_input(fields: &mut Fields, payload: &Object<'_>) {
    let name = if fields.text("type") == "dynamic-tool" { "input" } else { "rawInput" };
    if let Some(input) = payload.member("input") {
        fields.set(name, input.as_str());
    }
}

/// An input that comes whole: what it has beyond its pieces is told.
fn complete_input(snapshot: &mut Snapshot, position: i64, payload: &Object<'_>, out: &mut Sink<'_>) {
    let Some(input) = payload.member("input") else {
        return add_call(snapshot, position, payload, &Text::default(), out);
    };
    let text = input.str().filter(|_| is_text(snapshot, position));
    let fields = part(snapshot, position);
    fields.set("input", input.as_str());
    fields.remove("rawInput");
    fields.remove("inputEncoding");
    let call = call_at(snapshot, position);
    let told = call.map_or("", |call| snapshot.choice(0).tool_calls.at(call).arguments());
    // Pieces may be spaced like the whole, or not at all.
    let forms = [text.unwrap_or_else(|| input.compact().into()), input.as_str().into()];
    let rest = forms.iter().find_map(|whole| whole.strip_prefix(told)).map(str::to_owned);
    if let (Some(position), Some(_)) = (call, &rest) {
        snapshot.forget_half(&Place::Arguments { choice: 0, position });
    }
    add_call(snapshot, position, payload, &Text::from(rest.unwrap_or_default().as_str()), out);
}

/// The tool call that a part of a whole message is.
pub(super) fn fold_whole(snapshot: &mut Snapshot, position: i64, object: &Object<'_>, out: &mut Sink<'_>) {
    let kind = object.str("type");
    let name = kind.strip_prefix("tool-").map_or_else(|| object.str("toolName"), |name| name.to_owned().into());
    let arguments = object.get("input").map(Raw::compact).unwrap_or_default();
    let id = id_of(object, ID);
    let piece = Piece { arguments: Text::from(arguments.as_str()), ..Piece::start(Some(position), &id, &name) };
    snapshot.choice(0).begin_tool_call(&piece, out);
}
