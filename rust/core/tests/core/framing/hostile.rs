//! Event streams made to hurt a decoder: nothing panics, and nothing that is held is looked at again.
//!
//! The sizes are the proof that the cost is linear: what looks at 16 MiB again for each of the pieces after it would
//! take minutes.

use ssewire_core::{EventDecoder, Options, Tail};

const MIB: usize = 1 << 20;
const HELD: usize = 16 * MIB;
const PIECES: usize = 30_000;

fn decoder() -> EventDecoder {
    EventDecoder::new(Options {
        max_event_size: None,
        tail: Tail::Dispatch,
        dispatch_empty: true,
        keep_nonstandard_lines: true,
        keep_comments: false,
    })
}

/// Feeds one piece; the number of its events.
fn feed(decoder: &mut EventDecoder, mut piece: &[u8]) -> usize {
    let mut events = 0;
    while decoder.next(&mut piece).unwrap().is_some() {
        events += 1;
    }
    events
}

/// Feeds pieces of a size at which TCP cuts, and then `end`; the data of the one event.
fn data_of(line: &[u8], size: usize, end: &[u8]) -> Vec<u8> {
    let mut decoder = decoder();
    for piece in line.chunks(size) {
        assert_eq!(feed(&mut decoder, piece), 0);
    }
    let mut end = end;
    decoder.next(&mut end).unwrap().unwrap().data.to_vec()
}

#[test]
fn a_line_of_64_mib() {
    let mut line = vec![b'x'; 64 * MIB];
    line[..6].copy_from_slice(b"data: ");
    assert!(data_of(&line, 1460, b"\n\n") == line[6..]);
    assert!(data_of(&line[..MIB], 1, b"\n\n") == line[6..MIB]);
}

#[test]
fn a_line_of_16_mib_of_each_other_kind() {
    for field in [": ", "event: ", "id: ", "retry: ", "unknown: "] {
        let mut decoder = decoder();
        feed(&mut decoder, field.as_bytes());
        for piece in vec![b'0'; HELD].chunks(1460) {
            feed(&mut decoder, piece);
        }
        let kept = !field.starts_with(':');
        assert_eq!(feed(&mut decoder, b"\n\n"), usize::from(kept), "{field}");
    }
}

#[test]
fn half_a_million_lines_of_one_event() {
    for line in ["data\n", "data:\r", "data: \r\n"] {
        let lines = line.repeat(500_000);
        assert!(data_of(lines.as_bytes(), 1460, b"\n\n") == vec![b'\n'; 499_999], "{line:?}");
    }
    for line in ["event\n", "event: x\r\n", "id: 1\n", "id: \0\n", "retry: 1\n", "retry: x\n", ":\n", "x\n"] {
        let lines = line.repeat(200_000);
        assert_eq!(data_of(lines.as_bytes(), 1460, b"data: x\n\n"), b"x", "{line:?}");
    }
}

#[test]
fn many_blank_lines_and_tiny_events() {
    for (block, events) in [
        ("\n", 0),
        (" \n\n", 0),
        (" \r\n\r\n", 0),
        (" \r\r", 0),
        ("\r", 0),
        ("\r\n", 0),
        (":\n\n", 0),
        ("data\n\n", 1),
        ("id\r\r", 1),
        ("x\n\n", 1),
    ] {
        let body = block.repeat(200_000);
        let pieces = body.as_bytes().chunks(4096);
        let mut decoder = decoder();
        assert_eq!(pieces.map(|piece| feed(&mut decoder, piece)).sum::<usize>(), 200_000 * events, "{block:?}");
    }
}

/// The last event ID is in force for every event after it: it must not be compared or copied for each.
#[test]
fn events_after_a_long_id() {
    for block in ["\n", "data: x\n\n", ":\n\n", "event: x\n\n"] {
        let mut decoder = decoder();
        feed(&mut decoder, b"id: ");
        feed(&mut decoder, &vec![b'x'; HELD]);
        feed(&mut decoder, b"\n\n");
        feed(&mut decoder, block.repeat(PIECES).as_bytes());
        assert_eq!(decoder.last_event_id().len(), HELD, "{block:?}");
    }
}

/// Whatever the open block holds, more lines and pieces of lines cost only themselves.
#[test]
fn lines_after_a_long_one() {
    for field in ["data: ", "event: ", "id: ", ": ", "unknown: "] {
        let mut decoder = decoder();
        feed(&mut decoder, field.as_bytes());
        feed(&mut decoder, &vec![b'x'; HELD]);
        (0..PIECES).for_each(|_| _ = feed(&mut decoder, b"x"));
        feed(&mut decoder, b"\n");
        (0..PIECES).for_each(|_| _ = feed(&mut decoder, b"data"));
        feed(&mut decoder, b"\n");
        for line in ["data\n", "x\n", ":\n", "retry: 1\n"] {
            feed(&mut decoder, line.repeat(PIECES).as_bytes());
        }
        assert_eq!(feed(&mut decoder, b"\n"), 1, "{field:?}");
    }
}

#[test]
fn pieces_without_bytes() {
    let mut decoder = decoder();
    for piece in [&b"\xEF\xBB"[..], b"", b"data: \xF0\x9F", b"", b"\r"] {
        (0..PIECES).for_each(|_| _ = feed(&mut decoder, b""));
        assert_eq!(feed(&mut decoder, piece), 0);
    }
    assert_eq!(feed(&mut decoder, b"\n\n"), 1);
}

/// A stream of nothing but keep-alives may go on for ever under a small limit, be they many or endless, and the limit
/// holds for lines of all kinds inside an event.
#[test]
fn a_small_limit_holds_and_does_not_add_up() {
    let options = Options { max_event_size: Some(1000), ..Options::default() };
    let mut decoder = EventDecoder::new(options.clone());
    feed(&mut decoder, ": keep-alive\n\nunknown\n".repeat(PIECES).as_bytes());
    for line in [": ", "unknown"] {
        feed(&mut decoder, line.as_bytes());
        (0..PIECES).for_each(|_| _ = feed(&mut decoder, b"xxxx"));
        assert_eq!(feed(&mut decoder, b"\ndata: x\n\n"), 1, "{line:?}");
    }
    let inside = ["id\n: ", "id\nunknown"];
    let fields = ["data: ", "event: ", "id: ", "retry: 1"];
    for line in [&inside[..], &fields, &["data\n", "id\n", "event: x\n"]].concat() {
        let mut decoder = EventDecoder::new(options.clone());
        let body = if line.ends_with('\n') { line.repeat(1000) } else { format!("{line}{}", "x".repeat(1000)) };
        let fault = decoder.next(&mut body.as_bytes()).unwrap_err();
        assert_eq!((fault.size, fault.limit, fault.event, fault.offset), (1001, 1000, 1, 1000), "{line:?}");
    }
}
