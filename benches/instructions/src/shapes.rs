//! Bodies that are large in one direction: twice of it must not cost more than twice the instructions.

use crate::body::{Body, Cut};
use crate::work::{Layer, Work};

/// What a network hands over at once, on most of its ways.
const SEGMENT: Cut = Cut::Bytes(1460);
const WHOLE: Cut = Cut::Bytes(usize::MAX);
const BYTEWISE: Cut = Cut::Bytes(1);

const fn events(name: &'static str, cut: Cut, size: usize, body: fn(usize) -> Body) -> Work {
    Work { name, layer: Layer::Events, cut, size, body }
}

const fn deltas(name: &'static str, cut: Cut, size: usize, body: fn(usize) -> Body) -> Work {
    Work { name, layer: Layer::Deltas, cut, size, body }
}

const fn arguments(name: &'static str, cut: Cut, size: usize, body: fn(usize) -> Body) -> Work {
    Work { name, layer: Layer::Arguments, cut, size, body }
}

pub(crate) const ALL: &[Work] = &[
    // Framing.
    events("a large line", SEGMENT, 8 << 20, large_line),
    events("a line byte by byte", BYTEWISE, 1 << 16, large_line),
    events("data lines of one event, in segments", SEGMENT, 50_000, data_lines),
    events("data lines of one event, byte by byte", BYTEWISE, 5_000, data_lines),
    events("events in one piece", WHOLE, 20_000, small_events),
    events("events byte by byte", BYTEWISE, 5_000, small_events),
    events("comments before an event", SEGMENT, 20_000, comments),
    events("comments in an event", SEGMENT, 20_000, comments_inside),
    events("a long comment", SEGMENT, 8 << 20, long_comment),
    events("unknown lines", SEGMENT, 20_000, unknown_lines),
    events("blank lines", SEGMENT, 50_000, blank_lines),
    events("ids in one event", SEGMENT, 20_000, ids),
    events("a long id, then events", SEGMENT, 20_000, long_id),
    events("event names in one event", SEGMENT, 20_000, names),
    events("a long event name, then events", SEGMENT, 20_000, long_name),
    events("retries", SEGMENT, 20_000, retries),
    events("carriage returns", SEGMENT, 50_000, carriage_returns),
    // Payloads and texts.
    deltas("a large payload", SEGMENT, 1 << 20, large_payload),
    deltas("a large payload, all of it escapes", SEGMENT, 1 << 15, large_escaped_payload),
    deltas("a payload of many data lines", SEGMENT, 10_000, payload_of_lines),
    deltas("a long text", SEGMENT, 10_000, long_text),
    deltas("a long text, byte by byte", BYTEWISE, 2_000, long_text),
    deltas("a long text behind a large piece", SEGMENT, 3_000, text_behind_large),
    deltas("long arguments", SEGMENT, 10_000, long_arguments),
    deltas("long arguments with the name in every piece", SEGMENT, 3_000, named_arguments),
    deltas("long arguments after complete ones", SEGMENT, 3_000, blank_arguments),
    deltas("characters cut in half", SEGMENT, 10_000, halves),
    deltas("halves that stay alone", SEGMENT, 10_000, lone_halves),
    deltas("shapes that never come again", SEGMENT, 5_000, unlike),
    // Arguments while they arrive.
    arguments("arguments of one long string", Cut::Bytes(4), 1 << 17, long_string),
    arguments("arguments of one long string, at once", WHOLE, 1 << 17, long_string),
    arguments("arguments of escapes, byte by byte", BYTEWISE, 5_000, escapes),
    arguments("arguments of many members", Cut::Bytes(4), 5_000, named_members),
    arguments("arguments of many brackets", Cut::Bytes(4), 20_000, brackets),
    arguments("arguments of one long number", Cut::Bytes(4), 1 << 16, long_number),
    arguments("arguments of blanks", Cut::Bytes(4), 1 << 16, blanks),
    // Many of everything.
    deltas("choices in one chunk", SEGMENT, 10_000, choices_at_once),
    deltas("choices in many chunks", SEGMENT, 10_000, choices),
    deltas("chunks behind many choices", SEGMENT, 5_000, text_behind_choices),
    deltas("tool calls in one chunk", SEGMENT, 5_000, calls_at_once),
    deltas("tool calls in many chunks", SEGMENT, 5_000, calls),
    deltas("tool calls at one index", SEGMENT, 5_000, calls_at_one_index),
    deltas("tool calls in turn", SEGMENT, 5_000, calls_in_turn),
    deltas("members of one object", SEGMENT, 10_000, members),
    deltas("members of many chunks", SEGMENT, 3_000, members_of_chunks),
    deltas("reasoning details", SEGMENT, 2_000, details),
    deltas("logprobs of many chunks", SEGMENT, 3_000, logprobs),
    deltas("usages that grow", SEGMENT, 3_000, usages),
    deltas("blank lines before the first payload", Cut::Bytes(1 << 20), 20_000, blank_blocks),
    deltas("unknown lines before the first payload", SEGMENT, 10_000, stray_lines),
    deltas("payloads that are no JSON", SEGMENT, 5_000, malformed),
];

/// `count` items, joined by commas.
fn listed(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(",")
}

/// An event of one delta, which makes the texts longer by `text` bytes.
fn delta(body: &mut Body, delta: &str, text: usize) {
    body.payload(&format!(r#"{{"choices":[{{"index":0,"delta":{{{delta}}}}}]}}"#), text);
}

/// A body of `count` deltas and what each adds to the texts.
fn of_deltas(count: usize, make: impl Fn(usize) -> (String, usize)) -> Body {
    let mut body = Body::default();
    for (written, text) in (0..count).map(make) {
        delta(&mut body, &written, text);
    }
    body
}

/// A body of one event that has these lines and ends with a line of data.
fn of_lines(lines: &str) -> Body {
    let mut body = Body::default();
    body.event(format!("{lines}data: x\n\n"), 1);
    body
}

fn large_line(size: usize) -> Body {
    let mut body = Body::default();
    body.payload(&"x".repeat(size), 0);
    body
}

fn data_lines(count: usize) -> Body {
    let mut body = Body::default();
    body.event(format!("{}\n", "data: line\n".repeat(count)), 5 * count - 1);
    body
}

fn small_events(count: usize) -> Body {
    let mut body = Body::default();
    (0..count).for_each(|_| _ = body.payload("small", 0));
    body
}

fn comments(count: usize) -> Body {
    of_lines(&": comment\n\n".repeat(count))
}

fn comments_inside(count: usize) -> Body {
    of_lines(&format!("retry: 1\n{}", ": comment\n".repeat(count)))
}

fn long_comment(size: usize) -> Body {
    of_lines(&format!(": {}\n", "x".repeat(size)))
}

fn unknown_lines(count: usize) -> Body {
    of_lines(&"unknown: line\n".repeat(count))
}

fn blank_lines(count: usize) -> Body {
    of_lines(&"\n".repeat(count))
}

fn ids(count: usize) -> Body {
    of_lines(&"id: identifier\n".repeat(count))
}

fn long_id(count: usize) -> Body {
    let mut body = Body::default();
    body.lines(format!("id: {}\n", "x".repeat(10 * count)));
    (0..count).for_each(|_| _ = body.payload("small", 0));
    body
}

fn names(count: usize) -> Body {
    of_lines(&"event: name\n".repeat(count))
}

fn long_name(count: usize) -> Body {
    let mut body = Body::default();
    body.lines(format!("event: {}\n", "x".repeat(10 * count)));
    (0..count).for_each(|_| _ = body.payload("small", 0));
    body
}

fn retries(count: usize) -> Body {
    of_lines(&"retry: 1000\n\n".repeat(count))
}

fn carriage_returns(count: usize) -> Body {
    of_lines(&"\r\r\n".repeat(count))
}

fn large_payload(size: usize) -> Body {
    of_deltas(1, |_| (format!(r#""content":"{}""#, "x".repeat(size)), size))
}

fn large_escaped_payload(size: usize) -> Body {
    of_deltas(1, |_| (format!(r#""content":"{}""#, r"\u00e9\n".repeat(size)), 3 * size))
}

fn payload_of_lines(count: usize) -> Body {
    let mut body = Body::default();
    body.text = count;
    let lines = "data: \"\"},\ndata: {\"delta\":{\"content\":\"x\"},\"p\":\n".repeat(count);
    body.event(format!("data: {{\"choices\":[{{\"p\":\n{lines}data: \"\"}}]}}\n\n"), 0);
    body
}

fn long_text(count: usize) -> Body {
    of_deltas(count, |_| (r#""content":" word""#.into(), 5))
}

fn text_behind_large(count: usize) -> Body {
    let large = format!(r#""content":"{0}","reasoning":"{0}""#, "x".repeat(100 * count));
    of_deltas(count, |at| match at {
        0 => (large.clone(), 200 * count),
        _ => (r#""content":"x","reasoning":"y""#.into(), 2),
    })
}

/// A delta of one tool call.
fn call(members: &str, arguments: &str, name: &str) -> String {
    format!(r#""tool_calls":[{{{members}"function":{{{name}"arguments":"{arguments}"}}}}]"#)
}

fn long_arguments(count: usize) -> Body {
    of_deltas(count, |at| match at {
        0 => (call(r#""index":0,"id":"a","#, r#"{\"text\":\""#, r#""name":"f","#), 9),
        _ => (call(r#""index":0,"#, "word ", ""), 5),
    })
}

fn named_arguments(count: usize) -> Body {
    let begin = format!(r#"{{\"text\":\"{}"#, "x".repeat(20 * count));
    of_deltas(count, |at| match at {
        0 => (call(r#""index":0,"#, &begin, r#""name":"f","#), 9 + 20 * count),
        _ => (call(r#""index":0,"#, "word ", r#""name":"f","#), 5),
    })
}

fn blank_arguments(count: usize) -> Body {
    let complete = format!(r#"{{\"text\":\"{}\"}}"#, "x".repeat(20 * count));
    of_deltas(count, |at| match at {
        0 => (call(r#""index":0,"#, &complete, r#""name":"f","#), 11 + 20 * count),
        _ => (call(r#""index":0,"#, " ", r#""name":"f","#), 1),
    })
}

/// Arguments whose names and strings have so many bytes.
fn of_json(json: &str, text: usize) -> Body {
    let mut body = Body::default();
    body.text = text;
    body.lines(json);
    body
}

fn long_string(size: usize) -> Body {
    of_json(&format!(r#"{{"text":"{}"}}"#, "x".repeat(size)), 4 + size)
}

fn escapes(count: usize) -> Body {
    of_json(&format!(r#"["{}"]"#, r"\u00e9\ud83d\ude00\n".repeat(count)), 7 * count)
}

fn named_members(count: usize) -> Body {
    of_json(&format!("{{{}}}", listed(count, |at| format!(r#""{}":[1.5,true,"x"]"#, at % 10))), 2 * count)
}

fn brackets(count: usize) -> Body {
    of_json(&format!("[{}]", listed(count, |_| "[[{}]]".into())), 0)
}

fn long_number(size: usize) -> Body {
    of_json(&format!("[{}]", "1".repeat(size)), 0)
}

fn blanks(size: usize) -> Body {
    of_json(&format!("[{}]", " ".repeat(size)), 0)
}

fn halves(count: usize) -> Body {
    of_deltas(count, |at| match at % 2 {
        0 => (r#""content":"\ud83d""#.into(), 0),
        _ => (r#""content":"\ude00""#.into(), 4),
    })
}

fn lone_halves(count: usize) -> Body {
    of_deltas(count, |at| (r#""content":"\ud83d""#.into(), if at == 0 { 0 } else { 3 }))
}

fn unlike(count: usize) -> Body {
    of_deltas(count, |at| (format!(r#""content":"x","n{at}":0"#), 1))
}

fn choices_at_once(count: usize) -> Body {
    let choices = listed(count, |at| format!(r#"{{"index":{at},"delta":{{"content":"x"}}}}"#));
    let mut body = Body::default();
    body.payload(&format!(r#"{{"choices":[{choices}]}}"#), count);
    body
}

fn choices(count: usize) -> Body {
    let mut body = Body::default();
    for at in 0..count {
        // In no order.
        let index = at * 7919 % count;
        body.payload(&format!(r#"{{"choices":[{{"index":{index},"delta":{{"content":"x"}}}}]}}"#), 1);
    }
    body
}

fn text_behind_choices(count: usize) -> Body {
    let mut body = choices_at_once(count);
    (0..count).for_each(|_| delta(&mut body, r#""content":"x""#, 1));
    (0..count / 2).for_each(|_| _ = body.payload(r#"{"choices":[],"usage":{"prompt_tokens":1}}"#, 0));
    body.payload("[DONE]", 0);
    (0..count / 2).for_each(|_| _ = body.payload("[DONE]", 0));
    body
}

/// A call, as an item of a list.
fn item(index: usize, arguments: &str) -> String {
    format!(r#"{{"index":{index},"id":"call_{index}","function":{{"name":"f","arguments":"{arguments}"}}}}"#)
}

fn calls_at_once(count: usize) -> Body {
    of_deltas(2, |_| (format!(r#""tool_calls":[{}]"#, listed(count, |at| item(at, "x"))), count))
}

/// Arguments that are complete, as JSON writes them: seven bytes.
const OBJECT: &str = r#"{\"a\":1}"#;

fn calls(count: usize) -> Body {
    of_deltas(count, |at| (format!(r#""tool_calls":[{}]"#, item(at, OBJECT)), 7))
}

fn calls_at_one_index(count: usize) -> Body {
    of_deltas(count, |at| (call(&format!(r#""index":0,"id":"call_{at}","#), OBJECT, r#""name":"f","#), 7))
}

fn calls_in_turn(count: usize) -> Body {
    of_deltas(2 * count, |at| match at {
        at if at < count => (format!(r#""tool_calls":[{}]"#, item(at, "x")), 1),
        _ => (call(&format!(r#""index":{},"#, at * 7919 % count), "x", ""), 1),
    })
}

fn members(count: usize) -> Body {
    of_deltas(1, |_| (format!(r#""extra":{{{}}}"#, listed(count, |at| format!(r#""m{}":{at}"#, at / 2))), 0))
}

fn members_of_chunks(count: usize) -> Body {
    of_deltas(count, |at| (format!(r#""extra":{{"m{at}":{{"n":0}}}},"list":[{at}],"m{at}":"x""#), 0))
}

fn details(count: usize) -> Body {
    of_deltas(2 * count, |at| {
        let index = at % count;
        (format!(r#""reasoning_details":[{{"type":"t","index":{index},"text":"x"}}]"#), 1)
    })
}

fn logprobs(count: usize) -> Body {
    let mut body = Body::default();
    let logprobs = r#""logprobs":{"content":[{"token":"x","logprob":-0.5,"bytes":[120]}]}"#;
    (0..count).for_each(|_| _ = body.payload(&format!(r#"{{"choices":[{{"delta":{{}},{logprobs}}}]}}"#), 0));
    body
}

fn usages(count: usize) -> Body {
    let mut body = Body::default();
    (0..count).for_each(|at| _ = body.payload(&format!(r#"{{"choices":[],"usage":{{"m{at}":{{"n":{at}}}}}}}"#), 0));
    body
}

fn blank_blocks(count: usize) -> Body {
    let mut body = Body::default();
    (0..count).for_each(|_| _ = body.lines(" \n\n"));
    body
}

fn stray_lines(count: usize) -> Body {
    let mut body = Body::default();
    (0..count).for_each(|_| _ = body.event("<p>A page.</p>\n\n", 0));
    body
}

fn malformed(count: usize) -> Body {
    let mut body = Body::default();
    delta(&mut body, r#""content":"x""#, 1);
    (0..count).for_each(|_| _ = body.payload(r#"{"choices":[{"delta":{"content":"x"#, 0));
    body
}
