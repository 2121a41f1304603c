"""Files and iterables: read as they fill, and closed."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import os
import socket
import tempfile
import threading
from typing import TYPE_CHECKING, Any

import pytest
from ssewire._sources import open_async_source, open_source
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.loopback import agenerate, aread_all, read_all

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

BODY = b"data: a\n\ndata: b\n\n"


# Files


def test_files_are_read_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    path.write_bytes(BODY)
    packed = tmp_path / "stream.gz"
    packed.write_bytes(gzip.compress(BODY))
    files: list[Any] = [
        io.BytesIO(BODY),
        path.open("rb"),
        path.open("rb", buffering=0),
        path.open("r+b"),
        gzip.open(packed),  # noqa: SIM115 - closing it is what is tested
        tempfile.NamedTemporaryFile(),  # noqa: SIM115 - the same
    ]
    files[-1].write(BODY)
    files[-1].seek(0)
    for file in files:
        opened = open_source(file)
        assert opened.response == file
        assert b"".join(bytes(piece) for piece in opened.pieces) == BODY
        opened.close()
        opened.close()
        assert file.closed


@pytest.mark.parametrize("buffering", [-1, 0])
def test_a_pipe_is_read_as_it_fills(buffering: int) -> None:
    end, other = os.pipe()
    opened = open_source(os.fdopen(end, "rb", buffering=buffering))
    for _ in range(3):
        os.write(other, BODY)
        assert next(opened.pieces) == BODY
    os.close(other)
    assert list(opened.pieces) == []
    opened.close()


def test_a_non_blocking_file_does_not_pass_for_an_ended_one() -> None:
    end, other = os.pipe()
    os.set_blocking(end, False)
    opened = open_source(os.fdopen(end, "rb", buffering=0))
    os.write(other, BODY)
    assert next(opened.pieces) == BODY
    with pytest.raises(BlockingIOError, match="non-blocking"):
        next(opened.pieces)
    opened.close()
    os.close(other)


@pytest.mark.parametrize("buffering", [-1, 0])
def test_a_socket_file_can_be_interrupted(buffering: int) -> None:
    here, there = socket.socketpair()
    with here, there:
        opened = open_source(here.makefile("rb", buffering=buffering))
        there.sendall(BODY)
        assert next(opened.pieces) == BODY
        reader = loopback.Reader(lambda: list(opened.pieces))
        reader.start()
        reader.wait_blocked()
        opened.interrupt()
        assert reader.finish() is None
        opened.close()


# Iterables


def test_iterables_are_read() -> None:
    pieces = [b"data: a", bytearray(b"\n\n"), memoryview(b"data: b\n\n")]
    assert read_all(pieces) == BODY
    assert read_all(tuple(pieces)) == BODY
    assert read_all(iter(pieces)) == BODY
    assert read_all(piece for piece in pieces) == BODY
    with ReplayServer([BODY]) as server, loopback.requests_client(None) as get:
        assert read_all(get(server.url).iter_content(3)) == BODY
    with ReplayServer([BODY]) as server, loopback.httpx_client(None) as get:
        assert read_all(get(server.url).iter_bytes()) == BODY


class Body:
    """An iterable that is closable, as WSGI has them, sync and async."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


class SyncBody(Body):
    def __iter__(self) -> Iterator[bytes]:
        yield BODY


class AsyncBody(Body):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield BODY


def test_closable_iterables_are_closed_once() -> None:
    body, abody = SyncBody(), AsyncBody()
    opened = open_source(body)
    opened.interrupt()  # there is no socket: nothing happens
    assert list(opened.pieces) == [BODY]
    opened.close()
    opened.close()
    assert body.closed == 1

    async def run() -> None:
        source = open_async_source(abody)
        assert [piece async for piece in source.pieces] == [BODY]
        await source.aclose()
        await source.aclose()

    asyncio.run(run())
    assert abody.closed == 1


def test_generators_are_closed() -> None:
    left: list[str] = []

    def generate() -> Iterator[bytes]:
        with contextlib.ExitStack() as stack:
            stack.callback(left.append, "sync")
            yield BODY

    async def agenerate_once() -> AsyncIterator[bytes]:
        with contextlib.ExitStack() as stack:
            stack.callback(left.append, "async")
            yield BODY

    opened = open_source(generate())
    assert next(opened.pieces) == BODY
    opened.close()

    async def run() -> None:
        source = open_async_source(agenerate_once())
        assert await anext(source.pieces) == BODY
        source.abandon()  # the event loop closes generators that nobody holds
        await source.aclose()

    asyncio.run(run())
    assert left == ["sync", "async"]


def test_a_generator_that_fails_is_heard() -> None:
    def generate() -> Iterator[bytes]:
        try:
            yield BODY
        finally:
            raise KeyError("mine")

    opened = open_source(generate())
    next(opened.pieces)
    with pytest.raises(KeyError, match="mine"):
        opened.close()


def test_closing_while_another_thread_is_in_the_generator_does_not_raise() -> None:
    inside, leave = threading.Event(), threading.Event()

    def generate() -> Iterator[bytes]:
        inside.set()
        leave.wait(loopback.TIMEOUT)
        yield BODY

    opened = open_source(generate())
    reader = loopback.Reader(lambda: list(opened.pieces))
    reader.start()
    assert inside.wait(loopback.TIMEOUT)
    opened.close()
    leave.set()
    assert reader.finish() is None


def test_asynchronous_iterables_are_read() -> None:
    async def run() -> None:
        assert await aread_all(agenerate(b"data: a\n\n", b"data: b\n\n")) == BODY
        reader = asyncio.StreamReader(limit=4)  # its own iterator would fail on a line of five bytes
        reader.feed_data(BODY)
        reader.feed_eof()
        assert await aread_all(reader) == BODY

    asyncio.run(run())
    with ReplayServer([BODY]) as server:
        asyncio.run(read_own_iterators(server.url))


async def read_own_iterators(url: str) -> None:
    async with loopback.async_httpx_client(None) as get:
        assert await aread_all((await get(url)).aiter_bytes()) == BODY
    async with loopback.aiohttp_client(None) as get:
        assert await aread_all((await get(url)).content.iter_any()) == BODY
        assert await aread_all((await get(url)).content) == BODY
