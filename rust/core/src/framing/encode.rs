//! Events -> bytes: an event in the form in which it is sent.

use std::fmt;

/// A field holds a character that would end its line or be dropped by every decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unencodable {
    field: &'static str,
    found: char,
}

impl fmt::Display for Unencodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, found } = self;
        write!(
            f,
            "{field}: expected text without CR, LF or NUL, got {found:?} in it: it would end the line or inject one"
        )
    }
}

impl std::error::Error for Unencodable {}

/// The wire form of an event, its blank line included.
///
/// Each line of `data` becomes a `data` field; CR and CRLF in it end lines as LF does, since no event stream can carry
/// them.
///
/// # Errors
/// `event` or `id` with CR, LF or NUL.
pub fn encode(event: &str, data: &str, id: &str, retry: Option<u64>) -> Result<String, Unencodable> {
    let mut out = String::with_capacity(data.len() + 16);
    if event != "message" && !event.is_empty() {
        push_field(&mut out, "event", event)?;
    }
    if !id.is_empty() {
        push_field(&mut out, "id", id)?;
    }
    if let Some(retry) = retry {
        push_field(&mut out, "retry", &retry.to_string())?;
    }
    for line in data.replace("\r\n", "\n").split(['\n', '\r']) {
        push_field(&mut out, "data", line)?;
    }
    out.push('\n');
    Ok(out)
}

fn push_field(out: &mut String, field: &'static str, value: &str) -> Result<(), Unencodable> {
    let unsafe_here = |c: &char| matches!(c, '\r' | '\n') || (*c == '\0' && field != "data");
    if let Some(found) = value.chars().find(unsafe_here) {
        return Err(Unencodable { field, found });
    }
    out.extend([field, ": ", value, "\n"]);
    Ok(())
}
