"""Whole chunks that are read past httpx and httpx2."""

# ruff: noqa: SLF001 - what this is about

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from ssewire._sources import direct, open_async_source, open_source
from ssewire.compat import httpx_sse
from ssewire.integrations._decoder import Decoder
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chunk_server import EVENTS, HEAD, LAST, Answer, Server, chunk
from tests.support.direct import (
    BODY,
    OPTIONS,
    PACKAGES,
    asked,
    each_loop,
    each_package,
    is_direct,
    plain_and_tls,
)
from tests.support.listening import listening
from tests.support.past_clients import received_past_clients
from tests.support.tunnel import tunnelling

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator


@each_package
@plain_and_tls
def test_whole_chunks_are_read_directly(name: str, tls: loopback.Tls | None) -> None:
    with (
        ReplayServer([BODY], ssl_context=tls.server if tls else None) as server,
        loopback.CLIENTS[name](tls) as get,
    ):
        for _ in range(3):
            source = open_source(get(server.url))
            assert is_direct(source.pieces)
            assert b"".join(map(bytes, source.pieces)) == BODY
        assert server.connections == 1


@each_package
@plain_and_tls
@each_loop
def test_whole_chunks_are_read_directly_asynchronously(name: str, tls: loopback.Tls | None, run: Any) -> None:
    async def body() -> None:
        async with loopback.ASYNC_CLIENTS[name](tls) as get:
            for _ in range(3):
                source = open_async_source(await get(replay.url))
                assert is_direct(source.pieces)
                assert b"".join([bytes(piece) async for piece in source.pieces]) == BODY

    with ReplayServer([BODY], ssl_context=tls.server if tls else None) as replay:
        run(body)
        assert replay.connections == 1


@each_package
def test_a_proxy_makes_no_difference(name: str, server: Server) -> None:
    url = "http://example.invalid/"
    server.answers[url.encode()] = Answer([*map(chunk, EVENTS), LAST])  # what is asked of a proxy is the whole URL
    with PACKAGES[name].Client(**OPTIONS, proxy=server.url) as client:
        for _ in range(2):
            with client.stream("GET", url) as response:
                source = open_source(response)
                assert is_direct(source.pieces)
                assert b"".join(map(bytes, source.pieces)) == BODY


@each_package
@pytest.mark.parametrize("tls", ["tls"], indirect=True)
def test_neither_does_a_tunnel_through_one(name: str, tls: loopback.Tls) -> None:
    with ReplayServer([BODY], ssl_context=tls.server) as replay, tunnelling() as proxy:
        with PACKAGES[name].Client(**{**OPTIONS, "verify": tls.client}, proxy=proxy) as client:
            for _ in range(2):
                with client.stream("GET", replay.url) as response:
                    source = open_source(response)
                    assert is_direct(source.pieces)
                    assert b"".join(map(bytes, source.pieces)) == BODY
        assert replay.connections == 1


@each_package
@each_loop
@pytest.mark.parametrize("tls", ["tls"], indirect=True)
def test_neither_does_a_tunnel_asynchronously(name: str, tls: loopback.Tls, run: Any) -> None:
    async def body() -> None:
        async with PACKAGES[name].AsyncClient(**{**OPTIONS, "verify": tls.client}, proxy=proxy) as client:
            for _ in range(2):
                async with client.stream("GET", replay.url) as response:
                    source = open_async_source(response)
                    assert is_direct(source.pieces)
                    assert b"".join([bytes(piece) async for piece in source.pieces]) == BODY

    with ReplayServer([BODY], ssl_context=tls.server) as replay, tunnelling() as proxy:
        run(body)
        assert replay.connections == 1


@each_package
def test_neither_does_a_transport_without_a_client(name: str, server: Server) -> None:
    url = server.give(*map(chunk, EVENTS), LAST)
    with PACKAGES[name].HTTPTransport() as transport:
        source = open_source(transport.handle_request(PACKAGES[name].Request("GET", url)))
        assert is_direct(source.pieces)
        assert b"".join(map(bytes, source.pieces)) == BODY


@each_package
@each_loop
def test_neither_does_an_asynchronous_one(name: str, server: Server, run: Any) -> None:
    url = server.give(*map(chunk, EVENTS), LAST)

    async def body() -> None:
        async with PACKAGES[name].AsyncHTTPTransport() as transport:
            source = open_async_source(await transport.handle_async_request(PACKAGES[name].Request("GET", url)))
            assert is_direct(source.pieces)
            assert b"".join([bytes(piece) async for piece in source.pieces]) == BODY

    run(body)


@each_package
def test_chunks_that_wait_come_together(name: str, server: Server) -> None:
    with asked(server, name) as response:
        server.sent.acquire()
        pieces = [bytes(piece) for piece in open_source(response).pieces]
        assert b"".join(pieces) == BODY
        assert len(pieces) < 9  # some may still be on their way


@each_package
def test_chunks_that_wait_come_together_in_place_of_httpx_sse(
    name: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = received_past_clients(monkeypatch)
    with asked(server, name) as response:
        events = [event.data for event in httpx_sse.EventSource(response).iter_sse()]
    assert events == [event[6:-2].decode() for event in EVENTS]
    assert any(received)


def test_what_is_no_response_stays_as_it_is() -> None:
    def iter_bytes() -> Iterator[bytes]:
        yield EVENTS[0]

    class Body:
        def iter_bytes(self) -> Iterator[bytes]:
            yield EVENTS[0]

    for pieces in (iter_bytes(), Body().iter_bytes()):
        assert direct.read(pieces) is pieces
        assert [event.data for event in Decoder(None, None, frozenset()).iter_bytes(pieces)] == ['{"number": 0}']


@each_package
@plain_and_tls
def test_who_reads_on_in_another_way_gets_the_rest(name: str, tls: loopback.Tls | None) -> None:
    with ReplayServer([BODY], ssl_context=tls.server if tls else None) as replay, loopback.CLIENTS[name](tls) as get:
        for _ in range(3):
            response = get(replay.url)
            pieces = open_source(response).pieces
            read = bytes(next(pieces)) + bytes(next(pieces))
            assert read + b"".join(response.stream) == BODY
            response.close()
        assert replay.connections == 1


@each_package
@plain_and_tls
def test_who_reads_on_asynchronously_in_another_way_gets_the_rest(name: str, tls: loopback.Tls | None) -> None:
    permits = threading.Semaphore(0)

    async def body() -> None:
        async with loopback.ASYNC_CLIENTS[name](tls) as get:
            for _ in range(3):
                permits.release()
                response = await get(replay.url)
                pieces = open_async_source(response).pieces
                read = bytes(await anext(pieces))
                permits.release()
                read += bytes(await anext(pieces))  # directly
                permits.release(98)
                assert read + b"".join([piece async for piece in response.stream]) == BODY
                await response.aclose()

    gate: Any = lambda _: permits.acquire(timeout=loopback.TIMEOUT)  # noqa: E731 - one expression
    with ReplayServer([BODY], ssl_context=tls.server if tls else None, gate=gate) as replay:
        asyncio.run(body())
        assert replay.connections == 1


@each_package
@plain_and_tls
def test_an_idle_connection_is_as_the_client_leaves_it(name: str, tls: loopback.Tls | None) -> None:
    """Whoever has read to the end: what a server sends unasked stays in the socket, where the pool looks for it."""
    permits = threading.Semaphore(0)

    async def body(get: loopback.AsyncGet) -> None:
        response = await get(url)
        pieces = open_async_source(response).pieces
        permits.release()
        await anext(pieces)
        permits.release()
        await anext(pieces)  # directly, with the end behind it
        assert [piece async for piece in response.stream] == []
        below = response.extensions["network_stream"]._stream
        transport = getattr(below, "transport_stream", below)._transport
        assert not transport.is_reading()
        assert type(transport.get_protocol()).__module__ == "anyio._backends._asyncio"
        await response.aclose()

    def serve(sock: socket.socket) -> None:
        with tls.server.wrap_socket(sock, server_side=True) if tls else sock as served:
            served.recv(4096)
            served.sendall(HEAD + b"\r\n")
            permits.acquire(timeout=loopback.TIMEOUT)
            served.sendall(chunk(EVENTS[0]))
            permits.acquire(timeout=loopback.TIMEOUT)
            served.sendall(chunk(EVENTS[1]) + LAST)
            served.recv(4096)

    async def run() -> None:
        async with loopback.ASYNC_CLIENTS[name](tls) as get:
            await body(get)

    with listening(serve) as address:
        url = f"{'https' if tls else 'http'}://{address}/"
        asyncio.run(run())
