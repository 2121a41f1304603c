"""Reading a body to its end after the last event, so that its connection goes back to the pool.

A server may leave the body open, or go on sending. So the reading is bounded in bytes and in time, and where a bound is
met the connection is closed instead.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from ssewire._sources.base import running_loop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from typing import Any

    from ssewire._sources.base import AsyncSource, Piece, Source


def drain(source: Source, *, max_bytes: int = 65536, max_seconds: float = 0.5) -> None:
    """Read the rest of the body and close the source. Never raises for the transport.

    A source is only closed where reading on cannot help: it is no response, its connection ends with the body, or it
    could not be woken.

    Args:
        source: used by this thread alone.
        max_bytes: how much of the body is read at most.
        max_seconds: how long that takes at most.
    """
    from ssewire._sources.watchdog import watchdog  # noqa: PLC0415 - brings in threading

    try:
        if source.drainable:
            with watchdog.watch(source, max_seconds):
                _read_on(source, max_bytes)
    except Exception:  # noqa: BLE001, S110 - each client has its own errors, and all of the body that counts is here
        pass
    finally:
        source.close()


async def adrain(source: AsyncSource, *, max_bytes: int = 65536, max_seconds: float = 0.5) -> None:
    """Read the rest of the body and close the source: the asynchronous twin of `drain`. Cancellation comes out."""
    try:
        if source.drainable:
            await within(max_seconds, _aread_on(source, max_bytes))
    except Exception:  # noqa: BLE001, S110 - each client has its own errors, and all of the body that counts is here
        pass
    finally:
        await source.aclose()


def watch_rest(source: Source, see: Callable[[Piece], None], max_seconds: float) -> None:
    """Read on for at most so long, and show the pieces to `see`; the source is not closed.

    Where the transport fails, that was the last piece; and where the time is over, whose socket is then shut down.
    """
    from ssewire._sources.watchdog import watchdog  # noqa: PLC0415 - brings in threading

    deadline = monotonic() + max_seconds
    with suppress(Exception), watchdog.watch(source, max_seconds):  # the same: each client has its own errors
        for piece in source.pieces:
            see(piece)
            if monotonic() >= deadline:  # of what cannot be interrupted
                return


async def awatch_rest(pieces: AsyncIterator[Piece], see: Callable[[Piece], None], max_seconds: float) -> None:
    """Read on for at most so long: the asynchronous twin of `watch_rest`. Cancellation comes out."""

    async def read() -> None:
        async for piece in pieces:
            see(piece)

    with suppress(Exception):  # each client has its own errors; what was seen tells that the end is missing
        await within(max_seconds, read())


def _read_on(source: Source, max_bytes: int) -> None:
    for piece in source.pieces:
        max_bytes -= len(piece)
        if max_bytes < 0:
            return


async def _aread_on(source: AsyncSource, max_bytes: int) -> None:
    async for piece in source.pieces:
        max_bytes -= len(piece)
        if max_bytes < 0:
            return


async def within(seconds: float, reading: Coroutine[Any, Any, None]) -> None:
    """Await `reading` for at most so long, on whatever event loop this is.

    Raises:
        TimeoutError: the time is over.
    """
    if running_loop() is None:
        import anyio  # noqa: PLC0415 - only httpx reads without asyncio, and it brings anyio

        with anyio.fail_after(seconds):
            await reading
        return
    asyncio = sys.modules["asyncio"]
    if sys.version_info >= (3, 11):
        async with asyncio.timeout(seconds):
            await reading
    else:
        try:
            await asyncio.wait_for(reading, seconds)
        except asyncio.TimeoutError as error:
            raise TimeoutError from error
