//! The fast path of folding: a payload that has the shape of the one before adds its texts to the same places.
//!
//! 1. A shape is learned from a payload that was folded in full, where its dialect says that all but some texts would change
//!    nothing if it were said again (`Dialect::repeats`).
//! 2. Any payload that is folded in full voids it: that may have changed what the shape would do. One is excepted, a variant: a
//!    payload that says the same, byte for byte, of another choice or call. Variants take turns where a stream interleaves its
//!    choices or its tool calls.
//! 3. Where the event lies whole in the piece, in the wire form of the one before, its framing is compared too: equal bytes
//!    between two events are an equal event.

use smol_str::SmolStr;

use crate::dialect::{Again, Refold, RepeatPlan};
use crate::framing::{Event, EventDecoder, Options};
use crate::json::{Holes, Raw, Template, Text, lossy, span};
use crate::limits::{MOST_VARIANTS, SHAPE_MISSES};
use crate::snapshot::{Delta, Sink, Snapshot, Target};

/// The shapes of the last payloads, while payloads are expected to repeat them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shapes {
    /// Those that say the same of several choices or calls.
    known: Vec<Shape>,
    /// The one that the last payload had.
    last: usize,
    /// Shapes in a row that were learned and never seen again.
    misses: u32,
    /// What was found in the last payload that was compared with one.
    holes: Holes,
    /// Payloads that were compared with a shape instead of parsed.
    pub(crate) template_hits: u64,
}

#[derive(Clone, Debug)]
struct Shape {
    event: SmolStr,
    template: Template,
    /// What grows by which hole.
    appends: Vec<(usize, Target)>,
    /// Holes with strings that must name nothing.
    unnamed: Vec<usize>,
    passthrough: Option<Box<Passthrough>>,
    /// What shows that a piece may say again what came before it: then it is read in full.
    again: Option<Box<Again>>,
    /// Holes with values, and what folds them.
    values: Vec<(usize, Refold)>,
}

/// A value that is told of as it stands.
#[derive(Clone, Debug)]
struct Passthrough {
    choice: i64,
    kind: &'static str,
    /// The hole that it encloses, and its bytes before and behind that.
    hole: usize,
    around: (usize, usize),
}

impl Shapes {
    /// Whether it has not given up.
    pub(crate) fn learns(&self) -> bool {
        self.misses < SHAPE_MISSES
    }

    /// Learns the shape of a payload that was just folded, if it can repeat; what was learned before is void, but for its variants.
    pub(crate) fn learn(&mut self, event: &str, payload: Raw<'_>, repeat: Option<RepeatPlan<'_>>) {
        let Some(shape) = repeat.and_then(|repeat| Shape::learn(event, payload, repeat)) else { return self.forget() };
        self.known.retain(|old| old.event == shape.event && shape.template.is_variant_of(&old.template));
        if self.known.len() == MOST_VARIANTS {
            self.known.remove(0);
        }
        self.last = self.known.len();
        // Most streams have one, and there may be thousands of them.
        self.known.reserve_exact(1);
        self.known.push(shape);
        self.misses += 1;
    }

    /// Voids what was learned.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }

    /// Learns how the last event, that took these bytes, was framed.
    pub(crate) fn learn_wire(&mut self, taken: &[u8], data: (usize, usize)) {
        if let Some(shape) = self.known.get_mut(self.last).filter(|shape| !shape.template.is_framed())
            && let Some((before, behind)) = framing(taken, data, &shape.event)
        {
            shape.template.frame(before, behind);
        }
    }

    /// Whether the framing of the last payload's shape is not known yet.
    pub(crate) fn wants_wire(&self) -> bool {
        self.known.get(self.last).is_some_and(|shape| !shape.template.is_framed())
    }

    /// Folds the event that `piece` begins with, framing and all, if it has one of the shapes; returns the bytes that it takes,
    /// and those of its payload. Only between events.
    pub(crate) fn fold_wire(
        &mut self,
        piece: &[u8],
        snapshot: &mut Snapshot,
        out: &mut Sink<'_>,
    ) -> Option<(usize, usize)> {
        self.first(|shape, holes| {
            let size = shape.template.read_framed(piece, holes)?;
            shape.fold(piece, holes, snapshot, out).then_some((size, size - shape.template.framing()))
        })
    }

    /// Folds an event's payload if it has one of the shapes; whether it has.
    pub(crate) fn fold(&mut self, event: &Event<'_>, snapshot: &mut Snapshot, out: &mut Sink<'_>) -> bool {
        let folded = self.first(|shape, holes| {
            let size = shape.template.read(event.data, holes).filter(|_| shape.event == event.event)?;
            (size == event.data.len() && shape.fold(event.data, holes, snapshot, out)).then_some(())
        });
        folded.is_some()
    }

    /// What `fold` makes of the first shape that it folds by; the ones behind the last come first, since variants take turns.
    #[inline]
    fn first<T>(&mut self, mut fold: impl FnMut(&Shape, &mut Holes) -> Option<T>) -> Option<T> {
        let count = self.known.len();
        for _ in 0..count {
            self.last += 1;
            if self.last >= count {
                self.last = 0;
            }
            if let Some(folded) = fold(&self.known[self.last], &mut self.holes) {
                self.misses = 0;
                self.template_hits += 1;
                return Some(folded);
            }
        }
        None
    }
}

impl Passthrough {
    fn learn(payload: Raw<'_>, (choice, kind, value): (i64, &'static str, Raw<'_>), holes: &[Raw<'_>]) -> Option<Self> {
        let (start, end) = span(payload, value);
        let inside = |text: &Raw<'_>| (start..end).contains(&span(payload, *text).0);
        let mut enclosed = (0..holes.len()).filter(|hole| inside(&holes[*hole]));
        let hole = enclosed.next().filter(|_| enclosed.next().is_none())?;
        let (text_start, text_end) = span(payload, holes[hole]);
        Some(Self { choice, kind, hole, around: (text_start + 1 - start, end + 1 - text_end) })
    }
}

impl Again {
    fn of(repeat: &RepeatPlan<'_>) -> Option<Self> {
        let targets = || repeat.appends.iter().map(|(_, target)| target);
        let json = targets().any(|target| matches!(target, Target::Json { .. }));
        let arguments = targets().find(|target| matches!(target, Target::Arguments { .. })).filter(|_| json);
        match &repeat.appends[..] {
            [(_, Target::Pieces { choice, position }), _, ..] => Some(Self::Arguments(*choice, *position)),
            _ => repeat.again.clone().or_else(|| arguments.cloned().map(Self::Json)),
        }
    }
}

impl Shape {
    fn learn(event: &str, payload: Raw<'_>, repeat: RepeatPlan<'_>) -> Option<Self> {
        let again = Again::of(&repeat).map(Box::new);
        let RepeatPlan { appends, routing, ignored, unnamed, passthrough, values, .. } = repeat;
        let mut holes = Vec::with_capacity(appends.len() + ignored.len() + unnamed.len() + values.len());
        holes.extend(appends.iter().map(|(text, _)| *text));
        holes.extend(ignored.iter().chain(&unnamed));
        let changing: Vec<_> = values.iter().map(|(value, _)| *value).collect();
        let template = Template::learn(payload, &mut holes, &changing, &routing)?;
        let hole = |text: Raw<'_>| holes.iter().position(|hole| span(payload, *hole) == span(payload, text));
        Some(Self {
            event: event.into(),
            template,
            passthrough: match passthrough {
                Some(passthrough) => Some(Box::new(Passthrough::learn(payload, passthrough, &holes)?)),
                None => None,
            },
            appends: appends.into_iter().map(|(text, target)| Some((hole(text)?, target))).collect::<Option<_>>()?,
            unnamed: unnamed.into_iter().map(hole).collect::<Option<_>>()?,
            again,
            values: values.into_iter().map(|(value, refold)| Some((hole(value)?, refold))).collect::<Option<_>>()?,
        })
    }

    /// Whether the piece may say again what came before it.
    fn may_say_again(&self, payload: &[u8], holes: &Holes, snapshot: &mut Snapshot) -> bool {
        let Some(again) = self.again.as_deref() else { return false };
        let found = holes.at(self.appends[0].0);
        let range = found.range();
        match again {
            Again::Size(size) => range.len() >= *size,
            Again::Whole(target) => {
                matches!(found.text(payload), Text::Whole(piece) if *piece == *snapshot.emitted(target))
            }
            Again::Json(json) => {
                // Be it by an escape.
                let begins = matches!(payload[range.clone()], [b'{', ..] | [b'\\', b'u', ..]);
                begins && range.len() >= snapshot.emitted(json).len()
            }
            Again::Arguments(choice, position) => {
                !snapshot.choice(*choice).tool_calls.at(*position).grows_by(&found.text(payload))
            }
        }
    }

    /// Folds a payload by its strings; false, and nothing done, where one that counts is empty: a dialect may then look
    /// elsewhere.
    fn fold(&self, payload: &[u8], holes: &Holes, snapshot: &mut Snapshot, out: &mut Sink<'_>) -> bool {
        let is_name = |hole: &usize| snapshot.state.is_name(&holes.at(*hole).text(payload).into_str());
        let is_void = self.appends.iter().any(|(hole, _)| holes.at(*hole).is_empty());
        if is_void || self.unnamed.iter().any(is_name) || self.may_say_again(payload, holes, snapshot) {
            return false;
        }
        // Most payloads have none, and nothing is spent on them.
        let mut values = Vec::new();
        if !self.values.is_empty() {
            let found = self.values.iter().map(|(hole, refold)| Some((holes.value(payload, *hole)?, refold)));
            let Some(found) = found.collect() else { return false };
            values = found;
        }
        for same in self.appends.chunk_by(|one, next| one.0 == next.0) {
            let text = holes.at(same[0].0).text(payload);
            for (_, target) in same {
                snapshot.append(target, &text, out);
            }
        }
        if let Some(passthrough) = &self.passthrough {
            let text = holes.at(passthrough.hole).range();
            // All but what the strings hold was compared with text.
            let json = lossy(&payload[text.start - passthrough.around.0..text.end + passthrough.around.1]);
            out(Delta::Other { choice: passthrough.choice, kind: passthrough.kind, json: &json });
        }
        for (value, Refold { choice, fold }) in values {
            fold(snapshot, *choice, value, out);
        }
        true
    }
}

/// What stands around the payload, if bytes like these are always the same event: a decoder that knows nothing else finds it
/// in them, and neither id nor retry.
fn framing<'t>(taken: &'t [u8], (start, end): (usize, usize), event: &str) -> Option<(&'t [u8], &'t [u8])> {
    let begin = block_start(taken, start, event != "message")?;
    let mut rest = &taken[begin..];
    let mut decoder = EventDecoder::new(Options { keep_nonstandard_lines: true, ..Options::default() });
    let found = decoder.next(&mut rest).ok().flatten()?;
    let same = found.event == event && found.data == &taken[start..end] && found.nonstandard_lines.is_empty();
    let alone = found.id_generation == 0 && found.retry.is_none() && rest.is_empty();
    (same && alone).then_some((&taken[begin..start], &taken[end..]))
}

/// Where the line of the payload begins, or the one before it, which may name the event.
fn block_start(taken: &[u8], payload: usize, named: bool) -> Option<usize> {
    let mut ends = memchr::memrchr2_iter(b'\n', b'\r', &taken[..payload]).map(|end| end + 1).chain([0]);
    let line = ends.next()?;
    if !named {
        return Some(line);
    }
    // Between the two characters of a CRLF no line begins.
    ends.find(|&end| !taken[end..line].iter().all(|byte| matches!(byte, b'\n' | b'\r')))
}
