"""Lines without their ends, as `iter_lines()` gives them: no event is in them, and that is said.

A `Stream` raises. `iter_sse` gives what the standard gives, which is nothing, and warns.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import requests
import ssewire
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chat_cases import DONE, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

BODY = text("Hi") + text(" there", "stop") + DONE
NAMED = b"event: message_start\n" + BODY


@pytest.mark.parametrize("body", [BODY, NAMED])
def test_streams(body: bytes) -> None:
    for read in (lambda lines: list(ssewire.Stream(lines)), ssewire.collect):
        with pytest.raises(ssewire.ResponseError, match=r"lines without their ends .*iter_lines\(\)") as caught:
            read(iter(body.split(b"\n")))
        assert caught.value.body == body.replace(b"\n", b"")


def test_asynchronous_ones() -> None:
    async def lines() -> AsyncIterator[bytes]:
        for line in BODY.split(b"\n"):
            yield line

    async def read() -> None:
        with pytest.raises(ssewire.ResponseError, match="lines without their ends"):
            await ssewire.acollect(lines())

    asyncio.run(read())


def test_the_lines_of_a_response() -> None:
    with (
        ReplayServer([BODY]) as server,
        requests.get(server.url, stream=True, timeout=loopback.TIMEOUT) as response,
        pytest.raises(ssewire.ResponseError, match="lines without their ends"),
    ):
        ssewire.collect(response.iter_lines())


@pytest.mark.parametrize("size", [1, 7, len(BODY)])
def test_bytes_with_their_line_ends_are_read(size: int) -> None:
    pieces = [BODY[at : at + size] for at in range(0, len(BODY), size)]
    assert len(list(ssewire.iter_sse(iter(pieces)))) == 3
    assert ssewire.collect(iter(pieces)).text == "Hi there"


WARNING = r"^no event was found: the pieces are lines without their ends, as iter_lines\(\) gives them"
each_lines = pytest.mark.parametrize("keep", [bool, lambda _: True], ids=["lines", "with the empty ones"])


@each_lines
@pytest.mark.parametrize("tail", ["discard", "dispatch"])
def test_iter_sse_warns_where_the_lines_are_read(keep: Callable[[bytes], bool], tail: Any) -> None:
    with (
        ReplayServer([BODY]) as server,
        requests.get(server.url, stream=True, timeout=loopback.TIMEOUT) as response,
        pytest.warns(RuntimeWarning, match=WARNING) as caught,
    ):
        events = list(ssewire.iter_sse((line for line in response.iter_lines() if keep(line)), tail=tail))
    assert len(events) == (tail == "dispatch")
    assert [warning.filename for warning in caught] == [__file__]


@each_lines
def test_aiter_sse_warns_too(keep: Callable[[bytes], bool]) -> None:
    async def lines() -> AsyncIterator[bytes]:
        for line in filter(keep, BODY.split(b"\n")):
            yield line

    async def read() -> None:
        with pytest.warns(RuntimeWarning, match=WARNING) as caught:
            assert [event async for event in ssewire.aiter_sse(lines())] == []
        assert [warning.filename for warning in caught] == [__file__]

    asyncio.run(read())


def test_any_line_end_is_enough_for_silence() -> None:
    for pieces in (
        [b"data: a", b"data: b", b"\n"],
        [b"data: a\r", b"data: b"],
        [b"\n", b"data: a", b"data: b"],
        [b"data: a", b": b", b"x"],
        [b": a", b"b", b"event"],
        [b"data: a"],
        [],
    ):
        assert list(ssewire.iter_sse(iter(pieces))) == []


def test_what_has_no_second_line_is_no_fault() -> None:
    assert list(ssewire.iter_sse(b"data: x")) == []
    assert list(ssewire.iter_sse(b"")) == []
    assert [event.data for event in ssewire.iter_sse(b'data: {"a":"data: b"}', tail="dispatch")] == ['{"a":"data: b"}']
