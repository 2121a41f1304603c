"""The streams of docs/merge-table.md: ssewire reads every one right, and the page says what was measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.merging import ours, page, peers, stored
from tests.merging.case import Answer, Call, Case, Raised, Result, one
from tests.merging.cases import CASES
from tests.merging.judge import Verdict, judge
from tests.merging.peers import PEERS, Peer
from tests.merging.server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RIGHT = Verdict("right")
CALLS = (Call("a", "f", '{"x":1}'), Call("b", "g", "{}"))


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    """Where each case is served."""
    with serving([case.body for case in CASES]) as urls:
        yield {case.key: url for case, url in zip(CASES, urls, strict=True)}


@pytest.fixture(scope="module")
def columns() -> dict[str, stored.Column]:
    return stored.read()


def read(case: Case, url: str) -> stored.Found:
    try:
        return ours.READERS[case.dialect](url)
    except Exception as error:  # noqa: BLE001 - what is raised is the answer, and judged
        return Raised(type(error).__name__, str(error))


@pytest.mark.parametrize("case", CASES, ids=[case.key for case in CASES])
def test_ssewire_is_right(case: Case, urls: dict[str, str]) -> None:
    if not ours.knows(case.dialect):  # as soon as it is known, nothing is skipped
        pytest.skip(f"ssewire.Accumulator does not know {case.dialect} yet")
    found = read(case, urls[case.key])
    assert judge(case, found) == RIGHT, found


def test_each_case_has_a_name_of_its_own() -> None:
    assert len({case.key for case in CASES}) == len(CASES)


def test_every_dialect_begins_with_what_its_own_provider_sends() -> None:
    assert {case.dialect for case in CASES if case.name.startswith("as ")} == {case.dialect for case in CASES}


# The page


def test_the_page_is_made_of_what_is_stored(columns: dict[str, stored.Column]) -> None:
    assert page.FILE.read_text("utf-8") == page.render(columns), "run `make merging`"


def test_the_readme_s_table_is_made_of_what_is_stored(columns: dict[str, stored.Column]) -> None:
    assert page.README.read_text("utf-8") == page.readme(columns), "run `make merging`"


def test_every_peer_was_given_these_streams(columns: dict[str, stored.Column]) -> None:
    digests = {case.key: case.digest for case in CASES}
    assert {peer.name: columns[peer.name].digests == digests for peer in PEERS} == {peer.name: True for peer in PEERS}


def test_the_page_says_of_ssewire_what_is_so(columns: dict[str, stored.Column]) -> None:
    shown = {case.key: page.cell(case, "ssewire", columns["ssewire"]) for case in CASES}
    now = {case.key: RIGHT if ours.knows(case.dialect) else Verdict("none", "not yet") for case in CASES}
    assert shown == now, "run `make merging`"


def test_peers_are_right_about_what_their_own_providers_send(columns: dict[str, stored.Column]) -> None:
    assert list(page.broken(columns)) == []


def test_columns_are_read_as_they_were_written(columns: dict[str, stored.Column], tmp_path: Path) -> None:
    stored.write(columns, tmp_path / "columns.json")
    assert stored.read(tmp_path / "columns.json") == columns


def test_halves_of_a_character_are_kept_apart() -> None:
    [case] = [case for case in CASES if case.name == "an emoji cut in two"]
    halves = one("Hi \ud83d\ude00!")
    assert judge(case, stored.tidied(case, halves)) == Verdict("wrong", "text in half characters")


# The peers


def test_a_peer_that_takes_too_long_is_named_and_keeps_its_column(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "PEERS", [Peer("ssewire", "ours", ("ssewire",), "")])
    monkeypatch.setattr(peers, "PATIENCE", 0.0)  # no process is that quick
    run = peers.run_all()
    assert run.failures == ["ssewire: timed out after 0 s; the last stream that it was given: none"]
    assert run.columns == {"ssewire": stored.read()["ssewire"]}


def test_a_peer_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "PEERS", [Peer("nobody", "nobody", (), "")])
    [failure] = peers.run_all().failures
    assert failure.startswith("nobody: Command ")


def test_the_stream_that_a_peer_was_given_last_is_known(tmp_path: Path) -> None:
    peers.measure_here("ssewire", tmp_path)
    assert (tmp_path / "given").read_text("utf-8") == CASES[-1].key


def test_a_peer_is_measured_in_a_process_of_its_own(columns: dict[str, stored.Column]) -> None:
    assert peers.measured(PEERS[0], peers.PATIENCE).found == columns["ssewire"].found


# The judge


def case_of(right: Result, **parts: object) -> Case:
    case = Case("openai-chat", "a case", "nobody", "content", b"", right)
    return replace(case, **parts)  # type: ignore[arg-type]  # of a test's own making


@pytest.mark.parametrize(
    ("right", "given", "word"),
    [
        (one("Hello"), one("Hello"), ""),
        (one("Hello"), one(""), "text lost"),
        (one("Hello"), one("HelloHello"), "text repeated"),
        (one("Hello"), one("lo"), "text partly lost"),
        (one("Hello"), one("olleH"), "text garbled"),
        (one("Hi", reasoning="Hm"), one("Hi"), "reasoning lost"),
        (one("Hi"), one("Hi", "stopstop"), "finish repeated"),
        (one("Hi", None), one("Hi", "stop"), "finish invented"),
        (one("Hi", "end_turn"), one("Hi", "stop"), ""),
        (one("Hi", "end_turn"), one("Hi", "length"), "finish garbled"),
        (one("", "x", *CALLS), one("", "x", *CALLS), ""),
        (one("", "x", *CALLS), one("", "x", CALLS[0]), "lost"),
        (one("", "x", *CALLS), one("", "x", Call("ab", "fg", '{"x":1}{}')), "merged"),
        (one("", "x", *CALLS[:1]), one("", "x", *CALLS), "split"),
        (one("", "x"), one("", "x", *CALLS), "invented"),
        (one("", "x", CALLS[0]), one("", "x", Call("null", "f", '{"x":1}')), "id lost"),
        (one("", "x", CALLS[0]), one("", "x", Call("aa", "f", '{"x":1}')), "id repeated"),
        (one("", "x", CALLS[0]), one("", "x", Call("a", None, '{"x":1}')), "name lost"),
        (one("", "x", CALLS[0]), one("", "x", Call("a", "f", "{}")), "arguments lost"),
        (one("", "x", CALLS[0]), one("", "x", Call("a", "f", '{"x":')), "arguments partly lost"),
        (one("", "x", CALLS[0]), one("", "x", Call("a", "f", '{ "x": 1 }')), ""),
        (one("", "x", Call(None, "f", "{}")), one("", "x", Call("made up", "f", "{}")), ""),
        (one("", "x", Call("a", "f", "{}", ("b",))), one("", "x", Call("b", "f", "{}")), ""),
        (one(tokens=(9, 4)), one(), "usage lost"),
        (one(tokens=(9, 4)), one(tokens=(18, 8)), "usage summed"),
        (one(tokens=(9, 4)), one(tokens=(9, 2)), "usage outdated"),
        (one(), one(tokens=(9, 4)), ""),
        (one(n=7), one(n=12), "summed"),
        (one(n=7), one(), "lost"),
        (one(block={"n": "x"}), one(block={"n": "x", "more": 1}), ""),
        (one(block={"n": "x"}), one(block={"n": "y"}), "garbled"),
    ],
)
def test_what_is_wrong_has_a_word(right: Result, given: Result, word: str) -> None:
    assert judge(case_of(right), given) == (Verdict("wrong", word) if word else RIGHT)


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (Result((Answer("Hello"), Answer("Bye"))), RIGHT),
        (Result((Answer("Hello"),)), Verdict("wrong", "choices lost")),
        (Result((Answer("HelByelo"),)), Verdict("wrong", "choices mixed")),
        (Result((Answer("HelByelo"),), single=True), Verdict("wrong", "choices mixed")),
        (Result((Answer("Hello"),), single=True), RIGHT),
    ],
)
def test_one_answer_is_held_against_the_first_choice(given: Result, verdict: Verdict) -> None:
    assert judge(case_of(Result((Answer("Hello"), Answer("Bye")))), given) == verdict


@pytest.mark.parametrize(
    ("end", "given", "verdict"),
    [
        ("error", Raised("APIError", "it is overloaded now"), RIGHT),
        ("error", Raised("APIError", "something"), Verdict("raises", "APIError")),
        ("error", one("Hi", None), Verdict("wrong", "error unseen")),
        ("truncated", Raised("RuntimeError", "no end"), RIGHT),
        ("truncated", Raised("KeyError", "'delta'"), Verdict("raises", "KeyError")),
        ("truncated", one("Hi", None), RIGHT),
        ("complete", Raised("RuntimeError", "no end"), Verdict("raises", "RuntimeError")),
        ("complete", None, Verdict("none")),
    ],
)
def test_what_is_raised_is_judged_by_the_end(end: str, given: stored.Found, verdict: Verdict) -> None:
    assert judge(case_of(one("Hi", None), end=end, words="overloaded"), given) == verdict


def test_who_has_no_word_for_it_takes_no_part() -> None:
    silent = Result((Answer("Hi", reasoning=None, role=None, members=None),))
    about = {part: judge(case_of(one("Hi"), about=part), silent).kind for part in ("role", "members", "content")}
    assert about == {"role": "none", "members": "none", "content": "right"}
