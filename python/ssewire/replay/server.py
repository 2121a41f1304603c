"""The server: it listens, gives each connection a thread, and knows which stream comes next."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ssewire._types import Self
from ssewire.replay import sockets
from ssewire.replay.connection import Connection
from ssewire.replay.options import Encoding, Framing, Options
from ssewire.replay.request import ReplayRequest
from ssewire.replay.script import Script

_LAST_PORT = 65535
_JOIN_TIMEOUT = 10.0  # seconds that close() gives a gate to return
_PAUSE = 0.05  # seconds until it is tried again to accept a connection
_LOOK_INTERVAL = 0.005  # seconds between two looks at the sockets in wait_disconnect


class ReplayServer:
    """Replays recorded event streams as an OpenAI-compatible endpoint on loopback.

    It listens as soon as it is made, answers GET and POST on any path, keeps connections alive, and serves the streams
    in turn: the n-th stream to the n-th request that gets one, starting again after the last. A request whose JSON body
    says `"stream": false` gets an error with status 400. A context manager: leaving it closes it.

    A request may have 64 KiB of header fields and 64 MiB of content, and be silent for 30 seconds: beyond that it gets
    an error with status 431, 413 or 408. A connection is closed after ten minutes without a request.

    Attributes:
        url: "http://127.0.0.1:PORT/v1", the base URL for a client.
        connections: how many connections were accepted so far.

    Args:
        streams: whole event streams, or files that hold them.
        rate: events a second; None or 0 as fast as possible. The first event is sent at once.
        piece_size: bytes of a network write; None sends each event whole.
        cut_seed: cut each event at random places instead, pieces of 1 to `piece_size` (or 64) bytes; the same seed
            gives the same cuts.
        framing: how the body is delimited: "chunked", by the connection's "close", or by Content-"length".
        encoding: content coding, whatever the client accepts; each write can be decompressed at once.
        drop_after: after that many events cut the connection without the body's end.
        reset: cut it with a TCP reset. What the client's system has not received yet is lost with it.
        fail: (status, JSON body), the answer instead of a stream.
        fail_times: only the first so many requests fail or are dropped, the later ones work; None: all fail.
        linger: after the last event keep the connection open, the body unended, until the client goes.
        content_type: of the streams. With "ndjson" in it a line counts as an event.
        status: of the answers that are streams.
        headers: further header fields of every answer.
        gate: called with the event's number in its stream, from 0, before that event is sent; may block. The
            response's head is out by then. What it raises cuts the connection, and `close` raises it again.
        ssl_context: speak TLS with it.
        host: address to listen on.
        port: 0 takes a free one.

    Raises:
        ValueError: an option makes no sense, or there is no stream.
        OSError: a file cannot be read, or the port is taken.
    """

    def __init__(  # noqa: PLR0913 - one keyword a fault; none of them has to be given
        self,
        streams: Sequence[bytes | Path],
        *,
        rate: float | None = None,
        piece_size: int | None = None,
        cut_seed: int | None = None,
        framing: Framing = "chunked",
        encoding: Encoding = "identity",
        drop_after: int | None = None,
        reset: bool = False,
        fail: tuple[int, bytes] | None = None,
        fail_times: int | None = None,
        linger: bool = False,
        content_type: str = "text/event-stream",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        gate: Callable[[int], object] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        options = Options(
            rate=rate,
            piece_size=piece_size,
            cut_seed=cut_seed,
            framing=framing,
            encoding=encoding,
            drop_after=drop_after,
            reset=reset,
            fail=fail,
            fail_times=fail_times,
            linger=linger,
            content_type=content_type,
            status=status,
            headers=headers or {},
            gate=gate,
        )
        self.connections = 0
        self._script = Script(streams, options)
        self._ssl_context = ssl_context
        self._lock = threading.Lock()
        self._open: list[tuple[Connection, threading.Thread]] = []
        self._listen(host, port)

    @property
    def requests(self) -> list[ReplayRequest]:
        """The requests so far, in the order of their arrival: the newest 10,000, with at most 64 MiB of bodies."""
        return self._script.requests

    @property
    def disconnects(self) -> int:
        """How many clients so far went away in the middle of a body."""
        return self._script.disconnects

    def _listen(self, host: str, port: int) -> None:
        if not 0 <= port <= _LAST_PORT:  # create_server would leave its socket open
            raise ValueError(f"port must be at most {_LAST_PORT}, not {port}")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family)
        self._listener.settimeout(0)
        try:
            self._stop, self._stopped = socket.socketpair()
        except OSError:
            self._listener.close()
            raise
        bound = self._listener.getsockname()[1]
        scheme = "http" if self._ssl_context is None else "https"
        self.url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{bound}/v1"
        self._acceptor = threading.Thread(target=self._accept, name="ssewire-replay-accept", daemon=True)
        self._acceptor.start()

    def __enter__(self) -> Self:
        """Return the server, which listens already."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close it."""
        self.close()

    def wait_disconnect(self, timeout: float, count: int = 1) -> bool:
        """Wait until `count` clients, counted from the start, went away in the middle of a body.

        It is noticed even while the gate blocks; a client that only closes its sending side counts as gone. Not
        noticed: one that leaves after the whole body fitted in the system's buffers, so use `gate` or `linger`.

        Args:
            timeout: seconds.
            count: how many clients.

        Returns:
            False when the time is over.
        """
        deadline = time.monotonic() + timeout
        while True:
            for connection, _ in self._alive():
                connection.check_left()
            if self._script.wait_left(count, min(_LOOK_INTERVAL, max(0, deadline - time.monotonic()))):
                return True
            if time.monotonic() >= deadline:
                return False

    def close(self) -> None:
        """Stop listening, cut every connection and wait for their threads; may be called again.

        Raises:
            RuntimeError: a gate did not return within ten seconds.
            Exception: what a gate raised.
        """
        self._script.stopping.set()
        self._stop.close()
        self._acceptor.join()
        self._listener.close()
        self._stopped.close()
        for connection, _ in self._alive():
            connection.abort()
        for _, thread in self._alive():
            thread.join(_JOIN_TIMEOUT)
            if thread.is_alive():
                raise RuntimeError("a gate of the replay server still blocks: let it return before closing the server")
        if self._script.errors:
            raise self._script.errors.pop(0)

    def _accept(self) -> None:
        with sockets.Selector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._stopped, selectors.EVENT_READ)
            while not self._script.stopping.is_set():
                selector.select()
                self._accept_one()
        with contextlib.suppress(OSError):  # until nobody waits
            while True:
                self._listener.accept()[0].close()  # not reset, as the listener's end would do

    def _accept_one(self) -> None:
        """Accept who waits; where that fails, later: a client may have left, or the system be short of descriptors."""
        try:
            sock, _ = self._listener.accept()
        except OSError:
            self._script.stopping.wait(_PAUSE)
            return
        sock.settimeout(None)  # some systems hand the listener's on
        self._start(sock)

    def _start(self, sock: socket.socket) -> None:
        self._alive()  # forgets those that ended, so that a long-lived server does not grow
        connection = Connection(sock, self.connections, self._script)
        name = f"ssewire-replay-{self.connections}"
        thread = threading.Thread(target=connection.run, args=(self._ssl_context,), name=name, daemon=True)
        with self._lock:
            self.connections += 1
            try:
                thread.start()
            except RuntimeError:  # the system has no thread left: this client is turned away, the next may be served
                sock.close()
            else:
                self._open.append((connection, thread))

    def _alive(self) -> list[tuple[Connection, threading.Thread]]:
        """The connections whose thread still runs; the others are forgotten."""
        with self._lock:
            self._open = [pair for pair in self._open if pair[1].is_alive()]
            return list(self._open)
