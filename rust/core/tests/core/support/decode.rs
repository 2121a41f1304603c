//! The decoder under test, run over pieces to the outcome that the oracle tells.

#![allow(dead_code, reason = "the fuzzers and the tests use a part each")]

use ssewire_core::{EventDecoder, EventTooLarge, Options};

use super::oracle::{Event, Outcome};

fn owned(event: &ssewire_core::Event<'_>) -> Event {
    Event {
        name: event.event.to_owned(),
        data: event.text().into_owned(),
        id: event.id.to_owned(),
        retry: event.retry,
        nonstandard_lines: String::from_utf8_lossy(event.nonstandard_lines).into_owned(),
    }
}

/// Feeds a piece; the fault where there is one.
fn feed(decoder: &mut EventDecoder, mut piece: &[u8], events: &mut Vec<Event>) -> Option<EventTooLarge> {
    loop {
        match decoder.next(&mut piece) {
            Ok(Some(event)) => events.push(owned(&event)),
            Ok(None) => {
                assert!(piece.is_empty(), "the decoder left {piece:?}");
                return None;
            }
            Err(fault) => return Some(fault),
        }
    }
}

/// Feeds the pieces and closes the decoder. A fault has to come again at every later feed, and from `close` only where
/// no feed gave it.
pub(crate) fn drain(decoder: &mut EventDecoder, pieces: &[&[u8]]) -> Outcome {
    let (mut events, mut fault) = (Vec::new(), None);
    for piece in pieces {
        let found = feed(decoder, piece, &mut events);
        assert!(fault.is_none() || found == fault, "the fault changed from {fault:?} to {found:?}");
        fault = found;
    }
    match decoder.close() {
        Ok(last) => events.extend(last.as_ref().map(owned)),
        Err(found) => {
            assert_eq!(fault, None, "close gave a fault again");
            fault = Some(found);
        }
    }
    Outcome { events, last_event_id: decoder.last_event_id().to_owned(), retry: decoder.retry(), fault }
}

pub(crate) fn decode(pieces: &[&[u8]], options: &Options) -> Outcome {
    drain(&mut EventDecoder::new(options.clone()), pieces)
}
