"""`tee` and `atee`: a body passed on while an accumulator watches it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator

from ssewire._core import Accumulator
from ssewire._errors import EventTooLargeError
from ssewire._types import AsyncSourceLike, Piece, SourceLike


def tee(source: SourceLike, accumulator: Accumulator) -> Generator[bytes, None, None]:
    """Pass the pieces of a body through as they come, while an accumulator watches them.

    The pieces are those of the decoded body: who relays them drops Content-Encoding. The source is not closed; its
    exceptions come through. What is wrong with the stream never stops the pieces: `accumulator.close()` raises it.

    Args:
        source: As `Stream` takes it.
        accumulator: What watches.

    Raises:
        TypeError: The source is of no kind that can be read, or only with `atee`.
    """
    from ssewire._sources import open_source  # noqa: PLC0415 - parsing alone loads no code for HTTP clients

    return _tee(open_source(source).pieces, accumulator)


def atee(source: AsyncSourceLike, accumulator: Accumulator) -> AsyncGenerator[bytes, None]:
    """Pass the pieces of an asynchronous source through: the twin of `tee`.

    Under trio, who may leave it early closes it: `async with aclosing(atee(…)) as pieces`.

    Args:
        source: As `AsyncStream` takes it.
        accumulator: What watches.

    Raises:
        TypeError: The source is of no kind that can be read, or only with `tee`.
    """
    from ssewire._sources import open_async_source  # noqa: PLC0415 - parsing alone loads no code for HTTP clients

    return _atee(open_async_source(source).pieces, accumulator)


def _tee(pieces: Iterator[Piece], accumulator: Accumulator) -> Generator[bytes, None, None]:
    for piece in pieces:
        _observe(piece, accumulator)
        yield piece if isinstance(piece, bytes) else bytes(piece)


async def _atee(pieces: AsyncIterator[Piece], accumulator: Accumulator) -> AsyncGenerator[bytes, None]:
    async for piece in pieces:
        _observe(piece, accumulator)
        yield piece if isinstance(piece, bytes) else bytes(piece)


def _observe(piece: Piece, accumulator: Accumulator) -> None:
    try:  # noqa: SIM105 - a context manager per piece would cost twice what observing does
        accumulator.observe(piece)
    except EventTooLargeError:
        pass  # the accumulator remembers it: its close() raises it
