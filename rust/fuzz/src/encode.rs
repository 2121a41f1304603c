//! What is encoded comes out of a decoder as it went in, and no text becomes a field of its own.
//!
//! The input: a reconnection time or none, and then event, id and data, each up to a byte 0xFF.

use arbitrary::Unstructured;
use ssewire_core::{Options, Tail, encode, encode_comment};

use super::decode::decode;
use super::oracle::{Event, Outcome};

/// All that a decoder can be made to tell.
fn telling() -> Options {
    Options {
        max_event_size: None,
        tail: Tail::Dispatch,
        dispatch_empty: true,
        keep_nonstandard_lines: true,
        keep_comments: true,
    }
}

fn has_line_end(text: &str) -> bool {
    text.contains(['\r', '\n'])
}

/// What a decoder makes of lines that end with CR, LF or CRLF.
fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn check_event(event: &str, id: &str, data: &str, retry: Option<u64>) {
    let carried = |text: &str| !has_line_end(text) && !text.contains('\0');
    let event_is_written = !matches!(event, "" | "message");
    let Ok(wire) = encode(event, data, id, retry) else {
        let refused = (event_is_written && !carried(event)) || !carried(id);
        assert!(refused, "{event:?} and {id:?} were refused");
        return;
    };
    let Outcome { events, comments, .. } = decode(&[wire.as_bytes()], &telling());
    assert!(comments.is_empty(), "a comment in {wire:?}");
    let [found]: [Event; 1] = events.try_into().expect("one event is written");
    assert_eq!(found.name, if event_is_written { event } else { "message" });
    assert_eq!((found.data, found.id), (with_line_feeds(data), id.to_owned()));
    assert_eq!(found.retry, retry.filter(|&retry| i64::try_from(retry).is_ok()));
    assert_eq!(found.nonstandard_lines, "");
}

fn check_comment(text: &str) {
    let Ok(wire) = encode_comment(text) else { return assert!(text.contains('\0')) };
    let Outcome { events, comments, .. } = decode(&[wire.as_bytes()], &telling());
    assert!(events.is_empty(), "an event in {wire:?}");
    let lines: Vec<_> = comments.into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines.join("\n"), with_line_feeds(text));
}

fn check_all(mut input: Unstructured<'_>) -> arbitrary::Result<()> {
    let retry = input.arbitrary()?;
    let mut texts =
        input.take_rest().split(|&byte| byte == 0xFF).map(|text| String::from_utf8_lossy(text).into_owned());
    let [event, id, data] = std::array::from_fn(|_| texts.next().unwrap_or_default());
    check_event(&event, &id, &data, retry);
    check_comment(&data);
    Ok(())
}

/// Checks one input; one that is too short to be a case is none.
pub fn check(data: &[u8]) {
    _ = check_all(Unstructured::new(data));
}
