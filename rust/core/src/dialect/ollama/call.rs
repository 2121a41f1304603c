//! Tool calls: each comes whole, and is a new one, unless it repeats or continues an earlier one.

use super::{CALLS, IN_MESSAGE, Object, Raw, Sink, Snapshot};
use crate::dialect::openai_chat::Said;
use crate::json::{Text, quote};
use crate::limits::RECENT_CALLS;
use crate::snapshot::{CallFragment, MergedObject, PathStep, ToolCall, ToolCalls, begins_object};

const ARGUMENTS: &str = "arguments";
const FUNCTION: &str = "function";
const INDEX: &str = "index";

/// The calls of a line: those of its message, or else its own. False where one cannot be read.
pub(super) fn fold(snapshot: &mut Snapshot, payload: &Object<'_>, last: bool, out: &mut Sink<'_>) -> bool {
    let inside = payload.child("message");
    let (path, owner) = if inside.get(CALLS).is_some() { (IN_MESSAGE, &inside) } else { (&[][..], payload) };
    let calls: Vec<_> = owner.each(CALLS).into_iter().filter(|call| call.is_object()).collect();
    let again = if last { said_again(snapshot, path, &calls) } else { 0 };
    for call in &calls[again..] {
        fold_call(snapshot, path, *call, out);
    }
    calls.len() == owner.each(CALLS).len()
}

/// How many of the last line's calls repeat those before it: all of these, or none.
fn said_again(snapshot: &mut Snapshot, path: &[PathStep], calls: &[Raw<'_>]) -> usize {
    let known = snapshot.choice(0).tool_calls.as_slice().len();
    let mut each = calls.iter().take(known).enumerate();
    let again = each.all(|(position, call)| {
        let said = Said::of(*call);
        let same = is_same(snapshot.choice(0).tool_calls.at(position), &said.piece(None, (0, 1)));
        same && !has_another_index(snapshot, path, position, &call.object())
    });
    if again && calls.len() >= known { known } else { 0 }
}

/// Whether a call has another index than the one at a position.
fn has_another_index(snapshot: &Snapshot, path: &[PathStep], position: usize, call: &Object<'_>) -> bool {
    let path = [path, &[at(position), PathStep::Object(FUNCTION)]].concat();
    let known = snapshot.fields.find(&path).and_then(|function| function.json_of(INDEX));
    let own = call.child(FUNCTION).get(INDEX);
    own.zip(known).is_some_and(|(own, known)| own.as_str() != known)
}

/// Whether a piece repeats a whole call.
fn is_same(call: &ToolCall, piece: &CallFragment<'_>) -> bool {
    let same_id = piece.id.is_empty() || call.id().is_none_or(|id| id == piece.id);
    same_id && call.name().unwrap_or_default() == piece.name && call.has(&piece.arguments)
}

/// The call that a piece belongs to: one with its id that it repeats or continues, or, without an id, the last one if
/// its arguments are incomplete. `None` for a new call.
fn find(calls: &mut ToolCalls, piece: &CallFragment<'_>) -> Option<usize> {
    let count = calls.as_slice().len();
    if piece.id.is_empty() {
        let last = count.checked_sub(1)?;
        let call = calls.at(last);
        let open =
            if piece.name.is_empty() { !call.has_complete_arguments() } else { call.is_mid_arguments(piece.name) };
        return open.then_some(last);
    }
    let belongs = |call: &mut ToolCall| {
        let same = call.id() == Some(piece.id) && (piece.name.is_empty() || call.name() == Some(piece.name));
        same && (call.is_announced() || !call.has_complete_arguments() || call.has(&piece.arguments))
    };
    (0..count).rev().take(RECENT_CALLS).find(|&position| belongs(calls.at(position)))
}

/// The step to the call at a position of the object's list.
fn at(position: usize) -> PathStep {
    PathStep::Item(CALLS, i64::try_from(position).unwrap_or(i64::MAX))
}

fn fold_call(snapshot: &mut Snapshot, path: &[PathStep], call: Raw<'_>, out: &mut Sink<'_>) {
    let said = Said::of(call);
    let piece = said.piece(None, (0, 1));
    let choice = snapshot.choice(0);
    let known = find(&mut choice.tool_calls, &piece);
    let start = CallFragment { kind: piece.kind, ..CallFragment::start(None, piece.id, piece.name) };
    let position = known.unwrap_or_else(|| choice.tool_calls.begin(&start));
    let new = choice.tool_calls.complete(position, &start) || known.is_none();
    let grown = choice.tool_calls.at(position).add(&piece.arguments).to_owned();
    if new || !grown.is_empty() {
        choice.emit_tool_call(position, grown.len(), out);
    }
    let kept = snapshot.fields.at(&[path, &[at(position)]].concat());
    kept.keep_all(&call.object(), &[FUNCTION, ARGUMENTS, "name"]);
    let kept = kept.object(FUNCTION);
    kept.keep_all(&call.object().child(FUNCTION), &[ARGUMENTS]);
    if !kept.contains("name") && !said.name.is_empty() {
        kept.set("name", quote(&said.name));
    }
    keep_arguments(kept, &call.object(), &grown);
}

/// Keeps arguments: as they came, or as the object that their text is.
fn keep_arguments(kept: &mut MergedObject, call: &Object<'_>, grown: &str) {
    let Some(value) = call.child(FUNCTION).get(ARGUMENTS).or_else(|| call.get(ARGUMENTS)) else { return };
    let is_json = !kept.json_text(ARGUMENTS).is_empty() || begins_object(grown);
    match value.str() {
        None => _ = kept.set(ARGUMENTS, value.as_str()),
        Some(text) if text == "{}" && grown.is_empty() => {
            _ = kept.contains(ARGUMENTS) || kept.set(ARGUMENTS, text);
        }
        Some(_) if is_json => kept.append_json(ARGUMENTS, &Text::from(grown)),
        Some(_) => kept.append(ARGUMENTS, &Text::from(grown)),
    }
}
