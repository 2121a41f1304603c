"""What owns a stream's source: it releases it, and finds out what was wrong."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ssewire._core import PushDeltaIterator
from ssewire._errors import IncompleteStreamError, StreamError
from ssewire._response import astream_pieces, of_response, refusal, seldom_undone, stream_pieces
from ssewire._sources import adrain, drain, open_async_source, open_source

if TYPE_CHECKING:
    from typing import NoReturn

    from ssewire._core import Accumulator
    from ssewire._sources import AsyncSource, Source


def _problem(
    source: Source | AsyncSource, accumulator: Accumulator, error: Exception | None
) -> StreamError | MemoryError | None:
    """Return what is wrong with a stream that has ended, or broken off with a fault or the transport's `error`."""
    if isinstance(error, (StreamError, MemoryError)):
        return error
    found = accumulator.error
    if found is not None:
        return found
    if error is not None and not accumulator.done:
        return IncompleteStreamError(_failed(source, accumulator, error), snapshot=accumulator.snapshot)
    return closing_error(accumulator, source)


def _failed(source: Source | AsyncSource, accumulator: Accumulator, error: Exception) -> str:
    text = f"the source failed: {type(error).__name__}: {error}"
    # A client that undoes only some of the codings fails on what is left, and httpx does not say of which.
    coding = None if accumulator.snapshot.choices else seldom_undone(source)
    return text if coding is None else f"{text} (the body is in Content-Encoding {coding!r})"


def closing_error(accumulator: Accumulator, source: Source | AsyncSource | None = None) -> StreamError | None:
    """Return what is wrong with an accumulator whose input has ended; None if nothing is."""
    foreign = accumulator._foreign  # noqa: SLF001 - for this module
    if foreign is not None:
        return refusal(foreign, source)
    try:
        accumulator.close()
    except StreamError as error:
        return error
    return None


class _Ending:
    """How the reading of a source came to its end."""

    __slots__ = ("accumulator", "closed", "ended", "problem")

    def __init__(self, accumulator: Accumulator) -> None:
        self.accumulator = accumulator
        self.closed = False  # before its end, by the caller
        self.ended = False
        self.problem: StreamError | MemoryError | None = None

    def _end(self, source: Source | AsyncSource, error: Exception | None) -> bool:
        """Find out what is wrong; return whether the connection can serve again once the body is read to its end."""
        self.ended = True
        problem = _problem(source, self.accumulator, error)
        self.problem = of_response(problem, source) if isinstance(problem, StreamError) else problem
        return self.problem is None and self.accumulator.done

    def _raise(self, error: Exception | None) -> None:
        if self.problem is not None:
            raise self.problem from (error if error is not self.problem else error.__cause__)


class Reader(_Ending):
    """Owns the source of a Stream, as long as anything iterates it."""

    __slots__ = ("pieces", "source")

    def __init__(self, source: object, accumulator: Accumulator) -> None:
        super().__init__(accumulator)
        self.source = open_source(source)
        self.pieces = stream_pieces(self.source)

    def finish(self, error: Exception | None) -> None:
        """Release the source after its last piece, or after what ended it, and raise what is wrong.

        That counts more than what goes wrong in releasing it, which is then in its `__context__`.
        """
        if self._end(self.source, error):
            drain(self.source)
            return
        try:
            self.source.close()
        except Exception:
            self._raise(error)
            raise
        self._raise(error)

    def release(self) -> None:
        """Release the source before its end."""
        self.source.close()

    def __del__(self) -> None:
        """Release a source that was left in the middle."""
        source = getattr(self, "source", None)  # there is none where opening it failed
        if source is not None:
            with suppress(Exception):  # nobody is left who could be told, and the interpreter may be going down
                source.close()


class AsyncReader(_Ending):
    """Owns the source of an AsyncStream, as long as anything iterates it."""

    __slots__ = ("ask", "hand", "reading", "source")

    def __init__(self, source: object, accumulator: Accumulator) -> None:
        super().__init__(accumulator)
        self.source = open_async_source(source)
        pieces = astream_pieces(self.source)
        self.ask = self.source.ask if pieces is self.source.pieces else pieces.__anext__
        self.hand = PushDeltaIterator(accumulator)
        self.reading = False  # a task is waiting for the next piece

    async def finish(self, error: Exception | None) -> None:
        """Release the source after its last piece, or after what ended it, and raise what is wrong.

        That counts more than what goes wrong in releasing it, which is then in its `__context__`.
        """
        self.reading = True  # on to the body's end
        try:
            if self._end(self.source, error):
                await adrain(self.source)
                return
            try:
                await self.source.aclose()
            except Exception:
                self._raise(error)
                raise
            self._raise(error)
        finally:
            self.reading = False

    def refuse(self) -> NoReturn:
        """Refuse a second reader."""
        raise RuntimeError("the stream is already being read, by another task")

    async def release_behind(self, error: BaseException) -> None:
        """Release the source because of an error, which counts more than what goes wrong in releasing it."""
        self.closed |= not self.ended
        try:
            await self.source.aclose()
        except Exception:  # noqa: BLE001 - it is in the error's context
            raise error  # noqa: B904 - as its context

    def __del__(self) -> None:
        """Release a source that was left in the middle, as far as that goes without awaiting."""
        source = getattr(self, "source", None)  # there is none where opening it failed
        if source is not None:
            source.abandon()
