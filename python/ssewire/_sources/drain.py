"""Reading a body to its end after the last event, so that its connection goes back to the pool.

A server may leave the body open, or go on sending. So the reading is bounded in bytes and in time, and where a bound is
met the connection is closed instead.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ssewire._sources.base import running_loop

if TYPE_CHECKING:
    from ssewire._sources.base import AsyncSource, Source


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
            await _aread_within(source, max_bytes, max_seconds)
    except Exception:  # noqa: BLE001, S110 - each client has its own errors, and all of the body that counts is here
        pass
    finally:
        await source.aclose()


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


async def _aread_within(source: AsyncSource, max_bytes: int, max_seconds: float) -> None:
    if running_loop() is None:
        import anyio  # noqa: PLC0415 - only httpx reads without asyncio, and it brings anyio

        with anyio.move_on_after(max_seconds):
            await _aread_on(source, max_bytes)
        return
    asyncio = sys.modules["asyncio"]
    if sys.version_info >= (3, 11):
        async with asyncio.timeout(max_seconds):
            await _aread_on(source, max_bytes)
    else:
        await asyncio.wait_for(_aread_on(source, max_bytes), max_seconds)
