//! The crate's framing beside sseer and eventsource-stream, which do no more than framing.
//!
//! ```sh
//! cargo run --release [RECORDING]
//! ```
//!
//! Each reads the same pieces, and its answer (events, bytes of data) is compared with the others' before anything is timed.
//! Rounds take turns; the best one of each is told, in nanoseconds an event. The peers are streams, so they are polled by a
//! runtime that never waits; their pieces are `Bytes`, which both take as they are, without a copy.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use eventsource_stream::Eventsource;
use futures::executor::block_on;
use futures::stream::{self, StreamExt};
use ssewire_core::{Accumulator, EventDecoder, Options};

/// Events, and bytes of their data: what each reader must find.
type Found = (usize, usize);
type Reader = fn(&[Bytes]) -> Found;

const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(60);
const EVENTS: usize = 4_000;

const READERS: [(&str, Reader); 4] = [
    ("ssewire-core EventDecoder", decode),
    ("sseer EventStream", sseer),
    ("eventsource-stream", eventsource),
    ("ssewire-core Accumulator", accumulate),
];

fn decode(pieces: &[Bytes]) -> Found {
    let mut decoder = EventDecoder::new(Options::default());
    let mut found = (0, 0);
    for piece in pieces {
        let mut data = piece.as_ref();
        while let Some(event) = decoder.next(&mut data).expect("no event is too large") {
            found = (found.0 + 1, found.1 + black_box(event.text()).len());
        }
    }
    found
}

fn sseer(pieces: &[Bytes]) -> Found {
    let source = stream::iter(pieces.iter().cloned().map(Ok::<_, ()>));
    let counted = sseer::EventStream::new(source).fold((0, 0), |found, event| async move {
        (found.0 + 1, found.1 + black_box(event.expect("the stream is right").data).len())
    });
    block_on(counted)
}

fn eventsource(pieces: &[Bytes]) -> Found {
    let source = stream::iter(pieces.iter().cloned().map(Ok::<_, ()>));
    let counted = source.eventsource().fold((0, 0), |found, event| async move {
        (found.0 + 1, found.1 + black_box(event.expect("the stream is right").data).len())
    });
    block_on(counted)
}

/// Not only framing: the payloads are read and folded into the message. So it finds something else, which is not compared.
fn accumulate(pieces: &[Bytes]) -> Found {
    let mut accumulator = Accumulator::default();
    let mut deltas = 0;
    for piece in pieces {
        accumulator
            .feed(piece, |delta| deltas += usize::from(!matches!(black_box(delta), ssewire_core::Delta::Other { .. })))
            .expect("nothing is too large");
    }
    (deltas, accumulator.snapshot().choices().next().and_then(|choice| choice.content()).map_or(0, str::len))
}

/// A chat stream as providers send it.
fn chat() -> Vec<u8> {
    let event = |delta: &str, reason: &str| {
        format!(
            "data: {{\"id\":\"chatcmpl-B0aXq7Rk2mWc9TzL\",\"object\":\"chat.completion.chunk\",\"created\":1740000000,\
             \"model\":\"example-4o\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\
             \"finish_reason\":{reason}}}],\"usage\":null}}\n\n"
        )
    };
    let words = (0..EVENTS).map(|number| event(&format!("{{\"content\":\" word{}\"}}", number % 977), "null"));
    (words.collect::<String>() + &event("{}", "\"stop\"") + "data: [DONE]\n\n").into_bytes()
}

/// Fields with names, ids, CRLF and several lines of data.
fn mixed() -> Vec<u8> {
    let event = |number| {
        format!(
            "event: update\r\nid: {number}\r\ndata: {{\"line\": {number},\r\ndata:  \"text\": \"\u{20ac}uro\"}}\r\n\r\n: ping\r\n\r\n"
        )
    };
    (0..EVENTS).map(event).collect::<String>().into_bytes()
}

fn pieces(body: &[u8], size: usize) -> Vec<Bytes> {
    body.chunks(size).map(Bytes::copy_from_slice).collect()
}

/// A piece an event, as a model that writes slowly sends them.
fn by_event(body: &[u8]) -> Vec<Bytes> {
    let text = str::from_utf8(body).expect("it is text");
    text.split_inclusive("\n\n")
        .flat_map(|part| part.split_inclusive("\r\n\r\n"))
        .map(|part| Bytes::copy_from_slice(part.as_bytes()))
        .collect()
}

/// Nanoseconds that reading all of it takes once, in one round.
fn round(read: Reader, pieces: &[Bytes]) -> f64 {
    let (start, mut times) = (Instant::now(), 0_u32);
    while start.elapsed() < ROUND {
        black_box(read(black_box(pieces)));
        times += 1;
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(times)
}

fn compare(name: &str, pieces: &[Bytes]) {
    let found = decode(pieces);
    for (reader, read) in &READERS[..3] {
        assert_eq!(read(pieces), found, "{name}: {reader} finds something else");
    }
    let mut best = [f64::INFINITY; READERS.len()];
    for _ in 0..ROUNDS {
        for ((_, read), best) in READERS.iter().zip(&mut best) {
            *best = best.min(round(*read, pieces));
        }
    }
    println!("\n{name}: {} events, {} bytes of data, {} pieces", found.0, found.1, pieces.len());
    for ((reader, _), nanoseconds) in READERS.iter().zip(best) {
        println!("  {reader:28} {:8.1} ns/event  {:5.2}x", nanoseconds / found.0 as f64, nanoseconds / best[0]);
    }
}

fn main() {
    let recording = std::env::args().nth(1).map(|path| std::fs::read(path).expect("the recording can be read"));
    for (name, body) in
        recording.map_or_else(|| vec![("chat", chat()), ("mixed", mixed())], |body| vec![("recording", body)])
    {
        compare(&format!("{name}, an event a piece"), &by_event(&body));
        compare(&format!("{name}, pieces of 128 bytes"), &pieces(&body, 128));
        compare(&format!("{name}, pieces of 16 KiB"), &pieces(&body, 16 * 1024));
    }
}
