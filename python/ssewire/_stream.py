"""`Stream`, and `collect`: a source read to its deltas and its message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

from ssewire._base import BaseStream
from ssewire._core import Accumulator, DeltaIterator, Snapshot, TextIterator, observe_whole
from ssewire._errors import StreamError
from ssewire._types import Delta, Dialect, Limits, Self, SourceLike, Unpack

if TYPE_CHECKING:
    from ssewire._reader import Reader


class Stream(BaseStream):
    """The deltas of one response, as they arrive.

    It owns what it is given: when the stream has ended, failed, is closed or is no longer used, the connection is
    released; after a complete stream it goes back to its pool.

    Args:
        source: A response of requests, httpx, httpx2, urllib3, niquests or http.client, a binary file, an iterable of
            bytes-like pieces, or one bytes-like object.
        dialect: The API's name; None finds it from the first payload that tells it.
        limits: `max_event_size`, `max_total_size`, `max_choices`, `max_tool_calls`: as `Accumulator` takes them.

    Iterating raises, and so does iterating again:
        ProviderError: The stream, or the response, carries an API error; after the deltas before it.
        IncompleteStreamError: The stream ended before its terminal, or the source failed.
        EventTooLargeError: An event, or what is kept, is larger than its limit.
        ResponseError: The response is no event stream at all.

    Raises:
        TypeError: The source is of no kind that can be read, or only with `AsyncStream`.
        ValueError: The dialect is not known, or the body was already consumed.
    """

    __slots__ = ("_deltas",)

    if TYPE_CHECKING:
        _reader: Reader

    def __init__(self, source: SourceLike, dialect: Dialect | None = None, **limits: Unpack[Limits]) -> None:
        from ssewire._reader import Reader  # noqa: PLC0415 - parsing alone loads no code for HTTP clients

        accumulator = Accumulator(dialect, **limits)
        self._reader = Reader(source, accumulator)
        self._deltas = DeltaIterator(self._reader, accumulator)

    def __iter__(self) -> Iterator[Delta]:
        self._check()
        return self._deltas

    def __next__(self) -> Delta:
        return next(self._deltas)

    @property
    def text_stream(self) -> Iterator[str]:
        """The text of choice 0 as it arrives.

        It shares the stream's place: what it has taken, the stream does not give again.
        """
        self._check()
        return TextIterator(self._deltas)

    def until_done(self) -> Snapshot:
        """Read to the end, and return the whole. May be called again.

        Raises:
            ProviderError, IncompleteStreamError, EventTooLargeError, ResponseError: As iterating does. A stream
                that was closed before its end is incomplete.
        """
        self._deltas.exhaust()
        return self._ended()

    def drain(self, max_seconds: float) -> None:
        """Read on to the end for nobody, then release the connection: without it no `usage`, which comes last.

        What is wrong with the stream is not raised here, but by `until_done`. Where the time is over, the stream is
        closed before its end. A plain iterator that blocks cannot be woken: its next piece is waited for.

        Args:
            max_seconds: How long it may take.
        """
        from ssewire._sources.watchdog import watchdog  # noqa: PLC0415 - brings in threading

        try:
            with watchdog.watch(_Alarm(self._reader, self._deltas), max_seconds), suppress(StreamError):
                self._deltas.exhaust()
        finally:
            self.close()

    def close(self) -> None:
        """Release the connection now; from any thread, and as often as one likes.

        A thread that is waiting for the next piece is woken, and its iteration ends quietly.
        """
        self._reader.closed = not self._reader.ended
        if self._deltas.stop():
            self._reader.source.interrupt()
        else:
            self._reader.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _Alarm:
    """Ends a stream when its time is over, and leaves releasing its source to the thread that reads."""

    def __init__(self, reader: Reader, deltas: DeltaIterator) -> None:
        self._reader = reader
        self._deltas = deltas

    def interrupt(self) -> None:
        """End the iteration."""
        self._reader.closed = not self._reader.ended
        self._deltas.stop()
        self._reader.source.interrupt()


def collect(source: SourceLike, dialect: Dialect | None = None, **limits: Unpack[Limits]) -> Snapshot:
    """Read a source to its end, and return the whole.

    Of a bytes-like object the GIL is released meanwhile; other sources are closed at the end.

    Raises:
        ProviderError, IncompleteStreamError, EventTooLargeError, ResponseError: As iterating a `Stream` does.
        TypeError: The source is of no kind that can be read.
    """
    if not isinstance(source, (bytes, bytearray, memoryview)):
        return Stream(source, dialect, **limits).until_done()
    from ssewire._reader import closing_error  # noqa: PLC0415 - parsing alone loads no code for HTTP clients

    if isinstance(source, memoryview):
        source = source.cast("B") if source.contiguous else source.tobytes()
    accumulator = observe_whole(source, dialect, **limits)
    problem = closing_error(accumulator)
    if problem is not None:
        raise problem
    return accumulator.snapshot
