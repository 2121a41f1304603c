"""Releasing a source: what goes wrong hides nothing, nothing keeps its place in a pool, nobody waits for ever."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
from ssewire import Accumulator, AsyncStream, IncompleteStreamError, ProviderError, Stream, collect

from tests.support.chat_cases import DONE, text
from tests.support.loopback import TIMEOUT, Reader, holding_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

WHOLE = text("a", "stop") + DONE
ERROR = b'data: {"error": {"message": "m"}}\n\n'


class Broken:
    """Pieces, then what the transport raises, if anything; closing it raises in any case."""

    def __init__(self, *pieces: bytes, error: BaseException | None = None) -> None:
        self._pieces = iter(pieces)
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = next(self._pieces, None)
        if piece is not None:
            return piece
        raise self._error or StopIteration

    def close(self) -> None:
        raise OSError("closing failed")


class AsyncBroken:
    """The asynchronous twin of `Broken`."""

    def __init__(self, *pieces: bytes, error: BaseException | None = None) -> None:
        self._broken = Broken(*pieces, error=error)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return next(self._broken)
        except StopIteration:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        self._broken.close()


async def _until_done(source: Any) -> Any:
    return await AsyncStream(source).until_done()


READERS = {
    "until_done": lambda *pieces, **how: Stream(Broken(*pieces, **how)).until_done(),
    "iterating": lambda *pieces, **how: list(Stream(Broken(*pieces, **how))),
    "texts": lambda *pieces, **how: list(Stream(Broken(*pieces, **how)).text_stream),
    "collect": lambda *pieces, **how: collect(Broken(*pieces, **how)),
    "AsyncStream": lambda *pieces, **how: asyncio.run(_until_done(AsyncBroken(*pieces, **how))),
}
each_reader = pytest.mark.parametrize("read", READERS.values(), ids=READERS)


@each_reader
def test_a_close_that_raises_hides_no_transport_error(read: Any) -> None:
    gone = ConnectionError("gone")
    with pytest.raises(IncompleteStreamError, match="gone") as caught:
        read(text("a"), error=gone)
    assert caught.value.__cause__ is gone
    assert "closing failed" in str(caught.value.__context__)
    assert caught.value.snapshot.text == "a"


@each_reader
def test_a_close_that_raises_hides_no_other_problem(read: Any) -> None:
    with pytest.raises(ProviderError, match=r"^m$"):
        read(ERROR)
    with pytest.raises(IncompleteStreamError):
        read(text("a"))


@each_reader
def test_where_nothing_is_wrong_it_comes_out(read: Any) -> None:
    with pytest.raises(OSError, match="closing failed"):
        read(WHOLE)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # so it is reported where nobody asked
@each_reader
def test_what_interrupts_the_reading_counts_more(read: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        read(text("a"), error=KeyboardInterrupt())


def test_a_cancelled_task_is_cancelled_whatever_closing_raises() -> None:
    class Waiting(AsyncBroken):
        async def __anext__(self) -> bytes:
            waiting.set()
            await asyncio.Event().wait()
            raise AssertionError

    async def run() -> None:
        task = asyncio.ensure_future(AsyncStream(Waiting()).until_done())
        await asyncio.wait_for(waiting.wait(), TIMEOUT)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    waiting = asyncio.Event()
    asyncio.run(run())


# Pools


@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")  # trio's advice to those who leave one
@pytest.mark.parametrize("client", [httpx, httpx2], ids=["httpx", "httpx2"])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("taken", [0, 1], ids=["never iterated", "left in the middle"])
def test_a_stream_that_is_no_longer_used_gives_its_place_in_the_pool_back(
    client: Any, backend: str, taken: int
) -> None:
    import anyio  # noqa: PLC0415 - for this one

    async def run(url: str) -> None:
        limits = client.Limits(max_connections=1)
        async with client.AsyncClient(limits=limits, timeout=TIMEOUT, trust_env=False) as opened:
            for _ in range(3):
                stream = AsyncStream(await opened.send(opened.build_request("GET", url), stream=True))
                for _ in range(taken):
                    assert (await anext(stream)).choice == 0
                del stream
                gc.collect()

    with holding_server(text("a") + text("b")) as server:
        anyio.run(run, server.url, backend=backend)


# Trees


def partial(arguments: str) -> bytes:
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": arguments}}
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': {'tool_calls': [call]}}]})}\n\n".encode()


class Asks:
    """Asks for another tree when it is finalized, once another thread does the same."""

    def __init__(self, other: Accumulator, both: threading.Barrier, seen: list[Any]) -> None:
        self._other, self._both, self._seen = other, both, seen

    def __del__(self) -> None:
        self._both.wait(TIMEOUT)
        self._seen.append(self._other.snapshot.tool_calls[0].parse_partial())
        self._both.wait(TIMEOUT)


def test_finalizers_that_ask_for_each_others_trees_do_not_wait_for_each_other() -> None:
    accumulators, both, seen = [Accumulator(), Accumulator()], threading.Barrier(2), list[Any]()
    for accumulator, other in zip(accumulators, reversed(accumulators), strict=True):
        accumulator.feed(partial('{"a": "x'))
        # The value that the tree puts another one in place of, while it grows.
        accumulator.snapshot.tool_calls[0].parse_partial()["a"] = Asks(other, both, seen)
        accumulator.feed(partial("y"))
    readers = [Reader(accumulator.snapshot.tool_calls[0].parse_partial) for accumulator in accumulators]
    for reader in readers:
        reader.start()
    assert [reader.finish() for reader in readers] == [None, None]
    assert seen == [{"a": "xy"}, {"a": "xy"}]
    assert [one.snapshot.tool_calls[0].parse_partial() for one in accumulators] == [{"a": "xy"}] * 2
