use crate::accumulate::Accumulator;
use crate::dialect::folded::{self, detected};

fn fold(payloads: &[&str], void: bool) -> (Vec<String>, String, Accumulator) {
    folded::fold("vercel-ui", payloads, void)
}

fn check(payloads: &[&str], emitted: &[&str], parts: &str) {
    folded::check("vercel-ui", payloads, emitted, ("parts", parts));
}

#[test]
fn texts_are_parts() {
    check(
        &[
            r#"{"type":"start","messageId":"m","messageMetadata":{"a":{"x":1}}}"#,
            r#"{"type":"start-step"}"#,
            r#"{"type":"reasoning-start","id":"r"}"#,
            r#"{"type":"reasoning-delta","id":"r","delta":"hm"}"#,
            r#"{"type":"reasoning-end","id":"r","providerMetadata":{"p":{"s":1}}}"#,
            r#"{"type":"text-start","id":"0"}"#,
            r#"{"type":"text-delta","id":"0","delta":"a"}"#,
            r#"{"type":"text-delta","id":"0","delta":"b"}"#,
            r#"{"type":"text-end","id":"0"}"#,
            r#"{"type":"finish-step"}"#,
            r#"{"type":"text-start","id":"0"}"#,
            r#"{"type":"text-delta","id":"0","delta":"c"}"#,
            r#"{"type":"text-delta","id":"9","delta":"d"}"#,
            r#"{"type":"text-end","id":"none"}"#,
            r#"{"type":"finish"}"#,
            r#"{"type":"text-delta","id":"0","delta":"late"}"#,
        ],
        &["reasoning hm", "text a", "text b", "text c", "text d", "finish stop"],
        concat!(
            r#"[{"type":"step-start"},"#,
            r#"{"type":"reasoning","id":"r","text":"hm","state":"done","providerMetadata":{"p":{"s":1}}},"#,
            r#"{"type":"text","text":"ab","state":"done"},"#,
            r#"{"type":"text","text":"c","state":"streaming"},{"type":"text","text":"d","state":"streaming"}]"#,
        ),
    );
}

#[test]
fn the_message_is_what_its_events_say() {
    let (_, object, accumulator) = fold(
        &[
            r#"{"type":"start","messageId":"m","messageMetadata":{"a":{"x":1},"b":2}}"#,
            r#"{"type":"message-metadata","messageMetadata":{"a":{"y":2}}}"#,
            r#"{"type":"finish","finishReason":"length","messageMetadata":{"b":null,"c":[3],"d":null}}"#,
        ],
        false,
    );
    let metadata = r#"{"a":{"x":1,"y":2},"b":2,"c":[3],"d":null}"#;
    assert_eq!(object, format!(r#"{{"role":"assistant","parts":[],"id":"m","metadata":{metadata}}}"#));
    assert!(accumulator.is_complete());
    assert_eq!(accumulator.snapshot().id(), Some("m"));
}

#[test]
fn tools_go_through_their_states() {
    let output = r#"{"type":"tool-output-available","toolCallId":"c","output":[1],"preliminary":true}"#;
    check(
        &[
            r#"{"type":"tool-input-start","toolCallId":"c","toolName":"f"}"#,
            r#"{"type":"tool-input-delta","toolCallId":"c","inputTextDelta":"{\"a\": "}"#,
            r#"{"type":"tool-input-delta","toolCallId":"c","inputTextDelta":"1"}"#,
            r#"{"type":"tool-input-available","toolCallId":"c","toolName":"f","input":{"a": 1}}"#,
            output,
            r#"{"type":"tool-output-available","toolCallId":"c","output":{"b":2},"providerMetadata":{"p":1}}"#,
        ],
        &[
            "call 0 c f ",
            "call 0 c f {\"a\": ",
            "call 0 c f 1",
            "call 0 c f }",
            &format!("tool-output {output}"),
            r#"tool-output {"type":"tool-output-available","toolCallId":"c","output":{"b":2},"providerMetadata":{"p":1}}"#,
        ],
        concat!(
            r#"[{"type":"tool-f","toolCallId":"c","state":"output-available","#,
            r#""input":{"a": 1},"output":{"b":2},"resultProviderMetadata":{"p":1}}]"#
        ),
    );
}

#[test]
fn an_input_may_come_whole_or_broken() {
    let error =
        r#"{"type":"tool-input-error","toolCallId":"e","toolName":"g","dynamic":true,"input":"{x","errorText":"no"}"#;
    let static_error = r#"{"type":"tool-input-error","toolCallId":"s","toolName":"g","input":"{y","errorText":"no"}"#;
    check(
        &[
            r#"{"type":"tool-input-available","toolCallId":"c","toolName":"f","input":{"a": [ ]}}"#,
            error,
            static_error,
            r#"{"type":"tool-input-delta","toolCallId":"d","inputTextDelta":"{\"a\":1,\"b"}"#,
            r#"{"type":"tool-input-start","toolCallId":"t","toolName":"h","inputEncoding":"text"}"#,
            r#"{"type":"tool-input-delta","toolCallId":"t","inputTextDelta":"raw "}"#,
            r#"{"type":"tool-input-available","toolCallId":"t","toolName":"h","input":"raw text"}"#,
        ],
        &[
            "call 0 c f {\"a\":[]}",
            &format!("tool-error {error}"),
            &format!("tool-error {static_error}"),
            "call 1 d - {\"a\":1,\"b",
            "call 2 t h ",
            "call 2 t h raw ",
            "call 2 t h text",
        ],
        concat!(
            r#"[{"type":"tool-f","toolCallId":"c","state":"input-available","input":{"a": [ ]}},"#,
            r#"{"type":"dynamic-tool","toolCallId":"e","toolName":"g","state":"output-error","errorText":"no","input":"{x"},"#,
            r#"{"type":"tool-g","toolCallId":"s","state":"output-error","errorText":"no","rawInput":"{y"},"#,
            r#"{"type":"dynamic-tool","toolCallId":"d","state":"input-streaming","#,
            r#""rawInput":"{\"a\":1,\"b","input":{"a":1}},"#,
            r#"{"type":"tool-h","toolCallId":"t","state":"input-available","input":"raw text"}]"#,
        ),
    );
}

#[test]
fn approvals_are_kept_and_emitted_as_events() {
    let ask = r#"{"type":"tool-approval-request","approvalId":"a","toolCallId":"c"}"#;
    let denied = r#"{"type":"tool-output-denied","toolCallId":"c"}"#;
    check(
        &[r#"{"type":"tool-input-available","toolCallId":"c","toolName":"f","input":{}}"#, ask, denied],
        &["call 0 c f {}", &format!("event {ask}"), &format!("event {denied}")],
        concat!(
            r#"[{"type":"tool-f","toolCallId":"c","state":"output-denied","input":{},"#,
            r#""approval":{"id":"a"}}]"#
        ),
    );
}

#[test]
fn a_reset_drops_the_parts_of_the_step() {
    check(
        &[
            r#"{"type":"text-delta","id":"0","delta":"a"}"#,
            r#"{"type":"start-step"}"#,
            r#"{"type":"text-delta","id":"1","delta":"b"}"#,
            r#"{"type":"tool-input-delta","toolCallId":"c","inputTextDelta":"1"}"#,
            r#"{"type":"reset-step"}"#,
            r#"{"type":"text-delta","id":"2","delta":"c"}"#,
            r#"{"type":"text-delta","id":"1","delta":"d"}"#,
            r#"{"type":"tool-input-available","toolCallId":"c","toolName":"f","input":{}}"#,
            r#"{"type":"text-delta","id":"0","delta":"e"}"#,
        ],
        &["text a", "text b", "call 0 c - 1", "text c", "text d", "call 1 c f {}", "text e"],
        concat!(
            r#"[{"type":"text","text":"ae","state":"streaming"},{"type":"step-start"},"#,
            r#"{"type":"text","text":"c","state":"streaming"},{"type":"text","text":"d","state":"streaming"},"#,
            r#"{"type":"tool-f","toolCallId":"c","state":"input-available","input":{}}]"#,
        ),
    );
    check(&[r#"{"type":"text-delta","id":"0","delta":"a"}"#, r#"{"type":"reset-step"}"#], &["text a"], "[]");
}

#[test]
fn data_sources_and_files_are_parts() {
    let payloads = [
        r#"{"type":"data-w","id":"1","data":{"a":1}}"#,
        r#"{"type":"data-v","id":"1","data":null}"#,
        r#"{"type":"data-w","data":0}"#,
        r#"{"type":"data-w","data":1,"transient":true}"#,
        r#"{"type":"data-w","id":"1","data":2}"#,
        r#"{"type":"source-url","sourceId":"s","url":"u"}"#,
        r#"{"type":"file","mediaType":"image/png","url":"u"}"#,
        r#"{"type":"file","mediaType":"text/plain","url":"u"}"#,
    ];
    let kinds = ["data-w", "data-v", "data-w", "data-w", "data-w", "citation", "image", "file"];
    let emitted: Vec<_> = kinds.iter().zip(payloads).map(|(kind, payload)| format!("{kind} {payload}")).collect();
    let emitted: Vec<_> = emitted.iter().map(String::as_str).collect();
    let parts = [0, 1, 2, 5, 6, 7].map(|at| payloads[at]).join(",").replace(r#"{"a":1}"#, "2");
    check(&payloads, &emitted, &format!("[{parts}]"));
}

#[test]
fn errors_and_aborts_are_errors() {
    for (payload, message, kind) in [
        (r#"{"type":"error","errorText":"bad"}"#, "bad", "error"),
        (r#"{"type":"abort","reason":"user"}"#, "user", "abort"),
        (r#"{"type":"abort"}"#, r#"{"type":"abort"}"#, "abort"),
    ] {
        let (emitted, _, accumulator) = fold(&[payload], false);
        let error = accumulator.snapshot().error().unwrap();
        assert!(emitted.is_empty() && !accumulator.is_complete());
        assert_eq!((error.message.as_str(), error.kind.as_deref()), (message, Some(kind)));
    }
}

#[test]
fn a_whole_message_is_folded() {
    let message = concat!(
        r#"{"id":"m","role":"assistant","parts":[{"type":"text","text":"a"},{"type":"reasoning","text":"b"},"#,
        r#"{"type":"tool-f","toolCallId":"c","state":"input-available","input":{"x": 1}}]}"#
    );
    let (emitted, object, accumulator) = fold(&[message], false);
    assert_eq!(emitted, ["text a", "reasoning b", "call 0 c f {\"x\":1}"]);
    assert_eq!(object, message);
    assert!(accumulator.snapshot().done());
}

#[test]
fn the_first_payload_that_decides_is_recognised() {
    for payload in [
        r#"{"type":"start"}"#,
        r#"{"type":"start","messageId":"m"}"#,
        r#"{"type":"text-delta","id":"0","delta":"a"}"#,
        r#"{"type":"tool-input-start","toolCallId":"c","toolName":"f"}"#,
        r#"{"type":"data-x","data":null}"#,
        r#"{"type":"start-step"}"#,
    ] {
        assert_eq!(detected(payload), Some("vercel-ui"), "{payload}");
    }
    for payload in [
        r#"{"type":"error","errorText":"x"}"#,
        r#"{"type":"ping"}"#,
        r#"{"type":"abort"}"#,
        r#"{"type":"message-start","delta":{}}"#,
        r#"{"type":"content-delta","index":0,"delta":{}}"#,
        r#"{"type":"tool-call-start","index":0}"#,
        r#"{"type":"start","conversation":1}"#,
        r#"{"type":"file","name":"x"}"#,
        r#"{"type":"text-delta","payload":{"text":"x"}}"#,
        r#"{"id":"m","role":"assistant","parts":[{"text":"gemini"}]}"#,
    ] {
        assert_ne!(detected(payload), Some("vercel-ui"), "{payload}");
    }
}

#[test]
fn repeating_a_shape_changes_nothing() {
    let shapes = [
        r#"{"type":"text-delta","id":"%","delta":"@"}"#,
        r#"{"type":"text-delta","id":%,"delta":"@","providerMetadata":{"p":[1]}}"#,
        r#"{"type":"reasoning-delta","id":"%","delta":"@","text":"x"}"#,
        r#"{"type":"tool-input-delta","toolCallId":"%","inputTextDelta":"@"}"#,
        r#"{"type":"tool-input-delta","toolCallId":"%","inputTextDelta":"@","providerExecuted":true}"#,
        r#"{"type":"tool-input-delta","toolCallId":"%","inputTextDelta":"@","toolName":"f","output":1}"#,
    ];
    let between = [
        r#"{"type":"text-start","id":"1"}"#,
        r#"{"type":"tool-input-available","toolCallId":"1","toolName":"f","input":{"a":1}}"#,
        r#"{"type":"reset-step"}"#,
        r#"{"type":"reasoning-end","id":"1"}"#,
    ];
    let texts = ["a", "", r"\ud83d", r"\ude00", r#"{\"a\":"#, "é"];
    let mut matched = 0;
    for (shape, between) in shapes.iter().flat_map(|shape| between.map(|between| (shape, between))) {
        let mut payloads = vec![];
        for at in 0..36 {
            payloads.push(shape.replace('%', &(at % 3).to_string()).replace('@', texts[(at / 3) % 6]));
            if at % 17 == 16 {
                payloads.push(between.to_owned());
            }
        }
        let payloads: Vec<_> = payloads.iter().map(String::as_str).collect();
        let (fast, slow) = (fold(&payloads, false), fold(&payloads, true));
        assert_eq!((&fast.0, &fast.1), (&slow.0, &slow.1), "{shape} {between}");
        matched += fast.2.template_hits();
    }
    assert!(matched > 100, "{matched}");
}

#[test]
fn a_repeated_text_is_not_parsed_again() {
    let text = r#"{"type":"text-delta","id":"0","delta":"a"}"#;
    let input = r#"{"type":"tool-input-delta","toolCallId":"c","inputTextDelta":"1"}"#;
    for payload in [text, input] {
        let (_, _, accumulator) = fold(&[payload; 5], false);
        assert_eq!(accumulator.template_hits(), 4, "{payload}");
    }
}
