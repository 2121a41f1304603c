"""Every dialect but chat completions: its corpus against the slow reference, and the accumulator over many cuts."""

from __future__ import annotations

import copy
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from ssewire import Accumulator

from tests.support.chat_cases import contains, expected_error, raised_by, thawed
from tests.support.cuts import assert_same, bytewise, cut_at
from tests.support.dialect_cases import (
    DIALECTS,
    KEYS,
    TEXTS,
    Case,
    accumulate,
    accumulator_of,
    comparable,
    corpus,
    observe,
    plain,
    reference,
    texts_told,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ALL_UP_TO = 300
SAMPLE = 100

CASES = [case for dialect in DIALECTS for case in corpus(dialect)]

each_case = pytest.mark.parametrize("case", CASES, ids=str)


def claimed(case: Case) -> dict[str, Any]:
    return {key: case.expect[key] for key in KEYS}


def assert_claims(result: dict[str, Any], case: Case) -> None:
    assert {key: result[key] for key in KEYS} == claimed(case)
    assert contains(result["object"], case.expect.get("object", {})), result["object"]
    if "others" in case.expect:
        others = [list(delta[2:]) for delta in result["deltas"] if delta[0] == "other"]
        assert others == case.expect["others"]


def cuts(body: bytes) -> Iterator[list[bytes]]:
    """Byte by byte, and in two at every place; at a seeded sample of them where the body is long."""
    yield bytewise(body)
    places = range(len(body) + 1)
    chosen = places if len(body) <= ALL_UP_TO else random.Random(len(body)).sample(places, SAMPLE)
    yield from (cut_at(body, [place]) for place in chosen)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_corpus_names_each_case_once(dialect: str) -> None:
    cases = corpus(dialect)
    assert len({case.name for case in cases}) == len(cases) >= 20


@each_case
def test_the_reference_agrees_with_the_corpus(case: Case) -> None:
    assert_claims(reference(case.dialect, case.body), case)


@each_case
def test_the_accumulator_agrees_with_the_corpus(case: Case) -> None:
    assert_claims(accumulate([case.body], case.dialect).result, case)


@each_case
def test_the_accumulator_gives_what_the_reference_gives(case: Case) -> None:
    found = comparable(accumulate([case.body], case.dialect).result)
    assert found == comparable(reference(case.dialect, case.body))


@each_case
def test_cuts_are_invisible(case: Case) -> None:
    """Snapshot, deltas and what `close` raises are the same at every cut."""
    assert_same(lambda pieces: accumulate(pieces, case.dialect), cuts(case.body), accumulate([case.body], case.dialect))


@pytest.mark.parametrize("case", [case for case in CASES if not case.named], ids=str)
def test_the_dialect_is_found(case: Case) -> None:
    expected = accumulate([case.body], case.dialect)
    assert expected.dialect == case.dialect
    assert_same(lambda pieces: accumulate(pieces, None), [[case.body], bytewise(case.body)], expected)


@each_case
def test_deltas_join_to_the_snapshot(case: Case) -> None:
    result = accumulate([case.body], case.dialect).result
    for kind, field in TEXTS.items():
        expected = {choice["index"]: choice[field] for choice in result["choices"] if choice[field]}
        assert texts_told(result["deltas"], kind) == expected
    arguments: dict[tuple[int, int], str] = {}
    for delta in result["deltas"]:
        if delta[0] == "tool_call":
            arguments[delta[1:3]] = arguments.get(delta[1:3], "") + delta[-1]
    calls = {
        (choice["index"], position): call["arguments"]
        for choice in result["choices"]
        for position, call in enumerate(choice["tool_calls"])
    }
    assert arguments == calls


@each_case
def test_a_finish_delta_for_each_reason(case: Case) -> None:
    result = accumulate([case.body], case.dialect).result
    told = [delta[1:] for delta in result["deltas"] if delta[0] == "finish"]
    assert len(set(told)) == len(told)
    last = {(choice["index"], choice["finish_reason"]) for choice in result["choices"] if choice["finish_reason"]}
    assert last <= set(told)


@each_case
def test_the_last_usage_delta_is_the_usage(case: Case) -> None:
    result = accumulate([case.body], case.dialect).result
    usages = [delta[1] for delta in result["deltas"] if delta[0] == "usage"]
    assert (usages[-1] if usages else None) == result["usage"]


@each_case
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, thawed])
def test_copies_of_the_snapshot_are_equal(case: Case, copied: Callable[[Any], Any]) -> None:
    snapshot = observe(case.body, case.dialect)
    assert plain(copied(snapshot)) == plain(snapshot)


@each_case
def test_close_raises_what_is_wrong(case: Case) -> None:
    accumulator = accumulator_of(case.dialect)
    accumulator.feed(case.body)
    assert raised_by(accumulator.close) is expected_error(case.expect)


def test_input_of_any_depth_can_be_read() -> None:
    for depth in (100, 1000, 100_000):
        accumulator = Accumulator("anthropic")
        block = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
        delta = {"type": "input_json_delta", "partial_json": "[" * depth}
        for payload in (
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": delta},
        ):
            accumulator.feed(b"data: %s\n\n" % json.dumps(payload).encode())
        assert str(accumulator.snapshot.to_dict()["content"][0]["input"]).startswith("[[")
