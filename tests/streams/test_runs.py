"""Several runs in one body: an accumulator reads them all, a stream ends with the first and waits for none."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

import pytest
from ssewire import Accumulator, AsyncStream, Snapshot, Stream, collect
from ssewire.replay import ReplayServer

from tests.support import loopback

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERY_CLIENT = [*itertools.product(["sync"], loopback.CLIENTS), *itertools.product(["async"], loopback.ASYNC_CLIENTS)]


def run(number: str, text: str) -> bytes:
    """Make a run of AG-UI with one piece of text."""
    ids = f'"threadId":"t","runId":"{number}"'
    piece = f'{{"type":"TEXT_MESSAGE_CONTENT","messageId":"{number}","delta":"{text}"}}'
    events = [f'{{"type":"RUN_STARTED",{ids}}}', piece, f'{{"type":"RUN_FINISHED",{ids}}}']
    return "".join(f"data: {event}\n\n" for event in events).encode()


RUNS = run("1", "A") + run("2", "B")
SIZES = [1, 7, 100, len(RUNS)]


def pieces(size: int) -> list[bytes]:
    return [RUNS[at : at + size] for at in range(0, len(RUNS), size)]


def read(kind: str, client: str, url: str) -> Snapshot:
    """Read a response to its end."""
    return asyncio.run(read_async(client, url)) if kind == "async" else read_sync(client, url)


def read_sync(client: str, url: str) -> Snapshot:
    with loopback.CLIENTS[client](None) as get, Stream(get(url)) as stream:
        assert "".join(stream.text_stream) == "A"
        return stream.until_done()


async def read_async(client: str, url: str) -> Snapshot:
    async with loopback.ASYNC_CLIENTS[client](None) as get, AsyncStream(await get(url)) as stream:
        assert "".join([text async for text in stream.text_stream]) == "A"
        return await stream.until_done()


@pytest.mark.parametrize(("kind", "client"), EVERY_CLIENT)
def test_a_stream_ends_with_the_first_run(kind: str, client: str) -> None:
    with ReplayServer([RUNS], piece_size=50) as server:
        snapshot = read(kind, client, server.url)
    assert (snapshot.text, snapshot.id, snapshot.done) == ("A", "1", True)


@pytest.mark.parametrize(("kind", "client"), EVERY_CLIENT)
def test_a_server_that_leaves_the_body_open_is_left(kind: str, client: str) -> None:
    with ReplayServer([run("1", "A")], linger=True) as server:
        assert read(kind, client, server.url).done
        assert server.wait_disconnect(loopback.TIMEOUT)


def test_no_piece_is_asked_for_after_the_first_run() -> None:
    def until_asked_again() -> Iterator[bytes]:
        yield run("1", "A")
        pytest.fail("asked for a piece behind the end")

    assert Stream(until_asked_again()).until_done().text == "A"


@pytest.mark.parametrize("size", SIZES)
def test_a_stream_ends_there_at_every_cut(size: int) -> None:
    assert Stream(iter(pieces(size))).until_done().text == "A"
    assert asyncio.run(AsyncStream(loopback.agenerate(*pieces(size))).until_done()).text == "A"


@pytest.mark.parametrize("size", SIZES)
def test_an_accumulator_reads_all_runs(size: int) -> None:
    accumulator = Accumulator()
    for piece in pieces(size):
        accumulator.feed(piece)
    assert accumulator.done
    assert accumulator.close().text == collect(RUNS).text == "AB"
