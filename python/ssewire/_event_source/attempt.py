"""A blocking call that can be left: nothing else wakes a thread that waits for a server to accept, or to answer."""

from __future__ import annotations

import contextvars
import threading
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssewire._sources import Source


class Attempt:
    """Opens a source in a thread of its own; one that nobody waits for any more is closed when it comes."""

    def __init__(self, open_source: Callable[[], Source], changed: threading.Condition) -> None:
        self._open = open_source
        self._changed = changed
        self._left = False
        self._future: Future[Source] = Future()
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._run,), name="ssewire-connect", daemon=True).start()

    def _run(self) -> None:
        try:
            source = self._open()
        except BaseException as error:  # noqa: BLE001 - raised where the source is waited for, whatever it is
            self._tell(partial(self._future.set_exception, error))
            return
        if not self._tell(partial(self._future.set_result, source)):
            with suppress(Exception):  # nobody waits for it
                source.close()

    def _tell(self, tell: Callable[[], None]) -> bool:
        """Tell who waits, and return whether somebody does."""
        with self._changed:
            tell()
            self._changed.notify_all()
            return not self._left

    @property
    def done(self) -> bool:
        """Whether it came to a result."""
        return self._future.done()

    def result(self) -> Source:
        """Return the source, once it is done; or raise what opening it raised."""
        return self._future.result(0)

    def leave(self) -> None:
        """Wait for it no more. To be called with the condition held."""
        self._left = True
