//! Snapshots of the messages: all of them, including those before the run.
//!
//! 1. The run's answer begins after the last message of a user. Its texts, all of a kind together, are compared with
//!    what the run emitted; if they say something else, each is compared with the pieces of the message with its id:
//!    a snapshot's ids are not always those of the pieces.
//! 2. Where the run emitted nothing at all, only its end shows that they are its answer, and not one of the run
//!    before: it is then what comes after the last message of a user or a tool.
//! 3. In the object a snapshot replaces all messages, except reasoning, if it has none, and a text that may continue:
//!    servers leave these out.

use std::borrow::Cow;

use super::kind::{Kind, path};
use super::runs::Runs;
use super::{MESSAGES, NAMES, Object, Sink, Snapshot, call, emit, next, runs};
use crate::json::{Payload, Raw, Text};
use crate::snapshot::{Overlap, overlap};

pub(super) fn take(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let list = payload.get(MESSAGES).filter(|messages| messages.is_array() || messages.is_object());
    let Some(list) = list else { return false };
    let messages: Vec<_> = payload.objects(MESSAGES).into_iter().map(|message| message.camel_case_of(&NAMES)).collect();
    emit(MESSAGES, list, out);
    if runs::is_silent(snapshot) {
        snapshot.state.get_mut::<Runs>().unsaid = true;
    } else {
        emit_messages(snapshot, &messages, out);
    }
    replace(snapshot, &messages);
    true
}

/// At the end of a run that emitted nothing, emits what the last snapshot has as its answer.
pub(super) fn emit_unsaid(snapshot: &mut Snapshot, out: &mut Sink<'_>) {
    if !std::mem::take(&mut snapshot.state.get_mut::<Runs>().unsaid) || !runs::is_silent(snapshot) {
        return;
    }
    let json = snapshot.fields.json_of(MESSAGES).unwrap_or_default();
    if let Ok(messages) = Payload::parse(&json) {
        let messages: Vec<_> = messages.raw().objects().into_iter().map(Raw::object).collect();
        emit_messages(snapshot, &messages, out);
    }
}

/// The index after the last message of a role for which `ends` is true.
fn after_last(messages: &[Object<'_>], ends: impl Fn(&str) -> bool) -> usize {
    messages.iter().rposition(|message| ends(&message.str("role"))).map_or(0, |last| last + 1)
}

/// The text of a message; some servers send a list of parts.
fn content<'a>(message: &Object<'a>) -> Cow<'a, str> {
    let content = message.get("content").unwrap_or_default();
    match content.scalar() {
        Some(text) => text.into_str(),
        None => message.objects("content").iter().map(|part| part.str("text")).collect::<String>().into(),
    }
}

/// Emits what the answer has beyond what the run emitted.
fn emit_messages(snapshot: &mut Snapshot, messages: &[Object<'_>], out: &mut Sink<'_>) {
    let of_run = |role: &str| matches!(role, "" | "assistant" | "reasoning" | "activity");
    let answer = &messages[after_last(messages, |role| !of_run(role) && role != "tool")..];
    let last = &messages[after_last(messages, |role| !of_run(role))..];
    for kind in [Kind::Reasoning, Kind::Text] {
        emit_texts(snapshot, kind, answer, last, out);
    }
    for (message, pending) in
        answer.iter().map(|message| (message, false)).chain(last.iter().map(|message| (message, true)))
    {
        call::emit_all(snapshot, message, pending, out);
    }
}

/// Emits what the texts of a kind have beyond what the run emitted.
fn emit_texts(snapshot: &mut Snapshot, kind: Kind, answer: &[Object<'_>], last: &[Object<'_>], out: &mut Sink<'_>) {
    let (target, start) = (kind.target(), runs::before(snapshot, &kind.target()));
    let is_kind = |message: &&Object<'_>| Kind::of_role(&message.str("role")) == Some(kind);
    let begun = snapshot.emitted(&target).len() > start;
    for messages in [Some(answer).filter(|_| begun), Some(last)].into_iter().flatten() {
        let whole: String = messages.iter().filter(is_kind).map(content).collect();
        if snapshot.complete(&target, start, &whole, out) != Overlap::Differs {
            return;
        }
    }
    let rests: Vec<_> = each_beyond(snapshot, kind, answer.iter().filter(is_kind));
    for rest in rests {
        snapshot.forget_half(&target);
        snapshot.append(&target, &Text::from(rest.as_str()), out);
    }
}

/// What each message has beyond its pieces, from the first message on that any piece came of.
fn each_beyond<'m, 'a: 'm>(
    snapshot: &Snapshot,
    kind: Kind,
    messages: impl Iterator<Item = &'m Object<'a>>,
) -> Vec<String> {
    let known = |message: &Object<'_>| kind.find(snapshot, &message.id("id"));
    let rest = |message: &Object<'_>| {
        let known = known(message).and_then(|position| Some(snapshot.fields.find(&path(position))?.word("content")));
        match overlap(&known.unwrap_or_default(), &content(message)) {
            Overlap::Continues(rest) => Some(rest.to_owned()),
            Overlap::Repeats | Overlap::Differs => None,
        }
    };
    messages.skip_while(|message| known(message).is_none()).filter_map(rest).collect()
}

/// Replaces the messages by those of a snapshot.
fn replace(snapshot: &mut Snapshot, messages: &[Object<'_>]) {
    let first = next(snapshot);
    clear(snapshot, messages);
    snapshot.state.get_mut::<Runs>().first = first;
    for (position, message) in (first..).zip(messages) {
        let (id, role) = (message.id("id"), message.str("role"));
        let kind = Kind::of_role(&role);
        let kept = kind.and_then(|kind| kind.find(snapshot, &id)).filter(|kept| *kept < first && !id.is_empty());
        if let Some(kept) = kept {
            snapshot.fields.remove_item(MESSAGES, kept);
        }
        snapshot.fields.replace_item(MESSAGES, position, message);
        if !id.is_empty() {
            let runs = snapshot.state.get_mut::<Runs>();
            let before = runs.put_message(kind, &id, position);
            if before.is_some() && before == runs.open {
                runs.open = Some(position);
            }
        }
        call::take_calls(snapshot, position, message);
    }
}

/// Removes the messages, except for those that a snapshot leaves out.
fn clear(snapshot: &mut Snapshot, messages: &[Object<'_>]) {
    let has_reasoning = messages.iter().any(|message| message.str("role") == "reasoning");
    let open = Runs::of(snapshot).open.filter(|open| !is_said(snapshot, *open, messages));
    let kept = Runs::of(snapshot).kept;
    if let Some(kept) = kept.filter(|kept| is_said(snapshot, *kept, messages)) {
        snapshot.fields.remove_item(MESSAGES, kept);
    }
    snapshot.state.get_mut::<Runs>().kept = open.or(kept);
    // Reasoning that has been kept once is not looked at again.
    let from = if has_reasoning { 0 } else { Runs::of(snapshot).first };
    for position in snapshot.fields.indexes_from(MESSAGES, from) {
        let is_reasoning = snapshot.fields.item(MESSAGES, position).word("role") == "reasoning";
        if (has_reasoning || !is_reasoning) && open != Some(position) {
            snapshot.fields.remove_item(MESSAGES, position);
        }
    }
}

/// Whether a snapshot has all of a message's text.
fn is_said(snapshot: &Snapshot, position: i64, messages: &[Object<'_>]) -> bool {
    let text = snapshot.fields.find(&path(position)).map(|message| message.word("content")).unwrap_or_default();
    let says = |message: &Object<'_>| {
        Kind::of_role(&message.str("role")) == Some(Kind::Text) && content(message).starts_with(&*text)
    };
    !text.is_empty() && messages.iter().any(says)
}
