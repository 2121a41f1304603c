//! Output items.

use super::texts::{ARGUMENTS, INPUT, OUTPUT_TEXT, REASONING, REFUSAL, SUMMARY, Texts, complete, part};
use super::{Delta, In, Object, Raw, Sink, Snapshot, tell};
use crate::tool_call::Piece;
use std::borrow::Cow;

pub(super) const OUTPUT: &str = "output";

/// The item that a payload is of: the one that it names, or the last.
pub(super) fn output_index(snapshot: &Snapshot, payload: &Object<'_>) -> i64 {
    let named = payload.get("output_index").and_then(Raw::index);
    named.unwrap_or_else(|| snapshot.fields.next_index(OUTPUT).saturating_sub(1).max(0))
}

/// The tool call that an item is.
pub(super) fn call_at(snapshot: &Snapshot, item: i64) -> Option<usize> {
    snapshot.choices.get(&0)?.tool_calls.by_index(item)
}

pub(super) fn add_item(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let named = payload.get("output_index").and_then(Raw::index);
    let index = named.unwrap_or_else(|| snapshot.fields.next_index(OUTPUT));
    let item = payload.child("item");
    snapshot.fields.replace_item(OUTPUT, index, &Object::default());
    complete_item(snapshot, index, &item, Stage::Begun, out);
    snapshot.fields.replace_item(OUTPUT, index, &item);
}

pub(super) fn finish_item(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let index = output_index(snapshot, payload);
    let item = payload.child("item");
    complete_item(snapshot, index, &item, Stage::Done, out);
    if item.raw().is_object() {
        snapshot.fields.seal_item(OUTPUT, index, item.raw().as_str().to_owned());
    }
}

/// How far an item has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Begun,
    Done,
    /// It comes again, in the terminal response.
    Told,
}

/// Tells what an item has that was not told yet.
pub(super) fn complete_item(snapshot: &mut Snapshot, index: i64, item: &Object<'_>, stage: Stage, out: &mut Sink<'_>) {
    let at = In::Item(OUTPUT, index);
    let parts = |list| (0..).zip(item.get(list).map(Raw::objects).unwrap_or_default());
    match item.str("type").as_ref() {
        "message" => {
            snapshot.choice(0).set_role(&item.str("role"), out);
            parts("content").for_each(|(index, part)| complete_part(snapshot, at, index, &part.object(), out));
        }
        "reasoning" => {
            for (index, part) in parts("summary").chain(parts("content")) {
                complete_part(snapshot, at, index, &part.object(), out);
            }
            if let Some(signature) = item.truthy("encrypted_content").filter(|_| stage == Stage::Done) {
                out(Delta::Other { choice: 0, kind: "signature", json: signature.as_str() });
            }
        }
        kind @ ("function_call" | "custom_tool_call") => {
            let texts = if kind == "function_call" { &ARGUMENTS } else { &INPUT };
            if call_at(snapshot, index).is_none() {
                begin_call(snapshot, index, kind, item);
                if item.truthy(texts.member).is_none() {
                    snapshot.choice(0).tell_tool_call_at(index, out);
                }
            }
            name_call(snapshot, index, item, &item.str("name"), out);
            complete_text(snapshot, texts, &[at], item, out);
        }
        kind if stage != Stage::Told => tell(item, kind, out),
        _ => {}
    }
}

/// Tells what a part of an item's content has that was not told yet.
pub(super) fn complete_part(snapshot: &mut Snapshot, item: In, index: i64, object: &Object<'_>, out: &mut Sink<'_>) {
    let texts = match object.str("type").as_ref() {
        "output_text" => &OUTPUT_TEXT,
        "refusal" => &REFUSAL,
        "reasoning_text" => &REASONING,
        "summary_text" => return complete_text(snapshot, &SUMMARY, &part(item, "summary", index), object, out),
        _ => return,
    };
    complete_text(snapshot, texts, &part(item, "content", index), object, out);
}

fn complete_text(snapshot: &mut Snapshot, texts: &Texts, way: &[In], object: &Object<'_>, out: &mut Sink<'_>) {
    if let Some(whole) = object.get(texts.member).and_then(Raw::text) {
        complete(snapshot, texts, way, &whole, out);
    }
}

/// Makes the tool call that an item is; it is told by what follows.
pub(super) fn begin_call(snapshot: &mut Snapshot, index: i64, kind: &str, item: &Object<'_>) {
    let kind = if kind == "custom_tool_call" { "custom" } else { "" };
    let (id, name) = (id(item), item.str("name"));
    snapshot.choice(0).tool_calls.begin(&Piece { kind, ..Piece::start(Some(index), &id, &name) });
}

fn id<'a>(item: &Object<'a>) -> Cow<'a, str> {
    item.first(&["call_id", "id"]).and_then(Raw::str).unwrap_or_default()
}

/// Adds to an item's tool call, if it is one, what was not known of it.
pub(super) fn name_call(snapshot: &mut Snapshot, index: i64, item: &Object<'_>, name: &str, out: &mut Sink<'_>) {
    if let Some(position) = call_at(snapshot, index) {
        let id = id(item);
        snapshot.choice(0).name_tool_call(position, &Piece::start(None, &id, name), out);
    }
}
