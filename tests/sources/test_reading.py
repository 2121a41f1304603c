"""Every client gives the same bytes, at once, and says where a body is cut off."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import itertools
import threading
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3
from ssewire._sources import AsyncSource, open_async_source, open_source
from ssewire._sources.urllib3 import read_old
from ssewire.replay import ReplayServer

from tests.support import loopback

if TYPE_CHECKING:
    from collections.abc import Callable

EVENTS = [
    b'data: {"text": "h\xc3\xa9"}\n\n',
    b"event: ping\ndata: {}\n\n",
    'data: "€ 𝄞"\n\n'.encode(),
    b"data: [DONE]\n\n",
]
BODY = b"".join(EVENTS)
FRAMINGS = ["chunked", "close", "length"]
ENCODINGS = ["identity", "gzip", "deflate"]
CUT_OFF: dict[str, type[Exception]] = {
    "requests": requests.exceptions.ChunkedEncodingError,
    "urllib3": urllib3.exceptions.ProtocolError,
    "httpx": httpx.RemoteProtocolError,
    "httpx2": httpx2.RemoteProtocolError,
    "http.client": http.client.IncompleteRead,
    "urllib": http.client.IncompleteRead,
    "aiohttp": aiohttp.ClientPayloadError,
}
RESET: dict[str, type[Exception]] = {
    **CUT_OFF,
    "httpx": httpx.ReadError,
    "httpx2": httpx2.ReadError,
    "http.client": ConnectionResetError,
    "urllib": ConnectionResetError,
    "aiohttp": aiohttp.ClientError,
}
EVERY_CLIENT = [*itertools.product(["sync"], loopback.CLIENTS), *itertools.product(["async"], loopback.ASYNC_CLIENTS)]

each_client = pytest.mark.parametrize(("kind", "client"), EVERY_CLIENT)


def read_each(kind: str, client: str, url: str, seen: Callable[[bytes], object]) -> Any:
    """Read a body to its end, showing each piece; return the source, closed."""
    return read_sync(client, url, seen) if kind == "sync" else asyncio.run(read_async(client, url, seen))


def read_sync(client: str, url: str, seen: Callable[[bytes], object]) -> Any:
    with loopback.CLIENTS[client](None) as get:
        response = get(url)
        source = open_source(response)
        assert source.response is response
        try:
            for piece in source.pieces:
                seen(bytes(piece))
        finally:
            source.close()
        return source


async def read_async(client: str, url: str, seen: Callable[[bytes], object]) -> Any:
    async with loopback.ASYNC_CLIENTS[client](None) as get:
        response = await get(url)
        source = open_async_source(response)
        assert source.response is response
        try:
            async for piece in source.pieces:
                seen(bytes(piece))
        finally:
            await source.aclose()
        return source


@each_client
@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("piece_size", [1, None])
def test_the_bytes_are_the_same(kind: str, client: str, framing: Any, encoding: Any, piece_size: int | None) -> None:
    pieces: list[bytes] = []
    with ReplayServer([BODY], framing=framing, encoding=encoding, piece_size=piece_size) as server:
        read_each(kind, client, server.url, pieces.append)
    assert b"".join(pieces) == BODY
    assert all(pieces)


class Gate:
    """Lets the server send an event only when the one before has been seen."""

    def __init__(self) -> None:
        self._open = threading.Semaphore(1)
        self._seen = b""

    def __call__(self, number: int) -> None:
        assert self._open.acquire(timeout=loopback.TIMEOUT / 2), f"event {number - 1} was held back"

    def see(self, piece: bytes) -> None:
        before = self._events_seen()
        self._seen += piece
        for _ in range(self._events_seen() - before):
            self._open.release()

    def _events_seen(self) -> int:
        return sum(len(self._seen) >= end for end in itertools.accumulate(map(len, EVENTS)))


@each_client
@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_event_is_out_before_the_next_is_sent(kind: str, client: str, framing: Any, encoding: Any) -> None:
    gate = Gate()
    with ReplayServer([BODY], framing=framing, encoding=encoding, gate=gate) as server:
        read_each(kind, client, server.url, gate.see)


@each_client
@pytest.mark.parametrize("framing", ["chunked", "length"])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_body_that_is_cut_off_raises_after_what_came(kind: str, client: str, framing: Any, encoding: Any) -> None:
    pieces: list[bytes] = []
    with (
        ReplayServer([BODY], framing=framing, encoding=encoding, drop_after=2) as server,
        pytest.raises(CUT_OFF[client]),
    ):
        read_each(kind, client, server.url, pieces.append)
    assert b"".join(pieces) == EVENTS[0] + EVENTS[1]


@each_client
def test_a_connection_that_is_reset_raises_and_can_be_closed(kind: str, client: str) -> None:
    gate = Gate()
    with ReplayServer([BODY], gate=gate, drop_after=2, reset=True) as server, pytest.raises(RESET[client]):
        read_each(kind, client, server.url, gate.see)  # the reset may overtake the second event


@each_client
def test_a_body_that_ends_with_its_connection_cannot_be_cut_off(kind: str, client: str) -> None:
    pieces: list[bytes] = []
    with ReplayServer([BODY], framing="close", drop_after=2) as server:
        read_each(kind, client, server.url, pieces.append)
    assert b"".join(pieces) == EVENTS[0] + EVENTS[1]


@each_client
@pytest.mark.parametrize("framing", FRAMINGS)
def test_an_empty_body_has_no_pieces(kind: str, client: str, framing: Any) -> None:
    pieces: list[bytes] = []
    with ReplayServer([b""], framing=framing) as server:
        read_each(kind, client, server.url, pieces.append)
    assert pieces == []


@each_client
def test_status_and_content_type_are_the_responses(kind: str, client: str) -> None:
    with ReplayServer([BODY], status=203, content_type="Text/Event-Stream; charset=x") as server:
        source = read_each(kind, client, server.url, bytes)
    assert source.status == 203
    assert source.content_type == "Text/Event-Stream; charset=x"


@pytest.mark.parametrize("client", ["http.client", "urllib", "urllib3", "requests"])
def test_compressed_parts_may_follow_each_other(client: str) -> None:
    packed = b"".join(gzip.compress(event) for event in EVENTS)
    pieces: list[bytes] = []
    with ReplayServer([packed], piece_size=7, headers={"Content-Encoding": "gzip"}) as server:
        read_sync(client, server.url, pieces.append)
    assert b"".join(pieces) == BODY


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("client", ["requests", "urllib3"])
def test_urllib3_without_read1(client: str, framing: Any, encoding: Any) -> None:
    gate = Gate()
    with (
        ReplayServer([BODY], framing=framing, encoding=encoding, gate=gate) as server,
        loopback.CLIENTS[client](None) as get,
    ):
        response = get(server.url)
        for piece in read_old(response.raw if client == "requests" else response):
            gate.see(piece)


@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_urllib3_without_read1_cut_off(framing: Any) -> None:
    with ReplayServer([BODY], framing=framing, drop_after=2) as server, urllib3.PoolManager() as pool:
        response = pool.request("GET", server.url, preload_content=False)
        with pytest.raises(urllib3.exceptions.ProtocolError):
            list(read_old(response))


def test_urllib3_without_read1_frees_its_connection() -> None:
    with ReplayServer([BODY]) as server, urllib3.PoolManager() as pool:
        for _ in range(2):
            list(read_old(pool.request("GET", server.url, preload_content=False)))
        assert server.connections == 1


async def collect(source: AsyncSource, pieces: list[bytes]) -> None:
    async for piece in source.pieces:
        pieces.append(bytes(piece))  # noqa: PERF401 - a comprehension would lose them when it raises


def test_a_busy_reader_of_aiohttp_loses_nothing_that_came_before_the_cut() -> None:
    async def read(url: str) -> list[bytes]:
        pieces: list[bytes] = []
        async with loopback.aiohttp_client(None) as get:
            response = await get(url)
            source = open_async_source(response)
            with pytest.raises(aiohttp.ClientPayloadError):
                await response.content.wait_eof()  # everything is here, and so is the error
            with pytest.raises(aiohttp.ClientPayloadError):
                await collect(source, pieces)
            await source.aclose()
        return pieces

    with ReplayServer([BODY], drop_after=2) as server:
        assert b"".join(asyncio.run(read(server.url))) == EVENTS[0] + EVENTS[1]


def test_a_line_longer_than_aiohttp_allows() -> None:
    long = b"data: " + bytes(1 << 20) + b"\n\n"

    async def read(url: str) -> bytes:
        async with loopback.aiohttp_client(None) as get:
            response = await get(url)
            source = open_async_source(response.content)
            body = b"".join([bytes(piece) async for piece in source.pieces])
            response.close()
            return body

    with ReplayServer([long]) as server:
        assert asyncio.run(read(server.url)) == long
