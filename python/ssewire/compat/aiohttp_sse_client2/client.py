"""An `EventSource` for aiohttp that reconnects, with the names of aiohttp-sse-client2.

    async with EventSource(url) as event_source:
        async for event in event_source:
            print(event.data)

1. It is connecting, open or closed, as `ready_state` says; only `close()` and a failed connection close it.
2. At the end of a body it waits, connects again and sends the last event ID. A connection that breaks raises what
   aiohttp raises, as in the package.
3. Waits double until a connection succeeds. What the stream's `retry` field says is where they begin.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, NoReturn

from aiohttp import ClientConnectionError, ClientResponse, ClientSession, hdrs
from multidict import CIMultiDict
from yarl import URL

from ssewire._core import ServerSentEvent, SSEDecoder
from ssewire._sources import open_async_source
from ssewire._types import Piece, Self

__all__ = [
    "CONTENT_TYPE_EVENT_STREAM",
    "DEFAULT_MAX_CONNECT_RETRY",
    "DEFAULT_MAX_READ_RETRY",
    "DEFAULT_RECONNECTION_TIME",
    "LAST_EVENT_ID_HEADER",
    "READY_STATE_CLOSED",
    "READY_STATE_CONNECTING",
    "READY_STATE_OPEN",
    "EventSource",
    "MessageEvent",
]

READY_STATE_CONNECTING = 0
READY_STATE_OPEN = 1
READY_STATE_CLOSED = 2

DEFAULT_RECONNECTION_TIME = timedelta(seconds=5)
DEFAULT_MAX_CONNECT_RETRY = 5
DEFAULT_MAX_READ_RETRY = 10

CONTENT_TYPE_EVENT_STREAM = "text/event-stream"
LAST_EVENT_ID_HEADER = "Last-Event-Id"

_MAX_EVENT_SIZE = 64 * 1024 * 1024

# A server's `retry` may say any number of milliseconds; nobody waits for years.
_LONGEST_WAIT = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)

_OK = 200
_USE_PROXY = 305
_REFUSALS = (_USE_PROXY, 401, 407)
_FIRST_ERROR = 400


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """An event, in the DOM's words.

    Attributes:
        type: The event type, "message" where the stream names none.
        message: The same.
        data: The data lines, joined with LF.
        origin: Scheme, host and port of the answer's URL.
        last_event_id: The last event ID in force, "" if none.
    """

    type: str
    message: str
    data: str
    origin: str
    last_event_id: str


class EventSource:
    """Events from a URL, over as many connections as it takes.

    Args:
        url: Where to.
        option: `{"method": …}`: the HTTP method, GET without it.
        reconnection_time: Where waits begin; the first one is twice as long.
        max_connect_retry: How often `async with` tries again where no connection comes about.
        session: The session to use; it is not closed. Without one, `async with` closes the EventSource's own.
        on_open: Called without arguments when a connection is made.
        on_message: Called with each event.
        on_error: Called without arguments when a connection ended or failed.
        max_event_size: Bytes that one event may have, from its first field on; None for no limit.
        kwargs: As aiohttp's `request` takes them. `headers` are not changed.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the package's own arguments
        self,
        url: str | URL,
        option: dict[str, Any] | None = None,
        reconnection_time: timedelta = DEFAULT_RECONNECTION_TIME,
        max_connect_retry: int = DEFAULT_MAX_CONNECT_RETRY,
        session: ClientSession | None = None,
        on_open: Callable[[], object] | None = None,
        on_message: Callable[[MessageEvent], object] | None = None,
        on_error: Callable[[], object] | None = None,
        *,
        max_event_size: int | None = _MAX_EVENT_SIZE,
        **kwargs: Any,
    ) -> None:
        self._url = URL(url)
        self._method = (option or {}).get("method", "GET")
        self._reconnection_time = self._wait = reconnection_time
        self._max_connect_retry = max_connect_retry
        self._owns_session = session is None
        self._session = ClientSession() if session is None else session
        self._on_open, self._on_message, self._on_error = on_open, on_message, on_error
        self._request = kwargs
        self._ready_state = READY_STATE_CONNECTING
        self._decoder = SSEDecoder(max_event_size=max_event_size)
        self._events: list[ServerSentEvent] = []
        self._pieces: AsyncIterator[Piece] | None = None
        self._response: ClientResponse | None = None

    def __enter__(self) -> NoReturn:
        raise TypeError("expected `async with`, got `with`")

    def __exit__(self, *_: object) -> None:
        """Stand beside `__enter__`, which never gets here."""

    async def __aenter__(self) -> Self:
        try:
            await self.connect(self._max_connect_retry)
        except BaseException:
            await self._close_session()
            raise
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        await self.close()
        await self._close_session()

    @property
    def url(self) -> URL:
        """Where to."""
        return self._url

    @property
    def ready_state(self) -> int:
        """One of the `READY_STATE_…` constants."""
        return self._ready_state

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> MessageEvent:
        """Return the next event, reconnecting as often as it takes.

        Raises:
            ValueError: It is not connected.
            ConnectionError: The server refuses, or gives no event stream.
            aiohttp.ClientError: A connection broke, or does not come about.
            EventTooLargeError: An event is larger than `max_event_size`.
        """
        if self._pieces is None:
            raise ValueError("expected a connection: use `async with`, or await connect() first")
        while not self._events:
            await self._read(self._pieces)
            if self._pieces is None:
                raise StopAsyncIteration
        return self._dispatch(self._events.pop())

    async def connect(self, retry: int = 0) -> None:
        """Send the request.

        Args:
            retry: How often to try again where no connection comes about.

        Raises:
            ConnectionRefusedError: Status 305, 401 or 407; `args[1]` is the body.
            ConnectionAbortedError: Another status below 400 than 200, or no event stream.
            ConnectionError: Another status; `args[1]` is the body.
            aiohttp.ClientConnectionError: No connection came about.
        """
        response = await self._send(retry)
        try:
            await self._check(response)
        except BaseException:
            response.close()
            self._fail()
            raise
        self._response = response
        self._pieces = open_async_source(response).pieces
        self._wait = self._reconnection_time
        if self._ready_state != READY_STATE_CLOSED:
            self._ready_state = READY_STATE_OPEN
            _call(self._on_open)

    async def close(self) -> None:
        """Close the connection, and make no other."""
        self._ready_state = READY_STATE_CLOSED
        self._pieces = None
        self._events.clear()
        if self._response is not None:
            self._response.close()
            self._response = None

    async def _close_session(self) -> None:
        if self._owns_session:
            await self._session.close()

    async def _read(self, pieces: AsyncIterator[Piece]) -> None:
        """Take the next piece, or the next connection."""
        try:
            piece = await anext(pieces)
        except StopAsyncIteration:
            self._decoder.close()
            await self._reconnect()
            return
        self._events = self._decoder.feed(piece)[::-1]
        if self._decoder.retry is not None:
            self._reconnection_time = self._wait = _milliseconds(self._decoder.retry)

    async def _reconnect(self) -> None:
        if self._ready_state != READY_STATE_CLOSED:
            await self._pause()
        if self._ready_state != READY_STATE_CLOSED:
            await self.connect()

    async def _pause(self) -> None:
        """Wait before another connection, twice as long as the last time."""
        self._ready_state = READY_STATE_CONNECTING
        _call(self._on_error)
        self._wait = min(self._wait * 2, _LONGEST_WAIT)
        await asyncio.sleep(self._wait.total_seconds())

    async def _send(self, retry: int) -> ClientResponse:
        request = self._request | {"headers": self._headers()}
        while True:
            try:
                return await self._session.request(self._method, self._url, **request)
            except ClientConnectionError:
                if retry <= 0 or self._ready_state == READY_STATE_CLOSED:
                    self._fail()
                    raise
            retry -= 1
            await self._pause()

    def _headers(self) -> CIMultiDict[str]:
        headers = CIMultiDict(self._request.get("headers") or {})
        headers[hdrs.ACCEPT] = CONTENT_TYPE_EVENT_STREAM
        headers[hdrs.CACHE_CONTROL] = "no-cache"
        if self._decoder.last_event_id:
            headers[LAST_EVENT_ID_HEADER] = self._decoder.last_event_id
        return headers

    async def _check(self, response: ClientResponse) -> None:
        status = response.status
        if status != _OK:
            body = await response.read()
            message = f"{self._url}: expected status 200, got {status}: {body!r}"
            raise _status_error(status)(message, body)
        if response.content_type != CONTENT_TYPE_EVENT_STREAM:
            got = response.headers.get(hdrs.CONTENT_TYPE)
            raise ConnectionAbortedError(f"{self._url}: expected Content-Type {CONTENT_TYPE_EVENT_STREAM}, got {got}")

    def _fail(self) -> None:
        self._pieces = None
        if self._ready_state != READY_STATE_CLOSED:
            self._ready_state = READY_STATE_CLOSED
            _call(self._on_error)

    def _dispatch(self, event: ServerSentEvent) -> MessageEvent:
        response = self._response
        origin = "" if response is None else str(response.real_url.origin())
        message = MessageEvent(event.event, event.event, event.data, origin, event.id)
        _call(self._on_message, message)
        return message


def _status_error(status: int) -> type[ConnectionError]:
    if status in _REFUSALS:
        return ConnectionRefusedError
    return ConnectionError if status >= _FIRST_ERROR else ConnectionAbortedError


def _milliseconds(count: int) -> timedelta:
    return min(count, _LONGEST_WAIT // _MILLISECOND) * _MILLISECOND


def _call(listener: Callable[..., object] | None, *arguments: object) -> None:
    if listener is not None:
        listener(*arguments)
