//! Recorded chat streams, where they are there: each gives what the merge rule gives, wherever it is cut.

use std::io::Write;
use std::path::{Path, PathBuf};

use ssewire_core::Dialect;

use crate::support::chat_cases::{Sum, accumulate, accumulate_as};
use crate::support::cuts::{Random, random_cut};
use crate::support::json::Json;

const MEAN_PIECES: [usize; 4] = [5, 64, 1460, 16384];

const GPUSTACK: &str = "gpustack/chat_with_extended_thinking_gpustack_qwen3_streams_thinking_content_wh.0-0cc39fcd.sse";
const DECODE_FAILED: &str = "failed to decode, try again, increasing context size or reducing parallel";

/// A recorded body and its row of expected-chat.jsonl.
struct Recording {
    name: String,
    body: Vec<u8>,
    row: Json,
}

/// `SSEWIRE_RECORDINGS`, or the folder `shared/recordings` beside the checkout.
fn folder() -> PathBuf {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/recordings");
    std::env::var_os("SSEWIRE_RECORDINGS").map_or_else(|| beside.into(), PathBuf::from)
}

/// The recordings; `None`, and a line that says so, where they are not there.
fn recordings() -> Option<Vec<Recording>> {
    let folder = folder();
    let Ok(rows) = std::fs::read_to_string(folder.join("expected-chat.jsonl")) else {
        say("SKIPPED: no expected-chat.jsonl; SSEWIRE_RECORDINGS says where the recorded streams are");
        return None;
    };
    Some(rows.lines().map(|row| recording(&folder, Json::parse(row))).collect())
}

#[expect(clippy::explicit_write, reason = "what `eprintln!` writes is shown only where a test fails")]
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").unwrap();
}

fn recording(folder: &Path, mut row: Json) -> Recording {
    let name = row["file"].text().to_owned();
    if name == GPUSTACK {
        // The rows overlook the `error: {…}` line that this stream dies with; the merge rule counts it (rule 11).
        assert!(row["error"].is_null());
        row.set("error", Json::object([("message", Json::of_text(Some(DECODE_FAILED)))]));
    }
    Recording { body: std::fs::read(folder.join(&name)).unwrap(), name, row }
}

/// What the row tells of a snapshot. It has the raw error, of which message, code and type are compared.
fn expected(row: &Json) -> Json {
    let error = row.get("error").map_or(Json::null(), |error| {
        let member = |name| error.get(name).cloned().unwrap_or(Json::null());
        Json::object([("message", member("message")), ("code", member("code")), ("type", member("type"))])
    });
    Json::object([
        ("choices", row["choices"].clone()),
        ("usage", row["usage"].clone()),
        ("error", error),
        ("done", row["done"].clone()),
    ])
}

/// The same of what was accumulated: the rows know no logprobs, and leave completeness open.
fn known(mut whole: Json) -> Json {
    whole.remove("complete");
    whole.items_mut("choices").iter_mut().for_each(|choice| choice.remove("logprobs"));
    whole
}

/// Cut at random, with the dialect named; and whole, with the dialect found.
#[test]
fn each_gives_what_the_merge_rule_gives() {
    let Some(recordings) = recordings() else { return };
    assert_eq!(recordings.len(), 786);
    for Recording { name, body, row } in &recordings {
        let mut random = Random::of(name);
        let mean = random.choose(&MEAN_PIECES);
        let cut = accumulate(&random_cut(body, &mut random, mean));
        assert_eq!(known(cut.whole()), expected(row), "{name}, in pieces of {mean}");
        assert_eq!(Sum::of_deltas(&cut.deltas), Sum::of_snapshot(&cut.accumulator), "{name}");
        let whole = accumulate_as(None, &[body]);
        assert_eq!(whole.accumulator.dialect(), Some(Dialect::OpenAiChat), "{name}");
        assert_eq!(known(whole.whole()), expected(row), "{name}");
        assert_eq!(cut.deltas, whole.deltas, "{name}, in pieces of {mean}");
    }
}
