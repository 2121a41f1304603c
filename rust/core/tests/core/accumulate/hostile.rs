//! Payloads that are hard to read, and some that are none: nothing panics, and each gives what it should.

use crate::support::watched::{Stream, chunk, function};

const MANY: usize = 100_000;

#[test]
fn deep_nesting_is_an_error() {
    for (open, count) in [("[", 1_000_000), ("{\"a\":", 200_000), ("\"\",[{\"[\":", 200_000)] {
        let mut stream = Stream::new();
        stream.feed(chunk("\"content\":\"x\"")).feed(format!("data: {}\n\n", open.repeat(count)));
        assert_eq!(stream.error().unwrap().kind.as_deref(), Some("malformed_payload"), "{open}");
        stream.feed(format!("error: {}\n\n", open.repeat(count)));
        stream.feed(open.repeat(count)).feed("\n\n");
    }
}

#[test]
fn nesting_has_a_limit_and_strings_have_none() {
    let nested = |depth: usize| chunk(&format!("\"a\":{}{}", "[".repeat(depth - 4), "]".repeat(depth - 4)));
    assert_eq!(Stream::new().feed(nested(128)).error(), None);
    assert!(Stream::new().feed(format!("{}{}", chunk(""), nested(129))).error().is_some());
    assert_eq!(Stream::new().feed(chunk(&format!("\"content\":\"{}\"", "[".repeat(1_000_000)))).error(), None);
}

#[test]
fn deep_nesting_in_arguments_is_text() {
    let mut stream = Stream::new();
    stream.again(&function("", "f", &"[{\\\"a\\\":".repeat(20)), MANY / 80);
    stream.again(&function("", "f", &"}]".repeat(20)), MANY / 80);
    assert_eq!(stream.calls().len(), 1);
}

#[test]
fn a_payload_that_is_no_json_is_an_error_whatever_it_is() {
    let payloads = [
        "NaNaN",
        "[NaNaN]",
        "{\"a\":NaNaNaN}",
        "InfinityInfinity",
        "-NaN",
        "1Infinity",
        "1.5Infinity",
        "[1Infinity]",
        "INaNfinity",
        "N",
        "I",
        "\"",
        "\"\\",
        "\"\\u",
        "\"\\ud83",
        "\"\\ud83d\\\"",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "-",
        "+1",
        "01",
        "1.",
        "1e",
        ".5",
        "nul",
        "nulll",
        "\u{feff}{}",
        "{}{}",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{1:1}",
        "[1,]",
        "\u{2028}",
        "\"\0\"",
        "\"\t\"",
        "\u{a0}1",
        "é",
        "😀",
        "\u{ff2e}aN",
        "[DONE]x",
        "\"[DONE]",
    ];
    for payload in payloads {
        let mut stream = Stream::new();
        stream.feed(chunk("\"content\":\"x\"")).feed(format!("data: {payload}\n\n"));
        let kind = stream.error().and_then(|error| error.kind.as_deref());
        assert_eq!(kind, Some("malformed_payload"), "{payload}");
    }
}

#[test]
fn constants_that_are_no_json_are_read() {
    let mut stream = Stream::new();
    stream.feed(chunk("\"content\":\"NaN\",\"a\":[NaN,-Infinity,Infinity,\"NaN\"],\"NaN\":NaN"));
    assert_eq!(stream.choice().content(), Some("NaN"));
    assert!(stream.accumulator.object().contains(r#""a":[null,-1e999,1e999,"NaN"]"#));
}

#[test]
fn bytes_that_are_no_utf_8_are_replaced() {
    let mut stream = Stream::new();
    stream.feed(b"data: {\"choices\":[{\"delta\":{\"content\":\"a\xFF\xF0\x9Fb\xED\xA0\xBD\\u0000\"}}]}\n\n");
    assert_eq!(stream.choice().content(), Some("a\u{fffd}\u{fffd}b\u{fffd}\u{fffd}\u{fffd}\0"));
    stream.feed(b"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"\xFF\",\"function\":{\"name\":\"\xC3\",");
    stream.feed(b"\"arguments\":\"{\xE2\x80\"}}]}}]}\n\n");
    let call = &stream.calls()[0];
    assert_eq!((call.id(), call.name(), call.arguments()), (Some("\u{fffd}"), Some("\u{fffd}"), "{\u{fffd}"));
}

#[test]
fn nul_is_text() {
    let mut stream = Stream::new();
    stream.feed(chunk(&function("\"id\":\"\\u0000\",", "\\u0000", "\\u0000")));
    let call = &stream.calls()[0];
    assert_eq!((call.id(), call.name(), call.arguments()), (Some("\0"), Some("\0"), "\0"));
    stream.feed("data: \0\n\n").feed("\0: {\"error\":\"\0\"}\n\n");
    assert!(stream.error().is_some());
}

#[test]
fn lone_surrogates_are_replaced_everywhere() {
    let mut stream = Stream::new();
    let half = "\\ud83d";
    let members = ["role", "content", "reasoning", "refusal", "token_id", half];
    let delta: Vec<_> = members.iter().map(|name| format!("\"{name}\":\"{half}\"")).collect();
    let details = format!("\"reasoning_details\":[{{\"type\":\"{half}\",\"text\":\"{half}\"}}]");
    let delta = format!("{},{details},{}", delta.join(","), function(&format!("\"id\":\"{half}\","), half, half));
    let top =
        format!("\"id\":\"{half}\",\"model\":\"{half}\",\"error\":{{\"message\":\"{half}\",\"type\":\"{half}\"}}");
    stream.feed(format!("data: {{\"choices\":[{{\"delta\":{{{delta}}},\"finish_reason\":\"{half}\"}}],{top}}}\n\n"));
    stream.accumulator.flush(|_| {});
    let (snapshot, choice, call) = (stream.accumulator.snapshot(), stream.choice(), &stream.calls()[0]);
    let error = stream.error().unwrap();
    let texts = [
        choice.role(),
        choice.content(),
        choice.reasoning(),
        choice.refusal(),
        choice.finish_reason(),
        snapshot.id(),
        snapshot.model(),
        call.id(),
        call.name(),
        Some(call.arguments()),
        Some(&error.message),
        error.kind.as_deref(),
    ];
    assert_eq!(texts, [Some("\u{fffd}"); 12]);
}

#[test]
fn halves_join_over_pieces() {
    let mut stream = Stream::new();
    for half in ["\\ud83d", "\\ude00"].repeat(MANY / 8) {
        stream.feed(chunk(&format!("\"content\":\"{half}\",{}", function("\"index\":0,", "", half))));
    }
    assert_eq!(stream.choice().content().unwrap(), "😀".repeat(MANY / 8));
    assert_eq!(stream.calls()[0].arguments(), "😀".repeat(MANY / 8));
}

#[test]
fn numbers_of_any_size() {
    let digits = "9".repeat(MANY);
    let mut stream = Stream::new();
    for (id, number) in [&digits, "-1", "1e400", "-0", "0.5", "true", "[0]"].into_iter().enumerate() {
        stream.feed(chunk(&function(&format!("\"index\":{number},\"id\":\"{id}\","), "f", number)));
    }
    assert_eq!(stream.calls().len(), 7);
    stream.feed(format!("data: {{\"choices\":[{{\"index\":{digits}}}],\"usage\":{{\"prompt_tokens\":{digits}}}}}\n\n"));
    assert_eq!(
        stream.accumulator.snapshot().choices().map(ssewire_core::Choice::index).collect::<Vec<_>>(),
        [0, i64::MAX]
    );
    let usage = stream.accumulator.snapshot().usage().unwrap();
    assert_eq!((usage.input_tokens(), usage.json().len()), (None, digits.len() + 18));
}

#[test]
fn what_is_no_object_in_a_list_of_objects_is_nothing() {
    let mut stream = Stream::new();
    let items = "[null,1,\"x\",[],[{}]]";
    stream.feed(chunk(&format!("\"content\":\"x\",\"tool_calls\":{items},\"reasoning_details\":{items}")));
    stream.feed(format!("data: {{\"choices\":{items}}}\n\n"));
    assert_eq!(stream.calls().len(), 0);
    assert!(!stream.accumulator.object().contains("reasoning_details"));
    let mut stream = Stream::new();
    stream.feed(format!("data: {{\"choices\":{items}}}\n\n"));
    assert_eq!(stream.accumulator.snapshot().choices().len(), 0);
}

/// A text that is kept beside the ones that are told waits for a second half as they do.
#[test]
fn a_half_that_is_never_joined_is_replaced_in_the_object() {
    let mut stream = Stream::new();
    let half = "\\ud83d";
    let details = format!("\"reasoning_details\":[{{\"type\":\"t\",\"text\":\"{half}\"}}]");
    stream.feed(chunk(&format!("{details},\"audio\":{{\"transcript\":\"{half}\"}}")));
    stream.accumulator.flush(|_| {});
    let object = stream.accumulator.object();
    assert_eq!(object.matches("\"\u{fffd}\"").count(), 3, "{object}");
}
