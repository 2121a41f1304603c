//! Errors that a stream, or a response's body, carries.

use std::fmt;

use crate::json::{Object, Payload, Raw, Text, quote};

/// An API error in the provider's words. Displayed, it is its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The provider's message.
    pub message: String,
    /// The provider's code as JSON text: a string with most, a number with some.
    pub code: Option<String>,
    /// The provider's error type.
    pub kind: Option<String>,
    /// The HTTP status that the error itself states.
    pub status: Option<u16>,
    /// The error as it was sent, as JSON text.
    pub body: String,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}

/// The members that may be the message, by provider: the first that is there counts.
const MESSAGE: [&str; 11] = [
    "message",
    "error",
    "detail",
    "errorText",
    "error_message",
    "errorMessage",
    "error_msg",
    "errmsg",
    "status_msg",
    "msg",
    "title",
];
const CODE: [&str; 5] = ["code", "error_code", "errorCode", "errcode", "status_code"];
const STATUS: [&str; 5] = ["status_code", "raw_status_code", "status", "statusCode", "code"];

/// The members by which an envelope with any content is recognized.
const CARGO: [&str; 6] = ["choices", "data", "result", "output", "content", "delta"];

impl ApiError {
    /// The provider's code as text: a number as it was sent.
    pub fn code_text(&self) -> Option<String> {
        let code = Payload::parse(self.code.as_deref()?).ok()?;
        code.raw().scalar().map(|code| code.into_str().into_owned())
    }

    /// An error that is only text.
    pub(crate) fn of_text(text: &str) -> Self {
        Self { message: text.to_owned(), code: None, kind: None, status: None, body: quote(text) }
    }

    /// An error that a payload only says there is, without an error object of its own.
    pub(crate) fn reported(payload: &Object<'_>, message: &str) -> Self {
        Self { body: payload.raw().as_str().to_owned(), ..Self::of_text(message) }
    }

    /// A payload that is not JSON, in a dialect that has nothing but JSON.
    pub(crate) fn malformed(event: u64, text: &str, reason: &impl std::fmt::Display) -> Self {
        let begin: String = text.chars().take(80).collect();
        let message = format!("malformed payload: expected JSON in event {event}, got {begin:?}: {reason}");
        Self { kind: Some("malformed_payload".into()), ..Self { message, ..Self::of_text(text) } }
    }

    /// The error in a payload of a stream, in any of the shapes that no dialect uses for anything else: a truthy
    /// `error`, `"object": "error"`, `"type": "error"`, anything under `event: error`, or a `base_resp` with a
    /// status.
    pub(crate) fn find(event: &str, payload: &Object<'_>) -> Option<Self> {
        // Next to a call's id it is a tool's error, after which the answer may continue.
        if let Some(error) = payload.truthy("error").filter(|_| payload.get("toolCallId").is_none()) {
            return Some(Self::of(error, payload));
        }
        if let Some(status) = payload.get("base_resp").filter(|status| says_failure(status.object().get("status_code")))
        {
            return Some(Self::of(status, payload));
        }
        let named = event == "error" || payload.str("object") == "error" || payload.str("type") == "error";
        named.then(|| Self::of(payload.raw(), payload))
    }

    /// The error in a payload that no dialect recognizes: a message next to a code or a status that says failure, and
    /// no other content. Where the stream's dialect is known, a word is such a code too.
    pub(crate) fn find_in_unknown(payload: &Object<'_>, known: bool) -> Option<Self> {
        if brings_more(payload) || payload.get("message").is_some_and(says_success) {
            return None;
        }
        if let Some(first) = payload.get("errors").and_then(|errors| errors.objects().first().copied()) {
            return Some(Self::of(first, payload));
        }
        if !MESSAGE.iter().any(|name| payload.truthy(name).is_some()) {
            return None;
        }
        let word = |code: Raw<'_>| known && code.text().is_some_and(|word| !word.is_empty()) && !says_success(code);
        let code = CODE.iter().filter_map(|name| payload.get(name)).any(|code| says_failure(Some(code)) || word(code));
        let status = ["status", "statusCode"].iter().any(|name| payload.get(name).and_then(http_error).is_some());
        let failed = payload.get("success").is_some_and(|success| success.as_str() == "false");
        let said = matches!(payload.str("status").as_ref(), "error" | "failed" | "failure");
        (code || status || failed || said).then(|| Self::of(payload.raw(), payload))
    }

    /// The error in a payload that no dialect recognizes, if the payload is nothing else: a body of that kind is sent
    /// as an event.
    pub(crate) fn find_alone(payload: &Object<'_>) -> Option<Self> {
        Self::find_in_body(payload.raw()).filter(|_| !brings_more(payload))
    }

    /// The error in a whole body, in any of the shapes that providers answer with.
    pub(crate) fn find_in_body(body: Raw<'_>) -> Option<Self> {
        if let [only] = body.items()[..] {
            return Self::find_in_body(only);
        }
        let body = body.object();
        let has_message =
            body.get("detail").is_some() || body.get("message").is_some_and(|message| message.text().is_some());
        let fine = ["message", "code", "status"].iter().filter_map(|name| body.get(name)).any(says_success);
        let bare = has_message && !fine && body.get("choices").is_none();
        let found = Self::find("", &body).or_else(|| Self::find_in_unknown(&body, true));
        found.or_else(|| bare.then(|| Self::of(body.raw(), &body)))
    }

    /// The error in a line outside the standard: `error: …`, or bare JSON.
    pub(crate) fn find_in_nonstandard_lines(nonstandard_lines: &str) -> Option<Self> {
        let (named, text) = match nonstandard_lines.strip_prefix("error:") {
            Some(rest) => (true, rest.trim()),
            None => (false, nonstandard_lines.trim()),
        };
        // Nothing else can be an error, and there may be many such lines.
        if !named && !text.starts_with(['{', '[']) {
            return None;
        }
        match Payload::parse(text) {
            Ok(payload) if named => Self::find("error", &payload.raw().object()),
            Ok(payload) => Self::find_in_body(payload.raw()),
            Err(_) => (named && !text.is_empty()).then(|| Self::of_text(text)),
        }
    }

    /// Reads an error object, or text; what it lacks may be next to it in the payload.
    pub(crate) fn of(error: Raw<'_>, payload: &Object<'_>) -> Self {
        let inner = error.object();
        let either = |name: &&str| inner.get(name).or_else(|| payload.get(name));
        let codes = CODE.iter().flat_map(|name| [inner.get(name), payload.get(name)]).flatten();
        let code = codes.into_iter().find(|code| !code.is_object() && !code.is_array());
        Self {
            message: message(&inner),
            code: code.map(|code| code.as_str().to_owned()),
            kind: inner.get("type").or_else(|| payload.get("error_type")).and_then(Raw::str).map(Into::into),
            status: STATUS.iter().find_map(|name| http_error(either(name)?)),
            body: payload.raw().as_str().to_owned(),
        }
    }
}

fn message(error: &Object<'_>) -> String {
    let found = MESSAGE.iter().find_map(|name| error.truthy(name)).unwrap_or(error.raw());
    found.str().map_or_else(|| found.compact(), std::borrow::Cow::into_owned)
}

/// Whether a payload has anything that errors do not: a type of its own, or the content of an envelope.
fn brings_more(payload: &Object<'_>) -> bool {
    let kind = payload.str("type");
    let of_errors = ["error", "about:", "http"].iter().any(|part| kind.contains(part));
    !(kind.is_empty() || of_errors) || CARGO.iter().any(|name| payload.truthy(name).is_some())
}

/// Whether a code is a number, perhaps in a string, that says failure.
fn says_failure(code: Option<Raw<'_>>) -> bool {
    let number = code.and_then(|code| code.str().unwrap_or(code.as_str().into()).parse::<i64>().ok());
    number.is_some_and(|number| number != 0 && !(100..300).contains(&number))
}

/// Whether a code, or a word, says success.
fn says_success(code: Raw<'_>) -> bool {
    let word = code.scalar().map(Text::into_str).unwrap_or_default().to_lowercase();
    let number = word.parse::<i64>();
    number.is_ok_and(|number| number == 0 || (100..300).contains(&number))
        || matches!(word.as_str(), "ok" | "success" | "succeeded")
}

fn http_error(status: Raw<'_>) -> Option<u16> {
    status.index().and_then(|status| u16::try_from(status).ok()).filter(|status| (400..600).contains(status))
}
