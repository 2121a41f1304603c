//! The core's layers, one above the other on the same bytes, beside the least that any reader of them must do.
//!
//! A body has 1000 events: what is shown in µs are ns per event. Every answer is checked before it is timed.
//!
//! ```text
//! floor/scan        each byte looked at once for a line end
//! floor/compare     each byte compared with another one
//! events/…          bytes to events
//! deltas/…          bytes to the snapshot, with nobody listening: `repeated` payloads have one shape, as most streams do;
//!                   `unlike` ones have none, and are parsed in full
//! ```

use std::hint::black_box;
use std::ops::Range;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ssewire_core::{Accumulator, EventDecoder};

#[path = "instructions/src/chunks.rs"]
#[expect(dead_code, reason = "the other streams are for counting")]
mod chunks;

use chunks::{Numbers, chunk, length, text_chunk};

const EVENTS: usize = 1000;
const PIECE: usize = 16 * 1024;

/// An event stream.
struct Body {
    bytes: Vec<u8>,
    /// Where its events lie.
    events: Vec<Range<usize>>,
    /// Bytes of all data, and of all text.
    data: usize,
    text: usize,
}

impl Body {
    /// `EVENTS` chunks that carry a word each.
    fn new(mut make: impl FnMut(&mut Numbers, &str) -> String) -> Self {
        let mut body = Self { bytes: Vec::new(), events: Vec::new(), data: 0, text: 0 };
        let mut numbers = Numbers::default();
        for _ in 0..EVENTS {
            let word = numbers.word();
            let payload = make(&mut numbers, word);
            let start = body.bytes.len();
            body.bytes.extend(format!("data: {payload}\n\n").bytes());
            body.events.push(start..body.bytes.len());
            body.data += payload.len();
            body.text += length(word);
        }
        body
    }

    fn repeated() -> Self {
        Self::new(|numbers, word| text_chunk(0, word, numbers.padding()))
    }

    fn unlike() -> Self {
        Self::new(|numbers, word| {
            let bytes = vec!["120"; 1 + numbers.below(4)].join(",");
            let logprob = numbers.below(1_000_000);
            let logprobs = format!(r#"{{"content":[{{"token":"{word}","logprob":-0.{logprob},"bytes":[{bytes}]}}]}}"#);
            chunk(0, &format!(r#""content":"{word}""#), &format!(r#""logprobs":{logprobs},"#), numbers.padding())
        })
    }

    /// One event a piece.
    fn events(&self) -> Vec<&[u8]> {
        self.events.iter().map(|event| &self.bytes[event.clone()]).collect()
    }

    /// Pieces of 16 KiB.
    fn pieces(&self) -> Vec<&[u8]> {
        self.bytes.chunks(PIECE).collect()
    }
}

/// Line ends in a body.
fn scan(body: &[u8]) -> usize {
    memchr::memchr2_iter(b'\n', b'\r', body).count()
}

/// Bytes of the data of all events.
fn decode(pieces: &[&[u8]]) -> usize {
    let mut decoder = EventDecoder::default();
    let mut bytes = 0;
    for mut piece in pieces.iter().copied() {
        while let Some(event) = decoder.next(&mut piece).expect("no event is that large") {
            bytes += black_box(event).data.len();
        }
    }
    bytes
}

/// Bytes of the text that all events add up to.
fn accumulate(pieces: &[&[u8]]) -> usize {
    let mut accumulator = Accumulator::new(None, None).expect("no dialect is named");
    for piece in pieces {
        accumulator.feed(piece, &mut |_| {}).expect("there is no limit");
    }
    accumulator.snapshot().choices()[&0].content().map_or(0, str::len)
}

/// Times a body's way through something, once the answer is seen to be right.
fn time<T: PartialEq + std::fmt::Debug>(
    criterion: &mut Criterion,
    name: &str,
    expected: &T,
    mut run: impl FnMut() -> T,
) {
    assert_eq!(&run(), expected, "{name}");
    let (group, name) = name.split_once('/').expect("a group and a name");
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Elements(EVENTS as u64));
    group.bench_function(name, |bencher| bencher.iter(&mut run));
}

fn time_floor(criterion: &mut Criterion) {
    let body = Body::repeated();
    let same = body.bytes.clone();
    time(criterion, "floor/scan", &(2 * EVENTS), || scan(black_box(&body.bytes)));
    time(criterion, "floor/compare", &true, || black_box(&body.bytes) == black_box(&same));
}

fn time_layers(criterion: &mut Criterion) {
    let (repeated, unlike) = (Body::repeated(), Body::unlike());
    for (cut, pieces) in [("1 ev", repeated.events()), ("16 KiB", repeated.pieces())] {
        time(criterion, &format!("events/{cut}"), &repeated.data, || decode(black_box(&pieces)));
        time(criterion, &format!("deltas/repeated, {cut}"), &repeated.text, || accumulate(black_box(&pieces)));
    }
    for (cut, pieces) in [("1 ev", unlike.events()), ("16 KiB", unlike.pieces())] {
        time(criterion, &format!("deltas/unlike, {cut}"), &unlike.text, || accumulate(black_box(&pieces)));
    }
}

criterion_group! {
    name = layers;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = time_floor, time_layers
}
criterion_main!(layers);
