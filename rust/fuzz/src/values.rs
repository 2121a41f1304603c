//! A body of JSON values: wherever it is cut it gives the same, and the same as its payloads framed as events.
//!
//! The input: a dialect, a limit, cuts, what stands around the values, and what they are; rarely a stray byte.

use arbitrary::{Result, Unstructured};

use super::choices::{Places, places};
use super::cutting::{bytewise, cut_at, shown};
use super::filling::{family, fill, shape};
use super::shapes::Family;
use super::told::{Outcome, accumulate};

/// What may stand before the first value.
const BEGINNINGS: [&[u8]; 8] = [b"", b"", b"", b"\xEF\xBB\xBF", b"\n", b"\xEF\xBB\xBF \r\n", b"\r", b"\t \n\n"];

/// What may stand between two values; nothing need.
const BETWEEN: [&[u8]; 10] = [b"\n", b"\n", b",", b"", b"\r\n", b",\n", b" ", b"\t,\r", b"\n\n", b"\r\n,\r\n"];

/// What an array may have beside objects; the sentinel too.
const ITEMS: [&str; 10] = ["0", "null", "true", "-1.5e3", r#""""#, r#""a]\",""#, "[]", "[[1,{}]]", "{}", r#""[DONE]""#];

/// Bytes that are no blanks between values, or no part of one.
const STRAY: [u8; 12] = *b"\"\\{}[]:dx\0\xEF\xFF";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Lines,
    Array,
    /// Lines, and then events.
    Mixed,
}

/// A body that the input is the plan of, and its payloads.
struct Plan<'d> {
    input: Unstructured<'d>,
    family: &'static Family,
    layout: Layout,
    shape: &'static str,
    between: &'static [u8],
    payloads: Vec<Vec<u8>>,
    body: Vec<u8>,
}

impl Plan<'_> {
    /// A payload; mostly of the shape of the one before.
    fn payload(&mut self) -> Result<Vec<u8>> {
        let choice: u8 = self.input.arbitrary()?;
        if choice.is_multiple_of(4) {
            self.shape = shape(self.family, &mut self.input)?;
        }
        let mut payload = Vec::new();
        match choice {
            255 => payload.extend_from_slice(b"[DONE]"),
            247.. if self.layout == Layout::Array => payload.extend_from_slice(self.input.choose(&ITEMS)?.as_bytes()),
            _ => fill(self.shape, &mut self.input, false, &mut payload)?,
        }
        // A row that began with it would be an array.
        Ok(if payload == b"[DONE]" && self.payloads.is_empty() { b"{}".to_vec() } else { payload })
    }

    fn add(&mut self, payload: Vec<u8>) -> Result<()> {
        if self.layout == Layout::Mixed && self.payloads.len() > 1 {
            self.body.extend_from_slice(&[b"data: ", &payload[..], b"\n\n"].concat());
        } else {
            if self.input.ratio(1, 8)? {
                self.between = self.input.choose(&BETWEEN)?;
            }
            match self.payloads.last() {
                None => {}
                // Only brackets end a value by themselves.
                Some(last) if self.between.is_empty() && !last.ends_with(b"}") => self.body.push(b','),
                Some(_) => self.body.extend_from_slice(self.between),
            }
            self.body.extend_from_slice(&payload);
        }
        self.payloads.push(payload);
        Ok(())
    }

    fn add_all(&mut self) -> Result<()> {
        let opening = if self.input.ratio(7, 8)? { self.family.opening } else { &[] };
        for payload in opening {
            self.add(payload.as_bytes().to_vec())?;
        }
        while !self.input.is_empty() && self.body.len() < 4096 {
            let payload = self.payload()?;
            self.add(payload)?;
        }
        Ok(())
    }

    /// Writes the body; whether there is a byte in it that does not belong there.
    fn carry_out(&mut self) -> Result<bool> {
        let nonstandard_lines =
            self.input.ratio(1, 4)?.then(|| Ok((self.input.arbitrary::<u16>()?, *self.input.choose(&STRAY)?)));
        self.body.extend_from_slice(self.input.choose(&BEGINNINGS)?);
        if self.layout == Layout::Array {
            self.body.push(b'[');
        }
        self.add_all()?;
        match self.layout {
            Layout::Array => self.body.extend_from_slice(b"]\n"),
            Layout::Lines => self.body.extend_from_slice(self.between),
            Layout::Mixed => {}
        }
        let Some((place, byte)) = nonstandard_lines.transpose()? else { return Ok(false) };
        self.body.insert(usize::from(place) % (self.body.len() + 1), byte);
        Ok(true)
    }
}

/// What comes of the payloads as events.
fn as_events(payloads: &[Vec<u8>], dialect: &str) -> Outcome {
    let events: Vec<_> = payloads.iter().map(|payload| [b"data: ", &payload[..], b"\n\n"].concat()).collect();
    accumulate(&events.iter().map(Vec::as_slice).collect::<Vec<_>>(), Some(dialect), None)
}

fn check_cuts(body: &[u8], dialect: Option<&str>, limit: Option<usize>, places: &Places) {
    let expected = accumulate(&[body], dialect, limit);
    for pieces in [cut_at(body, &places.within(body)), bytewise(body)] {
        assert_eq!(accumulate(&pieces, dialect, limit), expected, "{dialect:?}, cut as {}", shown(&pieces));
    }
}

fn check_all(mut input: Unstructured<'_>) -> Result<()> {
    let family = family(&mut input)?;
    let named = input.ratio(3, 4)?.then_some(family.dialect);
    let limit = input.ratio(1, 8)?.then(|| input.arbitrary::<u8>()).transpose()?.map(usize::from);
    let layout = *input.choose(&[Layout::Lines, Layout::Array, Layout::Mixed])?;
    let places = places(&mut input)?;
    let first = shape(family, &mut input)?;
    let between = *input.choose(&BETWEEN)?;
    let mut plan = Plan { input, family, layout, shape: first, between, payloads: vec![], body: vec![] };
    let nonstandard_lines = plan.carry_out()?;
    check_cuts(&plan.body, named, limit, &places);
    // One value alone may be no stream at all, and values without an object among them are none.
    let events = plan.payloads.iter().any(|payload| payload.starts_with(b"{") || payload == b"[DONE]");
    if !nonstandard_lines && events && plan.payloads.len() > 1 {
        let (told, _, whole) = accumulate(&[&plan.body], Some(family.dialect), None);
        let (told_of_events, _, whole_of_events) = as_events(&plan.payloads, family.dialect);
        let body = plan.body.escape_ascii();
        assert_eq!(told, told_of_events, "{}: {body}", family.dialect);
        assert_eq!(whole.result(), whole_of_events.result(), "{}: {body}", family.dialect);
    }
    Ok(())
}

/// Checks one input; one that is too short to be a case is none.
pub fn check(data: &[u8]) {
    _ = check_all(Unstructured::new(data));
}
