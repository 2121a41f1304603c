"""Where the bytes of a body come from, below a client: a socket, asyncio's transport, or httpcore's own stream.

What reading raises is put in the place of what was read from: the client meets it when it reads on, gives it the name
that its users know, and closes what has to be closed.
"""

# ruff: noqa: SLF001 - anyio's and httpcore's; each shape is looked at before it is used.

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING, Any

from ssewire._sources.base import READ_SIZE, attr_path, running_loop

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class ChunkedBody(Protocol):
        """What `DirectPieces` asks of a body, each for what it says there."""

        @property
        def is_plain(self) -> bool: ...
        @property
        def counted(self) -> tuple[object, str] | None: ...
        @property
        def receive(self) -> Callable[[int], bytes]: ...
        @property
        def watch(self) -> Watch: ...
        @property
        def begin(self) -> Callable[[], bytes | None]: ...
        @property
        def leave(self) -> Callable[[], None]: ...
        @property
        def give(self) -> Callable[[bytes, bytes], None]: ...
        @property
        def fail(self) -> Callable[[BaseException], None]: ...


class StandIn:
    """Stands for what a client reads from; all but reading is passed on."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Failed(StandIn):
    """Stands for what has failed: the client's next read fails in the same way."""

    def __init__(self, inner: Any, error: BaseException) -> None:
        super().__init__(inner)
        self._error = error

    def _fail(self, *_arguments: object, **_options: object) -> Any:
        raise self._error

    recv = recv_into = receive = read = _fail  # a socket's, anyio's, httpcore's


class Watch:
    """Sees whether a client reads.

    Attributes:
        was_read: it has, or has closed what it reads from, since this was made or set to False.
    """

    __slots__ = ("was_read",)

    def __init__(self) -> None:
        self.was_read = False


class WatchedStream(StandIn):
    """Stands for httpcore's stream while the socket below it is read."""

    def __init__(self, inner: Any, watch: Watch) -> None:
        super().__init__(inner)
        self._watch = watch

    def read(self, *arguments: Any, **options: Any) -> bytes:
        """Read for the client."""
        self._watch.was_read = True
        data: bytes = self._inner.read(*arguments, **options)
        return data


class WatchedSocket(StandIn):
    """Stands for the socket below a file while that socket is read, and as long as the file has not got what is left.

    Attributes:
        left: what was received, and is the file's.
        is_shut: the file is to find nothing here.
    """

    def __init__(self, inner: Any, watch: Watch) -> None:
        super().__init__(inner)
        self._watch = watch
        self.left = memoryview(b"")
        self.is_shut = False

    def recv_into(self, buffer: Any) -> int:
        """Read for the file: first what is left."""
        if self.is_shut:
            raise BlockingIOError(errno.EAGAIN, "not to be read now")
        self._watch.was_read = True
        if not self.left:
            size: int = self._inner.recv_into(buffer)
            return size
        size = min(len(buffer), len(self.left))
        buffer[:size], self.left = self.left[:size], self.left[size:]
        return size

    def _decref_socketios(self) -> None:
        """Hear that the file is closed: what comes now is no part of its body."""
        self._watch.was_read = True
        self._inner._decref_socketios()


class SocketReader:
    """Reads the socket of a synchronous connection, which waits as long as the client has set for its own reads.

    Attributes:
        receive: gives up to so many bytes, as soon as there are some; b"" at the end.
        watch: sees whether the client reads meanwhile.
    """

    __slots__ = ("_connection", "_stream", "_watched", "receive", "watch")

    receive: Callable[[int], bytes]

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._stream = connection._network_stream
        self.receive = self._stream._sock.recv
        self.watch = Watch()
        self._watched = WatchedStream(self._stream, self.watch)

    @classmethod
    def of(cls, connection: Any) -> SocketReader | None:
        """Return the reader of httpcore's connection; None where it reads from something else."""
        socket, stream = sys.modules.get("socket"), connection._network_stream
        if socket is None or type(stream).__name__ != "SyncStream":
            return None
        return cls(connection) if isinstance(attr_path(stream, "_sock"), socket.socket) else None

    def start(self) -> None:
        """Have the client's own reading seen."""
        self.watch.was_read = False
        self._connection._network_stream = self._watched

    def stop(self) -> None:
        """Give the connection its stream back."""
        self._connection._network_stream = self._stream

    def fail(self, error: BaseException) -> None:
        """Have the client meet what `receive` raised."""
        self._stream._sock = Failed(self._stream._sock, error)


class StreamReader:
    """Reads httpcore's own asynchronous stream."""

    __slots__ = ("_connection", "_stream", "_timeout")

    def __init__(self, connection: Any, timeout: float | None) -> None:
        self._connection = connection
        self._stream = connection._network_stream
        self._timeout = timeout

    async def receive(self) -> bytes | None:
        """Return what is there as soon as something is; b"" at the end."""
        data: bytes = await self._stream.read(READ_SIZE, timeout=self._timeout)
        return data

    def fail(self, error: BaseException) -> None:
        """Have the client meet what `receive` raised."""
        self._connection._network_stream = Failed(self._stream, error)

    def stop(self) -> None:
        """Nothing has to be given back."""


class TransportReader:
    """Reads the transport of asyncio below anyio's stream.

    For each read anyio has the event loop watch the socket anew, and httpcore opens a cancel scope with a timer. Here a
    protocol in the place of anyio's takes what comes, and the socket stays watched. What comes while nobody waits here
    ends that: anyio gets it, and the transport pauses. So no more is kept than anyio would keep, and whoever reads the
    response in another way gets everything, as openai does after the last event.
    """

    def __init__(self, stream: Any, below: Any, timeout: float | None, loop: Any) -> None:
        self._stream = stream
        self._tls: Any = None if stream._stream is below else stream._stream
        self._transport = below._transport
        self._protocol = below._protocol
        self._timeout = timeout
        self._loop = loop
        self._data: list[bytes] = []
        self._stands_in = False  # for anyio's protocol
        self._watches = False
        self._over = False  # the client has to read on, once the data is given
        self._waiter: Any = None
        self._asked_at = 0.0
        self._timer: Any = None

    @classmethod
    def of(cls, stream: Any, timeout: float | None) -> TransportReader | None:
        """Return the reader of httpcore's stream; None where it has another form, or this is not asyncio."""
        loop, below = running_loop(), attr_path(stream, "_stream")
        if type(below).__module__ == "anyio.streams.tls":
            known = all(hasattr(below, name) for name in ("_ssl_object", "_read_bio", "_write_bio"))
            below = attr_path(below, "transport_stream") if known else None
        protocol, transport = attr_path(below, "_protocol"), attr_path(below, "_transport")
        if loop is None or {type(part).__module__ for part in (below, protocol)} != {"anyio._backends._asyncio"}:
            return None
        known = all(hasattr(protocol, name) for name in ("read_event", "read_queue", "is_at_eof"))
        return cls(stream, below, timeout, loop) if known and transport.get_protocol() is protocol else None

    async def receive(self) -> bytes | None:
        """Return what is there as soon as something is; None where the client has to read on.

        Raises:
            TimeoutError: nothing has come in time.
        """
        if not self._stands_in and not self._start():
            return None
        self._asked_at = self._loop.time()
        while not (data := self._received()):
            if self._over or self._transport.is_closing():
                self.stop()
                return None
            await self._wait()
        return data

    def stop(self) -> None:
        """Give the transport back to anyio, with what has come and was not read."""
        if not self._stands_in:
            return
        self._stands_in = False
        self._stop_timer()
        self._transport.pause_reading()
        self._transport.set_protocol(self._protocol)
        for data in self._data:
            self._protocol.data_received(data)
        self._data.clear()

    def fail(self, error: BaseException) -> None:
        """Have the client meet what `receive` raised."""
        self.stop()
        self._stream._stream = Failed(self._stream._stream, error)

    def _start(self) -> bool:
        protocol = self._protocol
        if protocol.is_at_eof or self._transport.is_closing():
            return False
        self._data.extend(protocol.read_queue)
        protocol.read_queue.clear()
        protocol.read_event.clear()
        self._stands_in, self._watches, self._over = True, False, False
        self._transport.set_protocol(self)
        return True

    def _received(self) -> bytes:
        data = b"".join(self._data)
        self._data.clear()
        return data if self._tls is None else self._decrypted(data)

    def _decrypted(self, data: bytes) -> bytes:
        incoming, tls = self._tls._read_bio, self._tls._ssl_object
        if not (data or incoming.pending or tls.pending()):
            return b""
        ssl, pieces = sys.modules["ssl"], []
        incoming.write(data)
        try:
            while piece := tls.read(READ_SIZE):
                pieces.append(piece)
                if not incoming.pending:
                    break
            self._over |= not piece
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self._tls._ssl_object = Failed(tls, error)  # TLS tells it once; anyio meets it here
            self._over = True
        self._over |= self._tls._write_bio.pending > 0  # TLS itself has something to send
        return b"".join(pieces)

    async def _wait(self) -> None:
        """Wait until something has come, or there is nothing to wait for."""
        if not self._watches:
            self._watches = True
            self._transport.resume_reading()
        self._waiter = self._loop.create_future()
        if self._timeout is not None and self._timer is None:  # one goes on for many reads
            self._timer = self._loop.call_at(self._asked_at + self._timeout, self._look_at_time)
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _look_at_time(self) -> None:
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        due = self._asked_at + (self._timeout or 0)
        if due > self._loop.time():
            self._timer = self._loop.call_at(due, self._look_at_time)
        else:
            self._waiter.set_exception(TimeoutError())

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # What the transport calls

    def data_received(self, data: bytes) -> None:
        """Keep what somebody waits for; anyio gets anything else."""
        if self._waiter is None:
            self.stop()
            self._protocol.data_received(data)
        else:
            self._data.append(bytes(data))
            self._wake()

    def eof_received(self) -> bool | None:
        """Let the client meet the end."""
        self._over = True
        keeps_open: bool | None = self._protocol.eof_received()
        self._wake()
        return keeps_open

    def connection_lost(self, error: Exception | None) -> None:
        """Let the client meet the end, or what broke the connection."""
        self._over = True
        self._stop_timer()
        self._protocol.connection_lost(error)
        self._wake()

    def pause_writing(self) -> None:
        """Tell anyio."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Tell anyio."""
        self._protocol.resume_writing()
