//! `OpenAI`'s Responses: output items that come in pieces, and a terminal event with the whole response.
//!
//! A text comes up to four times: in pieces, in its `.done` event, in the `.done` event of its item, and in the
//! terminal. The naive way takes the terminal's response for the object and the pieces for the text, which loses what
//! only one of them has, and fails on servers that leave events out, number items differently, or make new ids for
//! each event. The rules, in addition to those of the provider's reference of streaming events:
//!
//! 1. The item that an event is about is found by its names and its kind: see `items`.
//! 2. A text is emitted once, however often it comes: see `voice` for pieces, `complete` for what comes whole.
//! 3. The terminal response is the object; items that only it has are added, and items that it leaves out stay.
//! 4. What the provider runs itself is emitted as it is.

use super::{RepeatPlan, Rules};
use crate::json::{Object, Raw};
use crate::snapshot::{ApiError, Append, Delta, PathStep, Sink, Snapshot, Target};

mod complete;
mod items;
mod output;
mod pieces;
mod source;
mod texts;
mod voice;
mod whole;

use items::Items;

use complete::{Settled, complete_item, complete_part, seal_item};
use pieces::{add_piece, announce_text, begin_call, item_of_part, item_of_piece, items_of, part_of_piece, position_of};
use source::Stage;
use texts::{Kind, OUTPUT, OUTPUT_TEXT, REASONING, SUMMARY, Texts};
use whole::{Whole, part_text};

pub(super) static RULES: Rules = Rules { detects, fold, repeats, complete: |_| false, object };

fn detects(kind: &str, payload: &Object<'_>) -> bool {
    kind.starts_with("response.") || payload.str("object") == "response"
}

fn fold(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let Some(event) = kind.strip_prefix("response.") else {
        let whole = payload.str("object") == "response";
        if whole {
            end(snapshot, "", payload, payload, out);
        }
        return whole || kind == "error";
    };
    match event {
        "created" | "queued" | "in_progress" => {
            let response = payload.child("response");
            take_response(snapshot, &response, out);
            output::begin(snapshot, response.get(OUTPUT), out);
        }
        "completed" | "incomplete" | "failed" | "cancelled" => {
            end(snapshot, event, &payload.child("response"), payload, out);
        }
        "output_item.added" => announce_item(snapshot, &Whole::of(items::index(payload), payload.child("item")), out),
        "output_item.done" => finish_item(snapshot, payload, out),
        "content_part.added" => add_part(snapshot, "content", payload, out),
        "reasoning_summary_part.added" => add_part(snapshot, "summary", payload, out),
        "content_part.done" => finish_part(snapshot, "content", payload, out),
        "reasoning_summary_part.done" => finish_part(snapshot, "summary", payload, out),
        "output_text.annotation.added" => annotate(snapshot, payload, out),
        "image_generation_call.partial_image" => emit_other(payload, "image", out),
        "audio.delta" | "audio.transcript.delta" => emit_other(payload, "audio", out),
        _ => return fold_text(snapshot, event, payload, out),
    }
    true
}

fn emit_other(payload: &Object<'_>, kind: &str, out: &mut Sink<'_>) {
    out(Delta::Other { choice: 0, kind, json: payload.raw().as_str() });
}

fn fold_text(snapshot: &mut Snapshot, event: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    if let Some(texts) = Texts::of(event, ".delta") {
        let at = item_of_piece(snapshot, texts, payload);
        begin_call(snapshot, at, texts, payload, out);
        if let Some(piece) = payload.get("delta") {
            let part = part_of_piece(snapshot, at, texts, payload);
            add_piece(snapshot, at, texts, part, &piece.text_or_json(), out);
            fold_beside(snapshot, (at, part), texts, piece, payload, out);
        }
        return true;
    }
    let Some(texts) = Texts::of(event, ".done") else { return false };
    let whole = payload.get(texts.member).map(|whole| whole.text_or_json().into_str());
    let at = item_of_part(snapshot, texts, payload, whole.as_deref().unwrap_or_default());
    begin_call(snapshot, at, texts, payload, out);
    if let Some(whole) = whole {
        complete_part(snapshot, at, texts, (Stage::Text, texts.part_index(payload)), &whole, out);
    }
    true
}

/// What an event has besides the piece of its text.
fn fold_beside(
    snapshot: &mut Snapshot,
    (at, part): (usize, i64),
    texts: &Texts,
    piece: Raw<'_>,
    payload: &Object<'_>,
    out: &mut Sink<'_>,
) {
    if texts.kind == Kind::Hosted {
        out(Delta::Other { choice: 0, kind: texts.member, json: piece.as_str() });
    }
    if let Some(logprobs) = payload.truthy("logprobs").filter(|logprobs| logprobs.is_array()) {
        let path = texts.path(position_of(snapshot, at), part);
        snapshot.fields.at(&path).extend("logprobs", logprobs);
        out(Delta::Other { choice: 0, kind: "logprobs", json: logprobs.as_str() });
    }
}

/// An event with the next piece of a text. All else that it has are names and numbers, and padding.
fn repeats<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<RepeatPlan<'a>> {
    let kind = payload.str("type");
    let texts = Texts::of(kind.strip_prefix("response.")?, ".delta")?;
    if texts.kind == Kind::Hosted || payload.truthy("logprobs").is_some() {
        return None;
    }
    let items = snapshot.state.get::<Items>()?;
    let item = &items.all[items.last];
    let voice = item.voices.iter().find(|voice| voice.source(texts).is_some()).filter(|voice| voice.is_plain())?;
    let path = texts.path(item.position, voice.source(texts)?.part);
    let targets = vec![voice.kind.target(item.call)?, Target::Member { path, name: texts.member }];
    let mut repeat = RepeatPlan::of(Append { text: payload.get("delta")?, targets })?;
    let ignored = ["obfuscation", "sequence_number"].map(|name| payload.get(name));
    repeat.ignored.extend(ignored.into_iter().flatten());
    if let Some(id) = payload.get("item_id").filter(|id| !snapshot.state.is_name(&id.str().unwrap_or_default())) {
        // An id that is new in every event. If the item is a call, it depends on the id which pieces the call takes.
        (item.call.is_none()).then(|| repeat.unnamed.push(id))?;
    }
    Some(repeat)
}

/// The text that a part in one of an item's lists is taken for, even if it is none: that decides the item, and which
/// member has the part's index.
fn texts_of_part(list: &str, part: &Object<'_>) -> &'static Texts {
    match (list, part.str("type").as_ref()) {
        ("summary", _) => &SUMMARY,
        (_, "reasoning_text") => &REASONING,
        _ => &OUTPUT_TEXT,
    }
}

fn add_part(snapshot: &mut Snapshot, list: &'static str, payload: &Object<'_>, out: &mut Sink<'_>) {
    let part = payload.child("part");
    let texts = texts_of_part(list, &part);
    let at = item_of_piece(snapshot, texts, payload);
    let index = part_of_piece(snapshot, at, texts, payload);
    let item = [PathStep::Item(OUTPUT, position_of(snapshot, at))];
    let fields = snapshot.fields.at(&item);
    fields.take_apart(list);
    if fields.has_item(list, index) {
        return;
    }
    if let Some((texts, text)) = part_text(texts.item, list, part.raw()) {
        announce_text(snapshot, at, texts, &[(index, text)], out);
    }
    snapshot.fields.at(&item).replace_item(list, index, &part);
}

fn finish_part(snapshot: &mut Snapshot, list: &'static str, payload: &Object<'_>, out: &mut Sink<'_>) {
    let part = payload.child("part");
    let texts = texts_of_part(list, &part);
    let said = part_text(texts.item, list, part.raw());
    let at = item_of_part(snapshot, texts, payload, said.as_ref().map_or("", |(_, text)| text));
    let index = match said {
        Some((_, text)) if text.is_empty() => None,
        None => part.raw().is_object().then(|| part_of_piece(snapshot, at, texts, payload)),
        Some((said, text)) => complete_part(snapshot, at, said, (Stage::Part, texts.part_index(payload)), &text, out),
    };
    if let Some(index) = index {
        let item = [PathStep::Item(OUTPUT, position_of(snapshot, at))];
        snapshot.fields.at(&item).seal_item(list, index, part.raw().as_str().to_owned());
    }
}

fn annotate(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let Some(annotation) = payload.get("annotation") else { return };
    let at = item_of_piece(snapshot, &OUTPUT_TEXT, payload);
    let part = part_of_piece(snapshot, at, &OUTPUT_TEXT, payload);
    let path = OUTPUT_TEXT.path(position_of(snapshot, at), part);
    snapshot.fields.at(&path).push("annotations", annotation);
    out(Delta::Other { choice: 0, kind: "citation", json: annotation.as_str() });
}

/// An item begins, with what it has from the start.
fn announce_item(snapshot: &mut Snapshot, whole: &Whole<'_>, out: &mut Sink<'_>) {
    let known = items_of(snapshot).of_announcement(&whole.kind, &whole.names);
    let at = known.unwrap_or_else(|| items_of(snapshot).add(&whole.kind, &whole.names));
    items_of(snapshot).name(at, &whole.names);
    items_of(snapshot).all[at].announced = true;
    if known.is_none() {
        pieces::announce(snapshot, at, whole, out);
        let position = position_of(snapshot, at);
        snapshot.fields.replace_item(OUTPUT, position, &whole.item);
    } else {
        complete_item(snapshot, at, whole, Settled::default(), out);
    }
}

fn finish_item(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let whole = Whole::of(items::index(payload), payload.child("item"));
    let choice = snapshot.choices.get(&0).map(AsRef::as_ref);
    let known = snapshot.state.get::<Items>().and_then(|items| items.of_whole(&whole, choice));
    let at = known.unwrap_or_else(|| items_of(snapshot).add(&whole.kind, &whole.names));
    items_of(snapshot).name_whole(at, &whole.names);
    complete_item(snapshot, at, &whole, Settled::default(), out);
    complete::finish(snapshot, at, &whole, true, out);
    seal_item(snapshot, at, &whole, Settled::default());
}

/// Makes a response the object so far, except for its output.
fn take_response(snapshot: &mut Snapshot, response: &Object<'_>, out: &mut Sink<'_>) {
    if !response.raw().is_object() {
        return;
    }
    snapshot.set_id(&response.str("id"));
    snapshot.set_model(&response.str("model"));
    let usage = response.get("usage").filter(|usage| usage.is_object());
    snapshot.fields.become_object(response, OUTPUT);
    if let Some(usage) = usage {
        snapshot.fields.remove("usage");
        snapshot.count(usage, out);
    }
}

/// The terminal event, or a whole response.
fn end(snapshot: &mut Snapshot, event: &str, response: &Object<'_>, payload: &Object<'_>, out: &mut Sink<'_>) {
    output::finish(snapshot, response.get(OUTPUT), out);
    take_response(snapshot, response, out);
    let status = response.str("status");
    let reason = response.child("incomplete_details").str("reason");
    let reason = [reason.as_ref(), status.as_ref(), event].into_iter().find(|reason| !reason.is_empty());
    snapshot.choice(0).finish(reason.unwrap_or("completed"), out);
    if event == "failed" || status == "failed" {
        let error = response.truthy("error").map(|error| ApiError::of(error, payload));
        snapshot.fail(error.unwrap_or_else(|| ApiError::reported(payload, "the response failed")));
    }
    snapshot.finish(out);
}

fn object(snapshot: &Snapshot) -> String {
    snapshot.object(&[("object", "\"response\""), (OUTPUT, "[]")])
}
