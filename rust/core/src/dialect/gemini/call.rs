//! Function calls: whole, or with their arguments in pieces (Vertex AI's `streamFunctionCallArguments`).

use std::borrow::Cow;

use super::{Object, PARTS, Sink, Snapshot, candidate_at, content};
use crate::json::{Payload, Raw, Text, quoted_object};
use crate::limits::PATH_STEPS;
use crate::snapshot::{CallFragment, Key, MergedObject};

/// The last part's call, if the last part is one.
fn last_call(snapshot: &mut Snapshot, candidate: i64) -> Option<&mut MergedObject> {
    if !snapshot.fields.at(&[candidate_at(candidate)]).contains("content") {
        return None;
    }
    let parts = content(snapshot, candidate);
    let last = parts.next_index(PARTS) - 1;
    let part = (last >= 0).then(|| parts.item(PARTS, last))?;
    let is_call = part.contains("functionCall") && part.value("functionCall").is_none_or(|call| call.starts_with('{'));
    is_call.then(|| part.object("functionCall"))
}

/// Whether a call is the next piece of the one before, which said that it continues: it has no name, or the same id.
pub(super) fn is_mid_arguments(snapshot: &mut Snapshot, candidate: i64, function: &Object<'_>) -> bool {
    let id = function.get("id").map(|id| id.as_str().to_owned()).filter(|id| id != "\"\"");
    let unnamed = function.str("name").is_empty();
    last_call(snapshot, candidate).is_some_and(|call| {
        call.value("willContinue") == Some("true") && (unnamed || (id.is_some() && call.json_of("id") == id))
    })
}

/// Whether a call repeats one that came before: it has its id, its name and its arguments.
pub(super) fn is_same(snapshot: &Snapshot, candidate: i64, function: &Object<'_>) -> bool {
    let Some(choice) = snapshot.choices.get(&candidate) else { return false };
    let known = choice.tool_calls.by_id(&function.id("id")).map(|at| &choice.tool_calls.as_slice()[at]);
    let arguments = function.get("args").map(arguments).unwrap_or_default();
    known.is_some_and(|known| known.name == function.str("name") && known.arguments() == arguments)
}

/// The arguments as compact JSON text, or the text itself where they are a string of JSON.
fn arguments(args: Raw<'_>) -> Cow<'_, str> {
    quoted_object(args).unwrap_or_else(|| args.compact().into())
}

/// Begins a call, whose part has been added already.
pub(super) fn begin(snapshot: &mut Snapshot, candidate: i64, function: &Object<'_>, out: &mut Sink<'_>) {
    let (id, name) = (function.id("id"), function.str("name"));
    let streams = function.truthy("willContinue").is_some() || function.get("partialArgs").is_some();
    let arguments = function.get("args").filter(|_| !streams).map(arguments).unwrap_or_default();
    let piece = CallFragment { arguments: Text::from(arguments.as_ref()), ..CallFragment::start(None, &id, &name) };
    snapshot.choice(candidate).begin_tool_call(&piece, out);
    if let Some(object) = function.get("args").and_then(quoted_object)
        && let Some(call) = last_call(snapshot, candidate)
    {
        call.set("args", object);
    }
    if streams {
        if let Some(call) = last_call(snapshot, candidate) {
            call.set("willContinue", "true");
            call.object("args");
        }
        fold_piece(snapshot, candidate, function, out);
    }
}

/// More of the last call: its arguments are emitted when nothing more will come.
pub(super) fn fold_piece(snapshot: &mut Snapshot, candidate: i64, function: &Object<'_>, out: &mut Sink<'_>) {
    let Some(call) = last_call(snapshot, candidate) else { return };
    call.remove("partialArgs");
    if let Some(args) = function.get("args").filter(|args| args.is_object()) {
        call.object("args").set_all(&args.object());
    }
    for piece in function.get("partialArgs").map(Raw::objects).unwrap_or_default() {
        fold_argument(call, &piece.object().camel_case());
    }
    if function.truthy("willContinue").is_none() {
        close(snapshot, candidate, out);
    }
}

/// Completes the arguments of the last call, if it was still continuing, and emits them.
pub(super) fn close(snapshot: &mut Snapshot, candidate: i64, out: &mut Sink<'_>) {
    // Most answers call nothing.
    if snapshot.choices.get(&candidate).is_none_or(|choice| choice.tool_calls.as_slice().is_empty()) {
        return;
    }
    let Some(call) = last_call(snapshot, candidate).filter(|call| call.value("willContinue") == Some("true")) else {
        return;
    };
    call.remove("willContinue");
    let arguments = call.json_of("args").unwrap_or_default();
    let compact = Payload::parse(&arguments).map(|arguments| arguments.raw().compact()).unwrap_or_default();
    let calls = &mut snapshot.choice(candidate).tool_calls;
    if let Some(position) = calls.as_slice().len().checked_sub(1) {
        snapshot.choice(candidate).add_arguments(position, &Text::from(compact.as_str()), out);
    }
}

/// Sets the value at a piece's path; a string is appended to the one there.
fn fold_argument(call: &mut MergedObject, piece: &Object<'_>) {
    let path = piece.str("jsonPath");
    let Some(keys) = keys(&path) else { return };
    if let Some(text) = piece.get("stringValue").and_then(Raw::text) {
        call.append_at("args", &keys, &text);
    } else if let Some(value) = piece.first(&["numberValue", "boolValue"]) {
        call.set_at("args", &keys, value.as_str().to_owned());
    } else {
        call.set_at("args", &keys, "null".into());
    }
}

/// The steps of a path such as `$.rooms[0].name` or `$['a b']` (RFC 9535, of which only these are sent).
fn keys(path: &str) -> Option<Vec<Key<'_>>> {
    let mut rest = path.strip_prefix('$')?;
    let mut keys = Vec::new();
    while !rest.is_empty() {
        if keys.len() == PATH_STEPS {
            return None;
        }
        if let Some(dotted) = rest.strip_prefix('.') {
            let end = dotted.find(['.', '[']).unwrap_or(dotted.len());
            keys.push(Key::Name(&dotted[..end]));
            rest = &dotted[end..];
            continue;
        }
        let inner = rest.strip_prefix('[')?;
        if let Some(quote @ ('\'' | '"')) = inner.chars().next() {
            let (name, after) = inner[1..].split_once(quote)?;
            keys.push(Key::Name(name));
            rest = after.strip_prefix(']')?;
        } else {
            let (index, after) = inner.split_once(']')?;
            keys.push(Key::Index(index.parse().ok()?));
            rest = after;
        }
    }
    Some(keys)
}
