"""What can be read, and what is refused with which advice."""

from __future__ import annotations

import array
import asyncio
import io
import mmap
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
import requests
import urllib3
from ssewire._sources import open_async_source, open_source
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.loopback import agenerate, aread_all, read_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BODY = b"data: a\n\ndata: b\n\n"


def test_no_client_is_imported() -> None:
    program = "import sys, ssewire._sources; print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", program], text=True).split()  # noqa: S603 - ours
    clients = {"aiohttp", "http.client", "httpx", "httpx2", "niquests", "requests", "urllib.request", "urllib3"}
    assert not {*clients, "asyncio", "socket", "ssl", "threading", "zlib"}.intersection(modules)
    assert "ssewire._sources.httpx" in modules


# Bodies that are here already


@pytest.mark.parametrize("body", [BODY, bytearray(BODY), memoryview(BODY), array.array("B", BODY), b""])
def test_a_bytes_like_object_is_a_body(body: Any) -> None:
    assert read_all(body) == bytes(body)
    assert asyncio.run(aread_all(body)) == bytes(body)


def test_a_mapped_file_is_a_body(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    path.write_bytes(BODY)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert read_all(mapped) == BODY


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
        assert read_all(response) == body
        assert asyncio.run(aread_all(response)) == body
    opened = open_source(response)
    assert (opened.response, opened.status, opened.content_type) == (response, 200, "text/event-stream")


def test_a_response_without_a_connection_is_read() -> None:
    raw = urllib3.HTTPResponse(io.BytesIO(BODY), status=200, preload_content=False)
    assert read_all(raw) == BODY
    mocked = requests.Response()
    mocked.status_code, mocked._content = 200, BODY  # noqa: SLF001 - what tests of other projects do
    assert read_all(mocked) == BODY
    mocked = requests.Response()
    mocked.status_code, mocked.raw = 200, io.BytesIO(BODY)
    assert read_all(mocked) == BODY
    assert read_all(requests.Response()) == b""
    assert read_all(httpx.Response(200, content=BODY)) == BODY
    assert read_all(httpx.Response(200, content=iter([BODY]))) == BODY
    assert asyncio.run(aread_all(httpx.Response(200, content=agenerate(BODY)))) == BODY


class ReadOnly:
    """A body for urllib3 that has no read1."""

    def __init__(self) -> None:
        self._file = io.BytesIO(BODY)
        self.read = self._file.read
        self.closed = False

    def close(self) -> None:
        self.closed = True


def test_a_mocked_response_without_read1_is_read() -> None:
    assert read_all(urllib3.HTTPResponse(ReadOnly(), preload_content=False)) == BODY  # type: ignore[arg-type]


# Bodies that somebody else took


@pytest.mark.parametrize("client", loopback.CLIENTS)
def test_a_stream_that_was_read_is_refused(client: str) -> None:
    with ReplayServer([BODY]) as server, loopback.CLIENTS[client](None) as get:
        response = get(server.url)
        assert read_all(response) == BODY
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
        assert read_all(response) == BODY[3:]


@pytest.mark.parametrize("client", loopback.ASYNC_CLIENTS)
def test_an_asynchronous_stream_that_was_read_is_refused(client: str) -> None:
    async def run(url: str) -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            response = await get(url)
            assert await aread_all(response) == BODY
            with pytest.raises(ValueError, match="already read as a stream"):
                open_async_source(response)

    with ReplayServer([BODY]) as server:
        asyncio.run(run(server.url))


# urllib.request


def test_urlopen_of_other_urls(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    path.write_bytes(BODY)
    response: Any = urllib.request.urlopen(path.as_uri())  # noqa: S310 - a file of ours
    assert open_source(response).response == response
    assert read_all(response) == BODY
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
    with pytest.raises(TypeError, match="StringIO holds text: pass its bytes"):
        open_any(io.StringIO())


@pytest.mark.parametrize("open_any", [open_source, open_async_source])
def test_what_must_be_awaited_is_refused(open_any: Callable[[Any], Any]) -> None:
    coroutine = aread_all(b"")
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
