//! A payload that repeats the shape of the one before is folded as the full parse folds it.
//!
//! The slow path beside the fast one: a payload that no dialect knows, between any two, voids the shape that was learned.

use proptest::prelude::*;
use ssewire_core::{Accumulator, Dialect};

use crate::support::repeats::{self, TEXTS, WIRES};

/// Payloads with `@` where a string's text comes.
const SHAPES: [&str; 72] = [
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
    r#"{"choices":[{"delta":{"content":"","reasoning":"@","reasoning_details":[{"type":"t","text":"@","index":0}]}}]}"#,
    r#"{"choices":[{"delta":{"reasoning_details":[{"type":"t","summary":"@","signature":""}],"content":null}}]}"#,
    r#"{"choices":[{"delta":{"reasoning_details":[{"type":"t","summary":"@","text":"@"}]}}]}"#,
    r#"{"choices":[{"delta":{"reasoning_details":[{"type":"t","text":"@","signature":"@"}]}}]}"#,
    r#"{"choices":[{"delta":{"reasoning_details":[{"type":"t","text":"@"},{"type":"u","text":"@"}]}}]}"#,
    r#"{"choices":[{"delta":{"reasoning_content":"@","reasoning":"@","thinking":"@"}}]}"#,
    r#"{"choices":[{"delta":{"refusal":"@","content":null}}]}"#,
    r#"{"choices":[{"delta":{"content":"@"},"content_filter_results":{"hate":{"filtered":false}},"text":"@"}]}"#,
    r#"{"choices":[{"delta":{"content":"@"},"content_filter_results":{"hate":{"filtered":true}}}]}"#,
    r#"{"choices":[{"delta":{"content":"@"},"content_filter_results":{"hate":[1]}}]}"#,
    r#"{"choices":[{"delta":{"content":"@","annotations":[],"extra":{"a":[]}}}],"usage":{"prompt_tokens":7}}"#,
    r#"{"choices":[{"delta":{"content":"@","annotations":[{"a":1}]}}],"citations":["a"]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"g","arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":null,"arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"b","type":"x","function":{"arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"arguments":"@"},"extra":[1]}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":1,"custom":{"name":"f","input":"@"}}]},"finish_reason":"stop"}]}"#,
    r#"{"choices":[{"delta":{"reasoning_text":"@"}}]}"#,
    r#"{"choices":[{"delta":{"reasoning":"@"}}]}"#,
    r#"{"choices":[{"delta":{"reasoning_content":"@"}}]}"#,
    r#"{"choices":[{"delta":{"thinking":"@","reasoning_text":"@"}}]}"#,
    r#"{"choices":[{"delta":{"reasoning":"@","reasoning_content":{"text":"@"}}}]}"#,
    r#"{"choices":[{"delta":{"reasoning":{"text":"@"},"content":"@"}}]}"#,
    r#"{"choices":[{"delta":{"reasoning":"@","content":{"type":"text","text":"@"}}}]}"#,
    r#"{"choices":[{"delta":{"reasoning":"@","content":7}}]}"#,
    r#"{"choices":[{"delta":{"content":[{"type":"reasoning","summary":[{"text":"@"}]}]}}]}"#,
    r#"{"choices":[{"delta":{"thinking_blocks":[{"thinking":"@"}]}}]}"#,
    r#"{"choices":[{"delta":{"reasoning_details":{"type":"t","text":"@"}}}]}"#,
    r#"{"choices":[{"delta":{"content":"@","refusal":{"text":"@"}}}]}"#,
    r#"{"choices":[{"delta":"@"}]}"#,
    r#"{"choices":{"delta":{"content":"@"}}}"#,
    r#"{"choices":[{"delta":{"tool_calls":{"index":0,"function":{"arguments":"@"}}}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":{"0":{"function":{"arguments":"@"}}}}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"name":"f","arguments":"@"}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"name":"f","function":{"arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"id":"a","arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":7,"function":{"name":"f","arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","type":"custom","function":{"name":"f","arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"@"}}]},"finish_reason":{"type":"stop"}}]}"#,
    r#"{"object":"chat.completion","choices":[{"message":{"content":"@","reasoning":"@"}}]}"#,
    r#"{"object":"chat.completion","choices":[{"message":{"tool_calls":[{"id":"a","function":{"arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"delta":{"content":"@"},"message":{"content":"@"}}]}"#,
    r#"{"choices":[{"delta":{"content":""},"message":{"content":"@"}}]}"#,
    r#"{"data":{"object":"chat.completion.chunk","choices":[{"delta":{"content":"@"}}]},"x":"y"}"#,
    r#"{"object":"chat.completion.chunk","choices":[{"delta":{"content":"@"}}]}"#,
    r#"{"base_resp":{"status_code":0},"choices":[{"delta":{"content":"@"}}]}"#,
    r#"{"base_resp":{"status_code":5},"choices":[{"delta":{"content":"@"}}]}"#,
];

/// Payloads with `#` where an index comes too: said of several choices or calls in turn.
const IN_TURN: [&str; 8] = [
    r#"{"id":"c","model":"m","choices":[{"index":#,"delta":{"content":"@"},"finish_reason":null}]}"#,
    r#"{"id":"c","model":"n","choices":[{"index":#,"delta":{"role":"assistant","content":"@"}}],"p":"@"}"#,
    r#"{"choices":[{"index":#,"delta":{"reasoning":"@","reasoning_details":[{"type":"t","text":"@","index":#}]}}]}"#,
    r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":#,"function":{"arguments":"@"}}]}}]}"#,
    r##"{"choices":[{"index":"#","delta":{"tool_calls":[{"index":#,"type":"function","function":{"arguments":"@"}}]}}]}"##,
    r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":#,"id":"a","function":{"name":"f","arguments":"@"}}]}}]}"#,
    r#"{"choices":[{"index":#,"delta":{"reasoning":"@","reasoning_content":"@"}}]}"#,
    r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":#,"id":"a#","function":{"name":"f","arguments":"@"}}]}}]}"#,
];

fn fold(payloads: &[String], void: bool, wire: &str, size: usize) -> repeats::Folded {
    repeats::fold("openai-chat", payloads, void, wire, size)
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
    let texts = prop::collection::vec((0..6, prop::sample::select(&TEXTS[..])), 1..12);
    let turns = (prop::sample::select(&IN_TURN[..]), texts).prop_map(|(shape, texts)| {
        let turn = |(index, text): &(i32, &str)| shape.replace('#', &index.to_string()).replace('@', text);
        texts.iter().map(turn).collect::<Vec<_>>()
    });
    prop::collection::vec(prop_oneof![4 => run, 1 => mixed, 3 => turns], 1..6).prop_map(|runs| runs.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn repeating_a_shape_changes_nothing(payloads in payloads(), wire in prop::sample::select(&WIRES[..]), size in 1_usize..400) {
        prop_assert_eq!(fold(&payloads, false, wire, size), fold(&payloads, true, wire, size));
    }
}

#[test]
fn every_shape_repeated_changes_nothing() {
    for (shape, wire) in SHAPES.iter().flat_map(|shape| WIRES.map(|wire| (shape, wire))) {
        for text in TEXTS {
            let payloads: Vec<_> = ["one", text, "three", text].iter().map(|text| shape.replace('@', text)).collect();
            assert_eq!(fold(&payloads, false, wire, 999), fold(&payloads, true, wire, 999), "{shape} {text} {wire:?}");
        }
    }
}

#[test]
fn a_repeated_shape_is_not_parsed_again() {
    for (shape, wire) in [(SHAPES[0], WIRES[0]), (SHAPES[9], WIRES[2]), (SHAPES[24], WIRES[3]), (SHAPES[31], WIRES[6])]
    {
        let mut accumulator = Accumulator::builder().dialect(Dialect::OpenAiChat).build();
        let mut feed = |payload: &str| accumulator.feed(wire.replace('@', payload).as_bytes(), |_| {}).unwrap();
        feed(r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f"}}]}}]}"#);
        for text in ["one", r"two\n", "three"] {
            feed(&shape.replace('@', text));
        }
        assert_eq!(accumulator.template_hits(), 2, "{shape} {wire:?}");
    }
}

#[test]
fn shapes_take_turns() {
    for shape in [IN_TURN[0], IN_TURN[1], IN_TURN[3]] {
        let mut accumulator = Accumulator::builder().dialect(Dialect::OpenAiChat).build();
        for text in ["one", "two", "three", "four"] {
            for index in ["0", "1", "2"] {
                let payload = shape.replace('#', index).replace('@', text);
                accumulator.feed(format!("data: {payload}\n\n").as_bytes(), |_| {}).unwrap();
            }
        }
        // The first of each is parsed.
        let matched = accumulator.template_hits();
        assert!(matched == 9, "{matched} of 9: {shape}");
    }
}

#[test]
fn nothing_is_repeated_behind_the_end() {
    let event = format!("data: {}\n\n", SHAPES[0].replace('@', "x"));
    let mut accumulator = Accumulator::default();
    accumulator.feed(format!("{event}{event}data: [DONE]\n\n{event}").as_bytes(), |_| {}).unwrap();
    assert_eq!(accumulator.snapshot().find_choice(0).unwrap().content(), Some("xx"));
}

#[test]
fn the_limit_holds_for_a_repeated_shape() {
    let event = |text: &str| format!("data: {}\n\n", SHAPES[0].replace('@', text));
    let limit = event("x").len();
    let mut accumulator = Accumulator::builder().max_event_size(limit).build();
    for _ in 0..3 {
        accumulator.feed(event("x").as_bytes(), |_| {}).unwrap();
    }
    // The blank line's end is no part of an event, so that one more character fits, and two do not.
    accumulator.feed(event("xx").as_bytes(), |_| {}).unwrap();
    accumulator.feed(event("xxx").as_bytes(), |_| {}).unwrap_err();
    assert_eq!(accumulator.snapshot().find_choice(0).unwrap().content(), Some("xxxxx"));
}
