//! Streams whose events repeat each other, or nearly: compared with the event before, and each by itself, they fold to the
//! same.
//!
//! The input chooses shapes, texts, framing and edits of single bytes, most of them as in the event before.

use arbitrary::Unstructured;
use ssewire_core::{Accumulator, Options, Tail};

use crate::choices::{Places, places};
use crate::cutting::{cut_at, shown};
use crate::oracle::interpret;
use crate::told::{Whole, listen};

/// Payloads with `@` where texts come, or part of one.
const SHAPES: [&str; 32] = [
    r#"{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"@"},"finish_reason":null}]}"#,
    r#"{"id":"c","created":2,"model":"m","choices":[{"index":0,"delta":{"content":"@"},"finish_reason":null}]}"#,
    r#"{"choices":[{"index":1,"delta":{"content":"@"},"logprobs":null}],"obfuscation":"@"}"#,
    r#"{"obfuscation":"@","choices":[{"index":1,"delta":{"content":"@"}}]}"#,
    r#"{"choices":[{"delta":{"role":"assistant","content":"@","refusal":null},"p":"@"}],"usage":null}"#,
    r#"{"choices":[{"delta":{"role":"assistant","content":"@"}}]}"#,
    r#"{"choices":[{"delta":{"reasoning_content":"@","content":null}}],"provider":"P"}"#,
    r#"{"choices":[{"delta":{"reasoning":"@","content":""}}],"provider":"Q"}"#,
    r#"{"choices":[{"delta":{"reasoning":"@","reasoning_content":"@"}}]}"#,
    r#"{"choices":[{"delta":{"reasoning":"@","reasoning_details":[{"type":"t","index":0,"text":"@"}]}}]}"#,
    r#"{"choices":[{"delta":{"reasoning_details":[{"type":"t","text":"@","signature":"@"}]}}]}"#,
    r#"{"choices":[{"delta":{"content":"@","reasoning":"@"}}]}"#,
    r#"{"choices":[{"delta":{"content":"@","text":"@"},"text":"@"}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"type":"function","function":{"name":"","arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"@","function":{"name":"f","arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"function_call":{"arguments":"@"}}}]}"#,
    r#"{"choices":[{"delta":{"content":"@"},"finish_reason":"stop"}]}"#,
    r#"{"choices":[{"delta":{"content":"@"}}],"usage":{"prompt_tokens":1}}"#,
    r#"{"choices":[{"delta":{"content":"@"}},{"index":1,"delta":{"content":"@"}}]}"#,
    r#"{"choices":[{"delta":{"content":"@","content":"@"}}]}"#,
    r#"{"choices":[{"index":0,"delta":{"refusal":"@"}}],"x":"@"}"#,
    r#"{"choices":[{"delta":{"content":"@"}}],"error":"@"}"#,
    r#"{"id":"d","created":3,"model":"n","choices":[]}"#,
    r#"{"model":"o","choices":[{"index":0,"delta":{},"finish_reason":"length"}]}"#,
    r#"{"choices":[],"provider":"R","x":{"y":"@"}}"#,
    r#"{"choices":[{"delta":{"role":"user","name":"@"}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":""}}]}}]}"#,
    r#"{"choices":[{"delta":{"reasoning_content":"@"},"logprobs":{"content":[1]}}]}"#,
    "@",
];

/// What stands before and behind an event's payload.
const WIRES: [(&[u8], &[u8]); 16] = [
    (b"data: ", b"\n\n"),
    (b"data: ", b"\r\n\r\n"),
    (b"data:", b"\n\n"),
    (b"event: message\ndata: ", b"\n\n"),
    (b"event: x\ndata: ", b"\n\n"),
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

/// Parts of strings.
const TEXTS: [&[u8]; 18] = [
    b"",
    b"a",
    b" word",
    b"n",
    b"{}",
    b"}",
    b"\\n",
    b"\\\"",
    b"\\\\",
    b"\\/",
    b"\\ud83d",
    b"\\ude00",
    b"\\ud83d\\ude00",
    b"\\u00e9",
    b"\xC3\xA9",
    b"\xF0\x9F\x98\x80",
    b"\x7f",
    b"a text that is longer than a vector of a processor",
];

/// What is no part of a string, or ends the stream. Rare, since only a stream's first error is told of.
const ODD: [&[u8]; 12] =
    [b"\\x", b"\\u12", b"\\", b"\"", b"\t", b"\n", b"\r", b"\0", b"\xC3", b"\xFF", b"\xED\xA0\xBD", b"[DONE]"];

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
    body: Vec<u8>,
}

impl Plan<'_> {
    fn text(&mut self) -> arbitrary::Result<()> {
        for _ in 0..self.input.int_in_range(0..=2)? {
            let text = if self.input.ratio(1, 32)? { *self.input.choose(&ODD)? } else { *self.input.choose(&TEXTS)? };
            self.body.extend_from_slice(text);
        }
        Ok(())
    }

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
            0 => self.style.shape = self.input.choose(&SHAPES)?,
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
        for (at, part) in self.style.shape.split('@').enumerate() {
            if at > 0 {
                self.text()?;
            }
            self.body.extend_from_slice(part.as_bytes());
        }
        self.body.extend_from_slice(self.style.wire.1);
        if choice < 16 { self.edit(start) } else { Ok(()) }
    }

    /// The body, and where it is cut.
    fn carry_out(mut self) -> arbitrary::Result<(Vec<u8>, Places)> {
        for style in [&mut self.style, &mut self.before] {
            *style = Style { shape: self.input.choose(&SHAPES)?, wire: *self.input.choose(&WIRES[..2])? };
        }
        let places = places(&mut self.input)?;
        while !self.input.is_empty() && self.body.len() < 4096 {
            self.event()?;
        }
        self.body.extend_from_slice(b"\n\n");
        Ok((self.body, places))
    }
}

fn accumulator() -> Accumulator {
    Accumulator::new(Some("openai-chat"), None).expect("the dialect is known")
}

/// What is told, and what comes of it, by the fast path wherever it is taken.
fn fold(pieces: &[&[u8]]) -> (Vec<String>, Whole) {
    let (mut accumulator, mut told) = (accumulator(), Vec::new());
    for piece in pieces {
        accumulator.feed(piece, &mut listen(&mut told)).expect("there is no limit");
    }
    accumulator.flush(&mut listen(&mut told));
    (told, Whole::of(&accumulator))
}

/// The same event by event, each with a payload behind it that is no dialect's: what was learned is void then. `None`
/// where there are lines that are no field, since events that come without their framing have none.
fn fold_slowly(body: &[u8]) -> Option<(Vec<String>, Whole)> {
    let options = Options { max_event_size: None, tail: Tail::Discard, dispatch_empty: false, keep_stray: true };
    let (mut accumulator, mut told) = (accumulator(), Vec::new());
    for event in interpret(body, &options).events {
        if !event.stray.is_empty() {
            return None;
        }
        accumulator.feed_event(&event.name, &event.data, &mut listen(&mut told));
        accumulator.feed_event("message", "0", &mut |_| {});
    }
    accumulator.flush(&mut listen(&mut told));
    Some((told, Whole::of(&accumulator)))
}

/// Checks one input; one that is too short to be a case is none.
pub fn check(data: &[u8]) {
    let style = Style { shape: SHAPES[0], wire: WIRES[0] };
    let plan = Plan { input: Unstructured::new(data), style, before: style, body: Vec::new() };
    let Ok((body, places)) = plan.carry_out() else { return };
    let Some(expected) = fold_slowly(&body) else { return };
    for pieces in [vec![&body[..]], cut_at(&body, &places.within(&body))] {
        assert_eq!(fold(&pieces), expected, "cut as {}", shown(&pieces));
    }
}
