"""A stream has one reader: another one is refused, and the first goes on to the last event."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
import ssewire
from ssewire import Accumulator, AsyncStream, Stream, aiter_sse, atee, iter_sse, tee

from tests.support.chat_cases import DONE, text
from tests.support.loopback import TIMEOUT, Reader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

PIECES = [text(letter, "stop" if letter == "i" else None) for letter in "abcdefghi"] + [DONE]
BODY = b"".join(PIECES)


class Gate:
    """Pieces, the fourth of which comes when the test lets it. No generator, which refuses a second reader itself."""

    def __init__(self) -> None:
        self.waiting, self.open = threading.Event(), threading.Event()
        self._pieces = iter(PIECES)
        self._given = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._given == 3:
            self.waiting.set()
            assert self.open.wait(TIMEOUT)
        self._given += 1
        return next(self._pieces)


def generated(gate: Gate) -> Iterator[bytes]:
    yield from gate


each_source = pytest.mark.parametrize("source", [iter, generated], ids=["iterator", "generator"])


def read_beside(read: Callable[[], Any], refused: Callable[[], Any], gate: Gate, match: str) -> None:
    """Read in a thread; while that waits for a piece, a second reader is refused."""
    reader = Reader(read)
    reader.start()
    assert gate.waiting.wait(TIMEOUT)
    for _ in range(3):
        with pytest.raises(ValueError, match=match):
            refused()
    gate.open.set()
    assert reader.finish() is None


@each_source
def test_a_second_thread_ends_no_iter_sse(source: Callable[[Gate], Iterator[bytes]]) -> None:
    gate = Gate()
    events = iter_sse(source(gate))
    seen: list[ssewire.ServerSentEvent] = []
    read_beside(lambda: seen.extend(events), lambda: next(events), gate, "already being read")
    assert seen == list(iter_sse(BODY))


@each_source
@pytest.mark.parametrize("second", ["next", "until_done", "text_stream"])
def test_a_second_thread_ends_no_stream(source: Callable[[Gate], Iterator[bytes]], second: str) -> None:
    gate = Gate()
    stream = Stream(source(gate))
    seen: list[ssewire.Delta] = []
    ways = {
        "next": lambda: next(stream),
        "until_done": stream.until_done,
        "text_stream": lambda: next(stream.text_stream),
    }
    read_beside(lambda: seen.extend(stream), ways[second], gate, "already being read")
    assert seen == Accumulator().feed(BODY)
    assert stream.until_done().text == "abcdefghi"


def test_a_second_thread_ends_no_tee() -> None:
    gate, accumulator = Gate(), Accumulator()
    pieces = tee(gate, accumulator)
    seen: list[bytes] = []
    read_beside(lambda: seen.extend(pieces), lambda: next(pieces), gate, "already executing")
    assert seen == PIECES
    assert accumulator.close().text == "abcdefghi"


class AsyncGate:
    """The asynchronous twin of `Gate`."""

    def __init__(self) -> None:
        self.waiting, self.open = asyncio.Event(), asyncio.Event()
        self._pieces = iter(PIECES)
        self._given = 0
        self.closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._given == 3:
            self.waiting.set()
            await asyncio.wait_for(self.open.wait(), TIMEOUT)
        self._given += 1
        try:
            return next(self._pieces)
        except StopIteration:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        self.closed = True


async def agenerated(gate: AsyncGate) -> AsyncIterator[bytes]:
    async for piece in gate:
        yield piece


each_async_source = pytest.mark.parametrize("source", [lambda gate: gate, agenerated], ids=["iterator", "generator"])


async def aread_beside(items: Any, refused: Callable[[], Any], gate: AsyncGate, match: str) -> list[Any]:
    """Read in a task; while that waits for a piece, a second reader is refused."""

    async def read() -> list[Any]:
        return [item async for item in items]

    task = asyncio.ensure_future(read())
    await asyncio.wait_for(gate.waiting.wait(), TIMEOUT)
    for _ in range(3):
        with pytest.raises(RuntimeError, match=match):
            await refused()
    gate.open.set()
    return await asyncio.wait_for(task, TIMEOUT)


@each_async_source
@pytest.mark.parametrize("second", ["anext", "until_done", "text_stream"])
def test_a_second_task_ends_no_stream(source: Callable[[AsyncGate], Any], second: str) -> None:
    async def run() -> None:
        gate = AsyncGate()
        stream = AsyncStream(source(gate))
        ways: dict[str, Callable[[], Any]] = {
            "anext": stream.__anext__,
            "until_done": stream.until_done,
            "text_stream": lambda: anext(stream.text_stream),
        }
        seen = await aread_beside(stream, ways[second], gate, "already")
        assert seen == Accumulator().feed(BODY)
        assert (await stream.until_done()).text == "abcdefghi"
        assert stream.snapshot.done

    asyncio.run(run())


def test_a_reader_that_was_left_at_an_item_ends_no_other_one() -> None:
    async def run() -> None:
        gate = AsyncGate()
        stream = AsyncStream(gate)
        texts = stream.text_stream
        assert await texts.__anext__() == "a"
        task = asyncio.ensure_future(stream.until_done())
        await asyncio.wait_for(gate.waiting.wait(), TIMEOUT)
        await texts.aclose()
        assert not gate.closed
        gate.open.set()
        assert (await task).text == "abcdefghi"
        assert gate.closed

    asyncio.run(run())


@each_async_source
def test_a_second_task_ends_no_aiter_sse(source: Callable[[AsyncGate], Any]) -> None:
    async def run() -> None:
        gate = AsyncGate()
        events = aiter_sse(source(gate))
        assert await aread_beside(events, events.__anext__, gate, "already running") == list(iter_sse(BODY))

    asyncio.run(run())


@each_async_source
def test_a_second_task_ends_no_atee(source: Callable[[AsyncGate], Any]) -> None:
    async def run() -> None:
        gate, accumulator = AsyncGate(), Accumulator()
        pieces = atee(source(gate), accumulator)
        assert await aread_beside(pieces, pieces.__anext__, gate, "already running") == PIECES
        assert accumulator.close().text == "abcdefghi"

    asyncio.run(run())
