//! Recorded streams of the dialects whose texts grow inside of an object, where they are there: each is folded without an error,
//! to its end, and to the same wherever it is cut.

use std::io::Write;
use std::path::PathBuf;

use ssewire_core::Dialect;

use crate::support::chat_cases::{Outcome, Sum, Told, accumulate_as};
use crate::support::cuts::{Random, random_cut};

const MEAN_PIECES: [usize; 4] = [5, 64, 1460, 16384];

/// The dialects as the index names them, with the names that are ours and how many there are.
const DIALECTS: [(&str, &str, usize); 3] =
    [("cohere-v2", "cohere-v2", 27), ("ollama-ndjson", "ollama", 25), ("openai-assistants", "openai-assistants", 6)];

/// A recorded body, and the dialect that it is of.
struct Recording {
    name: String,
    dialect: &'static str,
    body: Vec<u8>,
}

/// The recordings of a dialect; `None`, and a line that says so, where they are not there.
fn recordings(indexed: &str, dialect: &'static str) -> Option<Vec<Recording>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/recordings");
    let folder = std::env::var_os("SSEWIRE_RECORDINGS").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let Ok(index) = std::fs::read_to_string(folder.join("index.tsv")) else {
        say("SKIPPED: no index.tsv; SSEWIRE_RECORDINGS says where the recorded streams are");
        return None;
    };
    let rows = index.lines().map(|row| row.split('\t').collect::<Vec<_>>()).filter(|row| row[1] == indexed);
    let recording =
        |name: &str| Recording { name: name.to_owned(), dialect, body: std::fs::read(folder.join(name)).unwrap() };
    Some(rows.map(|row| recording(row[2])).collect())
}

#[expect(clippy::explicit_write, reason = "what `eprintln!` writes is shown only where a test fails")]
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").unwrap();
}

/// The same body with something that no dialect knows behind each event: no shape is ever repeated.
fn void(body: &[u8]) -> Vec<u8> {
    let body = String::from_utf8_lossy(body);
    if body.starts_with('{') { body.replace("}\n", "}\n[]\n") } else { body.replace("\n\n", "\n\ndata: 0\n\n") }
        .into_bytes()
}

fn told(outcome: Outcome) -> Vec<Told> {
    let unknown = |delta: &Told| matches!(delta, Told::Other(_, kind, _) if kind == "event");
    outcome.deltas.into_iter().filter(|delta| !unknown(delta)).collect()
}

#[test]
fn each_is_folded_to_its_end() {
    for (indexed, dialect, count) in DIALECTS {
        let Some(recordings) = recordings(indexed, dialect) else { return };
        assert_eq!(recordings.len(), count);
        for Recording { name, dialect, body } in &recordings {
            let whole = accumulate_as(None, &[body]);
            let snapshot = whole.accumulator.snapshot();
            assert_eq!(whole.accumulator.dialect().map(Dialect::as_str), Some(*dialect), "{name}");
            assert!(snapshot.error().is_none() && snapshot.done(), "{name}: {:?}", snapshot.error());
            assert_eq!(Sum::of_deltas(&whole.deltas), Sum::of_snapshot(&whole.accumulator), "{name}");
            assert!(!whole.deltas.iter().any(|delta| matches!(delta, Told::Other(_, kind, _) if kind == "event")));
        }
    }
}

#[test]
fn cuts_and_repeats_change_nothing() {
    for (indexed, dialect, _) in DIALECTS {
        let Some(recordings) = recordings(indexed, dialect) else { return };
        for Recording { name, dialect, body } in &recordings {
            let whole = accumulate_as(Some(dialect), &[body]);
            let object = whole.accumulator.object();
            let mut random = Random::of(name);
            for mean in MEAN_PIECES {
                let cut = accumulate_as(Some(dialect), &random_cut(body, &mut random, mean));
                assert_eq!(cut.deltas, whole.deltas, "{name}, in pieces of {mean}");
                assert_eq!(cut.accumulator.object(), object, "{name}, in pieces of {mean}");
            }
            let slow = accumulate_as(Some(dialect), &[&void(body)]);
            assert_eq!(slow.accumulator.object(), object, "{name}");
            assert_eq!(told(slow), whole.deltas, "{name}");
        }
    }
}
