//! The other providers' own APIs.

use super::Family;

pub(crate) const ANTHROPIC: Family = Family {
    dialect: "anthropic",
    opening: &[
        r#"{"type":"message_start","message":{"id":"m","role":"assistant","content":[]}}"#,
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"a":1}}}"#,
    ],
    growing: &[
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"@"}}"#,
        r#"{"type":"content_block_delta","index":2,"delta":{"type":"thinking_delta","thinking":"@"}~}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"@"}}"#,
    ],
    others: &[
        r#"{"type":"content_block_delta","index":#,"delta":{"type":"text_delta","text":"@"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"@"}~}"#,
        r#"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"@"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"@"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"x_delta","text":"@"}}"#,
        r#"{"type":"content_block_start","index":#,"content_block":{"type":"text","text":"@"}}"#,
        r#"{"type":"content_block_stop","index":#}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"@"},"usage":{"output_tokens":#}}"#,
        r#"{"type":"ping"}"#,
    ],
    structure: &[
        r#"{"type":"content_block_start","index":#,"content_block":{"type":"thinking","thinking":"@","signature":""}}"#,
        r#"{"type":"content_block_start","index":#,"content_block":{"type":"tool_use","id":"@","name":"@","input":{}}}"#,
        r#"{"type":"content_block_start","index":#,"content_block":{"type":"tool_use","id":"@","name":"@","input":{"a":"@"}}}"#,
        r#"{"type":"content_block_start","index":#,"content_block":{"type":"server_tool_use","id":"@","input":{}}}"#,
        r#"{"type":"content_block_start","index":#,"content_block":{"type":"redacted_thinking","data":"@"}}"#,
        r#"{"type":"content_block_delta","index":#,"delta":{"type":"thinking_delta","thinking":"@"}}"#,
        r#"{"type":"content_block_delta","index":#,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}"#,
        r#"{"type":"content_block_delta","index":#,"delta":{"type":"input_json_delta","partial_json":"@"}}"#,
        r#"{"type":"content_block_delta","index":#,"delta":{"type":"citations_delta","citation":{"cited_text":"@"}}}"#,
        r#"{"type":"content_block_delta","index":#,"delta":{"type":"compaction_delta","content":"@"}}"#,
        r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"@"}}"#,
        r#"{"type":"message_start","message":{"id":"@","model":"@","role":"assistant","content":[{"type":"text","text":"@"}],"usage":{"input_tokens":#}}}"#,
        r#"{"type":"message_delta","delta":{"container":"@"},"context_management":{"a":#}}"#,
    ],
    ends: &[
        r#"{"type":"message_stop"}"#,
        r#"{"type":"error","error":{"type":"@","message":"@"}}"#,
        r#"{"type":"message","id":"m","role":"assistant","content":[{"type":"text","text":"@"},{"type":"tool_use","id":"t","name":"f","input":{"a":#}}],"stop_reason":"@"}"#,
    ],
};

pub(crate) const GEMINI: Family = Family {
    dialect: "gemini",
    opening: &[],
    growing: &[],
    others: &[
        r#"{"candidates":[{"content":{"parts":[{"text":"@"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":#,"totalTokenCount":#},"modelVersion":"@","responseId":"r"}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"@","thought":true}],"role":"model"}}]}"#,
        r#"{"candidates":[{"index":#,"content":{"parts":[{"text":"@"}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"@"},{"text":"@","thought":true},{"text":"@"}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"@"}]}},{"index":#,"content":{"parts":[{"text":"@"}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"@"}]}}],"error":"@"}"#,
    ],
    structure: &[
        r#"{"candidates":[{"content":{"parts":[{"text":"@","thoughtSignature":"@"}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"thoughtSignature":"@"}]}}]}"#,
        r#"{"candidates":[{"index":#,"content":{"parts":[{"functionCall":{"id":"@","name":"@","args":{"a":"@"}}}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","willContinue":true}}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"functionCall":{"willContinue":true,"partialArgs":[{"jsonPath":"$.a","stringValue":"@","willContinue":true}]}}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"functionCall":{"willContinue":true,"partialArgs":[{"jsonPath":"$.b[#].c","numberValue":#}]}}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{"jsonPath":"$['@']","boolValue":true}]}}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"functionCall":{}}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"@"}}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"executableCode":{"code":"@"}}]}}]}"#,
        r#"{"candidates":[{"index":#,"citationMetadata":{"a":"@"},"groundingMetadata":{"b":#},"safetyRatings":[]}]}"#,
        r#"{"candidates":[{"logprobsResult":{"topCandidates":[#],"chosenCandidates":[{"token":"@"}]}}]}"#,
        r#"{"usageMetadata":{"promptTokenCount":#},"modelVersion":"m"}"#,
        r#"{"candidates":[],"x":{"y":"@"}}"#,
    ],
    ends: &[
        r#"{"candidates":[{"index":#,"content":{"parts":[{"text":"@"}]},"finishReason":"@"}]}"#,
        r#"{"candidates":[{"finishReason":#}]}"#,
        r#"{"promptFeedback":{"blockReason":"@"}}"#,
        r#"{"error":{"code":#,"message":"@","status":"@"}}"#,
    ],
};

pub(crate) const COHERE_V2: Family = Family {
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
    structure: &[
        r#"{"type":"content-start","index":#,"delta":{"message":{"content":{"type":"thinking","thinking":"@"}}}}"#,
        r#"{"type":"content-delta","index":#,"delta":{"message":{"content":{"thinking":"@"}}}}"#,
        r#"{"type":"content-end","index":#}"#,
        r#"{"type":"tool-call-end","index":#}"#,
        r#"{"type":"citation-end","index":#}"#,
    ],
    ends: &[
        r#"{"type":"message-end","delta":{"finish_reason":"@","usage":{"tokens":{"input_tokens":#}}}}"#,
        r#"{"type":"message-end","delta":{"finish_reason":"ERROR","error":"@"}}"#,
        r#"{"id":"c","finish_reason":"COMPLETE","message":{"role":"assistant","content":[{"type":"text","text":"@"}],"tool_calls":[{"id":"t","function":{"name":"f","arguments":"@"}}]}}"#,
    ],
};

pub(crate) const OLLAMA: Family = Family {
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
    structure: &[
        r#"{"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"id":"@","function":{"index":#,"name":"@","arguments":{"a":"@"}}}]},"done":false}"#,
        r#"{"model":"m","message":{"content":"@","images":["@","@"]},"done":false}"#,
        r#"{"model":"m","response":"","thinking":"@","done":false}"#,
    ],
    ends: &[
        r#"{"model":"m","created_at":"@","message":{"role":"assistant","content":"@"},"done":true,"done_reason":"@","eval_count":#}"#,
        r#"{"model":"m","response":"@","done":true,"context":[#],"prompt_eval_count":#}"#,
        r#"{"error":"@"}"#,
    ],
};
