"""A server that sends chunked bodies as a test cuts them, right or wrong."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
LAST = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Return the bytes as one chunk: RFC 9112 section 7.1."""
    return b"%x\r\n%b\r\n" % (len(data), data)


@dataclass
class Answer:
    """What the server does once it has read a request's head."""

    pieces: list[bytes]
    stays: bool = True
    headers: bytes = b""


@dataclass
class Server:
    """Gives each request the answer of its path; `/` is a short one."""

    answers: dict[bytes, Answer] = field(default_factory=dict)
    connections: int = 0
    url: str = ""
    sent: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def serve(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # closed: the test is over
            while True:
                sock, _ = listener.accept()
                self.connections += 1
                threading.Thread(target=self._answer, args=(sock,), daemon=True).start()

    def _answer(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = b""
        with sock, contextlib.suppress(OSError):  # the client may leave
            while data := sock.recv(4096):
                head += data
                if not head.endswith(b"\r\n\r\n"):
                    continue
                answer = self.answers.get(head.split(b" ")[1], Answer([chunk(b"ok") + LAST]))
                sock.sendall(HEAD + answer.headers + b"\r\n")
                for piece in answer.pieces:
                    sock.sendall(piece)
                self.sent.release()
                if not answer.stays:
                    return
                head = b""

    def give(self, *pieces: bytes, stays: bool = True, headers: bytes = b"") -> str:
        """Give this from now on; returns the URL to ask for it."""
        self.answers[b"/body"] = Answer(list(pieces), stays, headers)
        return f"{self.url}/body"


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """Run a server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=server.serve, args=(listener,))
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
