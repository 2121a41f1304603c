//! The tools of a UI message: each call is a part, which goes through states.

use std::borrow::Cow;

use super::{Growth, Object, Place, Raw, Sink, Snapshot, add_part, find, id_of, keep, part, part_at};
use crate::delta::Delta;
use crate::fields::{Fields, Lists};
use crate::json::quote;
use crate::text::Text;
use crate::tool_call::Piece;

pub(super) const ID: &str = "toolCallId";
pub(super) const DELTA: &str = "tool-input-delta";

/// The state in which a part's input comes in pieces.
const STREAMING: &str = "input-streaming";

/// The members of events that the rules name.
const RULED: [&str; 11] = [
    "type",
    ID,
    "toolName",
    "dynamic",
    "inputTextDelta",
    "input",
    "output",
    "errorText",
    "preliminary",
    "providerMetadata",
    "state",
];

/// Whether it is an event of a tool.
pub(super) fn is_known(kind: &str) -> bool {
    kind == DELTA || state_of(kind).is_some()
}

/// The state that an event brings a part into.
fn state_of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "tool-input-start" => STREAMING,
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
    if !is_known(kind) {
        return false;
    }
    let position = prepare_part(snapshot, payload);
    if kind.starts_with("tool-input-") {
        prepare_call(snapshot, position, payload, out);
    }
    if kind == DELTA {
        fold_piece(snapshot, position, payload, out);
        return true;
    }
    let fields = part(snapshot, position);
    // A start that comes again begins nothing.
    if let Some(state) = state_of(kind).filter(|state| *state != STREAMING || !fields.contains("state")) {
        fields.set("state", quote(state));
    }
    if kind == "tool-approval-request" {
        approve(fields, payload);
        return false;
    }
    keep_members(fields, kind, payload);
    if kind.starts_with("tool-input-") {
        complete_input(snapshot, position, kind, payload, out);
        tell_provider_run(snapshot, position, payload, out);
    }
    match kind {
        "tool-output-available" => tell("tool-output", payload, out),
        "tool-input-error" | "tool-output-error" => tell("tool-error", payload, out),
        _ => return kind != "tool-output-denied",
    }
    true
}

fn tell(kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) {
    out(Delta::Other { choice: 0, kind, json: payload.raw().as_str() });
}

/// Where the part of a payload's call is; made where there is none.
fn prepare_part(snapshot: &mut Snapshot, payload: &Object<'_>) -> i64 {
    let (id, name) = (id_of(payload, ID), payload.str("toolName"));
    let kind = match payload.truthy("dynamic") {
        Some(_) => Cow::Borrowed("dynamic-tool"),
        None => Cow::Owned(format!("tool-{name}")),
    };
    let key = format!("tool {id}");
    let known = find(snapshot, &key);
    let position = known.unwrap_or_else(|| add_part(snapshot, &kind));
    let fields = part(snapshot, position);
    if known.is_none() {
        fields.set(ID, quote(&id));
    } else if fields.text("type") == "tool-" {
        fields.set("type", quote(&kind));
    }
    if !name.is_empty() && fields.text("type") == "dynamic-tool" {
        fields.set("toolName", quote(&name));
    }
    if let Some(run) = payload.get("providerExecuted") {
        fields.set("providerExecuted", run.as_str().to_owned());
    }
    snapshot.places.insert(key, position);
    position
}

/// Makes the tool call of a part, or adds to it what was not known of it.
fn prepare_call(snapshot: &mut Snapshot, position: i64, payload: &Object<'_>, out: &mut Sink<'_>) {
    let (id, name) = (id_of(payload, ID), payload.str("toolName"));
    // The part's place is the call's index: an id that comes again behind a reset is another call.
    let piece = Piece::start(Some(position), &id, &name);
    match call_at(snapshot, position) {
        Some(call) => snapshot.choice(0).name_tool_call(call, &piece, out),
        None if is_provider_run(snapshot, position) => {}
        None => _ = snapshot.choice(0).begin_tool_call(&piece, out),
    }
}

/// The tool call of a part.
fn call_at(snapshot: &Snapshot, position: i64) -> Option<usize> {
    snapshot.choices.get(&0)?.tool_calls.by_index(position)
}

fn fields_at(snapshot: &Snapshot, position: i64) -> Option<&Fields> {
    snapshot.fields.find(&[part_at(position)])
}

/// Whether a member of a part has that JSON text.
fn says(snapshot: &Snapshot, position: i64, name: &str, json: &str) -> bool {
    fields_at(snapshot, position).and_then(|fields| fields.value(name)) == Some(json)
}

fn is_provider_run(snapshot: &Snapshot, position: i64) -> bool {
    says(snapshot, position, "providerExecuted", "true")
}

/// Whether the input is text that no JSON is made of.
fn is_text(snapshot: &Snapshot, position: i64) -> bool {
    says(snapshot, position, "inputEncoding", r#""text""#)
}

/// What the provider runs itself is told when it begins, and when its input is whole.
fn tell_provider_run(snapshot: &mut Snapshot, position: i64, payload: &Object<'_>, out: &mut Sink<'_>) {
    if call_at(snapshot, position).is_none() && payload.str("type") != "tool-input-error" {
        let kind = part(snapshot, position).text("type").to_owned();
        tell(&kind, payload, out);
    }
}

/// What a piece of an input adds to.
pub(super) fn growth<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<Growth<'a>> {
    let position = find(snapshot, &format!("tool {}", id_of(payload, ID)))?;
    let way = vec![part_at(position)];
    let mut places = vec![];
    places.extend(call_at(snapshot, position).map(|position| Place::Arguments { choice: 0, position }));
    // Behind the whole input, a piece must not take its place.
    if says(snapshot, position, "state", &quote(STREAMING)) {
        let text = is_text(snapshot, position);
        places.push(if text { Place::Member { way, name: "input" } } else { Place::Json { way, name: "input" } });
    }
    Some(Growth { text: payload.get("inputTextDelta")?, places })
}

/// The same, where nothing is told of it but that it grows.
pub(super) fn repeating<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<Growth<'a>> {
    growth(snapshot, payload).filter(|growth| matches!(growth.places.first(), Some(Place::Arguments { .. })))
}

fn fold_piece(snapshot: &mut Snapshot, position: i64, payload: &Object<'_>, out: &mut Sink<'_>) {
    let fields = part(snapshot, position);
    if !fields.contains("state") {
        fields.set("state", quote(STREAMING));
    }
    keep_members(fields, DELTA, payload);
    let Some(growth) = growth(snapshot, payload).filter(|growth| growth.text.text().is_some()) else { return };
    growth.fold(snapshot, out);
    if call_at(snapshot, position).is_none() && growth.text.is_truthy() {
        out(Delta::Other { choice: 0, kind: "input_json", json: growth.text.as_str() });
    }
}

/// Keeps what an event says of a part beside its input.
fn keep_members(fields: &mut Fields, kind: &str, payload: &Object<'_>) {
    keep(fields, payload, &RULED);
    let of_result = kind.starts_with("tool-output-");
    if let Some(metadata) = payload.get("providerMetadata") {
        let name = if of_result { "resultProviderMetadata" } else { "callProviderMetadata" };
        fields.merge(name, metadata, Lists::Replace);
    }
    for name in ["output", "errorText"] {
        if let Some(value) = payload.member(name) {
            fields.set(name, value.as_str().to_owned());
        }
    }
    // The last output is not preliminary because an earlier one was.
    match payload.get("preliminary") {
        Some(value) => _ = fields.set("preliminary", value.as_str().to_owned()),
        None if of_result => fields.remove("preliminary"),
        None => {}
    }
}

fn approve(fields: &mut Fields, payload: &Object<'_>) {
    let approval = fields.object("approval");
    for (name, value) in payload.iter().filter(|(name, _)| !matches!(*name, "type" | ID)) {
        let name = match name {
            "approvalId" => "id",
            "approvalDescriptor" => "descriptor",
            name => name,
        };
        approval.merge(name, value, Lists::Replace);
    }
}

/// An input that comes whole: what it has beyond its pieces is told.
fn complete_input(snapshot: &mut Snapshot, position: i64, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) {
    let Some(input) = payload.get("input") else { return };
    // An input that could not be read comes as the text that it is.
    let text = input.str().filter(|_| kind == "tool-input-error" || is_text(snapshot, position));
    let fields = part(snapshot, position);
    // It is no input of the tool that the part is typed as.
    let name = if kind == "tool-input-error" && fields.text("type") != "dynamic-tool" { "rawInput" } else { "input" };
    fields.remove("input");
    fields.set(name, input.as_str().to_owned());
    let Some(call) = call_at(snapshot, position) else { return };
    let told = snapshot.choice(0).tool_calls.at(call).arguments();
    let forms = [text.unwrap_or_else(|| input.compact().into()), input.as_str().into()];
    let rest = forms.iter().find_map(|whole| whole.strip_prefix(told)).unwrap_or_default().to_owned();
    if !rest.is_empty() {
        snapshot.choice(0).add_arguments(call, &Text::from(rest.as_str()), out);
    }
}

/// The tool call that a part of a whole message is.
pub(super) fn fold_whole(snapshot: &mut Snapshot, position: i64, object: &Object<'_>, out: &mut Sink<'_>) {
    let kind = object.str("type");
    if object.truthy("providerExecuted").is_some() {
        return tell(&kind, object, out);
    }
    let name = kind.strip_prefix("tool-").map_or_else(|| object.str("toolName"), |name| name.to_owned().into());
    let arguments = object.get("input").map(Raw::compact).unwrap_or_default();
    let id = id_of(object, ID);
    let piece = Piece { arguments: Text::from(arguments.as_str()), ..Piece::start(Some(position), &id, &name) };
    snapshot.choice(0).begin_tool_call(&piece, out);
}
