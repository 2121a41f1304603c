//! Tool calls: each by its id, or else at its index.

use std::borrow::Cow;

use super::{Answer, Append, CALLS, MESSAGE, MergedObject, Object, Raw, Sink, Snapshot, Target, message_of, quote};
use crate::dialect::known_calls;
use crate::json::{Text, compact};
use crate::snapshot::{CallFragment, Overlap, PathStep, append_all, overlap, overlap_json};

const ARGUMENTS: &str = "arguments";

/// Some servers send this before the pieces of arguments which are others.
const PLACEHOLDER: &str = "{}";

/// The index in the message's list of the call at a position.
fn index_of(snapshot: &Snapshot, position: usize) -> i64 {
    let indexes = snapshot.state.get::<Answer>().map_or(&[][..], |answer| &answer.call_indexes);
    indexes.get(position).copied().unwrap_or(0)
}

/// The function in the message of the call at a position.
fn function_of(snapshot: &mut Snapshot, position: usize) -> &mut MergedObject {
    let index = index_of(snapshot, position);
    message_of(snapshot).item(CALLS, index).object("function")
}

/// The position of the call that a payload is about: the one with its id, or at its index, or else the last. `None`
/// for a new one.
fn find(snapshot: &Snapshot, kind: &str, named: Option<i64>, id: &str) -> Option<usize> {
    let calls = &snapshot.choices.get(&0)?.tool_calls;
    let starts = kind.ends_with("-start");
    let by_index = match named {
        Some(index) => calls.by_index(index),
        None if starts => None,
        None => calls.as_slice().len().checked_sub(1),
    };
    let is_other = |position: &usize| !id.is_empty() && calls.as_slice()[*position].id().is_some();
    calls.by_id(id).or_else(|| by_index.filter(|position| !(starts && is_other(position))))
}

/// The start of a call, or a piece of it.
pub(super) fn fold(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, call: &Object<'_>, out: &mut Sink<'_>) {
    let named = payload.get("index").and_then(Raw::index);
    let (position, new) = identify(snapshot, find(snapshot, kind, named, &call.id("id")), named, call);
    let value = call.child("function").get(ARGUMENTS).unwrap_or_default();
    let piece = value.scalar().unwrap_or_else(|| Text::Whole(arguments(value)));
    let held = !piece.is_empty() && holds_back(snapshot, position, &piece);
    let news = if held { Text::default() } else { function_of(snapshot, position).news(ARGUMENTS, piece) };
    if !news.is_empty() {
        append_all(&targets(snapshot, position), &news, snapshot, out);
    } else if new {
        snapshot.choice(0).add_arguments(position, &news, out);
    }
    if kind.ends_with("-start") {
        function_of(snapshot, position).announce(ARGUMENTS);
    }
}

/// The end of a call: a placeholder that nothing followed is its arguments.
pub(super) fn end(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let named = payload.get("index").and_then(Raw::index);
    let Some(position) = find(snapshot, "tool-call-end", named, "") else { return };
    if snapshot.choice(0).tool_calls.at(position).arguments.is_empty() {
        snapshot.choice(0).settle_tool_call(position, out);
    }
}

/// The position of a call, made where it is not known, and whether anything about its identity is new.
fn identify(snapshot: &mut Snapshot, known: Option<usize>, named: Option<i64>, call: &Object<'_>) -> (usize, bool) {
    let (id, kind, name) = (call.id("id"), call.str("type"), call.child("function").str("name").into_owned());
    let piece = CallFragment { kind: &kind, ..CallFragment::start(named, &id, &name) };
    let position = known.unwrap_or_else(|| begin(snapshot, &piece));
    let new = snapshot.choice(0).tool_calls.complete(position, &piece) || known.is_none();
    let index = index_of(snapshot, position);
    keep(message_of(snapshot).item(CALLS, index), call);
    (position, new)
}

/// Makes a call, at its index in the list, or after the others where that is taken.
fn begin(snapshot: &mut Snapshot, piece: &CallFragment<'_>) -> usize {
    let message = message_of(snapshot);
    let free = piece.index.filter(|&index| !message.has_item(CALLS, index));
    let index = free.unwrap_or_else(|| message.next_index(CALLS));
    let piece = CallFragment {
        index: piece.index.or(Some(index)),
        kind: piece.kind,
        ..CallFragment::start(None, piece.id, piece.name)
    };
    let position = snapshot.choice(0).tool_calls.begin(&piece);
    snapshot.state.get_mut::<Answer>().call_indexes.push(index);
    position
}

/// Keeps what a piece says of a call besides its arguments.
fn keep(kept: &mut MergedObject, call: &Object<'_>) {
    let function = call.child("function");
    kept.set_once("id", call.get("id"));
    kept.set_once("type", call.get("type"));
    if !kept.contains("type") {
        kept.set("type", quote("function"));
    }
    kept.keep_all(call, &["id", "type", "function"]);
    let kept = kept.object("function");
    kept.set_once("name", function.get("name"));
    if !kept.contains(ARGUMENTS) {
        kept.set(ARGUMENTS, quote(""));
    }
    kept.keep_all(&function, &["name", ARGUMENTS]);
}

/// Arguments as text: some servers send the object itself.
fn arguments(value: Raw<'_>) -> Cow<'_, str> {
    if value.is_null() { Cow::Borrowed("") } else { value.str().unwrap_or_else(|| value.compact().into()) }
}

/// Holds a placeholder back, which counts only where no piece follows; returns whether a piece is one.
fn holds_back(snapshot: &mut Snapshot, position: usize, piece: &Text<'_>) -> bool {
    let placeholder = matches!(piece, Text::Whole(piece) if piece.trim() == PLACEHOLDER);
    let call = snapshot.choice(0).tool_calls.at(position);
    if !call.arguments.is_empty() || (!placeholder && call.initial_input.is_empty()) {
        return false;
    }
    call.initial_input = if placeholder { PLACEHOLDER.into() } else { String::new() };
    let kept = quote(&call.initial_input);
    function_of(snapshot, position).set(ARGUMENTS, kept);
    placeholder
}

/// What a piece of the arguments of the call at a position is appended to.
fn targets(snapshot: &Snapshot, position: usize) -> [Target; 2] {
    let path = [MESSAGE, PathStep::Item(CALLS, index_of(snapshot, position)), PathStep::Object("function")].into();
    [Target::Arguments { choice: 0, position }, Target::Member { path, name: ARGUMENTS }]
}

/// What a piece is appended to, if it is not the first.
pub(super) fn repeating<'a>(snapshot: &Snapshot, index: i64, call: &Object<'a>) -> Option<Append<'a>> {
    let position = find(snapshot, "tool-call-delta", Some(index), &call.id("id"))?;
    let begun = !snapshot.choices[&0].tool_calls.as_slice()[position].arguments().is_empty();
    let text = call.child("function").get(ARGUMENTS).filter(|_| begun)?;
    Some(Append { text, targets: targets(snapshot, position).into() })
}

/// The calls of a whole message: emits what they have beyond their pieces.
pub(super) fn fold_whole(snapshot: &mut Snapshot, calls: &[Object<'_>], out: &mut Sink<'_>) {
    let ids: Vec<_> = calls.iter().map(|call| call.id("id")).collect();
    for (call, known) in calls.iter().zip(known_calls(snapshot, &ids)) {
        complete(snapshot, known, call, out);
    }
}

fn complete(snapshot: &mut Snapshot, known: Option<usize>, call: &Object<'_>, out: &mut Sink<'_>) {
    let (position, new) = identify(snapshot, known, None, call);
    let whole = arguments(call.child("function").get(ARGUMENTS).unwrap_or_default());
    let held = !whole.is_empty() && holds_back(snapshot, position, &Text::from(whole.as_ref()));
    let emitted = snapshot.choice(0).tool_calls.at(position).arguments();
    let spaceless = compact(&whole);
    let overlap = if emitted.is_empty() { overlap("", &whole) } else { overlap_json(emitted, &spaceless) };
    match overlap {
        _ if held => snapshot.choice(0).settle_tool_call(position, out),
        Overlap::Continues(rest) => append_all(&targets(snapshot, position), &Text::from(rest), snapshot, out),
        Overlap::Repeats | Overlap::Differs if new => {
            snapshot.choice(0).add_arguments(position, &Text::default(), out);
        }
        Overlap::Repeats | Overlap::Differs => {}
    }
    let function = function_of(snapshot, position);
    match overlap {
        Overlap::Differs => function.seal(ARGUMENTS, quote(&whole)),
        _ if whole.is_empty() => {}
        _ => function.append(ARGUMENTS, &Text::default()),
    }
    function.announce(ARGUMENTS);
}
