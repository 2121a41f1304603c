//! What a usage means: the corpus that the Python tests share. Its sources and its reference are told there.

use serde_json::Value;
use ssewire_core::Usage;

fn corpus() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/usage.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn figures(usage: &Usage) -> [(&'static str, Option<u64>); 5] {
    [
        ("input_tokens", usage.input_tokens()),
        ("cached_tokens", usage.cached_tokens()),
        ("cache_write_tokens", usage.cache_write_tokens()),
        ("output_tokens", usage.output_tokens()),
        ("reasoning_tokens", usage.reasoning_tokens()),
    ]
}

#[test]
fn the_corpus() {
    for case in corpus() {
        let usage = Usage::parse(&case["raw"].to_string()).unwrap();
        let expected = &case["expect"];
        assert_eq!(expected.as_object().unwrap().len(), 5, "{case}");
        for (name, figure) in figures(&usage) {
            assert_eq!(figure, expected[name].as_u64(), "{name} of {case}");
        }
        assert_eq!(serde_json::from_str::<Value>(&usage.json()).unwrap(), case["raw"]);
    }
}

#[test]
fn sums_stop_at_the_largest_count() {
    let largest = u64::MAX;
    let usage = Usage::parse(&format!(
        r#"{{"input_tokens":{largest},"cache_read_input_tokens":{largest},"output_tokens":{largest},"total_tokens":1}}"#
    ));
    let usage = usage.unwrap();
    assert_eq!([usage.input_tokens(), usage.output_tokens()], [Some(largest); 2]);
}
