//! Which item of the output an event is about.
//!
//! An item has a kind (its type) and up to three names: the `output_index`, its `id` (`item_id` where a piece names
//! it) and, if it is a call, its `call_id`. `OpenAI` sends all of them and they agree. The naive way takes one of
//! them for the key. But others leave the index out (llama.cpp), give one index to several items (gateways that
//! number what they translate), make a new id for every event (GitHub Copilot), or have the `call_id` as `item_id`.
//! So:
//!
//! 1. Items of two kinds are two items, and so are calls of two `call_id`s, whatever else they share.
//! 2. A known `call_id` or id decides; of several items with one id, that with the index.
//! 3. Otherwise the newest item of the kind at the index counts, unless the event begins another one: by an
//!    announcement of an item that was announced already, by anything for a call that has ended, or by an id of its
//!    own after complete arguments.
//! 4. Otherwise an open item of the kind may be meant: the newest, where there is no index; one that was announced
//!    and has no text yet, where the index is a new one; for a whole, one whose text it repeats or continues.
//! 5. Otherwise it is a new item.
//!
//! What can only be guessed (4) is looked for among the last few items, so that each of thousands of items is found
//! in constant time.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::complete::Settled;
use super::source::Source;
use super::texts::{Kind, Texts};
use super::voice::{Speakers, Voice};
use super::whole::Whole;
use crate::json::{Object, Payload, Raw};
use crate::limits::RECENT_ITEMS;
use crate::snapshot::{Choice, DialectState, Overlap, overlap};

/// The items of a response, in the order in which they were first mentioned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    pub(super) all: Vec<Item>,
    by_name: BTreeMap<String, usize>,
    by_index: BTreeMap<i64, Vec<usize>>,
    positions: BTreeSet<i64>,
    /// The item that the last piece was of.
    pub(super) last: usize,
    /// The voice that spoke last in each of the choice's texts.
    pub(super) speakers: Speakers,
}

/// One item.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub(super) kind: String,
    id: String,
    call_id: String,
    index: Option<i64>,
    /// Its index in the object's output.
    pub(super) position: i64,
    /// The position of its call among the choice's tool calls, if it is one.
    pub(super) call: Option<usize>,
    pub(super) announced: bool,
    /// Whether it came whole.
    pub(super) closed: bool,
    /// What it has besides texts was emitted.
    pub(super) shown: bool,
    pub(super) voices: Vec<Voice>,
}

/// What an event calls the item that it is about; empty where it does not say.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    pub(super) index: Option<i64>,
    pub(super) id: Cow<'a, str>,
    pub(super) call_id: Cow<'a, str>,
}

impl<'a> Names<'a> {
    /// The names in an event about a part of an item.
    pub(super) fn of_event(payload: &Object<'a>) -> Self {
        Self { index: index(payload), id: word(payload, "item_id"), call_id: word(payload, "call_id") }
    }

    /// Drops the id where the index is enough: some servers make a new id for every piece.
    pub(super) fn forget_id(&mut self) {
        if self.index.is_some() {
            self.id = Cow::Borrowed("");
        }
    }

    /// The names of an item that an event brings.
    pub(super) fn of_item(index: Option<i64>, item: &Object<'a>) -> Self {
        Self { index, id: word(item, "id"), call_id: word(item, "call_id") }
    }
}

/// The `output_index` of a payload.
pub(super) fn index(payload: &Object<'_>) -> Option<i64> {
    payload.get("output_index").and_then(Raw::index)
}

/// A string, or the digits of a number that a server sends instead.
pub(super) fn word<'a>(owner: &Object<'a>, name: &str) -> Cow<'a, str> {
    let scalar = owner.get(name).filter(|value| !value.is_object() && !value.is_array());
    scalar.map_or(Cow::Borrowed(""), |value| value.str().unwrap_or(Cow::Borrowed(value.as_str())))
}

impl Item {
    pub(super) fn is(&self, kind: &str, names: &Names<'_>) -> bool {
        self.kind == kind && !differ(&self.call_id, &names.call_id)
    }

    /// The voice that has a text, or one that may have the same text under another name; made where there is none.
    pub(super) fn voice(&mut self, texts: &Texts) -> usize {
        let own = self.voices.iter().position(|voice| voice.source(texts).is_some());
        let same = || self.voices.iter().position(|voice| voice.kind == texts.kind && !voice.is_silent());
        own.or_else(same).unwrap_or_else(|| self.add_voice(texts))
    }

    pub(super) fn add_voice(&mut self, texts: &Texts) -> usize {
        self.voices.push(Voice::new(texts));
        self.voices.len() - 1
    }

    /// Whether more of it came than an announcement, not counting texts that other items have now.
    pub(super) fn has_more_than(&self, settled: Settled) -> bool {
        let is_elsewhere = |voice: &Voice| !voice.is_silent() && settled.has(voice.kind);
        match self.kind.as_str() {
            "message" | "reasoning" if self.voices.iter().any(is_elsewhere) => false,
            _ => self.closed || self.call.is_some() || !self.is_silent(),
        }
    }

    fn has_name(&self, name: &str) -> bool {
        !name.is_empty() && (self.call_id == name || self.id == name)
    }

    fn has_index(&self, index: Option<i64>) -> bool {
        index.is_none() || self.index.is_none() || self.index == index
    }

    fn is_silent(&self) -> bool {
        self.voices.iter().all(Voice::is_silent)
    }

    /// Whether the item may take a piece, even one under a name that is not the item's: an item that has ended takes
    /// none.
    fn takes_piece(&self, texts: &Texts, names: &Names<'_>, choice: Option<&mut Choice>) -> bool {
        let is_whole = self.voices.iter().filter_map(|voice| voice.source(texts)).any(Source::has_ended);
        let is_other = differ(&self.id, &names.id);
        if self.call.is_none() {
            return !(is_other && (self.closed || (names.index.is_none() && is_whole)));
        }
        let ended = names.index.is_none() && (is_whole || is_other);
        !self.closed && !ended && (names.id.is_empty() || !self.has_complete_arguments(choice))
    }

    /// Whether all of its arguments were emitted; those of an announcement are held back for pieces.
    fn has_complete_arguments(&self, choice: Option<&mut Choice>) -> bool {
        choice.zip(self.call).is_some_and(|(choice, call)| {
            let call = choice.tool_calls.at(call);
            !call.arguments().is_empty() && call.has_complete_arguments()
        })
    }

    /// Whether a text repeats or continues what was emitted of the item.
    fn overlaps(&self, kind: Kind, text: &str, choice: Option<&Choice>) -> bool {
        let Some(choice) = choice else { return false };
        self.voices.iter().filter(|voice| voice.kind == kind).any(|voice| {
            let emitted = voice.emitted(choice, self.call);
            !emitted.is_empty() && (overlap(&emitted, text) != Overlap::Differs || is_same_json(&emitted, text))
        })
    }

    /// Whether a part of a text repeats or continues what was emitted of the item, wherever in that it may begin.
    fn overlaps_part(&self, texts: &Texts, part: &str, choice: Option<&Choice>) -> bool {
        let has_part = |voice: &Voice, choice: &Choice| {
            voice.source(texts).is_some_and(|source| source.has(&voice.emitted(choice, self.call), part))
        };
        let in_part = choice.is_some_and(|choice| self.voices.iter().any(|voice| has_part(voice, choice)));
        in_part || self.overlaps(texts.kind, part, choice)
    }

    /// Whether any text of a whole item repeats or continues what was emitted of the item.
    pub(super) fn overlaps_any(&self, whole: &Whole<'_>, choice: Option<&Choice>) -> bool {
        whole.texts.iter().any(|text| self.overlaps(text.texts.kind, &text.whole, choice))
    }

    /// Whether a whole item has exactly the text that was emitted of the item.
    pub(super) fn says(&self, whole: &Whole<'_>, choice: Option<&Choice>) -> bool {
        let Some(choice) = choice else { return false };
        self.voices.iter().any(|voice| {
            let emitted = voice.emitted(choice, self.call);
            !emitted.is_empty() && whole.texts.iter().any(|text| text.texts.kind == voice.kind && text.whole == emitted)
        })
    }
}

/// Whether two texts are the same JSON text except for whitespace.
fn is_same_json(one: &str, other: &str) -> bool {
    let compact = |text: &str| Payload::parse(text).ok().map(|payload| payload.raw().compact());
    compact(one).is_some_and(|one| Some(one) == compact(other))
}

fn differ(one: &str, other: &str) -> bool {
    !one.is_empty() && !other.is_empty() && one != other
}

impl DialectState for Items {
    fn boxed_clone(&self) -> Box<dyn DialectState> {
        Box::new(self.clone())
    }

    /// Whether a name is an item's: only another one can be ignored in a piece.
    fn is_name(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }
}

impl Items {
    /// The item that a piece, or a part, is of; `None` where it begins one.
    pub(super) fn of_piece(&self, texts: &Texts, names: &Names<'_>, mut choice: Option<&mut Choice>) -> Option<usize> {
        // One id that all calls share identifies none.
        let is_ended = |at: &usize, choice| {
            let item = &self.all[*at];
            !item.has_index(names.index) && item.has_complete_arguments(choice)
        };
        if let Some(named) = self.named(texts.item, names).filter(|at| !is_ended(at, choice.as_deref_mut())) {
            return Some(named);
        }
        let mut takes = |at: &usize| self.all[*at].takes_piece(texts, names, choice.as_deref_mut());
        if let Some(indexed) = self.indexed(texts.item, names) {
            return Some(indexed).filter(takes);
        }
        let open = || self.recent(texts.item, names).filter(|&at| !self.all[at].closed);
        let is_announced = |at: &usize| self.all[*at].announced && self.all[*at].is_silent();
        if names.index.is_some() {
            return open().rev().find(is_announced);
        }
        // A call that was announced without the id that its pieces have.
        let waits = |at: &usize| is_announced(at) && !names.id.is_empty() && self.all[*at].id.is_empty();
        let waiting = || open().find(waits).filter(|_| texts.kind == Kind::Arguments);
        waiting().or_else(|| open().next_back().filter(|at| takes(at)))
    }

    /// The item whose emitted text a whole part repeats or continues, whatever the part calls it.
    pub(super) fn of_text(
        &self,
        texts: &Texts,
        names: &Names<'_>,
        text: &str,
        choice: Option<&Choice>,
    ) -> Option<usize> {
        let overlaps =
            |at: &usize| self.all[*at].has_index(names.index) && self.all[*at].overlaps_part(texts, text, choice);
        self.recent(texts.item, names).rev().find(overlaps)
    }

    /// The item that an announcement is of: one whose pieces came before the announcement, or one that is announced
    /// again.
    pub(super) fn of_announcement(&self, kind: &str, names: &Names<'_>) -> Option<usize> {
        let late = |&at: &usize| !self.all[at].announced && !self.all[at].closed;
        let unindexed = || self.recent(kind, names).rev().filter(|_| names.index.is_none()).find(late);
        let again = self.named(kind, names).filter(|&at| self.all[at].has_index(names.index));
        again.or_else(|| self.indexed(kind, names).filter(late)).or_else(unindexed)
    }

    /// The item that came whole.
    pub(super) fn of_whole(&self, whole: &Whole<'_>, choice: Option<&Choice>) -> Option<usize> {
        let (kind, names) = (whole.kind.as_ref(), &whole.names);
        let overlaps = |&at: &usize| self.all[at].overlaps_any(whole, choice);
        if let Some(named) = self.named(kind, names) {
            return Some(named);
        }
        if let Some(indexed) = self.indexed(kind, names) {
            return Some(indexed).filter(|at| !self.all[*at].closed || overlaps(at));
        }
        let open = || self.recent(kind, names).filter(|&at| !self.all[at].closed);
        let silent = || open().find(|&at| self.all[at].is_silent());
        let only = || open().next().filter(|_| names.index.is_none() && open().count() == 1);
        open().find(overlaps).or_else(silent).or_else(only)
    }

    /// Notes that a voice of an item speaks, from that byte of the choice's text on.
    pub(super) fn begin_to_speak(&mut self, at: usize, voice: usize, length: usize) {
        let kind = self.all[at].voices[voice].kind;
        let before = if kind == Kind::Arguments { None } else { self.speakers.replace(kind, (at, voice)) };
        if before == Some((at, voice)) || (kind == Kind::Arguments && !self.all[at].voices[voice].is_silent()) {
            return;
        }
        if let Some((item, other)) = before {
            self.all[item].voices[other].pause(length);
        }
        self.all[at].voices[voice].begin(length);
    }

    /// Adds an item.
    pub(super) fn add(&mut self, kind: &str, names: &Names<'_>) -> usize {
        let at = self.all.len();
        let next = self.positions.last().map_or(0, |last| last.saturating_add(1));
        let position = names.index.filter(|index| !self.positions.contains(index)).unwrap_or(next);
        self.positions.insert(position);
        self.all.push(Item { kind: kind.to_owned(), position, ..Item::default() });
        self.name(at, names);
        at
    }

    /// Adds to an item the names of its whole that it lacks. An index that it has stays: some servers send the next
    /// item's there (vllm#31761).
    pub(super) fn name_whole(&mut self, at: usize, names: &Names<'_>) {
        let index = names.index.filter(|_| self.all[at].index.is_none());
        self.name(at, &Names { index, id: names.id.clone(), call_id: names.call_id.clone() });
    }

    /// Adds to an item the names that it lacks.
    pub(super) fn name(&mut self, at: usize, names: &Names<'_>) {
        let item = &mut self.all[at];
        for (known, name) in [(&mut item.id, &names.id), (&mut item.call_id, &names.call_id)] {
            if known.is_empty() && !name.is_empty() {
                name.as_ref().clone_into(known);
                self.by_name.insert(name.as_ref().to_owned(), at);
            }
        }
        let Some(index) = names.index else { return };
        item.index.get_or_insert(index);
        let items = self.by_index.entry(index).or_default();
        if !items.iter().rev().take(RECENT_ITEMS).any(|&known| known == at) {
            items.push(at);
        }
    }

    /// The item that the `call_id` or the id names. Of several with one id it is the one at the index. One at another
    /// index must be open, and of a text there must be no open item at the index: there the index counts for more
    /// than the id.
    pub(super) fn named(&self, kind: &str, names: &Names<'_>) -> Option<usize> {
        let known = |name: &str| self.by_name.get(name).copied().filter(|&at| self.all[at].is(kind, names));
        let is_here = |&at: &usize| self.all[at].has_name(&names.id) && self.all[at].is(kind, names);
        let is_elsewhere = |at: &usize| !self.all[*at].has_index(names.index);
        let fits = |at: &usize| {
            let other =
                || self.indexed(kind, names).filter(|&other| !self.all[other].closed && Texts::of_call(kind).is_none());
            !is_elsewhere(at) || (!self.all[*at].closed && other().is_none())
        };
        let by_id = || self.at_index(names.index).find(is_here).or_else(|| known(&names.id).filter(fits));
        known(&names.call_id).or_else(by_id)
    }

    /// The newest item of the kind at the index.
    fn indexed(&self, kind: &str, names: &Names<'_>) -> Option<usize> {
        self.at_index(names.index).find(|&at| self.all[at].is(kind, names))
    }

    fn at_index(&self, index: Option<i64>) -> impl Iterator<Item = usize> {
        let items = index.and_then(|index| self.by_index.get(&index)).map_or(&[][..], Vec::as_slice);
        items.iter().rev().take(RECENT_ITEMS).copied()
    }

    /// The items of the kind among the last few, in order.
    fn recent(&self, kind: &str, names: &Names<'_>) -> impl DoubleEndedIterator<Item = usize> {
        let first = self.all.len().saturating_sub(RECENT_ITEMS);
        (first..self.all.len()).filter(move |&at| self.all[at].is(kind, names))
    }
}
