"""iter_sse and aiter_sse over sources that fail, are left, or read the iterator; a decoder in two threads."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
import ssewire
from ssewire import EventTooLargeError, SSEDecoder

from tests.support.cuts import as_async, bytewise

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator


def test_iter_sse_yields_before_it_asks_for_more() -> None:
    asked: list[bytes] = []

    def source() -> Iterator[bytes]:
        for piece in (b"data: a\r", b"\r", b"\ndata: b\n\ndata: c\n\n", b"data: d\n\n"):
            asked.append(piece)
            yield piece

    events = ssewire.iter_sse(source())
    assert iter(events) is events
    assert [(event.data, len(asked)) for event in events] == [("a", 2), ("b", 3), ("c", 3), ("d", 4)]
    assert next(events, None) is None


def test_iter_sse_takes_a_whole_body() -> None:
    for body in (b"data: x\n\n", bytearray(b"data: x\n\n"), memoryview(b"data: x\n\n")):
        assert [event.data for event in ssewire.iter_sse(body)] == ["x"]


def broken(pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield from pieces
    raise ConnectionResetError


async def abroken(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    raise ConnectionResetError


@pytest.mark.parametrize("tail", ["discard", "dispatch"])
def test_the_source_s_error_comes_through_after_its_events(tail: Any) -> None:
    events = ssewire.iter_sse(broken([b"data: x\n\n", b"data: y\n"]), tail=tail)
    assert next(events).data == "x"
    with pytest.raises(ConnectionResetError):
        next(events)

    async def run() -> None:
        events = ssewire.aiter_sse(abroken([b"data: x\n\n", b"data: y\n"]), tail=tail)
        assert (await anext(events)).data == "x"
        with pytest.raises(ConnectionResetError):
            await anext(events)

    asyncio.run(run())


@pytest.mark.parametrize("pieces", [[b"data: a\n\ndata: too long"], [b"data: a\n\n", b"data: too long"]])
def test_a_fault_does_not_wait_for_the_source(pieces: list[bytes]) -> None:
    """What the source does next, fail or block, must not hide a fault that is there: the cuts would show."""
    events = ssewire.iter_sse(broken(pieces), max_event_size=8)
    assert next(events).data == "a"
    with pytest.raises(EventTooLargeError):
        next(events)

    async def run() -> None:
        events = ssewire.aiter_sse(abroken(pieces), max_event_size=8)
        assert (await anext(events)).data == "a"
        with pytest.raises(EventTooLargeError):
            await anext(events)

    asyncio.run(run())


def test_leaving_the_loop_leaves_the_source_open() -> None:
    source = iter([b"data: a\n\n", b"data: b\n\n"])
    assert next(ssewire.iter_sse(source)).data == "a"
    assert list(source) == [b"data: b\n\n"]

    async def run() -> list[bytes]:
        pieces = as_async([b"data: a\n\n", b"data: b\n\n"])
        events = ssewire.aiter_sse(pieces)
        assert (await anext(events)).data == "a"
        return [piece async for piece in pieces]

    assert asyncio.run(run()) == [b"data: b\n\n"]


class Reentrant:
    """A source that, before its last event, reads the iterator which is just asking it for bytes."""

    def __init__(self) -> None:
        self.events = ssewire.iter_sse(self)
        self.pieces = iter(bytewise(b"data: a\n\ndata: b\n\ndata: c\n\n"))
        self.refused = 0
        self.asked = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self.asked += 1
        if self.asked == 10:
            with pytest.raises(ValueError, match="by its own source"):
                next(self.events)
            self.refused += 1
        return next(self.pieces)


def test_nothing_is_locked_while_the_source_is_asked() -> None:
    source = Reentrant()
    assert [event.data for event in source.events] == ["a", "b", "c"]
    assert source.refused == 1


def in_two_threads(work: Callable[[], None]) -> None:
    """Run `work` in two threads that change places often; fail where one raises or does not come back."""
    failures: list[BaseException] = []
    start = threading.Barrier(2)

    def run() -> None:
        try:
            start.wait(30)
            work()
        except BaseException as error:  # noqa: BLE001  reported below, in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(2)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    sys.setswitchinterval(interval)
    assert not failures
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("piece", [b"data: x\n\n", b"id: 1\ndata: " + b"x" * 1000 + b"\n\n" + b": c\n\n" * 1000])
def test_two_threads_may_feed_one_decoder(piece: bytes) -> None:
    decoder, events = SSEDecoder(), []

    def work() -> None:
        for _ in range(500):
            events.extend(decoder.feed(piece))
            assert decoder.last_event_id in ("", "1")

    in_two_threads(work)
    assert len(events) == 1000
