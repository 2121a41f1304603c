//! Errors that a stream, or a response's body, carries.

use crate::json::{Payload, Raw, quote};

/// An API error in the provider's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The provider's message.
    pub message: String,
    /// The provider's code as JSON text: a string with most, a number with some.
    pub code: Option<String>,
    /// The provider's error type.
    pub kind: Option<String>,
    /// The HTTP status that the error itself tells.
    pub status: Option<u16>,
    /// The error as it was sent, as JSON text.
    pub body: String,
}

/// Where the message stands, by provider: the first that is there counts.
const MESSAGE: [&str; 5] = ["message", "error", "detail", "errorText", "error_message"];
const STATUS: [&str; 4] = ["status_code", "raw_status_code", "status", "code"];

impl ApiError {
    /// An error that is only text.
    pub(crate) fn of_text(text: &str) -> Self {
        Self { message: text.to_owned(), code: None, kind: None, status: None, body: quote(text) }
    }

    /// A payload that is no JSON, where the dialect has nothing but JSON.
    pub(crate) fn malformed(event: u64, text: &str, reason: &impl std::fmt::Display) -> Self {
        let begin: String = text.chars().take(80).collect();
        let message = format!("malformed payload: expected JSON in event {event}, got {begin:?}: {reason}");
        Self { kind: Some("malformed_payload".into()), ..Self { message, ..Self::of_text(text) } }
    }

    /// The error that a payload of a stream carries, in any of the shapes that no dialect uses for anything else: a
    /// truthy
    /// `error`, `"object": "error"`, `"type": "error"`, or anything under `event: error`.
    pub(crate) fn find(event: &str, payload: Raw<'_>) -> Option<Self> {
        if let Some(error) = payload.member("error").filter(|error| error.is_truthy()) {
            return Some(Self::of(error, payload));
        }
        let is_error = |name| payload.member(name).and_then(Raw::str).is_some_and(|text| text == "error");
        (event == "error" || is_error("object") || is_error("type")).then(|| Self::of(payload, payload))
    }

    /// The error that a whole body is, in any of the shapes that providers answer with.
    pub(crate) fn find_in_body(body: Raw<'_>) -> Option<Self> {
        if let [only] = body.items()[..] {
            return Self::find_in_body(only);
        }
        let found = Self::find("", body);
        let bare = || ["message", "detail"].iter().any(|name| body.member(name).is_some());
        found.or_else(|| (bare() && body.member("choices").is_none()).then(|| Self::of(body, body)))
    }

    /// The error that a line outside the standard is: `error: …`, or bare JSON.
    pub(crate) fn find_in_stray(stray: &str) -> Option<Self> {
        let (named, text) = match stray.strip_prefix("error:") {
            Some(rest) => (true, rest.trim()),
            None => (false, stray.trim()),
        };
        match Payload::parse(text) {
            Ok(payload) if named => Self::find("error", payload.raw()),
            Ok(payload) => Self::find_in_body(payload.raw()),
            Err(_) => named.then(|| Self::of_text(text)),
        }
    }

    /// Reads an error object, or text; what it lacks may stand beside it in the payload.
    pub(crate) fn of(error: Raw<'_>, payload: Raw<'_>) -> Self {
        let (inner, outer) = (Members(error), Members(payload));
        let either = |names: &[&str]| inner.first(names).or_else(|| outer.first(names));
        Self {
            message: message(error).unwrap_or_else(|| error.compact()),
            code: either(&["code"])
                .filter(|code| !code.is_object() && !code.is_array())
                .map(|code| code.as_str().to_owned()),
            kind: inner.first(&["type"]).or_else(|| outer.first(&["error_type"])).and_then(Raw::str).map(Into::into),
            status: STATUS.iter().find_map(|name| http_error(either(&[name])?)),
            body: payload.as_str().to_owned(),
        }
    }
}

/// Look-ups in what may be no object.
struct Members<'a>(Raw<'a>);

impl<'a> Members<'a> {
    fn first(&self, names: &[&str]) -> Option<Raw<'a>> {
        names.iter().find_map(|name| self.0.member(name))
    }
}

fn message(error: Raw<'_>) -> Option<String> {
    if let Some(text) = error.str() {
        return Some(text.into_owned());
    }
    let found = MESSAGE.iter().find_map(|name| error.member(name)).filter(|found| found.is_truthy())?;
    Some(found.str().map_or_else(|| found.compact(), std::borrow::Cow::into_owned))
}

fn http_error(status: Raw<'_>) -> Option<u16> {
    status.index().and_then(|status| u16::try_from(status).ok()).filter(|status| (400..600).contains(status))
}
