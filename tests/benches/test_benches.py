"""The benches know the right answers, time nobody who gives a wrong one, and judge by what was measured."""

from __future__ import annotations

import itertools
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
import ssewire

from benches import ours, tables
from benches.compare import AsyncReader, Reader, Work, check, compare
from benches.fixtures import CUTS, MAKERS, ONE_EVENT, Fixture, cut, make
from benches.report import Options, Results, Row, read, write
from benches.rounds import Contender, Effort, in_turn, interleave, ratio
from benches.run import PARTS, SECTIONS
from benches.targets import TARGETS, Target, judge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

QUICK = Options(rounds=3, quick=True)
BROKEN = Reader("broken", lambda _pieces: [1, 2, 4])
RAISING = Reader("raising", lambda pieces: [1 // len(pieces)])
RIGHT = Reader("ssewire", lambda _pieces: [1, 2, 3])


@pytest.fixture(params=MAKERS)
def fixture(request: pytest.FixtureRequest) -> Fixture:
    return make(request.param, quick=True)


def _work(right: list[Any], body: list[bytes] | None = None) -> Work:
    return Work("framing", "events", "chat", ONE_EVENT, body or [], right, 3)


@pytest.mark.parametrize("pieces", [ONE_EVENT, *CUTS])
def test_cutting_a_fixture_loses_nothing(fixture: Fixture, pieces: str) -> None:
    assert b"".join(cut(fixture, pieces)) == fixture.body


@pytest.mark.parametrize("pieces", [ONE_EVENT, "64 B", "16 KiB"])
@pytest.mark.parametrize("reader", [*ours.EVENTS, *ours.ASYNC_EVENTS], ids=lambda reader: reader.name)
def test_events_are_those_of_the_fixture(fixture: Fixture, reader: Reader, pieces: str) -> None:
    assert check(reader, _work(fixture.events, cut(fixture, pieces)))[0] is True


@pytest.mark.parametrize("pieces", [ONE_EVENT, "64 B", "16 KiB"])
@pytest.mark.parametrize("reader", [*ours.TEXTS, *ours.ASYNC_TEXTS], ids=lambda reader: reader.name)
def test_texts_are_those_of_the_fixture(reader: Reader, pieces: str) -> None:
    for fixture in _known():
        assert check(reader, _work(fixture.texts, cut(fixture, pieces)))[0] is True, fixture.name


@pytest.mark.parametrize("pieces", [ONE_EVENT, "64 B", "16 KiB"])
@pytest.mark.parametrize("reader", ours.MESSAGES, ids=lambda reader: reader.name)
def test_messages_are_those_of_the_fixture(reader: Reader, pieces: str) -> None:
    for fixture in _known():
        assert check(reader, _work([fixture.message], cut(fixture, pieces)))[0] is True, fixture.name


def _known() -> list[Fixture]:
    """Fixtures that are messages of a dialect."""
    known = [found for found in (make(name, quick=True) for name in MAKERS) if found.message is not None]
    assert known
    return known


def test_chat_is_what_the_targets_speak_of() -> None:
    chat = make("chat")
    assert 300 <= len(chat.body) / len(chat.events) < 303
    assert sum(not text.isascii() for text in chat.texts) / len(chat.texts) == 0.15
    assert (json.loads(chat.events[-2].data)["choices"], chat.events[-1].data) == ([], "[DONE]")


def test_fixtures_are_the_same_each_time() -> None:
    assert MAKERS["chat"](10) == MAKERS["chat"](10)


def test_a_wrong_answer_is_shown_and_not_timed() -> None:
    right, broken, raising = compare(_work([1, 2, 3]), [RIGHT, BROKEN, RAISING], QUICK)
    assert (right.correct, len(right.rounds)) == (True, 3)
    assert (broken.correct, broken.rounds) == ("item 2 is 4 instead of 3", [])
    assert (raising.correct, raising.rounds) == ("raised ZeroDivisionError: integer division or modulo by zero", [])


@pytest.mark.parametrize(
    ("right", "wrong"), [([1, 2], "3 items instead of 2"), ([1, 2, 3, 4], "3 items instead of 4"), ([1, 2, 3], True)]
)
def test_what_is_wrong_is_said(right: list[int], wrong: str) -> None:
    assert check(RIGHT, _work(right))[0] == wrong


def test_a_part_that_differs_is_named() -> None:
    [event, *_] = make("anthropic", quick=True).events
    reader = Reader("nameless", lambda _pieces: [event._replace(event="message")])
    assert check(reader, _work([event]))[0] == "item 0.event is 'message' instead of 'message_start'"


def test_an_asynchronous_answer_is_checked_too() -> None:
    async def count(_pieces: list[bytes]) -> AsyncIterator[int]:
        for number in (1, 2, 4):
            yield number

    assert check(AsyncReader("broken", count), _work([1, 2, 3]))[0] == "item 2 is 4 instead of 3"


def test_contenders_take_turns() -> None:
    turns: list[str] = []
    contenders = [Contender(name, lambda name=name: turns.append(name)) for name in "ab"]  # type: ignore[misc]
    times = interleave(contenders, Effort(rounds=4, budget=0), units=1)
    assert [len(rounds) for rounds in times.values()] == [4, 4]
    assert all(set(turns[place : place + 2]) == {"a", "b"} for place in range(len(turns) - 8, len(turns), 2))


def test_a_ratio_is_taken_round_by_round() -> None:
    assert ratio([2.0, 40.0, 6.0], [1.0, 20.0, 2.0]).median == 2
    assert ratio([6.0], [1.0, 2.0, 3.0]).median == 3


def _rows(ours_took: float, theirs: float, correct: bool | str = True) -> list[Row]:  # noqa: FBT001, FBT002 - as Row has it
    times = {"ssewire iter_sse": ours_took, "httpx-sse": theirs}
    row = Row("framing", "events", "chat", ONE_EVENT, "")
    return [Row(*row.group[:4], name, correct, rounds=[] if correct is not True else [t]) for name, t in times.items()]


TARGET = Target("framing", "events", ONE_EVENT, "httpx-sse", 18, "ssewire iter_sse")


@pytest.mark.parametrize(
    ("rows", "figure", "met"),
    [
        (_rows(1.0, 20.0), 20.0, True),
        (_rows(1.0, 17.0), 17.0, False),
        (_rows(1.0, 20.0, "3 items instead of 4"), None, False),
        ([], None, False),
    ],
)
def test_a_target_is_met_by_what_was_measured(rows: list[Row], figure: float | None, met: bool) -> None:  # noqa: FBT001
    [verdict] = judge(rows, [TARGET])
    assert (verdict.figure, verdict.met) == (figure, met)


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    results = Results(rows=_rows(1.5, 20.0))
    assert read(write(results, tmp_path)) == results


def test_every_target_and_every_wrong_answer_is_printed() -> None:
    wrong = "3 items instead of 4"
    assert len(list(tables.verdicts(judge([])))) == 1 + len(TARGETS)
    assert any(wrong in line for line in tables.rows(_rows(1.0, 2.0, wrong)))


def test_a_loaded_machine_is_named_where_a_time_misses_its_target() -> None:
    counted = Row("instructions", "twice the size", "arrays", "", "ssewire", unit="ratio", rounds=[3.0])
    verdicts = judge([*_rows(1.0, 17.0), counted], [TARGET, *[target for target in TARGETS if target.kind == "worst"]])
    marks = [[mark for mark in ("MISSED", "loaded") if mark in line] for line in tables.verdicts(verdicts, "loaded")]
    assert marks == [[], ["loaded"], ["MISSED"]]


@pytest.mark.parametrize(("load", "is_loaded"), [(4.1, True), (4.0, False)])
def test_a_machine_is_loaded_where_others_have_more_to_do_than_it_has_cores(load: float, is_loaded: bool) -> None:  # noqa: FBT001
    assert Results(machine={"cores": 4}, load=load).is_loaded is is_loaded


def test_the_load_is_that_of_the_worst_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    results = Results()
    for minute, own in ((3.0, 0), (7.5, 1), (2.0, 1)):
        monkeypatch.setattr(os, "getloadavg", lambda minute=minute: (minute, 0.0, 0.0))
        results.note_load(own)
    assert results.load == 6.5


def test_whatever_is_measured_takes_turns() -> None:
    turns = itertools.count()
    found = in_turn({name: lambda: next(turns) for name in "abc"}, 3)
    assert [sorted(turn // 3 for turn in found[name]) for name in "abc"] == [[0, 1, 2]] * 3


def test_targets_are_measured_somewhere() -> None:
    assert {target.section for target in TARGETS} <= {*SECTIONS, *PARTS}
    assert ssewire.__version__ in {version for name, version in Results().packages[""].items() if name == "ssewire"}
