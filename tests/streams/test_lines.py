"""Lines without their ends, as `iter_lines()` gives them: no event is in them, and that is said."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import requests
import ssewire
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chat_cases import DONE, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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


def test_what_has_no_second_line_is_no_fault() -> None:
    assert list(ssewire.iter_sse(b"data: x")) == []
    assert list(ssewire.iter_sse(b"")) == []
    assert [event.data for event in ssewire.iter_sse(b'data: {"a":"data: b"}', tail="dispatch")] == ['{"a":"data: b"}']
