"""Which source is read how.

1. A response is recognised by the module and the name of its class, or of a base class: nothing has to be imported, and
   a client's subclasses count as its responses.
2. Everything else goes by what it can do: the buffer protocol, `__aiter__`, `read`, `__iter__`.
3. What cannot be read is refused here, at once, with what to do instead.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ssewire._sources import aiohttp, http_client, httpx, niquests, plain, requests, urllib3
from ssewire._sources.base import (
    AsyncSource,
    Source,
    async_in_memory_source,
    attr_path,
    describe,
    in_memory_source,
    needs_async,
    needs_sync,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssewire._sources.base import Piece

    Openers = tuple[Callable[[Any], Source], Callable[[Any], AsyncSource]]

_OPENERS: dict[tuple[str, str], Openers] = {
    ("aiohttp", "ClientResponse"): (aiohttp.open_sync, aiohttp.open_async),
    ("aiohttp", "StreamReader"): (aiohttp.open_content, aiohttp.open_content_async),
    ("asyncio", "StreamReader"): (plain.open_reader, plain.open_reader_async),
    ("http", "HTTPResponse"): (http_client.open_sync, http_client.open_async),
    ("httpx", "Response"): (httpx.open_sync, httpx.open_async),
    ("httpx2", "Response"): (httpx.open_sync, httpx.open_async),
    ("niquests", "Response"): (niquests.open_sync, niquests.open_async),
    ("requests", "Response"): (requests.open_sync, requests.open_async),
    ("urllib", "addinfourl"): (http_client.open_info, http_client.open_async),
    ("urllib3", "BaseHTTPResponse"): (urllib3.open_sync, urllib3.open_async),
    ("urllib3", "HTTPResponse"): (urllib3.open_sync, urllib3.open_async),  # there is no base class before 2.0
}


# What holds a response of httpx or httpx2: what openai, anthropic and the other packages of their generator give for
# `create(stream=True)`, `with_streaming_response` and `with_raw_response`; and httpx-sse's and httpx2's EventSource.
_WRAPPERS = frozenset(
    ("APIResponse", "AsyncAPIResponse", "LegacyAPIResponse", "Stream", "AsyncStream", "EventSource"),
)


def open_source(source: Any) -> Source:
    """Open whatever can be read without await.

    Raises:
        TypeError: it cannot be read, or only asynchronously.
        ValueError: somebody else has read the body, and it cannot be read again.
    """
    if isinstance(source, Source):
        return source
    source = _unwrapped(source)
    openers = _openers(source)
    if openers is not None:
        return openers[0](source)
    data = _buffer(source)
    if data is not None:
        return in_memory_source(data)
    _refuse_unreadable(source)
    if hasattr(source, "__aiter__") and not hasattr(source, "__iter__"):
        raise needs_async(source)
    if hasattr(source, "read"):
        return plain.FileSource(source)
    if hasattr(source, "__iter__"):
        return plain.IterableSource(source)
    raise _unknown(source)


def open_async_source(source: Any) -> AsyncSource:
    """Open whatever can be read with await.

    Raises:
        TypeError: it cannot be read, or only without await.
        ValueError: somebody else has read the body, and it cannot be read again.
    """
    if isinstance(source, AsyncSource):
        return source
    source = _unwrapped(source)
    openers = _openers(source)
    if openers is not None:
        return openers[1](source)
    data = _buffer(source)
    if data is not None:
        return async_in_memory_source(data)
    _refuse_unreadable(source)
    if hasattr(source, "__aiter__"):
        return plain.AsyncIterableSource(source)
    if hasattr(source, "read") or hasattr(source, "__iter__"):
        raise needs_sync(source)
    raise _unknown(source)


def _unwrapped(source: object) -> object:
    """Return the response that a known kind of object holds; anything else as it is."""
    if hasattr(source, "until_done"):  # a Stream or an AsyncStream of this package
        raise TypeError(f"{describe(source)} reads its source itself: iterate it, or pass what it was made of")
    if _WRAPPERS.isdisjoint(cls.__name__ for cls in type(source).__mro__):
        return source
    for name in ("http_response", "response"):
        inner = attr_path(source, name)
        if _openers(inner) is not None:
            return inner
    return source


def _openers(source: object) -> Openers | None:
    for cls in type(source).__mro__:
        openers = _OPENERS.get((cls.__module__.partition(".")[0], cls.__name__))
        if openers is not None:
            return openers
    return None


def _buffer(source: object) -> Piece | None:
    """Return an object with the buffer protocol as bytes-like, None if it is something else."""
    if isinstance(source, (bytes, bytearray)):
        return source
    try:
        view = memoryview(source)  # type: ignore[arg-type]
    except TypeError:
        return None
    return view.cast("B") if view.contiguous else view.tobytes()


def _refuse_unreadable(source: object) -> None:
    if isinstance(source, str):
        raise TypeError("an event stream is bytes: pass bytes or the response itself, not str")
    if isinstance(source, io.StringIO):
        raise TypeError("an event stream is bytes, and io.StringIO holds text: pass its bytes, or an io.BytesIO")
    if isinstance(source, io.TextIOBase) or (
        hasattr(source, "read") and isinstance(attr_path(source, "encoding"), str)
    ):
        raise TypeError(
            f"an event stream is bytes, and {describe(source)} is a text file: open it with mode 'rb' "
            "(of the standard input take sys.stdin.buffer)"
        )
    if hasattr(source, "__await__"):
        raise TypeError(f"{describe(source)} is not a response yet: await it and pass the result")
    if type(source).__name__ in {"Request", "PreparedRequest"}:
        raise TypeError(f"{describe(source)} is a request: send it, and pass the response")


def _unknown(source: object) -> TypeError:
    if hasattr(source, "__fspath__"):
        return TypeError(f"{describe(source)} is the name of a file: open it with mode 'rb', and pass the file")
    if callable(attr_path(source, "post")) or callable(attr_path(source, "request")):
        return TypeError(f"{describe(source)} is a client: pass the response of one of its requests")
    if hasattr(source, "__enter__") or hasattr(source, "__aenter__"):
        return TypeError(f"{describe(source)} is a context manager: pass what its `with` statement gives")
    return TypeError(
        f"cannot read {describe(source)}: pass a response of requests, httpx, httpx2, aiohttp, urllib3, niquests, "
        "http.client or urllib.request, a binary file, an (async) iterable of bytes, or bytes"
    )
