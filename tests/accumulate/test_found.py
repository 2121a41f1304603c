"""Streams whose dialect has to be found: what is told, and what `close` raises, at every cut.

tests/data/found.json holds the cases. Beside name, source and stream a case has what is expected:

    dialect   found, or null           text    of the first choice, or null
    error     the message, or null     others  how many `OtherDelta`s are told
    done      the terminal was seen    complete  the stream ended as it should
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import ssewire
from ssewire import Accumulator

from tests.support.chat_cases import Object, body_of, expected_error, plain_error, raised_by
from tests.support.cuts import assert_same, every_cut

if TYPE_CHECKING:
    from collections.abc import Iterable


class Case(NamedTuple):
    """One stream of the corpus."""

    name: str
    body: bytes
    expect: Object


def corpus() -> list[Case]:
    rows = json.loads((Path(__file__).parents[1] / "data" / "found.json").read_text("utf-8"))
    return [Case(row["name"], body_of(row), row["expect"]) for row in rows]


CASES = corpus()
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def found(pieces: Iterable[bytes]) -> Object:
    """Give what a stream turns out to be, in the shape of the corpus."""
    accumulator = Accumulator()
    deltas = [delta for piece in pieces for delta in accumulator.feed(piece)] + accumulator.flush()
    snapshot = accumulator.snapshot
    error = snapshot.error and plain_error(snapshot.error)["message"]
    content: Any = snapshot.choices[0].content if snapshot.choices else None
    return {
        "dialect": accumulator.dialect,
        "text": content,
        "error": error,
        "others": sum(isinstance(delta, ssewire.OtherDelta) for delta in deltas),
        "done": snapshot.done,
        "complete": raised_by(accumulator.close) is None,
    }


def test_the_corpus_names_each_case_once() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 40


@each_case
def test_what_is_found(case: Case) -> None:
    assert found([case.body]) == case.expect


@each_case
def test_cuts_are_invisible(case: Case) -> None:
    assert_same(found, every_cut(case.body), case.expect)


@each_case
def test_close_raises_what_is_wrong(case: Case) -> None:
    accumulator = Accumulator()
    accumulator.feed(case.body)
    assert raised_by(accumulator.close) is expected_error(case.expect)
