"""A short soak, and that it notices what it is there for."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
import ssewire

from tests.soak.__main__ import MIB, grown
from tests.soak.plan import FAULTS, plan
from tests.soak.readers import LossError, check

ROOT = Path(__file__).parents[2]
SEEDS = {fault: next(seed for seed in range(1000) if plan(seed).fault == fault) for fault in FAULTS}


def test_a_short_soak() -> None:
    command = [sys.executable, "-W", "error", "-m", "tests.soak", "--streams", "20", "--seconds", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603 - ours
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "0 losses" in done.stdout.splitlines()[-1]


def heard_of(seed: int) -> tuple[list[str], str, Exception | None]:
    """Read a planned stream as it is when nothing goes wrong but what is in its events."""

    async def read() -> tuple[list[str], str, Exception | None]:
        stream = ssewire.AsyncStream(b"".join(plan(seed).events(plan(seed).fault)))
        pieces: list[str] = []
        problem: Exception | None = None
        try:
            async for text in stream.text_stream:
                pieces.append(text)  # noqa: PERF401 - what came before an error counts
        except ssewire.StreamError as error:
            problem = error
        return pieces, stream.snapshot.text, problem

    return asyncio.run(read())


@pytest.mark.parametrize("fault", ["none", "noise", "error"])
def test_what_is_planned_is_no_loss(fault: str) -> None:
    seed = SEEDS[fault]  # type: ignore[index]
    check(seed, *heard_of(seed))


@pytest.mark.parametrize("fault", ["none", "noise", "stall"])
def test_a_lost_event_one_told_twice_and_two_in_disorder_are_noticed(fault: str) -> None:
    seed = SEEDS[fault]  # type: ignore[index]
    words = plan(seed).words
    for pieces in (words[:-1], words[1:], [*words, words[-1]], [words[1], words[0], *words[2:]]):
        with pytest.raises(LossError):
            check(seed, pieces, "".join(pieces), None)


def test_a_fault_that_is_not_told_is_noticed() -> None:
    for fault in ("drop", "bad chunk", "reset", "error", "html"):
        planned = plan(SEEDS[fault])
        with pytest.raises(LossError):
            check(planned.seed, planned.words, planned.text, None)


def test_memory_that_grows_is_noticed() -> None:
    assert grown([50 * MIB] * 30) == []
    assert grown([50 * MIB] * 10 + [60 * MIB] * 20) == []
    assert grown([50 * MIB] * 10 + [90 * MIB] * 20) == ["memory grew from 50 to 90 MiB"]
