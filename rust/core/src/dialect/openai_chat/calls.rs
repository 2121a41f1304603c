//! Tool calls, in the shapes in which a delta has them.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};

use crate::json::{Object, Raw, Text};
use crate::snapshot::{CallFragment, Choice, Lists, Sink, ToolCall};

/// The kind of the one call that the deprecated `function_call` member streams.
const LEGACY: &str = "function_call";

/// What a server says of one call, in whatever shape: its name and its arguments may be in a `function`, in a
/// `custom` or in the call itself, and so may its id.
pub(in crate::dialect) struct Said<'a> {
    item: Object<'a>,
    function: Object<'a>,
    id: Cow<'a, str>,
    kind: Cow<'a, str>,
    pub(in crate::dialect) name: Cow<'a, str>,
}

impl<'a> Said<'a> {
    pub(in crate::dialect) fn of(item: Raw<'a>) -> Self {
        let item = item.object();
        let function = item.first(&["function", "custom"]).unwrap_or_default();
        let named = function.text().map(Text::into_str);
        let function = function.object();
        let either =
            |name| Some(word(&function, name)).filter(|word| !word.is_empty()).unwrap_or_else(|| word(&item, name));
        let (id, name) = (either("id"), named.unwrap_or_else(|| either("name")));
        Self { id, kind: word(&item, "type"), name, item, function }
    }

    /// The piece of a call that this is, with its position in a list and the list's length.
    pub(in crate::dialect) fn piece(&self, index: Option<i64>, list_position: (usize, usize)) -> CallFragment<'_> {
        CallFragment {
            index,
            list_position,
            id: &self.id,
            kind: &self.kind,
            name: &self.name,
            arguments: self.arguments(),
        }
    }

    /// The arguments as text; what a server sends instead is written out as JSON.
    fn arguments(&self) -> Text<'a> {
        let arguments = self.function.first(&["arguments", "input"]);
        let arguments = arguments.or_else(|| self.item.first(&["arguments", "input"]));
        arguments.map(Raw::text_or_json).unwrap_or_default()
    }

    /// Whether one of these calls has the same name and arguments.
    fn is_among(&self, calls: Option<Raw<'_>>) -> bool {
        let calls = calls.map(Raw::listed).unwrap_or_default();
        let same = |call: &Said<'_>| (call.name.as_ref(), call.arguments()) == (self.name.as_ref(), self.arguments());
        calls.into_iter().map(Said::of).any(|call| same(&call))
    }

    fn index(&self) -> Option<i64> {
        self.item.get("index").and_then(Raw::index)
    }

    /// Keeps the members that no rule names.
    pub(super) fn keep(&self, call: &mut ToolCall, lists: Lists) {
        for (name, value) in self.item.iter() {
            if !matches!(name, "index" | "id" | "type" | "function" | "custom" | "name" | "arguments" | "input") {
                call.fields.merge(name, value, lists);
            }
        }
        for (name, value) in self.function.iter() {
            if !matches!(name, "id" | "name" | "arguments" | "input") {
                call.function_fields.merge(name, value, lists);
            }
        }
    }
}

/// A member that is a word or a number; null, `""` and the string `"null"` all mean none.
pub(super) fn word<'a>(owner: &Object<'a>, name: &str) -> Cow<'a, str> {
    owner.get(name).map(said).unwrap_or_default()
}

pub(super) fn said(value: Raw<'_>) -> Cow<'_, str> {
    let word = if value.is_number() { Some(Cow::Borrowed(value.as_str())) } else { value.str() };
    word.filter(|word| word != "null").unwrap_or_default()
}

/// Merges the pieces of calls that one delta has.
pub(super) fn fold(choice: &mut Choice, calls: Raw<'_>, out: &mut Sink<'_>) {
    let items = calls.listed();
    for (at, item) in items.iter().enumerate() {
        if choice.tool_calls.is_full() {
            break;
        }
        let said = Said::of(*item);
        let position = choice.add_tool_call(&said.piece(said.index(), (at, items.len())), out);
        said.keep(choice.tool_calls.at(position), Lists::Extend);
    }
}

/// The deprecated single call: kept as a tool call of its own kind, so that its deltas are like any other's. Where it
/// only repeats one of the tool calls of the same delta, it is ignored.
pub(super) fn fold_legacy(choice: &mut Choice, function: Raw<'_>, beside: Option<Raw<'_>>, out: &mut Sink<'_>) {
    let said = Said::of(function);
    if function.is_object() && !said.is_among(beside) {
        choice.add_legacy_call(LEGACY, &said.name, said.piece(None, (0, 1)).arguments, out);
    }
}

/// Merges a complete list of calls: each is the call with its id, or else the first that is left and may have the
/// same name.
pub(super) fn fold_whole(choice: &mut Choice, calls: Raw<'_>, out: &mut Sink<'_>) {
    let items: Vec<_> = calls.listed().into_iter().map(Said::of).collect();
    let known: Vec<_> = items.iter().map(|said| choice.tool_calls.by_id(&said.id)).collect();
    let mut left = Left::of(choice.tool_calls.as_slice(), known.iter().flatten());
    for (at, said) in items.iter().enumerate() {
        if choice.tool_calls.is_full() {
            break;
        }
        let piece = said.piece(None, (at, items.len()));
        let position = match known[at].or_else(|| left.take(&said.name)) {
            Some(position) => {
                choice.complete_tool_call(position, &piece, out);
                position
            }
            None => choice.begin_tool_call(&piece, out),
        };
        said.keep(choice.tool_calls.at(position), Lists::Replace);
    }
}

/// The calls that no item of a list was found for yet.
struct Left {
    taken: Vec<bool>,
    /// No call is left before this position.
    next: usize,
    /// Positions by name; those of calls without one under `""`.
    by_name: HashMap<String, VecDeque<usize>>,
}

impl Left {
    fn of<'k>(calls: &[ToolCall], known: impl Iterator<Item = &'k usize>) -> Self {
        let mut left = Self { taken: vec![false; calls.len()], next: 0, by_name: HashMap::new() };
        known.for_each(|&position| left.taken[position] = true);
        for (position, call) in calls.iter().enumerate() {
            let name = call.name().unwrap_or_default().to_owned();
            left.by_name.entry(name).or_default().push_back(position);
        }
        left
    }

    /// Takes the first call that is left and has that name, or none; of any name where none is given.
    fn take(&mut self, name: &str) -> Option<usize> {
        let position = match name {
            "" => self.first(),
            name => [self.first_of(name), self.first_of("")].into_iter().flatten().min(),
        };
        position.inspect(|&position| self.taken[position] = true)
    }

    fn first(&mut self) -> Option<usize> {
        while self.taken.get(self.next).copied()? {
            self.next += 1;
        }
        Some(self.next)
    }

    fn first_of(&mut self, name: &str) -> Option<usize> {
        let positions = self.by_name.get_mut(name)?;
        while self.taken[*positions.front()?] {
            positions.pop_front();
        }
        positions.front().copied()
    }
}

/// Merges the deprecated single call of a whole message, whose arguments are complete.
pub(super) fn fold_whole_legacy(choice: &mut Choice, function: Raw<'_>, beside: Option<Raw<'_>>, out: &mut Sink<'_>) {
    match choice.tool_calls.legacy_call() {
        Some(position) => choice.complete_tool_call(position, &Said::of(function).piece(None, (0, 1)), out),
        None => fold_legacy(choice, function, beside, out),
    }
}
