"""niquests. It cannot be installed beside requests, whose urllib3 it replaces, so it is read by its public names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ssewire._sources.base import (
    AsyncSource,
    Source,
    async_in_memory_source,
    attr_path,
    consumed,
    in_memory_source,
    keeps_open,
    needs_async,
    needs_sync,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    class Response(Protocol):
        """niquests.Response or AsyncResponse, as far as it is used of its public side."""

        status_code: int
        headers: Mapping[str, str]
        raw: Any
        iter_content: Any
        close: Any


_AS_IT_COMES = -1  # the chunk size that makes iter_content prompt


class NiquestsSource(Source):
    """A response of niquests."""

    __slots__ = ("_niquests",)

    def __init__(self, response: Response) -> None:
        kind = response.headers.get("Content-Type")
        super().__init__(response.iter_content(_AS_IT_COMES), response, response.status_code, kind)
        self._niquests = response

    def _keeps_open(self) -> bool:
        return keeps_open(self._niquests.headers)

    def _release(self) -> None:
        self._niquests.close()

    def _socket(self) -> object | None:
        raw = self._niquests.raw
        # In HTTP/2 and 3 other responses come over the same socket.
        alone = attr_path(raw, "version") in {10, 11} and not attr_path(raw, "closed")
        sock: object | None = attr_path(raw, "_connection", "sock") if alone else None
        return sock


class AsyncNiquestsSource(AsyncSource):
    """A response of an AsyncSession of niquests."""

    __slots__ = ("_niquests",)

    def __init__(self, response: Response) -> None:
        super().__init__(_read(response), response, response.status_code, response.headers.get("Content-Type"))
        self._niquests = response

    async def _release(self) -> None:
        await self._niquests.close()


def open_sync(response: Response) -> Source:
    """Read a response of a Session, or one whose body is here already."""
    body = _body(response)
    if body is not None:
        return in_memory_source(body, response, response.status_code, response.headers.get("Content-Type"))
    if _is_async(response):
        raise needs_async(response)
    return NiquestsSource(response)


def open_async(response: Response) -> AsyncSource:
    """Read a response of an AsyncSession, or one whose body is here already."""
    body = _body(response)
    if body is not None:
        return async_in_memory_source(body, response, response.status_code, response.headers.get("Content-Type"))
    if not _is_async(response):
        raise needs_sync(response)
    return AsyncNiquestsSource(response)


def _is_async(response: object) -> bool:
    return any(cls.__name__ == "AsyncResponse" for cls in type(response).__mro__)


def _body(response: object) -> bytes | None:
    """Return a body that is here already, None if it is still to be read."""
    content: bytes | bool | None = attr_path(response, "_content")
    if content is False and attr_path(response, "_content_consumed"):
        raise consumed(response)
    return None if isinstance(content, bool) else content or b""


async def _read(response: Response) -> AsyncIterator[bytes]:
    async for piece in await response.iter_content(_AS_IT_COMES):
        yield piece
