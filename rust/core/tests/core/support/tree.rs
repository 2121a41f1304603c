//! What the steps of a JSON text add up to, and the slow way to the same: cut the text back to where it can be closed,
//! close it, and parse it whole.

use serde_json::value::RawValue;
use ssewire_core::{Constant, NotJson, PartialJson, Step, Text};

use super::json::Json;

/// A value that grows by steps.
#[derive(Clone, Default)]
pub(crate) struct Tree {
    root: Option<Json>,
    /// Where the open brackets stand: the name or position of each below the one before.
    open: Vec<Place>,
    name: String,
}

#[derive(Clone)]
enum Place {
    Member(String),
    Item(usize),
    Root,
}

impl Tree {
    pub(crate) fn take(&mut self, step: Step<'_>) {
        match step {
            Step::Object => self.enter(Json::object([])),
            Step::Array => self.enter(Json::List(Vec::new())),
            Step::End => drop(self.open.pop().expect("something is open")),
            Step::Name(text) => self.name = text.into_str().into_owned(),
            Step::String(text) => drop(self.put(Json::Text(text.into_str().into_owned()))),
            Step::More(more) => self.lengthen(&more),
            Step::Number(digits) => drop(self.put(Json::parse(digits))),
            Step::Constant(constant) => drop(self.put(spelt(constant))),
        }
    }

    fn at(&mut self, place: &[Place]) -> &mut Json {
        place.iter().fold(self.root.as_mut().expect("a value has begun"), |value, place| match (value, place) {
            (value, Place::Root) => value,
            (Json::Object(members), Place::Member(name)) => members.get_mut(name).unwrap(),
            (Json::List(items), Place::Item(at)) => &mut items[*at],
            (value, _) => panic!("expected what was opened, got {value:?}"),
        })
    }

    fn put(&mut self, value: Json) -> Place {
        let open = self.open.clone();
        if open.is_empty() {
            assert!(self.root.replace(value).is_none(), "a second value");
            return Place::Root;
        }
        let name = self.name.clone();
        match self.at(&open) {
            Json::List(items) => {
                items.push(value);
                Place::Item(items.len() - 1)
            }
            object => {
                object.set(&name, value);
                Place::Member(name)
            }
        }
    }

    fn enter(&mut self, value: Json) {
        let place = self.put(value);
        self.open.push(place);
    }

    fn lengthen(&mut self, more: &Text<'_>) {
        assert!(!more.is_empty(), "a step that says nothing");
        let (open, name) = (self.open.clone(), self.name.clone());
        let last = if open.is_empty() { self.root.as_mut().unwrap() } else { self.at(&open) };
        let string = match last {
            Json::List(items) => items.last_mut().unwrap(),
            Json::Object(members) => members.get_mut(&name).unwrap(),
            other => other,
        };
        let Json::Text(text) = string else { panic!("expected a string to lengthen, got {string:?}") };
        text.push_str(&more.clone().into_str());
    }
}

fn spelt(constant: Constant) -> Json {
    match constant {
        Constant::Null => Json::null(),
        Constant::True => Json::of_bool(true),
        Constant::False => Json::of_bool(false),
        Constant::NaN => Json::Verbatim("NaN".into()),
        Constant::Infinity => Json::Verbatim("Infinity".into()),
        Constant::NegativeInfinity => Json::Verbatim("-Infinity".into()),
    }
}

/// What is certain after each of the pieces, up to the fault.
pub(crate) fn grow<'a>(pieces: impl IntoIterator<Item = &'a str>) -> (Vec<Option<Json>>, Option<NotJson>) {
    let (mut json, mut tree, mut seen) = (PartialJson::default(), Tree::default(), Vec::new());
    for piece in pieces {
        if let Err(fault) = json.feed(piece, &mut |step| tree.take(step)) {
            assert_eq!(json.feed("", &mut |step| panic!("{step:?} after a fault")).as_ref(), Err(&fault));
            return (seen, Some(fault));
        }
        seen.push(tree.root.clone());
    }
    (seen, None)
}

/// Whether the text is one value: nothing may follow it.
pub(crate) fn is_whole(text: &str) -> bool {
    let mut json = PartialJson::default();
    let fed = json.feed(text, &mut |_| {}).and_then(|()| json.feed(" ", &mut |_| {}));
    fed.is_ok() && json.feed("x", &mut |_| {}).is_err_and(|fault| fault.expected.starts_with("nothing"))
}

/// What is certain of a text that breaks off: what it gives when it is cut back as little as makes it possible to close.
pub(crate) fn certain(text: &str) -> Option<Json> {
    let text = without_number(text);
    let ends = (0..=text.len()).rev().filter(|&end| text.is_char_boundary(end));
    ends.map(|end| closed(&text[..end])).find(|text| is_text(text)).map(|text| Json::parse(&text))
}

/// The text without a number that it ends in, which may go on.
fn without_number(text: &str) -> &str {
    if scan(text).1 {
        return text;
    }
    let rest = text.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let begins_number = |c: char| c == '-' || c.is_ascii_digit();
    if text[rest.len()..].starts_with(begins_number) { rest } else { text }
}

/// The text, and what closes the brackets and the string that are open in it.
pub(crate) fn closed(text: &str) -> String {
    let (brackets, inside_string) = scan(text);
    let quote = inside_string.then_some('"');
    text.chars().chain(quote).chain(brackets.into_iter().rev()).collect()
}

/// The brackets that close what is open, outermost first, and whether a string is open.
fn scan(text: &str) -> (Vec<char>, bool) {
    let (mut brackets, mut inside, mut escaped) = (Vec::new(), false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            _ if inside => {}
            '{' => brackets.push('}'),
            '[' => brackets.push(']'),
            '}' | ']' => drop(brackets.pop()),
            _ => {}
        }
    }
    (brackets, inside)
}

/// Whether it is JSON, and its strings are Unicode text: half a pair is none.
fn is_text(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok()
}

pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok() && !text.is_empty()
}
