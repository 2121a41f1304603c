"""Recorded streams of every dialect but chat completions: what the slow references give, wherever they are cut."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from tests.support.cuts import random_cut
from tests.support.dialect_cases import Recording, accumulate, accumulator_of, comparable, plain, recorded, reference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEAN_PIECES = (5, 64, 1460, 16384)
TOO_LONG_FOR_BYTES = 100_000

RECORDED = {
    "openai-completions": ("openai-completions", 21),
    "openai-responses": ("openai-responses", 275),
    "anthropic": ("anthropic", 262),
    "gemini": ("gemini", 188),
    "gemini-json-array": ("gemini", 14),
    "cohere-v2": ("cohere-v2", 27),
    "openai-assistants": ("openai-assistants", 6),
    "ollama-ndjson": ("ollama", 25),
}
"""The dialects of index.tsv, what they are called here, and how many recordings there are."""

BEGINS_BROKEN = "openai/parallel-tool-call-wrapper.1.0-1e1b9727.sse"
"""A fixture that begins with what is no JSON: an error where the dialect is named, told where it is not known yet."""

NO_DIALECT = {
    "anthropic-completions": 1,
    "aws-eventstream": 89,
    "bedrock-converse-ndjson": 8,
    "cohere-v1-ndjson": 1,
    "gemini-interactions": 13,
    "json-error": 15,
    "mcp-jsonrpc": 6,
    "ndjson": 1,
    "openai-transcription": 1,
    "other": 3,
    "tgi": 1,
    "watsonx": 1,
}


def seeded_cuts(recording: Recording) -> Iterator[list[bytes]]:
    """Cut the body twice: at places, and as finely, as its name says."""
    rng = random.Random(crc32(recording.name.encode()))
    means = MEAN_PIECES[len(recording.body) > TOO_LONG_FOR_BYTES :]
    yield from (random_cut(recording.body, rng, mean) for mean in rng.sample(means, 2))


def is_read_right(recording: Recording, dialect: str) -> bool:
    """Whether it gives what the reference gives: named, whole and cut; and cut where the dialect has to be found."""
    expected = comparable(reference(dialect, recording.body))
    once, twice = seeded_cuts(recording)
    finder = dialect if recording.name == BEGINS_BROKEN else None
    outcomes = [accumulate([recording.body], dialect), accumulate(once, dialect), accumulate(twice, finder)]
    return outcomes[2].dialect == dialect and all(comparable(outcome.result) == expected for outcome in outcomes)


@pytest.mark.parametrize("kind", RECORDED)
def test_the_accumulator_gives_what_the_reference_gives(recordings: Path, kind: str) -> None:
    dialect, count = RECORDED[kind]
    found = recorded(recordings, kind)
    assert len(found) == count
    assert [recording.name for recording in found if not is_read_right(recording, dialect)] == []


@pytest.mark.parametrize("kind", NO_DIALECT)
def test_what_is_of_no_dialect_raises_nothing(recordings: Path, kind: str) -> None:
    """And is the same at every cut."""
    found = recorded(recordings, kind)
    assert len(found) == NO_DIALECT[kind]
    for recording in found:
        expected = accumulate([recording.body], None)
        for pieces in seeded_cuts(recording):
            assert accumulate(pieces, None) == expected, recording.name


def test_recorded_error_bodies_are_errors(recordings: Path) -> None:
    for recording in recorded(recordings, "json-error"):
        accumulator = accumulator_of(None)
        accumulator.feed(recording.body)
        accumulator.flush()
        assert plain(accumulator.snapshot)["error"] is not None, recording.name
