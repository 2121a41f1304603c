//! Payloads of any shape that a hostile or confused server may send, with the members that the merge rule knows in all
//! the wrong places: nothing panics, and what is told agrees with what is held.

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use crate::support::chat_cases::{Sum, accumulate, restored};
use crate::support::cuts::{bytewise, cut_at, shown};
use crate::support::json::Json;

/// Members of chunks, choices, deltas, calls, errors and usage.
const NAMES: [&str; 42] = [
    "choices",
    "delta",
    "index",
    "content",
    "role",
    "refusal",
    "reasoning",
    "reasoning_content",
    "thinking",
    "reasoning_details",
    "text",
    "summary",
    "signature",
    "type",
    "id",
    "tool_calls",
    "function",
    "custom",
    "name",
    "arguments",
    "input",
    "function_call",
    "finish_reason",
    "logprobs",
    "usage",
    "x_groq",
    "error",
    "message",
    "code",
    "object",
    "created",
    "model",
    "audio",
    "data",
    "transcript",
    "p",
    "obfuscation",
    "prompt_tokens",
    "citations",
    "annotations",
    "a",
    "",
];

const TEXTS: [&str; 12] = [
    r#""""#,
    r#""null""#,
    r#""a""#,
    r#""get_""#,
    r#""get_w""#,
    r#""\ud83d""#,
    r#""\ude00""#,
    r#""\ud83dx""#,
    r#""é😀""#,
    r#""\u0000""#,
    r#"" ""#,
    r#""nu""#,
];

const ARGUMENTS: [&str; 16] = [
    "null",
    r#""""#,
    r#""{""#,
    r#""}""#,
    r#""{}""#,
    r#""{\"k\":1}""#,
    r#"" {}""#,
    r#"" ""#,
    r#""[""#,
    r#""\\""#,
    r#""\"""#,
    r#""\ud83d""#,
    r#""NaN""#,
    r#""{\"a\":NaN}""#,
    "{}",
    r#"{"k": [1, null]}"#,
];

const OTHERS: [&str; 14] = [
    "null",
    "true",
    "false",
    "0",
    "1",
    "2",
    "-1",
    "1.5",
    "1e999",
    "9223372036854775808",
    "NaN",
    "-Infinity",
    "\"function_call\"",
    "\"chat.completion\"",
];

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![select(&TEXTS[..]), select(&ARGUMENTS[..]), select(&OTHERS[..])].prop_map(str::to_owned)
}

fn list(item: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::vec(item, 0..4).prop_map(|items| format!("[{}]", items.join(",")))
}

/// An object with some of the names, none twice: what is passed through may not make one out of two.
fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (subsequence(&NAMES[..], 0..=4), prop::collection::vec(value, 4)).prop_map(|(names, values)| {
        let members = names.iter().zip(values).map(|(name, value)| format!("\"{name}\":{value}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
    })
}

fn value() -> impl Strategy<Value = String> {
    scalar().prop_recursive(6, 24, 4, |inner| prop_oneof![2 => list(inner.clone()), 5 => object(inner)])
}

/// A member that is there or not.
fn member(name: &'static str, value: impl Strategy<Value = String>) -> impl Strategy<Value = Option<String>> {
    prop::option::of(value.prop_map(move |value| format!("\"{name}\":{value}")))
}

fn one_of(values: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(values).prop_map(str::to_owned)
}

fn joined(members: &[Option<String>]) -> String {
    format!("{{{}}}", members.iter().flatten().cloned().collect::<Vec<_>>().join(","))
}

fn function() -> impl Strategy<Value = String> {
    (member("name", one_of(&TEXTS)), member("arguments", one_of(&ARGUMENTS)))
        .prop_map(|(name, arguments)| joined(&[name, arguments]))
}

fn call() -> impl Strategy<Value = String> {
    let index = member("index", one_of(&["0", "1", "null", "\"0\""]));
    let kind = member("type", one_of(&["\"function\"", "null", "\"function_call\"", "\"custom\""]));
    (index, member("id", one_of(&TEXTS)), kind, member("function", function()))
        .prop_map(|(index, id, kind, function)| joined(&[index, id, kind, function]))
}

fn part() -> impl Strategy<Value = String> {
    let kind = member("type", one_of(&["\"text\"", "\"thinking\"", "\"image\"", "\"reasoning.text\""]));
    (kind, member("text", one_of(&TEXTS)), member("thinking", one_of(&TEXTS)), member("index", one_of(&["0", "1"])))
        .prop_map(|(kind, text, thinking, index)| joined(&[kind, text, thinking, index]))
}

fn delta() -> impl Strategy<Value = String> {
    let content = prop_oneof![one_of(&TEXTS), list(part())];
    let reasoning = member("reasoning", prop_oneof![4 => one_of(&TEXTS), 1 => value()]);
    let calls = (member("tool_calls", list(call())), member("function_call", function()));
    let texts =
        (member("content", content), reasoning, member("thinking", one_of(&TEXTS)), member("refusal", one_of(&TEXTS)));
    (texts, calls, member("reasoning_details", list(part())), member("audio", value())).prop_map(
        |((content, reasoning, thinking, refusal), (calls, legacy), details, audio)| {
            joined(&[content, reasoning, thinking, refusal, calls, legacy, details, audio])
        },
    )
}

fn chunk() -> impl Strategy<Value = String> {
    let delta = prop_oneof![4 => delta(), 1 => object(value())];
    let finish = member("finish_reason", one_of(&["null", "\"stop\"", "\"length\"", "\"\""]));
    let choice = (member("index", one_of(&["0", "1"])), member("delta", delta), finish, member("logprobs", value()));
    let choice = choice.prop_map(|(index, delta, finish, logprobs)| joined(&[index, delta, finish, logprobs]));
    (list(choice), member("usage", value()), member("x_groq", value()), member("citations", value())).prop_map(
        |(choices, usage, groq, citations)| joined(&[Some(format!("\"choices\":{choices}")), usage, groq, citations]),
    )
}

fn block() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => chunk().prop_map(|chunk| format!("data: {chunk}\n\n")),
        2 => object(value()).prop_map(|value| format!("data: {value}\n\n")),
        1 => value().prop_map(|value| format!("event: error\ndata: {value}\n\n")),
        1 => value().prop_map(|value| format!("error: {value}\n\n")),
        1 => value().prop_map(|value| format!("{value}\n\n")),
        1 => one_of(&["data: [DONE]\n\n", ": ping\n\n", "data: {\n\n", "data: {\"a\":", "data:\n\n"]),
    ]
}

fn body() -> impl Strategy<Value = String> {
    prop::collection::vec(block(), 0..6).prop_map(|blocks| blocks.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cuts_are_invisible(body in body(), points in prop::collection::vec(any::<Index>(), 0..4)) {
        let body = body.as_bytes();
        let whole = accumulate(&[body]);
        let points: Vec<_> = points.iter().map(|point| point.index(body.len() + 1)).collect();
        for pieces in [bytewise(body), cut_at(body, &points)] {
            let outcome = accumulate(&pieces);
            prop_assert_eq!(&outcome.deltas, &whole.deltas, "cut as {}", shown(&pieces));
            prop_assert_eq!(outcome.whole(), whole.whole(), "cut as {}", shown(&pieces));
        }
    }

    #[test]
    fn deltas_add_up_to_the_snapshot(body in body()) {
        let outcome = accumulate(&[body.as_bytes()]);
        prop_assert_eq!(Sum::of_deltas(&outcome.deltas), Sum::of_snapshot(&outcome.accumulator));
    }

    #[test]
    fn the_object_is_json_and_comes_back(body in body()) {
        let accumulator = accumulate(&[body.as_bytes()]).accumulator;
        Json::parse(&accumulator.object());
        let restored = restored(&accumulator);
        prop_assert_eq!(restored.object(), accumulator.object());
    }
}
