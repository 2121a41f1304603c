"""Chunks read from the network itself, past the client's layers: of responses of httpx and httpx2 over HTTP/1.1.

Servers send each event as a chunk of the body. From the socket to `iter_bytes` it passes h11 and ten generators, which
takes ten times what is done to it afterwards. So whole chunks are read from below (`DirectPieces`, `_AsyncPieces`):

1. The client's own iterator begins, and ends, and does whatever is not plain. h11 is given all bytes that are no whole
   chunks: parts of chunks, extensions, the last chunk with its trailers, what is no chunk, and the connection's end.
   Then it is the client's turn, until h11 is between two chunks again, with nothing that it has not read.
2. So h11 and the client are at any time as if they had read the body: errors are theirs, and so is what becomes of the
   connection. What the network raises is raised where the client reads from it (`network`).
3. A body that has to be decompressed goes through the client, but its whole chunks as one. How a body was cut into
   chunks means nothing (RFC 9112, 7.1).
4. What this looks at is private to httpx, httpcore and h11. Where it has another form, and where anything stands
   between the response and its connection that is not theirs, the client reads by itself.
"""

# ruff: noqa: SLF001 - see 4.

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, cast

from ssewire._core import DirectPieces, take_chunks
from ssewire._sources.base import READ_SIZE, attr_path
from ssewire._sources.network import SocketReader, StreamReader, TransportReader

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator
    from types import FrameType

_PACKAGES = frozenset(("httpx", "httpx2", "httpcore", "httpcore2"))

# Where a stream has the one that it reads from: from a response's down to the connection.
_INNER = ("_stream", "_httpcore_stream", "_connection")
_DEPTH = 8

_READER = {"_bytes_in_chunk", "_bytes_to_discard", "_reading_trailer"}  # what h11's reader of chunks has


def is_wanted() -> bool:
    """Whether responses are read past their clients' layers at all: SSEWIRE_DIRECT=0 says no."""
    return os.environ.get("SSEWIRE_DIRECT") != "0"


def read(own: Iterator[bytes]) -> Iterator[bytes]:
    """Return what gives the pieces of a response's `iter_bytes`, which nobody has asked yet, at less cost.

    Any other iterator is returned as it is.
    """
    body = _body(getattr(own, "gi_frame", None))
    reader = None if body is None else SocketReader.of(body.connection)
    return own if body is None or reader is None else DirectPieces(own, _SocketBody(body, reader), READ_SIZE)


def aread(own: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Return the asynchronous twin of `read`, of a response's `aiter_bytes`."""
    body = _body(getattr(own, "ag_frame", None))
    return own if body is None else _AsyncPieces(cast("AsyncGenerator[bytes, None]", own), body)


class _SocketBody:
    """What `DirectPieces` asks of a body and of the socket that it comes from: see there."""

    __slots__ = ("_body", "_start", "counted", "fail", "give", "is_plain", "leave", "receive", "watch")

    def __init__(self, body: _Body, reader: SocketReader) -> None:
        self._body = body
        self._start = reader.start
        self.is_plain = body.is_plain
        self.counted = body.counted
        self.receive = reader.receive
        self.watch = reader.watch
        self.leave = reader.stop
        self.fail = reader.fail
        self.give = body.give

    def begin(self) -> bytes | None:
        """Have the network read where h11 has nothing, and is between two chunks."""
        data = self._body.waiting()
        if data == b"":
            self._start()
        return data


class _AsyncPieces:
    """The asynchronous twin of `_read`.

    No generator: of one that is left to the garbage collector trio complains.
    """

    def __init__(self, own: AsyncGenerator[bytes, None], body: _Body) -> None:
        self._own = own
        self._body = body
        connection, timeout = body.connection, body.timeout
        transport = TransportReader.of(connection._network_stream, timeout)
        self._reader = transport or StreamReader(connection, timeout)
        self.ag_running = False  # as an asynchronous generator says that a task waits in it

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self.ag_running:
            raise _running("anext()")
        self.ag_running = True
        try:
            return await self._next()
        finally:
            self.ag_running = False

    async def _next(self) -> bytes:
        body, reader = self._body, self._reader
        while (data := body.waiting()) is not None:
            try:
                received = data or await reader.receive()
            except GeneratorExit:
                raise
            except BaseException as error:  # noqa: BLE001 - the client raises it, cancellation too
                reader.fail(error)
                break
            if received is None:
                break
            contents = body.take(received)
            if body.left:
                reader.stop()  # it is the client's turn, or that of who reads the response in another way
            if contents:
                return contents
        reader.stop()
        return await self._own.__anext__()

    async def aclose(self) -> None:
        """Close the client's own iterator."""
        if self.ag_running:
            raise _running("aclose()")
        await self._own.aclose()


def _running(call: str) -> RuntimeError:
    """Return what an asynchronous generator raises: of two tasks that wait for one reader, one would wait for ever."""
    return RuntimeError(f"{call}: asynchronous generator is already running")


class _Body:
    """A chunked body, as h11 has it.

    Attributes:
        connection: httpcore's.
        left: bytes that were left to h11: as long as it has no more, they are not looked at again.
        counted: the response, and the name of its attribute that counts the bytes of a plain body.
        is_plain: whether nothing has to be decompressed.
        timeout: seconds that a read may take.
    """

    __slots__ = (
        "_buffer",
        "_ended",
        "_reader",
        "_response",
        "_state",
        "connection",
        "counted",
        "is_plain",
        "left",
        "timeout",
    )

    def __init__(self, response: Any, connection: Any, extensions: Any) -> None:
        self._response = response
        self._state = connection._h11_state
        self._reader = self._state._reader
        self._buffer = self._state._receive_buffer
        self.is_plain = type(response._get_content_decoder()).__name__ == "IdentityDecoder"
        self.left = 0
        self._ended = False
        self.connection = connection
        self.counted = (response, "_num_bytes_downloaded")
        self.timeout: float | None = extensions.get("timeout", {}).get("read")

    def waiting(self) -> bytes | None:
        """Take what h11 has received and not read, between two chunks.

        Returns:
            b"" where the network is to be read next; None where it is the client's turn: to begin, within a chunk, and
            at the end, whoever has read up to it.
        """
        state, reader, response = self._state, self._reader, self._response
        if state._reader is not reader or reader._bytes_in_chunk or reader._reading_trailer:
            return None
        if self._ended or response.is_closed or not response.is_stream_consumed:
            return None
        kept, end = self._buffer._data, reader._bytes_to_discard  # of the chunk before
        if not kept and not end:
            return b""
        size = len(kept)
        if len(end) < size <= self.left:
            return None
        data = bytes(kept)
        if not data.startswith(end):
            return None
        self._buffer.maybe_extract_at_most(size)
        reader._bytes_to_discard = b""
        return data[len(end) :]

    def take(self, data: bytes) -> bytes:
        """Take the whole chunks that the data begins with, and leave the rest to h11; b"" is the connection's end.

        Returns:
            Their contents; b"" where h11 has them.
        """
        contents, size = take_chunks(data)
        rest = data[size:]
        self.left = 0
        if not self.is_plain:
            self.give(contents, rest)
            return b""
        self._response._num_bytes_downloaded += len(contents)
        if rest or not data:
            self.give(b"", rest)
        return contents

    def give(self, contents: bytes, rest: bytes) -> None:
        """Give h11 contents as one chunk, and what follows them; both b"" is the connection's end."""
        data = b"%x\r\n%b\r\n%b" % (len(contents), contents, rest) if contents else rest
        self.left, self._ended = len(data), not data
        self._state.receive_data(data)


def _body(frame: FrameType | None) -> _Body | None:
    """Return the body that the iterator with this frame is about to read; None where that has to read it by itself."""
    if frame is None or frame.f_code.co_name not in ("iter_bytes", "aiter_bytes") or not is_wanted():
        return None
    response: Any = frame.f_locals.get("self")
    module = frame.f_globals.get("__name__", "")
    if not (_is_own(response) and module.partition(".")[0] in _PACKAGES and not frame.f_locals.get("chunk_size")):
        return None
    if response.is_closed or response.is_stream_consumed or not hasattr(response, "_get_content_decoder"):
        return None
    content = _content(response)
    connection, extensions = attr_path(content, "_connection"), attr_path(content, "_request", "extensions")
    state = attr_path(connection, "_h11_state")
    known = _is_known(attr_path(state, "_reader")) and hasattr(attr_path(state, "_receive_buffer"), "_data")
    if not known or extensions is None:
        return None
    stream = connection._network_stream
    is_read = _is_own(stream) and stream is response.extensions.get("network_stream")
    return _Body(response, connection, extensions) if is_read else None


def _is_known(reader: Any) -> bool:
    """Whether this is h11's reader of chunks, of 0.15 or later; before, it did not look at the ends of chunks."""
    readers = sys.modules.get("h11._readers")
    if readers is None or type(reader) is not readers.ChunkedReader:
        return False
    return vars(reader).keys() >= _READER and isinstance(reader._bytes_to_discard, bytes)


def _content(response: Any) -> Any:
    """Return what httpcore reads a body from, with its connection; None where there is none, or another reads it."""
    outer, inner = None, response.stream
    for _ in range(_DEPTH):
        if not _is_own(inner):
            return None
        if hasattr(inner, "_h11_state"):
            return outer
        attributes = getattr(inner, "__dict__", {})
        outer, inner = inner, next((attributes[name] for name in _INNER if name in attributes), None)
    return None


def _is_own(part: Any) -> bool:
    """Whether an object is of a class of the clients themselves, not of one derived from it."""
    return type(part).__module__.partition(".")[0] in _PACKAGES
