"""http.client, and urllib.request, which hands out its responses."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from ssewire._core import take_chunks
from ssewire._sources.base import READ_SIZE, Source, attr_path, consumed, needs_sync, shut_down
from ssewire._sources.direct import is_wanted
from ssewire._sources.plain import FileSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ssewire._sources.base import AsyncSource

    class HTTPResponse(Protocol):
        """http.client.HTTPResponse, as far as it is used."""

        status: int
        headers: Mapping[str, str]
        length: int | None  # bytes of the body that are still to come, where Content-Length told
        will_close: bool

        def read1(self, size: int) -> bytes:
            """Return what is there, b"" at the end and where the connection ended before it."""

        def isclosed(self) -> bool:
            """Whether the body was read or the response closed."""

        def close(self) -> None:
            """Close it."""

    class AddInfoURL(Protocol):
        """urllib.response.addinfourl: a file with headers. An HTTPError is one, around a response."""

        status: int | None
        headers: Mapping[str, str]
        fp: Any


_CRLF = b"\r\n"


class HTTPClientSource(Source):
    """A response of http.client."""

    __slots__ = ("_http",)

    def __init__(self, http: HTTPResponse, response: object) -> None:
        super().__init__(_decoded(http), response, http.status, http.headers.get("Content-Type"))
        self._http = http

    def _keeps_open(self) -> bool:
        return not self._http.will_close

    def _release(self) -> None:
        sock = self._socket()
        if sock is not None and self._http.length != 0:
            # The HTTPConnection holds the socket too. Left open, the server would go on sending, and the connection's
            # next response would begin in the middle of this body.
            shut_down(sock)
        self._http.close()

    def _socket(self) -> object | None:
        sock: object | None = http_socket(self._http)
        return sock


def open_sync(response: HTTPResponse, passed: object | None = None) -> Source:
    """Read a response; `passed` is what the caller holds, where that is not the response itself."""
    if response.isclosed():
        raise consumed(response)
    return HTTPClientSource(response, response if passed is None else passed)


def open_async(response: object) -> AsyncSource:
    """Refuse a response."""
    raise needs_sync(response)


def open_info(info: AddInfoURL) -> Source:
    """Read what urlopen gives for other URLs than http ones, or the HTTPError that it raises."""
    if hasattr(info.fp, "read1") and hasattr(info.fp, "will_close"):
        return open_sync(info.fp, info)
    return FileSource(info.fp, info, info.status, info.headers.get("Content-Type"))


def http_socket(response: object) -> Any:
    """Return the socket below an http.client.HTTPResponse; None once its body was read or it was closed."""
    return attr_path(response, "fp", "raw", "_sock")


def read1_of(response: Any) -> Callable[[int], bytes]:
    """Return what reads a response of http.client like its `read1`, but whole chunks that are there together.

    `read1` takes the lines around each chunk one by one. Here the chunks are found by a look at the file's buffer; what
    is no whole chunk stays there for `read1`. `chunk_left` is all that it remembers: None before a chunk, 0 after its
    content.
    """
    file, read1 = response.fp, response.read1
    known = type(response).__module__ == "http.client" and type(file).__name__ == "BufferedReader"
    has_chunks = known and response.chunked and response._method != "HEAD"  # noqa: SLF001 - of HEAD it reads nothing
    if not (has_chunks and is_wanted()):
        return read1  # type: ignore[no-any-return]

    def read(size: int) -> bytes:
        if response.fp is file:  # it is not when the body was read
            if response.chunk_left == 0 and file.peek(2)[:2] == _CRLF:
                file.read(2)
                response.chunk_left = None
            if response.chunk_left is None:
                contents, taken = take_chunks(file.peek(size))
                if taken:
                    file.read(taken)
                    return contents
        return read1(size)  # type: ignore[no-any-return]

    return read


def _decoded(response: HTTPResponse) -> Iterator[bytes]:
    # http.client leaves the body encoded. These two codings need nothing that Python lacks.
    coding = (response.headers.get("Content-Encoding") or "").strip().lower()
    pieces = _read(response)
    return _inflated(pieces) if coding in {"gzip", "x-gzip", "deflate"} else pieces


def _read(response: HTTPResponse) -> Iterator[bytes]:
    read1 = read1_of(response)
    while data := read1(READ_SIZE):
        if response.length == 0:
            response.close()  # frees the connection before the caller asks for a further piece
        yield data
    missing = response.length
    response.close()
    if missing:
        # read1 passes a body that Content-Length promised to be longer for a complete one.
        raise sys.modules["http.client"].IncompleteRead(b"", missing)


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress gzip (any number of members) or zlib data as it comes.

    In steps: it may become a thousand times as large.
    """
    import zlib  # noqa: PLC0415 - seldom needed

    decoder = zlib.decompressobj(wbits=47)  # 32 + 15: either format, told by its first bytes
    for piece in pieces:
        rest, data = piece, b""
        while rest or len(data) == READ_SIZE:  # of which the decoder may still hold some
            if decoder.eof:
                decoder = zlib.decompressobj(wbits=47)
            data = decoder.decompress(rest, READ_SIZE)
            if data:
                yield data
            rest = decoder.unconsumed_tail or decoder.unused_data
