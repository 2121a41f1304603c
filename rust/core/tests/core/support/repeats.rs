//! A stream folded by the fast path, and without it: a payload that no dialect knows, between any two, voids the shape that
//! was learned.

use ssewire_core::{Accumulator, Delta, Dialect};

/// What may stand around a payload on the wire, `@` being the payload.
pub(crate) const WIRES: [&str; 12] = [
    "data: @\n\n",
    "data: @\n\n",
    "data:@\n\n",
    "data: @\r\n\r\n",
    "data: @\r\r",
    "event: message\ndata: @\n\n",
    "event: x\ndata: @\n\n",
    "data: @\nevent: x\n\n",
    ": comment\n\ndata: @\n\n",
    "id: 1\ndata: @\n\n",
    "data: @\nretry: 5\n\n",
    "unknown\ndata: @\n\n",
];

pub(crate) const TEXTS: [&str; 20] = [
    "",
    "a",
    " b",
    r"\n",
    r#"\""#,
    r"\\",
    r"\ud83d",
    r"\ude00",
    r"\ud83d\ude00",
    "é😀",
    r"\u00e9",
    "{",
    "{}",
    r#"{\"a\""#,
    r#"{\"a\":1}"#,
    ":1}",
    "[}]",
    r"\x",
    "\t",
    "\"",
];

/// What was told, the object, and the error.
pub(crate) type Folded = (Vec<String>, String, String);

/// What was told, and what came of it, of events in a wire form, fed in pieces of a size.
pub(crate) fn fold(dialect: &str, payloads: &[String], void: bool, wire: &str, size: usize) -> Folded {
    let mut accumulator = Accumulator::builder().dialect(dialect.parse::<Dialect>().unwrap()).build();
    let mut told = Vec::new();
    let mut out = |delta: Delta<'_>| {
        if !matches!(delta, Delta::Other { kind: "event", .. }) {
            told.push(format!("{delta:?}"));
        }
    };
    for payload in payloads {
        for piece in wire.replace('@', payload).as_bytes().chunks(size) {
            accumulator.feed(piece, &mut out).unwrap();
        }
        if void {
            accumulator.feed(b"data: 0\n\n", &mut out).unwrap();
        }
    }
    accumulator.flush(&mut out);
    let error = accumulator.snapshot().error().map(|error| (error.kind.clone(), error.body.clone()));
    (told, accumulator.object(), format!("{error:?}"))
}
