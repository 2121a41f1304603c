"""Recorded chat streams: every one gives what the merge rule gives, wherever it is cut, and openai's models take it."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

import pytest
from openai.types.chat import ChatCompletion
from pydantic import ValidationError
from ssewire import Accumulator

from tests.reference.chat import error_fields, reference
from tests.support.chat_cases import CHOICE_KEYS, accumulate, expected_error, plain
from tests.support.cuts import random_cut

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEAN_PIECES = (5, 64, 1460, 16384)

GPUSTACK = "gpustack/chat_with_extended_thinking_gpustack_qwen3_streams_thinking_content_wh.0-0cc39fcd.sse"
DECODE_FAILED = {"message": "failed to decode, try again, increasing context size or reducing parallel"}


class Recording(NamedTuple):
    """A recorded body and its row of expected-chat.jsonl."""

    name: str
    body: bytes
    row: dict[str, Any]

    @property
    def whole(self) -> dict[str, Any]:
        """What is expected of the snapshot, but for the logprobs, which the rows do not have."""
        known = {key: self.row[key] for key in ("usage", "done")}
        return {"choices": self.row["choices"], "error": error_fields(self.row["error"]), **known}


@pytest.fixture(scope="module")
def chat(recordings: Path) -> list[Recording]:
    rows = [json.loads(line) for line in (recordings / "expected-chat.jsonl").read_text("utf-8").splitlines()]
    for row in rows:
        if row["file"] == GPUSTACK:
            # The rows overlook the `error: {...}` line that this stream dies with; the merge rule counts it (rule 11).
            assert row["error"] is None
            row["error"] = DECODE_FAILED
    return [Recording(row["file"], (recordings / row["file"]).read_bytes(), row) for row in rows]


def seeded_cuts(recording: Recording) -> Iterator[list[bytes]]:
    """Give the body whole and cut twice: at places, and as finely, as its name says."""
    rng = random.Random(crc32(recording.name.encode()))
    yield [recording.body]
    yield from (random_cut(recording.body, rng, mean) for mean in rng.sample(MEAN_PIECES, 2))


def without_logprobs(whole: dict[str, Any]) -> dict[str, Any]:
    choices = [{key: choice[key] for key in CHOICE_KEYS} for choice in whole["choices"]]
    return whole | {"choices": choices}


def test_the_reference_gives_the_expected_rows(chat: list[Recording]) -> None:
    assert len(chat) == 786
    for recording in chat:
        found = reference(recording.body)
        known = {key: found[key] for key in ("choices", "usage", "done")}
        whole = {**known, "error": error_fields(found["error"])}
        assert without_logprobs(whole) == recording.whole, recording.name


def test_the_accumulator_gives_the_expected_rows_at_random_cuts(chat: list[Recording]) -> None:
    for recording in chat:
        complete = reference(recording.body)["complete"]
        expected = expected_error({"error": recording.row["error"], "complete": complete})
        first = accumulate([recording.body])
        for pieces in seeded_cuts(recording):
            outcome = accumulate(pieces)
            assert without_logprobs(outcome.whole) == recording.whole, recording.name
            assert outcome.raised is expected, recording.name
            assert outcome.deltas == first.deltas, recording.name


def test_the_accumulator_gives_the_references_logprobs(chat: list[Recording]) -> None:
    seen = 0
    for recording in chat:
        expected = [choice["logprobs"] for choice in reference(recording.body)["choices"]]
        accumulator = Accumulator("openai-chat")
        accumulator.observe(recording.body)
        accumulator.flush()
        assert [choice.logprobs for choice in accumulator.snapshot.choices] == expected, recording.name
        seen += sum(logprobs is not None for logprobs in expected)
    assert seen > 0


def test_the_dialect_is_found_by_itself(chat: list[Recording]) -> None:
    for recording in chat:
        accumulator = Accumulator()
        accumulator.observe(recording.body)
        accumulator.flush()
        assert accumulator.dialect == "openai-chat", recording.name
        assert without_logprobs(plain(accumulator.snapshot)) == recording.whole, recording.name


def test_openais_model_takes_the_result(chat: list[Recording]) -> None:
    """But for two things that the streams say: no finish reason where it was cut, and Groq's own service tier."""
    for recording in chat:
        found = reference(recording.body)
        unfinished = any(choice["finish_reason"] is None for choice in found["choices"])
        expected = {"finish_reason"} if unfinished else set()
        if found["extra"].get("service_tier") == "on_demand":
            expected.add("service_tier")
        assert complaints(recording) == expected, recording.name


def complaints(recording: Recording) -> set[str]:
    """Give the fields that openai's model refuses in what `to_dict` gives."""
    accumulator = Accumulator("openai-chat")
    accumulator.observe(recording.body)
    accumulator.flush()
    try:
        completion = ChatCompletion.model_validate(accumulator.snapshot.to_dict())
    except ValidationError as error:
        return {str(one["loc"][-1]) for one in error.errors()}
    texts = [choice.message.content for choice in completion.choices]
    assert texts == [choice["content"] for choice in recording.row["choices"]], recording.name
    return set()
