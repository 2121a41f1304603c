//! Chat streams that are large in every direction: nothing that is held is looked at again for what comes after it.
//!
//! The sizes are the proof: what looks at 8 MiB, or at 100,000 calls, again for each of the pieces after it would take
//! minutes.

use ssewire_core::Accumulator;

use crate::support::watched::{Stream, call, chunk, function, listed};

const HELD: usize = 8 << 20;
const PIECES: usize = 16_000;
const MANY: usize = 100_000;

fn x(count: usize) -> String {
    "x".repeat(count)
}

/// `count` items of a list.
fn ones(count: usize) -> String {
    listed(count, |_| "1".into())
}

// Long texts, then many small pieces

#[test]
fn texts() {
    let mut stream = Stream::new();
    stream.feed(chunk(&format!("\"content\":\"{}\"", x(HELD))));
    stream.feed(chunk(&format!("\"reasoning\":\"{0}\",\"refusal\":\"{0}\"", x(HELD / 2))));
    stream.again("\"content\":\"x\",\"reasoning\":\"x\",\"refusal\":\"\\ud83d\"", PIECES);
    assert_eq!(stream.choice().content().unwrap().len(), HELD + PIECES);
    assert_eq!(stream.choice().reasoning().unwrap().len(), HELD / 2 + PIECES);
}

/// Whether a piece with a name goes on with a call depends on whether the call's arguments are complete.
fn feed_named_pieces(arguments: &str) -> Stream {
    let mut stream = Stream::new();
    stream.feed(chunk(&function("\"index\":0,\"id\":\"a\",", "f", arguments)));
    for rest in ["\"index\":0,", "\"index\":0,\"id\":\"b\",", "", "\"index\":1,"] {
        stream.again(&function(rest, "f", " "), PIECES / 4);
    }
    stream
}

#[test]
fn unfinished_arguments_with_the_name_in_every_piece() {
    for begin in ["{", "[\\\"", "x"] {
        let stream = feed_named_pieces(&format!("{begin}{}", x(HELD / 2)));
        let length = begin.replace('\\', "").len() + HELD / 2 + PIECES / 4 * 3;
        assert_eq!(stream.calls()[0].arguments().len(), length, "{begin}");
    }
}

#[test]
fn blank_arguments_with_the_name_in_every_piece() {
    let stream = feed_named_pieces(&" ".repeat(HELD));
    assert_eq!(stream.calls()[0].arguments().len(), HELD + PIECES / 4 * 3);
}

#[test]
fn complete_arguments_with_the_name_in_every_piece() {
    let mut stream = Stream::new();
    stream.feed(chunk(&function("\"index\":0,", "f", &format!("{{\\\"a\\\":\\\"{}\\\"}}", x(HELD)))));
    stream.again(&function("\"index\":0,", "f", " "), PIECES);
    assert_eq!(stream.calls().len(), 1);
    stream.again(&function("\"index\":0,", "f", "{}"), PIECES);
    assert_eq!(stream.calls().len(), 2);
}

#[test]
fn a_long_id_and_name() {
    let mut stream = Stream::new();
    stream.feed(chunk(&function(&format!("\"index\":0,\"id\":\"{}\",", x(HELD / 2)), &x(HELD / 2), "")));
    for rest in ["\"index\":0,", "", "\"index\":0,\"id\":\"a\","] {
        stream.again(&call(&format!("{rest}\"function\":{{\"arguments\":\"x\"}}")), PIECES / 4);
    }
    stream.again(&function("\"index\":0,", "x", "x"), PIECES / 4);
    assert_eq!(stream.calls()[0].name().unwrap().len(), HELD / 2);
    assert_eq!(stream.calls()[0].arguments().len(), PIECES);
}

/// Members that a delta keeps, one of each kind.
fn kept_members(text: &str, items: &str) -> String {
    let details = format!("[{{\"type\":\"t\",\"index\":0,\"text\":\"{text}\",\"data\":\"{text}\"}}]");
    let audio = format!("{{\"id\":\"a\",\"data\":\"{text}\",\"other\":\"{text}\"}}");
    let deep = format!("{{\"a\":{{\"b\":\"{text}\",\"c\":[{items}]}}}}");
    format!("\"reasoning_details\":{details},\"audio\":{audio},\"annotations\":[{items}],\"deep\":{deep}")
}

#[test]
fn members_of_the_delta() {
    let mut stream = Stream::new();
    stream.feed(chunk(&kept_members(&x(HELD / 8), &ones(HELD / 16))));
    stream.again(&kept_members("x", "1"), PIECES / 2);
    assert!(stream.accumulator.object().len() > HELD / 4 + PIECES);
}

/// A chunk with members beside the delta.
fn around_the_delta(text: &str, items: &str) -> String {
    let choice = format!("\"finish_reason\":\"{text}\",\"logprobs\":{{\"content\":[{items}]}},\"other\":\"{text}\"");
    let top = format!("\"id\":\"{text}\",\"model\":\"{text}\",\"provider\":\"{text}\",\"citations\":[{items}]");
    format!("data: {{\"choices\":[{{{choice}}}],{top}}}\n\n")
}

#[test]
fn members_of_the_chunk_and_of_the_choice() {
    let mut stream = Stream::new();
    stream.feed(around_the_delta(&x(HELD / 8), &ones(HELD / 16)));
    stream.feed(around_the_delta("y", "1").repeat(PIECES / 2));
    let logprobs = format!("{{\"content\":[{}]}}", ones(HELD / 16 + PIECES / 2));
    assert!(stream.choice().logprobs().unwrap() == logprobs);
}

// Many of everything

#[test]
fn calls_in_one_delta() {
    let calls = |count, item: fn(usize) -> String| chunk(&format!("\"tool_calls\":[{}]", listed(count, item)));
    let mut stream = Stream::new();
    stream.feed(calls(MANY, |at| format!("{{\"index\":{at},\"id\":\"{at}\",\"function\":{{\"arguments\":\"a\"}}}}")));
    stream.feed(calls(MANY / 10, |at| format!("{{\"index\":{at},\"function\":{{\"arguments\":\"b\"}}}}")));
    stream.feed(calls(MANY / 10, |at| format!("{{\"id\":\"{at}\",\"function\":{{\"arguments\":\"c\"}}}}")));
    stream.feed(calls(MANY / 10, |_| "{\"function\":{\"arguments\":\"d\"}}".into()));
    assert_eq!(stream.calls().len(), MANY);
    assert!(stream.calls()[..MANY / 10].iter().all(|call| call.arguments() == "abcd"));
}

#[test]
fn calls_over_many_deltas() {
    let mut stream = Stream::new();
    stream.deltas((0..MANY).map(|at| function(&format!("\"index\":0,\"id\":\"{at}\","), "f", "{}")));
    stream.again(&function("", "g", "{}"), PIECES / 2);
    assert_eq!(stream.calls().len(), MANY + PIECES / 2);
}

/// All of them again, by their ids and then by their names.
#[test]
fn calls_in_a_whole_message() {
    let calls = |own: fn(usize) -> String, arguments| {
        listed(MANY, |at| format!("{{{},\"function\":{{\"name\":\"f{at}\",\"arguments\":\"{arguments}\"}}}}", own(at)))
    };
    let mut stream = Stream::new();
    stream.feed(chunk(&format!("\"tool_calls\":[{}]", calls(|at| format!("\"index\":{at},\"id\":\"{at}\""), "{"))));
    for own in [(|at| format!("\"id\":\"{at}\"")) as fn(usize) -> String, |_| "\"type\":\"function\"".into()] {
        let message = format!("{{\"tool_calls\":[{}]}}", calls(own, "{}"));
        stream.feed(format!("data: {{\"choices\":[{{\"message\":{message}}}]}}\n\n"));
    }
    assert_eq!(stream.calls().len(), MANY);
    assert!(stream.calls().iter().all(|call| call.arguments() == "{}"));
}

/// The one that is announced waits for each finish reason.
#[test]
fn announced_calls_and_finish_reasons() {
    let mut stream = Stream::new();
    stream.feed(chunk(&format!(
        "\"tool_calls\":[{}]",
        listed(MANY, |at| format!("{{\"index\":{at},\"function\":{{\"arguments\":\"{{}}\"}}}}"))
    )));
    for _ in 0..PIECES {
        stream.feed("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
    }
    assert!(stream.calls().iter().all(|call| call.arguments() == "{}"));
}

/// What is said again, under another name or of complete arguments.
#[test]
fn texts_that_are_said_again() {
    let mut stream = Stream::new();
    stream.feed(chunk(&format!("\"reasoning\":\"{}\"", x(HELD))));
    stream.again("\"reasoning_content\":\"x\"", PIECES);
    assert_eq!(stream.choice().reasoning().unwrap().len(), HELD);
    stream.feed(chunk(&function("\"index\":0,\"id\":\"a\",", "f", &format!("{{\\\"x\\\":\\\"{}\\\"}}", x(HELD)))));
    stream.feed(chunk(&function("\"index\":0,", "", "{\\\"x\\\":\\\"")));
    stream.again(&function("\"index\":0,", "", "x"), PIECES);
    assert_eq!(stream.calls()[0].arguments().len(), HELD + 8);
}

/// The deprecated single call, beside as many others.
#[test]
fn calls_and_the_legacy_call() {
    let mut stream = Stream::new();
    stream.feed(chunk(&format!("\"tool_calls\":[{}]", listed(MANY, |at| format!("{{\"index\":{at}}}")))));
    stream.again("\"function_call\":{\"arguments\":\"x\"}", MANY / 2);
    assert_eq!((stream.calls().len(), stream.calls()[MANY].arguments().len()), (MANY + 1, MANY / 2));
}

#[test]
fn choices() {
    let mut stream = Stream::new();
    let choices = listed(MANY, |at| format!("{{\"index\":{at},\"delta\":{{\"content\":\"\\ud83d\"}}}}"));
    stream.feed(format!("data: {{\"choices\":[{choices}]}}\n\n"));
    stream.again("\"content\":\"x\"", PIECES);
    stream.feed("data: [DONE]\n\n".repeat(PIECES));
    let snapshot = stream.accumulator.snapshot();
    assert_eq!((snapshot.choices().len(), snapshot.find_choice(1).unwrap().content()), (MANY, Some("\u{fffd}")));
}

#[test]
fn arguments_byte_by_byte() {
    let arguments = format!("{{\"a\":\"{}\"}}", "[}x".repeat(MANY / 3));
    let escaped = arguments.chars().map(|c| if c == '"' { "\\\"".to_owned() } else { c.to_string() });
    let mut stream = Stream::new();
    stream.deltas(escaped.map(|piece| function("\"index\":0,", "f", &piece)));
    assert_eq!((stream.calls().len(), stream.calls()[0].arguments()), (1, &*arguments));
}

#[test]
fn names_and_ids_byte_by_byte() {
    let name = "get".repeat(MANY / 3);
    let mut stream = Stream::new();
    let pieces = name.chars().take(PIECES);
    stream.deltas(
        pieces.map(|piece| call(&format!("\"index\":0,\"id\":\"{piece}\",\"function\":{{\"name\":\"{piece}\"}}"))),
    );
    assert_eq!(stream.calls().len(), 3, "a known id goes to its call");
    let mut stream = Stream::new();
    stream.deltas(name.chars().map(|piece| function("\"index\":0,", &piece.to_string(), "")));
    assert_eq!((stream.calls().len(), stream.calls()[0].name()), (1, Some(&*name)));
}

#[test]
fn a_body_byte_by_byte() {
    let mut stream = Stream::new();
    let body = chunk(&function("\"index\":0,", "f", "x")).repeat(MANY / 10);
    body.as_bytes().chunks(1).for_each(|byte| _ = stream.feed(byte));
    assert_eq!(stream.calls()[0].arguments().len(), MANY / 10);
}

/// Members of different names, and as many of one name.
fn unlike_and_like(count: usize) -> String {
    format!("{},{}", listed(count, |at| format!("\"m{at}\":{at}")), listed(count, |at| format!("\"like\":{at}")))
}

#[test]
fn members_of_an_object() {
    let mut stream = Stream::new();
    stream.feed(chunk(&format!("\"a\":{{{}}}", unlike_and_like(MANY))));
    let object = stream.accumulator.object();
    assert_eq!(object.matches(&format!("\"like\":{}", MANY - 1)).count(), 1);
    let whole = object.replace("\"object\":\"chat.completion\"", "\"object\":\"chat.completion\",\"whole\":1");
    let mut again = Accumulator::default();
    again.feed(whole.as_bytes(), |_| {}).unwrap();
    assert_eq!(again.object().len(), whole.len());
}

#[test]
fn members_of_all_objects() {
    let all = unlike_and_like(PIECES);
    let mut stream = Stream::new();
    stream.feed(chunk(&format!("\"audio\":{{{all}}},\"reasoning_details\":[{{{all}}}],{all}")));
    stream.feed(chunk(&call(&format!("\"function\":{{{all}}},{all}"))));
    let choice = format!("{{\"delta\":{{}},\"logprobs\":{{{all}}},{all}}}");
    stream.feed(format!("data: {{\"choices\":[{choice}],\"usage\":{{{all}}},{all}}}\n\n"));
    assert_eq!(stream.accumulator.object().matches(&format!("\"like\":{}", PIECES - 1)).count(), 9);
}

/// Each member is another one: what is told of it may not be the whole object.
#[test]
fn members_beside_groqs_usage() {
    let mut stream = Stream::new();
    let members = listed(PIECES, |at| format!("\"m{at}\":{at}"));
    stream.feed(format!("data: {{\"choices\":[],\"x_groq\":{{{members}}}}}\n\n"));
    assert!(stream.accumulator.object().ends_with(&format!("{members}}}}}")));
}

#[test]
fn a_usage_that_grows() {
    let mut stream = Stream::new();
    stream.feed(chunk("\"content\":\"x\""));
    let usages = (0..MANY / 2).map(|at| format!("data: {{\"usage\":{{\"m{at}\":{{\"n\":{at}}}}}}}\n\n"));
    usages.for_each(|usage| _ = stream.feed(usage));
    assert_eq!(stream.accumulator.snapshot().usage().unwrap().json().matches("\"n\"").count(), MANY / 2);
}

/// Each delta of a usage has all of it.
#[test]
fn a_large_usage_that_changes_by_little_is_emitted_in_linear_size() {
    let members = listed(MANY / 50, |at| format!("\"m{at}\":{at}"));
    let choices = listed(MANY / 50, |at| format!("{{\"index\":{at},\"usage\":{{\"n\":{at}}}}}"));
    let body = format!("data: {{\"choices\":[],\"usage\":{{{members}}}}}\n\ndata: {{\"choices\":[{choices}]}}\n\n");
    let mut accumulator = Accumulator::default();
    let (mut emitted, mut largest) = (0, 0);
    let mut out = |delta: ssewire_core::Delta<'_>| {
        if let ssewire_core::Delta::Usage { usage } = delta {
            emitted += usage.json().len();
            largest = largest.max(usage.json().len());
        }
    };
    accumulator.feed(body.as_bytes(), &mut out).unwrap();
    assert!(largest > members.len(), "a large usage is emitted when it is new");
    assert!(emitted < 16 * body.len(), "{emitted} bytes of {}", body.len());
}

fn detail(at: usize, text: &str) -> String {
    format!("{{\"type\":\"t\",\"index\":{at},\"id\":\"{at}\",\"text\":\"{text}\"}}")
}

#[test]
fn reasoning_details() {
    let mut stream = Stream::new();
    stream.feed(chunk(&format!("\"reasoning_details\":[{}]", listed(MANY / 2, |at| detail(at, "x")))));
    stream.deltas((0..PIECES / 2).map(|at| format!("\"reasoning_details\":[{}]", detail(at, "y"))));
    assert_eq!(stream.choice().reasoning().unwrap().len(), MANY / 2 + PIECES / 2);
    assert_eq!(stream.accumulator.object().matches("\"text\":\"xy\"").count(), PIECES / 2);
}

#[test]
fn parts_of_a_content() {
    let mut stream = Stream::new();
    let part = "{\"type\":\"thinking\",\"thinking\":[{\"text\":\"x\"}]},{\"type\":\"image\"},\"y\"";
    stream.feed(chunk(&format!("\"content\":[{}]", listed(PIECES, |_| part.into()))));
    let choice = stream.choice();
    assert_eq!((choice.reasoning().map(str::len), choice.content().map(str::len)), (Some(PIECES), Some(PIECES)));
}

#[test]
fn errors_and_bodies_that_are_no_event_stream() {
    let mut stream = Stream::new();
    stream.feed("<p>\n\n".repeat(MANY)).feed("{\"choices\":\n\n".repeat(PIECES)).feed("[[\n".repeat(MANY)).feed("\n");
    assert_eq!(stream.accumulator.not_a_stream().unwrap().len(), 64 * 1024);
    stream.feed("error: {\"message\":\"x\"}\n\n".repeat(PIECES)).feed("data: {\n\n".repeat(PIECES));
    assert_eq!(stream.error().unwrap().message, "x");
}

/// Each delta of a call has all of its name.
#[test]
fn a_name_in_pieces_is_emitted_in_linear_size() {
    let mut accumulator = Accumulator::default();
    let (mut emitted, mut last) = (0, String::new());
    let mut out = |delta: ssewire_core::Delta<'_>| {
        if let ssewire_core::Delta::ToolCall { name: Some(name), .. } = delta {
            emitted += name.len();
            name.clone_into(&mut last);
        }
    };
    for piece in 0..PIECES {
        let piece = chunk(&function("\"index\":0,", &format!("{piece:020}"), ""));
        accumulator.feed(piece.as_bytes(), &mut out).unwrap();
    }
    accumulator.flush(&mut out);
    assert_eq!(last.len(), PIECES * 20, "the last delta has all of it");
    assert!(emitted < 8 * PIECES * 20, "{emitted} bytes of names");
}
