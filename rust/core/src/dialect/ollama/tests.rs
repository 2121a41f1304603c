//! Short streams, and what is emitted of them.

use crate::dialect::Dialect;
use crate::dialect::folded::of_body;

#[test]
fn lines_of_a_chat() {
    let body = concat!(
        r#"{"model":"m","created_at":"t1","message":{"role":"assistant","content":"","thinking":"Hm"},"done":false}"#,
        r#"{"model":"m","created_at":"t2","message":{"role":"assistant","content":"A"},"done":false}"#,
        r#"{"model":"m","created_at":"t3","message":{"role":"assistant","content":"b","images":["i","j"]},"done":false}"#,
    );
    let folded = of_body(None, body);
    assert_eq!(
        folded.emitted,
        ["role \"assistant\"", "reasoning Hm", "text A", "text b", "image \"i\"", "image \"j\""]
    );
    let message = r#"{"role":"assistant","thinking":"Hm","content":"Ab","images":["i","j"]}"#;
    assert_eq!(folded.object(), format!(r#"{{"model":"m","created_at":"t1","message":{message},"done":false}}"#));
    assert!(!folded.accumulator.is_complete());
    assert_eq!(folded.accumulator.dialect(), Some(Dialect::Ollama));
}

#[test]
fn the_last_line_has_the_counts_and_its_own_time() {
    let body = concat!(
        r#"{"model":"m","created_at":"t1","response":"A","done":false,"eval_count":1}"#,
        r#"{"model":"m","created_at":"t9","response":"","done":true,"context":[1],"total_duration":9,"eval_count":2}"#,
        r#"{"model":"m","created_at":"t10","response":"late","done":true}"#,
    );
    let folded = of_body(None, body);
    assert_eq!(folded.emitted, ["text A", "finish stop", "usage {\"eval_count\":2}"]);
    let object =
        r#"{"model":"m","created_at":"t9","response":"A","done":true,"eval_count":2,"context":[1],"total_duration":9}"#;
    assert_eq!(folded.object(), object);
    assert!(folded.accumulator.is_complete());
}

#[test]
fn each_call_is_another_one() {
    let call = r#"{"function":{"index":0,"name":"f","arguments":{"a": 18446744073709551616}}}"#;
    let line = format!(r#"{{"model":"m","message":{{"content":"","tool_calls":[{call}]}},"done":false}}"#);
    let folded = of_body(None, &line.repeat(2));
    let emitted = ["call 0 - f {\"a\":18446744073709551616}", "call 1 - f {\"a\":18446744073709551616}"];
    assert_eq!(folded.emitted, emitted);
    assert!(folded.object().contains(&format!(r#""tool_calls":[{call},{call}]"#)));
}

#[test]
fn log_probabilities_are_appended() {
    let line = |n| format!(r#"{{"model":"m","response":"a","done":false,"logprobs":[{{"n":{n}}}]}}"#);
    let folded = of_body(None, &(line(1) + &line(2)));
    assert_eq!(folded.emitted, ["text a", "logprobs {\"n\":1}", "text a", "logprobs {\"n\":2}"]);
    assert!(folded.object().contains(r#""logprobs":[{"n":1},{"n":2}]"#));
}

#[test]
fn an_error_is_a_line_of_its_own() {
    let folded = of_body(None, r#"{"model":"m","response":"A","done":false}{"error":"no"}"#);
    assert_eq!((folded.error(), folded.emitted.len()), (Some("no"), 1));
    let folded = of_body(None, r#"{"status":"pulling manifest"}{"status":"success"}"#);
    assert_eq!((folded.accumulator.dialect(), folded.emitted.len()), (None, 2));
}
