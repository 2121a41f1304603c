//! What was emitted of one text of an item, and who said it.
//!
//! A choice has one content, one reasoning and one refusal; an item's text is what it added to these, and a call's its arguments.
//! So nothing is kept twice: a voice knows which spans of the choice's text are its own.
//!
//! One text may come from two sources, each with pieces and wholes of its own: the reasoning as `reasoning_text` and once more as
//! `reasoning_summary_text` (halogen-flash-server#67, grok2api#960). A source that says what was emitted already adds nothing;
//! where it goes on beyond that, it adds the rest; where it turns out to say something else, it is a voice of its own.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::texts::{Kind, Texts};
use crate::overlap::{News, Repetition};
use crate::snapshot::Choice;
use crate::text::Text;

/// One text of an item, as far as it was emitted.
#[derive(Clone, Debug)]
pub(super) struct Voice {
    pub(super) kind: Kind,
    /// Where in the choice's text it stands. The last one has no end while nobody else speaks.
    spans: Vec<Range<usize>>,
    sources: Vec<Source>,
    /// Where in what was emitted of it the parts of each source begin.
    starts: BTreeMap<(&'static str, i64), usize>,
    /// How much of what was emitted of it has come again in whole parts.
    covered: usize,
    /// The part that was added to last.
    pub(super) part: i64,
}

/// One of the events that a text comes in.
#[derive(Clone, Debug)]
struct Source {
    event: &'static str,
    /// Its text stood in an announcement.
    announced: bool,
    repetition: Repetition,
}

/// The item and the voice that spoke last in each of a choice's texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Speakers([Option<(usize, usize)>; 3]);

impl Speakers {
    /// Has another one speak; returns who spoke before.
    pub(super) fn replace(&mut self, kind: Kind, speaker: (usize, usize)) -> Option<(usize, usize)> {
        let at = match kind {
            Kind::Content => 0,
            Kind::Reasoning => 1,
            Kind::Refusal => 2,
            Kind::Arguments | Kind::Hosted => return None,
        };
        self.0[at].replace(speaker)
    }
}

impl Voice {
    pub(super) fn new(texts: &Texts) -> Self {
        let mut voice = Self {
            kind: texts.kind,
            spans: Vec::new(),
            sources: Vec::new(),
            starts: BTreeMap::new(),
            covered: 0,
            part: 0,
        };
        voice.add_source(texts, Repetition::default());
        voice
    }

    fn add_source(&mut self, texts: &Texts, repetition: Repetition) {
        self.sources.push(Source { event: texts.event, announced: false, repetition });
    }

    /// Has another source say what was emitted once more.
    pub(super) fn join(&mut self, texts: &Texts) {
        self.add_source(texts, Repetition::expected());
    }

    pub(super) fn is_silent(&self) -> bool {
        self.spans.is_empty()
    }

    pub(super) fn is_said_by(&self, texts: &Texts) -> bool {
        self.sources.iter().any(|source| source.event == texts.event)
    }

    /// Whether every piece is new.
    pub(super) fn is_plain(&self) -> bool {
        matches!(&self.sources[..], [only] if !only.repetition.is_expected())
    }

    /// What was emitted of it.
    pub(super) fn emitted<'c>(&self, choice: &'c Choice, call: Option<usize>) -> Cow<'c, str> {
        let text = self.kind.text_of(choice, call);
        let part = |span: &Range<usize>| &text[span.start..span.end.min(text.len())];
        match &self.spans[..] {
            [] => Cow::Borrowed(""),
            [only] => Cow::Borrowed(part(only)),
            spans => Cow::Owned(spans.iter().map(part).collect()),
        }
    }

    /// Begins to speak, at that byte of the choice's text.
    pub(super) fn begin(&mut self, at: usize) {
        self.spans.push(at..usize::MAX);
    }

    /// Someone else speaks from that byte of the choice's text on.
    pub(super) fn pause(&mut self, at: usize) {
        if let Some(span) = self.spans.last_mut() {
            span.end = span.end.min(at);
        }
    }

    /// A part was announced with words of its own, which its pieces may say again.
    pub(super) fn announce(&mut self, texts: &Texts, index: i64) {
        let start = self.starts.get(&(texts.event, index)).copied().unwrap_or_default();
        if let Some(source) = self.sources.iter_mut().find(|source| source.event == texts.event) {
            source.announced = true;
            source.repetition = Repetition::expected_from(start);
        }
    }

    /// What a piece of a source adds to what was emitted, and what to the source's own part of the object.
    pub(super) fn hear<'t>(&mut self, texts: &Texts, emitted: &str, piece: &Text<'t>) -> (News<'t>, Text<'t>) {
        let Some(at) = self.sources.iter().position(|source| source.event == texts.event) else {
            return (News::Rest(piece.clone()), piece.clone());
        };
        let source = &mut self.sources[at];
        let news = source.repetition.compare(emitted, piece.clone());
        let own = match &news {
            News::Rest(text) | News::Apart(text) if source.announced => text.clone(),
            _ => piece.clone(),
        };
        if matches!(&news, News::Rest(text) if !text.is_empty()) {
            self.outrun(at, emitted.len());
        }
        (news, own)
    }

    /// A source goes on beyond what the others have said: they may say it again.
    fn outrun(&mut self, at: usize, length: usize) {
        for (other, source) in self.sources.iter_mut().enumerate() {
            if other != at && !source.repetition.is_expected() {
                source.repetition = Repetition::expected_from(length);
            }
        }
    }

    /// Takes a source away that turned out to say something else than the others; false where there are none.
    pub(super) fn part_from(&mut self, texts: &Texts) -> bool {
        let others = self.sources.len() > 1;
        self.sources.retain(|source| source.event != texts.event || !others);
        others
    }

    /// Notes where a part begins, if it is new.
    pub(super) fn begin_part(&mut self, texts: &Texts, index: i64, start: usize) {
        self.starts.entry((texts.event, index)).or_insert(start);
        self.part = index;
    }

    /// Where in what was emitted a part that comes whole may begin: where its pieces began, after the parts that came whole so far,
    /// or at the beginning.
    pub(super) fn starts_of(&self, texts: &Texts, index: i64) -> impl Iterator<Item = usize> {
        let start = self.starts.get(&(texts.event, index)).copied();
        start.into_iter().chain([self.covered, 0])
    }

    /// Notes that what was emitted from one byte on up to another has come whole, as that part.
    pub(super) fn cover(&mut self, texts: &Texts, index: i64, span: Range<usize>) {
        self.starts.entry((texts.event, index)).or_insert(span.start);
        self.covered = self.covered.max(span.end);
        for source in self.sources.iter_mut().filter(|source| source.event == texts.event) {
            source.repetition = Repetition::default();
        }
    }

    /// Whether all that was emitted has come whole.
    pub(super) fn is_covered(&self, emitted: &str) -> bool {
        self.covered >= emitted.len()
    }
}
