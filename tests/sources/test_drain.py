"""After the last event the connection goes back to its pool, or is closed when the server keeps the body open."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from ssewire._sources import AsyncSource, Source, adrain, drain, open_async_source, open_source
from ssewire._sources.watchdog import Watchdog
from ssewire.replay import ReplayServer

from tests.support import loopback

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

EVENTS = [b"data: 1\n\n", b"data: [DONE]\n\n"]
BODY = b"".join(EVENTS)
MORE = b": more\n\n" * 4096
LONG = 1e6  # seconds; a bound that no test lives to see
POOLED = [client for client in loopback.CLIENTS if client != "urllib"]

each_client = pytest.mark.parametrize("client", loopback.CLIENTS)
each_pooled_client = pytest.mark.parametrize("client", POOLED)
each_async_client = pytest.mark.parametrize("client", loopback.ASYNC_CLIENTS)


class Gate:
    """Holds back what a server sends after the two events, so that no client has read of it before they are read."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def __call__(self, number: int) -> None:
        if number >= len(EVENTS) and not self.open.wait(loopback.TIMEOUT):
            raise TimeoutError


def read_events(source: Source) -> None:
    """Read the two events and not the end of the body."""
    seen = b""
    while len(seen) < len(BODY):
        seen += next(source.pieces)


async def aread_events(source: AsyncSource) -> None:
    seen = b""
    while len(seen) < len(BODY):
        seen += await anext(source.pieces)


# Synchronously


@each_pooled_client
@pytest.mark.parametrize("framing", ["chunked", "length"])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_the_next_request_uses_the_connection(client: str, framing: Any, encoding: Any) -> None:
    with (
        ReplayServer([BODY], framing=framing, encoding=encoding) as server,
        loopback.CLIENTS[client](None) as get,
    ):
        for _ in range(3):
            source = open_source(get(server.url))
            read_events(source)
            drain(source, max_seconds=LONG)
        assert server.connections == 1


@each_pooled_client
def test_what_comes_after_the_last_event_is_read_too(client: str) -> None:
    with ReplayServer([BODY + b": bye\n\n" * 100]) as server, loopback.CLIENTS[client](None) as get:
        for _ in range(2):
            source = open_source(get(server.url))
            read_events(source)
            drain(source, max_seconds=LONG)
        assert server.connections == 1


@each_client
def test_a_server_that_lingers_is_left(client: str) -> None:
    with ReplayServer([BODY], linger=True) as server, loopback.CLIENTS[client](None) as get:
        source = open_source(get(server.url))
        read_events(source)
        drain(source, max_seconds=0.01)
        assert server.wait_disconnect(loopback.TIMEOUT)


@each_client
def test_a_server_that_sends_on_is_left(client: str) -> None:
    gate = Gate()
    with ReplayServer([BODY + MORE], linger=True, gate=gate) as server, loopback.CLIENTS[client](None) as get:
        source = open_source(get(server.url))
        read_events(source)
        gate.open.set()
        drain(source, max_bytes=len(MORE) // 2, max_seconds=LONG)
        assert server.wait_disconnect(loopback.TIMEOUT)


@each_client
def test_a_connection_that_ends_with_the_body_is_not_waited_for(client: str) -> None:
    with ReplayServer([BODY], framing="close", linger=True) as server, loopback.CLIENTS[client](None) as get:
        source = open_source(get(server.url))
        read_events(source)
        drain(source, max_seconds=LONG)
        assert server.wait_disconnect(loopback.TIMEOUT)


@each_client
def test_a_broken_body_does_not_matter_any_more(client: str) -> None:
    with ReplayServer([BODY + b": bye\n\n"], drop_after=2) as server, loopback.CLIENTS[client](None) as get:
        source = open_source(get(server.url))
        read_events(source)
        drain(source, max_seconds=LONG)
        drain(source, max_seconds=LONG)


def test_what_could_not_be_woken_is_closed_instead() -> None:
    asked: list[bool] = []

    def generate() -> Iterator[bytes]:
        yield BODY
        asked.append(True)

    source = open_source(generate())
    read_events(source)
    drain(source, max_seconds=LONG)
    assert list(source.pieces) == []
    assert asked == []


# Asynchronously


@each_async_client
@pytest.mark.parametrize("framing", ["chunked", "length"])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_the_next_asynchronous_request_uses_the_connection(client: str, framing: Any, encoding: Any) -> None:
    async def run(server: ReplayServer) -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            for _ in range(3):
                source = open_async_source(await get(server.url))
                await aread_events(source)
                await adrain(source, max_seconds=LONG)
        assert server.connections == 1

    with ReplayServer([BODY], framing=framing, encoding=encoding) as server:
        asyncio.run(run(server))


async def drain_left(client: str, server: ReplayServer, gate: Gate | None = None, **bounds: Any) -> None:
    async with loopback.ASYNC_CLIENTS[client](None) as get:
        source = open_async_source(await get(server.url))
        await aread_events(source)
        if gate is not None:
            gate.open.set()
        await adrain(source, **bounds)
        assert await asyncio.to_thread(server.wait_disconnect, loopback.TIMEOUT)


@each_async_client
def test_a_server_that_lingers_is_left_asynchronously(client: str) -> None:
    with ReplayServer([BODY], linger=True) as server:
        asyncio.run(drain_left(client, server, max_seconds=0.01))


@each_async_client
def test_a_server_that_sends_on_is_left_asynchronously(client: str) -> None:
    gate = Gate()
    with ReplayServer([BODY + MORE], linger=True, gate=gate) as server:
        asyncio.run(drain_left(client, server, gate, max_bytes=len(MORE) // 2, max_seconds=LONG))


@each_async_client
def test_a_connection_that_ends_with_the_body_is_not_waited_for_asynchronously(client: str) -> None:
    with ReplayServer([BODY], framing="close", linger=True) as server:
        asyncio.run(drain_left(client, server, max_seconds=LONG))


@each_async_client
def test_a_broken_body_does_not_matter_any_more_asynchronously(client: str) -> None:
    async def run(server: ReplayServer) -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            source = open_async_source(await get(server.url))
            await aread_events(source)
            await adrain(source, max_seconds=LONG)
            await adrain(source, max_seconds=LONG)

    with ReplayServer([BODY + b": bye\n\n"], drop_after=2) as server:
        asyncio.run(run(server))


@each_async_client
def test_cancelling_a_drain_closes_the_connection(client: str) -> None:
    async def run(server: ReplayServer) -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            source = open_async_source(await get(server.url))
            await aread_events(source)
            task = asyncio.ensure_future(adrain(source, max_seconds=LONG))
            await asyncio.sleep(0)  # lets the task begin
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(server.wait_disconnect, loopback.TIMEOUT)

    with ReplayServer([BODY], linger=True) as server:
        asyncio.run(run(server))


def test_what_is_no_response_is_closed_instead() -> None:
    asked: list[bool] = []

    async def generate() -> AsyncIterator[bytes]:
        yield BODY
        asked.append(True)

    async def run() -> None:
        source = open_async_source(generate())
        await aread_events(source)
        await adrain(source, max_seconds=LONG)
        assert [piece async for piece in source.pieces] == []

    asyncio.run(run())
    assert asked == []


# The watchdog


class Watched(Source):
    """Says when it is interrupted."""

    __slots__ = ("interrupted",)

    def __init__(self) -> None:
        super().__init__(iter(()))
        self.interrupted = threading.Event()

    def interrupt(self) -> None:
        self.interrupted.set()


def watching_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "ssewire-watchdog"]


def test_each_watched_source_is_interrupted_in_its_time() -> None:
    watchdog = Watchdog()
    late, soon, now = Watched(), Watched(), Watched()
    with watchdog.watch(late, LONG), watchdog.watch(soon, 0.01), watchdog.watch(now, 0):
        assert now.interrupted.wait(loopback.TIMEOUT)
        assert soon.interrupted.wait(loopback.TIMEOUT)
        assert not late.interrupted.is_set()


def test_one_thread_watches_all_and_ends_when_nothing_is_left() -> None:
    for thread in watching_threads():
        thread.join(loopback.TIMEOUT)
    before = len(watching_threads())
    watchdog = Watchdog()
    over = [Watched() for _ in range(100)]
    for source in over:
        with watchdog.watch(source, 0.01):
            pass
    last = Watched()
    with watchdog.watch(last, 0.05):
        assert len(watching_threads()) <= before + 1
        assert last.interrupted.wait(loopback.TIMEOUT)
    for thread in watching_threads():
        thread.join(loopback.TIMEOUT)
    assert len(watching_threads()) == before
    assert sum(source.interrupted.is_set() for source in over) == 0
    with watchdog.watch(last, 0):  # and starts again
        last.interrupted.clear()
        assert last.interrupted.wait(loopback.TIMEOUT)


def test_a_forked_child_watches_with_a_thread_of_its_own() -> None:
    watchdog = Watchdog()
    with watchdog.watch(Watched(), LONG):
        watchdog.reset()  # what the child does: its parent's thread is not there
        source = Watched()
        with watchdog.watch(source, 0):
            assert source.interrupted.wait(loopback.TIMEOUT)
