"""A server that sends chunked bodies as a test cuts them, right or wrong."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.support.listening import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
LAST = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Return the bytes as one chunk: RFC 9112 section 7.1."""
    return b"%x\r\n%b\r\n" % (len(data), data)


EVENTS = [f'data: {{"number": {number}}}\n\n'.encode() for number in range(100)]
WHOLE = b"".join(map(chunk, EVENTS))
BODIES = {
    "events": WHOLE + LAST,
    "nothing": LAST,
    "trailers": chunk(b"a") + chunk(b"b") + b"0\r\nName: value\r\n\r\n",
    "a bad trailer": chunk(b"a") + b"0\r\nName value\r\n\r\n",
    "extensions": chunk(b"a") + b"1;name=value\r\nb\r\n" + chunk(b"c") + chunk(b"d") + b"0;x\r\n\r\n",
    "many extensions": b"1;x\r\na\r\n" * 3000 + LAST,
    "space behind a size": b"1 \r\na\r\n" + chunk(b"b") + LAST,
    "line ends": chunk(b"\r\n") + chunk(b"\n\r\n0\r\n\r\n") + LAST,
    "zeros before a size": b"0003\r\nabc\r\n" + b"0" * 18 + b"a\r\n0123456789\r\n000\r\n\r\n",
    "a large chunk": chunk(b"a" * 200_000) + chunk(b"b") + chunk(b"c" * (1 << 20)) + LAST,
    "no end": WHOLE,
    "cut in a chunk": WHOLE[:-9],
    "cut in a size": WHOLE + b"1",
    "cut in the last chunk": WHOLE + b"0\r\n",
    "no size": chunk(b"a") + chunk(b"b") + b"text\r\n",
    "an empty size": chunk(b"a") + b"\r\n" + chunk(b"b") + LAST,
    "a size with a sign": chunk(b"a") + b"+1\r\nb\r\n" + LAST,
    "a size with a prefix": chunk(b"a") + b"0x1\r\nb\r\n" + LAST,
    "a huge size": chunk(b"a") + b"F" * 20 + b"\r\nb\r\n" + LAST,
    "a size of 21 digits": chunk(b"a") + b"1" * 21 + b"\r\nb\r\n" + LAST,
    "too long": chunk(b"a") + b"1\r\nbc\r\n" + LAST,
    "too short": chunk(b"a") + b"3\r\nbc\r\n" + LAST,
    "no CR": chunk(b"a") + b"1\nb\n0\n\n",
    "an endless size": chunk(b"a") + b"1" * 200_000,
    "the next response": chunk(b"a") + LAST + HEAD + b"\r\n" + chunk(b"b") + LAST,
    "a byte after the end": chunk(b"a") + LAST + b"x",
}  # fmt: skip

# After these the client waits for more, so the server ends the connection. After the others it may be used again.
ENDLESS = {"no end", "cut in a chunk", "cut in a size", "cut in the last chunk", "a huge size", "no CR"}


_sizes = st.tuples(st.sampled_from(["%x", "%X", "0%x", "%x;a=b", "%x ", "%x;"]), st.binary(min_size=1, max_size=40))
_ends = st.sampled_from([LAST, b"0\r\nA: b\r\n\r\n", b"", b"0\r\n", b"-1\r\n", b"1\r\nab\r\n"])


@st.composite
def _bodies(draw: st.DrawFn) -> tuple[bytes, bool]:
    chunks = [
        (form % len(data)).encode() + b"\r\n" + data + b"\r\n" for form, data in draw(st.lists(_sizes, max_size=12))
    ]
    end = draw(_ends)
    return b"".join(chunks) + end, end not in (b"", b"0\r\n")


chunked_bodies = _bodies()
"""Bodies, and whether the connection may stay open after them."""


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

    def serve(self, sock: socket.socket) -> None:
        """Serve a connection."""
        self.connections += 1
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
        self.sent = threading.Semaphore(0)
        self.answers[b"/body"] = Answer(list(pieces), stays, headers)
        return f"{self.url}/body"


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """Run a server."""
    server = Server()
    with listening(server.serve) as address:
        server.url = f"http://{address}"
        yield server
