//! What streams are mostly like: each has a budget of instructions.

use crate::body::{Body, Cut};
use crate::chunks::{Numbers, chunk, length, text_chunk};
use crate::work::{Layer, Work};

const PIECE: Cut = Cut::Bytes(16 * 1024);
const SIZE: usize = 2000;

const fn events(name: &'static str, cut: Cut, body: fn(usize) -> Body) -> Work {
    Work { name, layer: Layer::Events, cut, size: SIZE, body }
}

const fn deltas(name: &'static str, cut: Cut, body: fn(usize) -> Body) -> Work {
    Work { name, layer: Layer::Deltas, cut, size: SIZE, body }
}

pub(crate) const ALL: &[Work] = &[
    events("events, 1 ev", Cut::Events, chat),
    events("events, 16 KiB", PIECE, chat),
    events("events, 1460 B", Cut::Bytes(1460), chat),
    events("events, 64 B", Cut::Bytes(64), chat),
    events("events with names, 1 ev", Cut::Events, named),
    events("events with ids, 16 KiB", PIECE, with_ids),
    events("events, CRLF, 16 KiB", PIECE, crlf),
    events("events, comments between, 16 KiB", PIECE, commented),
    deltas("text, 1 ev", Cut::Events, chat),
    deltas("text, 16 KiB", PIECE, chat),
    deltas("text, 64 B", Cut::Bytes(64), chat),
    deltas("text, CRLF, 16 KiB", PIECE, crlf),
    deltas("text, comments between, 16 KiB", PIECE, commented),
    deltas("text, multibyte, 16 KiB", PIECE, multibyte),
    deltas("text, escapes, 16 KiB", PIECE, escaped),
    deltas("reasoning, 1 ev", Cut::Events, reasoning),
    deltas("arguments, 1 ev", Cut::Events, arguments),
    parsed("arguments, parsed in pieces of 4 B", Cut::Bytes(4), objects),
    deltas("4 choices in turn, 1 ev", Cut::Events, choices),
    deltas("3 tool calls in turn, 1 ev", Cut::Events, calls),
    deltas("logprobs, 1 ev", Cut::Events, logprobs),
    deltas("usage in every chunk, 1 ev", Cut::Events, usage),
    deltas("text and reasoning in turn, 1 ev", Cut::Events, in_turn),
    deltas("Mistral, text, 1 ev", Cut::Events, mistral),
    streams("streams of 1 chunk, 1 ev", Cut::Events, |count| short(count, 1)),
    streams("streams of 9 chunks, 1 ev", Cut::Events, |count| short(count, 9)),
];

const fn streams(name: &'static str, cut: Cut, body: fn(usize) -> Body) -> Work {
    Work { name, layer: Layer::Streams, cut, size: SIZE, body }
}

const fn parsed(name: &'static str, cut: Cut, body: fn(usize) -> Body) -> Work {
    Work { name, layer: Layer::Arguments, cut, size: SIZE, body }
}

/// A body of so many chunks, each made from its number.
fn of_chunks(count: usize, mut add: impl FnMut(&mut Body, &mut Numbers, usize)) -> Body {
    let mut body = Body::default();
    let mut numbers = Numbers::default();
    for at in 0..count {
        add(&mut body, &mut numbers, at);
    }
    body
}

fn chat(count: usize) -> Body {
    let mut body = of_chunks(count - 3, |body, numbers, _| {
        let word = numbers.word();
        body.payload(&text_chunk(0, word, numbers.padding()), length(word));
    });
    body.payload(&chunk(0, "", "", "").replace("null}]", "\"stop\"}]"), 0);
    body.payload(&chunk(0, "", "", "").replace("\"usage\":null", "\"usage\":{\"prompt_tokens\":7}"), 0);
    body.payload("[DONE]", 0);
    body
}

fn named(count: usize) -> Body {
    of_chunks(count, |body, numbers, _| {
        let payload = text_chunk(0, numbers.word(), numbers.padding());
        body.event(format!("event: content_block_delta\ndata: {payload}\n\n"), payload.len());
    })
}

fn with_ids(count: usize) -> Body {
    of_chunks(count, |body, numbers, at| {
        let payload = text_chunk(0, numbers.word(), numbers.padding());
        body.event(format!("id: {at}\ndata: {payload}\n\n"), payload.len());
    })
}

fn crlf(count: usize) -> Body {
    of_chunks(count, |body, numbers, _| {
        let word = numbers.word();
        let payload = text_chunk(0, word, numbers.padding());
        body.text += length(word);
        body.event(format!("data: {payload}\r\n\r\n"), payload.len());
    })
}

fn commented(count: usize) -> Body {
    of_chunks(count, |body, numbers, _| {
        let word = numbers.word();
        body.lines(": OPENROUTER PROCESSING\n\n").payload(&text_chunk(0, word, numbers.padding()), length(word));
    })
}

fn multibyte(count: usize) -> Body {
    of_chunks(count, |body, numbers, _| {
        let words = ["流れを", "読む", "événement", "поток", "😀", "ข้อความ"];
        let word = words[numbers.below(words.len())];
        body.payload(&text_chunk(0, word, ""), word.len());
    })
}

fn escaped(count: usize) -> Body {
    of_chunks(count, |body, numbers, _| {
        let words =
            [(r"\u00e9t\u00e9", 5), (r"\n    return \t", 13), (r#"{\"a\": \"b\\c\"}"#, 12), (r"\ud83d\ude00", 4)];
        let (word, length) = words[numbers.below(words.len())];
        body.payload(&text_chunk(0, word, numbers.padding()), length);
    })
}

fn reasoning(count: usize) -> Body {
    of_chunks(count, |body, numbers, _| {
        let word = numbers.word();
        let delta = format!(r#""content":null,"reasoning_content":"{word}""#);
        body.payload(&chunk(0, &delta, "", ""), length(word));
    })
}

/// No chunk repeats the one before: each is parsed in full.
fn in_turn(count: usize) -> Body {
    of_chunks(count, |body, numbers, at| {
        let word = numbers.word();
        let name = if at % 2 == 0 { "content" } else { "reasoning_content" };
        body.payload(&chunk(0, &format!(r#""{name}":"{word}""#), "", numbers.padding()), length(word));
    })
}

/// A piece of a tool call: its index, and its arguments.
fn add_arguments(body: &mut Body, numbers: &mut Numbers, index: usize) {
    let piece = numbers.arguments();
    let delta = format!(r#""tool_calls":[{{"index":{index},"function":{{"arguments":"{piece}"}}}}]"#);
    body.payload(&chunk(0, &delta, "", numbers.padding()), length(piece));
}

fn begin_call(body: &mut Body, index: usize) {
    let function = r#""type":"function","function":{"name":"weather","arguments":""}"#;
    body.payload(
        &chunk(0, &format!(r#""tool_calls":[{{"index":{index},"id":"call_{index}",{function}}}]"#), "", ""),
        0,
    );
}

fn arguments(count: usize) -> Body {
    of_chunks(count, |body, numbers, at| match at {
        0 => begin_call(body, 0),
        _ => add_arguments(body, numbers, 0),
    })
}

/// Arguments of so many objects.
fn objects(count: usize) -> Body {
    let object = r#"{"city": "Quebec", "days": 12, "ids": [1, 2, 3], "note": "line\nline"}"#;
    let mut body = Body::default();
    body.text = count * 30;
    body.lines(format!("[{}]", vec![object; count].join(", ")));
    body
}

fn calls(count: usize) -> Body {
    of_chunks(count, |body, numbers, at| match at {
        0..3 => begin_call(body, at),
        _ => add_arguments(body, numbers, at % 3),
    })
}

fn choices(count: usize) -> Body {
    of_chunks(count, |body, numbers, at| {
        let word = numbers.word();
        body.payload(&text_chunk(at % 4, word, numbers.padding()), length(word));
    })
}

/// Payloads that never repeat: lists of numbers of any length.
fn logprobs(count: usize) -> Body {
    of_chunks(count, |body, numbers, _| {
        let word = numbers.word();
        let bytes: Vec<_> = word.bytes().map(|byte| byte.to_string()).collect();
        let rest = format!(
            r#""logprobs":{{"content":[{{"token":"{word}","logprob":-{}.{},"bytes":[{}],"top_logprobs":[]}}]}},"#,
            numbers.below(10),
            numbers.below(100_000),
            bytes.join(","),
        );
        body.payload(&chunk(0, &format!(r#""content":"{word}""#), &rest, numbers.padding()), length(word));
    })
}

/// Mistral pads in a member of one letter, and has no more of a chunk than it needs.
fn mistral(count: usize) -> Body {
    of_chunks(count, |body, numbers, _| {
        let (word, padding) = (numbers.word(), numbers.padding());
        let head = r#""id":"9f1c0f2f6b5e4f0c8a","object":"chat.completion.chunk","created":1763712000,"model":"mistral-small-latest""#;
        let choice = format!(r#"{{"index":0,"delta":{{"content":"{word}"}},"finish_reason":null}}"#);
        body.payload(&format!(r#"{{{head},"choices":[{choice}],"p":"{padding}"}}"#), length(word));
    })
}

/// Streams of so many chunks each, and their terminals.
fn short(count: usize, chunks: usize) -> Body {
    of_chunks(count - count % (chunks + 1), |body, numbers, at| {
        if at % (chunks + 1) == chunks {
            body.payload("[DONE]", 0);
        } else {
            let word = numbers.word();
            body.payload(&text_chunk(0, word, numbers.padding()), length(word));
        }
    })
}

fn usage(count: usize) -> Body {
    of_chunks(count, |body, numbers, at| {
        let word = numbers.word();
        let usage = format!(r#""usage":{{"prompt_tokens":12,"completion_tokens":{at},"total_tokens":{}}}"#, at + 12);
        let chunk = text_chunk(0, word, "").replace(r#""usage":null"#, &usage);
        body.payload(&chunk, length(word));
    })
}
