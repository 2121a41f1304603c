"""What a process keeps, and what a fork of it can go on with."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

import pytest
from ssewire import Accumulator, IncompleteStreamError, SSEDecoder, Stream, collect, iter_sse

from tests.support.chat_cases import DONE, call, chunk, delta, text

if TYPE_CHECKING:
    from collections.abc import Callable

BODY = b"".join([text("a"), chunk(delta(tool_calls=[call("{}", id="c", name="f")])), text("b", "stop"), DONE])


def read_events() -> None:
    assert sum(1 for _ in iter_sse(BODY)) == 4


def read_a_stream_that_is_left() -> None:
    stream = Stream(iter([BODY]))
    next(iter(stream))
    stream.close()


def read_whole() -> None:
    assert collect(BODY).to_dict()


def read_and_fail() -> None:
    with pytest.raises(IncompleteStreamError):
        collect(BODY[:-60])


def read_the_snapshot() -> None:
    accumulator = Accumulator()
    accumulator.feed(BODY)
    snapshot = accumulator.snapshot
    assert [snapshot.text, snapshot.tool_calls[0].name, repr(snapshot), snapshot.tool_calls[0].parse_partial()]


@pytest.mark.parametrize(
    "work", [read_events, read_a_stream_that_is_left, read_whole, read_and_fail, read_the_snapshot]
)
def test_nothing_is_kept_of_what_was_read(work: Callable[[], None]) -> None:
    def blocks_after(times: int) -> int:
        for _ in range(times):
            work()
        gc.collect()
        return sys.getallocatedblocks()

    before = blocks_after(500)
    assert blocks_after(500) - before < 100, "fewer than one object for every fifth time"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_goes_on_with_what_was_begun() -> None:
    decoder, accumulator = SSEDecoder(), Accumulator()
    assert decoder.feed(BODY[:20]) == []
    accumulator.observe(BODY[:20])
    child = os.fork()
    if child == 0:
        accumulator.observe(BODY[20:])
        same = len(decoder.feed(BODY[20:])) == 4 and accumulator.snapshot.text == "ab"
        os._exit(0 if same else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(decoder.feed(BODY[20:])) == 4
