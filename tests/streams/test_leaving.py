"""Who leaves early and still wants the usage: the rest is read on for nobody, in a bounded time."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import ssewire
from ssewire import Accumulator, AsyncStream, Stream
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chat_cases import DONE, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

USAGE = b'data: {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}\n\n'
BODY = text("a") + text("b") + text("c", "stop") + USAGE + DONE
ERROR = b'data: {"error": {"message": "m"}}\n\n'
LONG = 1e6  # seconds; a bound that no test lives to see
SHORT = 0.01

each_client = pytest.mark.parametrize("client", loopback.CLIENTS)
each_async_client = pytest.mark.parametrize("client", loopback.ASYNC_CLIENTS)


class Gate:
    """Sends the first event, and the others when the reader has left."""

    def __init__(self) -> None:
        self.left = threading.Event()

    def __call__(self, number: int) -> None:
        if number and not self.left.wait(loopback.TIMEOUT):
            raise TimeoutError


def billed(usage: ssewire.Usage | None) -> tuple[int | None, int | None]:
    assert usage is not None
    return usage.input_tokens, usage.output_tokens


async def close(response: Any) -> None:
    """Close a response, which `atee` leaves to its caller."""
    if isinstance(response, aiohttp.ClientResponse):
        response.close()
    else:
        await response.aclose()


# Streams


@each_client
def test_a_stream_reads_on_for_nobody(client: str) -> None:
    gate = Gate()
    with ReplayServer([BODY], gate=gate) as server, loopback.CLIENTS[client](None) as get:
        stream = Stream(get(server.url))
        assert next(stream) == ssewire.TextDelta("a")
        assert stream.usage is None
        gate.left.set()
        stream.drain(LONG)
        assert billed(stream.usage) == (3, 2)
        assert stream.until_done().text == "abc"
        assert list(stream) == []


@each_async_client
def test_an_asynchronous_stream_reads_on_for_nobody(client: str) -> None:
    async def run(url: str) -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            stream = AsyncStream(await get(url))
            assert await anext(stream) == ssewire.TextDelta("a")
            gate.left.set()
            await stream.drain(LONG)
            assert billed(stream.usage) == (3, 2)
            assert (await stream.until_done()).text == "abc"

    gate = Gate()
    with ReplayServer([BODY], gate=gate) as server:
        asyncio.run(run(server.url))


@each_client
def test_a_stream_that_takes_too_long_is_closed(client: str) -> None:
    with ReplayServer([text("a")], linger=True) as server, loopback.CLIENTS[client](None) as get:
        response = get(server.url)
        stream = Stream(response)
        next(stream)
        stream.drain(SHORT)
        assert server.wait_disconnect(loopback.TIMEOUT)
        with pytest.raises(ssewire.IncompleteStreamError, match="closed before its end"):
            stream.until_done()
        assert stream.snapshot.text == "a"


@each_async_client
def test_an_asynchronous_stream_that_takes_too_long_is_closed(client: str) -> None:
    async def run(server: ReplayServer) -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            stream = AsyncStream(await get(server.url))
            await anext(stream)
            await stream.drain(SHORT)
            assert await asyncio.to_thread(server.wait_disconnect, loopback.TIMEOUT)
            with pytest.raises(ssewire.IncompleteStreamError, match="closed before its end"):
                await stream.until_done()

    with ReplayServer([text("a")], linger=True) as server:
        asyncio.run(run(server))


def test_what_is_wrong_is_told_by_until_done() -> None:
    for body, kind in ((text("a") + ERROR, ssewire.ProviderError), (text("a"), ssewire.IncompleteStreamError)):
        stream = Stream([body])
        next(stream)
        stream.drain(LONG)
        with pytest.raises(kind):
            stream.until_done()


def test_a_source_without_end_is_bounded_too() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield text("a")

    stream = Stream(endless())
    stream.drain(SHORT)
    assert stream.snapshot.text
    accumulator = Accumulator()
    with closing(ssewire.tee(endless(), accumulator, drain_seconds=SHORT)) as passing:
        next(passing)
    assert accumulator.snapshot.text


def test_a_stream_that_has_ended_has_nothing_to_drain() -> None:
    stream = Stream(BODY)
    assert stream.until_done().text == "abc"
    stream.drain(LONG)
    stream.close()
    stream.drain(0)


# tee


@each_client
def test_a_tee_reads_on_for_nobody(client: str) -> None:
    gate, accumulator = Gate(), Accumulator()
    with ReplayServer([BODY], gate=gate) as server, loopback.CLIENTS[client](None) as get:
        response = get(server.url)
        with closing(ssewire.tee(response, accumulator, drain_seconds=LONG)) as passing:
            next(passing)
            gate.left.set()
        response.close()
    assert billed(accumulator.usage) == (3, 2)
    assert accumulator.close().text == "abc"


@each_async_client
def test_an_atee_reads_on_for_nobody(client: str) -> None:
    async def run(url: str) -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            response = await get(url)
            async with aclosing(ssewire.atee(response, accumulator, drain_seconds=LONG)) as passing:
                await anext(passing)
                gate.left.set()
            await close(response)

    gate, accumulator = Gate(), Accumulator()
    with ReplayServer([BODY], gate=gate) as server:
        asyncio.run(run(server.url))
    assert accumulator.close().text == "abc"


@each_client
def test_a_tee_that_takes_too_long_ends(client: str) -> None:
    accumulator = Accumulator()
    with ReplayServer([text("a")], linger=True) as server, loopback.CLIENTS[client](None) as get:
        response = get(server.url)
        with closing(ssewire.tee(response, accumulator, drain_seconds=SHORT)) as passing:
            next(passing)
        assert server.wait_disconnect(loopback.TIMEOUT)
        response.close()
    with pytest.raises(ssewire.IncompleteStreamError):
        accumulator.close()


@each_async_client
def test_an_atee_that_takes_too_long_ends(client: str) -> None:
    async def run(url: str) -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            response = await get(url)
            async with aclosing(ssewire.atee(response, Accumulator(), drain_seconds=SHORT)) as passing:
                await anext(passing)
            await close(response)

    with ReplayServer([text("a")], linger=True) as server:
        asyncio.run(run(server.url))


def test_who_does_not_ask_for_it_reads_no_further() -> None:
    pieces = iter([text("a"), text("b")])
    accumulator = Accumulator()
    passing = ssewire.tee(pieces, accumulator)
    next(passing)
    passing.close()
    assert list(pieces) == [text("b")]
    assert accumulator.snapshot.text == "a"


def test_a_transport_that_fails_meanwhile_ends_it() -> None:
    def failing() -> Iterator[bytes]:
        yield text("a")
        yield text("b")
        raise ConnectionResetError

    accumulator = Accumulator()
    with closing(ssewire.tee(failing(), accumulator, drain_seconds=LONG)) as passing:
        next(passing)
    assert accumulator.snapshot.text == "ab"


def test_a_cancelled_task_reads_no_further() -> None:
    accumulator = Accumulator()

    async def pieces() -> AsyncIterator[bytes]:
        yield text("a")
        waiting.set()
        await asyncio.Event().wait()

    async def run() -> None:
        async for _ in ssewire.atee(pieces(), accumulator, drain_seconds=LONG):
            pass

    async def main() -> Any:
        task = asyncio.create_task(run())
        await waiting.wait()
        task.cancel()
        return await asyncio.wait({task}, timeout=loopback.TIMEOUT)

    waiting = asyncio.Event()
    done, _ = asyncio.run(main())
    assert done.pop().cancelled()
    assert accumulator.snapshot.text == "a"
