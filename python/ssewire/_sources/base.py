"""What every source is, and what the kinds of sources share."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

    Piece = bytes | bytearray | memoryview

READ_SIZE = 65536  # bytes asked for at once; what is there comes, without waiting for the rest


class Source:
    """One body as pieces of bytes, and the means to let its connection go.

    Attributes:
        pieces: the decompressed body, as it arrives. Raises what the client raises.
        response: the response or file that the caller passed, else None.
        status: HTTP status code, where there is one.
        content_type: the Content-Type field as it was received, where there is one.
    """

    __slots__ = ("_closed", "content_type", "pieces", "response", "status")

    pieces: Iterator[Piece]
    response: object | None
    status: int | None
    content_type: str | None

    def __init__(
        self,
        pieces: Iterator[Piece],
        response: object | None = None,
        status: int | None = None,
        content_type: str | None = None,
    ) -> None:
        self.pieces = pieces
        self.response = response
        self.status = status
        self.content_type = content_type
        self._closed = False

    @property
    def headers(self) -> dict[str, str]:
        """The response's header fields, their names in lower case; empty where there is no response."""
        return all_headers(self.response)

    @property
    def content_encoding(self) -> str | None:
        """The Content-Encoding field as it was received, where there is one; a client that decoded keeps it too."""
        return header(self.response, "Content-Encoding")

    @property
    def drainable(self) -> bool:
        """Whether reading on to the body's end would free a connection for the next request."""
        return self._keeps_open() and self._socket() is not None

    def close(self) -> None:
        """Release the connection, file or iterator now; may be called again.

        To be called by the thread that reads: in most clients it would wait for a reader in another one. Never raises
        because the peer went away; what a caller's own iterator raises comes out.
        """
        if self._closed:
            return
        self._closed = True
        try:
            self._release()
        finally:
            # A generator that runs right now belongs to a blocked thread, and cannot be closed from here.
            if not getattr(self.pieces, "gi_running", False):
                close = getattr(self.pieces, "close", None)
                if close is not None:
                    close()

    def interrupt(self) -> None:
        """Wake a thread that is blocked in `next(pieces)`, from another one: it gets the end of the body or an error.

        Shuts the socket down and closes nothing, so it never waits. May be called again. Does nothing where there is
        no socket that is this body's alone: the reader then goes on until its next piece.
        """
        sock = self._socket()
        if sock is not None:
            shut_down(sock)

    def _release(self) -> None:
        """Give back what lies behind `pieces`."""

    def _keeps_open(self) -> bool:
        """Say whether the connection serves further requests after this body."""
        return False

    def _socket(self) -> object | None:
        """Return the socket that the body still comes from; None once another request may be using it."""
        return None


class AsyncSource:
    """One body as pieces of bytes, read asynchronously.

    Attributes:
        pieces: the decompressed body, as it arrives. Raises what the client raises, and CancelledError.
        response: the response that the caller passed, else None.
        status: HTTP status code, where there is one.
        content_type: the Content-Type field as it was received, where there is one.
    """

    __slots__ = ("_closed", "content_type", "pieces", "response", "status")

    pieces: AsyncIterator[Piece]
    response: object | None
    status: int | None
    content_type: str | None

    def __init__(
        self,
        pieces: AsyncIterator[Piece],
        response: object | None = None,
        status: int | None = None,
        content_type: str | None = None,
    ) -> None:
        self.pieces = pieces
        self.response = response
        self.status = status
        self.content_type = content_type
        self._closed = False

    @property
    def headers(self) -> dict[str, str]:
        """The response's header fields, their names in lower case; empty where there is no response."""
        return all_headers(self.response)

    @property
    def content_encoding(self) -> str | None:
        """The Content-Encoding field as it was received, where there is one; a client that decoded keeps it too."""
        return header(self.response, "Content-Encoding")

    @property
    def drainable(self) -> bool:
        """Whether reading on to the body's end would free a connection for the next request."""
        return False

    @property
    def ask(self) -> Callable[[], Awaitable[Piece]]:
        """What `AsyncStream` awaits for the next piece: StopAsyncIteration, or `at_end`, tells that there is none."""
        return self.pieces.__anext__

    def at_end(self) -> bool:
        """Whether an empty piece from `ask` was the end."""
        return False

    def arrived(self) -> bytes:
        """Return what had come when `ask` raised, and was not given out."""
        return b""

    async def aclose(self) -> None:
        """Release the connection or iterator now; may be called again.

        Never raises because the peer went away; what a caller's own iterator raises comes out.
        """
        if self._closed:
            return
        self._closed = True
        try:
            await self._release()
        finally:
            # A generator that another task waits in cannot be closed; that task meets the closed connection.
            if not getattr(self.pieces, "ag_running", False):
                aclose = getattr(self.pieces, "aclose", None)
                if aclose is not None:
                    await aclose()

    def abandon(self) -> None:
        """Release the connection as far as that goes without awaiting; for `__del__`, from any thread.

        Never raises and never warns. Does nothing where the event loop looks after what lies behind, as it does for
        asynchronous generators.
        """

    async def _release(self) -> None:
        """Give back what lies behind `pieces`."""


def in_memory_source(
    body: Piece, response: object | None = None, status: int | None = None, kind: str | None = None
) -> Source:
    """Return a source of a body that is here already; closing it has nothing to release."""
    return Source(iter((body,) if len(body) else ()), response, status, kind)


def async_in_memory_source(
    body: Piece, response: object | None = None, status: int | None = None, kind: str | None = None
) -> AsyncSource:
    """Return the asynchronous twin of `in_memory_source`."""
    return AsyncSource(_once(body), response, status, kind)


async def _once(body: Piece) -> AsyncIterator[Piece]:
    if len(body):
        yield body


def attr_path(owner: object, *names: str) -> Any:
    """Follow attributes; None as soon as one is missing. For what clients keep, but promise nothing about."""
    for name in names:
        owner = getattr(owner, name, None)
    return owner


def header(response: object, name: str) -> str | None:
    """Return a header field of whatever the caller passed; None where it has none."""
    get = attr_path(response, "headers", "get")
    value = None if get is None else get(name)
    return value if isinstance(value, str) else None


def all_headers(response: object) -> dict[str, str]:
    """Return the header fields of whatever the caller passed, those of one name joined (RFC 9110, 5.3)."""
    items = attr_path(response, "headers", "items")
    fields: dict[str, str] = {}
    for name, value in [] if items is None else items():
        key = str(name).lower()
        fields[key] = f"{fields[key]}, {value}" if key in fields else str(value)
    return fields


def keeps_open(headers: Mapping[str, str]) -> bool:
    """Say whether the server will take another request on the connection: RFC 9112 section 9.6."""
    return "close" not in (headers.get("Connection") or "").lower()


def running_loop() -> Any:
    """Return the event loop of asyncio that runs in this thread, None where it is another library's or none."""
    asyncio = sys.modules.get("asyncio")  # who uses asyncio imported it
    return None if asyncio is None else attr_path(asyncio, "_get_running_loop")()


def running_trio() -> Any:
    """Return the token of trio's event loop that runs in this thread, None where there is none."""
    trio = sys.modules.get("trio")  # who uses trio imported it
    with suppress(RuntimeError):
        return None if trio is None else trio.lowlevel.current_trio_token()
    return None


def shut_down(sock: object) -> None:
    """End both directions of a socket so that whoever waits on it wakes up; the descriptor stays open."""
    import socket  # noqa: PLC0415 - not for those who read no socket

    while not isinstance(sock, socket.socket):
        # asyncio's, pyOpenSSL's and urllib3's TLS-in-TLS sockets are wrappers; so is what stands for one.
        sock = attr_path(sock, "socket") or attr_path(sock, "_sock") or attr_path(sock, "_inner")
        if sock is None:
            return
    # The plain socket's method: the one of a TLS socket drops the TLS state, and a reader in another thread would take
    # the ciphertext that is still to come for the body.
    with suppress(OSError):  # closed or not connected any more: then nobody waits on it
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def describe(source: object) -> str:
    """Name a source for an error message."""
    cls = type(source)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def consumed(source: object) -> ValueError:
    """Return the error for a body that was taken by somebody else."""
    return ValueError(
        f"the body of this {describe(source)} was already read as a stream, or closed, and cannot be read again: "
        "pass the response before anything reads it"
    )


def needs_sync(source: object) -> TypeError:
    """Return the error for a source that only blocking code can read."""
    return TypeError(f"{describe(source)} is read without await: use Stream (or iter_sse, tee), not the async ones")


def needs_async(source: object) -> TypeError:
    """Return the error for a source that only asynchronous code can read."""
    return TypeError(
        f"{describe(source)} is read with await: use AsyncStream (or aiter_sse, atee), not the synchronous ones"
    )
