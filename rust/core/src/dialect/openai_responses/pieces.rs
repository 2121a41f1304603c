//! What comes in pieces: emitted as far as it is new, and put together in the object.

use super::items::{Items, Names, word};
use super::texts::{Kind, Texts};
use super::voice::Voice;
use super::whole::Whole;
use crate::delta::{Delta, Sink};
use crate::dialect::Place;
use crate::fields::In;
use crate::json::{Object, is_object, quote};
use crate::overlap::News;
use crate::snapshot::Snapshot;
use crate::text::Text;
use crate::tool_call::Piece;

pub(super) fn items_of(snapshot: &mut Snapshot) -> &mut Items {
    snapshot.state.responses_mut()
}

/// Where an item stands in the object's output.
pub(super) fn place_of(snapshot: &mut Snapshot, at: usize) -> i64 {
    items_of(snapshot).all[at].place
}

/// The item that an event about a part of one is of; made where there is none.
pub(super) fn item_of_piece(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>) -> usize {
    let mut names = Names::of_event(payload);
    let choice = snapshot.choices.get_mut(&0).map(AsMut::as_mut);
    let items = snapshot.state.responses_mut();
    let known = items.of_piece(kind, &names, choice);
    if Texts::of_call(kind).is_none() {
        names.forget_id();
    }
    let at = known.unwrap_or_else(|| items.add(kind, &names));
    items.name(at, &names);
    items.last = at;
    at
}

/// Makes what a text is to stand in, where it was not announced.
pub(super) fn prepare(snapshot: &mut Snapshot, at: usize, texts: &Texts, way: &[In]) {
    let fields = snapshot.fields.at(&way[..1]);
    if !fields.contains("type") {
        fields.set("type", quote(texts.item));
    }
    if let Some(list) = &texts.list {
        let part = snapshot.fields.at(way);
        if !part.contains("type") {
            part.set("type", quote(list.part));
        }
    }
    if texts.kind == Kind::Arguments {
        call_of(snapshot, at, &Object::default());
    }
}

/// The position of the call that an item is; begun where there is none.
pub(super) fn call_of(snapshot: &mut Snapshot, at: usize, item: &Object<'_>) -> usize {
    if let Some(call) = items_of(snapshot).all[at].call {
        return call;
    }
    let kind = if items_of(snapshot).all[at].kind == "custom_tool_call" { "custom" } else { "" };
    let (id, name) = (call_id(item), word(item, "name"));
    let call = snapshot.choice(0).tool_calls.begin(&Piece { kind, ..Piece::start(None, &id, &name) });
    items_of(snapshot).all[at].call = Some(call);
    call
}

fn call_id<'a>(item: &Object<'a>) -> std::borrow::Cow<'a, str> {
    let id = word(item, "call_id");
    if id.is_empty() { word(item, "id") } else { id }
}

/// Adds to an item's call, if it is one, what was not known of it.
pub(super) fn name_call(snapshot: &mut Snapshot, at: usize, item: &Object<'_>, out: &mut Sink<'_>) {
    if let Some(call) = items_of(snapshot).all[at].call {
        let (id, name) = (call_id(item), word(item, "name"));
        snapshot.choice(0).name_tool_call(call, &Piece::start(None, &id, &name), out);
    }
}

/// Adds a piece of a text.
pub(super) fn add_piece(
    snapshot: &mut Snapshot,
    at: usize,
    texts: &'static Texts,
    index: i64,
    piece: &Text<'_>,
    out: &mut Sink<'_>,
) {
    let way = texts.way(place_of(snapshot, at), index);
    prepare(snapshot, at, texts, &way);
    let mut own = piece.clone();
    if texts.kind != Kind::Hosted {
        let (voice, news, kept) = hear(snapshot, at, texts, index, piece);
        speak(snapshot, at, voice, &news, out);
        own = kept;
    }
    snapshot.grow(&Place::Member { way, name: texts.member }, &own, out);
}

/// Whose voice a piece is, what it adds to what was emitted, and what to its own part of the object.
fn hear<'t>(
    snapshot: &mut Snapshot,
    at: usize,
    texts: &'static Texts,
    index: i64,
    piece: &Text<'t>,
) -> (usize, Text<'t>, Text<'t>) {
    snapshot.choice(0);
    let Snapshot { choices, state, .. } = snapshot;
    let item = &mut state.responses_mut().all[at];
    let at_voice = item.voice(texts);
    let voice = &mut item.voices[at_voice];
    let emitted = voice.emitted(&choices[&0], item.call);
    voice.begin_part(texts, index, emitted.len());
    if voice.is_plain() {
        return (at_voice, piece.clone(), piece.clone());
    }
    let (news, own) = voice.hear(texts, &emitted, piece);
    match news {
        News::Apart(news) if voice.part_from(texts) => {
            item.voices.push(Voice::new(texts));
            (item.voices.len() - 1, news, own)
        }
        News::Rest(news) | News::Apart(news) => (at_voice, news, own),
    }
}

/// Emits what is new of a text.
pub(super) fn speak(snapshot: &mut Snapshot, at: usize, voice: usize, news: &Text<'_>, out: &mut Sink<'_>) {
    snapshot.choice(0);
    let Snapshot { choices, state, .. } = snapshot;
    let items = state.responses_mut();
    let (kind, call) = (items.all[at].voices[voice].kind, items.all[at].call);
    if !news.is_empty() {
        let length = kind.text_of(&choices[&0], call).len();
        items.begin_to_speak(at, voice, length);
    }
    let place = kind.place(call).filter(|_| kind != Kind::Arguments || !news.is_empty());
    if let Some(place) = place {
        snapshot.grow(&place, news, out);
    }
}

/// Emits what an item has when it begins.
pub(super) fn announce(snapshot: &mut Snapshot, at: usize, whole: &Whole<'_>, out: &mut Sink<'_>) {
    match whole.kind.as_ref() {
        "message" => snapshot.choice(0).set_role(&whole.item.str("role"), out),
        "reasoning" => {}
        kind if Texts::of_call(kind).is_some() => return announce_call(snapshot, at, whole, out),
        kind => {
            items_of(snapshot).all[at].shown = true;
            out(Delta::Other { choice: 0, kind, json: whole.item.raw().as_str() });
        }
    }
    for text in &whole.texts {
        for (index, part) in &text.parts {
            announce_part(snapshot, at, text.texts, *index, part, out);
        }
    }
}

/// Emits a text that a part has when it begins; its pieces may say it again (llama-cpp-python#2285).
pub(super) fn announce_part(
    snapshot: &mut Snapshot,
    at: usize,
    texts: &'static Texts,
    index: i64,
    text: &str,
    out: &mut Sink<'_>,
) {
    let (voice, news, _) = hear(snapshot, at, texts, index, &Text::from(text));
    speak(snapshot, at, voice, &news, out);
    if !text.is_empty() {
        items_of(snapshot).all[at].voices[voice].announce(texts, index);
    }
}

/// A call begins. Arguments that are all there already count where no pieces come: those would say them again.
fn announce_call(snapshot: &mut Snapshot, at: usize, whole: &Whole<'_>, out: &mut Sink<'_>) {
    let call = call_of(snapshot, at, &whole.item);
    let arguments = whole.texts.first().filter(|text| !text.whole.is_empty());
    match arguments {
        Some(text) if !is_object(&text.whole) => announce_part(snapshot, at, text.texts, 0, &text.whole, out),
        _ => {
            let initial = arguments.map(|text| text.whole.clone()).unwrap_or_default();
            snapshot.choice(0).tool_calls.at(call).otherwise = initial;
            snapshot.choice(0).tell_tool_call(call, 0, out);
        }
    }
}
