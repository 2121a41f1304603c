//! Arbitrary bytes and options at arbitrary cuts, held against the oracle; and what is lent out of a piece.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use ssewire_core::{EventDecoder, Options, Tail};

use crate::support::cuts::{bytewise, cut_at, shown};
use crate::support::decode::{decode, decode_events, drain};
use crate::support::oracle::{Outcome, interpret, interpret_after};

/// What streams are made of: names, colons, spaces and line ends, BOMs, digits, pieces of UTF-8, and what breaks it.
const WORDS: [&[u8]; 40] = [
    b"data",
    b"data:",
    b"data: ",
    b"event",
    b"event: ",
    b"id",
    b"id: ",
    b"retry",
    b"retry: ",
    b": ",
    b":",
    b" ",
    b"\n",
    b"\n",
    b"\n\n",
    b"\r",
    b"\r\r",
    b"\r\n",
    b"\r\n\r\n",
    b"\n\r",
    b"\xEF\xBB\xBF",
    b"\xEF",
    b"\xEF\xBB",
    b"\0",
    b"0",
    b"7",
    b"9223372036854775807",
    b"9223372036854775808",
    b"+1",
    b"x",
    b"dat",
    b"data\t:",
    b"Data:",
    b"error: {}",
    b"\xC3\xA9",
    b"\xF0\x9F",
    b"\x98\x80",
    b"\xFF",
    b"\xE2\x80\xA8",
    b"\xC2\x85",
];

/// A body that a failure shows readably.
#[derive(Clone)]
struct Body(Vec<u8>);

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

fn body() -> impl Strategy<Value = Body> {
    let word =
        prop_oneof![30 => select(&WORDS[..]).prop_map(<[u8]>::to_vec), 1 => any::<u8>().prop_map(|byte| vec![byte])];
    let bom = prop_oneof![5 => Just(&b""[..]), 1 => Just(&b"\xEF\xBB\xBF"[..]), 1 => Just(&b"\xEF\xBB"[..])];
    (bom, prop::collection::vec(word, 0..40)).prop_map(|(bom, words)| Body([bom, &words.concat()].concat()))
}

fn options() -> impl Strategy<Value = Options> {
    let limit = prop_oneof![2 => Just(None), 1 => (1_usize..40).prop_map(Some)];
    let tail = select(vec![Tail::Discard, Tail::Dispatch]);
    (limit, tail, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(max_event_size, tail, dispatch_empty, keep_nonstandard_lines, keep_comments)| Options {
            max_event_size,
            tail,
            dispatch_empty,
            keep_nonstandard_lines,
            keep_comments,
        },
    )
}

fn points() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 0..8)
}

fn cut<'d>(Body(body): &'d Body, points: &[Index]) -> Vec<&'d [u8]> {
    cut_at(body, &points.iter().map(|point| point.index(body.len() + 1)).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_decoder_gives_what_the_oracle_gives(body in body(), options in options(), points in points()) {
        let expected = interpret(&body.0, &options);
        for pieces in [vec![&body.0[..]], bytewise(&body.0), cut(&body, &points)] {
            let outcome = decode(&pieces, &options);
            prop_assert_eq!(&outcome, &expected, "{:?}, cut as {}", options, shown(&pieces));
        }
    }

    #[test]
    fn next_passes_over_comments_that_are_kept(body in body(), options in options(), points in points()) {
        let options = Options { keep_comments: true, ..options };
        let expected = Outcome { comments: Vec::new(), ..interpret(&body.0, &options) };
        prop_assert_eq!(decode_events(&cut(&body, &points), &options), expected);
    }

    #[test]
    fn a_closed_decoder_is_a_new_one_but_for_id_and_retry(
        first in body(), second in body(), options in options(), points in points(),
    ) {
        let options = Options { keep_comments: false, ..options };
        let Outcome { last_event_id, retry, .. } = interpret(&first.0, &options);
        let expected = interpret_after(&second.0, &options, &last_event_id, retry);
        let mut decoder = EventDecoder::new(options);
        drain(&mut decoder, &cut(&first, &points));
        prop_assert_eq!(drain(&mut decoder, &cut(&second, &points)), expected);
    }

    #[test]
    fn counters_count(body in body(), options in options(), points in points()) {
        let options = Options { max_event_size: None, tail: Tail::Discard, ..options };
        let mut decoder = EventDecoder::new(options.clone());
        let mut taken = 0;
        for mut piece in cut(&body, &points) {
            taken += piece.len() as u64;
            while decoder.next(&mut piece).unwrap().is_some() {}
            prop_assert_eq!(decoder.offset(), taken);
        }
        prop_assert_eq!(decoder.events(), interpret(&body.0, &options).events.len() as u64);
    }

    #[test]
    fn any_bytes_at_all(body in prop::collection::vec(any::<u8>(), 0..100).prop_map(Body), points in points()) {
        let options = Options::default();
        prop_assert_eq!(decode(&cut(&body, &points), &options), interpret(&body.0, &options));
    }
}

// Lending

/// For each event of a piece: its data, and whether it lies in the piece's own memory.
fn lent(decoder: &mut EventDecoder, piece: &[u8]) -> Vec<(Vec<u8>, bool)> {
    let memory = piece.as_ptr_range();
    let (mut rest, mut events) = (piece, Vec::new());
    while let Some(event) = decoder.next(&mut rest).unwrap() {
        let data = event.data.as_ptr_range();
        events.push((event.data.to_vec(), memory.start <= data.start && data.end <= memory.end));
    }
    events
}

/// The bodies have one event each, with the data `abc`.
const LENDABLE: [&[u8]; 8] = [
    b"data: abc\n\n",
    b"data:abc\n\n",
    b"data: abc\r\n\r\n",
    b"data: abc\r\r",
    b"event: x\ndata: abc\n\n",
    b": comment\nid: 1\nretry: 5\ndata: abc\n\n",
    b"\xEF\xBB\xBFdata: abc\n\n",
    b"unknown\ndata: abc\n\n",
];

#[test]
fn a_data_line_that_lies_whole_in_its_piece_is_lent_out_of_it() {
    for body in LENDABLE {
        assert_eq!(lent(&mut EventDecoder::default(), body), [(b"abc".to_vec(), true)], "{}", body.escape_ascii());
        let several = body.repeat(3);
        let events = lent(&mut EventDecoder::default(), &several);
        assert!(events.iter().all(|(_, lent)| *lent), "{}", several.escape_ascii());
    }
}

/// It is lent where the cut is before the data line; where it is in the line, or between it and the line end that
/// dispatches it, it is not.
#[test]
fn an_event_that_spans_pieces_is_not_lent() {
    for body in LENDABLE {
        let line = body.windows(4).position(|window| window == b"data").unwrap();
        for place in 1..body.len() {
            let (before, after) = body.split_at(place);
            let mut decoder = EventDecoder::default();
            let mut events = lent(&mut decoder, before);
            events.extend(lent(&mut decoder, after));
            let end = body.strip_suffix(b"\r\n").map_or(body.len(), |body| body.len() + 1);
            let expected = place <= line || place >= end;
            assert_eq!(events, [(b"abc".to_vec(), expected)], "{} | {}", before.escape_ascii(), after.escape_ascii());
        }
    }
}

#[test]
fn several_data_lines_are_joined_and_not_lent() {
    assert_eq!(lent(&mut EventDecoder::default(), b"data: a\ndata: c\n\n"), [(b"a\nc".to_vec(), false)]);
}
