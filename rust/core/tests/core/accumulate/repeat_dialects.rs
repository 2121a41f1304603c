//! A payload that repeats the shape of the one before is folded as the full parse folds it: every dialect; chat has a
//! file of its own beside.

use proptest::prelude::*;
use ssewire_core::{Accumulator, Dialect};

use crate::support::repeats::{TEXTS, WIRES, fold};
use crate::support::shapes::{FAMILIES, Family};

/// All but the ends.
fn shapes(family: &Family) -> Vec<&'static str> {
    [family.growing, family.others, family.structure].concat()
}

fn filled(shape: &str, number: usize, text: &str) -> String {
    shape.replace('#', &number.to_string()).replace('~', &" ".repeat(number)).replace('@', text)
}

/// Runs of one shape with other texts, so that most payloads repeat the one before.
fn stream() -> impl Strategy<Value = (usize, Vec<String>)> {
    (0..FAMILIES.len()).prop_flat_map(|family| {
        let texts = prop::collection::vec((0..4_usize, prop::sample::select(&TEXTS[..])), 1..6);
        let run = (prop::sample::select(shapes(&FAMILIES[family])), texts);
        let run = run.prop_map(|(shape, texts)| {
            texts.into_iter().map(|(number, text)| filled(shape, number, text)).collect::<Vec<_>>()
        });
        let opening: Vec<_> = FAMILIES[family].opening.iter().map(ToString::to_string).collect();
        prop::collection::vec(run, 1..8).prop_map(move |runs| (family, [opening.clone(), runs.concat()].concat()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn repeating_a_shape_changes_nothing(
        (family, payloads) in stream(), wire in prop::sample::select(&WIRES[..]), size in 1_usize..400
    ) {
        let dialect = FAMILIES[family].dialect;
        prop_assert_eq!(fold(dialect, &payloads, false, wire, size), fold(dialect, &payloads, true, wire, size));
    }
}

#[test]
fn a_repeated_shape_is_not_parsed_again() {
    for family in FAMILIES {
        for shape in family.growing {
            let mut accumulator = Accumulator::builder().dialect(family.dialect.parse::<Dialect>().unwrap()).build();
            // One that is as long as all before it may be all of that again.
            let texts = ["the longest", r"two\n", "three", "four"].iter().zip(9..);
            let payloads = texts.map(|(text, number)| filled(shape, number, text));
            for payload in family.opening.iter().map(ToString::to_string).chain(payloads) {
                accumulator.feed(format!("data: {payload}\n\n").as_bytes(), |_| {}).unwrap();
            }
            assert_eq!(accumulator.template_hits(), 3, "{shape}");
        }
    }
}

/// A piece whose index or id is of no use goes on with the last one, which another piece changes.
#[test]
fn a_piece_that_names_nothing_is_parsed() {
    let call = |index: &str| {
        format!(r#"{{"choices":[{{"delta":{{"tool_calls":[{{"index":{index},"function":{{"arguments":"a"}}}}]}}}}]}}"#)
    };
    let text = |id: &str| format!(r#"{{"type":"TEXT_MESSAGE_CONTENT","messageId":"{id}","delta":"a"}}"#);
    for (dialect, payloads) in
        [("openai-chat", ["\"x\"", "2", "\"x\"", "2", "\"x\""].map(call)), ("ag-ui", ["", "m", "", "n", ""].map(text))]
    {
        assert_eq!(
            fold(dialect, &payloads, false, WIRES[0], 400),
            fold(dialect, &payloads, true, WIRES[0], 400),
            "{dialect}"
        );
    }
}
