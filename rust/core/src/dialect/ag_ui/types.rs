//! The types of events, in any spelling.

/// The types that no other protocol has: without `RAW` and `CUSTOM`, which identify nothing.
const KNOWN: [&str; 34] = [
    "RUN_STARTED",
    "RUN_FINISHED",
    "RUN_ERROR",
    "STEP_STARTED",
    "STEP_FINISHED",
    "TEXT_MESSAGE_START",
    "TEXT_MESSAGE_CONTENT",
    "TEXT_MESSAGE_END",
    "TEXT_MESSAGE_CHUNK",
    "TOOL_CALL_START",
    "TOOL_CALL_ARGS",
    "TOOL_CALL_END",
    "TOOL_CALL_CHUNK",
    "TOOL_CALL_RESULT",
    "STATE_SNAPSHOT",
    "STATE_DELTA",
    "MESSAGES_SNAPSHOT",
    "ACTIVITY_SNAPSHOT",
    "ACTIVITY_DELTA",
    "REASONING_START",
    "REASONING_MESSAGE_START",
    "REASONING_MESSAGE_CONTENT",
    "REASONING_MESSAGE_END",
    "REASONING_MESSAGE_CHUNK",
    "REASONING_END",
    "REASONING_ENCRYPTED_VALUE",
    "THINKING_START",
    "THINKING_TEXT_MESSAGE_START",
    "THINKING_TEXT_MESSAGE_CONTENT",
    "THINKING_TEXT_MESSAGE_END",
    "THINKING_END",
    "SUBAGENT_STARTED",
    "SUBAGENT_FINISHED",
    "SUBAGENT_ERROR",
];

/// Whether it is a type in the protocol's own spelling.
pub(super) fn is_exact(kind: &str) -> bool {
    KNOWN.contains(&kind)
}

/// The protocol's name of a type: some servers write `TextMessageContent`, `text-message-content` or `text_message_content`.
pub(super) fn known(kind: &str) -> Option<&'static str> {
    let exact = KNOWN.into_iter().find(|known| *known == kind);
    exact.or_else(|| KNOWN.into_iter().find(|known| letters(known).eq(letters(kind))))
}

/// The letters that all spellings have in common.
fn letters(kind: &str) -> impl Iterator<Item = u8> {
    kind.bytes().filter(|byte| !matches!(byte, b'_' | b'-' | b'.' | b' ')).map(|byte| byte.to_ascii_uppercase())
}

#[test]
fn types_are_found_in_any_spelling() {
    for kind in [
        "TEXT_MESSAGE_CONTENT",
        "TextMessageContent",
        "textMessageContent",
        "text_message_content",
        "text-message.content",
    ] {
        assert_eq!(known(kind), Some("TEXT_MESSAGE_CONTENT"), "{kind}");
    }
    for kind in ["", "_", "CUSTOM", "TextMessage", "TextMessageContents", "RAW"] {
        assert_eq!(known(kind), None, "{kind}");
    }
}
