"""A proxy that opens tunnels: RFC 9110, section 9.3.6."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

from tests.support.listening import listening

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def tunnelling() -> Iterator[str]:
    """Run one; gives its URL."""
    with listening(_open) as address:
        yield f"http://{address}"


def _open(sock: socket.socket) -> None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(4096)
    method, target, _ = head.split(b" ", 2)
    assert method == b"CONNECT"
    host, _, port = target.decode().rpartition(":")
    with sock, socket.create_connection((host, int(port))) as server:
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        back = threading.Thread(target=_pass_on, args=(server, sock), daemon=True)
        back.start()
        _pass_on(sock, server)
        back.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):  # either may leave
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
