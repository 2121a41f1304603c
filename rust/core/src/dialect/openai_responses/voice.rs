//! What was emitted of one text of an item, and by which events.
//!
//! A choice has one content, one reasoning and one refusal, and several items add to each of these. The naive way
//! keeps a copy of each item's text, to compare what comes later with it. Here nothing is kept twice: a voice is one
//! text of an item, and knows which spans of the choice's text are its own. (A call's arguments are all its own.)
//!
//! A text may come from two sources, each with pieces and wholes of its own: the reasoning as `reasoning_text`, and
//! once more as `reasoning_summary_text` (halogen-flash-server#67, grok2api#960).
//!
//! 1. A source that repeats what was emitted adds nothing.
//! 2. Where it continues all of that, it adds the rest.
//! 3. Where it turns out to say something else, it becomes a voice of its own.

use std::borrow::Cow;
use std::ops::Range;

use super::source::Source;
use super::texts::{Kind, Texts};
use crate::json::Text;
use crate::snapshot::{Choice, News, Repetition};

/// One text of an item, as far as it was emitted.
#[derive(Clone, Debug)]
pub(super) struct Voice {
    pub(super) kind: Kind,
    /// Its spans of the choice's text. The last one is open while no other voice speaks.
    spans: Vec<Range<usize>>,
    sources: Vec<Source>,
}

/// The item and the voice that spoke last in each of a choice's texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Speakers([Option<(usize, usize)>; 3]);

impl Speakers {
    /// Notes another speaker; returns the one before.
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
        Self { kind: texts.kind, spans: Vec::new(), sources: vec![Source::new(texts, Repetition::default())] }
    }

    pub(super) fn is_silent(&self) -> bool {
        self.spans.is_empty()
    }

    /// Whether all of every piece is new.
    pub(super) fn is_plain(&self) -> bool {
        matches!(&self.sources[..], [only] if !only.repetition.is_expected())
    }

    /// What the events of a text have said of it; `None` where they have said nothing.
    pub(super) fn source(&self, texts: &Texts) -> Option<&Source> {
        self.sources.iter().find(|source| source.is(texts))
    }

    /// The source with the events of a text; a new one may repeat what was emitted.
    pub(super) fn source_mut(&mut self, texts: &Texts) -> &mut Source {
        let at = self.sources.iter().position(|source| source.is(texts)).unwrap_or_else(|| {
            self.sources.push(Source::new(texts, Repetition::expected()));
            self.sources.len() - 1
        });
        &mut self.sources[at]
    }

    /// What was emitted of it.
    pub(super) fn emitted<'c>(&self, choice: &'c Choice, call: Option<usize>) -> Cow<'c, str> {
        let text = self.kind.text_of(choice, call);
        let part = |span: &Range<usize>| &text[span.start..span.end.min(text.len())];
        match &self.spans[..] {
            _ if self.kind == Kind::Arguments => Cow::Borrowed(text),
            [] => Cow::Borrowed(""),
            [only] => Cow::Borrowed(part(only)),
            spans => Cow::Owned(spans.iter().map(part).collect()),
        }
    }

    /// Begins a span of its own, at that byte of the choice's text.
    pub(super) fn begin(&mut self, at: usize) {
        self.spans.push(at..usize::MAX);
    }

    /// Ends its span: another voice speaks from that byte of the choice's text on.
    pub(super) fn pause(&mut self, at: usize) {
        if let Some(span) = self.spans.last_mut() {
            span.end = span.end.min(at);
        }
    }

    /// Takes a piece of a part; returns what it adds to what was emitted, and to the part in the object.
    pub(super) fn hear<'t>(
        &mut self,
        texts: &Texts,
        index: i64,
        emitted: &str,
        piece: &Text<'t>,
    ) -> (News<'t>, Text<'t>) {
        let heard = self.source_mut(texts).hear(index, emitted, piece);
        if matches!(&heard.0, News::Rest(text) if !text.is_empty()) {
            self.outrun(texts, emitted.len());
        }
        heard
    }

    /// A source has gone beyond what the others have said: they may repeat that.
    fn outrun(&mut self, texts: &Texts, length: usize) {
        for source in self.sources.iter_mut().filter(|source| !source.is(texts)) {
            if !source.repetition.is_expected() {
                source.repetition = Repetition::expected_from(length);
            }
        }
    }

    /// Removes a source that turned out to say something else than the others; false where there are no others.
    pub(super) fn part_from(&mut self, texts: &Texts) -> bool {
        let others = self.sources.len() > 1;
        self.sources.retain(|source| !source.is(texts) || !others);
        others
    }
}
