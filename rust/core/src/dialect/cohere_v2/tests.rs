//! Short streams, and what is emitted of them.

use crate::dialect::folded::{Folded, folded};

const START: &str = r#"{"type":"message-start","id":"c","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}"#;

fn fold(payloads: &[&str]) -> Folded {
    folded("cohere-v2", payloads)
}

#[test]
fn blocks_are_at_their_indexes() {
    let folded = fold(&[
        START,
        r#"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}"#,
        r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"Hm"}}}}"#,
        r#"{"type":"content-end","index":0}"#,
        r#"{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":"A"}}}}"#,
        r#"{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"b"}}},"logprobs":{"text":"b"}}"#,
        r#"{"type":"content-start","delta":{"message":{"content":{"type":"hologram","x":1}}}}"#,
        r#"{"type":"content-delta","delta":{"message":{"content":{"text":"c"}}}}"#,
    ]);
    let emitted = ["role \"assistant\"", "reasoning Hm", "text A", "text b", "logprobs {\"text\":\"b\"}"];
    assert_eq!(folded.emitted[..5], emitted);
    assert_eq!(folded.emitted[5..], ["hologram {\"type\":\"hologram\",\"x\":1}", "text c"]);
    let content =
        r#"[{"type":"thinking","thinking":"Hm"},{"type":"text","text":"Ab"},{"type":"hologram","x":1,"text":"c"}]"#;
    let message =
        format!(r#"{{"role":"assistant","content":{content},"tool_plan":"","tool_calls":[],"citations":[]}}"#);
    assert_eq!(folded.object(), format!(r#"{{"id":"c","message":{message},"logprobs":[{{"text":"b"}}]}}"#));
    assert!(!folded.accumulator.is_complete());
}

#[test]
fn a_plan_and_calls() {
    let folded = fold(&[
        r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I will"}}}"#,
        r#"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"t","type":"function","function":{"name":"f","arguments":""}}}}}"#,
        r#"{"type":"tool-call-start","index":1,"delta":{"message":{"tool_calls":{"id":"u","function":{"name":"g","arguments":"{"}}}}}"#,
        r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{}"}}}}}"#,
        r#"{"type":"tool-call-delta","delta":{"message":{"tool_calls":{"id":"v","function":{"arguments":"}"}}}}}"#,
        r#"{"type":"tool-call-end","index":0}"#,
    ]);
    assert_eq!(folded.emitted, ["reasoning I will", "call 0 t f ", "call 1 u g {", "call 1 u g }", "call 0 t f {}"]);
    let calls = [("t", "f"), ("u", "g")].map(|(id, name)| {
        format!(r#"{{"id":"{id}","type":"function","function":{{"name":"{name}","arguments":"{{}}"}}}}"#)
    });
    let message = format!(r#"{{"role":"assistant","tool_plan":"I will","tool_calls":[{}]}}"#, calls.join(","));
    assert_eq!(folded.object(), format!(r#"{{"message":{message}}}"#));
}

#[test]
fn the_end_may_be_an_error() {
    let end = r#"{"type":"message-end","delta":{"finish_reason":"ERROR","error":"no","usage":{"tokens":{"input_tokens":4}}}}"#;
    let late = r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"late"}}}}"#;
    let folded = fold(&[START, end, late]);
    assert_eq!(folded.emitted[1..], ["finish ERROR".to_owned(), "usage {\"tokens\":{\"input_tokens\":4}}".to_owned()]);
    assert_eq!(folded.error(), Some("no"));
    assert!(folded.accumulator.is_complete());
    // With a single blank line between them.
    assert_eq!(fold(&[START, &format!("{end}\ndata: {late}")]).emitted, folded.emitted);
}

#[test]
fn citations_are_appended() {
    let citation = |text: &str| {
        format!(r#"{{"type":"citation-start","index":0,"delta":{{"message":{{"citations":{{"text":"{text}"}}}}}}}}"#)
    };
    let folded = fold(&[START, &citation("a"), &citation("b"), r#"{"type":"citation-end","index":0}"#]);
    assert_eq!(folded.emitted[1..], ["citation {\"text\":\"a\"}", "citation {\"text\":\"b\"}"]);
    assert!(folded.object().contains(r#""citations":[{"text":"a"},{"text":"b"}]"#));
}

#[test]
fn a_whole_answer_is_folded_as_one() {
    let whole = r#"{"id":"c","finish_reason":"TOOL_CALL","message":{"role":"assistant","tool_plan":"p","content":[{"type":"text","text":"a"}],"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]},"x":1}"#;
    let folded = fold(&[whole]);
    let emitted = ["role \"assistant\"", "reasoning p", "text a", "call 0 t f {}", "finish TOOL_CALL"];
    assert_eq!(folded.emitted, emitted);
    assert!(folded.accumulator.is_complete());
    assert!(folded.object().ends_with(r#","x":1}"#));
}
