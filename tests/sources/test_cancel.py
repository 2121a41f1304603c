"""A reader can be woken from another thread, or cancelled; what it read from is let go at once, without a trace."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import http.client
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import urllib3
from ssewire._sources import AsyncSource, Source, open_async_source, open_source
from ssewire.replay import ReplayServer

from tests.support import loopback

EVENTS = [b"data: 1\n\n", b"data: 2\n\n"]
BODY = b"".join(EVENTS)
BROKEN: dict[str, type[Exception]] = {
    "httpx": httpx.TransportError,
    "httpx2": httpx2.TransportError,
    "aiohttp": aiohttp.ClientError,
}
FRAMINGS = ["chunked", "close", "length"]

each_client = pytest.mark.parametrize("client", loopback.CLIENTS)
each_async_client = pytest.mark.parametrize("client", loopback.ASYNC_CLIENTS)
holding_server = functools.partial(loopback.holding_server, BODY)

plain_and_tls = pytest.mark.parametrize("tls", ["plain", "tls"], indirect=True)
pytestmark = pytest.mark.usefixtures("no_descriptor_is_left")


def read_and_close(source: Source, seen: list[bytes]) -> None:
    try:
        seen.extend(bytes(piece) for piece in source.pieces)
    finally:
        source.close()


# From another thread


@each_client
@plain_and_tls
@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_blocked_reader_is_woken(client: str, framing: Any, tls: loopback.Tls | None) -> None:
    with holding_server(tls, framing) as server, loopback.CLIENTS[client](tls) as get:
        source = open_source(get(server.url))
        assert next(source.pieces) == EVENTS[0]
        seen: list[bytes] = []
        reader = loopback.Reader(lambda: read_and_close(source, seen))
        reader.start()
        reader.wait_blocked()
        source.interrupt()
        source.interrupt()
        error = reader.finish()
        # A body that ends with its connection seems to have ended.
        assert (error is None) == (framing == "close")
        assert server.wait_disconnect(loopback.TIMEOUT)
        assert seen == []
        source.interrupt()  # closed: nothing happens


@each_client
@plain_and_tls
@pytest.mark.parametrize("framing", FRAMINGS)
def test_an_interrupted_reader_sees_nothing_but_the_body(client: str, framing: Any, tls: loopback.Tls | None) -> None:
    with holding_server(tls, framing, sent=2) as server, loopback.CLIENTS[client](tls) as get:
        source = open_source(get(server.url))
        seen = [bytes(next(source.pieces))]
        source.interrupt()  # what is in the system's buffers stays readable, and under TLS is ciphertext
        with contextlib.suppress(Exception):
            seen.extend(bytes(piece) for piece in source.pieces)
        source.close()
        assert BODY.startswith(b"".join(seen))


@each_client
def test_an_ended_body_keeps_its_pooled_connection_when_interrupted(client: str) -> None:
    with ReplayServer([BODY]) as server, loopback.CLIENTS[client](None) as get:
        source = open_source(get(server.url))
        assert b"".join(bytes(piece) for piece in source.pieces) == BODY
        source.interrupt()
        again = open_source(get(server.url))
        source.interrupt()
        source.close()
        assert b"".join(bytes(piece) for piece in again.pieces) == BODY
        again.close()
        assert server.connections == (2 if client == "urllib" else 1)


# By the reading thread


@each_client
@plain_and_tls
@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("started", [True, False])
def test_closing_lets_the_server_know_at_once(
    client: str, framing: Any, tls: loopback.Tls | None, *, started: bool
) -> None:
    with holding_server(tls, framing) as server, loopback.CLIENTS[client](tls) as get:
        source = open_source(get(server.url))
        if started:
            assert next(source.pieces) == EVENTS[0]
        source.close()
        source.close()
        assert server.wait_disconnect(loopback.TIMEOUT)


@pytest.mark.parametrize("client", ["requests", "urllib3", "httpx", "httpx2"])
@plain_and_tls
def test_a_client_goes_on_after_a_closed_response(client: str, tls: loopback.Tls | None) -> None:
    with holding_server(tls) as server, loopback.CLIENTS[client](tls) as get:
        for number in range(1, 4):
            source = open_source(get(server.url))
            assert next(source.pieces) == EVENTS[0]
            source.close()
            assert server.wait_disconnect(loopback.TIMEOUT, number)


def test_a_blocking_pool_gets_its_connection_back() -> None:
    with holding_server(None) as server, urllib3.PoolManager(maxsize=1, block=True, timeout=loopback.TIMEOUT) as pool:
        for _ in range(2):
            source = open_source(pool.request("GET", server.url, preload_content=False, pool_timeout=loopback.TIMEOUT))
            assert next(source.pieces) == EVENTS[0]
            source.close()


def test_an_http_connection_is_unusable_after_a_response_that_was_not_read() -> None:
    with holding_server(None) as server, loopback.CLIENTS["http.client"](None) as get:
        source = open_source(get(server.url))
        source.close()
        with pytest.raises((OSError, http.client.HTTPException)):
            get(server.url)


# Asynchronously


@each_async_client
@plain_and_tls
def test_cancellation_comes_out_and_closing_lets_the_server_know(client: str, tls: loopback.Tls | None) -> None:
    async def run(server: ReplayServer) -> None:
        async with loopback.ASYNC_CLIENTS[client](tls) as get:
            for number in range(1, 3):
                source = open_async_source(await get(server.url))
                assert await anext(source.pieces) == EVENTS[0]
                task = asyncio.ensure_future(anext(source.pieces))
                await asyncio.sleep(0)  # lets the task begin
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await source.aclose()
                await source.aclose()
                assert await asyncio.to_thread(server.wait_disconnect, loopback.TIMEOUT, number)

    with holding_server(tls) as server:
        asyncio.run(run(server))


@each_async_client
@plain_and_tls
@pytest.mark.parametrize("started", [True, False])
def test_closing_asynchronously_lets_the_server_know(client: str, tls: loopback.Tls | None, *, started: bool) -> None:
    async def run(server: ReplayServer) -> None:
        async with loopback.ASYNC_CLIENTS[client](tls) as get:
            source = open_async_source(await get(server.url))
            if started:
                assert await anext(source.pieces) == EVENTS[0]
            await source.aclose()
            assert await asyncio.to_thread(server.wait_disconnect, loopback.TIMEOUT)

    with holding_server(tls) as server:
        asyncio.run(run(server))


@each_async_client
@plain_and_tls
def test_another_task_can_close_what_a_task_waits_for(client: str, tls: loopback.Tls | None) -> None:
    async def run(server: ReplayServer) -> None:
        async with loopback.ASYNC_CLIENTS[client](tls) as get:
            source = open_async_source(await get(server.url))
            assert await anext(source.pieces) == EVENTS[0]
            task = asyncio.ensure_future(anext(source.pieces))
            await asyncio.sleep(0)  # lets the task begin
            await source.aclose()
            with pytest.raises(BROKEN[client]):
                await task
            assert await asyncio.to_thread(server.wait_disconnect, loopback.TIMEOUT)

    with holding_server(tls) as server:
        asyncio.run(run(server))


@each_async_client
@plain_and_tls
@pytest.mark.parametrize("started", [True, False])
def test_an_abandoned_source_lets_the_server_know(client: str, tls: loopback.Tls | None, *, started: bool) -> None:
    async def run(server: ReplayServer) -> None:
        async with loopback.ASYNC_CLIENTS[client](tls) as get:
            source = open_async_source(await get(server.url))
            if started:
                assert await anext(source.pieces) == EVENTS[0]
            source.abandon()
            source.abandon()
            assert await asyncio.to_thread(server.wait_disconnect, loopback.TIMEOUT)

    with holding_server(tls) as server:
        asyncio.run(run(server))


@each_async_client
def test_a_source_can_be_abandoned_in_another_thread(client: str) -> None:
    async def run(server: ReplayServer) -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            source = open_async_source(await get(server.url))
            assert await anext(source.pieces) == EVENTS[0]
            await asyncio.to_thread(source.abandon)
            assert await asyncio.to_thread(server.wait_disconnect, loopback.TIMEOUT)

    with holding_server(None) as server:
        asyncio.run(run(server))


@each_async_client
@pytest.mark.parametrize("started", [True, False])
def test_a_source_can_be_abandoned_after_its_loop(client: str, *, started: bool) -> None:
    async def run(server: ReplayServer) -> AsyncSource:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            source = open_async_source(await get(server.url))
            if started:
                assert await anext(source.pieces) == EVENTS[0]
            return source

    with holding_server(None) as server:
        asyncio.run(run(server)).abandon()
        assert server.wait_disconnect(loopback.TIMEOUT)


@each_async_client
def test_a_source_that_ended_can_be_abandoned(client: str) -> None:
    async def run(server: ReplayServer) -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            for _ in range(2):
                source = open_async_source(await get(server.url))
                assert b"".join([bytes(piece) async for piece in source.pieces]) == BODY
                source.abandon()
        assert server.connections == 1

    with ReplayServer([BODY]) as server:
        asyncio.run(run(server))
