"""http.client, and urllib.request, which hands out its responses."""

# ruff: noqa: SLF001 - socket.SocketIO's and http.client's; each shape is looked at before it is used.

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from ssewire._core import DirectPieces
from ssewire._sources.base import READ_SIZE, Source, attr_path, consumed, needs_sync, shut_down
from ssewire._sources.direct import is_wanted
from ssewire._sources.network import Failed, Watch, WatchedSocket
from ssewire._sources.plain import FileSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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


def read(own: Iterator[bytes], response: Any, counted: tuple[object, str] | None = None) -> Iterator[bytes]:
    """Return what gives the pieces of a body, but whole chunks that are there together, and from the socket itself.

    `read1` takes the lines around each chunk one by one, by way of two files.

    Args:
        own: reads `response` by its `read1`, and has not begun.
        response: one of http.client; of any other `own` is returned as it is.
        counted: an object, and the name of its attribute that counts the bytes.
    """
    body = _ChunkedBody.of(response, counted) if is_wanted() else None
    return own if body is None else DirectPieces(own, body, READ_SIZE)


class _ChunkedBody:
    """What `DirectPieces` asks of a body, as http.client has it: see there.

    What is given to http.client is put into its file by way of the socket. `chunk_left` is all that it remembers: None
    before a chunk, 0 after its content.
    """

    __slots__ = ("_file", "_left", "_raw", "_response", "_sock", "_watched", "counted", "receive", "watch")

    is_plain = True  # whoever decompresses it does so afterwards

    def __init__(self, response: Any, counted: tuple[object, str] | None) -> None:
        self._response = response
        self._file = response.fp
        self._raw = self._file.raw
        self._sock = self._raw._sock
        self._left = 0  # bytes that were left to the file: as long as it has no more, they are not looked at again
        self.counted = counted
        self.receive = self._sock.recv
        self.watch = Watch()
        self._watched = WatchedSocket(self._sock, self.watch)

    @classmethod
    def of(cls, response: Any, counted: tuple[object, str] | None) -> _ChunkedBody | None:
        """Return the body; None where it is not chunked, or not http.client's all the way down to the socket."""
        socket, file = sys.modules.get("socket"), attr_path(response, "fp")
        if socket is None or type(response).__module__ != "http.client" or type(file).__name__ != "BufferedReader":
            return None
        has_chunks = response.chunked and response._method != "HEAD"  # of HEAD it reads nothing
        raw = file.raw
        known = type(raw) is socket.SocketIO and hasattr(raw, "_timeout_occurred")
        return cls(response, counted) if has_chunks and known and isinstance(raw._sock, socket.socket) else None

    def begin(self) -> bytes | None:
        """Take what the file has, between two chunks; where that is nothing, have the socket read."""
        response = self._response
        if not self._is_between_chunks():
            return None
        data = self._kept()
        end = b"" if response.chunk_left is None else _CRLF
        if end and not data:  # the client would wait for it too, with room for less
            self._left = 0
            try:
                data = self.receive(READ_SIZE)
            except BaseException as error:  # noqa: BLE001 - the client raises it
                self.fail(error)
                return None
        if len(end) < len(data) <= self._left or not data.startswith(end):
            self._put(data)
            return None
        response.chunk_left = None
        self.watch.was_read = False
        return data[len(end) :]

    def leave(self) -> None:
        """Give the file its socket back, unless it was closed."""
        if self._raw._sock is self._watched:
            self._raw._sock = self._sock

    def give(self, _contents: bytes, rest: bytes) -> None:
        """Put the rest into the file."""
        self._left = len(rest)
        self._put(rest)

    def fail(self, error: BaseException) -> None:
        """Have the file meet what `receive` raised."""
        self._raw._sock = Failed(self._sock, error)

    def _is_between_chunks(self) -> bool:
        """Whether that is so, as far as http.client knows, and nothing else has happened to the file."""
        response, raw = self._response, self._raw
        if response.fp is not self._file or raw._timeout_occurred:
            return False
        return raw._sock in (self._sock, self._watched) and not response.chunk_left

    def _kept(self) -> bytes:
        """Take what the file has received and not given, with what is still to be put into it."""
        self._raw._sock, self._watched.is_shut = self._watched, True
        kept: bytes = self._file.read(len(self._file.peek()))
        self._watched.is_shut = False
        left, self._watched.left = self._watched.left, memoryview(b"")
        return kept + left

    def _put(self, data: bytes) -> None:
        self._watched.left = memoryview(data)
        self._raw._sock = self._watched if data else self._sock


def _decoded(response: HTTPResponse) -> Iterator[bytes]:
    # http.client leaves the body encoded. These two codings need nothing that Python lacks.
    coding = (response.headers.get("Content-Encoding") or "").strip().lower()
    pieces = read(_read(response), response)
    return _inflated(pieces) if coding in {"gzip", "x-gzip", "deflate"} else pieces


def _read(response: HTTPResponse) -> Iterator[bytes]:
    while data := response.read1(READ_SIZE):
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
