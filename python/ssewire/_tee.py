"""`tee` and `atee`: a body passed on while an accumulator watches it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import TYPE_CHECKING

from ssewire._core import Accumulator
from ssewire._errors import EventTooLargeError
from ssewire._types import AsyncSourceLike, Piece, SourceLike

if TYPE_CHECKING:
    from ssewire._sources import Source


def tee(source: SourceLike, accumulator: Accumulator, *, drain_seconds: float = 0.0) -> Generator[bytes, None, None]:
    """Pass the pieces of a body through as they come, while an accumulator watches them.

    The pieces are those of the decoded body: who relays them drops Content-Encoding. The source is not closed; its
    exceptions come through. What is wrong with the stream never stops the pieces: `accumulator.close()` raises it.

    Args:
        source: As `Stream` takes it.
        accumulator: What watches.
        drain_seconds: Where the generator is closed before its end, since its reader left: read on for nobody, for at
            most so long, so that the accumulator sees the usage, which comes last. Who closes it waits meanwhile.

    Raises:
        TypeError: The source is of no kind that can be read, or only with `atee`.
    """
    from ssewire._sources import open_source  # noqa: PLC0415 - parsing alone loads no code for HTTP clients

    opened = open_source(source)
    return _tee(opened.pieces, accumulator, opened if drain_seconds else None, drain_seconds)


def atee(
    source: AsyncSourceLike, accumulator: Accumulator, *, drain_seconds: float = 0.0
) -> AsyncGenerator[bytes, None]:
    """Pass the pieces of an asynchronous source through: the twin of `tee`.

    Under trio, who may leave it early closes it: `async with aclosing(atee(…)) as pieces`.

    Args:
        source: As `AsyncStream` takes it.
        accumulator: What watches.
        drain_seconds: As `tee` takes it. A cancelled task reads no further: it is the generator's `aclose` that drains.

    Raises:
        TypeError: The source is of no kind that can be read, or only with `tee`.
    """
    from ssewire._sources import open_async_source  # noqa: PLC0415 - parsing alone loads no code for HTTP clients

    return _atee(open_async_source(source).pieces, accumulator, drain_seconds)


# The frames hold no more of a source than they need: an exception's traceback would keep a response alive by them.


def _tee(
    pieces: Iterator[Piece], accumulator: Accumulator, drained: Source | None, drain_seconds: float
) -> Generator[bytes, None, None]:
    try:
        for piece in pieces:
            _observe(piece, accumulator)
            yield piece if isinstance(piece, bytes) else bytes(piece)
    except GeneratorExit:
        if drained is not None:
            from ssewire._sources.drain import watch_rest  # noqa: PLC0415 - for those who leave early

            watch_rest(drained, lambda piece: _observe(piece, accumulator), drain_seconds)
        raise


async def _atee(
    pieces: AsyncIterator[Piece], accumulator: Accumulator, drain_seconds: float
) -> AsyncGenerator[bytes, None]:
    try:
        async for piece in pieces:
            _observe(piece, accumulator)
            yield piece if isinstance(piece, bytes) else bytes(piece)
    except GeneratorExit:
        if drain_seconds:
            from ssewire._sources.drain import awatch_rest  # noqa: PLC0415 - for those who leave early

            await awatch_rest(pieces, lambda piece: _observe(piece, accumulator), drain_seconds)
        raise


def _observe(piece: Piece, accumulator: Accumulator) -> None:
    try:  # noqa: SIM105 - a context manager per piece would cost twice what observing does
        accumulator.observe(piece)
    except EventTooLargeError:
        pass  # the accumulator remembers it: its close() raises it
