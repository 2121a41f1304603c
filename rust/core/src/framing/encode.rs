//! Events and comments -> bytes, in the form in which they are sent.

use std::fmt;

/// A field holds a character that would end its line or be dropped by every decoder, or a comment one that ends it for some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unencodable {
    field: &'static str,
    forbidden: &'static str,
    found: char,
}

impl fmt::Display for Unencodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, forbidden, found } = self;
        write!(f, "{field}: expected text without {forbidden}, got {found:?} in it: no event stream can carry it there")
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
    for line in lines(data).split('\n') {
        push_field(&mut out, "data", line)?;
    }
    out.push('\n');
    Ok(out)
}

/// The wire form of a comment, which decoders skip: what a server sends from time to time so that proxies and clients do not take
/// an idle stream for a dead one (HTML standard, 9.2.7).
///
/// Each line of the text, after CR, LF or CRLF, is a comment line of its own, so that none is read as a field. The blank line
/// behind keeps the comment apart from the next event, also for readers that split at blank lines: it is sent between events.
///
/// # Errors
/// NUL in the text, where readers that take it for the end of a string would stop.
///
/// # Examples
/// ```
/// assert_eq!(ssewire_core::encode_comment("a\ndata: b")?, ": a\n: data: b\n\n");
/// # Ok::<(), ssewire_core::Unencodable>(())
/// ```
pub fn encode_comment(text: &str) -> Result<String, Unencodable> {
    if text.contains('\0') {
        return Err(Unencodable { field: "comment", forbidden: "NUL", found: '\0' });
    }
    let mut out = String::with_capacity(text.len() + 8);
    for line in lines(text).split('\n') {
        out.extend([": ", line, "\n"]);
    }
    out.push('\n');
    Ok(out)
}

/// The text with LF where CRLF and CR ended lines.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn push_field(out: &mut String, field: &'static str, value: &str) -> Result<(), Unencodable> {
    let unsafe_here = |c: &char| matches!(c, '\r' | '\n') || (*c == '\0' && field != "data");
    if let Some(found) = value.chars().find(unsafe_here) {
        return Err(Unencodable { field, forbidden: "CR, LF or NUL", found });
    }
    out.extend([field, ": ", value, "\n"]);
    Ok(())
}
