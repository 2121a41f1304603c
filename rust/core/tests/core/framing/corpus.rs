//! The corpus of event streams that the Python tests share, over every cut.

use ssewire_core::{Bound, EventTooLarge, Options, Tail};

use crate::support::cuts::{double_cuts, plain_cuts, shown, single_cuts, some_double_cuts};
use crate::support::decode::decode;
use crate::support::json::{self, Json};
use crate::support::oracle::{Event, Outcome, interpret};

const ALL_PAIRS_UP_TO: usize = 60;
const SAMPLE: usize = 500;

struct Case {
    name: String,
    body: Vec<u8>,
    options: Options,
    /// The corpus does not tell a fault's event number and offset: 0 here.
    expected: Outcome,
}

fn corpus() -> Vec<Case> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/framing.json");
    Json::parse(&std::fs::read_to_string(path).unwrap()).items().iter().map(case).collect()
}

fn case(entry: &Json) -> Case {
    let hex = |digits: &Json| json::unhex(digits.text());
    let body = entry.get("input").map_or_else(|| hex(&entry["input_hex"]), |text| text.text().into());
    Case { name: entry["name"].text().to_owned(), body, options: options(entry), expected: expected(entry) }
}

fn options(entry: &Json) -> Options {
    let option = |name| entry.get("options")?.get(name);
    Options {
        max_event_size: option("max_event_size").map(Json::number),
        tail: match option("tail").map(Json::text) {
            None | Some("discard") => Tail::Discard,
            Some("dispatch") => Tail::Dispatch,
            Some(other) => panic!("the corpus has a tail {other:?}"),
        },
        dispatch_empty: option("dispatch_empty").is_some_and(Json::is_true),
        ..Options::default()
    }
}

fn expected(entry: &Json) -> Outcome {
    let fault = |fault: &Json| EventTooLarge {
        bound: Bound::EventSize,
        size: fault["size"].number(),
        limit: fault["limit"].number(),
        event: 0,
        offset: 0,
    };
    Outcome {
        events: entry["events"].items().iter().map(event).collect(),
        comments: Vec::new(),
        last_event_id: entry["last_event_id"].text().to_owned(),
        retry: entry.get("retry").map(Json::number),
        fault: entry.get("error").map(fault),
    }
}

fn event(entry: &Json) -> Event {
    let text = |name| entry[name].text().to_owned();
    let retry = entry.get("retry").map(Json::number);
    Event { name: text("event"), data: text("data"), id: text("id"), retry, nonstandard_lines: String::new() }
}

/// The outcome as far as the corpus tells it.
fn told(mut outcome: Outcome) -> Outcome {
    if let Some(fault) = &mut outcome.fault {
        (fault.event, fault.offset) = (0, 0);
    }
    outcome
}

fn every_cut(body: &[u8]) -> Box<dyn Iterator<Item = Vec<&[u8]>> + '_> {
    let few = plain_cuts(body).into_iter().chain(single_cuts(body));
    if body.len() <= ALL_PAIRS_UP_TO {
        return Box::new(few.chain(double_cuts(body)));
    }
    Box::new(few.chain(some_double_cuts(body, SAMPLE)))
}

#[test]
fn the_oracle_agrees_with_the_corpus() {
    for Case { name, body, options, expected } in corpus() {
        assert_eq!(told(interpret(&body, &options)), expected, "{name}");
    }
}

#[test]
fn the_decoder_agrees_with_the_corpus_over_every_cut() {
    let (mut cases, mut runs) = (0, 0);
    for Case { name, body, options, expected } in corpus() {
        for pieces in every_cut(&body) {
            assert_eq!(told(decode(&pieces, &options)), expected, "{name}, cut as {}", shown(&pieces));
            runs += 1;
        }
        cases += 1;
    }
    println!("{cases} cases, {runs} cuts");
    assert!(cases > 300, "the corpus has only {cases} cases");
}

#[test]
fn a_fault_tells_its_event_and_offset() {
    for Case { name, body, options, .. } in corpus() {
        let outcome = interpret(&body, &options);
        for pieces in single_cuts(&body).filter(|_| outcome.fault.is_some()) {
            assert_eq!(decode(&pieces, &options), outcome, "{name}, cut as {}", shown(&pieces));
        }
    }
}
