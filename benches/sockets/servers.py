"""Loopback servers in processes of their own, so that a client's CPU time holds nothing of theirs.

A server listens on 127.0.0.1, says its port in its first line on stdout, and dies with its standard input: it never
outlives the process that started it. Each event is one chunk of a chunked body and one `send`, with TCP_NODELAY, as
real servers send them.

    segments    one client at a time, the process that started it. Paths that begin with /whole have all events in one
                send, with /burst as fast as they can be sent, with /paced each one only after the client has taken
                everything that came before and has gone to sleep: no read gets two events, every one has to wait, as
                with events that come from a model; with /every/300 each one 300 microseconds after the last. With a
                certificate, over TLS
    steady      as many streams as it was told, all of them open before the first event, each at the same rate; every
                event says when it was sent
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import IO

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
TIMEOUT = 120.0  # seconds that a server waits for its client

# What stands before the time of sending in the text of each event of `steady`, and the digits of that time.
STAMP_MARK = " at "
STAMP_DIGITS = 19

_ROOT = Path(__file__).resolve().parents[2]


def chunk(data: bytes) -> bytes:
    """Return the bytes as one chunk of a chunked body: RFC 9112 section 7.1."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def split_events(body: bytes) -> list[bytes]:
    r"""Split a stream that ends its lines with LF after its blank lines; joined again, the parts are the stream."""
    return [part + b"\n\n" for part in body.split(b"\n\n") if part]


@contextlib.contextmanager
def started(*arguments: str) -> Iterator[tuple[int, IO[bytes]]]:
    """Run a server; give its port and its standard input. Leaving ends it."""
    command = [sys.executable, "-m", "benches.sockets.servers", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT) as process:  # noqa: S603
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.stdin
        finally:
            process.kill()


@contextlib.contextmanager
def segment_server(body: bytes, certificate: str | None = None) -> Iterator[str]:
    """Run the server `segments` with that stream, with TLS where there is a file with its key and certificate.

    Gives its base URL.
    """
    arguments = () if certificate is None else ("--certificate", certificate)
    with started("segments", *arguments) as (port, control):
        control.write(struct.pack("!Q", len(body)) + body)
        control.flush()
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{port}"


@contextlib.contextmanager
def steady_server(streams: int, events: int, rate: float) -> Iterator[tuple[str, IO[bytes]]]:
    """Run the server `steady`.

    Gives:
        Its URL, and the pipe that tells it to go on: a line for each half of the events.
    """
    with started("steady", str(streams), str(events), str(rate)) as (port, control):
        yield f"http://127.0.0.1:{port}/steady", control


class Client:
    """The process at the other end of a connection, on this machine, as the kernel sees it.

    The client need not tell what it does: sock_diag(7) knows what it has not read, proc(5) whether it sleeps. Linux
    only.
    """

    def __init__(self, server_side: socket.socket, pid: int) -> None:
        """Raise OSError where the system cannot be asked."""
        if not sys.platform.startswith("linux"):
            raise OSError("events can be paced on Linux only")
        self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)  # NETLINK_SOCK_DIAG
        self._netlink.connect((0, 0))
        self._request = _diag_request(server_side.getpeername(), server_side.getsockname())
        self._stat = Path(f"/proc/{pid}/stat").open("rb", buffering=0)  # noqa: SIM115 - `close` closes it

    def wait_idle(self) -> None:
        """Wait until the client has read everything, and waits for more."""
        deadline = time.monotonic() + TIMEOUT
        while self._unread() or not self._sleeps():
            if time.monotonic() > deadline:
                raise TimeoutError("the client does not read")

    def close(self) -> None:
        """Ask no more."""
        self._netlink.close()
        self._stat.close()

    def _unread(self) -> int:
        """Return the bytes that the client has not read."""
        self._netlink.send(self._request)
        answer = self._netlink.recv(4096)
        if struct.unpack_from("=H", answer, 4)[0] == 2:  # NLMSG_ERROR
            raise OSError(-struct.unpack_from("=i", answer, 16)[0], "the client's socket is gone")
        size: int = struct.unpack_from("=I", answer, 16 + 56)[0]  # inet_diag_msg.idiag_rqueue
        return size

    def _sleeps(self) -> bool:
        """Whether its main thread waits for something."""
        return os.pread(self._stat.fileno(), 4096, 0).rpartition(b") ")[2].startswith(b"S")


def _diag_request(source: tuple[str, int], destination: tuple[str, int]) -> bytes:
    """Return a netlink request for one TCP socket: inet_diag_req_v2, without a cookie."""
    ports = struct.pack("!HH", source[1], destination[1])
    addresses = b"".join(socket.inet_aton(host).ljust(16, b"\0") for host, _ in (source, destination))
    socket_id = ports + addresses + struct.pack("=I", 0) + b"\xff" * 8
    body = struct.pack("=BBxxI", socket.AF_INET, socket.IPPROTO_TCP, 0xFFFFFFFF) + socket_id
    return struct.pack("=IHHII", 16 + len(body), 20, 1, 0, 0) + body  # SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST


def _read_request(sock: socket.socket) -> bytes:
    """Return a request, whose body has a Content-Length or is none; b"" where the client left."""
    request = b""
    while not _is_whole(request):
        data = sock.recv(65536)
        if not data:
            return b""
        request += data
    return request


def _is_whole(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"^content-length: *(\d+)", head, re.IGNORECASE | re.MULTILINE)
    return bool(end) and len(body) == int(length[1] if length else 0)


def _serve_segments(listener: socket.socket, chunks: Sequence[bytes], certificate: str | None) -> None:
    """Serve every connection in a thread."""
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=_serve_client, args=(sock, chunks, context), daemon=True).start()


def _serve_client(plain: socket.socket, chunks: Sequence[bytes], context: ssl.SSLContext | None) -> None:
    """Answer the requests of one connection."""
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock = plain if context is None else context.wrap_socket(plain, server_side=True)
    with sock, contextlib.suppress(ConnectionError):  # the client may leave
        while request := _read_request(sock):
            path = request.split(b" ", 2)[1]
            if path.startswith(b"/whole"):
                sock.sendall(b"".join((HEAD, *chunks, END)))
                continue
            sock.sendall(HEAD)
            if path.startswith(b"/paced"):
                _send_paced(sock, (*chunks, END))
            elif path.startswith(b"/every/"):
                _send_spaced(sock, (*chunks, END), int(path.split(b"/")[2]) / 1e6)
            else:
                for data in (*chunks, END):
                    sock.sendall(data)


def _send_paced(sock: socket.socket, parts: Iterable[bytes]) -> None:
    with contextlib.closing(Client(sock, os.getppid())) as client:
        for data in parts:
            client.wait_idle()
            sock.sendall(data)


def _send_spaced(sock: socket.socket, parts: Iterable[bytes], gap: float) -> None:
    for data in parts:
        time.sleep(gap)
        sock.sendall(data)


def stamped_events(events: int) -> list[tuple[bytes, bytes]]:
    """Return a chat completion as chunks of a chunked body, each cut in two where its time of sending belongs.

    The first event has the role, the last but one the finish reason, the last is the sentinel: their second half is
    empty, and they bear no time.
    """
    return [_cut(delta, reason) for delta, reason in _deltas(events)] + [(chunk(b"data: [DONE]\n\n"), b"")]


def _deltas(events: int) -> Iterator[tuple[str, str]]:
    text = f'{{"content":" word{STAMP_MARK}{"0" * STAMP_DIGITS}"}}'
    yield '{"role":"assistant","content":"","refusal":null}', "null"
    for _ in range(events - 3):
        yield text, "null"
    yield "{}", '"stop"'


def _cut(delta: str, reason: str) -> tuple[bytes, bytes]:
    payload = (
        '{"id":"chatcmpl-B0aXq7Rk2mWc9TzLhEoYd4VuNs1Pf","object":"chat.completion.chunk","created":1740000000,'
        '"model":"example-4o-2025-01-01","service_tier":"default","system_fingerprint":"fp_0a1b2c3d4e",'
        f'"choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{reason}}}],"usage":null}}'
    )
    data = chunk(f"data: {payload}\n\n".encode())
    before, mark, after = data.partition(STAMP_MARK.encode())
    return before + mark, after[STAMP_DIGITS:]


def _serve_steady(listener: socket.socket, streams: int, events: int, rate: float) -> None:
    """Open all the streams, then send to each in turn, in two halves."""
    clients = [_accept(listener) for _ in range(streams)]
    parts = stamped_events(events)
    for half in (parts[: events // 2], parts[events // 2 :]):
        if not sys.stdin.buffer.readline():
            return
        _send_steadily(clients, half, 1 / (streams * rate))
    for client in clients:
        client.sendall(END)
    sys.stdin.buffer.read()


def _accept(listener: socket.socket) -> socket.socket:
    sock, _ = listener.accept()
    sock.settimeout(TIMEOUT)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _read_request(sock)
    sock.sendall(HEAD)
    return sock


def _send_steadily(clients: Sequence[socket.socket], parts: Sequence[tuple[bytes, bytes]], gap: float) -> None:
    """Send each part to every client, one send each `gap` seconds."""
    due = time.perf_counter()
    for before, after in parts:
        for client in clients:
            due += gap
            wait = due - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            stamp = b"%0*d" % (STAMP_DIGITS, time.monotonic_ns()) if after else b""
            client.sendall(before + stamp + after)


def _die_with_input() -> None:
    """End the process when standard input ends."""
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m benches.sockets.servers", description=__doc__.partition("\n")[0])
    parser.add_argument("kind", choices=["segments", "steady"])
    parser.add_argument("numbers", nargs="*", type=float, help="steady: streams, events of each, events a second")
    parser.add_argument("--certificate", help="segments: a file with a key and its certificate, for TLS")
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(listener.getsockname()[1], flush=True)
    if options.kind == "steady":
        streams, events, rate = options.numbers
        _serve_steady(listener, int(streams), int(events), rate)
        return
    body = sys.stdin.buffer.read(struct.unpack("!Q", sys.stdin.buffer.read(8))[0])
    threading.Thread(target=_die_with_input, daemon=True).start()
    _serve_segments(listener, [chunk(event) for event in split_events(body)], options.certificate)


if __name__ == "__main__":
    main()
