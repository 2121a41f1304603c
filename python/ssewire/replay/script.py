"""What the server plays: which answer comes next, and the record of what happened. Shared by all connections."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from ssewire.replay.answer import Answer, json_answer
from ssewire.replay.body import Body, prepare
from ssewire.replay.failures import failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssewire.replay.options import Options
    from ssewire.replay.request import ReplayRequest

MOST_REQUESTS = 10_000
"""How many requests are kept, so that a server that runs for weeks does not grow."""
MOST_BYTES = 64 << 20
"""Bytes of the bodies that are kept; the newest request is kept whatever its size."""


class Script:
    """Answers in their order. Every method may be called from any thread.

    Attributes:
        options: what the server was told.
        stopping: set when the server closes.
        disconnects: how many clients went away in the middle of a body.
        errors: what gates raised.
    """

    def __init__(self, streams: Sequence[bytes | Path], options: Options) -> None:
        """Read and prepare the streams; ValueError if there is none."""
        self.options = options
        self.stopping = threading.Event()
        self.disconnects = 0
        self.errors: list[Exception] = []
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._requests: deque[ReplayRequest] = deque()
        self._kept = 0  # bytes of their bodies
        self._failures = 0
        self._served = 0
        self._headers = list(options.headers.items())
        self._bodies = _prepare_all(streams, options)

    @property
    def requests(self) -> list[ReplayRequest]:
        """The newest requests, in the order of their arrival."""
        with self._lock:
            return list(self._requests)

    def answer(self, request: ReplayRequest) -> Answer:
        """Record the request and choose the answer."""
        with self._lock:
            self._keep(request)
            if request.method not in {"GET", "POST"}:
                return self._error(405, f"{request.method} is not answered here", close=True)
            if request.refuses_stream:
                return self._error(400, "recorded streams only: set stream to true", param="stream")
            fails = self.options.fail_times is None or self._failures < self.options.fail_times
            self._failures += 1
            if fails and self.options.fail is not None:
                return json_answer(*self.options.fail, self._headers)
            return self._next_stream(self.options.drop_after if fails else None)

    def note_left(self) -> None:
        """Count a client that left in the middle of a body; not where the server itself cuts the connections."""
        with self._changed:
            if not self.stopping.is_set():
                self.disconnects += 1
                self._changed.notify_all()

    def note_error(self, error: Exception) -> None:
        """Keep what a gate raised."""
        with self._lock:
            self.errors.append(error)

    def wait_left(self, count: int, timeout: float) -> bool:
        """Wait at most `timeout` seconds until `count` clients left."""
        with self._changed:
            return self._changed.wait_for(lambda: self.disconnects >= count, timeout)

    def _keep(self, request: ReplayRequest) -> None:
        self._requests.append(request)
        self._kept += len(request.body)
        while len(self._requests) > max(1, MOST_REQUESTS) or (self._kept > MOST_BYTES and len(self._requests) > 1):
            self._kept -= len(self._requests.popleft().body)

    def _error(self, status: int, message: str, *, param: str | None = None, close: bool = False) -> Answer:
        return json_answer(status, failure(status, message, param=param), self._headers, close=close)

    def _next_stream(self, drop_after: int | None) -> Answer:
        body = self._bodies[self._served % len(self._bodies)]
        self._served += 1
        return Answer(
            status=self.options.status,
            headers=[("Content-Type", self.options.content_type), ("Cache-Control", "no-cache"), *self._headers],
            body=body,
            drop_after=None if drop_after is None else body.until(drop_after),
            linger=self.options.linger and drop_after is None,
            paced=True,
        )


def _prepare_all(streams: Sequence[bytes | Path], options: Options) -> list[Body]:
    if isinstance(streams, (bytes, str, Path)) or not streams:
        raise ValueError("streams must be a sequence of at least one stream (bytes or Path)")
    return [prepare(stream.read_bytes() if isinstance(stream, Path) else stream, options) for stream in streams]
