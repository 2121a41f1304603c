"""httpx2's own names for event streams, read by this core.

    from ssewire.compat.httpx2 import Client

    with Client() as client, client.sse(url) as event_source:
        for event in event_source:
            print(event.data)

Every other name of the module is httpx2's, so that `import httpx2` can become `from ssewire.compat import httpx2`.
docs/compat.md says what differs, and which option gives what httpx2 does.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx2 as package
from httpx2 import SSEError

from ssewire._core import EventIterator, ServerSentEvent, SSEDecoder
from ssewire.compat._httpx import EVENT_STREAM, ResponseReader, split_options

__all__ = ["AsyncClient", "Client", "EventSource", "SSEError", "ServerSentEvent"]

_MAX_EVENT_SIZE = 1024 * 1024


def __getattr__(name: str) -> Any:
    return getattr(package, name)


class EventSource(ResponseReader[package.Response, ServerSentEvent]):
    """The events of a response: iterate over it, or with `async for` where the client is asynchronous.

    Args:
        response: A response that nothing has read as a stream yet.
        max_event_size: Bytes that one event may have, from its first field on; None for no limit.
        options: `strict_content_type`, False to read a body of any media type; `obey_charset`, True to decode the body
            in the charset that its header names; `tail` and `dispatch_empty`, as `ssewire.SSEDecoder` takes them.

    Iterating raises:
        SSEError: The response is no event stream, or an event is larger than `max_event_size`.
    """

    def __init__(
        self, response: package.Response, max_event_size: int | None = _MAX_EVENT_SIZE, **options: Any
    ) -> None:
        super().__init__(response, max_event_size=max_event_size, **options)

    def __iter__(self) -> Iterator[ServerSentEvent]:
        return self._iter_events()

    def __aiter__(self) -> AsyncIterator[ServerSentEvent]:
        return self._aiter_events()

    def _accepts(self, media_type: str) -> bool:
        return media_type == EVENT_STREAM

    def _decode(self, pieces: Iterator[bytes] | None, decoder: SSEDecoder) -> EventIterator[ServerSentEvent]:
        return EventIterator(pieces, decoder)

    def _error(self, message: str) -> SSEError:
        return SSEError(message, request=self._response.request)


class Client(package.Client):
    """httpx2's client, whose `sse` gives this module's `EventSource`."""

    @contextmanager
    def sse(self, url: package.URL | str, **arguments: Any) -> Generator[EventSource]:  # type: ignore[override]
        """Send a request for an event stream, as httpx2's method does.

        Args:
            url: Where to.
            arguments: As httpx2's method takes them, and `EventSource` by name.
        """
        options, request = split_options(arguments)
        with super().sse(url, **request) as source:
            yield EventSource(source.response, **options)


class AsyncClient(package.AsyncClient):
    """httpx2's asynchronous client, whose `sse` gives this module's `EventSource`."""

    @asynccontextmanager
    async def sse(self, url: package.URL | str, **arguments: Any) -> AsyncGenerator[EventSource]:  # type: ignore[override]
        """Do what `Client.sse` does, with await."""
        options, request = split_options(arguments)
        async with super().sse(url, **request) as source:
            yield EventSource(source.response, **options)
