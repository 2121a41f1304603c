"""httpx and httpx2, which share the names used here.

`iter_bytes` and `aiter_bytes` without a size pass on what comes, when it comes. They end a body only where its framing
says so, and raise where it is cut off.
"""

from __future__ import annotations

import atexit
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

from ssewire._sources import direct
from ssewire._sources.base import (
    AsyncSource,
    Source,
    async_in_memory_source,
    consumed,
    in_memory_source,
    keeps_open,
    needs_async,
    needs_sync,
    running_loop,
    running_trio,
    shut_down,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    class Response(Protocol):
        """httpx.Response, as far as it is used."""

        status_code: int
        headers: Mapping[str, str]
        stream: object
        extensions: Mapping[str, Any]
        is_stream_consumed: bool
        is_closed: bool

        @property
        def http_version(self) -> str:
            """HTTP/1.1, HTTP/2, …."""

        @property
        def content(self) -> bytes:
            """The whole body, once it was read."""

        def iter_bytes(self) -> Iterator[bytes]:
            """Read a synchronous body."""

        def aiter_bytes(self) -> AsyncIterator[bytes]:
            """Read an asynchronous one."""

        def close(self) -> None:
            """Close a synchronous response."""

        async def aclose(self) -> None:
            """Close an asynchronous one."""


class HttpxSource(Source):
    """A response of a Client."""

    __slots__ = ("__weakref__", "_httpx")

    def __init__(self, response: Response) -> None:
        super().__init__(
            direct.read(response.iter_bytes()), response, response.status_code, response.headers.get("Content-Type")
        )
        self._httpx = response
        _open.add(self)

    def _keeps_open(self) -> bool:
        return keeps_open(self._httpx.headers)

    def _release(self) -> None:
        with suppress(Exception):  # httpcore's own ones: HTTP/2 says good-bye to a peer that may be gone
            self._httpx.close()

    def _socket(self) -> object | None:
        return _socket(self._httpx)


_open: WeakSet[HttpxSource] = WeakSet()


@atexit.register
def _close_open() -> None:
    """Close what a program leaves open, before the interpreter goes down.

    The clients measure with `datetime` how long a response took, and CPython 3.13.0 crashes where that is used in the
    interpreter's last moments: `timedelta(seconds=1)` in a `__del__` is enough.
    """
    for source in list(_open):
        if not getattr(source.pieces, "gi_running", False):  # another thread's, which may go on waiting
            with suppress(Exception):  # nobody is left to hear it
                source.close()


class AsyncHttpxSource(AsyncSource):
    """A response of an AsyncClient."""

    __slots__ = ("_httpx", "_loop", "_trio")

    def __init__(self, response: Response) -> None:
        super().__init__(
            direct.aread(response.aiter_bytes()), response, response.status_code, response.headers.get("Content-Type")
        )
        self._httpx = response
        self._loop = running_loop()
        self._trio = running_trio()

    @property
    def drainable(self) -> bool:
        """Whether reading on to the body's end would free a connection for the next request."""
        return not self._httpx.is_closed and keeps_open(self._httpx.headers)

    async def _release(self) -> None:
        with suppress(Exception):  # httpcore's own ones: HTTP/2 says good-bye to a peer that may be gone
            await self._httpx.aclose()

    def abandon(self) -> None:
        """Shut the socket down at once, and let the event loop close the response when it comes to it."""
        if self._closed or self._httpx.is_closed:
            return
        sock = _socket(self._httpx)
        if sock is not None:
            shut_down(sock)
        loop, trio = self._loop or running_loop(), self._trio or running_trio()
        with suppress(RuntimeError):  # the loop was closed meanwhile, and everything on it
            if loop is not None and not loop.is_closed():
                loop.call_soon_threadsafe(_close_later, loop, self)
            elif trio is not None:
                trio.run_sync_soon(sys.modules["trio"].lowlevel.spawn_system_task, _close_quietly, self)


def open_sync(response: Response) -> Source:
    """Read a response of a Client, or one whose body is here already."""
    body = _body(response)
    if body is not None:
        return in_memory_source(body, response, response.status_code, response.headers.get("Content-Type"))
    if not hasattr(response.stream, "__iter__"):
        raise needs_async(response)
    return HttpxSource(response)


def open_async(response: Response) -> AsyncSource:
    """Read a response of an AsyncClient, or one whose body is here already."""
    body = _body(response)
    if body is not None:
        return async_in_memory_source(body, response, response.status_code, response.headers.get("Content-Type"))
    if not hasattr(response.stream, "__aiter__"):
        raise needs_sync(response)
    return AsyncHttpxSource(response)


def _body(response: Response) -> bytes | None:
    """Return a body that is here already, None if it is still to be read."""
    if hasattr(response, "_content"):  # `content` would raise an error of each package's own
        return response.content
    if response.is_stream_consumed or response.is_closed:
        raise consumed(response)
    return None


def _socket(response: Response) -> object | None:
    # A closed response still holds the stream of its connection, which other requests use by now. In HTTP/2 they use
    # it at the same time.
    if response.is_closed or not response.http_version.startswith("HTTP/1"):
        return None
    stream = response.extensions.get("network_stream")
    sock: object | None = None if stream is None else stream.get_extra_info("socket")
    return sock


_closing: set[object] = set()  # tasks; the loop itself holds them weakly


def _close_later(loop: Any, source: AsyncHttpxSource) -> None:
    task = loop.create_task(_close_quietly(source))
    _closing.add(task)
    task.add_done_callback(_closing.discard)


async def _close_quietly(source: AsyncHttpxSource) -> None:
    with suppress(Exception):  # nobody is left to hear it
        await source.aclose()
