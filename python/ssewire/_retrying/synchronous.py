"""A source of several responses, one after the other."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from ssewire._event_source.attempt import Attempt
from ssewire._response import is_event_stream, stream_pieces
from ssewire._sources import Source, open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ssewire._retrying.options import StreamPosition
    from ssewire._retrying.progress import Progress
    from ssewire._sources.base import Piece


class RetryingSource(Source):
    """The body of the first response that tells anything, and of those that continue it."""

    __slots__ = ("_changed", "_connect", "_inner", "_interrupted", "_progress", "_resume")

    def __init__(
        self,
        progress: Progress,
        connect: Callable[[], object],
        resume: Callable[[StreamPosition], object] | None,
    ) -> None:
        super().__init__(self._read())
        self._progress = progress
        self._connect = connect
        self._resume = resume
        self._changed = threading.Condition()
        self._interrupted = False
        self._inner: Source | None = None

    def interrupt(self) -> None:
        """Wake a thread that is blocked in `next(pieces)`, wherever it waits: the pieces end."""
        with self._changed:
            self._interrupted = True
            if self._inner is not None:
                self._inner.interrupt()
            self._changed.notify_all()

    @property
    def drainable(self) -> bool:
        """Whether reading on to the body's end would free a connection for the next request."""
        return self._inner is not None and self._inner.drainable

    def _release(self) -> None:
        with self._changed:
            inner, self._inner = self._inner, None
        if inner is not None:
            inner.close()

    def _read(self) -> Iterator[Piece]:
        while not self._interrupted:
            try:
                yield from self._response()
            except Exception as error:  # noqa: BLE001 - each client has its own; judged below
                failed = error
            else:
                return
            if self._interrupted:
                return
            if not self._progress.may_try_again(failed):
                yield from self._progress.release()
                self._progress.give_up(failed)
                return
            self._release()
            with self._changed:
                self._changed.wait_for(lambda: self._interrupted, self._progress.delay)

    def _response(self) -> Iterator[Piece]:
        """Give what is to be passed on of one response."""
        inner = self._open()
        if inner is None:
            return
        self._progress.begin(event_stream=is_event_stream(inner))
        for piece in stream_pieces(inner):
            yield from self._progress.take(piece)
        if not self._interrupted:
            yield from self._progress.end()

    def _open(self) -> Source | None:
        """Open the next response; None where the wait for it was interrupted."""
        self.response = None
        ask = self._connect
        if self._resume is not None and self._progress.can_resume():
            ask = partial(self._resume, self._progress.position)
        attempt = Attempt(lambda: open_source(ask()), self._changed)
        with self._changed:
            try:
                self._changed.wait_for(lambda: attempt.done or self._interrupted)
            finally:
                if not attempt.done:
                    attempt.leave()
            if not attempt.done:
                return None
            inner = self._inner = attempt.result()
            if self._interrupted:
                return None  # who interrupted had nothing to wake: what came meanwhile is closed with this source
        self.response, self.status, self.content_type = inner.response, inner.status, inner.content_type
        return inner
