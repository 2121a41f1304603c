//! JSON text that broke off, completed to the value that is certain of it: what is open is closed, and what is not
//! certain is left out.

use super::partial::PartialJson;
use super::step::Step;
use super::text::{Text, TextBuffer};
use super::write::quote;
use crate::limits::PAYLOAD_DEPTH;

/// The value that is certain of JSON text, with everything that is open closed; `None` where nothing is certain.
pub(crate) fn close_prefix(text: &str) -> Option<String> {
    let mut out = Prefix::default();
    // What is certain before a fault counts; the text itself is kept elsewhere.
    _ = PartialJson::default().feed(text, &mut |step| out.take(step));
    out.close()
}

#[derive(Default)]
struct Prefix {
    out: String,
    /// The closing brackets of those that are open, each with whether anything follows the opening one.
    open: Vec<(char, bool)>,
    /// A name whose value has not come yet.
    name: Option<String>,
    string: Option<TextBuffer>,
    /// It is nested deeper than any reader accepts: what follows is left out.
    too_deep: bool,
}

impl Prefix {
    fn take(&mut self, step: Step<'_>) {
        self.too_deep |= self.open.len() >= PAYLOAD_DEPTH && matches!(step, Step::Object | Step::Array);
        if self.too_deep {
            return;
        }
        if let Step::More(more) = &step {
            self.string.get_or_insert_default().push(more);
            return;
        }
        self.end_string();
        match step {
            Step::Object => self.begin("{", '}'),
            Step::Array => self.begin("[", ']'),
            Step::End => self.out.extend(self.open.pop().map(|(close, _)| close)),
            Step::Name(name) => self.name = Some(quote(&name.into_str())),
            Step::String(text) => self.string = Some(buffer(&text)),
            Step::Number(digits) => self.value(digits),
            Step::Constant(constant) => self.value(constant.word()),
            Step::More(_) => {}
        }
    }

    fn begin(&mut self, bracket: &str, close: char) {
        self.value(bracket);
        self.open.push((close, false));
    }

    fn value(&mut self, json: &str) {
        if let Some((_, filled)) = self.open.last_mut()
            && std::mem::replace(filled, true)
        {
            self.out.push(',');
        }
        if let Some(name) = self.name.take() {
            self.out.extend([&name, ":"]);
        }
        self.out.push_str(json);
    }

    fn end_string(&mut self) {
        if let Some(mut text) = self.string.take() {
            text.flush_surrogates();
            self.value(&quote(text.as_str()));
        }
    }

    fn close(mut self) -> Option<String> {
        self.end_string();
        self.out.extend(self.open.iter().rev().map(|(close, _)| close));
        Some(self.out).filter(|out| !out.is_empty())
    }
}

fn buffer(text: &Text<'_>) -> TextBuffer {
    let mut buffer = TextBuffer::default();
    buffer.push(text);
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_closed() {
        for (text, value) in [
            (r#"{"a": [1, 2"#, r#"{"a":[1]}"#),
            (r#"{"a": {"b": "x\u00e9y"#, r#"{"a":{"b":"xéy"}}"#),
            (r#"{"a": tru"#, "{}"),
            (r#"{"a": null, "b"#, r#"{"a":null}"#),
            (r#"{"a": [], "b": {}}"#, r#"{"a":[],"b":{}}"#),
            (r#"[1, "2", true, x"#, r#"[1,"2",true]"#),
        ] {
            assert_eq!(close_prefix(text).as_deref(), Some(value), "{text}");
        }
        let deep = close_prefix(&"[".repeat(1000)).unwrap();
        assert_eq!(deep, "[".repeat(PAYLOAD_DEPTH) + &"]".repeat(PAYLOAD_DEPTH));
        assert_eq!(close_prefix(""), None);
        assert_eq!(close_prefix("tru"), None);
    }
}
