//! Output items.

use super::texts::{ARGUMENTS, INPUT, OUTPUT_TEXT, REASONING, REFUSAL, SUMMARY, Texts, complete, part};
use super::{Delta, In, Object, Raw, Sink, Snapshot, tell};
use crate::tool_call::Piece;

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
    complete_item(snapshot, index, &item, true, out);
    snapshot.fields.replace_item(OUTPUT, index, &item);
}

pub(super) fn finish_item(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let index = output_index(snapshot, payload);
    let item = payload.child("item");
    complete_item(snapshot, index, &item, true, out);
    snapshot.fields.replace_item(OUTPUT, index, &item);
}

/// Tells what an item has that was not told yet; `anew`, where it comes by itself, also what it has no pieces of.
pub(super) fn complete_item(snapshot: &mut Snapshot, index: i64, item: &Object<'_>, anew: bool, out: &mut Sink<'_>) {
    let at = In::Item(OUTPUT, index);
    let parts = |list| (0..).zip(item.get(list).map(Raw::objects).unwrap_or_default());
    match item.str("type").as_ref() {
        "message" => {
            snapshot.choice(0).set_role(&item.str("role"), out);
            parts("content").for_each(|(index, part)| complete_part(snapshot, at, index, &part.object(), out));
        }
        "reasoning" => {
            for (index, summary) in parts("summary") {
                complete_text(snapshot, &SUMMARY, &part(at, "summary", index), &summary.object(), out);
            }
            parts("content").for_each(|(index, part)| complete_part(snapshot, at, index, &part.object(), out));
            if let Some(signature) = item.truthy("encrypted_content").filter(|_| anew) {
                out(Delta::Other { choice: 0, kind: "signature", json: signature.as_str() });
            }
        }
        kind @ ("function_call" | "custom_tool_call") => {
            begin_call(snapshot, index, kind, item, out);
            let texts = if kind == "function_call" { &ARGUMENTS } else { &INPUT };
            complete_text(snapshot, texts, &[at], item, out);
        }
        kind if anew => tell(item, kind, out),
        _ => {}
    }
}

/// Tells what a part of an item's content has that was not told yet.
pub(super) fn complete_part(snapshot: &mut Snapshot, item: In, index: i64, object: &Object<'_>, out: &mut Sink<'_>) {
    let texts = match object.str("type").as_ref() {
        "output_text" => &OUTPUT_TEXT,
        "refusal" => &REFUSAL,
        "reasoning_text" => &REASONING,
        _ => return,
    };
    complete_text(snapshot, texts, &part(item, "content", index), object, out);
}

fn complete_text(snapshot: &mut Snapshot, texts: &Texts, way: &[In], object: &Object<'_>, out: &mut Sink<'_>) {
    if let Some(whole) = object.get(texts.member).and_then(Raw::text) {
        complete(snapshot, texts, way, &whole, out);
    }
}

/// Makes the tool call that an item is, or adds to it what was not known of it.
pub(super) fn begin_call(snapshot: &mut Snapshot, index: i64, kind: &str, item: &Object<'_>, out: &mut Sink<'_>) {
    let id = item.first(&["call_id", "id"]).and_then(Raw::str).unwrap_or_default();
    let name = item.str("name");
    let kind = if kind == "custom_tool_call" { "custom" } else { "" };
    let piece = Piece { kind, ..Piece::start(Some(index), &id, &name) };
    match call_at(snapshot, index) {
        None => _ = snapshot.choice(0).begin_tool_call(&piece, out),
        Some(position) => snapshot.choice(0).name_tool_call(position, &piece, out),
    }
}
