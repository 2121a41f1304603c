//! Streams whose events repeat each other, or nearly: compared with the event before, and each by itself, they fold to the
//! same.
//!
//! The input chooses a dialect, whether it is named, shapes, texts, framing and edits of single bytes, most of them as in the event before.

use arbitrary::Unstructured;
use ssewire_core::{Accumulator, Dialect, Options, Tail};

use super::choices::{Places, places};
use super::cutting::{cut_at, shown};
use super::filling::{family, fill, shape};
use super::oracle::interpret;
use super::shapes::Family;
use super::told::{Whole, accumulate, listen};

/// What stands before and behind an event's payload.
const WIRES: [(&[u8], &[u8]); 18] = [
    (b"data: ", b"\n\n"),
    (b"data: ", b"\r\n\r\n"),
    (b"data:", b"\n\n"),
    (b"event: message\ndata: ", b"\n\n"),
    (b"event: x\ndata: ", b"\n\n"),
    (b"event: done\ndata: ", b"\n\n"),
    (b"event: content_block_delta\ndata: ", b"\n\n"),
    (b"event: error\ndata: ", b"\n\n"),
    (b"data: ", b"\r\r"),
    (b"data: ", b"\n\r\n"),
    (b": c\ndata: ", b"\n\n"),
    (b"id: 1\ndata: ", b"\n\n"),
    (b"retry: 5\ndata: ", b"\n\n"),
    (b"data: ", b"\nid: 1\n\n"),
    (b"data: ", b"\ndata\n\n"),
    (b"data: ", b"\nevent: error\n\n"),
    (b"\xEF\xBB\xBFdata: ", b"\n\n"),
    (b"data:  ", b" \n\n"),
];

/// What stands around the texts of an event.
#[derive(Clone, Copy)]
struct Style {
    shape: &'static str,
    wire: (&'static [u8], &'static [u8]),
}

/// A stream that the input is the plan of.
struct Plan<'d> {
    input: Unstructured<'d>,
    style: Style,
    /// What it was before: streams go back and forth.
    before: Style,
    family: &'static Family,
    body: Vec<u8>,
}

impl Plan<'_> {
    /// Changes, puts in or takes out a byte of the event that begins at `start`: anywhere, or at its end.
    fn edit(&mut self, start: usize) -> arbitrary::Result<()> {
        let end = self.body.len() - 1;
        let start = if self.input.arbitrary()? { start } else { end.saturating_sub(8).max(start) };
        let at = self.input.int_in_range(start..=end)?;
        match self.input.int_in_range(0..=5)? {
            0 => self.body[at] = self.input.arbitrary()?,
            1 => self.body[at] = *self.input.choose(b"\r\n\"\\ :{}[],0")?,
            2 => self.body.insert(at, self.input.arbitrary()?),
            3 => self.body.insert(at, *self.input.choose(b"\r\n\"\\ :{}[],0")?),
            4 => _ = self.body.remove(at),
            _ => self.body.splice(at..at, *b"\ndata: ").for_each(drop),
        }
        Ok(())
    }

    /// Mostly leaves the style as it is.
    fn restyle(&mut self, choice: u8) -> arbitrary::Result<()> {
        let style = self.style;
        match choice % 16 {
            0 | 5 => self.style.shape = shape(self.family, &mut self.input)?,
            1 => self.style.wire = *self.input.choose(&WIRES)?,
            2 => self.style.wire.1 = self.input.choose(&WIRES)?.1,
            3 | 4 => self.style = self.before,
            _ => return Ok(()),
        }
        self.before = style;
        Ok(())
    }

    fn event(&mut self) -> arbitrary::Result<()> {
        let choice: u8 = self.input.arbitrary()?;
        self.restyle(choice)?;
        let start = self.body.len();
        self.body.extend_from_slice(self.style.wire.0);
        fill(self.style.shape, &mut self.input, true, &mut self.body)?;
        self.body.extend_from_slice(self.style.wire.1);
        if choice < 16 { self.edit(start) } else { Ok(()) }
    }

    /// The payloads that streams begin with.
    fn open(&mut self) {
        for payload in self.family.opening {
            self.body.extend_from_slice(&[b"data: ", payload.as_bytes(), b"\n\n"].concat());
        }
    }

    /// The rest of the case.
    fn carry_out(mut self) -> arbitrary::Result<Case> {
        let choice: u8 = self.input.arbitrary()?;
        for style in [&mut self.style, &mut self.before] {
            let wire = *self.input.choose(&WIRES[..2])?;
            *style = Style { shape: shape(self.family, &mut self.input)?, wire };
        }
        let places = places(&mut self.input)?;
        // No payload is to be the only one, which it is not where others void what was learned.
        self.body.extend_from_slice(b"data: 0\n\n");
        if !choice.is_multiple_of(8) {
            self.open();
        }
        while !self.input.is_empty() && self.body.len() < 4096 {
            self.event()?;
        }
        self.body.extend_from_slice(b"\n\n");
        Ok(Case { dialect: (choice % 4 < 3).then_some(self.family.dialect), body: self.body, places })
    }
}

/// A body, where it is cut, and its dialect where that is named.
struct Case {
    dialect: Option<&'static str>,
    body: Vec<u8>,
    places: Places,
}

/// Event by event, each with a payload behind it that is no dialect's: what was learned is void then. `None` where there are
/// lines that are no field, since events that come without their framing have none.
fn fold_slowly(body: &[u8], dialect: Option<&str>) -> Option<(Vec<String>, Whole)> {
    let options =
        Options { max_event_size: None, tail: Tail::Discard, keep_nonstandard_lines: true, ..Options::default() };
    let dialect = dialect.map(|name| name.parse::<Dialect>().expect("the dialect is known"));
    let (mut accumulator, mut told) = (Accumulator::builder().dialect(dialect).build(), Vec::new());
    for event in interpret(body, &options).events {
        if !event.nonstandard_lines.is_empty() {
            return None;
        }
        accumulator.feed_event(&event.name, &event.data, &mut listen(&mut told)).expect("no limit is crossed");
        accumulator.feed_event("message", "0", |_| {}).expect("no limit is crossed");
    }
    accumulator.flush(&mut listen(&mut told));
    Some((told, Whole::of(&accumulator)))
}

fn check_all(mut input: Unstructured<'_>) -> arbitrary::Result<()> {
    let family = family(&mut input)?;
    let style = Style { shape: "", wire: WIRES[0] };
    let Case { dialect, body, places } = Plan { input, style, before: style, family, body: Vec::new() }.carry_out()?;
    let Some((told, whole)) = fold_slowly(&body, dialect) else { return Ok(()) };
    let expected = (told, Ok(()), whole);
    for pieces in [vec![&body[..]], cut_at(&body, &places.within(&body))] {
        assert_eq!(accumulate(&pieces, dialect, None), expected, "{dialect:?}, cut as {}", shown(&pieces));
    }
    Ok(())
}

/// Checks one input; one that is too short to be a case is none.
pub fn check(data: &[u8]) {
    _ = check_all(Unstructured::new(data));
}
