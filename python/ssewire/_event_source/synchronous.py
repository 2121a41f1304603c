"""`EventSource`: the events of a URL, across connections."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Any

from ssewire._core import ServerSentEvent
from ssewire._errors import EventTooLargeError
from ssewire._event_source.attempt import Attempt
from ssewire._event_source.base import BaseEventSource
from ssewire._event_source.clients import chosen_sender, open_with
from ssewire._event_source.options import EventSourceOptions
from ssewire._event_source.state import BODY_SECONDS, READ_TIMEOUT
from ssewire._response import SHOWN, refusal
from ssewire._sources import Source, open_source
from ssewire._sources.watchdog import watchdog
from ssewire._types import Self, Unpack


class EventSource(BaseEventSource):
    """The events of a URL, across connections: a reconnecting client after the HTML standard, 9.2.

    It asks with `Accept: text/event-stream`, `Cache-Control: no-cache` and, where there is one, the last event ID. When
    a connection ends or fails, it waits and asks again; an event that was left half is dropped. Events come once and in
    order where the server honours Last-Event-ID. An iterator and a context manager: leaving it closes it. One thread
    iterates; `close` and `restart` are for any.

    Args:
        client: A client of requests (`Session`), httpx or httpx2 (`Client`), for `url`. Or, alone, a callable that is
            given the headers to send, in a new dict, and returns a response that is not read yet; it follows redirects
            itself. Either is called in a thread of its own, so that `close` need not wait for it.
        url: What to ask.
        method: Any; of each request.
        headers: Sent with each request; they count more than the defaults, and are never changed.
        body: Sent with each request; str as UTF-8.
        read_timeout: Seconds without a byte after which the connection is dropped; None for no bound. It replaces the
            client's own. Responses of a callable have what their client was told.
        last_event_id: Sent with the first request, as if an event had brought it.
        reconnection_time: Seconds to wait before the next connection, until the server sends `retry`. A random time of
            the same length is added, doubled for each failure in a row, so that clients do not come back together.
        min_delay: The least of that wait, whatever the server asks for; of `retry: 0` too.
        max_delay: The most of it, of `Retry-After` too.
        max_event_size: As `SSEDecoder` takes it.
        on_error: What is called with each error, before it is retried or raised: True has it retried, False raised.
            With None, failures of the transport and statuses 408, 409, 429 and from 500 on are retried; other statuses,
            other content types and redirects that lead nowhere are raised.
        on_comment: What is called with the text of each comment, in its place among the events.

    Iterating ends when the server answers 204 (9.2.2), and after `close`. It raises:
        ResponseError, ProviderError: A response is no event stream, and is not retried.
        EventTooLargeError: An event is larger than `max_event_size`.
        ValueError: Another thread iterates right now; that one goes on.
        Exception: What the client raised, if it is not retried; what a listener raised. Either closes the source.

    Raises:
        TypeError: The client is of no kind that can be used, or one for `AsyncEventSource`.
        ValueError: A delay is none, or no event could have the last event ID.
    """

    def __init__(  # noqa: PLR0913 - a request, by name
        self,
        client: object,
        url: str | None = None,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
        read_timeout: float | None = READ_TIMEOUT,
        **options: Unpack[EventSourceOptions],
    ) -> None:
        super().__init__(url, method, headers, body, read_timeout, options)
        self._send: Callable[[Any], Any] = chosen_sender(client, url, asynchronous=False)
        self._changed = threading.Condition()
        self._iterating = threading.Lock()
        self._source: Source | None = None
        self._items: Generator[ServerSentEvent, None, None] = self._connections()

    def __iter__(self) -> Iterator[ServerSentEvent]:
        return self

    def __next__(self) -> ServerSentEvent:
        if not self._iterating.acquire(blocking=False):
            raise ValueError("the event source is already being read, by another thread or by its own listener")
        try:
            return next(self._items)
        finally:
            self._iterating.release()
            if self._state.closed:
                self._release()

    def close(self) -> None:
        """Close it, from any thread, and as often as one likes. A thread that waits is woken; its iteration ends."""
        self._interrupt(closed=True)
        self._release()

    def restart(self) -> None:
        """Drop the connection, from any thread, and connect again at once.

        Events that arrived whole are given first. Does nothing once the source is closed.
        """
        self._interrupt(closed=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _interrupt(self, *, closed: bool) -> None:
        with self._changed:
            self._state.interrupt(closed=closed)
            if self._source is not None:
                self._source.interrupt()
            self._changed.notify_all()

    def _release(self) -> None:
        """Release the connection, unless a thread is iterating: that does it when it comes out."""
        if self._iterating.acquire(blocking=False):
            try:
                self._items.close()
            finally:
                self._iterating.release()

    def _connections(self) -> Generator[ServerSentEvent, None, None]:
        try:
            while not self._state.closed:
                error = yield from self._connection()
                self._state.end(error)
                self._pause()
        finally:
            self._state.closed = True

    def _connection(self) -> Generator[ServerSentEvent, None, Exception | None]:
        """Give the events of one connection; return the error that ended it."""
        try:
            source = self._connect()
        except Exception as error:  # noqa: BLE001 - each client has its own; the state tells and judges it
            return error
        if source is None:
            return None
        with self._using(source):
            return (yield from self._read(source))

    def _connect(self) -> Source | None:
        """Return the response to the next request; None where the wait for it was interrupted."""
        attempt = None
        with self._changed:
            self._state.begin()
            try:
                attempt = Attempt(self._opener(), self._changed)
                self._changed.wait_for(lambda: attempt.done or self._state.interrupted)
                return attempt.result() if attempt.done else None
            finally:
                if attempt is not None and not attempt.done:
                    attempt.leave()

    def _opener(self) -> Callable[[], Source]:
        if self._request.url:
            return partial(open_with, self._send, self._next_request())
        headers = self._next_headers()
        return lambda: open_source(self._send(headers))

    @contextmanager
    def _using(self, source: Source) -> Iterator[None]:
        """Have `close` and `restart` interrupt the source, and close it in the end."""
        with self._changed:
            self._source = source
        try:
            yield
        finally:
            with self._changed:
                self._source = None
            source.close()

    def _read(self, source: Source) -> Generator[ServerSentEvent, None, Exception | None]:
        """Give the events of a response; return what was wrong."""
        if not self._state.accepts(source):
            return None if self._state.interrupted else refusal(_body(source), source)
        self._state.opened()
        while not self._state.interrupted:
            try:
                piece = next(source.pieces)
            except StopIteration:
                return None
            except Exception as error:  # noqa: BLE001 - each client has its own
                return error
            self._state.events.take(piece)
            try:
                for event in self._state.events:
                    if self._state.closed:
                        return None
                    yield event
            except EventTooLargeError as error:
                return error
        return None

    def _pause(self) -> None:
        """Wait until it is time for the next connection."""
        with self._changed:
            self._changed.wait_for(lambda: self._state.interrupted, self._state.delay)


def _body(source: Source) -> bytes:
    """Return the beginning of a body that is no event stream: what is wrong with it counts less than its status."""
    body = bytearray()
    with suppress(Exception), watchdog.watch(source, BODY_SECONDS):
        for piece in source.pieces:
            body += piece
            if len(body) >= SHOWN:
                break
    return bytes(body[:SHOWN])
