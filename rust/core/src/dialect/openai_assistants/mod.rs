//! `OpenAI`'s Assistants: a thread, a run, its steps and its messages, each an object of its own that is sent again
//! and again.
//!
//! The naive way appends the deltas and ignores the objects in between: it loses what only these have. The other
//! naive way takes the last object of each id: it emits nothing until that comes.
//!
//! 1. A payload is what its `object` says; the `type` of a step is no event's type.
//! 2. Deltas put steps and messages together; the object itself, whenever it comes, replaces the result. Of several
//!    objects with one id the newest counts.
//! 3. What an object's texts have beyond their pieces is emitted. Where they contradict the pieces, what was emitted
//!    stays.
//! 4. The function calls of all steps, and those that the run waits for, are one list of tool calls, identified by
//!    their ids.

use super::Rules;
use crate::json::{Object, ObjectWriter, Raw, quote};
use crate::snapshot::{ApiError, Sink, Snapshot};

mod messages;
mod positions;
mod repeats;
mod steps;

use positions::Positions;

pub(super) static RULES: Rules = Rules {
    detects,
    fold,
    repeats: repeats::repeats,
    // After a run has ended, a step or a message may still come: only `done` is the end.
    complete: |_| false,
    object,
};

fn detects(kind: &str, payload: &Object<'_>) -> bool {
    match payload.str("object").as_ref() {
        "thread"
        | "thread.run"
        | "thread.run.step"
        | "thread.run.step.delta"
        | "thread.message"
        | "thread.message.delta" => true,
        // With a null payload only the name is asked about: other APIs have events of such names too.
        _ => payload.raw().is_null() && kind.starts_with("thread."),
    }
}

fn fold(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    match payload.str("object").as_ref() {
        "thread" => _ = snapshot.fields.set("thread", payload.raw().as_str()),
        "thread.run" => fold_run(snapshot, payload, out),
        "thread.run.step" => steps::fold(snapshot, payload, out),
        "thread.run.step.delta" => return steps::fold_delta(snapshot, payload, out),
        "thread.message" => return messages::fold(snapshot, payload, out),
        "thread.message.delta" => return messages::fold_delta(snapshot, payload, out),
        _ if kind == "done" => snapshot.finish(out),
        _ => return false,
    }
    true
}

fn fold_run(snapshot: &mut Snapshot, run: &Object<'_>, out: &mut Sink<'_>) {
    snapshot.fields.set("run", run.raw().as_str());
    snapshot.set_id(&run.id("id"));
    snapshot.set_model(&run.str("model"));
    snapshot.count(run.get("usage").unwrap_or_default(), out);
    let action = run.child("required_action").child("submit_tool_outputs");
    steps::fold_final(snapshot, &action.objects(steps::CALLS), out);
    fold_status(snapshot, run, out);
}

fn fold_status(snapshot: &mut Snapshot, run: &Object<'_>, out: &mut Sink<'_>) {
    let status = run.str("status");
    let why = run.child("incomplete_details").str("reason");
    let reason = match status.as_ref() {
        "incomplete" if !why.is_empty() => why,
        "completed" | "incomplete" | "requires_action" | "cancelled" | "expired" | "failed" => status.clone(),
        _ => return,
    };
    snapshot.choice(0).finish(&reason, out);
    if status == "failed" {
        let error = run.truthy("last_error").map(|error| ApiError::of(error, run));
        snapshot.fail(error.unwrap_or_else(|| ApiError::reported(run, &status)));
    }
}

/// The position in its list of the message or step of a payload's id, or of a new one. Without an id it is the last
/// one; a new id is that of the last one if that has none.
fn position_of(snapshot: &mut Snapshot, list: &'static str, payload: &Object<'_>) -> i64 {
    let (next, id) = (snapshot.fields.next_index(list), payload.id("id"));
    if id.is_empty() && next > 0 {
        return next - 1;
    }
    let positions = snapshot.state.get_mut::<Positions>().of(list);
    if let Some(&known) = positions.get(id.as_ref()) {
        return known;
    }
    let position = positions.remove("").unwrap_or(next);
    positions.insert(id.into_owned(), position);
    position
}

/// The position in its list of the message or step that a delta is about; made where none came before.
fn position_of_delta(snapshot: &mut Snapshot, list: &'static str, kind: &str, payload: &Object<'_>) -> i64 {
    let position = position_of(snapshot, list, payload);
    if !snapshot.fields.has_item(list, position) {
        let made = snapshot.fields.item(list, position);
        made.set_once("id", payload.get("id"));
        made.set("object", quote(kind));
    }
    position
}

/// The objects of a list, each with the index that it states, or else its position in the list.
fn indexed(items: Vec<Raw<'_>>) -> Vec<(i64, Object<'_>)> {
    let items = items.into_iter().filter(|item| item.is_object()).map(Raw::object);
    (0..)
        .zip(items)
        .map(|(position, item)| (item.get("index").and_then(Raw::index).unwrap_or(position), item))
        .collect()
}

/// The thread, the run, and all its steps and messages, each as the API has them.
fn object(snapshot: &Snapshot) -> String {
    let mut out = String::new();
    let mut object = ObjectWriter::new(&mut out);
    let member = |name| snapshot.fields.json_of(name);
    if let Some(thread) = member("thread") {
        object.json("thread", &thread);
    }
    for (name, default) in [("run", "null"), (positions::STEPS, "[]"), (messages::MESSAGES, "[]")] {
        object.json(name, member(name).as_deref().unwrap_or(default));
    }
    object.end();
    out
}

#[cfg(test)]
mod tests {
    use super::super::Dialect;
    use super::super::folded::{folded, of_body};

    fn run(status: &str, rest: &str) -> String {
        format!(r#"{{"object":"thread.run","id":"r","model":"m","status":"{status}"{rest}}}"#)
    }

    #[test]
    fn a_run_says_how_it_ended() {
        for (payload, emitted) in [
            (run("queued", ""), &[][..]),
            (run("completed", r#","usage":{"total_tokens":3}"#), &["usage {\"total_tokens\":3}", "finish completed"]),
            (run("incomplete", r#","incomplete_details":{"reason":"max_tokens"}"#), &["finish max_tokens"]),
            (run("incomplete", ""), &["finish incomplete"]),
            (run("cancelling", ""), &[]),
        ] {
            assert_eq!(folded("openai-assistants", &[&payload]).emitted, emitted, "{payload}");
        }
    }

    #[test]
    fn a_run_that_failed_is_an_error() {
        let error = r#","last_error":{"code":"server_error","message":"no"}"#;
        for (rest, message) in [(error, "no"), (r#","last_error":null"#, "failed")] {
            let folded = folded("openai-assistants", &[&run("failed", rest)]);
            assert_eq!(
                (folded.emitted, folded.accumulator.snapshot().error().unwrap().message.as_str()),
                (vec!["finish failed".to_owned()], message)
            );
        }
    }

    #[test]
    fn only_done_is_the_end() {
        let events = format!("event: thread.run.completed\ndata: {}\n\n", run("completed", ""));
        let cut = of_body(None, &events);
        assert_eq!(cut.accumulator.dialect(), Some(Dialect::OpenAiAssistants));
        assert!(!cut.accumulator.is_complete());
        for end in ["[DONE]", "{}", "done"] {
            assert!(
                of_body(None, &format!("{events}event: done\ndata: {end}\n\n")).accumulator.is_complete()
                    == (end != "done")
            );
        }
        let thread = r#"{"object":"thread","id":"t"}"#;
        let object = folded("openai-assistants", &[thread]).object();
        assert_eq!(object, format!(r#"{{"thread":{thread},"run":null,"steps":[],"messages":[]}}"#));
    }
}
