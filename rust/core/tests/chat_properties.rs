//! Payloads of any shape that a hostile or confused server may send, with the members that the merge rule knows in all
//! the wrong places: nothing panics, and what is told agrees with what is held.

mod chat_cases;
mod cuts;
mod json;

use chat_cases::{Sum, accumulate};
use cuts::{bytewise, cut_at, shown};
use json::Json;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use ssewire_core::{Accumulator, Usage};

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

/// Scalars: those that the merge rule tells apart, pieces of arguments, and what is hard to read.
const SCALARS: [&str; 40] = [
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
    "\"\"",
    "\"null\"",
    "\"a\"",
    "\"b\"",
    "\"get_\"",
    "\"get_w\"",
    "\"0\"",
    "\"{\"",
    "\"}\"",
    "\"{}\"",
    "\"{\\\"k\\\":1}\"",
    "\" {}\"",
    "\" \"",
    "\"[\"",
    "\"\\\\\"",
    "\"\\\"\"",
    "\"\\ud83d\"",
    "\"\\ude00\"",
    "\"\\ud83dx\"",
    "\"é😀\"",
    "\"\\u0000\"",
    "\"\u{2028}\"",
    "\"function_call\"",
    "\"custom\"",
    "\"thinking\"",
    "\"text\"",
    "\"error\"",
    "\"chat.completion\"",
];

fn value() -> impl Strategy<Value = String> {
    select(&SCALARS[..]).prop_map(str::to_owned).prop_recursive(6, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(",")));
        prop_oneof![2 => list, 5 => object(inner)]
    })
}

/// Members without the braces round them, none twice: what is passed through may not make one out of two.
fn members(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let values = prop::collection::vec(value, 4);
    (subsequence(NAMES.to_vec(), 0..=4), values).prop_map(|(names, values)| {
        let members = names.iter().zip(values).map(|(name, value)| format!("\"{name}\":{value}"));
        members.collect::<Vec<_>>().join(", ")
    })
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    members(value).prop_map(|members| format!("{{{members}}}"))
}

fn call() -> impl Strategy<Value = String> {
    let index = select(vec!["", "\"index\":0,", "\"index\":1,", "\"index\":\"0\","]);
    let id = select(vec!["", "\"id\":\"a\",", "\"id\":\"b\",", "\"id\":\"\","]);
    let name = select(vec!["", "\"name\":\"f\",", "\"name\":\"get_\",", "\"name\":\"get_w\","]);
    (index, id, name, select(&SCALARS[..])).prop_map(|(index, id, name, arguments)| {
        format!("{{{index}{id}\"function\":{{{name}\"arguments\":{arguments}}}}}")
    })
}

fn chunk() -> impl Strategy<Value = String> {
    let delta = prop_oneof![
        1 => call().prop_map(|call| format!("{{\"tool_calls\":[{call}]}}")),
        1 => (call(), call()).prop_map(|(one, other)| format!("{{\"tool_calls\":[{one},{other}]}}")),
        2 => object(value()),
        1 => (select(&NAMES[..]), object(value())).prop_map(|(name, of)| format!("{{\"{name}\":[{of}]}}")),
    ];
    let chunk = (0..3, delta, members(value()), members(value()));
    chunk.prop_map(|(index, delta, of_choice, of_chunk)| {
        format!(
            "{{\"choices\":[{{{of_choice}{}\"index\":{index},\"delta\":{delta}}}]{}{of_chunk}}}",
            comma(&of_choice),
            comma(&of_chunk)
        )
    })
}

fn comma(members: &str) -> &str {
    if members.is_empty() { "" } else { "," }
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => chunk().prop_map(|chunk| format!("data: {chunk}\n\n")),
        2 => value().prop_map(|value| format!("data: {value}\n\n")),
        1 => value().prop_map(|value| format!("event: error\ndata: {value}\n\n")),
        1 => value().prop_map(|value| format!("error: {value}\n\n")),
        1 => value().prop_map(|value| format!("{value}\n\n")),
        1 => select(vec!["data: [DONE]\n\n", ": ping\n\n", "data: {\n\n", "data: {\"a\":", "data:\n\n"])
            .prop_map(str::to_owned),
    ]
}

fn body() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 0..6).prop_map(|lines| lines.concat())
}

fn restored(accumulator: &Accumulator) -> Accumulator {
    let (error, done) = (accumulator.snapshot().error().cloned(), accumulator.snapshot().done());
    Accumulator::restore(accumulator.dialect(), &accumulator.object(), error, done).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

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
        prop_assert_eq!(restored.snapshot().usage().map(Usage::json), accumulator.snapshot().usage().map(Usage::json));
    }
}
