//! A whole message: the answer to a request without a stream, or one that repeats what came in pieces.

use super::{
    Answer, BLOCKS, CALLS, CITATIONS, LOGPROBS, MESSAGE, Object, PLAN, Raw, Sink, Snapshot, TEXTS, Target,
    add_logprobs, call, cite, fold_end, message_of, quote,
};
use crate::dialect::listed;
use crate::json::{Payload, Text, compact};
use crate::snapshot::{Delta, MergedObject, Overlap, append_all, beyond, overlap};

/// After a whole answer nothing is missing.
pub(super) fn is_complete(snapshot: &Snapshot) -> bool {
    snapshot.state.get::<Answer>().is_some_and(|answer| answer.came_whole)
}

/// A whole answer is the end if no stream came before it; otherwise it is a repetition, and the end may still follow.
pub(super) fn fold(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let alone = snapshot.fields.is_empty();
    snapshot.set_id(&payload.id("id"));
    fold_message(snapshot, &payload.child("message"), out);
    snapshot.fields.keep_all(payload, &["id", "message", "finish_reason", "usage", LOGPROBS, "error"]);
    for logprobs in unknown(snapshot.fields.json_of(LOGPROBS), payload.each(LOGPROBS)) {
        add_logprobs(snapshot, logprobs, out);
    }
    fold_end(snapshot, payload, out);
    if alone {
        snapshot.finish(out);
    } else {
        snapshot.state.get_mut::<Answer>().came_whole = true;
    }
}

/// The message that a stream begins with, or that is whole: pieces of its texts may follow, or have come before.
pub(super) fn fold_message(snapshot: &mut Snapshot, message: &Object<'_>, out: &mut Sink<'_>) {
    let kept = message_of(snapshot);
    for (name, value) in message.iter() {
        match name {
            BLOCKS | CALLS | CITATIONS if value.is_array() => _ = kept.contains(name) || kept.set(name, "[]"),
            // It begins as "", which does not mean that there is a plan.
            PLAN if value.text().is_some() => _ = kept.contains(PLAN) || kept.set(PLAN, quote("")),
            BLOCKS | CALLS | CITATIONS | PLAN => {}
            _ => kept.keep(name, value),
        }
    }
    if let Some(role) = message.get("role").and_then(Raw::str) {
        snapshot.choice(0).set_role(&role, out);
    }
    fold_plan(snapshot, &message.str(PLAN), out);
    if let Ok(blocks) = Payload::parse(&listed(message.get(BLOCKS).unwrap_or_default())) {
        let blocks: Vec<_> = blocks.raw().objects().into_iter().map(Raw::object).collect();
        fold_blocks(snapshot, &blocks, out);
    }
    call::fold_whole(snapshot, &message.objects(CALLS), out);
    for citation in unknown(message_of(snapshot).json_of(CITATIONS), message.each(CITATIONS)) {
        cite(snapshot, citation, out);
    }
}

/// The items that a list does not have yet, each counted as often as it comes.
fn unknown(list: Option<String>, items: Vec<Raw<'_>>) -> Vec<Raw<'_>> {
    let list = list.unwrap_or_default();
    let known = Payload::parse(&list).map(|list| list.raw().items().into_iter().map(Raw::compact).collect());
    let mut known: Vec<String> = known.unwrap_or_default();
    let is_unknown = |item: &Raw<'_>| match known.iter().position(|known| *known == compact(item.as_str())) {
        Some(at) => {
            known.remove(at);
            false
        }
        None => true,
    };
    items.into_iter().filter(is_unknown).collect()
}

fn fold_plan(snapshot: &mut Snapshot, plan: &str, out: &mut Sink<'_>) {
    if plan.is_empty() {
        return;
    }
    let kept = message_of(snapshot);
    kept.end_announcement(PLAN);
    let emitted = kept.word(PLAN).into_owned();
    match overlap(&emitted, plan) {
        Overlap::Repeats => kept.append(PLAN, &Text::default()),
        Overlap::Continues(rest) => {
            let targets = [Target::Reasoning { choice: 0 }, Target::Member { path: [MESSAGE].into(), name: PLAN }];
            append_all(&targets, &Text::from(rest), snapshot, out);
        }
        Overlap::Differs => kept.seal(PLAN, quote(plan)),
    }
    message_of(snapshot).announce(PLAN);
}

fn fold_blocks(snapshot: &mut Snapshot, blocks: &[Object<'_>], out: &mut Sink<'_>) {
    let news = TEXTS.map(|(name, target)| fold_texts(snapshot, blocks, name, &target, out));
    let mut free = message_of(snapshot).indexes(BLOCKS);
    for block in blocks {
        let kind = kind_of(block);
        let known = free.iter().position(|&at| message_of(snapshot).item(BLOCKS, at).word("type") == kind);
        let text = TEXTS.iter().position(|(name, _)| block.get(name).is_some());
        match (known.map(|at| free.remove(at)), text) {
            (Some(index), _) => complete(message_of(snapshot).item(BLOCKS, index), block),
            // A block whose text is not new was divided otherwise: it would be in the object twice.
            (None, Some(at)) if !news[at] => {}
            (None, _) => add(snapshot, block, &kind, out),
        }
    }
}

/// A block's type; where it has none, by its members.
fn kind_of(block: &Object<'_>) -> String {
    let default = if block.get("thinking").is_some() { "thinking" } else { "text" };
    Some(block.str("type")).filter(|kind| !kind.is_empty()).unwrap_or(default.into()).into_owned()
}

/// Emits what the texts of a kind have beyond those so far; returns whether that is anything.
fn fold_texts(snapshot: &mut Snapshot, blocks: &[Object<'_>], name: &str, target: &Target, out: &mut Sink<'_>) -> bool {
    let text = |block: &Object<'_>| Some(block.get(name)?.scalar()?.into_str().into_owned());
    let whole: Vec<_> = blocks.iter().filter_map(text).collect();
    let message = message_of(snapshot);
    let indexes = message.indexes(BLOCKS).into_iter();
    let emitted = indexes.map(|at| message.item(BLOCKS, at).word(name).into_owned()).filter(|text| !text.is_empty());
    let news = beyond(&emitted.collect::<Vec<_>>(), &whole);
    for (_, text) in &news {
        snapshot.forget_half(target);
        snapshot.append(target, &Text::from(text.as_str()), out);
    }
    !news.is_empty()
}

/// Keeps what a whole block says of one that came in pieces.
fn complete(mine: &mut MergedObject, block: &Object<'_>) {
    for (name, _) in &TEXTS {
        let Some(text) = block.get(name).and_then(Raw::scalar).map(Text::into_str) else { continue };
        mine.end_announcement(name);
        let emitted = mine.word(name).into_owned();
        match overlap(&emitted, &text) {
            Overlap::Repeats => mine.append(name, &Text::default()),
            Overlap::Continues(rest) => mine.append(name, &Text::from(rest)),
            Overlap::Differs => mine.seal(name, quote(&text)),
        }
        mine.announce(name);
    }
    mine.keep_all(block, &["type", "text", "thinking"]);
}

/// Adds a block, whose text was emitted.
fn add(snapshot: &mut Snapshot, block: &Object<'_>, kind: &str, out: &mut Sink<'_>) {
    let message = message_of(snapshot);
    let index = message.next_index(BLOCKS);
    let kept = message.item(BLOCKS, index);
    kept.set("type", quote(kind));
    complete(kept, block);
    if !matches!(kind, "text" | "thinking") {
        out(Delta::Other { choice: 0, kind, json: block.raw().as_str() });
    }
}
