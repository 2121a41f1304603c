"""One client's connection: requests are read, answers sent, and the client's leaving is noticed.

1. One thread runs it; that thread alone reads, writes and closes the socket.
2. Other threads may look whether the client left (`check_left`) and may shut the socket down (`abort`), under the lock.
3. A client may leave at any time: that ends the connection, and is never an error of the server.
"""

from __future__ import annotations

import enum
import socket
import ssl
import struct
import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from ssewire.replay import sockets
from ssewire.replay.answer import Answer, json_answer
from ssewire.replay.failures import failure
from ssewire.replay.request import MAX_BODY, BadRequestError, read_request

if TYPE_CHECKING:
    from io import BufferedReader

    from ssewire.replay.request import ReplayRequest
    from ssewire.replay.script import Script

PATIENCE = 30.0
"""Seconds without a byte after which a request that has begun, or a TLS handshake, is given up."""
IDLE = 600.0
"""Seconds after which a connection is closed on which no request begins."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # struct linger {on, 0 seconds}: close() sends RST instead of FIN


class _State(enum.Enum):
    IDLE = enum.auto()  # between two answers: the connection can be used again, or closed properly
    SENDING = enum.auto()  # an answer is under way
    LEFT = enum.auto()  # the client went away in the middle of one
    CUT = enum.auto()  # the server ended one early: it was told to drop, the gate raised, or it stops


class Connection:
    """Serves one accepted socket until the client leaves, an answer ends it, or the server stops."""

    def __init__(self, sock: socket.socket, number: int, script: Script) -> None:
        """Take over `sock`: `run` closes it."""
        self._sock = sock
        self._number = number
        self._script = script
        self._lock = threading.Lock()
        self._state = _State.IDLE

    def run(self, ssl_context: ssl.SSLContext | None) -> None:
        """Serve, and close the socket at the end; what the client does never raises here."""
        try:
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if ssl_context is not None:
                self._start_tls(ssl_context)
            self._serve()
        except OSError:
            # The client reset the connection, refused the certificate or left while a write was under way: its right.
            self._note_left()
        finally:
            self._close()

    def abort(self) -> None:
        """Unblock the thread that runs the connection; for the server's end."""
        with self._lock:
            sockets.shut_down(self._sock)

    def check_left(self) -> bool:
        """Look whether the client left in the middle of an answer, without waiting."""
        with self._lock:
            # While the lock is held and an answer is under way nobody else reads or closes the socket.
            gone = self._state is _State.SENDING and sockets.readable(self._sock, 0) and sockets.ended(self._sock)
        if gone:
            self._note_left()
        return self._state is _State.LEFT

    def _start_tls(self, context: ssl.SSLContext) -> None:
        with self._lock:  # abort() must not meet the socket while its descriptor changes hands
            self._sock = context.wrap_socket(self._sock, server_side=True, do_handshake_on_connect=False)
        self._sock.settimeout(PATIENCE)
        self._sock.do_handshake()

    def _serve(self) -> None:
        with self._sock.makefile("rb") as source:
            while (request := self._next_request(source)) is not None:
                answer = self._script.answer(request)
                self._send(answer)
                if self._state is not _State.IDLE or not (answer.keep_alive and request.keep_alive):
                    return

    def _next_request(self, source: BufferedReader) -> ReplayRequest | None:
        """Read the next request; None where the client has none, or was told why its one is refused."""
        if not self._begins(source):
            return None
        self._sock.settimeout(PATIENCE)
        try:
            return read_request(source, self._number, self._sock.sendall)
        except TimeoutError:
            late = BadRequestError(f"nothing came for {PATIENCE:g} s, within a request", HTTPStatus.REQUEST_TIMEOUT)
            self._refuse(late)
        except BadRequestError as error:
            self._refuse(error)
        finally:
            self._sock.settimeout(None)
        return None

    def _begins(self, source: BufferedReader) -> bool:
        """Wait for the first byte of a request."""
        self._sock.settimeout(IDLE)
        try:
            return bool(source.peek(1))
        except TimeoutError:
            return False

    def _refuse(self, error: BadRequestError) -> None:
        self._send(json_answer(error.status, failure(error.status, str(error)), [], close=True))
        sockets.drain(self._sock, MAX_BODY)

    def _send(self, answer: Answer) -> None:
        """Send the answer, as far as it goes; the state says afterwards how it ended."""
        self._move(_State.IDLE, _State.SENDING)
        self._sock.sendall(answer.head)
        if not self._send_events(answer):
            self._move(_State.SENDING, _State.CUT)
        elif answer.linger:
            self._wait_left(None)
            self._move(_State.SENDING, _State.CUT)
        elif answer.drop_after is not None:
            self._drop()
        else:
            self._sock.sendall(answer.body.end)
            self._move(_State.SENDING, _State.IDLE)

    def _send_events(self, answer: Answer) -> bool:
        """Send the events one by one; return False where the client left, the server stops or the gate raised."""
        rate = self._script.options.rate
        start = time.monotonic()
        for number, writes in enumerate(answer.body.events[: answer.drop_after]):
            if answer.paced and rate and self._wait_left(start + number / rate - time.monotonic()):
                return False
            if answer.paced and not self._pass_gate(number):
                return False
            for data in writes:
                self._sock.sendall(data)
        return True

    def _pass_gate(self, number: int) -> bool:
        gate = self._script.options.gate
        if gate is None:
            return True
        try:
            gate(number)
        except Exception as error:  # noqa: BLE001 - the caller's code: close() raises whatever it raised
            self._script.note_error(error)
            return False
        return not self.check_left() and not self._script.stopping.is_set()

    def _wait_left(self, timeout: float | None) -> bool:
        """Wait until the client leaves or the server stops (True), or the time is over (False)."""
        if timeout is not None and timeout <= 0:
            return False
        if not sockets.readable(self._sock, timeout):
            return False
        if sockets.ended(self._sock):
            self._note_left()
            return True
        # The client sent its next request early: its leaving cannot be seen behind those bytes.
        return self._script.stopping.wait(timeout)

    def _drop(self) -> None:
        if self._script.options.reset:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._move(_State.SENDING, _State.CUT)

    def _note_left(self) -> None:
        if self._move(_State.SENDING, _State.LEFT):
            self._script.note_left()

    def _move(self, before: _State, after: _State) -> bool:
        """Change the state if it is `before`; say whether it was."""
        with self._lock:
            changes = self._state is before
            if changes:
                self._state = after
            return changes

    def _close(self) -> None:
        with self._lock:
            if isinstance(self._sock, ssl.SSLSocket) and self._state is _State.IDLE:
                sockets.say_goodbye(self._sock)
            self._state = _State.CUT if self._state is _State.SENDING else self._state  # nobody may look at it now
            self._sock.close()
