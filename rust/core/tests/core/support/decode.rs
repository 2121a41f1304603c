//! The decoder under test, run over pieces to the outcome that the oracle tells.

#![allow(dead_code, reason = "the fuzzers and the tests use a part each")]

use ssewire_core::{EventDecoder, EventTooLarge, Item, Options};

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

type Comments = Vec<(usize, String)>;

/// Feeds a piece, by `next` alone where that passes over no comment; the fault where there is one.
fn feed(
    decoder: &mut EventDecoder,
    mut piece: &[u8],
    events: &mut Vec<Event>,
    comments: &mut Option<Comments>,
) -> Option<EventTooLarge> {
    loop {
        let item = match comments {
            Some(_) => decoder.next_item(&mut piece),
            None => decoder.next(&mut piece).map(|event| event.map(Item::Event)),
        };
        match item {
            Ok(Some(Item::Event(event))) => events.push(owned(&event)),
            Ok(Some(Item::Comment(text))) => {
                let text = String::from_utf8_lossy(text).into_owned();
                comments.as_mut().expect("next gives no comment").push((events.len(), text));
            }
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
    drain_items(decoder, pieces, None)
}

fn drain_items(decoder: &mut EventDecoder, pieces: &[&[u8]], mut comments: Option<Comments>) -> Outcome {
    let (mut events, mut fault) = (Vec::new(), None);
    for piece in pieces {
        let found = feed(decoder, piece, &mut events, &mut comments);
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
    let (comments, last_event_id) = (comments.unwrap_or_default(), decoder.last_event_id().to_owned());
    Outcome { events, comments, last_event_id, retry: decoder.retry(), fault }
}

pub(crate) fn decode(pieces: &[&[u8]], options: &Options) -> Outcome {
    let comments = options.keep_comments.then(Vec::new);
    drain_items(&mut EventDecoder::new(options.clone()), pieces, comments)
}

/// The same by `next` alone, which gives no comments.
pub(crate) fn decode_events(pieces: &[&[u8]], options: &Options) -> Outcome {
    drain(&mut EventDecoder::new(options.clone()), pieces)
}
