//! What comes whole: `.done` events, finished items and the terminal's output, compared with what was emitted.
//!
//! 1. A whole that repeats what was emitted, or part of it, adds nothing. One that continues it adds the rest. Any
//!    other is the object's alone.
//! 2. A whole item is compared text by text, whatever parts the text came in or is in now: the indexes of parts are
//!    not the same in all events (vllm#35184, vllm#45742).
//! 3. A whole part may begin where its pieces began, after the parts that came whole before it, or at the item's
//!    beginning.
//! 4. If a reasoning came in pieces of one list, and whole in the other list only, the two are the same reasoning.

use super::items::Items;
use super::pieces::{call_of, items_of, name_call, position_of, prepare, speak};
use super::source::Stage;
use super::texts::{Kind, List, OUTPUT, Texts};
use super::whole::{Whole, WholeText};
use crate::json::{Raw, Text, quote};
use crate::snapshot::{Delta, MergedObject, Overlap, PathStep, Sink, Snapshot, Target, overlap};

/// The kinds of text of which a whole output has exactly what was emitted, all items together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Settled {
    content: bool,
    reasoning: bool,
    refusal: bool,
}

impl Settled {
    pub(super) fn of(is_settled: impl Fn(Kind) -> bool) -> Self {
        let [content, reasoning, refusal] = [Kind::Content, Kind::Reasoning, Kind::Refusal].map(is_settled);
        Self { content, reasoning, refusal }
    }

    pub(super) fn has(self, kind: Kind) -> bool {
        match kind {
            Kind::Content => self.content,
            Kind::Reasoning => self.reasoning,
            Kind::Refusal => self.refusal,
            Kind::Arguments | Kind::Hosted => false,
        }
    }
}

/// Emits what a whole item has that was not emitted.
pub(super) fn complete_item(
    snapshot: &mut Snapshot,
    at: usize,
    whole: &Whole<'_>,
    settled: Settled,
    out: &mut Sink<'_>,
) {
    if whole.kind == "message" {
        snapshot.choice(0).set_role(&whole.item.str("role"), out);
    } else if Texts::of_call(&whole.kind).is_some() {
        complete_call(snapshot, at, whole, out);
    }
    for text in whole.texts.iter().filter(|text| !settled.has(text.texts.kind)) {
        complete_text(snapshot, at, text, whole, out);
    }
}

fn complete_call(snapshot: &mut Snapshot, at: usize, whole: &Whole<'_>, out: &mut Sink<'_>) {
    if items_of(snapshot).all[at].call.is_some() {
        return name_call(snapshot, at, &whole.item, out);
    }
    let call = call_of(snapshot, at, &whole.item);
    if whole.texts.iter().all(|text| text.whole.is_empty()) {
        snapshot.choice(0).emit_tool_call(call, 0, out);
    }
}

/// No piece will come of an item any more. Emits what it has besides texts: once, or `again`.
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
    let voice = items_of(snapshot).all[at].voice(text.texts);
    let overlapping = with_emitted(snapshot, at, voice, |emitted| overlap(emitted, &text.whole));
    let is_own = items_of(snapshot).all[at].voices[voice].source(text.texts).is_some();
    match overlapping {
        // Even "" is a text.
        Overlap::Repeats if text.whole.is_empty() => speak(snapshot, at, voice, &Text::default(), out),
        Overlap::Repeats => {}
        Overlap::Continues(rest) if is_own || !is_explained(snapshot, at, voice, whole) => {
            add_rest(snapshot, at, voice, text.texts, rest, out);
        }
        Overlap::Differs if is_own => {
            for (index, part) in text.parts.iter().filter(|_| text.parts.len() > 1) {
                complete_part(snapshot, at, text.texts, (Stage::Item, Some(*index)), part, out);
            }
        }
        _ if is_explained(snapshot, at, voice, whole) => {
            let voice = items_of(snapshot).all[at].add_voice(text.texts);
            add_rest(snapshot, at, voice, text.texts, &text.whole, out);
        }
        _ => {}
    }
}

/// Whether the whole item has the text of a voice under that voice's own name: then a text under another name is
/// another text.
fn is_explained(snapshot: &mut Snapshot, at: usize, voice: usize, whole: &Whole<'_>) -> bool {
    let kept = &items_of(snapshot).all[at].voices[voice];
    let own = whole.texts.iter().filter(|text| kept.source(text.texts).is_some() && !text.whole.is_empty());
    let own: Vec<_> = own.collect();
    let says = |emitted: &str| own.iter().any(|text| overlap(emitted, &text.whole) != Overlap::Differs);
    with_emitted(snapshot, at, voice, says)
}

/// Lends what a voice has emitted, instead of copying it: it may be long.
fn with_emitted<R>(snapshot: &mut Snapshot, at: usize, voice: usize, read: impl FnOnce(&str) -> R) -> R {
    snapshot.choice(0);
    let Snapshot { choices, state, .. } = snapshot;
    let item = &state.get_mut::<Items>().all[at];
    read(&item.voices[voice].emitted(&choices[&0], item.call))
}

/// Emits the rest of a text, and adds it to the part of the object that its last piece went to.
fn add_rest(snapshot: &mut Snapshot, at: usize, voice: usize, texts: &Texts, rest: &str, out: &mut Sink<'_>) {
    let part = part_of_rest(snapshot, at, voice, texts);
    let path = texts.path(position_of(snapshot, at), part);
    prepare(snapshot, at, texts, &path);
    if let Some(target) = texts.kind.target(items_of(snapshot).all[at].call) {
        snapshot.forget_half(&target);
    }
    speak(snapshot, at, voice, &Text::from(rest), out);
    let member = Target::Member { path, name: texts.member };
    snapshot.forget_half(&member);
    snapshot.append(&member, &Text::from(rest), out);
}

/// The part of the object that the rest of a text is added to: that of its last piece, or a new one.
fn part_of_rest(snapshot: &mut Snapshot, at: usize, voice: usize, texts: &Texts) -> i64 {
    let item = &items_of(snapshot).all[at];
    let (part, position) = (item.voices[voice].source(texts).map_or(0, |source| source.part), item.position);
    let Some(list) = &texts.list else { return part };
    let path = texts.path(position, part);
    let fields = snapshot.fields.at(&path[..1]);
    fields.take_apart(list.name);
    let is_free = !fields.has_item(list.name, part);
    if is_free || snapshot.fields.at(&path).word("type") == list.part {
        return part;
    }
    snapshot.fields.at(&path[..1]).next_index(list.name)
}

/// Emits what only a whole part has. Returns the index at which the object may show the part as it came; `None` where
/// its text is elsewhere.
pub(super) fn complete_part(
    snapshot: &mut Snapshot,
    at: usize,
    texts: &'static Texts,
    (stage, index): (Stage, Option<i64>),
    whole: &str,
    out: &mut Sink<'_>,
) -> Option<i64> {
    if texts.kind == Kind::Hosted {
        complete_hosted(snapshot, at, texts, whole);
        return None;
    }
    let voice = items_of(snapshot).all[at].voice(texts);
    let (index, rest, own) = weigh_part(snapshot, at, voice, texts, (stage, index), whole);
    let Some(rest) = rest else {
        // Another version of the part: the object alone has it, unless the pieces of the part went elsewhere.
        if own > 0 {
            let path = texts.path(position_of(snapshot, at), index);
            snapshot.fields.at(&path).seal(texts.member, quote(whole));
        }
        return Some(index).filter(|_| own > 0);
    };
    let is_own = own + rest.len() == whole.len();
    if is_own {
        items_of(snapshot).all[at].voices[voice].source_mut(texts).part = index;
    }
    if is_own || !rest.is_empty() {
        add_rest(snapshot, at, voice, texts, rest, out);
    }
    Some(index).filter(|_| is_own)
}

/// Which part a whole one is, what it has beyond what was emitted (`None` where it says something else), and how many
/// bytes of it the object's part has already, as far as they are the same.
fn weigh_part<'w>(
    snapshot: &mut Snapshot,
    at: usize,
    voice: usize,
    texts: &Texts,
    (stage, index): (Stage, Option<i64>),
    whole: &'w str,
) -> (i64, Option<&'w str>, usize) {
    snapshot.choice(0);
    let Snapshot { choices, state, fields, .. } = snapshot;
    let item = &mut state.get_mut::<Items>().all[at];
    let (position, call) = (item.position, item.call);
    let voice = &mut item.voices[voice];
    let emitted = voice.emitted(&choices[&0], call);
    let source = voice.source_mut(texts);
    let index = index.unwrap_or_else(|| source.whole_part(&emitted, whole));
    let own = text_at(fields, texts, &texts.path(position, index));
    let rest = source.complete((stage, index), &emitted, own, whole);
    let same = if rest.is_none() || whole.starts_with(own) { own.len() } else { whole.len() + 1 };
    (index, rest, same)
}

/// The input of what the provider runs: it is emitted in pieces only, and a whole is the object's alone.
fn complete_hosted(snapshot: &mut Snapshot, at: usize, texts: &Texts, whole: &str) {
    let path = texts.path(position_of(snapshot, at), 0);
    prepare(snapshot, at, texts, &path);
    let fields = snapshot.fields.at(&path);
    match whole.strip_prefix(fields.text(texts.member)).map(str::to_owned) {
        Some(rest) => fields.append(texts.member, &Text::from(rest.as_str())),
        None => fields.seal(texts.member, quote(whole)),
    }
}

/// What the object has of a text so far.
fn text_at<'f>(fields: &'f mut MergedObject, texts: &Texts, path: &[PathStep]) -> &'f str {
    let item = fields.at(&path[..1]);
    if let (Some(List { name, .. }), Some(PathStep::Item(_, index))) = (&texts.list, path.last()) {
        item.take_apart(name);
        if !item.has_item(name, *index) {
            return "";
        }
    }
    fields.at(path).text(texts.member)
}

/// Shows an item of the object as it came whole, except for texts of which it has less than was emitted.
pub(super) fn seal_item(snapshot: &mut Snapshot, at: usize, whole: &Whole<'_>, settled: Settled) {
    let position = position_of(snapshot, at);
    if !whole.item.raw().is_object() {
        return;
    }
    if !has_less(snapshot, at, whole, settled) {
        return snapshot.fields.seal_item(OUTPUT, position, whole.item.raw().as_str().to_owned());
    }
    let fields = snapshot.fields.at(&[PathStep::Item(OUTPUT, position)]);
    for (name, value) in whole.item.iter() {
        let is_text = ["summary", "content", "arguments", "input"].contains(&name);
        if !is_text || !fields.contains(name) {
            fields.set(name, value.as_str());
        }
    }
    for list in ["summary", "content"] {
        fields.take_apart(list);
        for (index, part) in (0..).zip(whole.item.get(list).map(Raw::items).unwrap_or_default()) {
            if fields.has_item(list, index) {
                fields.item(list, index).keep_all(&part.object(), &["type", "text", "refusal"]);
            }
        }
    }
}

/// Whether more was emitted of an item's text than the whole item has of it, under any name.
fn has_less(snapshot: &mut Snapshot, at: usize, whole: &Whole<'_>, settled: Settled) -> bool {
    (0..items_of(snapshot).all[at].voices.len()).any(|voice| {
        let kind = items_of(snapshot).all[at].voices[voice].kind;
        let mut same = whole.texts.iter().filter(|text| text.texts.kind == kind);
        let mut is_less = |emitted: &str| {
            !emitted.is_empty() && same.all(|text| text.whole.len() < emitted.len() && emitted.starts_with(&text.whole))
        };
        !settled.has(kind) && with_emitted(snapshot, at, voice, &mut is_less)
    })
}
