//! Anthropic's messages: a message whose content blocks come in pieces, each block at its index.
//!
//! The rules are those of the provider's page on streaming messages, and of its SDKs' accumulation; in doubt the wire counts:
//!
//! 1. `message_start` brings the message; `message_delta` lays its members over it, and its usage over the usage.
//! 2. A block that starts at an index that is taken is a new one behind the others (streams joined by a gateway).
//! 3. A block's input is the JSON of its pieces, or what it started with where none came.
//! 4. Tools that the provider runs are no tool calls: their blocks are kept and told as they are.

use super::{Dialect, Growth, Place, Repeat};
use crate::delta::{Delta, Sink};
use crate::fields::{In, Lists};
use crate::json::{Object, Raw};
use crate::snapshot::Snapshot;
use crate::tool_call::Piece;

pub(super) static DIALECT: Dialect = Dialect { name: "anthropic", detects, fold, repeats, complete: |_| false, object };

const BLOCKS: &str = "content";

fn detects(kind: &str, payload: &Object<'_>) -> bool {
    match kind {
        "message_start"
        | "content_block_start"
        | "content_block_delta"
        | "content_block_stop"
        | "message_delta"
        | "message_stop" => true,
        _ => is_whole(kind, payload),
    }
}

fn is_whole(kind: &str, payload: &Object<'_>) -> bool {
    kind == "message" && payload.get(BLOCKS).is_some_and(Raw::is_array)
}

fn fold(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    match kind {
        "message_start" => {
            fold_message(snapshot, &payload.child("message"), out);
            keep_beside(snapshot, payload);
        }
        "content_block_start" => start_block(snapshot, index(payload), &payload.child("content_block"), out),
        "content_block_delta" => fold_delta(snapshot, payload, out),
        "content_block_stop" => stop_block(snapshot, position(snapshot, payload), out),
        "message_delta" => fold_message_delta(snapshot, payload, out),
        "message_stop" => {
            keep_beside(snapshot, payload);
            snapshot.finish(out);
        }
        "error" => {}
        _ if is_whole(kind, payload) => fold_whole(snapshot, payload, out),
        _ => return false,
    }
    true
}

fn fold_whole(snapshot: &mut Snapshot, message: &Object<'_>, out: &mut Sink<'_>) {
    fold_message(snapshot, message, out);
    snapshot.finish(out);
}

fn fold_message(snapshot: &mut Snapshot, message: &Object<'_>, out: &mut Sink<'_>) {
    snapshot.set_id(&message.str("id"));
    snapshot.set_model(&message.str("model"));
    if let Some(role) = message.get("role").and_then(Raw::str) {
        snapshot.choice(0).set_role(&role, out);
    }
    for (name, value) in message.iter().filter(|(name, _)| !matches!(*name, "usage" | BLOCKS)) {
        let again = snapshot.fields.contains(name);
        // Of streams that a gateway joined the first tells who answers.
        if !again || !(value.is_null() || name == "id") {
            snapshot.fields.set(name, value.as_str().to_owned());
        }
    }
    for (index, block) in (0..).zip(message.get(BLOCKS).map(Raw::objects).unwrap_or_default()) {
        start_block(snapshot, index, &block.object(), out);
    }
    finish(snapshot, message, out);
    snapshot.count(message.get("usage").unwrap_or_default(), out);
}

fn fold_message_delta(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let delta = payload.child("delta");
    for (name, value) in delta.iter().filter(|(name, value)| !matches!(*name, "usage" | BLOCKS) && !value.is_null()) {
        snapshot.fields.set(name, value.as_str().to_owned());
    }
    keep_beside(snapshot, payload);
    finish(snapshot, &delta, out);
    snapshot.count(payload.get("usage").unwrap_or_default(), out);
}

/// Members of an event beside what it is for: `context_management`, a cloud's own metrics.
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

fn index(payload: &Object<'_>) -> i64 {
    payload.get("index").and_then(Raw::index).unwrap_or(0)
}

/// Where the block stands that a payload's index names.
fn position(snapshot: &Snapshot, payload: &Object<'_>) -> i64 {
    let index = index(payload);
    snapshot.places.get(&index.to_string()).copied().unwrap_or(index)
}

fn start_block(snapshot: &mut Snapshot, index: i64, block: &Object<'_>, out: &mut Sink<'_>) {
    let mut position = index;
    if snapshot.fields.has_item(BLOCKS, index) {
        position = snapshot.fields.next_index(BLOCKS);
        snapshot.places.insert(index.to_string(), position);
    }
    snapshot.fields.replace_item(BLOCKS, position, block);
    let choice = snapshot.choice(0);
    let text = |name| block.get(name).and_then(Raw::text);
    match block.str("type").as_ref() {
        "text" => text("text").iter().for_each(|text| choice.add_content(text, out)),
        "thinking" => text("thinking").iter().for_each(|text| choice.add_reasoning(text, out)),
        "tool_use" => {
            let (id, name) = (block.str("id"), block.str("name"));
            let piece = Piece::start(Some(position), &id, &name);
            let call = choice.begin_tool_call(&piece, out);
            let input = block.truthy("input").map(Raw::compact).unwrap_or_default();
            choice.tool_calls.at(call).otherwise = input;
        }
        kind => out(Delta::Other { choice: 0, kind, json: block.raw().as_str() }),
    }
}

/// A tool call that came with its input has it now that no pieces can come.
fn stop_block(snapshot: &mut Snapshot, position: i64, out: &mut Sink<'_>) {
    let choice = snapshot.choice(0);
    if let Some(call) = choice.tool_calls.by_index(position) {
        choice.settle_tool_call(call, out);
    }
}

/// What only grows by a piece: the block's member, and what is seen of it.
fn growth<'a>(snapshot: &Snapshot, payload: &Object<'a>, delta: &Object<'a>) -> Option<Growth<'a>> {
    let position = position(snapshot, payload);
    let way = vec![In::Item(BLOCKS, position)];
    let (name, seen) = match delta.str("type").as_ref() {
        "text_delta" => ("text", Place::Content { choice: 0 }),
        "thinking_delta" => ("thinking", Place::Reasoning { choice: 0 }),
        "input_json_delta" => {
            let call = snapshot.choices.get(&0)?.tool_calls.by_index(position)?;
            let places = vec![Place::Arguments { choice: 0, position: call }, Place::Json { way, name: "input" }];
            return Some(Growth { text: delta.get("partial_json")?, places });
        }
        _ => return None,
    };
    Some(Growth { text: delta.get(name)?, places: vec![seen, Place::Member { way, name }] })
}

fn repeats<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<Repeat<'a>> {
    let delta = payload.get("delta").filter(|_| payload.str("type") == "content_block_delta")?.object();
    let mut repeat = Repeat::of(growth(snapshot, payload, &delta)?)?;
    repeat.indexes.extend(payload.get("index"));
    Some(repeat)
}

fn fold_delta(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let delta = payload.child("delta");
    let kind = delta.str("type");
    let position = position(snapshot, payload);
    let block = snapshot.fields.item(BLOCKS, position);
    if !block.contains("type") {
        block.set("type", crate::json::quote(kind.strip_suffix("_delta").unwrap_or(&kind)));
    }
    if let Some(growth) = growth(snapshot, payload, &delta) {
        // An empty piece must not take the place of what the block started with.
        if growth.text.is_truthy() {
            growth.fold(snapshot, out);
        }
        return;
    }
    let block = snapshot.fields.item(BLOCKS, position);
    let (name, kind) = match kind.as_ref() {
        "text_delta" | "thinking_delta" => return,
        "signature_delta" => ("signature", "signature"),
        "citations_delta" => ("citation", "citation"),
        "input_json_delta" => ("partial_json", "input_json"),
        "compaction_delta" => ("", "compaction"),
        kind => ("", kind),
    };
    let Some(value) = (if name.is_empty() { Some(delta.raw()) } else { delta.get(name) }) else { return };
    match kind {
        "citation" => block.push("citations", value),
        "input_json" => {
            if let Some(text) = value.text().filter(|text| !text.is_empty()) {
                block.append_json("input", &text);
            }
        }
        _ => delta.iter().filter(|(name, _)| *name != "type").for_each(|(name, value)| {
            block.merge(name, value, Lists::Replace);
        }),
    }
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
