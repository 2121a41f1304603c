"""`AsyncStream`: an asynchronous source read to its deltas and its message."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import suppress
from types import AsyncGeneratorType, TracebackType
from typing import TYPE_CHECKING, TypeVar, cast
from weakref import ref

from ssewire._base import BaseStream
from ssewire._core import Accumulator, Snapshot
from ssewire._errors import EventTooLargeError, StreamError
from ssewire._types import AsyncSourceLike, Delta, Dialect, Limits, Self, Unpack

if TYPE_CHECKING:
    from ssewire._reader import AsyncReader


T = TypeVar("T")


class AsyncStream(BaseStream):
    """The deltas of one response, as they arrive: `Stream` for asynchronous clients.

    It owns what it is given: when the stream has ended, failed, is closed or is no longer used, or its task is
    cancelled, the connection is released; after a complete stream it goes back to its pool.

    Args:
        source: A response of aiohttp, httpx or httpx2, an asynchronous iterable of bytes-like pieces, or one
            bytes-like object.
        dialect: The API's name; None finds it from the first payload that tells it.
        limits: `max_event_size`, `max_total_size`, `max_choices`, `max_tool_calls`: as `Accumulator` takes them.

    Iterating raises, and so does iterating again:
        ProviderError: The stream, or the response, carries an API error; after the deltas before it.
        IncompleteStreamError: The stream ended before its terminal, or the source failed.
        EventTooLargeError: An event, or what is kept, is larger than its limit.
        ResponseError: The response is no event stream at all.

    Raises:
        TypeError: The source is of no kind that can be read, or only with `Stream`.
        ValueError: The dialect is not known, or the body was already consumed.
    """

    __slots__ = ("_deltas", "_texts")

    if TYPE_CHECKING:
        _reader: AsyncReader

    def __init__(self, source: AsyncSourceLike, dialect: Dialect | None = None, **limits: Unpack[Limits]) -> None:
        from ssewire._reader import AsyncReader  # noqa: PLC0415 - parsing alone loads no code for HTTP clients

        self._reader = AsyncReader(source, Accumulator(dialect, **limits))
        self._deltas: AsyncGenerator[Delta, None] = _read(self._reader, self._reader.hand)
        self._texts: AsyncGeneratorType[str, None] | None = None

    def __aiter__(self) -> AsyncIterator[Delta]:
        self._check()
        return self._deltas

    async def __anext__(self) -> Delta:
        return await self._deltas.__anext__()

    @property
    def text_stream(self) -> AsyncGenerator[str, None]:
        """The text of choice 0 as it arrives.

        It shares the stream's place: what it has taken, the stream does not give again. It is closed with the stream.
        """
        self._check()
        left = self._texts
        if left is not None and left.ag_frame is not None and not left.ag_running:
            return left
        texts = _read(self._reader, self._reader.hand.texts, ref(self))
        self._texts = cast("AsyncGeneratorType[str, None]", texts)
        return texts

    async def until_done(self) -> Snapshot:
        """Read to the end, and return the whole. May be called again.

        Raises:
            ProviderError, IncompleteStreamError, EventTooLargeError, ResponseError: As iterating does. A stream
                that was closed before its end is incomplete.
        """
        await self._exhaust()
        return self._ended()

    async def drain(self, max_seconds: float) -> None:
        """Read on to the end for nobody, then release the connection: without it no `usage`, which comes last.

        What is wrong with the stream is not raised here, but by `until_done`. Where the time is over, the stream is
        closed before its end.

        Args:
            max_seconds: How long it may take.
        """
        from ssewire._sources.drain import within  # noqa: PLC0415 - for those who leave early

        try:
            with suppress(StreamError, TimeoutError):
                await within(max_seconds, self._exhaust())
        finally:
            await self.aclose()

    async def _exhaust(self) -> None:
        try:
            async for _ in _read(self._reader, self._reader.hand.nothing):
                pass
        finally:
            if not self._reader.reading:  # another task was first, and goes on
                await self._close_readings()

    async def aclose(self) -> None:
        """Release the connection now; as often as one likes. A task that is waiting for the next piece ends quietly."""
        self._reader.closed = not self._reader.ended
        try:
            await self._reader.source.aclose()
        finally:
            await self._close_readings()

    async def _close_readings(self) -> None:
        """Close what nothing is left for: trio complains of what the garbage collector finds in the middle."""
        for reading in (self._deltas, self._texts):
            with suppress(RuntimeError):  # it runs right now, in the task that was woken; that task ends it
                if reading is not None:
                    await reading.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


async def _read(  # noqa: C901, PLR0912 - taking it apart would await once more per piece than parsing one costs
    reader: AsyncReader, items: Iterator[T], owner: ref[AsyncStream] | None = None
) -> AsyncGenerator[T, None]:
    """Give what `items` makes of the pieces, then release the source.

    Left in the middle it releases the source too, unless its owner still lives: that may go on where this one stopped.
    What another task is reading is left to that task.
    """
    ask, take = reader.ask, reader.hand.take
    error: Exception | None = None
    kept = False
    try:
        while not reader.closed:
            try:
                for item in items:
                    yield item
            except (EventTooLargeError, MemoryError) as fault:
                error = fault
                break
            if reader.closed or reader.ended or error is not None or reader.hand.over:
                break
            if reader.reading:
                reader.refuse()
            reader.reading = True
            try:
                piece = await ask()
            except StopAsyncIteration:
                break
            except Exception as failed:  # noqa: BLE001 - each client has its own; it is raised as a cause
                error, piece = failed, reader.source.arrived()
            finally:
                reader.reading = False
            if not piece and error is None and reader.source.at_end():
                break
            take(piece)
        if reader.closed or reader.ended:
            return
        reader.hand.flush()
        for item in items:
            yield item
        await reader.finish(error)
    except GeneratorExit:
        kept = owner is not None and owner() is not None
        raise
    except BaseException as failed:
        if not reader.reading:
            await reader.release_behind(failed)
        raise
    finally:
        if not (kept or reader.reading):
            reader.closed |= not reader.ended
            await reader.source.aclose()


async def acollect(source: AsyncSourceLike, dialect: Dialect | None = None, **limits: Unpack[Limits]) -> Snapshot:
    """Read a source to its end, and return the whole: `collect` for asynchronous clients. The source is closed.

    Raises:
        ProviderError, IncompleteStreamError, EventTooLargeError, ResponseError: As iterating an `AsyncStream` does.
        TypeError: The source is of no kind that can be read, or only with `collect`.
    """
    return await AsyncStream(source, dialect, **limits).until_done()
