"""`AsyncEventSource`: the events of a URL, across connections, for asynchronous clients."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any

from ssewire._core import ServerSentEvent
from ssewire._errors import EventTooLargeError
from ssewire._event_source.base import BaseEventSource
from ssewire._event_source.clients import aopen_with, chosen_sender
from ssewire._event_source.options import EventSourceOptions
from ssewire._event_source.state import BODY_SECONDS, READ_TIMEOUT
from ssewire._event_source.waits import Waits, Woken
from ssewire._response import SHOWN, refusal
from ssewire._sources import AsyncSource, open_async_source
from ssewire._types import Piece, Self, Unpack


class AsyncEventSource(BaseEventSource):
    """The events of a URL, across connections: `EventSource` for asynchronous clients, under asyncio and trio.

    An asynchronous iterator and context manager: leaving it closes it. One task iterates; a task that is cancelled
    closes it too. `close` and `restart` are for any thread.

    Args:
        client: A client of aiohttp (`ClientSession`), httpx or httpx2 (`AsyncClient`), for `url`. Or, alone, a callable
            that is given the headers to send, in a new dict, and whose awaited result is a response that is not read
            yet; it follows redirects itself.
        url: What to ask.
        method: Any; of each request.
        headers: Sent with each request; they count more than the defaults, and are never changed.
        body: Sent with each request; str as UTF-8.
        read_timeout: Seconds without a response, or without a byte of it, after which the connection is dropped; None
            for no bound.
        options: `last_event_id`, `reconnection_time`, `min_delay`, `max_delay`, `max_event_size`, `on_error`,
            `on_comment`: as `EventSource` takes them. Listeners are called, not awaited.

    Iterating ends when the server answers 204 (9.2.2), and after `close`. It raises what iterating an `EventSource`
    does.

    Raises:
        TypeError: The client is of no kind that can be used, or one for `EventSource`.
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
        super().__init__(url, method, headers, body, None, options)
        self._read_timeout = read_timeout
        self._send: Callable[[Any], Any] = chosen_sender(client, url, asynchronous=True)
        self._waits = Waits(lambda: self._state.interrupted)
        self._source: AsyncSource | None = None
        self._items = self._connections()

    def __aiter__(self) -> AsyncIterator[ServerSentEvent]:
        return self

    async def __anext__(self) -> ServerSentEvent:
        return await self._items.__anext__()

    def close(self) -> None:
        """Close it, from any thread, and as often as one likes. A task that waits is woken; its iteration ends.

        The connection is released by the task that iterates, or by `aclose`.
        """
        self._interrupt(closed=True)

    async def aclose(self) -> None:
        """Close it, and release the connection; as often as one likes."""
        self.close()
        with suppress(RuntimeError):  # it runs right now, in the task that was woken; that task ends it
            await self._items.aclose()

    def restart(self) -> None:
        """Drop the connection, from any thread, and connect again at once.

        Events that arrived whole are given first. Does nothing once the source is closed.
        """
        self._interrupt(closed=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _interrupt(self, *, closed: bool) -> None:
        self._state.interrupt(closed=closed)
        self._waits.wake()

    async def _connections(self) -> AsyncGenerator[ServerSentEvent, None]:
        try:
            while not self._state.closed:
                error = await self._connect()
                while error is None and (source := self._readable()) is not None:
                    error = await self._take_piece(source)
                    try:
                        for event in self._state.events:
                            if self._state.closed:
                                break
                            yield event
                    except EventTooLargeError as fault:
                        error = fault
                await self._disconnect()
                self._state.end(error)
                await self._waits.sleep(self._state.delay)
        finally:
            self._state.closed = True
            await self._disconnect()

    async def _connect(self) -> Exception | None:
        """Open the response to the next request; return what was wrong."""
        self._state.begin()
        try:
            return await self._refused(await self._waits.run(self._open, self._read_timeout))
        except Woken:
            return None
        except Exception as error:  # noqa: BLE001 - each client has its own; the state tells and judges it
            return error

    async def _open(self) -> AsyncSource:
        """Open the response, and keep it at once: who is cancelled right now closes it."""
        if self._request.url:
            source = await aopen_with(self._send, self._next_request())
        else:
            source = open_async_source(await self._send(self._next_headers()))
        self._source = source
        return source

    async def _refused(self, source: AsyncSource) -> Exception | None:
        """Return what is wrong with the response; it may also be the end of all."""
        if self._state.accepts(source):
            self._state.opened()
        elif not self._state.closed:
            body = bytearray()
            with suppress(Exception):  # what is wrong with it counts less than its status
                await self._waits.run(partial(_read_on, source, body), BODY_SECONDS)
            return refusal(bytes(body[:SHOWN]), source)
        return None

    def _readable(self) -> AsyncSource | None:
        """Return what the next piece is to be read from; None once there is none."""
        return self._source if self._state.is_open and not self._state.interrupted else None

    async def _take_piece(self, source: AsyncSource) -> Exception | None:
        """Take the next piece of the body; return what was wrong. At its end the connection is open no more."""
        error = None
        try:
            piece = await self._waits.run(partial(_ask, source), self._read_timeout)
        except Woken:
            return None
        except Exception as failed:  # noqa: BLE001 - each client has its own
            piece, error = source.arrived(), failed
        if piece is None:
            self._state.is_open = False
        else:
            self._state.events.take(piece)
        return error

    async def _disconnect(self) -> None:
        """Release the connection, if there is one."""
        source, self._source = self._source, None
        if source is not None:
            await source.aclose()


async def _ask(source: AsyncSource) -> Piece | None:
    """Return the next piece; None at the end."""
    try:
        piece = await source.ask()
    except StopAsyncIteration:
        return None
    return None if not piece and source.at_end() else piece


async def _read_on(source: AsyncSource, body: bytearray) -> None:
    """Add the beginning of a body that is no event stream."""
    async for piece in source.pieces:
        body += piece
        if len(body) >= SHOWN:
            return
