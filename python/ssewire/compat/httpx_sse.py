"""httpx-sse's names, for responses of httpx and httpx2.

    from ssewire.compat.httpx_sse import connect_sse

    with httpx.Client() as client, connect_sse(client, "GET", url) as event_source:
        for sse in event_source.iter_sse():
            print(sse.event, sse.data, sse.id, sse.retry)

docs/compat.md says what differs from the package, and which option gives what it does.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import ssewire
from ssewire._core import EventIterator, SSEDecoder
from ssewire._types import Self
from ssewire.compat._httpx import EVENT_STREAM, ResponseReader, split_options

try:
    from httpx import TransportError
except ModuleNotFoundError:  # httpx2 alone will do
    from httpx2 import TransportError  # type: ignore[assignment]

if TYPE_CHECKING:
    import httpx
    import httpx2

    Client = httpx.Client | httpx2.Client
    AsyncClient = httpx.AsyncClient | httpx2.AsyncClient
    URL = httpx.URL | httpx2.URL | str
else:  # `typing.get_type_hints` reads the annotations where one of the two is not installed
    Client = AsyncClient = URL = Any

__all__ = ["EventSource", "SSEError", "ServerSentEvent", "__version__", "aconnect_sse", "connect_sse"]

__version__ = "0.4.3"
"""The release of httpx-sse whose interface this is."""


class SSEError(TransportError):
    """The response is no event stream, or an event of it is too large.

    For a response of httpx2 it is a `TransportError` of httpx2 as well.
    """


class ServerSentEvent(ssewire.ServerSentEvent):
    """An event, with the constructor and the repr of httpx-sse.

    Args:
        event: The event type; "message" for None and "".
        data: The data lines, joined with LF.
        id: The last event ID in force, "" if none.
        retry: The reconnection time in milliseconds, where the event carried one.
    """

    __slots__ = ()

    def __new__(
        cls,
        event: str | None = None,
        data: str | None = None,
        id: str | None = None,  # noqa: A002 - the package's own word
        retry: int | None = None,
    ) -> Self:
        """Construct an event; see above."""
        return super().__new__(cls, event or "message", data or "", id or "", retry)

    def __repr__(self) -> str:
        shown = [f"event={self.event!r}"]
        shown += [f"{name}={value!r}" for name in ("data", "id") if (value := getattr(self, name))]
        shown += [] if self.retry is None else [f"retry={self.retry!r}"]
        return f"ServerSentEvent({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.event, self.data, self.id, self.retry)


# What comes from a stream needs no defaults: the constructor in Python is left out.
_new_event: Callable[[str, str, str, int | None], ServerSentEvent] = partial(
    ssewire.ServerSentEvent.__new__, ServerSentEvent
)


class EventSource(ResponseReader["httpx.Response | httpx2.Response", ServerSentEvent]):
    """The events of a response of httpx or httpx2.

    Args:
        response: A response that nothing has read as a stream yet.
        strict_content_type: False reads a body of any media type.
        obey_charset: True decodes the body in the charset that its header names. The standard says UTF-8, always.
        decoder_options: As `ssewire.SSEDecoder` takes them: `max_event_size`, `tail`, `dispatch_empty`.
    """

    def iter_sse(self) -> Iterator[ServerSentEvent]:
        """Iterate over the events of a synchronous response, as they arrive.

        Iterating raises:
            SSEError: The response is no event stream, or an event is larger than `max_event_size`.
        """
        return self._iter_events()

    def aiter_sse(self) -> AsyncGenerator[ServerSentEvent, None]:
        """Iterate over the events of an asynchronous response, as they arrive.

        Iterating raises:
            SSEError: The response is no event stream, or an event is larger than `max_event_size`.
        """
        return self._aiter_events()

    def _accepts(self, media_type: str) -> bool:
        return EVENT_STREAM in media_type

    def _decode(self, pieces: Iterator[bytes] | None, decoder: SSEDecoder) -> EventIterator[ServerSentEvent]:
        return EventIterator(pieces, decoder, make=_new_event)

    def _error(self, message: str) -> SSEError:
        other = sys.modules.get("httpx2")
        is_other = other is not None and isinstance(self._response, other.Response)
        return (_httpx2_error() if is_other else SSEError)(message)


@cache
def _httpx2_error() -> type[SSEError]:
    import httpx2  # noqa: PLC0415 - only who has a response of it has to have it

    bases = (SSEError,) if issubclass(SSEError, httpx2.TransportError) else (SSEError, httpx2.TransportError)
    return type("SSEError", bases, {"__doc__": SSEError.__doc__, "__module__": __name__})


@contextmanager
def connect_sse(client: Client, method: str, url: URL, **kwargs: Any) -> Iterator[EventSource]:
    """Send a request for an event stream, and close the response at the end of the `with` statement.

    The status is not looked at: `event_source.response.raise_for_status()` does.

    Args:
        client: A client of httpx or httpx2.
        method: The HTTP method.
        url: Where to.
        kwargs: As `client.stream` takes them, and `EventSource` by name. `headers` are sent with `Accept` and
            `Cache-Control` set, and are not changed.
    """
    options, request = _request(client, kwargs)
    with client.stream(method, url, **request) as response:  # type: ignore[arg-type]
        yield EventSource(response, **options)


@asynccontextmanager
async def aconnect_sse(client: AsyncClient, method: str, url: URL, **kwargs: Any) -> AsyncIterator[EventSource]:
    """Do what `connect_sse` does with an asynchronous client."""
    options, request = _request(client, kwargs)
    async with client.stream(method, url, **request) as response:  # type: ignore[arg-type]
        yield EventSource(response, **options)


def _request(client: Any, kwargs: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options of the EventSource, and the arguments of the request with an event stream's headers."""
    options, request = split_options(kwargs)
    headers = type(client.headers)(request.pop("headers", None))
    headers["Accept"] = EVENT_STREAM
    headers["Cache-Control"] = "no-store"
    return options, {**request, "headers": headers}
