//! A payload that repeats the shape of the one before is folded as the full parse folds it: every dialect but chat, which has
//! a file of its own.

use proptest::prelude::*;
use ssewire_core::Accumulator;

mod repeats;

use repeats::{TEXTS, WIRES, fold};

/// Payloads of one dialect, with `@` where a string's text comes and `#` where a number does.
struct Family {
    dialect: &'static str,
    /// What streams begin with, so that there is something that can grow.
    opening: &'static [&'static str],
    /// The ones whose repetition is to be seen at once, and others.
    growing: &'static [&'static str],
    others: &'static [&'static str],
}

const FAMILIES: [Family; 8] = [
    Family {
        dialect: "openai-completions",
        opening: &[],
        growing: &[
            r#"{"id":"c","object":"text_completion","created":1,"model":"m","choices":[{"text":"@","index":0,"finish_reason":null}]}"#,
            r#"{"choices":[{"text":"@","index":1,"logprobs":null}],"usage":null}"#,
        ],
        others: &[
            r#"{"choices":[{"text":"@","logprobs":{"tokens":["@"]}}]}"#,
            r#"{"choices":[{"text":"@"},{"text":"@","index":1}]}"#,
            r#"{"choices":[{"text":"@","finish_reason":"length","stop_reason":#}]}"#,
            r#"{"choices":[{"text":"@"}],"error":"@"}"#,
            r#"{"choices":[{"text":"@","extra":[#]}],"p":"@"}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":#}}"#,
        ],
    },
    Family {
        dialect: "openai-responses",
        opening: &[
            r#"{"type":"response.created","response":{"id":"r","output":[]}}"#,
            r#"{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","call_id":"c","name":"f","arguments":""}}"#,
        ],
        growing: &[
            r#"{"type":"response.output_text.delta","sequence_number":#,"item_id":"@","output_index":0,"content_index":0,"delta":"@","logprobs":[]}"#,
            r#"{"type":"response.reasoning_summary_text.delta","output_index":2,"summary_index":0,"delta":"@","obfuscation":"@","sequence_number":#}"#,
            r#"{"type":"response.function_call_arguments.delta","output_index":1,"delta":"@","sequence_number":#}"#,
        ],
        others: &[
            r#"{"type":"response.output_text.delta","delta":"@"}"#,
            r#"{"type":"response.output_text.delta","output_index":#,"content_index":0,"delta":"@"}"#,
            r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"@","logprobs":[{"token":"@"}]}"#,
            r#"{"type":"response.custom_tool_call_input.delta","output_index":5,"delta":"@"}"#,
            r#"{"type":"response.code_interpreter_call_code.delta","output_index":6,"delta":"@"}"#,
            r#"{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"@"}"#,
            r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"@"}]}}"#,
            r#"{"type":"response.output_item.added","item":{"type":"message","role":"@","content":[]}}"#,
            r#"{"type":"response.refusal.delta","output_index":0,"content_index":#,"delta":"@"}"#,
            r#"{"type":"keepalive","sequence_number":#}"#,
        ],
    },
    Family {
        dialect: "anthropic",
        opening: &[
            r#"{"type":"message_start","message":{"id":"m","role":"assistant","content":[]}}"#,
            r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"a":1}}}"#,
        ],
        growing: &[
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"@"}}"#,
            r#"{"type":"content_block_delta","index":2,"delta":{"type":"thinking_delta","thinking":"@"}   }"#,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"@"}}"#,
        ],
        others: &[
            r#"{"type":"content_block_delta","index":#,"delta":{"type":"text_delta","text":"@"}}"#,
            r#"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"@"}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"@"}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"x_delta","text":"@"}}"#,
            r#"{"type":"content_block_start","index":#,"content_block":{"type":"text","text":"@"}}"#,
            r#"{"type":"content_block_stop","index":#}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"@"},"usage":{"output_tokens":#}}"#,
            r#"{"type":"ping"}"#,
        ],
    },
    Family {
        dialect: "cohere-v2",
        opening: &[
            r#"{"type":"message-start","id":"c","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[]}}}"#,
            r#"{"type":"tool-call-start","index":1,"delta":{"message":{"tool_calls":{"id":"t","function":{"name":"f","arguments":""}}}}}"#,
        ],
        growing: &[
            r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"@"}}}}"#,
            r#"{"type":"content-delta","index":2,"delta":{"message":{"content":{"type":"x","thinking":"@","x":{"a":[1]}}}}}"#,
            r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"@"}}}"#,
            r#"{"type":"tool-call-delta","index":1,"delta":{"message":{"tool_calls":{"function":{"arguments":"@"}}}}}"#,
        ],
        others: &[
            r#"{"type":"content-delta","index":#,"delta":{"message":{"content":{"text":"@","thinking":"@"}}}}"#,
            r#"{"type":"content-delta","index":#,"delta":{"message":{"content":{"text":"@"}}},"logprobs":{"text":"@"}}"#,
            r#"{"type":"content-delta","delta":{"message":{"content":{"text":"@"}}}}"#,
            r#"{"type":"content-start","index":#,"delta":{"message":{"content":{"type":"y","text":"@"}}}}"#,
            r#"{"type":"content-start","delta":{"message":{"content":{"type":"text","text":"@"}}}}"#,
            r#"{"type":"tool-call-start","index":#,"delta":{"message":{"tool_calls":{"id":"@","function":{"name":"@"}}}}}"#,
            r#"{"type":"tool-call-delta","index":#,"delta":{"message":{"tool_calls":{"id":"@","function":{"arguments":"@"}}}}}"#,
            r#"{"type":"tool-call-delta","delta":{"message":{"tool_calls":{"function":{"arguments":"@"}}}}}"#,
            r#"{"type":"citation-start","index":#,"delta":{"message":{"citations":{"text":"@"}}}}"#,
            r#"{"type":"message-start","id":"@","delta":{"message":{"role":"@","content":[],"tool_plan":"@"}}}"#,
            r#"{"error":"@","type":"content-delta","index":#,"delta":{"message":{"content":{"text":"@"}}}}"#,
        ],
    },
    Family {
        dialect: "ollama",
        opening: &[],
        growing: &[
            r#"{"model":"m","created_at":"@","message":{"role":"assistant","content":"@"},"done":false}"#,
            r#"{"model":"m","created_at":"@","message":{"role":"assistant","content":"","thinking":"@"},"done":false}"#,
            r#"{"model":"m","created_at":"@","response":"@","done":false}"#,
            r#"{"message":{"content":"@","tool_calls":[],"images":[]},"done":false,"eval_count":7}"#,
        ],
        others: &[
            r#"{"created_at":null,"message":{"content":"@","thinking":"@"},"response":"@","done":false}"#,
            r#"{"model":"@","created_at":"@","response":"@","thinking":"@","done":false,"x":{"a":#}}"#,
            r#"{"message":{"content":"@","tool_calls":[{"function":{"name":"@","arguments":{}}}]},"done":false}"#,
            r#"{"message":{"content":"@","images":["@"]},"done":false}"#,
            r#"{"response":"@","done":false,"logprobs":[{"token":"@"}]}"#,
            r#"{"message":{"role":"@","content":"@","x":"@"},"done":false}"#,
            r#"{"error":"@","message":{"content":"@"},"done":false}"#,
        ],
    },
    Family {
        dialect: "openai-assistants",
        opening: &[
            r#"{"id":"s","object":"thread.run.step.delta","delta":{"step_details":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f"}}]}}}"#,
        ],
        growing: &[
            r#"{"id":"m","object":"thread.message.delta","delta":{"content":[{"index":0,"type":"text","text":{"value":"@"}}]}}"#,
            r#"{"id":"m","object":"thread.message.delta","delta":{"role":"assistant","content":[{"index":1,"type":"refusal","refusal":"@","x":"y"}]}}"#,
            r#"{"id":"s","object":"thread.run.step.delta","delta":{"step_details":{"tool_calls":[{"index":0,"function":{"arguments":"@"}}]}}}"#,
            r#"{"id":"t","object":"thread.run.step.delta","delta":{"step_details":{"tool_calls":[{"index":0,"type":"code_interpreter","code_interpreter":{"input":"@"}}]}}}"#,
        ],
        others: &[
            r#"{"id":"m","object":"thread.message.delta","delta":{"content":[{"index":#,"type":"text","text":{"value":"@","annotations":[]}}]}}"#,
            r#"{"id":"m","object":"thread.message.delta","delta":{"content":[{"index":#,"text":{"value":"@","annotations":[{"a":1}]}}]}}"#,
            r#"{"id":"m","object":"thread.message.delta","delta":{"content":[{"index":#,"type":"image_url","text":{"value":"@"}}]}}"#,
            r#"{"id":"m","object":"thread.message.delta","delta":{"content":[{"text":{"value":"@"}},{"index":1,"refusal":"@"}]}}"#,
            r#"{"id":"m","object":"thread.message","role":"assistant","content":[{"type":"text","text":{"value":"@"}}]}"#,
            r#"{"id":"m","object":"thread.message","content":[{"type":"text","text":{"value":"a@"}}]}"#,
            r#"{"id":"s","object":"thread.run.step.delta","delta":{"step_details":{"tool_calls":[{"index":#,"id":"@","type":"function","function":{"name":"@","arguments":"@"}}]}}}"#,
            r#"{"id":"t","object":"thread.run.step.delta","delta":{"step_details":{"tool_calls":[{"index":#,"type":"code_interpreter","code_interpreter":{"input":"@","outputs":[{"index":0,"logs":"x"}]}}]}}}"#,
            r#"{"id":"t","object":"thread.run.step.delta","delta":{"step_details":{"tool_calls":[{"index":#,"type":"file_search","file_search":{"input":"@"}}]}}}"#,
            r#"{"id":"s","object":"thread.run.step","step_details":{"tool_calls":[{"id":"@","type":"function","function":{"name":"f","arguments":"@"}}]}}"#,
            r#"{"id":"r","object":"thread.run","required_action":{"submit_tool_outputs":{"tool_calls":[{"id":"@","function":{"arguments":"@"}}]}}}"#,
        ],
    },
    Family {
        dialect: "vercel-ui",
        opening: &[
            r#"{"type":"start","messageId":"m"}"#,
            r#"{"type":"text-start","id":"0"}"#,
            r#"{"type":"tool-input-start","toolCallId":"c","toolName":"f"}"#,
            r#"{"type":"tool-input-start","toolCallId":"t","toolName":"g","inputEncoding":"text"}"#,
        ],
        growing: &[
            r#"{"type":"text-delta","id":"0","delta":"@"}"#,
            r#"{"type":"text-delta","id":0,"delta":"@","providerMetadata":{"p":[{"a":null}]}}"#,
            r#"{"type":"reasoning-delta","id":"0","delta":"@","text":"x"}"#,
            r#"{"type":"tool-input-delta","toolCallId":"c","inputTextDelta":"@"}"#,
            r#"{"type":"tool-input-delta","toolCallId":"t","inputTextDelta":"@","title":"T"}"#,
        ],
        others: &[
            r##"{"type":"text-delta","id":"#","delta":"@"}"##,
            r#"{"type":"text-delta","id":"0","delta":"@","providerMetadata":{"p":#}}"#,
            r#"{"type":"text-end","id":"0"}"#,
            r#"{"type":"reset-step"}"#,
            r#"{"type":"start-step"}"#,
            r##"{"type":"tool-input-delta","toolCallId":"#","inputTextDelta":"@"}"##,
            r#"{"type":"tool-input-delta","toolCallId":"c","inputTextDelta":"@","toolName":"@"}"#,
            r#"{"type":"tool-input-delta","toolCallId":"c","inputTextDelta":"@","rawInput":"x","input":1,"output":#}"#,
            r#"{"type":"tool-input-available","toolCallId":"c","toolName":"f","input":"@"}"#,
            r#"{"type":"tool-output-available","toolCallId":"t","output":"@"}"#,
            r##"{"type":"data-x","id":"#","data":"@"}"##,
        ],
    },
    Family {
        dialect: "ag-ui",
        opening: &[
            r#"{"type":"RUN_STARTED","threadId":"t","runId":"r"}"#,
            r#"{"type":"TEXT_MESSAGE_START","messageId":"m","role":"assistant"}"#,
            r#"{"type":"TOOL_CALL_START","toolCallId":"c","toolCallName":"f","parentMessageId":"m"}"#,
        ],
        growing: &[
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"@"}"#,
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"@","timestamp":#,"metadata":{"a":[1]}}"#,
            r#"{"type":"TEXT_MESSAGE_CHUNK","messageId":"m","role":"assistant","delta":"@"}"#,
            r#"{"type":"REASONING_MESSAGE_CONTENT","messageId":"m","delta":"@"}"#,
            r#"{"type":"THINKING_TEXT_MESSAGE_CONTENT","delta":"@"}"#,
            r#"{"type":"TOOL_CALL_ARGS","toolCallId":"c","delta":"@","timestamp":#}"#,
            r#"{"type":"TOOL_CALL_CHUNK","toolCallId":"d","toolCallName":"g","delta":"@"}"#,
            r#"{"type":"TOOL_CALL_CHUNK","delta":"@"}"#,
        ],
        others: &[
            r##"{"type":"TEXT_MESSAGE_CONTENT","messageId":"#","delta":"@"}"##,
            r##"{"type":"TEXT_MESSAGE_CHUNK","messageId":"#","delta":"@"}"##,
            r#"{"type":"TEXT_MESSAGE_CHUNK","delta":"@"}"#,
            r#"{"type":"TEXT_MESSAGE_CONTENT","delta":"@","metadata":{"a":#}}"#,
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"n","delta":"@","content":"x","role":"user","toolCalls":[]}"#,
            r#"{"type":"TOOL_CALL_ARGS","toolCallId":"n","delta":"@","function":{"arguments":"x"},"toolCallName":"g"}"#,
            r#"{"type":"THINKING_TEXT_MESSAGE_START"}"#,
            r##"{"type":"TOOL_CALL_START","toolCallId":"#","toolCallName":"@"}"##,
            r##"{"type":"TOOL_CALL_ARGS","toolCallId":"#","delta":"@"}"##,
            r#"{"type":"TOOL_CALL_ARGS","delta":"@"}"#,
            r#"{"type":"STATE_DELTA","delta":[{"op":"add","path":"/a","value":"@"}]}"#,
            r#"{"type":"MESSAGES_SNAPSHOT","messages":[{"id":"m","role":"assistant","content":"@"}]}"#,
        ],
    },
];

impl Family {
    fn shapes(&self) -> Vec<&'static str> {
        self.growing.iter().chain(self.others).copied().collect()
    }
}

fn filled(shape: &str, number: usize, text: &str) -> String {
    shape.replace('#', &number.to_string()).replace('@', text)
}

/// Runs of one shape with other texts, so that most payloads repeat the one before.
fn stream() -> impl Strategy<Value = (usize, Vec<String>)> {
    (0..FAMILIES.len()).prop_flat_map(|family| {
        let texts = prop::collection::vec((0..4_usize, prop::sample::select(&TEXTS[..])), 1..6);
        let run = (prop::sample::select(FAMILIES[family].shapes()), texts);
        let run = run.prop_map(|(shape, texts)| {
            texts.into_iter().map(|(number, text)| filled(shape, number, text)).collect::<Vec<_>>()
        });
        let opening: Vec<_> = FAMILIES[family].opening.iter().map(ToString::to_string).collect();
        prop::collection::vec(run, 1..8).prop_map(move |runs| (family, [opening.clone(), runs.concat()].concat()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn repeating_a_shape_changes_nothing(
        (family, payloads) in stream(), wire in prop::sample::select(&WIRES[..]), size in 1_usize..400
    ) {
        let dialect = FAMILIES[family].dialect;
        prop_assert_eq!(fold(dialect, &payloads, false, wire, size), fold(dialect, &payloads, true, wire, size));
    }
}

#[test]
fn a_repeated_shape_is_not_parsed_again() {
    for family in FAMILIES {
        for shape in family.growing {
            let mut accumulator = Accumulator::new(Some(family.dialect), None).unwrap();
            let texts = ["one", r"two\n", "three", "four"].iter().zip(9..);
            let payloads = texts.map(|(text, number)| filled(shape, number, text));
            for payload in family.opening.iter().map(ToString::to_string).chain(payloads) {
                accumulator.feed(format!("data: {payload}\n\n").as_bytes(), &mut |_| {}).unwrap();
            }
            assert_eq!(accumulator.matched(), 3, "{shape}");
        }
    }
}
