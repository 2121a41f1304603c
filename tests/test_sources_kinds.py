"""What can be read, and what is refused with which advice."""

from __future__ import annotations

import array
import asyncio
import contextlib
import gzip
import io
import mmap
import os
import socket
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import loopback
import pytest
import requests
import urllib3
from ssewire._sources import open_async_source, open_source
from ssewire.replay import ReplayServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

BODY = b"data: a\n\ndata: b\n\n"


def read(source: Any) -> bytes:
    opened = open_source(source)
    try:
        return b"".join(bytes(piece) for piece in opened.pieces)
    finally:
        opened.close()


async def aread(source: Any) -> bytes:
    opened = open_async_source(source)
    try:
        return b"".join([bytes(piece) async for piece in opened.pieces])
    finally:
        await opened.aclose()


async def agenerate(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


# Bodies that are here already


@pytest.mark.parametrize("body", [BODY, bytearray(BODY), memoryview(BODY), array.array("B", BODY), b""])
def test_a_bytes_like_object_is_a_body(body: Any) -> None:
    assert read(body) == bytes(body)
    assert asyncio.run(aread(body)) == bytes(body)


def test_a_mapped_file_is_a_body(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    path.write_bytes(BODY)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert read(mapped) == BODY


def loaded_requests(url: str) -> Any:
    return requests.get(url, timeout=loopback.TIMEOUT)


def loaded_urllib3(url: str) -> Any:
    with urllib3.PoolManager() as pool:
        return pool.request("GET", url)


def loaded_httpx(url: str) -> Any:
    return httpx.get(url)


def loaded_httpx2(url: str) -> Any:
    return httpx2.get(url)


def loaded_aiohttp(url: str) -> Any:
    async def load() -> Any:
        async with loopback.aiohttp_client(None) as get:
            response = await get(url)
            await response.read()
            return response

    return asyncio.run(load())


def loaded_async_httpx(url: str) -> Any:
    async def load() -> Any:
        async with httpx.AsyncClient() as client:
            return await client.get(url)

    return asyncio.run(load())


@pytest.mark.parametrize("body", [BODY, b""])
@pytest.mark.parametrize(
    "load", [loaded_requests, loaded_urllib3, loaded_httpx, loaded_httpx2, loaded_aiohttp, loaded_async_httpx]
)
def test_a_body_that_was_loaded_is_read_from_memory(load: Callable[[str], Any], body: bytes) -> None:
    with ReplayServer([body]) as server:
        response = load(server.url)
    for _ in range(2):
        assert read(response) == body
        assert asyncio.run(aread(response)) == body
    opened = open_source(response)
    assert (opened.response, opened.status, opened.content_type) == (response, 200, "text/event-stream")


def test_a_response_without_a_connection_is_read() -> None:
    raw = urllib3.HTTPResponse(io.BytesIO(BODY), status=200, preload_content=False)
    assert read(raw) == BODY
    mocked = requests.Response()
    mocked.status_code, mocked._content = 200, BODY  # noqa: SLF001 - what tests of other projects do
    assert read(mocked) == BODY
    mocked = requests.Response()
    mocked.status_code, mocked.raw = 200, io.BytesIO(BODY)
    assert read(mocked) == BODY
    assert read(requests.Response()) == b""
    assert read(httpx.Response(200, content=BODY)) == BODY
    assert read(httpx.Response(200, content=iter([BODY]))) == BODY
    assert asyncio.run(aread(httpx.Response(200, content=agenerate(BODY)))) == BODY


class ReadOnly:
    """A body for urllib3 that has no read1."""

    def __init__(self) -> None:
        self._file = io.BytesIO(BODY)
        self.read = self._file.read
        self.closed = False

    def close(self) -> None:
        self.closed = True


def test_a_mocked_response_without_read1_is_read() -> None:
    assert read(urllib3.HTTPResponse(ReadOnly(), preload_content=False)) == BODY  # type: ignore[arg-type]


# Bodies that somebody else took


@pytest.mark.parametrize("client", loopback.CLIENTS)
def test_a_stream_that_was_read_is_refused(client: str) -> None:
    with ReplayServer([BODY]) as server, loopback.CLIENTS[client](None) as get:
        response = get(server.url)
        assert read(response) == BODY
        with pytest.raises(ValueError, match="already read as a stream"):
            open_source(response)


@pytest.mark.parametrize("client", loopback.CLIENTS)
def test_a_closed_response_is_refused(client: str) -> None:
    with ReplayServer([BODY], linger=True) as server, loopback.CLIENTS[client](None) as get:
        response = get(server.url)
        open_source(response).close()
        with pytest.raises(ValueError, match="or closed"):
            open_source(response)


def test_what_iter_content_took_is_refused() -> None:
    with ReplayServer([BODY]) as server, loopback.requests_client(None) as get:
        response = get(server.url)
        assert b"".join(response.iter_content(5)) == BODY
        with pytest.raises(ValueError, match="already read as a stream"):
            open_source(response)


def test_what_is_left_of_a_stream_is_read() -> None:
    with ReplayServer([BODY], framing="length") as server, loopback.CLIENTS["http.client"](None) as get:
        response = get(server.url)
        assert response.read(3) == BODY[:3]
        assert read(response) == BODY[3:]


@pytest.mark.parametrize("client", loopback.ASYNC_CLIENTS)
def test_an_asynchronous_stream_that_was_read_is_refused(client: str) -> None:
    async def run(url: str) -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            response = await get(url)
            assert await aread(response) == BODY
            with pytest.raises(ValueError, match="already read as a stream"):
                open_async_source(response)

    with ReplayServer([BODY]) as server:
        asyncio.run(run(server.url))


# urllib.request


def test_urlopen_of_other_urls(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    path.write_bytes(BODY)
    response = urllib.request.urlopen(path.as_uri())
    assert open_source(response).response is response
    assert read(response) == BODY
    assert response.closed


def test_the_error_of_urlopen_is_a_response() -> None:
    with ReplayServer([BODY], fail=(429, b'{"error": {}}')) as server:
        with pytest.raises(urllib.error.HTTPError) as caught, loopback.urllib_client(None) as get:
            get(server.url)
        opened = open_source(caught.value)
        assert (opened.status, opened.content_type, opened.response) == (429, "application/json", caught.value)
        assert b"".join(bytes(piece) for piece in opened.pieces) == b'{"error": {}}'
        opened.close()
        caught.value.close()


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
        gzip.open(packed),
        tempfile.NamedTemporaryFile(),  # noqa: SIM115 - closing it is what is tested
    ]
    files[-1].write(BODY)
    files[-1].seek(0)
    for file in files:
        opened = open_source(file)
        assert opened.response is file
        assert b"".join(bytes(piece) for piece in opened.pieces) == BODY
        opened.close()
        opened.close()
        assert file.closed


@pytest.mark.parametrize("buffering", [-1, 0])
def test_a_pipe_is_read_as_it_fills(buffering: int) -> None:
    end, other = os.pipe()
    opened = open_source(open(end, "rb", buffering=buffering))
    for _ in range(3):
        os.write(other, BODY)
        assert next(opened.pieces) == BODY
    os.close(other)
    assert list(opened.pieces) == []
    opened.close()


def test_a_non_blocking_file_does_not_pass_for_an_ended_one() -> None:
    end, other = os.pipe()
    os.set_blocking(end, False)
    opened = open_source(open(end, "rb", buffering=0))
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
    assert read(pieces) == BODY
    assert read(tuple(pieces)) == BODY
    assert read(iter(pieces)) == BODY
    assert read(piece for piece in pieces) == BODY
    with ReplayServer([BODY]) as server, loopback.requests_client(None) as get:
        assert read(get(server.url).iter_content(3)) == BODY
    with ReplayServer([BODY]) as server, loopback.httpx_client(None) as get:
        assert read(get(server.url).iter_bytes()) == BODY


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

    async def agenerate() -> AsyncIterator[bytes]:
        with contextlib.ExitStack() as stack:
            stack.callback(left.append, "async")
            yield BODY

    opened = open_source(generate())
    assert next(opened.pieces) == BODY
    opened.close()

    async def run() -> None:
        source = open_async_source(agenerate())
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
        assert await aread(agenerate(b"data: a\n\n", b"data: b\n\n")) == BODY
        reader = asyncio.StreamReader(limit=4)  # its own iterator would fail on a line of five bytes
        reader.feed_data(BODY)
        reader.feed_eof()
        assert await aread(reader) == BODY

    asyncio.run(run())
    with ReplayServer([BODY]) as server:
        asyncio.run(read_own_iterators(server.url))


async def read_own_iterators(url: str) -> None:
    async with loopback.async_httpx_client(None) as get:
        assert await aread((await get(url)).aiter_bytes()) == BODY
    async with loopback.aiohttp_client(None) as get:
        assert await aread((await get(url)).content.iter_any()) == BODY
        assert await aread((await get(url)).content) == BODY


# What is refused


@pytest.mark.parametrize("open_any", [open_source, open_async_source])
def test_text_is_refused(open_any: Callable[[Any], Any], tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="pass bytes or the response itself"):
        open_any(BODY.decode())
    path = tmp_path / "stream"
    path.write_bytes(BODY)
    with path.open() as file, pytest.raises(TypeError, match="mode 'rb'"):
        open_any(file)
    with tempfile.NamedTemporaryFile("w") as file, pytest.raises(TypeError, match="mode 'rb'"):
        open_any(file)
    with pytest.raises(TypeError, match="mode 'rb'"):
        open_any(io.StringIO())


@pytest.mark.parametrize("open_any", [open_source, open_async_source])
def test_what_must_be_awaited_is_refused(open_any: Callable[[Any], Any]) -> None:
    coroutine = aread(b"")
    with pytest.raises(TypeError, match="await it"):
        open_any(coroutine)
    coroutine.close()


@pytest.mark.parametrize("open_any", [open_source, open_async_source])
@pytest.mark.parametrize("source", [None, 1, object(), len])
def test_anything_else_is_refused(open_any: Callable[[Any], Any], source: object) -> None:
    with pytest.raises(TypeError, match="pass a response of requests, httpx, httpx2, aiohttp, urllib3, niquests"):
        open_any(source)


@pytest.mark.parametrize("open_any", [open_source, open_async_source])
def test_a_context_manager_is_refused(open_any: Callable[[Any], Any]) -> None:
    with httpx.Client() as client, pytest.raises(TypeError, match="pass what its `with` statement gives"):
        open_any(client.stream("GET", "http://127.0.0.1/"))


@pytest.mark.parametrize("client", loopback.CLIENTS)
def test_a_synchronous_response_names_the_other_class(client: str) -> None:
    with ReplayServer([BODY], linger=True) as server, loopback.CLIENTS[client](None) as get:
        response = get(server.url)
        with pytest.raises(TypeError, match=r"use Stream \("):
            open_async_source(response)
        open_source(response).close()


@pytest.mark.parametrize("client", loopback.ASYNC_CLIENTS)
def test_an_asynchronous_response_names_the_other_class(client: str) -> None:
    async def run(url: str) -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            response = await get(url)
            with pytest.raises(TypeError, match="use AsyncStream"):
                open_source(response)
            await open_async_source(response).aclose()

    with ReplayServer([BODY], linger=True) as server:
        asyncio.run(run(server.url))


def test_other_sources_of_the_wrong_kind_name_the_other_class() -> None:
    for source in ([BODY], iter([BODY]), io.BytesIO(BODY)):
        with pytest.raises(TypeError, match=r"use Stream \("):
            open_async_source(source)

    async def run() -> None:
        for source in (agenerate(), asyncio.StreamReader()):
            with pytest.raises(TypeError, match="use AsyncStream"):
                open_source(source)

    asyncio.run(run())
