//! One source of a text: the events of one name, with its pieces and its whole parts.

use std::collections::BTreeMap;
use std::ops::Range;

use super::texts::Texts;
use crate::json::Text;
use crate::snapshot::{News, Overlap, Repetition, overlap};

/// What one source has said of a text; all positions are bytes of what was emitted of the text.
#[derive(Clone, Debug)]
pub(super) struct Source {
    event: &'static str,
    /// Its text was part of an announcement.
    announced: bool,
    pub(super) repetition: Repetition,
    /// The byte at which each part begins.
    starts: BTreeMap<i64, usize>,
    /// Up to which byte whole parts have come, in the events of each stage.
    covered: [usize; 3],
    /// Whether a whole part came last.
    is_whole: bool,
    /// The part that came last.
    pub(super) part: i64,
}

/// The events that a part comes whole in, in their order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// `.done` of the text.
    Text,
    /// `.done` of the part.
    Part,
    /// `.done` of the item, or the whole output.
    Item,
}

impl Source {
    pub(super) fn new(texts: &Texts, repetition: Repetition) -> Self {
        let starts = BTreeMap::new();
        Self { event: texts.event, announced: false, repetition, starts, covered: [0; 3], is_whole: false, part: 0 }
    }

    pub(super) fn is(&self, texts: &Texts) -> bool {
        self.event == texts.event
    }

    /// Notes that a part was announced with words of its own, which its pieces may repeat.
    pub(super) fn announce(&mut self, index: i64) {
        self.announced = true;
        self.repetition = Repetition::expected_from(self.starts.get(&index).copied().unwrap_or_default());
    }

    /// Takes a piece of a part; returns what it adds to what was emitted, and to the part in the object.
    pub(super) fn hear<'t>(&mut self, index: i64, emitted: &str, piece: &Text<'t>) -> (News<'t>, Text<'t>) {
        self.begin_part(index, emitted.len());
        let news = self.repetition.compare(emitted, piece.clone());
        let own = match &news {
            News::Rest(text) | News::Apart(text) if self.announced => text.clone(),
            _ => piece.clone(),
        };
        (news, own)
    }

    /// Notes where a part begins, if it is new, when that much was emitted.
    pub(super) fn begin_part(&mut self, index: i64, length: usize) {
        self.starts.entry(index).or_insert(self.repetition.at().unwrap_or(length));
        self.part = index;
        self.is_whole = false;
    }

    /// What a whole part has beyond what was emitted; `None` where it says something else. It may begin where its
    /// pieces began, after the whole parts of its stage, or at the beginning. `own` is what the object has of it.
    pub(super) fn complete<'w>(
        &mut self,
        (stage, index): (Stage, i64),
        emitted: &str,
        own: &str,
        whole: &'w str,
    ) -> Option<&'w str> {
        let covered = self.covered[stage as usize];
        let known = self.starts.get(&index).map(|&start| [start, 0]);
        let starts = known.into_iter().flatten().chain([covered]);
        for start in starts.filter(|start| *start < emitted.len()) {
            if let Some(rest) = rest(&emitted[start..], whole) {
                self.cover((stage, index), start..start + whole.len(), emitted.len());
                return Some(rest);
            }
        }
        if !own.is_empty() {
            // Its pieces may have been interleaved with another part's: then only the object has them together.
            return rest(own, whole);
        }
        let is_new = self.covered.iter().any(|&covered| covered >= emitted.len());
        is_new.then(|| {
            self.cover((stage, index), emitted.len()..emitted.len() + whole.len(), emitted.len());
            whole
        })
    }

    /// Whether a whole part repeats or continues what was emitted after the parts that came whole.
    pub(super) fn has(&self, emitted: &str, whole: &str) -> bool {
        let covered = self.covered[Stage::Text as usize];
        let rest = emitted.get(covered..).unwrap_or_default();
        !rest.is_empty() && overlap(rest, whole) != Overlap::Differs
    }

    /// Notes that a span of what was emitted has come whole. What was announced after it may still come in pieces.
    fn cover(&mut self, (stage, index): (Stage, i64), span: Range<usize>, length: usize) {
        self.starts.entry(index).or_insert(span.start);
        let covered = &mut self.covered[stage as usize];
        *covered = span.end.max(*covered);
        self.is_whole = true;
        if self.repetition.is_expected() {
            let more = (span.end < length).then(|| Repetition::expected_from(span.end));
            self.repetition = more.unwrap_or_default();
        }
    }

    /// Whether a whole part came last, and all that was announced has come again.
    pub(super) fn has_ended(&self) -> bool {
        self.is_whole && !self.repetition.is_expected()
    }

    /// The part of a piece without an index.
    pub(super) fn open_part(&self) -> i64 {
        if self.is_whole { self.part.saturating_add(1) } else { self.part }
    }

    /// The part of a whole without an index: the last one if it came whole already, or the open one.
    pub(super) fn whole_part(&self, emitted: &str, whole: &str) -> i64 {
        let start = self.starts.get(&self.part).filter(|start| **start < emitted.len());
        let again = start.is_some_and(|&start| overlap(&emitted[start..], whole) != Overlap::Differs);
        if again { self.part } else { self.open_part() }
    }
}

/// What a text has beyond what was emitted of it; `None` where it says something else.
fn rest<'w>(emitted: &str, whole: &'w str) -> Option<&'w str> {
    match overlap(emitted, whole) {
        Overlap::Repeats => Some(""),
        Overlap::Continues(rest) => Some(rest),
        Overlap::Differs => None,
    }
}
