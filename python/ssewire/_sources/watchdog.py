"""Interrupts readers that take too long.

A thread of its own for each of them would cost more than what it watches over, which nearly always ends at once. So one
thread serves all. It starts with the first, and ends soon after the last.
"""

from __future__ import annotations

import heapq
import os
import threading
import time
from itertools import count
from typing import Protocol

_LOOK_INTERVAL = 1.0  # seconds that the thread outlives the last watch, at most


class Interruptible(Protocol):
    """What can be woken."""

    def interrupt(self) -> None:
        """Wake who waits for it; called by the watching thread. Never raises, and never waits."""


class _Watch:
    """Watches one source as long as the `with` block lasts."""

    __slots__ = ("_watchdog", "source")

    def __init__(self, watchdog: Watchdog, source: Interruptible) -> None:
        self._watchdog = watchdog
        self.source: Interruptible | None = source

    def __enter__(self) -> None:
        """It began when it was made."""

    def __exit__(self, *_exception: object) -> None:
        """End it; afterwards the source is not interrupted any more."""
        self._watchdog.forget(self)


class Watchdog:
    """Interrupts each source that is still watched when its time is over."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything; for a forked child, which has no watching thread, and may have got a locked lock."""
        self._changed = threading.Condition(threading.Lock())
        self._watches: list[tuple[float, int, _Watch]] = []  # a heap by deadline
        self._number = count()  # breaks ties in the heap
        self._running = False

    def watch(self, source: Interruptible, seconds: float) -> _Watch:
        """Return a context manager that interrupts the source when its block has lasted that long.

        Raises:
            RuntimeError: no thread can be started.
        """
        watch = _Watch(self, source)
        entry = (time.monotonic() + seconds, next(self._number), watch)
        with self._changed:
            heapq.heappush(self._watches, entry)
            if not self._running:
                self._start()
            elif self._watches[0] is entry:
                self._changed.notify()
        return watch

    def forget(self, watch: _Watch) -> None:
        """End a watch. Its entry stays until its time is over: to find it would cost more."""
        with self._changed:  # waits for an interrupt that is under way
            watch.source = None

    def _start(self) -> None:
        try:
            threading.Thread(target=self._run, name="ssewire-watchdog", daemon=True).start()
        except RuntimeError:
            self._watches.clear()
            raise
        self._running = True

    def _run(self) -> None:
        with self._changed:
            while self._watches:
                deadline, _, watch = self._watches[0]
                left = deadline - time.monotonic()
                if left > 0:
                    self._changed.wait(min(left, _LOOK_INTERVAL))
                    self._drop_forgotten()
                    continue
                heapq.heappop(self._watches)
                if watch.source is not None:
                    watch.source.interrupt()
            self._running = False

    def _drop_forgotten(self) -> None:
        # Only after a wait: the thread stays for those that soon follow.
        while self._watches and self._watches[0][2].source is None:
            heapq.heappop(self._watches)


watchdog = Watchdog()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=watchdog.reset)
