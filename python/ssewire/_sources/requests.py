"""requests. Its own iterators are late, so the response of urllib3 in `raw` is read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from ssewire._sources import urllib3
from ssewire._sources.base import async_in_memory_source, attr_path, consumed, in_memory_source, needs_sync
from ssewire._sources.plain import FileSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ssewire._sources.base import AsyncSource, Source

    class Response(Protocol):
        """requests.Response, as far as it is used of its public side."""

        status_code: int
        headers: Mapping[str, str]
        raw: Any

        @property
        def content(self) -> bytes | None:
            """The whole body."""


# urllib3's exceptions, and what iter_content makes of them.
_TRANSLATED = {
    "ProtocolError": "ChunkedEncodingError",
    "DecodeError": "ContentDecodingError",
    "ReadTimeoutError": "ConnectionError",
    "SSLError": "SSLError",
}


def open_sync(response: Response) -> Source:
    """Read a response."""
    status, kind, raw = response.status_code, response.headers.get("Content-Type"), response.raw
    body = _body(response)
    if body is not None:
        return in_memory_source(body, response, status, kind)
    if not hasattr(raw, "stream"):  # adapters for other URLs than http ones put a plain file there
        return FileSource(raw, response, status, kind)
    if raw.isclosed():
        raise consumed(response)
    return urllib3.Urllib3Source(urllib3.read(raw, _translate), raw, response, status, kind)


def open_async(response: Response) -> AsyncSource:
    """Read a response whose body is here already; refuse any other."""
    body = _body(response)
    if body is None:
        raise needs_sync(response)
    return async_in_memory_source(body, response, response.status_code, response.headers.get("Content-Type"))


def _body(response: Response) -> bytes | None:
    """Return a body that is here already, None if it is still to be read."""
    loaded = attr_path(response, "_content") is not False
    if not loaded and attr_path(response, "_content_consumed"):
        raise consumed(response)
    return response.content or b"" if loaded or response.raw is None else None


def _translate(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Raise the exceptions of requests, which those who use it expect."""
    try:
        yield from pieces
    except Exception as error:
        for cls in type(error).__mro__:
            name = _TRANSLATED.get(cls.__name__) if cls.__module__.startswith("urllib3.") else None
            if name is not None:
                raise getattr(sys.modules["requests.exceptions"], name)(error) from error
        raise
