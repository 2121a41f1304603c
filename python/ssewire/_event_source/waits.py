"""Awaiting what can be left, under asyncio and under trio.

Neither library is needed for the other: whichever runs was imported by its user. A wait ends with what it waited for,
with TimeoutError, or with `Woken` when another task, or another thread, interrupts it.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ssewire._sources.base import running_loop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


class Woken(Exception):  # noqa: N818 - no error
    """The wait was interrupted."""


class _Loop(Protocol):
    async def run(self, function: Callable[[], Awaitable[T]], seconds: float | None) -> T:
        """As `Waits.run`."""

    async def sleep(self, seconds: float) -> None:
        """Let that time pass."""

    def wake(self) -> None:
        """As `Waits.wake`."""


class Waits:
    """The waits of one task, one after the other, in the event loop of the first.

    Args:
        interrupted: Says whether a wait should not even begin.
    """

    def __init__(self, interrupted: Callable[[], bool]) -> None:
        self._interrupted = interrupted
        self._loop: _Loop | None = None

    async def run(self, function: Callable[[], Awaitable[T]], seconds: float | None) -> T:
        """Await what the function returns.

        Raises:
            TimeoutError: It took longer; None for no bound.
            Woken: It was interrupted.
        """
        loop = self._running()  # from now on `wake` reaches it: the question below comes after that
        if self._interrupted():
            raise Woken
        return await loop.run(function, seconds)

    async def sleep(self, seconds: float) -> None:
        """Let that time pass, or what there is of it before an interrupt."""
        with suppress(Woken):
            await self.run(partial(self._running().sleep, seconds), None)

    def wake(self) -> None:
        """Interrupt the wait that goes on, if one does; from any thread.

        The event loop gets to it later: should what was interrupted be over by then, the next wait goes on.
        """
        if self._loop is not None:
            self._loop.wake()

    def _running(self) -> _Loop:
        if self._loop is None:
            loop = _Trio if running_loop() is None else _Asyncio
            self._loop = loop(self._interrupted)
        return self._loop


async def _call(function: Callable[[], Awaitable[T]]) -> T:
    return await function()


class _Asyncio:
    """Each wait is a task: to cancel that one is to cancel nothing else, on Python 3.10 too."""

    def __init__(self, interrupted: Callable[[], bool]) -> None:
        self._interrupted = interrupted
        self._asyncio = sys.modules["asyncio"]
        self._loop = self._asyncio.get_running_loop()
        self._waker: Any = None

    async def run(self, function: Callable[[], Awaitable[T]], seconds: float | None) -> T:
        task = self._loop.create_task(_call(function))
        waker = self._waker = self._loop.create_future()
        try:
            await self._asyncio.wait({task, waker}, timeout=seconds, return_when="FIRST_COMPLETED")
        finally:
            self._waker = None
            await self._stop(task)
        if task.cancelled():
            raise Woken if waker.done() else TimeoutError(f"nothing came within {seconds} seconds")
        result: T = task.result()
        return result

    async def _stop(self, task: Any) -> None:
        if not task.done():
            task.cancel()
            await self._asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # asyncio logs one that nobody asks for

    async def sleep(self, seconds: float) -> None:
        await self._asyncio.sleep(seconds)

    def wake(self) -> None:
        with suppress(RuntimeError):  # the loop is closed, and so is every wait
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._waker is not None and not self._waker.done() and self._interrupted():
            self._waker.set_result(None)


class _Trio:
    def __init__(self, interrupted: Callable[[], bool]) -> None:
        self._interrupted = interrupted
        self._trio = sys.modules["trio"]
        self._token = self._trio.lowlevel.current_trio_token()
        self._scope: Any = None
        self._woken = False

    async def run(self, function: Callable[[], Awaitable[T]], seconds: float | None) -> T:
        self._woken = False
        with self._trio.move_on_after(float("inf") if seconds is None else seconds) as scope:
            self._scope = scope
            try:
                return await function()
            finally:
                self._scope = None
        raise Woken if self._woken else TimeoutError(f"nothing came within {seconds} seconds")

    async def sleep(self, seconds: float) -> None:
        await self._trio.sleep(seconds)

    def wake(self) -> None:
        with suppress(RuntimeError):  # the loop has ended, and so has every wait
            self._token.run_sync_soon(self._wake)

    def _wake(self) -> None:
        if self._scope is not None and self._interrupted():
            self._woken = True
            self._scope.cancel()
