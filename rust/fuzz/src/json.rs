//! A payload is taken for JSON where it is, and its strings have the text that they have.
//!
//! The input: one byte that chooses what is made of the rest.

use ssewire_core::{Accumulator, Delta, Dialect};

use super::plain_json::{depth, units};

/// Deeper than this is refused.
const MAX_DEPTH: usize = 128;

fn is_malformed(accumulator: &Accumulator) -> bool {
    let error = accumulator.snapshot().error();
    error.and_then(|error| error.kind.as_deref()) == Some("malformed_payload")
}

/// Feeds one payload; `None` where it is none at all.
fn fold(payload: &str) -> Option<Accumulator> {
    let blank = payload.bytes().all(|byte| byte.is_ascii_whitespace());
    if blank || payload.contains("[DONE]") || payload.contains("malformed_payload") {
        return None;
    }
    let mut accumulator = Accumulator::builder().dialect(Dialect::OpenAiChat).build();
    let check = &mut |delta: Delta<'_>| {
        if let Delta::Other { json, .. } = delta {
            assert!(depth(json).is_some(), "what is told is no JSON: {json:?}");
        }
    };
    accumulator.feed_event("message", payload, check).expect("no limit is crossed");
    Some(accumulator)
}

fn is_json(text: &str) -> bool {
    depth(text).is_some_and(|depth| depth <= MAX_DEPTH)
}

/// Whether each line is a payload, be it with the names of the fields of an event: some servers leave the blank lines out, and
/// some make an event of what is one already.
fn are_payloads(text: &str) -> bool {
    let lines = text.lines().map(without_field).filter(|line| !line.is_empty() && !line.starts_with("event:"));
    let objects: Vec<_> = lines.map(|line| line.starts_with('{') && is_json(line)).collect();
    !objects.is_empty() && objects.iter().all(|&object| object)
}

/// A line without the `data:` that it begins with, which may be there more than once.
fn without_field(line: &str) -> &str {
    let line = line.trim_matches([' ', '\t', '\n', '\r']);
    line.strip_prefix("data:").map_or(line, without_field)
}

fn check_payload(payload: &str) {
    let Some(accumulator) = fold(payload) else { return };
    let readable = is_json(payload) || are_payloads(payload);
    assert_eq!(is_malformed(&accumulator), !readable, "{payload:?}");
    let object = accumulator.object();
    assert!(depth(&object).is_some(), "the object is no JSON: {object}");
}

fn check_text(written: &str) {
    let payload = format!(r#"{{"choices":[{{"delta":{{"content":"{written}"}}}}]}}"#);
    check_payload(&payload);
    let Some(units) = units(&format!("\"{written}\"")) else { return };
    let Some(mut accumulator) = fold(&payload) else { return };
    accumulator.flush(|_| {});
    let content = accumulator.snapshot().find_choice(0).unwrap().content().map(str::to_owned);
    assert_eq!(content, Some(String::from_utf16_lossy(&units)), "{written:?}");
}

/// Checks one input.
pub fn check(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    match kind % 4 {
        0 => check_payload(&text),
        1 => check_text(&text),
        2 => check_payload(&format!(r#"{{"choices":[{{"delta":{{"x":{text}}}}}]}}"#)),
        _ => check_payload(&format!(r#"{{"choices":[{text}]}}"#)),
    }
}
