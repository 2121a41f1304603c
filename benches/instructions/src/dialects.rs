//! Streams of the other dialects: what they are mostly like, and what is large in one direction.

use crate::body::{Body, Cut};
use crate::chunks::{Numbers, length};
use crate::work::{Layer, Work};

const PIECE: Cut = Cut::Bytes(16 * 1024);
const SEGMENT: Cut = Cut::Bytes(1460);
const BYTEWISE: Cut = Cut::Bytes(1);

const fn deltas(name: &'static str, cut: Cut, size: usize, body: fn(usize) -> Body) -> Work {
    Work { name, layer: Layer::Deltas, cut, size, body }
}

pub(crate) const WORKLOADS: &[Work] = &[
    deltas("completions, 1 ev", Cut::Events, 2000, completions),
    deltas("Responses, text, 1 ev", Cut::Events, 2000, responses),
    deltas("Responses, text, 16 KiB", PIECE, 2000, responses),
    deltas("Anthropic, text, 1 ev", Cut::Events, 2000, anthropic),
    deltas("Anthropic, text, 16 KiB", PIECE, 2000, anthropic),
    deltas("Anthropic, tool input, 1 ev", Cut::Events, 2000, anthropic_input),
    deltas("Gemini, 1 ev", Cut::Events, 500, gemini),
    deltas("Gemini, a JSON array, 16 KiB", PIECE, 500, gemini_array),
    deltas("Cohere, text, 1 ev", Cut::Events, 2000, cohere),
    deltas("Ollama, lines of JSON, 1 ev", Cut::Events, 2000, ollama),
    deltas("assistants, text, 1 ev", Cut::Events, 2000, assistants),
    deltas("Vercel, text, 1 ev", Cut::Events, 2000, vercel),
    deltas("AG-UI, text, 1 ev", Cut::Events, 2000, ag_ui),
];

pub(crate) const SHAPES: &[Work] = &[
    deltas("JSON values byte by byte", BYTEWISE, 1_000, ollama),
    deltas("JSON values in an array, byte by byte", BYTEWISE, 200, gemini_array),
    deltas("a large JSON value", SEGMENT, 1 << 20, large_value),
    deltas("Responses, items", SEGMENT, 2_000, response_items),
    deltas("Responses, texts that come whole", SEGMENT, 2_000, whole_texts),
    deltas("Responses, a text that comes whole again and again", SEGMENT, 1_000, again_and_again),
    deltas("Anthropic, blocks", SEGMENT, 2_000, blocks),
    deltas("Anthropic, blocks at one index", SEGMENT, 2_000, blocks_at_one_index),
    deltas("Gemini, parts", SEGMENT, 2_000, parts),
    deltas("Gemini, pieces of arguments", SEGMENT, 2_000, partial_arguments),
    deltas("Vercel, parts", SEGMENT, 2_000, vercel_parts),
    deltas("AG-UI, messages", SEGMENT, 2_000, ag_ui_messages),
    deltas("AG-UI, patches of a large state", SEGMENT, 2_000, patches),
];

/// A body of so many words, each in an event of that type.
fn of_words(count: usize, named: bool, make: impl Fn(&str, &str, usize) -> String) -> Body {
    let mut body = Body::default();
    let mut numbers = Numbers::default();
    for at in 0..count {
        let word = numbers.word();
        let payload = make(word, numbers.padding(), at);
        add(&mut body, named, &payload, length(word));
    }
    body
}

/// An event that is named by its payload's type, where streams of its kind name theirs.
fn add(body: &mut Body, named: bool, payload: &str, text: usize) {
    let kind = payload.strip_prefix("{\"type\":\"").and_then(|rest| rest.split('"').next()).filter(|_| named);
    body.text += text;
    match kind {
        Some(kind) => body.event(format!("event: {kind}\ndata: {payload}\n\n"), payload.len()),
        None => body.event(format!("data: {payload}\n\n"), payload.len()),
    };
}

fn completions(count: usize) -> Body {
    of_words(count, false, |word, _, _| {
        let head = r#""id":"cmpl-1","object":"text_completion","created":1,"model":"m""#;
        format!(r#"{{{head},"choices":[{{"text":"{word}","index":0,"logprobs":null,"finish_reason":null}}]}}"#)
    })
}

fn response_text(word: &str, padding: &str, at: usize) -> String {
    let place = r#""item_id":"msg_1","output_index":0,"content_index":0"#;
    let kind = "response.output_text.delta";
    format!(
        r#"{{"type":"{kind}","sequence_number":{at},{place},"delta":"{word}","logprobs":[],"obfuscation":"{padding}"}}"#
    )
}

fn responses(count: usize) -> Body {
    of_words(count, true, response_text)
}

fn anthropic_text(word: &str) -> String {
    format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{word}"}}}}"#)
}

fn anthropic(count: usize) -> Body {
    of_words(count, true, |word, _, _| anthropic_text(word))
}

fn anthropic_input(count: usize) -> Body {
    let mut body = Body::default();
    let mut numbers = Numbers::default();
    let block = r#"{"type":"tool_use","id":"t","name":"f","input":{}}"#;
    add(&mut body, true, &format!(r#"{{"type":"content_block_start","index":1,"content_block":{block}}}"#), 0);
    for _ in 1..count {
        let piece = numbers.arguments();
        let delta = format!(r#"{{"type":"input_json_delta","partial_json":"{piece}"}}"#);
        let payload = format!(r#"{{"type":"content_block_delta","index":1,"delta":{delta}}}"#);
        add(&mut body, true, &payload, length(piece));
    }
    body
}

fn gemini_payload(word: &str, at: usize) -> String {
    let usage = format!(r#"{{"promptTokenCount":9,"candidatesTokenCount":{at},"totalTokenCount":{}}}"#, at + 9);
    let content = format!(r#"{{"parts":[{{"text":"{word}"}}],"role":"model"}}"#);
    let rest = r#""modelVersion":"gemini","responseId":"r""#;
    format!(r#"{{"candidates":[{{"content":{content},"index":0}}],"usageMetadata":{usage},{rest}}}"#)
}

fn gemini(count: usize) -> Body {
    of_words(count, false, |word, _, at| gemini_payload(word, at))
}

fn gemini_array(count: usize) -> Body {
    let mut body = Body::default();
    let mut numbers = Numbers::default();
    for at in 0..count {
        let word = numbers.word();
        let payload = gemini_payload(word, at);
        body.text += length(word);
        body.event(format!("{}{payload}\n", if at == 0 { "[" } else { "," }), payload.len());
    }
    body
}

fn cohere(count: usize) -> Body {
    of_words(count, true, |word, _, _| {
        format!(r#"{{"type":"content-delta","index":0,"delta":{{"message":{{"content":{{"text":"{word}"}}}}}}}}"#)
    })
}

fn ollama(count: usize) -> Body {
    let mut body = Body::default();
    let mut numbers = Numbers::default();
    for at in 0..count {
        let word = numbers.word();
        let message = format!(r#"{{"role":"assistant","content":"{word}"}}"#);
        let time = format!("2025-08-20T13:48:23.{:06}Z", at % 1_000_000);
        let payload = format!(r#"{{"model":"m","created_at":"{time}","message":{message},"done":false}}"#);
        body.text += length(word);
        body.event(format!("{payload}\n"), payload.len());
    }
    body
}

fn assistants(count: usize) -> Body {
    of_words(count, false, |word, _, _| {
        let part = format!(r#"{{"index":0,"type":"text","text":{{"value":"{word}"}}}}"#);
        format!(r#"{{"id":"msg_1","object":"thread.message.delta","delta":{{"content":[{part}]}}}}"#)
    })
}

fn vercel(count: usize) -> Body {
    of_words(count, false, |word, _, _| format!(r#"{{"type":"text-delta","id":"t1","delta":"{word}"}}"#))
}

fn ag_ui(count: usize) -> Body {
    of_words(count, false, |word, _, _| {
        format!(r#"{{"type":"TEXT_MESSAGE_CONTENT","messageId":"m1","delta":"{word}"}}"#)
    })
}

fn large_value(size: usize) -> Body {
    let mut body = Body::default();
    body.text = size;
    let choice = format!(r#"{{"index":0,"message":{{"content":"{}"}},"finish_reason":"stop"}}"#, "x".repeat(size));
    body.event(format!(r#"{{"object":"chat.completion","choices":[{choice}]}}"#), 0);
    body
}

/// A message at an index, which begins and ends with nothing between.
fn response_items(count: usize) -> Body {
    let mut body = Body::default();
    for at in 0..count {
        let item = |text: &str| {
            let part = format!(r#"{{"type":"output_text","text":"{text}","annotations":[]}}"#);
            format!(r#"{{"type":"message","id":"m{at}","role":"assistant","content":[{part}]}}"#)
        };
        for (event, text, grown) in [("added", "", 0), ("done", "abc", 3)] {
            let kind = format!("response.output_item.{event}");
            let payload = format!(r#"{{"type":"{kind}","output_index":{at},"item":{}}}"#, item(text));
            add(&mut body, true, &payload, grown);
        }
    }
    body
}

fn whole_texts(count: usize) -> Body {
    let mut body = Body::default();
    for at in 0..count {
        let place = format!(r#""output_index":0,"content_index":{at}"#);
        add(&mut body, true, &format!(r#"{{"type":"response.output_text.done",{place},"text":"abc"}}"#), 3);
    }
    body
}

/// A long text, and short events that say otherwise.
fn again_and_again(count: usize) -> Body {
    let mut body = Body::default();
    let place = r#""output_index":0,"content_index":0"#;
    let long = "x".repeat(count * 50);
    let text = |text: &str| format!(r#"{{"type":"response.output_text.done",{place},"text":"{text}"}}"#);
    add(&mut body, true, &text(&long), long.len());
    (0..count).for_each(|_| add(&mut body, true, &text("xy"), 0));
    body
}

fn block(body: &mut Body, index: usize) {
    let block = r#"{"type":"text","text":"ab"}"#;
    add(body, true, &format!(r#"{{"type":"content_block_start","index":{index},"content_block":{block}}}"#), 2);
    add(body, true, &format!(r#"{{"type":"content_block_stop","index":{index}}}"#), 0);
}

fn blocks(count: usize) -> Body {
    let mut body = Body::default();
    (0..count).for_each(|at| block(&mut body, at));
    body
}

fn blocks_at_one_index(count: usize) -> Body {
    let mut body = Body::default();
    (0..count).for_each(|_| block(&mut body, 0));
    body
}

fn parts(count: usize) -> Body {
    let mut body = Body::default();
    for _ in 0..count {
        let parts = r#"[{"text":"ab"},{"text":"c","thoughtSignature":"s"}]"#;
        add(&mut body, false, &format!(r#"{{"candidates":[{{"content":{{"parts":{parts}}}}}]}}"#), 3);
    }
    body
}

fn partial_arguments(count: usize) -> Body {
    let mut body = Body::default();
    let mut call = |call: &str| {
        let parts = format!(r#"[{{"functionCall":{call}}}]"#);
        add(&mut body, false, &format!(r#"{{"candidates":[{{"content":{{"parts":{parts}}}}}]}}"#), 0);
    };
    call(r#"{"name":"f","willContinue":true}"#);
    for at in 0..count {
        let piece = format!(r#"{{"jsonPath":"$.items[{at}].name","stringValue":"ab"}}"#);
        call(&format!(r#"{{"partialArgs":[{piece}],"willContinue":true}}"#));
    }
    body
}

fn vercel_parts(count: usize) -> Body {
    let mut body = Body::default();
    for at in 0..count {
        for (kind, rest, text) in [("start", "", 0), ("delta", r#","delta":"ab""#, 2), ("end", "", 0)] {
            add(&mut body, false, &format!(r#"{{"type":"text-{kind}","id":"t{at}"{rest}}}"#), text);
        }
    }
    body
}

fn ag_ui_messages(count: usize) -> Body {
    let mut body = Body::default();
    for at in 0..count {
        for (kind, rest, text) in
            [("START", r#","role":"assistant""#, 0), ("CONTENT", r#","delta":"ab""#, 2), ("END", "", 0)]
        {
            add(&mut body, false, &format!(r#"{{"type":"TEXT_MESSAGE_{kind}","messageId":"m{at}"{rest}}}"#), text);
        }
    }
    body
}

fn patches(count: usize) -> Body {
    let mut body = Body::default();
    let items: Vec<_> = (0..count).map(|at| at.to_string()).collect();
    let state = format!(r#"{{"n":0,"items":[{}]}}"#, items.join(","));
    add(&mut body, false, &format!(r#"{{"type":"STATE_SNAPSHOT","snapshot":{state}}}"#), 0);
    for at in 0..count {
        let patch = format!(r#"[{{"op":"replace","path":"/items/{at}","value":{at}}}]"#);
        add(&mut body, false, &format!(r#"{{"type":"STATE_DELTA","delta":{patch}}}"#), 0);
    }
    body
}
