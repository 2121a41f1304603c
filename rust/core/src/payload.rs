//! What can be told of an event's data before any dialect is asked.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::event::Event;
use crate::fold::rows;
use crate::json::Payload;

impl Event<'_> {
    /// Whether an event that the end of input left unterminated can be trusted to be all there: a gateway dropped its blank
    /// line, but nothing was cut. Its data is one JSON object or array, or the sentinel, or it has none.
    pub fn is_whole(&self) -> bool {
        let text = self.text();
        let stray = String::from_utf8_lossy(self.stray);
        let error = stray.strip_prefix("error:").filter(|_| self.data.is_empty());
        match error {
            Some(error) => error.ends_with('\n') || is_document(error),
            None => self.data.is_empty() || is_sentinel(&text) || is_document(&text),
        }
    }
}

fn is_document(text: &str) -> bool {
    let payload = Payload::parse(text);
    payload.is_ok_and(|payload| payload.raw().is_object() || payload.raw().is_array()) || rows(text).is_some()
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
    // Of that many in a row one stands at a multiple of their number.
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
