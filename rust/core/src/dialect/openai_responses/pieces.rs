//! What comes in pieces: it is emitted as far as it is new, and put together in the object.

use std::borrow::Cow;

use super::items::{Items, Names, word};
use super::source::Source;
use super::texts::{ARGUMENTS, Kind, OUTPUT, Texts};
use super::voice::Voice;
use super::whole::Whole;
use crate::json::{Object, Text, is_object, quote};
use crate::snapshot::{CallFragment, Delta, News, PathStep, Sink, Snapshot, Target};

pub(super) fn items_of(snapshot: &mut Snapshot) -> &mut Items {
    snapshot.state.get_mut::<Items>()
}

/// The position of an item in the object's output.
pub(super) fn position_of(snapshot: &mut Snapshot, at: usize) -> i64 {
    items_of(snapshot).all[at].position
}

/// The item that a piece of a text is of; made where there is none.
pub(super) fn item_of_piece(snapshot: &mut Snapshot, texts: &Texts, payload: &Object<'_>) -> usize {
    let mut names = Names::of_event(payload);
    if payload.get("delta").is_some_and(|piece| !piece.is_truthy()) {
        // An empty piece begins no item.
        names.forget_id();
    }
    let choice = snapshot.choices.get_mut(&0).map(AsMut::as_mut);
    let known = snapshot.state.get_mut::<Items>().of_piece(texts, &names, choice);
    know_item(snapshot, known, texts, names)
}

/// The item that a whole part is of; made where there is none.
pub(super) fn item_of_part(snapshot: &mut Snapshot, texts: &Texts, payload: &Object<'_>, text: &str) -> usize {
    let names = Names::of_event(payload);
    let Snapshot { choices, state, .. } = snapshot;
    let items = state.get_mut::<Items>();
    let known = items.of_piece(texts, &names, choices.get_mut(&0).map(AsMut::as_mut));
    let known = known.or_else(|| items.of_text(texts, &names, text, choices.get(&0).map(AsRef::as_ref)));
    know_item(snapshot, known, texts, names)
}

fn know_item(snapshot: &mut Snapshot, known: Option<usize>, texts: &Texts, mut names: Names<'_>) -> usize {
    if texts.kind != Kind::Arguments {
        names.forget_id();
    }
    let items = items_of(snapshot);
    let at = known.unwrap_or_else(|| items.add(texts.item, &names));
    items.name(at, &names);
    items.last = at;
    at
}

/// The part of an item that a piece is of: the one that it names, or the open one.
pub(super) fn part_of_piece(snapshot: &mut Snapshot, at: usize, texts: &Texts, payload: &Object<'_>) -> i64 {
    texts.part_index(payload).unwrap_or_else(|| {
        let mut sources = items_of(snapshot).all[at].voices.iter().filter_map(|voice| voice.source(texts));
        sources.next().map_or(0, Source::open_part)
    })
}

/// Makes the part or the item that a text is in, if it was not announced.
pub(super) fn prepare(snapshot: &mut Snapshot, at: usize, texts: &Texts, path: &[PathStep]) {
    let fields = snapshot.fields.at(&path[..1]);
    if !fields.contains("type") {
        fields.set("type", quote(texts.item));
    }
    if let Some(list) = &texts.list {
        let part = snapshot.fields.at(path);
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
    let call = snapshot.choice(0).tool_calls.begin(&CallFragment { kind, ..CallFragment::start(None, &id, &name) });
    items_of(snapshot).all[at].call = Some(call);
    call
}

fn call_id<'a>(item: &Object<'a>) -> Cow<'a, str> {
    let id = word(item, "call_id");
    if id.is_empty() { word(item, "id") } else { id }
}

/// Begins the call that a text is the input of, or adds to it an id and a name that it lacks.
pub(super) fn begin_call(snapshot: &mut Snapshot, at: usize, texts: &Texts, payload: &Object<'_>, out: &mut Sink<'_>) {
    if items_of(snapshot).all[at].call.is_some() {
        name_call(snapshot, at, payload, out);
    } else if texts.kind == Kind::Arguments {
        call_of(snapshot, at, payload);
        let position = position_of(snapshot, at);
        let item = snapshot.fields.item(OUTPUT, position);
        if !item.contains("type") {
            item.set("type", quote(texts.item));
        }
        for name in ["call_id", "name"] {
            item.set_once(name, payload.get(name));
        }
    }
}

/// Adds an id and a name to an item's call, if it is one and lacks them.
pub(super) fn name_call(snapshot: &mut Snapshot, at: usize, item: &Object<'_>, out: &mut Sink<'_>) {
    if let Some(call) = items_of(snapshot).all[at].call {
        let (id, name) = (call_id(item), word(item, "name"));
        snapshot.choice(0).name_tool_call(call, &CallFragment::start(None, &id, &name), out);
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
    let path = texts.path(position_of(snapshot, at), index);
    prepare(snapshot, at, texts, &path);
    let mut own = piece.clone();
    if texts.kind != Kind::Hosted {
        let (voice, news, kept) = hear(snapshot, at, texts, index, piece);
        speak(snapshot, at, voice, &news, out);
        own = kept;
    }
    snapshot.append(&Target::Member { path, name: texts.member }, &own, out);
}

/// Finds the voice that a piece belongs to; returns it with what the piece adds to what was emitted, and to its own
/// part of the object.
fn hear<'t>(
    snapshot: &mut Snapshot,
    at: usize,
    texts: &'static Texts,
    index: i64,
    piece: &Text<'t>,
) -> (usize, Text<'t>, Text<'t>) {
    snapshot.choice(0);
    let Snapshot { choices, state, .. } = snapshot;
    let item = &mut state.get_mut::<Items>().all[at];
    let at_voice = item.voice(texts);
    let voice = &mut item.voices[at_voice];
    let emitted = voice.emitted(&choices[&0], item.call);
    let (news, own) = voice.hear(texts, index, &emitted, piece);
    match news {
        News::Apart(news) if voice.part_from(texts) => {
            let mut own_voice = Voice::new(texts);
            own_voice.source_mut(texts).begin_part(index, 0);
            item.voices.push(own_voice);
            (item.voices.len() - 1, news, own)
        }
        News::Rest(news) | News::Apart(news) => (at_voice, news, own),
    }
}

/// Emits what is new of a text.
pub(super) fn speak(snapshot: &mut Snapshot, at: usize, voice: usize, news: &Text<'_>, out: &mut Sink<'_>) {
    snapshot.choice(0);
    let Snapshot { choices, state, .. } = snapshot;
    let items = state.get_mut::<Items>();
    let (kind, call) = (items.all[at].voices[voice].kind, items.all[at].call);
    if !news.is_empty() {
        let length = kind.text_of(&choices[&0], call).len();
        items.begin_to_speak(at, voice, length);
    }
    let target = kind.target(call).filter(|_| kind != Kind::Arguments || !news.is_empty());
    if let Some(target) = target {
        snapshot.append(&target, news, out);
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
        announce_text(snapshot, at, text.texts, &text.parts, out);
    }
}

/// Emits a text that is there when its item or its part begins; its pieces may repeat it, from the first part on
/// (llama-cpp-python#2285).
pub(super) fn announce_text(
    snapshot: &mut Snapshot,
    at: usize,
    texts: &'static Texts,
    parts: &[(i64, Cow<'_, str>)],
    out: &mut Sink<'_>,
) {
    // Half a character at the end waits for its pieces.
    let said = || parts.iter().map(|(index, part)| (index, part.trim_end_matches(char::REPLACEMENT_CHARACTER)));
    let said = || said().filter(|(_, part)| !part.is_empty());
    for (index, part) in said() {
        let (voice, news, _) = hear(snapshot, at, texts, *index, &Text::from(part));
        speak(snapshot, at, voice, &news, out);
    }
    if let Some((index, _)) = said().next() {
        let item = &mut items_of(snapshot).all[at];
        let voice = item.voice(texts);
        item.voices[voice].source_mut(texts).announce(*index);
    }
}

/// A call begins. Arguments that are complete already count only if no pieces come: pieces would repeat them.
fn announce_call(snapshot: &mut Snapshot, at: usize, whole: &Whole<'_>, out: &mut Sink<'_>) {
    let call = call_of(snapshot, at, &whole.item);
    let arguments = whole.texts.first().filter(|text| !text.whole.is_empty());
    match arguments {
        Some(text) if !is_object(&text.whole) => announce_text(snapshot, at, text.texts, &text.parts, out),
        _ => {
            items_of(snapshot).all[at].voice(Texts::of_call(&whole.kind).unwrap_or(&ARGUMENTS));
            let initial = arguments.map(|text| text.whole.clone()).unwrap_or_default();
            snapshot.choice(0).tool_calls.at(call).initial_input = initial;
            snapshot.choice(0).emit_tool_call(call, 0, out);
        }
    }
}
