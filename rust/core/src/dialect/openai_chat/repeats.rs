//! Chunks that differ from the one before in one text only.
//!
//! What else such a chunk says changes nothing when it comes again: ids, roles and names count once; of strings,
//! numbers and objects the last one counts, and is the same. Only lists grow by being sent again, so there must be
//! none.

use super::reasoning::{self, NAMES};
use super::{DETAIL_TEXTS, PADDING, calls, detail_key, fold_choice_member};
use crate::dialect::{Refold, RepeatPlan};
use crate::json::{Object, Raw};
use crate::snapshot::{Choice, Sink, Snapshot, Target};

/// A chunk of one choice in which one text is appended to.
pub(super) fn repeats<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<RepeatPlan<'a>> {
    let [item] = payload.get("choices")?.items()[..] else { return None };
    let item = item.object();
    let delta = item.get("delta").filter(|delta| delta.is_object())?.object();
    let choice = snapshot.choices.get(&item.get("index").and_then(Raw::index).unwrap_or(0))?;
    // Most payloads that will not come again have no text that grows.
    let mut repeat = growing_text(choice, &delta)?;
    let listless = |object: &Object<'_>, apart: &[&str]| {
        object.iter().all(|(name, value)| apart.contains(&name) || !value.has_list())
    };
    let emitted_again = item.get("error").or_else(|| delta.first(&["function_call", "audio"]));
    let odd = item.get("finish_reason").is_some_and(|reason| reason.text().is_none() && !reason.is_number());
    let settled =
        listless(&item, &["delta", "logprobs", "message"]) && listless(&delta, &["tool_calls", "reasoning_details"]);
    if odd || !settled || emitted_again.is_some() || payload.truthy("error").is_some() {
        return None;
    }
    let padding = [payload, &item, &delta].into_iter().flat_map(|object| PADDING.map(|name| object.get(name)));
    // Next to a delta these are the same text again, or all of it so far.
    let copies = [item.get("text"), item.child("message").get("content")];
    repeat.ignored.extend(padding.chain(copies).flatten().filter(|value| value.text().is_some()));
    repeat.ignored.extend(counted_once(snapshot, payload));
    let call = delta.get("tool_calls").and_then(|calls| calls.items().first().map(|call| call.object()));
    repeat.routing.extend(
        [Some(&item), call.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(|owner| owner.get("index"))
            .filter(|index| index.index().is_some()),
    );
    repeat.values.extend(counts_and_logprobs(choice.index(), &item, payload));
    Some(repeat)
}

/// The id and the time, of which the first counts, where the server sends others in each chunk.
fn counted_once<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> impl Iterator<Item = Raw<'a>> {
    let id = payload.get("id").filter(|id| id.str().is_some_and(|id| id != snapshot.id));
    let time = payload.get("created").filter(|time| time.index().is_some());
    id.into_iter()
        .chain(time.filter(|time| snapshot.fields.value("created").is_some_and(|first| first != time.as_str())))
}

/// What a chunk has besides its text that is different in each: the logprobs of its tokens and, from some servers,
/// the usage so far.
pub(in crate::dialect) fn counts_and_logprobs<'a>(
    choice: i64,
    item: &Object<'a>,
    payload: &Object<'a>,
) -> Vec<(Raw<'a>, Refold)> {
    let count = |snapshot: &mut Snapshot, _: i64, usage: Raw<'_>, out: &mut Sink<'_>| snapshot.count(usage, out);
    let logprobs = |snapshot: &mut Snapshot, choice: i64, logprobs: Raw<'_>, out: &mut Sink<'_>| {
        fold_choice_member(snapshot.choice(choice), "logprobs", logprobs, out);
    };
    let of_object = |owner: &Object<'a>, name: &str, fold| {
        owner.get(name).filter(|value| value.is_object()).map(|value| (value, Refold { choice, fold }))
    };
    [of_object(item, "logprobs", logprobs), of_object(item, "usage", count), of_object(payload, "usage", count)]
        .into_iter()
        .flatten()
        .collect()
}

/// The one text of a delta that is not empty, with its target.
fn growing_text<'a>(choice: &Choice, delta: &Object<'a>) -> Option<RepeatPlan<'a>> {
    if ["content", "refusal"].iter().filter_map(|name| delta.get(name)).any(|text| text.text().is_none()) {
        return None;
    }
    let mut found = vec![];
    let plan = |text, target| RepeatPlan::adding(vec![(text, target)]);
    let index = choice.index();
    found.extend(filled(delta, "content").map(|text| plan(text, Target::Content { choice: index })));
    found.extend(filled(delta, "refusal").map(|text| plan(text, Target::Refusal { choice: index })));
    if NAMES.into_iter().chain(["reasoning_details"]).any(|name| delta.truthy(name).is_some()) {
        found.push(growing_reasoning(choice, delta)?);
    }
    if delta.truthy("tool_calls").is_some() {
        let (text, position) = growing_arguments(choice, delta)?;
        found.push(plan(text, Target::Pieces { choice: index, position }));
    }
    let only = found.pop()?;
    found.is_empty().then_some(only)
}

/// A member's string that is not empty.
fn filled<'a>(object: &Object<'a>, name: &str) -> Option<Raw<'a>> {
    object.truthy(name).filter(|value| value.text().is_some())
}

/// The reasoning, of which some servers send two or three copies: the first is emitted, the one in the details is
/// kept as well. All copies must have said the same so far.
fn growing_reasoning<'a>(choice: &Choice, delta: &Object<'a>) -> Option<RepeatPlan<'a>> {
    let index = choice.index();
    let said = NAMES.into_iter().filter_map(|name| delta.truthy(name));
    let copies: Vec<_> = said.map(|value| Some(value).filter(|value| value.text().is_some())).collect::<Option<_>>()?;
    let speaking = reasoning::said(delta)?.speaking;
    if !choice.sources.are_level(speaking) {
        return None;
    }
    let mut appends: Vec<_> = copies.into_iter().map(|copy| (copy, Target::Nowhere)).collect();
    let mut passthrough = None;
    if let Some(details) = delta.get("reasoning_details") {
        let (text, kept) = growing_detail(choice, details)?;
        let reasoning = Some((text, Target::Nowhere)).filter(|_| appends.is_empty());
        appends.extend(reasoning.into_iter().chain([(text, kept)]));
        passthrough = Some((index, "reasoning_details", details));
    }
    appends.first_mut()?.1 = Target::Reasoning { choice: index };
    Some(RepeatPlan { passthrough, ..RepeatPlan::adding(appends) })
}

/// The only text of the only reasoning detail, and its target.
fn growing_detail<'a>(choice: &Choice, details: Raw<'a>) -> Option<(Raw<'a>, Target)> {
    let [detail] = details.items()[..] else { return None };
    let detail = detail.object();
    let mut texts = DETAIL_TEXTS.into_iter().filter_map(|name| Some((name, filled(&detail, name)?)));
    let (Some((name, text)), None) = (texts.next(), texts.next()) else { return None };
    let position = choice.details.position(&detail_key(&detail))?;
    Some((text, Target::Detail { choice: choice.index(), position, name }))
}

/// The arguments of the only call, and its position; the call must have begun before.
fn growing_arguments<'a>(choice: &Choice, delta: &Object<'a>) -> Option<(Raw<'a>, usize)> {
    let [item] = delta.get("tool_calls")?.items()[..] else { return None };
    let item = item.object();
    let function = item.get("function")?.object();
    let listless = item.iter().chain(function.iter()).all(|(_, value)| !value.has_list());
    let elsewhere = item.first(&["custom", "name", "arguments", "input"]).or_else(|| function.first(&["id", "input"]));
    if !listless || elsewhere.is_some() {
        return None;
    }
    let (id, name) = (calls::word(&item, "id"), calls::word(&function, "name"));
    let position = choice.tool_calls().continued(item.get("index").and_then(Raw::index), &id, &name)?;
    Some((filled(&function, "arguments")?, position))
}
