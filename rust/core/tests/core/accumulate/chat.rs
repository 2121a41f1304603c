//! The corpus of chat streams that the Python tests share, over cuts and by every route.

use ssewire_core::{Accumulator, Delta, Dialect, Options, Tail};

use crate::support::chat_cases::{
    Case, Outcome, Sum, Told, accumulate, accumulate_as, corpus, plain_snapshot, restored,
};
use crate::support::cuts::{plain_cuts, shown, some_double_cuts};
use crate::support::json::Json;
use crate::support::oracle::interpret;

const DOUBLE_CUTS: usize = 20;

#[test]
fn the_corpus_names_each_case_once() {
    let cases = corpus();
    let names: std::collections::BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    println!("{} cases", cases.len());
    assert!(cases.len() > 200);
    assert_eq!(names.len(), cases.len());
}

#[test]
fn the_snapshot_is_as_expected() {
    for case in corpus() {
        assert_eq!(accumulate(&[&case.body]).whole(), case.whole(), "{}", case.name);
    }
}

#[test]
fn deltas_and_snapshot_are_the_same_over_cuts() {
    for case in corpus() {
        let first = accumulate(&[&case.body]);
        let cuts = plain_cuts(&case.body).into_iter().chain(some_double_cuts(&case.body, DOUBLE_CUTS));
        for pieces in cuts {
            let outcome = accumulate(&pieces);
            assert_eq!(outcome.deltas, first.deltas, "{}, cut as {}", case.name, shown(&pieces));
            assert_eq!(outcome.whole(), first.whole(), "{}, cut as {}", case.name, shown(&pieces));
        }
    }
}

#[test]
fn deltas_add_up_to_the_snapshot() {
    for case in corpus() {
        let Outcome { deltas, accumulator } = accumulate(&[&case.body]);
        assert_eq!(Sum::of_deltas(&deltas), Sum::of_snapshot(&accumulator), "{}", case.name);
    }
}

#[test]
fn text_deltas_are_never_empty_and_a_reason_is_told_once() {
    for case in corpus() {
        let deltas = accumulate(&[&case.body]).deltas;
        let empty = |delta: &Told| matches!(delta, Told::Text(_, text) | Told::Reasoning(_, text) | Told::Refusal(_, text) if text.is_empty());
        assert!(!deltas.iter().any(empty), "{}", case.name);
        let reasons: Vec<_> = deltas.iter().filter(|delta| matches!(delta, Told::Finish(..))).collect();
        let again = |(at, reason): (usize, &&Told)| reasons[..at].contains(reason);
        assert!(!reasons.iter().enumerate().any(again), "{}: {reasons:?}", case.name);
    }
}

#[test]
fn the_dialect_is_found() {
    for case in corpus().iter().filter(|case| !case.expect["choices"].items().is_empty()) {
        let found = accumulate_as(None, &[&case.body]);
        assert_eq!(found.accumulator.dialect(), Some(Dialect::OpenAiChat), "{}", case.name);
        assert_eq!(found.whole(), case.whole(), "{}", case.name);
        assert_eq!(found.deltas, accumulate(&[&case.body]).deltas, "{}", case.name);
    }
}

/// The cases whose end was not cut off, and that have no lines outside of the standard, by event.
fn framed_otherwise(case: &Case) -> Option<Outcome> {
    let all = Options { tail: Tail::Dispatch, keep_nonstandard_lines: true, ..Options::default() };
    let events = interpret(&case.body, &all).events;
    let ended = interpret(&case.body, &Options { tail: Tail::Discard, ..all }).events.len() == events.len();
    if !ended || events.iter().any(|event| !event.nonstandard_lines.is_empty()) {
        return None;
    }
    let mut accumulator = Accumulator::builder().dialect(Dialect::OpenAiChat).build();
    let mut deltas = Vec::new();
    let mut out = |delta: Delta<'_>| deltas.push(delta.into());
    for event in events {
        accumulator.feed_event(&event.name, &event.data, &mut out).unwrap();
    }
    accumulator.flush(&mut out);
    Some(Outcome { deltas, accumulator })
}

#[test]
fn events_that_were_framed_otherwise_give_the_same() {
    let mut framed = 0;
    for case in corpus() {
        let Some(outcome) = framed_otherwise(&case) else { continue };
        assert_eq!(outcome.whole(), case.whole(), "{}", case.name);
        assert_eq!(outcome.deltas, accumulate(&[&case.body]).deltas, "{}", case.name);
        framed += 1;
    }
    assert!(framed > 200, "only {framed} cases");
}

#[test]
fn the_object_holds_what_is_expected_of_it() {
    let cases = corpus();
    let cases: Vec<_> = cases.iter().filter_map(|case| Some((case, case.expect.get("object")?))).collect();
    assert!(cases.len() > 30);
    for (case, expected) in cases {
        let found = Json::parse(&accumulate(&[&case.body]).accumulator.object());
        assert!(found.contains(expected), "{}: {found:?} lacks something of {expected:?}", case.name);
    }
}

/// Whether after the whole stream or in the middle of it.
#[test]
fn what_is_restored_has_the_same_object() {
    for case in corpus() {
        for part in [&case.body[..], &case.body[..case.body.len() / 2]] {
            let accumulator = accumulate(&[part]).accumulator;
            assert_eq!(restored(&accumulator).object(), accumulator.object(), "{}", case.name);
        }
    }
}

#[test]
fn what_is_restored_holds_the_same() {
    for case in corpus() {
        let accumulator = accumulate(&[&case.body]).accumulator;
        let (expected, found) = (accumulator.snapshot(), restored(&accumulator));
        assert_eq!(plain_snapshot(found.snapshot()), plain_snapshot(expected), "{}", case.name);
        assert_eq!(found.snapshot().error(), expected.error(), "{}", case.name);
        assert_eq!(
            (found.snapshot().id(), found.snapshot().model()),
            (expected.id(), expected.model()),
            "{}",
            case.name
        );
    }
}
