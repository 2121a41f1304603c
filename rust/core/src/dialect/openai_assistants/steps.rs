//! Steps of a run, and the tool calls in them.

use super::{indexed, place, place_of_delta};
use crate::json::{Object, Raw, Text};
use crate::snapshot::{Delta, Fields, Growth, In, Piece, Place, Sink, Snapshot, fold_all};

pub(super) const STEPS: &str = "steps";
const DETAILS: &str = "step_details";
const CALLS: &str = "tool_calls";
pub(super) const CODE: &str = "code_interpreter";

/// A call's place: its step's, and its own in that.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) step: i64,
    pub(super) call: i64,
}

impl At {
    pub(super) fn way(self) -> Vec<In> {
        vec![In::Item(STEPS, self.step), In::Object(DETAILS), In::Item(CALLS, self.call)]
    }

    fn way_into(self, member: &'static str) -> Vec<In> {
        self.way().into_iter().chain([In::Object(member)]).collect()
    }

    /// The key under which the snapshot knows which of the tool calls it is.
    fn key(self) -> String {
        format!("call/{}/{}", self.step, self.call)
    }
}

/// A step as it is by now.
pub(super) fn fold(snapshot: &mut Snapshot, step: &Object<'_>, out: &mut Sink<'_>) {
    let position = place(snapshot, STEPS, step);
    snapshot.fields.replace_item(STEPS, position, step);
    for (call, item) in indexed(&step.child(DETAILS), CALLS) {
        if item.str("type") == "function" {
            fold_whole_call(snapshot, At { step: position, call }.key(), &item, out);
        }
    }
}

/// More of a step.
pub(super) fn fold_delta(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let step = place_of_delta(snapshot, STEPS, "thread.run.step", payload);
    let delta = payload.child("delta");
    let details = delta.child(DETAILS);
    let kept = snapshot.fields.item(STEPS, step);
    kept.keep_all(&delta, &[DETAILS]);
    kept.object(DETAILS).keep_all(&details, &[CALLS]);
    for (call, item) in indexed(&details, CALLS) {
        fold_call(snapshot, At { step, call }, &item, out);
    }
}

fn fold_call(snapshot: &mut Snapshot, at: At, call: &Object<'_>, out: &mut Sink<'_>) {
    let kept = snapshot.fields.at(&at.way());
    kept.set_once("id", call.get("id"));
    kept.set_once("type", call.get("type"));
    kept.keep_all(call, &["index", "id", "type", "function", CODE]);
    let kind = kept.word("type").into_owned();
    match kind.as_ref() {
        "function" => return fold_function(snapshot, at, call, out),
        CODE => fold_code(snapshot, at, call, out),
        _ => {}
    }
    let kind = if kind.is_empty() { "tool_call" } else { &kind };
    out(Delta::Other { choice: 0, kind, json: call.raw().as_str() });
}

/// What grows by a piece of the code that the provider runs.
pub(super) fn code<'a>(at: At, call: &Object<'a>) -> Option<Growth<'a>> {
    let places = vec![Place::Member { way: at.way_into(CODE), name: "input" }];
    Some(Growth { text: call.child(CODE).get("input")?, places })
}

fn fold_code(snapshot: &mut Snapshot, at: At, call: &Object<'_>, out: &mut Sink<'_>) {
    let piece = call.child(CODE);
    let kept = snapshot.fields.at(&at.way_into(CODE));
    kept.append("input", &Text::from(""));
    if !kept.contains("outputs") {
        kept.set("outputs", "[]");
    }
    kept.keep_all(&piece, &["input", "outputs"]);
    for (index, output) in indexed(&piece, "outputs") {
        kept.replace_item("outputs", index, &output);
        kept.item("outputs", index).remove("index");
    }
    fold_all(code(at, call), snapshot, out);
}

/// What grows by a piece of a function call, which is that of the tool calls.
pub(super) fn arguments<'a>(at: At, position: usize, call: &Object<'a>) -> Option<Growth<'a>> {
    let member = Place::Member { way: at.way_into("function"), name: "arguments" };
    let places = vec![Place::Arguments { choice: 0, position }, member];
    Some(Growth { text: call.child("function").get("arguments")?, places })
}

fn fold_function(snapshot: &mut Snapshot, at: At, call: &Object<'_>, out: &mut Sink<'_>) {
    keep_function(snapshot.fields.at(&at.way_into("function")), &call.child("function"));
    let (position, new) = identify(snapshot, at.key(), call);
    let growth = arguments(at, position, call).filter(|growth| growth.text.is_truthy());
    if let Some(growth) = growth.filter(|growth| growth.text.text().is_some()) {
        growth.fold(snapshot, out);
    } else if new {
        snapshot.choice(0).add_arguments(position, &Text::from(""), out);
    }
}

/// Keeps what a piece says of a function beside its arguments.
fn keep_function(kept: &mut Fields, function: &Object<'_>) {
    kept.set_once("name", function.get("name"));
    kept.append("arguments", &Text::from(""));
    kept.keep_all(function, &["name", "arguments"]);
}

/// Which of the tool calls a call is, if it was told of.
pub(super) fn known_call(snapshot: &Snapshot, at: At, call: &Object<'_>) -> Option<usize> {
    known(snapshot, &at.key(), &call.str("id"))
}

fn known(snapshot: &Snapshot, key: &str, id: &str) -> Option<usize> {
    let by_key = || usize::try_from(*snapshot.places.get(key)?).ok();
    snapshot.choices.get(&0)?.tool_calls.by_id(id).or_else(by_key)
}

/// Finds out which of the tool calls a call is, and whether anything is new of that.
fn identify(snapshot: &mut Snapshot, key: String, call: &Object<'_>) -> (usize, bool) {
    let (id, name) = (call.str("id"), call.child("function").str("name").into_owned());
    let piece = Piece { kind: "function", ..Piece::start(None, &id, &name) };
    let known = known(snapshot, &key, &id);
    let calls = &mut snapshot.choice(0).tool_calls;
    let position = known.unwrap_or_else(|| calls.begin(&piece));
    let new = calls.complete(position, &piece) || known.is_none();
    snapshot.places.entry(key).or_insert(i64::try_from(position).unwrap_or(i64::MAX));
    (position, new)
}

/// A call that is whole: what its arguments have beyond their pieces is told.
pub(super) fn fold_whole_call(snapshot: &mut Snapshot, key: String, call: &Object<'_>, out: &mut Sink<'_>) {
    let (position, new) = identify(snapshot, key, call);
    let whole = call.child("function").get("arguments").and_then(Raw::str).unwrap_or_default();
    let told = snapshot.choice(0).tool_calls.at(position).arguments();
    let rest = whole.strip_prefix(told).unwrap_or_default();
    if !rest.is_empty() {
        snapshot.forget_half(&Place::Arguments { choice: 0, position });
    }
    if new || !rest.is_empty() {
        snapshot.choice(0).add_arguments(position, &Text::from(rest), out);
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::folded::folded;

    fn delta(id: &str, call: &str) -> String {
        let details = format!(r#"{{"type":"tool_calls","tool_calls":[{call}]}}"#);
        format!(r#"{{"object":"thread.run.step.delta","id":"{id}","delta":{{"step_details":{details}}}}}"#)
    }

    fn told(payloads: &[String]) -> (Vec<String>, String) {
        let folded = folded("openai-assistants", &payloads.iter().map(String::as_str).collect::<Vec<_>>());
        let object = folded.object();
        (folded.told, object)
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
        let (told, _) = told(&[
            delta("s", r#"{"index":0,"id":"f","type":"function","function":{"name":"f","arguments":""}}"#),
            delta("s", r#"{"index":0,"type":"function","function":{"arguments":"{"}}"#),
            delta("t", r#"{"index":0,"id":"g","type":"function","function":{"name":"g","arguments":"{}"}}"#),
            run.clone(),
            run,
        ]);
        let calls = ["call 0 f f ", "call 0 f f {", "call 1 g g {}", "call 0 f f }", "call 2 h h "];
        assert_eq!(told[..5], calls);
        assert_eq!(told[5..], ["finish requires_action"]);
    }

    #[test]
    fn what_the_provider_runs_is_told_as_it_is() {
        let pieces = [
            r#"{"index":0,"id":"c","type":"code_interpreter","code_interpreter":{"input":"","outputs":[]}}"#,
            r#"{"index":0,"type":"code_interpreter","code_interpreter":{"input":"1+"}}"#,
            r#"{"index":0,"type":"code_interpreter","code_interpreter":{"input":"1"}}"#,
            r#"{"index":0,"type":"code_interpreter","code_interpreter":{"outputs":[{"index":0,"type":"logs","logs":"2"}]}}"#,
            r#"{"index":1,"id":"s","type":"file_search","file_search":{}}"#,
        ];
        let (told, object) = told(&pieces.map(|piece| delta("s", piece)));
        let kinds = ["code_interpreter"; 4].into_iter().chain(["file_search"]);
        assert_eq!(told, kinds.zip(pieces).map(|(kind, piece)| format!("{kind} {piece}")).collect::<Vec<_>>());
        let code = r#"{"id":"c","type":"code_interpreter","code_interpreter":{"input":"1+1","outputs":[{"type":"logs","logs":"2"}]}}"#;
        assert!(object.contains(code), "{object}");
    }

    #[test]
    fn a_whole_step_tells_what_its_pieces_lack() {
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
        let (told, object) = told(&[piece, step.clone()]);
        assert_eq!(told, ["call 0 f f {", "call 0 f f }"]);
        assert_eq!(object, format!(r#"{{"run":null,"steps":[{step}],"messages":[]}}"#));
    }
}
