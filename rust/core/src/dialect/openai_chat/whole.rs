//! A message that comes whole: instead of a stream, at its end, or again and again with all of its text so far.
//!
//! 1. Of each text, what continues all that was emitted is new. Where it says less, nothing is.
//! 2. Where it says something else, it is another version: the object has it, and what was emitted stays. But if
//!    everything so far came in messages, and each says something else, they are pieces.
//! 3. Its tool calls are matched with those so far by their ids, or else in their order.

use super::{calls, content, emit_other, fold_choice_member, fold_details, index, reasoning};
use crate::json::{Object, Raw, Text, is_same, quote, write_array};
use crate::snapshot::{Choice, Delta, Details, Lists, MergedObject, Nulls, Overlap, Sink, Snapshot, Target};

/// The members of a choice that rules name, whatever they hold.
const RULED: [&str; 8] = ["index", "delta", "message", "text", "usage", "error", "finish_reason", "logprobs"];

/// The `object` of a payload that is a whole answer.
pub(super) const OBJECT: &str = "chat.completion";

/// Whether a choice has its message, and nothing in pieces: next to pieces the message is the text so far.
pub(in crate::dialect) fn is_whole(item: &Object<'_>) -> bool {
    let says = |delta: Raw<'_>| match delta.object() {
        delta if delta.raw().is_object() => delta.iter().any(|(name, value)| name != "role" && value.is_truthy()),
        _ => delta.is_truthy(),
    };
    item.truthy("message").is_some() && !item.get("delta").is_some_and(says) && item.truthy("text").is_none()
}

/// Notes that these choices are the whole answer, if they say anything. Where pieces came before, the usage may still
/// follow.
pub(super) fn end(snapshot: &mut Snapshot, choices: &[Raw<'_>], out: &mut Sink<'_>) {
    // Some servers give their chunks that `object` too.
    let in_place = |item: &Object<'_>| is_whole(item) && item.get("delta").is_none();
    let all: Vec<_> = choices.iter().map(|item| item.object()).filter(in_place).map(|item| index(&item)).collect();
    let says_something = |index: &i64| snapshot.choices.get(index).is_some_and(|choice| !choice.is_silent());
    let whole = |index: &i64| {
        let choice = snapshot.choices.get(index);
        choice.is_some_and(|choice| choice.came_whole && choice.finish_reason().is_some())
    };
    let ended = !all.is_empty() && all.len() == choices.len() && all.iter().all(says_something);
    let alone = all.iter().all(whole);
    snapshot.ended |= ended;
    if ended && alone {
        snapshot.finish(out);
    }
}

/// Merges a choice that has its message.
pub(super) fn fold(snapshot: &mut Snapshot, item: &Object<'_>, out: &mut Sink<'_>) {
    let index = index(item);
    let choice = snapshot.choice(index);
    choice.came_whole |= !has_begun(choice);
    let message = item.get("message").unwrap_or_default();
    if message.is_object() {
        fold_message(snapshot, index, &message.object(), out);
    } else {
        emit(snapshot, "content", &Target::Content { choice: index }, content::whole(message), out);
    }
    let choice = snapshot.choice(index);
    for (name, value) in item.iter() {
        fold_member(choice, name, value, out);
    }
}

fn has_begun(choice: &Choice) -> bool {
    let texts = [choice.content(), choice.reasoning(), choice.refusal()];
    texts.into_iter().flatten().any(|text| !text.is_empty()) || !choice.tool_calls().as_slice().is_empty()
}

/// Merges a member of the choice whose lists are complete.
fn fold_member(choice: &mut Choice, name: &str, value: Raw<'_>, out: &mut Sink<'_>) {
    if value.is_array() && !RULED.contains(&name) {
        if keep(&mut choice.fields, name, value) {
            emit_other(choice, name, value, out);
        }
    } else if name != "logprobs" {
        fold_choice_member(choice, name, value, out);
    } else if !is_same(&choice.logprobs.json(), value.as_str())
        && choice.logprobs.overlay(value, Lists::Replace, Nulls::Keep)
    {
        out(Delta::Other { choice: choice.index, kind: name, json: value.as_str() });
    }
}

/// Keeps the complete value of a member. Returns whether that changed anything.
fn keep(fields: &mut MergedObject, name: &str, value: Raw<'_>) -> bool {
    let same = fields.json_of(name).is_some_and(|own| is_same(&own, value.as_str()));
    !same && fields.merge(name, value, Lists::Replace)
}

fn fold_message(snapshot: &mut Snapshot, index: i64, message: &Object<'_>, out: &mut Sink<'_>) {
    snapshot.choice(index).set_role(&message.str("role"), out);
    if let Some(said) = reasoning::said(message) {
        let choice = snapshot.choice(index);
        let name = *Some(choice.reasoning_name).get_or_insert(said.name);
        choice.reasoning_name = if name.is_empty() { said.name } else { name };
        let name = choice.reasoning_name;
        emit(snapshot, name, &Target::Reasoning { choice: index }, Some(said.text), out);
    }
    let content = message.get("content").unwrap_or_default();
    emit(snapshot, "content", &Target::Content { choice: index }, content::whole(content), out);
    let refusal = message.get("refusal").and_then(Raw::text).or_else(|| content::whole_refusal(content));
    emit(snapshot, "refusal", &Target::Refusal { choice: index }, refusal, out);
    let choice = snapshot.choice(index);
    reasoning::keep_rest(choice, message, out);
    content::keep_whole(choice, content, out);
    for (name, value) in message.iter() {
        fold_message_member(choice, (name, value), message, out);
    }
}

/// Emits what a text has beyond what was emitted of it.
fn emit(snapshot: &mut Snapshot, name: &str, target: &Target, text: Option<Text<'_>>, out: &mut Sink<'_>) {
    let Some(text) = text else { return };
    if snapshot.emitted(target).is_empty() {
        return snapshot.append(target, &text, out);
    }
    let text = text.into_str();
    let overlap = snapshot.complete(target, 0, &text, out);
    let (Target::Content { choice } | Target::Reasoning { choice } | Target::Refusal { choice }) = *target else {
        return;
    };
    let choice = snapshot.choice(choice);
    match overlap {
        Overlap::Differs if choice.came_whole => snapshot.append(target, &Text::from(text.as_ref()), out),
        Overlap::Differs => _ = choice.whole.set(name, quote(&text)),
        Overlap::Repeats | Overlap::Continues(_) => choice.whole.remove(name),
    }
}

fn fold_message_member(choice: &mut Choice, (name, value): (&str, Raw<'_>), beside: &Object<'_>, out: &mut Sink<'_>) {
    match name {
        "role" | "content" | "refusal" => {}
        name if reasoning::NAMES.contains(&name) => {}
        "tool_calls" => calls::fold_whole(choice, value, out),
        "function_call" => calls::fold_whole_legacy(choice, value, beside.get("tool_calls"), out),
        "reasoning_details" => {
            if !is_same(&details(choice), value.as_str()) {
                choice.details = Details::default();
                fold_details(choice, value);
                emit_other(choice, name, value, out);
            }
        }
        name => {
            if keep(&mut choice.message_fields, name, value) {
                emit_other(choice, name, value, out);
            }
        }
    }
}

fn details(choice: &Choice) -> String {
    let mut out = String::new();
    write_array(&mut out, choice.details.items(), |out, item| item.write(out));
    out
}
