//! What is known of an event's data before any dialect is asked: whether it is whole, the sentinel, or several payloads in one.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::framing::Event;
use crate::json::{Payload, is_whitespace};

impl Event<'_> {
    /// Whether an event that the end of input left unterminated can be trusted to be all there: a gateway dropped its blank
    /// line, but nothing was cut. Its data is one JSON object or array, or the sentinel, or it has none.
    pub fn is_whole(&self) -> bool {
        let text = self.text();
        let nonstandard_lines = String::from_utf8_lossy(self.nonstandard_lines);
        let error = nonstandard_lines.strip_prefix("error:").filter(|_| self.data.is_empty());
        match error {
            Some(error) => error.ends_with('\n') || is_document(error),
            None => self.data.is_empty() || is_sentinel(&text) || is_document(&text),
        }
    }
}

fn is_document(text: &str) -> bool {
    let whole = |payload: Payload<'_>| {
        payload.raw().is_object() || payload.raw().is_array() || inside_string(&payload).is_some()
    };
    Payload::parse(text).is_ok_and(whole) || rows("", text).is_some()
}

/// The text of an object that was written into a string: it was made JSON twice.
pub(crate) fn inside_string(payload: &Payload<'_>) -> Option<String> {
    let text = payload.raw().str()?;
    Payload::parse(&text).ok().filter(|inner| inner.raw().is_object())?;
    Some(text.into_owned())
}

/// One of the payloads of an event that has several.
pub(crate) struct Row<'a> {
    /// The type of its event.
    pub(crate) event: &'a str,
    /// `None` for the sentinel.
    pub(crate) payload: Option<Payload<'a>>,
}

/// The payloads of an event whose lines are one each: of servers that leave the blank lines out, or that make an event of
/// what is one already, so that the data contains its fields.
pub(crate) fn rows<'a>(event: &'a str, text: &'a str) -> Option<Vec<Row<'a>>> {
    let (mut rows, mut inner) = (vec![], event);
    for line in text.lines() {
        let line = without_field(line);
        if let Some(name) = line.strip_prefix("event:") {
            inner = name.trim();
        } else if line.is_empty() {
            inner = event;
        } else if is_sentinel(line) {
            rows.push(Row { event: inner, payload: None });
        } else {
            let payload = Payload::parse(line).ok().filter(|payload| payload.raw().is_object())?;
            rows.push(Row { event: inner, payload: Some(payload) });
        }
    }
    Some(rows).filter(|rows| !rows.is_empty())
}

/// A line without the `data:` that it begins with, once or more often.
fn without_field(mut line: &str) -> &str {
    loop {
        line = line.trim_matches(is_whitespace);
        match line.strip_prefix("data:") {
            Some(rest) => line = rest,
            None => return line,
        }
    }
}

/// `[DONE]`, which some servers pad and some quote.
pub(crate) fn is_sentinel(text: &str) -> bool {
    matches!(text.trim(), "[DONE]" | "\"[DONE]\"")
}

/// Whether a JSON object may have a member `error`: false only where it has none. Its name could be written with escapes.
pub fn may_be_error(object: &str) -> bool {
    static FINDERS: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| [Finder::new("\"error\""), Finder::new("\\u00")]);
    FINDERS.iter().any(|finder| finder.find(object.as_bytes()).is_some())
}

/// Whether JSON text may hold an integer that takes more than 64 bits: nineteen digits in a row.
pub fn may_have_huge_integer(text: &str) -> bool {
    const DIGITS: usize = 19;
    let bytes = text.as_bytes();
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // Of that many in a row one is at a multiple of their number.
    (0..bytes.len()).step_by(DIGITS).filter(|&at| bytes[at].is_ascii_digit()).any(|at| {
        let before = bytes[..at].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        before + digits(&bytes[at..]) >= DIGITS
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_huge_integers_are_never_overlooked() {
        assert!(may_be_error(r#"{"error": 1}"#) && may_be_error(r#"{"\u0065rror": 1}"#));
        assert!(!may_be_error(r#"{"a": "error \n"}"#));
        for before in 0..40 {
            for digits in 0..30 {
                let text = format!("{}{}x", "-".repeat(before), "7".repeat(digits));
                assert_eq!(may_have_huge_integer(&text), digits >= 19, "{text}");
            }
        }
    }
}
