"""urllib3, on which requests stands too.

1. `read1` with a size is the one prompt way through urllib3. `stream` and `read`, and with them the `iter_content` and
   `iter_lines` of requests, wait until a buffer is full where the body is not chunked. Without a size `read1` does not
   notice that a body is shorter than its Content-Length.
2. urllib3 before 2.2 has no `read1`: the http.client response below is read, and what urllib3 does beside that is done
   here. Those releases do not change any more, so their private names can be relied on.
3. urllib3-future, which niquests installs under urllib3's name, gives b"" before the end where a compressed piece
   yields nothing yet. So b"" is the end only of a closed body.
"""

# ruff: noqa: SLF001 - see 2.

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from ssewire._sources import http_client
from ssewire._sources.base import (
    READ_SIZE,
    Source,
    async_in_memory_source,
    attr_path,
    consumed,
    in_memory_source,
    needs_sync,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ssewire._sources.base import AsyncSource

    class Raw(Protocol):
        """urllib3.HTTPResponse, as far as it is used of its public side."""

        status: int
        headers: Mapping[str, str]

        @property
        def data(self) -> bytes | None:
            """The whole body."""

        def read1(self, amt: int, decode_content: bool) -> bytes:  # noqa: FBT001 - urllib3's signature
            """Return what is there, b"" at the end."""

        def isclosed(self) -> bool:
            """Whether the body was read or the response closed."""

        def close(self) -> None:
            """Close the connection, unless it was released."""

        def release_conn(self) -> None:
            """Put the connection back into its pool."""


_INFLATED_AT_ONCE = 4096  # compressed bytes


class Urllib3Source(Source):
    """A response that is, or holds, one of urllib3."""

    __slots__ = ("_raw",)

    def __init__(self, pieces: Iterator[bytes], raw: Raw, response: object, status: int, kind: str | None) -> None:
        super().__init__(pieces, response, status, kind)
        self._raw = raw

    def _keeps_open(self) -> bool:
        return not attr_path(self._raw, "_fp", "will_close")

    def _release(self) -> None:
        self._raw.close()
        # Closed or not, the connection's place in the pool must be given back: a blocking pool would run dry.
        self._raw.release_conn()

    def _socket(self) -> object | None:
        # urllib3's own shutdown() would use the method of the TLS socket, and exists since 2.3 only.
        sock: object | None = http_client.http_socket(attr_path(self._raw, "_fp")) or _future_socket(self._raw)
        return sock


def open_sync(raw: Raw) -> Source:
    """Read a response of urllib3."""
    kind = raw.headers.get("Content-Type")
    body = _body(raw)
    if body is not None:
        return in_memory_source(body, raw, raw.status, kind)
    return Urllib3Source(read(raw), raw, raw, raw.status, kind)


def open_async(raw: Raw) -> AsyncSource:
    """Read a response of urllib3 whose body is here already; refuse any other."""
    body = _body(raw)
    if body is None:
        raise needs_sync(raw)
    return async_in_memory_source(body, raw, raw.status, raw.headers.get("Content-Type"))


def _body(raw: Raw) -> bytes | None:
    """Return a body that is here already, None if it is still to be read."""
    if attr_path(raw, "_fp") is None or attr_path(raw, "_body") is not None:
        return raw.data or b""
    if raw.isclosed():
        raise consumed(raw)
    return None


def read(raw: Any, wrap: Callable[[Iterator[bytes]], Iterator[bytes]] = iter) -> Iterator[bytes]:
    """Return what gives the decoded body of a response as it comes.

    Args:
        raw: the response.
        wrap: makes an iterator of one; what urllib3 raises passes it.
    """
    below = attr_path(raw, "_fp")
    if _is_plain(raw, below):
        return http_client.read(wrap(_read_plain(raw, below)), below, (raw, "_fp_bytes_read"))
    return wrap(_read_own(raw, below))


def _read_own(raw: Any, below: object) -> Iterator[bytes]:
    if not hasattr(below, "read1"):  # a body that a test put there: late, but right
        yield from raw.stream(READ_SIZE, decode_content=True)
    elif not hasattr(raw, "read1"):
        yield from read_old(raw)
    else:
        size = _read_size(raw)
        while (data := raw.read1(size, decode_content=True)) or not raw.isclosed():
            if data:
                yield data


def _read_size(raw: Any) -> int:
    """Return how much to ask for at once.

    Before 2.6 urllib3 inflates all that it is given together, which may become a thousand times as large.
    """
    code = attr_path(raw, "_decode", "__code__")
    in_steps = code is not None and "max_length" in code.co_varnames
    return READ_SIZE if in_steps or not raw.headers.get("Content-Encoding") else _INFLATED_AT_ONCE


def _is_plain(raw: Any, below: object) -> bool:
    """Whether urllib3 has nothing to do with the bytes: nothing to decode, no length to check."""
    own = type(raw).__module__ == "urllib3.response" and type(below).__module__ == "http.client"
    known = own and hasattr(raw, "read1") and hasattr(raw, "_error_catcher") and hasattr(raw, "_fp_bytes_read")
    return known and bool(attr_path(raw, "chunked")) and not raw.headers.get("Content-Encoding")


def _read_plain(raw: Any, below: Any) -> Iterator[bytes]:
    """Read an event stream as servers send it.

    `read1` does all that it does for compressed bodies for each piece anew, which takes three times what reading and
    parsing the piece takes. The catcher gives the connection back to its pool at the end, and translates errors, all
    the same.
    """
    try:
        while data := below.read1(READ_SIZE):
            raw._fp_bytes_read += len(data)
            yield data
    except GeneratorExit:  # who leaves this may go on: the catcher would close the response
        raise
    except BaseException:
        with raw._error_catcher():
            raise
    with raw._error_catcher():
        pass


def read_old(raw: Any) -> Iterator[bytes]:
    """Read a response of urllib3 before 2.2."""
    raw._init_decoder()
    ended = False
    while not ended:
        data = _read1_old(raw)
        ended = not data
        decoded = raw._decode(data, decode_content=True, flush_decoder=ended)
        if decoded:
            yield decoded


def _read1_old(raw: Any) -> bytes:
    """Do what urllib3's own read1 does, save for the decoding."""
    http = raw._fp
    with raw._error_catcher():  # gives the connection back to the pool when `http` is closed
        data: bytes = http.read1(_read_size(raw))
        raw._fp_bytes_read += len(data)
        if raw.length_remaining is not None:
            raw.length_remaining -= len(data)
        if not data or raw.length_remaining == 0:
            http.close()
        if not data and raw.length_remaining:
            # Before 2.0 urllib3 leaves this out unless told otherwise, and so do the responses of requests.
            raise sys.modules["urllib3.exceptions"].IncompleteRead(raw._fp_bytes_read, raw.length_remaining)
    return data


def _future_socket(raw: object) -> object | None:
    """Find the socket of a urllib3-future response, if it is this response's alone: not so in HTTP/2 and 3."""
    sock: object | None = attr_path(raw, "_connection", "sock") if attr_path(raw, "version") in {10, 11} else None
    return sock
