//! What comes whole: `.done` events, finished items and the terminal's output, compared with what was emitted.
//!
//! 1. A whole that says what was emitted, or less, adds nothing. One that goes on after it adds the rest. Any other is the object's
//!    alone.
//! 2. A whole item is compared text by text, whatever parts the text came in or is in now: the indexes of parts are not the same
//!    everywhere (vllm#35184, vllm#45742).
//! 3. A whole part may begin where its pieces began, after the parts that came whole before it, or at the item's beginning.
//! 4. A reasoning that comes whole in one list only is the one that came in pieces of the other.

use super::pieces::{call_of, items_of, name_call, place_of, prepare, speak};
use super::texts::{Kind, List, OUTPUT, Texts};
use super::voice::Voice;
use super::whole::{Whole, WholeText};
use crate::delta::{Delta, Sink};
use crate::dialect::Place;
use crate::fields::In;
use crate::json::quote;
use crate::overlap::{Overlap, overlap};
use crate::snapshot::Snapshot;
use crate::text::Text;

/// Emits what a whole item has that was not emitted.
pub(super) fn complete_item(snapshot: &mut Snapshot, at: usize, whole: &Whole<'_>, out: &mut Sink<'_>) {
    if whole.kind == "message" {
        snapshot.choice(0).set_role(&whole.item.str("role"), out);
    } else if Texts::of_call(&whole.kind).is_some() {
        complete_call(snapshot, at, whole, out);
    }
    for text in &whole.texts {
        complete_text(snapshot, at, text, whole, out);
    }
}

fn complete_call(snapshot: &mut Snapshot, at: usize, whole: &Whole<'_>, out: &mut Sink<'_>) {
    if items_of(snapshot).all[at].call.is_some() {
        return name_call(snapshot, at, &whole.item, out);
    }
    let call = call_of(snapshot, at, &whole.item);
    if whole.texts.iter().all(|text| text.whole.is_empty()) {
        snapshot.choice(0).tell_tool_call(call, 0, out);
    }
}

/// No piece will come of an item any more. Emits what of it is no text: once, or `again`.
pub(super) fn finish(snapshot: &mut Snapshot, at: usize, whole: &Whole<'_>, again: bool, out: &mut Sink<'_>) {
    let item = &mut items_of(snapshot).all[at];
    item.closed = true;
    let shown = std::mem::replace(&mut item.shown, true);
    if let Some(call) = item.call {
        snapshot.choice(0).settle_tool_call(call, out);
        return;
    }
    match whole.kind.as_ref() {
        "message" => {}
        "reasoning" => match whole.item.truthy("encrypted_content").filter(|_| !shown) {
            Some(signature) => out(Delta::Other { choice: 0, kind: "signature", json: signature.as_str() }),
            None => items_of(snapshot).all[at].shown = shown,
        },
        kind if again || !shown => out(Delta::Other { choice: 0, kind, json: whole.item.raw().as_str() }),
        _ => {}
    }
}

/// Emits what a text of a whole item has that was not emitted.
fn complete_text(snapshot: &mut Snapshot, at: usize, text: &WholeText<'_>, whole: &Whole<'_>, out: &mut Sink<'_>) {
    let (voice, overlapping) = match find_voice(snapshot, at, text.texts) {
        None => (add_voice(snapshot, at, text.texts), Overlap::Continues(text.whole.as_str())),
        Some(voice) => (voice, overlap(&emitted(snapshot, at, voice), &text.whole)),
    };
    let is_own = items_of(snapshot).all[at].voices[voice].is_said_by(text.texts);
    match overlapping {
        Overlap::Repeats => {}
        Overlap::Continues(rest) if is_own || !is_explained(snapshot, at, voice, whole) => {
            add_rest(snapshot, at, voice, text.texts, rest, out);
        }
        Overlap::Differs if is_own => {
            for (index, part) in text.parts.iter().filter(|_| text.parts.len() > 1) {
                complete_part(snapshot, at, text.texts, *index, part, out);
            }
        }
        _ if is_explained(snapshot, at, voice, whole) => {
            let voice = add_voice(snapshot, at, text.texts);
            add_rest(snapshot, at, voice, text.texts, &text.whole, out);
        }
        _ => {}
    }
}

/// Whether the whole item has the text of a voice under the voice's own name: another name has another text then.
fn is_explained(snapshot: &mut Snapshot, at: usize, voice: usize, whole: &Whole<'_>) -> bool {
    let emitted = emitted(snapshot, at, voice);
    let voice = &items_of(snapshot).all[at].voices[voice];
    let own = whole.texts.iter().filter(|text| voice.is_said_by(text.texts) && !text.whole.is_empty());
    own.into_iter().any(|text| overlap(&emitted, &text.whole) != Overlap::Differs)
}

/// The voice that says a text of an item, or the one that may have said the same under another name.
fn find_voice(snapshot: &mut Snapshot, at: usize, texts: &Texts) -> Option<usize> {
    let voices = &items_of(snapshot).all[at].voices;
    let own = voices.iter().position(|voice| voice.is_said_by(texts));
    own.or_else(|| voices.iter().position(|voice| voice.kind == texts.kind && !voice.is_silent()))
}

fn add_voice(snapshot: &mut Snapshot, at: usize, texts: &Texts) -> usize {
    let voices = &mut items_of(snapshot).all[at].voices;
    voices.push(Voice::new(texts));
    voices.len() - 1
}

fn emitted(snapshot: &mut Snapshot, at: usize, voice: usize) -> String {
    snapshot.choice(0);
    let Snapshot { choices, state, .. } = snapshot;
    let item = &state.responses_mut().all[at];
    item.voices[voice].emitted(&choices[&0], item.call).into_owned()
}

/// Emits the rest of a text, and adds it to the part of the object that its last piece went to.
fn add_rest(snapshot: &mut Snapshot, at: usize, voice: usize, texts: &Texts, rest: &str, out: &mut Sink<'_>) {
    let part = items_of(snapshot).all[at].voices[voice].part;
    let way = texts.way(place_of(snapshot, at), part);
    prepare(snapshot, at, texts, &way);
    if let Some(place) = texts.kind.place(items_of(snapshot).all[at].call) {
        snapshot.forget_half(&place);
    }
    speak(snapshot, at, voice, &Text::from(rest), out);
    let member = Place::Member { way, name: texts.member };
    snapshot.forget_half(&member);
    snapshot.grow(&member, &Text::from(rest), out);
}

/// Emits what a whole part has that was not emitted. Returns whether the object may have it as it came, at its index.
pub(super) fn complete_part(
    snapshot: &mut Snapshot,
    at: usize,
    texts: &'static Texts,
    index: i64,
    whole: &str,
    out: &mut Sink<'_>,
) -> bool {
    let way = texts.way(place_of(snapshot, at), index);
    let own = text_at(snapshot, texts, &way);
    let rest = match find_voice(snapshot, at, texts) {
        None if texts.kind == Kind::Hosted => whole.strip_prefix(own.as_str()).map(str::to_owned),
        None => {
            add_voice(snapshot, at, texts);
            Some(whole.to_owned())
        }
        Some(voice) => rest_of_part(snapshot, at, voice, texts, index, &own, whole),
    };
    let Some(rest) = rest else {
        // Another version of the part: the object's alone, unless the part is not where its pieces went.
        if !own.is_empty() {
            snapshot.fields.at(&way).seal(texts.member, quote(whole));
        }
        return !own.is_empty();
    };
    let is_own = whole.strip_prefix(own.as_str()) == Some(&rest);
    if let Some(voice) = find_voice(snapshot, at, texts).filter(|_| !rest.is_empty() || is_own) {
        if is_own {
            items_of(snapshot).all[at].voices[voice].part = index;
        }
        add_rest(snapshot, at, voice, texts, &rest, out);
    } else if texts.kind == Kind::Hosted {
        prepare(snapshot, at, texts, &way);
        snapshot.fields.at(&way).append(texts.member, &Text::from(rest.as_str()));
    }
    is_own
}

/// What a whole part has beyond what was emitted of its item; `None` where it says something else.
fn rest_of_part(
    snapshot: &mut Snapshot,
    at: usize,
    voice: usize,
    texts: &Texts,
    index: i64,
    own: &str,
    whole: &str,
) -> Option<String> {
    let emitted = emitted(snapshot, at, voice);
    let voice = &mut items_of(snapshot).all[at].voices[voice];
    let starts = voice.starts_of(texts, index).filter(|start| *start < emitted.len());
    for start in starts.collect::<Vec<_>>() {
        let rest = match overlap(&emitted[start..], whole) {
            Overlap::Repeats => "",
            Overlap::Continues(rest) => rest,
            Overlap::Differs => continue,
        };
        voice.cover(texts, index, start..start + whole.len());
        return Some(rest.to_owned());
    }
    if !own.is_empty() {
        // Its pieces were interleaved with another part's.
        return match overlap(own, whole) {
            Overlap::Repeats => Some(String::new()),
            Overlap::Continues(rest) => Some(rest.to_owned()),
            Overlap::Differs => None,
        };
    }
    let is_new = voice.is_said_by(texts) && voice.is_covered(&emitted);
    is_new.then(|| {
        voice.cover(texts, index, emitted.len()..emitted.len() + whole.len());
        whole.to_owned()
    })
}

/// What the object has of a text so far.
fn text_at(snapshot: &mut Snapshot, texts: &Texts, way: &[In]) -> String {
    let item = snapshot.fields.at(&way[..1]);
    if let (Some(List { name, .. }), Some(In::Item(_, index))) = (&texts.list, way.last()) {
        item.take_apart(name);
        if !item.has_item(name, *index) {
            return String::new();
        }
    }
    snapshot.fields.at(way).text(texts.member).to_owned()
}

/// Makes an item of the object stand as it came whole, but for texts of which more was emitted than it has.
pub(super) fn seal_item(snapshot: &mut Snapshot, at: usize, whole: &Whole<'_>) {
    let place = place_of(snapshot, at);
    if !whole.item.raw().is_object() {
        return;
    }
    if !has_less(snapshot, at, whole) {
        return snapshot.fields.seal_item(OUTPUT, place, whole.item.raw().as_str().to_owned());
    }
    let fields = snapshot.fields.at(&[In::Item(OUTPUT, place)]);
    for (name, value) in
        whole.item.iter().filter(|(name, _)| !["summary", "content", "arguments", "input"].contains(name))
    {
        fields.set(name, value.as_str().to_owned());
    }
}

/// Whether more was emitted of an item's text than the whole item has of it, under any name.
fn has_less(snapshot: &mut Snapshot, at: usize, whole: &Whole<'_>) -> bool {
    (0..items_of(snapshot).all[at].voices.len()).any(|voice| {
        let emitted = emitted(snapshot, at, voice);
        let kind = items_of(snapshot).all[at].voices[voice].kind;
        let mut same = whole.texts.iter().filter(|text| text.texts.kind == kind);
        !emitted.is_empty() && same.all(|text| text.whole.len() < emitted.len() && emitted.starts_with(&text.whole))
    })
}
