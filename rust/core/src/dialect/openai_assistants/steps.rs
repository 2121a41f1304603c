//! Steps of a run, and the tool calls in them.

use std::borrow::Cow;

use super::positions::{At, Positions, STEPS};
use super::{indexed, position_of, position_of_delta};
use crate::dialect::known_calls;
use crate::dialect::openai_chat::Said;
use crate::json::{Object, Payload, Raw, Text, compact, quote};
use crate::snapshot::{
    Append, CallFragment, Delta, MergedObject, Overlap, Path, PathStep, Sink, Snapshot, Target, append_all, fold_all,
    overlap_json,
};

const DETAILS: &str = "step_details";
pub(super) const CALLS: &str = "tool_calls";
const FUNCTION: &str = "function";
const ARGUMENTS: &str = "arguments";
pub(super) const CODE: &str = "code_interpreter";

/// Some servers send this before the pieces of arguments which are others.
const EMPTY: &str = "{}";

impl At {
    pub(super) fn path(self) -> Path {
        [PathStep::Item(STEPS, self.step), PathStep::Object(DETAILS), PathStep::Item(CALLS, self.call)].into()
    }

    fn path_into(self, member: &'static str) -> Path {
        self.path().to([PathStep::Object(member)])
    }
}

/// The position of the call of a piece in its step: that of the call with its id, or else its index; after the others
/// where another call has that. Without an index and an id it is the last.
pub(super) fn locate(snapshot: &Snapshot, step: i64, (at_in_list, of): (usize, usize), call: &Object<'_>) -> At {
    let id = call.id("id");
    let at = |call: i64| At { step, call };
    let positions = snapshot.state.get::<Positions>();
    let by_id = positions.and_then(|positions| positions.calls_by_id.get(&(step, id.clone().into_owned())));
    if let Some(&known) = by_id {
        return at(known);
    }
    let path = [PathStep::Item(STEPS, step), PathStep::Object(DETAILS)];
    let next = snapshot.fields.find(&path).map_or(0, |details| details.next_index(CALLS));
    let by_index = |index: i64| positions.and_then(|positions| positions.calls_by_index.get(&(step, index)).copied());
    let index = match call.get("index").and_then(Raw::index) {
        Some(index) => by_index(index).unwrap_or(index),
        None if !id.is_empty() => next,
        None if of > 1 => i64::try_from(at_in_list).unwrap_or(i64::MAX),
        None => (next - 1).max(0),
    };
    let other =
        known(snapshot, at(index), "").and_then(|position| snapshot.choices[&0].tool_calls.as_slice()[position].id());
    at(if !id.is_empty() && other.is_some_and(|other| other != id) { next } else { index })
}

/// Locates the call of a piece in its step, and remembers it by its id and its index.
fn settle_in(snapshot: &mut Snapshot, step: i64, list_position: (usize, usize), call: &Object<'_>) -> At {
    let at = locate(snapshot, step, list_position, call);
    let (id, positions) = (call.id("id"), snapshot.state.get_mut::<Positions>());
    if !id.is_empty() {
        positions.calls_by_id.entry((step, id.into_owned())).or_insert(at.call);
    }
    if let Some(index) = call.get("index").and_then(Raw::index) {
        positions.calls_by_index.insert((step, index), at.call);
    }
    at
}

/// A whole step.
pub(super) fn fold(snapshot: &mut Snapshot, step: &Object<'_>, out: &mut Sink<'_>) {
    let position = position_of(snapshot, STEPS, step);
    let known = calls_of(snapshot.fields.item(STEPS, position));
    snapshot.fields.replace_item(STEPS, position, step);
    for (call, item) in indexed(step.child(DETAILS).each(CALLS)) {
        let kind = kind_of(&item, "");
        if kind == FUNCTION {
            fold_whole_call(snapshot, At { step: position, call }, &item, out);
        } else if usize::try_from(call).is_ok_and(|call| call >= known) {
            emit(&kind, &item, out);
        }
    }
}

/// The number of calls of a step.
fn calls_of(step: &MergedObject) -> usize {
    let details = step.json_of(DETAILS).unwrap_or_default();
    Payload::parse(&details).map_or(0, |details| details.raw().object().each(CALLS).len())
}

fn emit(kind: &str, call: &Object<'_>, out: &mut Sink<'_>) {
    let kind = if kind.is_empty() { "tool_call" } else { kind };
    out(Delta::Other { choice: 0, kind, json: call.raw().as_str() });
}

/// More of a step. False where it cannot be read.
pub(super) fn fold_delta(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let step = position_of_delta(snapshot, STEPS, "thread.run.step", payload);
    let delta = payload.child("delta");
    let details = delta.child(DETAILS);
    let kept = snapshot.fields.item(STEPS, step);
    kept.keep_all(&delta, &[DETAILS]);
    let kept = kept.object(DETAILS);
    kept.keep_all(&details, &[CALLS]);
    kept.take_apart(CALLS);
    let calls = details.objects(CALLS);
    for (position, item) in calls.iter().enumerate() {
        let at = settle_in(snapshot, step, (position, calls.len()), item);
        fold_call(snapshot, at, item, out);
    }
    delta.raw().is_object() && calls.len() == details.each(CALLS).len()
}

/// The kind of a call: what it says itself, what was said of it before, or by its members.
fn kind_of<'a>(call: &Object<'a>, known: &'a str) -> Cow<'a, str> {
    match call.str("type") {
        kind if !kind.is_empty() => kind,
        _ if !known.is_empty() => known.into(),
        _ if call.first(&[FUNCTION, ARGUMENTS]).is_some() => FUNCTION.into(),
        kind => kind,
    }
}

fn fold_call(snapshot: &mut Snapshot, at: At, call: &Object<'_>, out: &mut Sink<'_>) {
    let kept = snapshot.fields.at(&at.path());
    let known = kept.word("type").into_owned();
    let kind = kind_of(call, &known);
    kept.set_once("id", call.get("id"));
    if known.is_empty() && !kind.is_empty() {
        kept.set("type", quote(&kind));
    }
    kept.keep_all(call, &["index", "id", "type", FUNCTION, "name", ARGUMENTS, CODE]);
    match kind.as_ref() {
        FUNCTION => return fold_function(snapshot, at, call, out),
        CODE => fold_code(snapshot, at, call, out),
        _ => {}
    }
    emit(&kind, call, out);
}

/// What a piece of the code that the provider runs is appended to.
pub(super) fn code<'a>(at: At, call: &Object<'a>) -> Option<Append<'a>> {
    let targets = vec![Target::Member { path: at.path_into(CODE), name: "input" }];
    Some(Append { text: call.child(CODE).get("input")?, targets })
}

fn fold_code(snapshot: &mut Snapshot, at: At, call: &Object<'_>, out: &mut Sink<'_>) {
    let piece = call.child(CODE);
    let kept = snapshot.fields.at(&at.path_into(CODE));
    kept.append("input", &Text::from(""));
    if !kept.contains("outputs") {
        kept.set("outputs", "[]");
    }
    kept.keep_all(&piece, &["input", "outputs"]);
    for (index, output) in indexed(piece.each("outputs")) {
        kept.replace_item("outputs", index, &output);
        kept.item("outputs", index).remove("index");
    }
    fold_all(code(at, call), snapshot, out);
}

/// What the arguments of a function call are appended to.
fn targets(at: At, position: usize) -> [Target; 2] {
    [Target::Arguments { choice: 0, position }, Target::Member { path: at.path_into(FUNCTION), name: ARGUMENTS }]
}

/// What a piece of a function call is appended to, once its arguments have begun.
pub(super) fn arguments<'a>(snapshot: &Snapshot, at: At, call: &Object<'a>) -> Option<Append<'a>> {
    let position = known(snapshot, at, &call.id("id"))?;
    let begun = !snapshot.choices[&0].tool_calls.as_slice()[position].arguments().is_empty();
    let text = call.child(FUNCTION).get(ARGUMENTS).filter(|_| begun)?;
    Some(Append { text, targets: targets(at, position).into() })
}

fn fold_function(snapshot: &mut Snapshot, at: At, call: &Object<'_>, out: &mut Sink<'_>) {
    let said = Said::of(call.raw());
    let piece = said.piece(None, (0, 1));
    keep_function(snapshot.fields.at(&at.path_into(FUNCTION)), &call.child(FUNCTION), &said.name);
    let (position, new) = identify(snapshot, at, &piece);
    let held = holds_back(snapshot, at, position, &piece.arguments);
    let kept = snapshot.fields.at(&at.path_into(FUNCTION));
    let news = if held { Text::default() } else { kept.news(ARGUMENTS, piece.arguments) };
    if !news.is_empty() {
        append_all(&targets(at, position), &news, snapshot, out);
    } else if new {
        snapshot.choice(0).add_arguments(position, &news, out);
    }
}

/// Holds back an empty object, which some servers send before the arguments, and which counts only where none follow;
/// returns whether a piece is one.
fn holds_back(snapshot: &mut Snapshot, at: At, position: usize, piece: &Text<'_>) -> bool {
    let empty = matches!(piece, Text::Whole(piece) if piece == EMPTY);
    let call = snapshot.choice(0).tool_calls.at(position);
    if piece.is_empty() || !call.arguments.is_empty() || !(empty || call.is_announced()) {
        return false;
    }
    call.initial_input = if empty { EMPTY.into() } else { String::new() };
    let kept = quote(&call.initial_input);
    snapshot.fields.at(&at.path_into(FUNCTION)).set(ARGUMENTS, kept);
    empty
}

/// Keeps what a piece says of a function besides its arguments.
fn keep_function(kept: &mut MergedObject, function: &Object<'_>, name: &str) {
    if !kept.contains("name") && !name.is_empty() {
        kept.set("name", quote(name));
    }
    kept.append(ARGUMENTS, &Text::from(""));
    kept.keep_all(function, &["name", ARGUMENTS]);
}

/// The position among the tool calls of a call: of the one with its id, or else of the one that it was before.
fn known(snapshot: &Snapshot, at: At, id: &str) -> Option<usize> {
    let before = || snapshot.state.get::<Positions>()?.tool_calls.get(&at).copied();
    snapshot.choices.get(&0)?.tool_calls.by_id(id).or_else(before)
}

/// Finds or makes the tool call of a call; returns its position, and whether anything about its identity is new.
fn identify(snapshot: &mut Snapshot, at: At, piece: &CallFragment<'_>) -> (usize, bool) {
    let start = CallFragment { kind: FUNCTION, ..CallFragment::start(None, piece.id, piece.name) };
    let known = known(snapshot, at, piece.id);
    let calls = &mut snapshot.choice(0).tool_calls;
    let position = known.unwrap_or_else(|| calls.begin(&start));
    let new = calls.complete(position, &start) || known.is_none();
    snapshot.state.get_mut::<Positions>().tool_calls.entry(at).or_insert(position);
    (position, new)
}

/// A call of a whole step: emits what its arguments have beyond their pieces. Pieces may still follow.
fn fold_whole_call(snapshot: &mut Snapshot, at: At, call: &Object<'_>, out: &mut Sink<'_>) {
    let said = Said::of(call.raw());
    let piece = said.piece(None, (0, 1));
    let (position, new) = identify(snapshot, at, &piece);
    if !piece.id.is_empty() {
        let positions = snapshot.state.get_mut::<Positions>();
        positions.calls_by_id.insert((at.step, piece.id.to_owned()), at.call);
        positions.tool_calls.insert(at, position);
    }
    if new {
        snapshot.choice(0).add_arguments(position, &Text::default(), out);
    }
    if !holds_back(snapshot, at, position, &piece.arguments) {
        complete(snapshot, position, &piece, out);
    }
    let arguments = snapshot.choice(0).tool_calls.at(position).arguments().to_owned();
    let function = snapshot.fields.at(&at.path_into(FUNCTION));
    if function.text(ARGUMENTS) == arguments {
        function.announce(ARGUMENTS);
    }
}

/// The calls that the run waits for, with complete arguments: matched by their ids, or else in their order.
pub(super) fn fold_final(snapshot: &mut Snapshot, calls: &[Object<'_>], out: &mut Sink<'_>) {
    let said: Vec<_> = calls.iter().map(|call| Said::of(call.raw())).collect();
    let pieces: Vec<_> = said.iter().map(|said| said.piece(None, (0, 1))).collect();
    let ids: Vec<_> = pieces.iter().map(|piece| Cow::Borrowed(piece.id)).collect();
    for (piece, known) in pieces.iter().zip(known_calls(snapshot, &ids)) {
        match known {
            Some(position) => complete(snapshot, position, piece, out),
            None => _ = snapshot.choice(0).begin_tool_call(piece, out),
        }
    }
}

/// Emits what whole arguments have beyond their pieces, whatever spaces the pieces have.
fn complete(snapshot: &mut Snapshot, position: usize, whole: &CallFragment<'_>, out: &mut Sink<'_>) {
    let emitted = snapshot.choice(0).tool_calls.at(position).arguments().to_owned();
    let spaceless = compact(&whole.arguments.clone().into_str());
    let arguments = match overlap_json(&emitted, &spaceless) {
        Overlap::Continues(rest) if !emitted.is_empty() => {
            Text::from(emitted.as_str()).and(Text::from(rest)).into_owned()
        }
        _ => whole.arguments.clone().into_owned(),
    };
    let whole = CallFragment { arguments, ..CallFragment::start(None, whole.id, whole.name) };
    snapshot.choice(0).complete_tool_call(position, &whole, out);
}

#[cfg(test)]
mod tests {
    use crate::dialect::folded::folded;

    fn delta(id: &str, call: &str) -> String {
        let details = format!(r#"{{"type":"tool_calls","tool_calls":[{call}]}}"#);
        format!(r#"{{"object":"thread.run.step.delta","id":"{id}","delta":{{"step_details":{details}}}}}"#)
    }

    fn emitted(payloads: &[String]) -> (Vec<String>, String) {
        let folded = folded("openai-assistants", &payloads.iter().map(String::as_str).collect::<Vec<_>>());
        let object = folded.object();
        (folded.emitted, object)
    }

    #[test]
    fn functions_are_tool_calls_by_id() {
        let whole = |name: &str, arguments: &str| {
            format!(r#"{{"id":"{name}","type":"function","function":{{"name":"{name}","arguments":"{arguments}"}}}}"#)
        };
        let action = format!(
            r#"{{"submit_tool_outputs":{{"tool_calls":[{},{},{}]}}}}"#,
            whole("f", "{}"),
            whole("g", "{}"),
            whole("h", "")
        );
        let run =
            format!(r#"{{"object":"thread.run","id":"r","status":"requires_action","required_action":{action}}}"#);
        let (emitted, _) = emitted(&[
            delta("s", r#"{"index":0,"id":"f","type":"function","function":{"name":"f","arguments":""}}"#),
            delta("s", r#"{"index":0,"type":"function","function":{"arguments":"{"}}"#),
            delta("t", r#"{"index":0,"id":"g","type":"function","function":{"name":"g","arguments":"{}"}}"#),
            run.clone(),
            run,
        ]);
        let calls = ["call 0 f f ", "call 0 f f {", "call 1 g g ", "call 0 f f }", "call 1 g g {}", "call 2 h h "];
        assert_eq!(emitted[..6], calls);
        assert_eq!(emitted[6..], ["finish requires_action"]);
    }

    #[test]
    fn what_the_provider_runs_is_emitted_as_it_is() {
        let pieces = [
            r#"{"index":0,"id":"c","type":"code_interpreter","code_interpreter":{"input":"","outputs":[]}}"#,
            r#"{"index":0,"type":"code_interpreter","code_interpreter":{"input":"1+"}}"#,
            r#"{"index":0,"type":"code_interpreter","code_interpreter":{"input":"1"}}"#,
            r#"{"index":0,"type":"code_interpreter","code_interpreter":{"outputs":[{"index":0,"type":"logs","logs":"2"}]}}"#,
            r#"{"index":1,"id":"s","type":"file_search","file_search":{}}"#,
        ];
        let (emitted, object) = emitted(&pieces.map(|piece| delta("s", piece)));
        let kinds = ["code_interpreter"; 4].into_iter().chain(["file_search"]);
        assert_eq!(emitted, kinds.zip(pieces).map(|(kind, piece)| format!("{kind} {piece}")).collect::<Vec<_>>());
        let code = r#"{"id":"c","type":"code_interpreter","code_interpreter":{"input":"1+1","outputs":[{"type":"logs","logs":"2"}]}}"#;
        assert!(object.contains(code), "{object}");
    }

    #[test]
    fn a_whole_step_adds_what_its_pieces_lack() {
        let call = |arguments: &str| {
            format!(
                r#"{{"id":"f","type":"function","function":{{"name":"f","arguments":"{arguments}","output":null}}}}"#
            )
        };
        let step = format!(
            r#"{{"object":"thread.run.step","id":"s","type":"tool_calls","step_details":{{"type":"tool_calls","tool_calls":[{}]}}}}"#,
            call("{}")
        );
        let piece = delta("s", r#"{"index":0,"id":"f","type":"function","function":{"name":"f","arguments":"{"}}"#);
        let (emitted, object) = emitted(&[piece, step.clone()]);
        assert_eq!(emitted, ["call 0 f f {", "call 0 f f }"]);
        assert_eq!(object, format!(r#"{{"run":null,"steps":[{step}],"messages":[]}}"#));
    }
}
