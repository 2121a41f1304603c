//! A payload that repeats the shape of the one before is folded as the full parse folds it.
//!
//! The slow path beside the fast one: a payload that no dialect knows, between any two, voids the shape that was learned.

use proptest::prelude::*;
use ssewire_core::{Accumulator, Delta};

/// Payloads with `@` where a string's text comes.
const SHAPES: [&str; 24] = [
    r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"@"},"finish_reason":null}]}"#,
    r#"{"id":"c","model":"n","choices":[{"index":0,"delta":{"content":"@"},"finish_reason":null}]}"#,
    r#"{"choices":[{"index":1,"delta":{"content":"@"},"logprobs":null}],"obfuscation":"@"}"#,
    r#"{"choices":[{"delta":{"role":"assistant","content":"@","refusal":null},"p":"@"}],"usage":null}"#,
    r#"{"choices":[{"delta":{"reasoning_content":"@","content":null}}],"provider":"P"}"#,
    r#"{"choices":[{"delta":{"reasoning":"@","content":""}}],"provider":"Q"}"#,
    r#"{"choices":[{"delta":{"reasoning":"@","reasoning_content":"@"}}]}"#,
    r#"{"choices":[{"delta":{"reasoning":"@","reasoning_details":[{"type":"t","text":"@"}]}}]}"#,
    r#"{"choices":[{"delta":{"content":"@","reasoning":"@"}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"type":"function","id":null,"function":{"arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"content":"@","tool_calls":[{"index":0,"id":"a","function":{"arguments":"x"}}]}}]}"#,
    r#"{"choices":[{"delta":{"content":"@","tool_calls":[]}}]}"#,
    r#"{"choices":[{"delta":{"content":"@","audio":1}}]}"#,
    r#"{"choices":[{"delta":{"content":"@","refusal":"@"}}]}"#,
    r#"{"choices":[{"delta":{"content":"@"},"logprobs":{"content":[1]}}]}"#,
    r#"{"choices":[{"delta":{"content":"@"},"finish_reason":"stop"}]}"#,
    r#"{"choices":[{"delta":{"content":"@"}}],"usage":{"prompt_tokens":1}}"#,
    r#"{"choices":[{"delta":{"content":"@"}},{"index":1,"delta":{"content":"@"}}]}"#,
    r#"{"choices":[{"delta":{"content":"@","content":"@"}}],"choices":[{"delta":{"content":"@"},"stop_reason":7}]}"#,
    r#"{"choices":[{"delta":{"content":"@"},"text":"@","message":{"content":"@"}}]}"#,
    r#"{"error":"@","choices":[{"delta":{"content":"@"}}]}"#,
];

const TEXTS: [&str; 16] = [
    "",
    "a",
    " b",
    r"\n",
    r#"\""#,
    r"\\",
    r"\ud83d",
    r"\ude00",
    r"\ud83d\ude00",
    "é😀",
    r"\u00e9",
    "{",
    "[}]",
    r"\x",
    "\t",
    "\"",
];

/// What was told, and what came of it.
fn fold(payloads: &[String], void: bool) -> (Vec<String>, String, String) {
    let mut accumulator = Accumulator::new(Some("openai-chat"), None).unwrap();
    let mut told = Vec::new();
    let mut out = |delta: Delta<'_>| {
        if !matches!(delta, Delta::Other { kind: "event", .. }) {
            told.push(format!("{delta:?}"));
        }
    };
    for payload in payloads {
        accumulator.feed(format!("data: {payload}\n\n").as_bytes(), &mut out).unwrap();
        if void {
            accumulator.feed(b"data: 0\n\n", &mut out).unwrap();
        }
    }
    accumulator.flush(&mut out);
    let error = accumulator.snapshot().error().map(|error| (error.kind.clone(), error.body.clone()));
    (told, accumulator.object(), format!("{error:?}"))
}

fn payload() -> impl Strategy<Value = String> {
    let texts = prop::collection::vec(prop::sample::select(&TEXTS[..]), 4);
    (prop::sample::select(&SHAPES[..]), texts).prop_map(|(shape, texts)| {
        let mut texts = texts.into_iter().cycle();
        shape.split('@').enumerate().fold(String::new(), |payload, (at, part)| {
            let text = if at == 0 { "" } else { texts.next().unwrap() };
            payload + text + part
        })
    })
}

/// Runs of one shape with other texts, so that most payloads repeat the one before.
fn payloads() -> impl Strategy<Value = Vec<String>> {
    let run = (prop::sample::select(&SHAPES[..]), prop::collection::vec(prop::sample::select(&TEXTS[..]), 1..6));
    let run = run.prop_map(|(shape, texts)| texts.iter().map(|text| shape.replace('@', text)).collect::<Vec<_>>());
    let mixed = prop::collection::vec(payload(), 1..4);
    prop::collection::vec(prop_oneof![4 => run, 1 => mixed], 1..6).prop_map(|runs| runs.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn repeating_a_shape_changes_nothing(payloads in payloads()) {
        prop_assert_eq!(fold(&payloads, false), fold(&payloads, true));
    }
}

#[test]
fn every_shape_repeated_changes_nothing() {
    for shape in SHAPES {
        for text in TEXTS {
            let payloads: Vec<_> = ["one", text, "three", text].iter().map(|text| shape.replace('@', text)).collect();
            assert_eq!(fold(&payloads, false), fold(&payloads, true), "{shape} {text}");
        }
    }
}
