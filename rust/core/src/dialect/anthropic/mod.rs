//! Anthropic's messages: a message whose content blocks come in pieces, each block at its index.
//!
//! The naive way is that of the provider's page on streaming messages: one list of blocks, the index of an event for
//! the position in it. It fails on gateways that join streams, so that indexes begin anew; on servers that leave the
//! index or the start of a block out; and on whole messages that repeat a stream. The rules are those of that page
//! and of the provider's SDKs; where these differ from what is sent, what is sent counts:
//!
//! 1. `message_start` brings the message; `message_delta` lays its members over it, and its usage over the usage.
//! 2. A block that starts at an index that is taken is a new one after the others (streams joined by a gateway),
//!    unless it is the same block again. Without an index a piece belongs to the last block that takes it.
//! 3. A block's input is the JSON of its pieces, or what it started with where none came. Pieces of a text may repeat
//!    what the block started with.
//! 4. Tools that the provider runs are no tool calls: their blocks are kept and emitted as they are.
//! 5. Where a block says that another model goes on, that is the message's model.
//! 6. A whole message that follows its pieces is the same message: it adds what they lack.

use super::{Again, RepeatPlan, Rules, listed};
use crate::json::{Object, Payload, Raw, quote};
use crate::snapshot::{Append, Delta, Lists, MergedObject, Sink, Snapshot, Target};

mod block;
mod input;
mod whole;

pub(super) static RULES: Rules = Rules { detects, fold, repeats: block::repeats, complete: whole::is_complete, object };

const BLOCKS: &str = "content";

fn detects(kind: &str, payload: &Object<'_>) -> bool {
    match kind {
        "message_start"
        | "content_block_start"
        | "content_block_delta"
        | "content_block_stop"
        | "message_delta"
        | "message_stop" => true,
        _ => kind == "message" && payload.get(BLOCKS).is_some_and(Raw::is_array),
    }
}

fn fold(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    match kind {
        "message_start" => {
            block::begin_message(snapshot);
            fold_message(snapshot, &payload.child("message"), out);
            keep_beside(snapshot, payload);
        }
        "content_block_start" => {
            let block = payload.child("content_block");
            block::start(snapshot, index(payload), &block, out);
            fall_back(snapshot, &block);
        }
        "content_block_delta" => return block::fold_delta(snapshot, payload, out),
        "content_block_stop" => block::stop_named(snapshot, index(payload), out),
        "message_delta" => fold_message_delta(snapshot, payload, out),
        "message_stop" => {
            whole::fold_content(snapshot, &payload.child("message"), out);
            keep_beside(snapshot, payload);
            snapshot.finish(out);
        }
        "error" => {}
        "message" if payload.get(BLOCKS).is_some() => whole::fold(snapshot, payload, out),
        _ => return false,
    }
    true
}

fn fold_message(snapshot: &mut Snapshot, message: &Object<'_>, out: &mut Sink<'_>) {
    fold_members(snapshot, message, out);
    if let Ok(content) = Payload::parse(&listed(message.get(BLOCKS).unwrap_or_default())) {
        for (index, block) in (0..).zip(content.raw().objects()) {
            block::start(snapshot, Some(index), &block.object(), out);
        }
    }
    finish(snapshot, message, out);
    snapshot.count(message.get("usage").unwrap_or_default(), out);
}

fn fold_members(snapshot: &mut Snapshot, message: &Object<'_>, out: &mut Sink<'_>) {
    snapshot.set_id(&message.id("id"));
    snapshot.set_model(&message.str("model"));
    if let Some(role) = message.get("role").and_then(Raw::str) {
        snapshot.choice(0).set_role(&role, out);
    }
    for (name, value) in message.iter().filter(|(name, _)| !matches!(*name, "usage" | BLOCKS)) {
        let again = snapshot.fields.contains(name);
        // Of streams that a gateway joined, the first one's id counts.
        if !again || !(value.is_null() || name == "id") {
            snapshot.fields.set(name, value.as_str());
        }
    }
}

fn fold_message_delta(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let delta = payload.child("delta");
    for (name, value) in delta.iter().filter(|(name, value)| !matches!(*name, "usage" | BLOCKS) && !value.is_null()) {
        snapshot.fields.set(name, value.as_str());
    }
    keep_beside(snapshot, payload);
    if snapshot.fields.next_index(BLOCKS) == 0 {
        // No block came: this may be an answer that has its content only here.
        whole::fold_content(snapshot, if delta.get(BLOCKS).is_some() { &delta } else { payload }, out);
    }
    finish(snapshot, &delta, out);
    snapshot.count(payload.get("usage").unwrap_or_default(), out);
}

/// Another model goes on where one declined: then it is the model of the message, as it would be without a stream.
fn fall_back(snapshot: &mut Snapshot, block: &Object<'_>) {
    if block.str("type") != "fallback" {
        return;
    }
    let model = block.child("to").str("model");
    if !model.is_empty() {
        snapshot.set_model(&model);
        snapshot.fields.set("model", quote(&model));
    }
}

/// Keeps members of an event that are not its purpose: `context_management`, a cloud's own metrics.
fn keep_beside(snapshot: &mut Snapshot, payload: &Object<'_>) {
    let own = |name: &str| matches!(name, "type" | "message" | "delta" | "usage" | BLOCKS);
    for (name, value) in payload.iter().filter(|(name, _)| !own(name)) {
        snapshot.fields.merge(name, value, Lists::Replace);
    }
}

fn finish(snapshot: &mut Snapshot, message: &Object<'_>, out: &mut Sink<'_>) {
    if let Some(reason) = message.get("stop_reason").and_then(Raw::str) {
        snapshot.choice(0).finish(&reason, out);
    }
}

fn index(payload: &Object<'_>) -> Option<i64> {
    payload.get("index").and_then(Raw::index)
}

/// The block at a position.
fn block_at(snapshot: &mut Snapshot, position: i64) -> &mut MergedObject {
    snapshot.fields.item(BLOCKS, position)
}

fn emit(kind: &str, value: Raw<'_>, out: &mut Sink<'_>) {
    out(Delta::Other { choice: 0, kind, json: value.as_str() });
}

fn object(snapshot: &Snapshot) -> String {
    snapshot.object(&[
        ("id", "\"\""),
        ("type", "\"message\""),
        ("role", "\"assistant\""),
        ("model", "\"\""),
        ("content", "[]"),
        ("stop_reason", "null"),
        ("stop_sequence", "null"),
    ])
}
