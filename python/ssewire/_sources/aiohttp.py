"""aiohttp."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from ssewire._sources.base import (
    AsyncSource,
    async_in_memory_source,
    attr_path,
    consumed,
    in_memory_source,
    keeps_open,
    needs_async,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from ssewire._sources.base import Source

    class Content(Protocol):
        """aiohttp.StreamReader, as far as it is used."""

        total_bytes: int

        async def readany(self) -> bytes:
            """Return what is there, b"" at the end."""

        def at_eof(self) -> bool:
            """Whether everything was read."""

    class Response(Protocol):
        """aiohttp.ClientResponse, as far as it is used of its public side."""

        status: int
        headers: Mapping[str, str]
        content: Content

        def close(self) -> None:
            """Close the connection, unless it was released; to be called by its loop's thread."""


class AiohttpSource(AsyncSource):
    """A response of aiohttp."""

    __slots__ = ("_aiohttp",)

    def __init__(self, response: Response) -> None:
        super().__init__(_read(response.content), response, response.status, response.headers.get("Content-Type"))
        self._aiohttp = response

    @property
    def drainable(self) -> bool:
        """Whether reading on to the body's end would free a connection for the next request."""
        return keeps_open(self._aiohttp.headers)

    @property
    def ask(self) -> Callable[[], Awaitable[bytes]]:
        """What `AsyncStream` awaits: the reader itself. A generator around it would cost more than the parsing."""
        return self._aiohttp.content.readany

    def at_end(self) -> bool:
        """Whether an empty piece was the end: a StreamReader gives no other."""
        return True

    def arrived(self) -> bytes:
        """Return what had come when `readany` raised; it raises what broke the connection before it gives that out."""
        return _arrived(self._aiohttp.content)

    async def _release(self) -> None:
        _cut(self._aiohttp)

    def abandon(self) -> None:
        """Close the response, in its loop's thread."""
        if self._closed:
            return
        self._closed = True
        loop: Any = attr_path(self._aiohttp, "_loop")
        # A closed loop took the socket with it; aiohttp would only complain.
        with suppress(Exception):
            if loop.is_closed():
                attr_path(self._aiohttp, "connection").close()
            else:
                loop.call_soon_threadsafe(_cut, self._aiohttp)


def _cut(response: Response) -> None:
    """Close the response, without TLS's good-bye: the server would have to answer it before the socket is closed."""
    transport = attr_path(response, "connection", "transport")
    if transport is not None:
        transport.abort()
    response.close()


def open_sync(response: Response) -> Source:
    """Read a response whose body is here already; refuse any other."""
    body = _body(response)
    if body is None:
        raise needs_async(response)
    return in_memory_source(body, response, response.status, response.headers.get("Content-Type"))


def open_async(response: Response) -> AsyncSource:
    """Read a response."""
    body = _body(response)
    if body is not None:
        return async_in_memory_source(body, response, response.status, response.headers.get("Content-Type"))
    return AiohttpSource(response)


def open_content(content: Content) -> Source:
    """Refuse a response's `content`."""
    raise needs_async(content)


def open_content_async(content: Content) -> AsyncSource:
    """Read a response's `content`."""
    return AsyncSource(_read(content))


async def _read(content: Content) -> AsyncIterator[bytes]:
    """Yield what a StreamReader has, as its iter_any does. Its own iterator goes by lines, and fails on long ones."""
    try:
        while data := await content.readany():
            yield data
    except Exception:
        # readany raises what broke the connection before it gives out what had come until then. A consumer that was
        # busy elsewhere would lose events that arrived whole.
        rest = _arrived(content)
        if rest:
            yield rest
        raise


def _arrived(content: object) -> bytes:
    read_nowait = attr_path(content, "_read_nowait")
    if read_nowait is None or not attr_path(content, "_buffer"):
        return b""
    data: bytes = read_nowait(-1)
    return data


def _body(response: Response) -> bytes | None:
    """Return a body that is here already, None if it is still to be read."""
    body: bytes | None = attr_path(response, "_body")
    if body is None and response.content.at_eof() and response.content.total_bytes:
        raise consumed(response)
    return body
