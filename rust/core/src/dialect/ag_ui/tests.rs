use crate::accumulate::Accumulator;
use crate::dialect::folded::{self, detected};

fn fold(payloads: &[&str], void: bool) -> (Vec<String>, String, Accumulator) {
    folded::fold("ag-ui", payloads, void)
}

fn check(payloads: &[&str], emitted: &[&str], messages: &str) {
    folded::check("ag-ui", payloads, emitted, ("messages", messages));
}

#[test]
fn a_run_has_messages_a_state_and_a_result() {
    let (emitted, object, accumulator) = fold(
        &[
            r#"{"type":"RUN_STARTED","threadId":"t","runId":"r","timestamp":1}"#,
            r#"{"type":"STEP_STARTED","stepName":"s"}"#,
            r#"{"type":"TEXT_MESSAGE_START","messageId":"m","role":"assistant"}"#,
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"a","timestamp":2}"#,
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"b","timestamp":3}"#,
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"c","timestamp":4}"#,
            r#"{"type":"TEXT_MESSAGE_END","messageId":"m","metadata":{"x":1}}"#,
            r#"{"type":"RUN_FINISHED","threadId":"t","runId":"r","result":{"ok":null}}"#,
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"late"}"#,
        ],
        false,
    );
    let step = r#"event {"type":"STEP_STARTED","stepName":"s"}"#;
    assert_eq!(emitted, [step, r#"role "assistant""#, "text a", "text b", "text c", "finish finished"]);
    let message = r#"{"id":"m","role":"assistant","content":"abc","metadata":{"x":1}}"#;
    let run = r#""threadId":"t","runId":"r""#;
    assert_eq!(object, format!(r#"{{"state":null,{run},"messages":[{message}],"result":{{"ok":null}}}}"#));
    assert!(accumulator.is_complete());
    assert_eq!((accumulator.snapshot().id(), accumulator.template_hits()), (Some("r"), 1));
}

#[test]
fn chunks_start_what_they_name() {
    check(
        &[
            r#"{"type":"TEXT_MESSAGE_CHUNK","messageId":"m","role":"developer","delta":"a"}"#,
            r#"{"type":"TEXT_MESSAGE_CHUNK","delta":"b"}"#,
            r#"{"type":"TEXT_MESSAGE_CHUNK","messageId":"n"}"#,
            r#"{"type":"TEXT_MESSAGE_CHUNK","delta":"c"}"#,
            r#"{"type":"TEXT_MESSAGE_CHUNK","messageId":"m","delta":"d"}"#,
            r#"{"type":"TEXT_MESSAGE_CHUNK","delta":"e"}"#,
            r#"{"type":"TOOL_CALL_CHUNK","toolCallId":"c","toolCallName":"f","parentMessageId":"n","delta":"{"}"#,
            r#"{"type":"TOOL_CALL_CHUNK","delta":"}"}"#,
        ],
        &[r#"role "developer""#, "text a", "text b", "text c", "text d", "text e", "call 0 c f {", "call 0 c f }"],
        concat!(
            r#"[{"id":"m","role":"developer","content":"abde"},{"id":"n","role":"assistant","content":"c","#,
            r#""toolCalls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}]"#,
        ),
    );
}

#[test]
fn tool_calls_are_in_messages() {
    let result = r#"{"type":"TOOL_CALL_RESULT","messageId":"x","toolCallId":"c","content":"5","timestamp":1}"#;
    check(
        &[
            r#"{"type":"TOOL_CALL_START","toolCallId":"c","toolCallName":"f","parentMessageId":"p"}"#,
            r#"{"type":"TOOL_CALL_START","toolCallId":"d","toolCallName":"g"}"#,
            r#"{"type":"TOOL_CALL_ARGS","toolCallId":"c","delta":"1"}"#,
            r#"{"type":"TOOL_CALL_ARGS","toolCallId":"d","delta":"2"}"#,
            r#"{"type":"TOOL_CALL_ARGS","toolCallId":"e","delta":"3"}"#,
            r#"{"type":"TOOL_CALL_END","toolCallId":"c"}"#,
            result,
            r#"{"type":"TEXT_MESSAGE_START","messageId":"p","role":"assistant"}"#,
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"p","delta":"t"}"#,
            r#"{"type":"TOOL_CALL_START","toolCallId":"c","toolCallName":"again"}"#,
        ],
        &[
            "call 0 c f ",
            "call 1 d g ",
            "call 0 c f 1",
            "call 1 d g 2",
            "call 2 e - 3",
            &format!("tool-output {result}"),
            r#"role "assistant""#,
            "text t",
        ],
        concat!(
            r#"[{"id":"p","role":"assistant","#,
            r#""toolCalls":[{"id":"c","type":"function","function":{"name":"f","arguments":"1"}}],"content":"t"},"#,
            r#"{"id":"d","role":"assistant","#,
            r#""toolCalls":[{"id":"d","type":"function","function":{"name":"g","arguments":"2"}}]},"#,
            r#"{"id":"e","role":"assistant","#,
            r#""toolCalls":[{"id":"e","type":"function","function":{"name":"","arguments":"3"}}]},"#,
            r#"{"id":"x","toolCallId":"c","content":"5","role":"tool"}]"#,
        ),
    );
}

#[test]
fn pieces_without_an_id_continue_the_last_call() {
    let call = r#""type":"function","function":"#;
    let message = |name, arguments| {
        format!(
            r#"{{"id":"","role":"assistant","toolCalls":[{{{call}{{"name":"{name}","arguments":"{arguments}"}}}}]}}"#
        )
    };
    check(
        &[
            r#"{"type":"TOOL_CALL_START","toolCallName":"f"}"#,
            r#"{"type":"TOOL_CALL_ARGS","delta":"1"}"#,
            r#"{"type":"TOOL_CALL_START","toolCallName":"g"}"#,
            r#"{"type":"TOOL_CALL_ARGS","delta":"2"}"#,
            r#"{"type":"TOOL_CALL_ARGS","delta":"3"}"#,
        ],
        &["call 0 - f ", "call 0 - f 1", "call 1 - g ", "call 1 - g 2", "call 1 - g 3"],
        &format!("[{},{}]", message("f", "1"), message("g", "23")),
    );
}

#[test]
fn reasoning_is_a_message_of_its_own() {
    let signature = r#"{"type":"REASONING_ENCRYPTED_VALUE","subtype":"message","entityId":"m","encryptedValue":"v"}"#;
    check(
        &[
            r#"{"type":"REASONING_START","messageId":"m"}"#,
            r#"{"type":"REASONING_MESSAGE_START","messageId":"m","role":"assistant"}"#,
            r#"{"type":"REASONING_MESSAGE_CONTENT","messageId":"m","delta":"a"}"#,
            r#"{"type":"REASONING_MESSAGE_CHUNK","delta":"b"}"#,
            signature,
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"c"}"#,
            r#"{"type":"THINKING_TEXT_MESSAGE_START"}"#,
            r#"{"type":"THINKING_TEXT_MESSAGE_CONTENT","delta":"d"}"#,
            r#"{"type":"THINKING_TEXT_MESSAGE_END"}"#,
            r#"{"type":"THINKING_TEXT_MESSAGE_START"}"#,
            r#"{"type":"THINKING_TEXT_MESSAGE_CONTENT","delta":"e"}"#,
        ],
        &[
            r#"event {"type":"REASONING_START","messageId":"m"}"#,
            "reasoning a",
            "reasoning b",
            &format!("signature {signature}"),
            "text c",
            "reasoning d",
            "reasoning e",
        ],
        concat!(
            r#"[{"id":"m","role":"reasoning","content":"ab","encryptedValue":"v"},"#,
            r#"{"id":"m","role":"assistant","content":"c"},"#,
            r#"{"id":"","role":"reasoning","content":"d"},{"id":"","role":"reasoning","content":"e"}]"#,
        ),
    );
}

#[test]
fn a_snapshot_takes_the_place_of_the_messages() {
    let calls = r#"[{"id":"c","type":"function","function":{"name":"f","arguments":"{"}}]"#;
    let messages =
        format!(r#"[{{"id":"u","role":"user","content":"q"}},{{"id":"a","role":"assistant","toolCalls":{calls}}}]"#);
    check(
        &[
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"old","delta":"x"}"#,
            &format!(r#"{{"type":"MESSAGES_SNAPSHOT","messages":{messages}}}"#),
            r#"{"type":"TOOL_CALL_ARGS","toolCallId":"c","delta":"}"}"#,
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"a","delta":"y"}"#,
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"old","delta":"z"}"#,
        ],
        &["text x", &format!("messages {messages}"), "call 0 c f {", "call 0 c f }", "text y", "text z"],
        concat!(
            r#"[{"id":"old","role":"assistant","content":"xz"},{"id":"u","role":"user","content":"q"},{"id":"a","role":"assistant","#,
            r#""toolCalls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}],"content":"y"}]"#,
        ),
    );
}

#[test]
fn the_state_is_patched() {
    let patch = |patch: &str| format!(r#"{{"type":"STATE_DELTA","delta":{patch}}}"#);
    let (add, bad) =
        (r#"[{"op":"add","path":"/b","value":null}]"#, r#"[{"op":"remove","path":"/b"},{"op":"remove","path":"/x"}]"#);
    let (emitted, object, _) =
        fold(&[r#"{"type":"STATE_SNAPSHOT","snapshot":{"a":1.00}}"#, &patch(add), &patch(bad), &patch("1")], false);
    assert_eq!(emitted, [r#"state {"a":1.00}"#, &format!("state {add}"), &format!("state {bad}"), "state 1"]);
    assert!(object.contains(r#""state":{"a":1.00,"b":null}"#), "{object}");
    assert!(fold(&[&patch(add)], false).1.contains(r#""state":{"b":null}"#));
    assert!(fold(&[&patch(bad)], false).1.contains(r#""state":null"#));
}

#[test]
fn an_error_is_an_error() {
    let (emitted, _, accumulator) = fold(&[r#"{"type":"RUN_ERROR","message":"bad","code":"E"}"#], false);
    let error = accumulator.snapshot().error().unwrap();
    assert_eq!((error.message.as_str(), error.code.as_deref()), ("bad", Some("\"E\"")));
    assert!(emitted.is_empty() && !accumulator.is_complete());
}

#[test]
fn only_what_the_protocol_names_is_recognised() {
    assert_eq!(detected(r#"{"type":"RUN_STARTED"}"#), Some("ag-ui"));
    assert_eq!(detected(r#"{"type":"THINKING_TEXT_MESSAGE_CONTENT","delta":"x"}"#), Some("ag-ui"));
    for payload in [r#"{"type":"CUSTOM","name":"x"}"#, r#"{"type":"ERROR"}"#, r#"{"type":"ping"}"#, r#"{"a":1}"#] {
        assert_eq!(detected(payload), None, "{payload}");
    }
}

#[test]
fn repeating_a_shape_changes_nothing() {
    let shapes = [
        r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"%","delta":"@"}"#,
        r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"%","delta":"@","timestamp":1%,"metadata":{"a":[1]}}"#,
        r#"{"type":"TEXT_MESSAGE_CHUNK","messageId":"%","role":"user","delta":"@"}"#,
        r#"{"type":"TEXT_MESSAGE_CONTENT","delta":"@"}"#,
        r#"{"type":"TEXT_MESSAGE_CHUNK","delta":"@","content":"x"}"#,
        r#"{"type":"REASONING_MESSAGE_CONTENT","messageId":"%","delta":"@"}"#,
        r#"{"type":"THINKING_TEXT_MESSAGE_CONTENT","delta":"@"}"#,
        r#"{"type":"TOOL_CALL_ARGS","toolCallId":"%","delta":"@"}"#,
        r#"{"type":"TOOL_CALL_CHUNK","toolCallId":"%","toolCallName":"f","parentMessageId":"0","delta":"@"}"#,
        r#"{"type":"TOOL_CALL_CHUNK","delta":"@"}"#,
        r#"{"type":"TOOL_CALL_ARGS","delta":"@"}"#,
    ];
    let between = [
        r#"{"type":"TEXT_MESSAGE_CHUNK","delta":"last"}"#,
        r#"{"type":"TEXT_MESSAGE_START","messageId":"1"}"#,
        r#"{"type":"TOOL_CALL_START","toolCallId":"2"}"#,
        r#"{"type":"TOOL_CALL_CHUNK","delta":"last"}"#,
        r#"{"type":"MESSAGES_SNAPSHOT","messages":[{"id":"1","role":"assistant","content":null}]}"#,
    ];
    let texts = ["a", "", r"\ud83d", r"\ude00", r#"{\"a\":"#, "é"];
    let mut matched = 0;
    for (shape, between) in shapes.iter().flat_map(|shape| between.map(|between| (shape, between))) {
        let mut payloads = vec![];
        for at in 0..36 {
            payloads.push(shape.replace('%', &(at / 2 % 3).to_string()).replace('@', texts[(at / 3) % 6]));
            if at % 17 == 16 {
                payloads.push(between.to_owned());
            }
        }
        let payloads: Vec<_> = payloads.iter().map(String::as_str).collect();
        let (fast, slow) = (fold(&payloads, false), fold(&payloads, true));
        assert_eq!((&fast.0, &fast.1), (&slow.0, &slow.1), "{shape} {between}");
        matched += fast.2.template_hits();
    }
    assert!(matched > 200, "{matched}");
}
