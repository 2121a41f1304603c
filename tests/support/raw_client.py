"""What the tests of the replay server share: a small stream and clients that show what comes over the wire."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssewire.replay import ReplayServer
    from typing_extensions import Self

WAIT = 10.0  # seconds; never reached where things work
STREAM = b": hello\n\nid: 1\ndata: a\n\nevent: x\r\ndata: \xc3\xa9\r\n\r\ndata: [DONE]\n\n"
EVENTS = [b": hello\n\n", b"id: 1\ndata: a\n\n", b"event: x\r\ndata: \xc3\xa9\r\n\r\n", b"data: [DONE]\n\n"]


class RawClient:
    """A client that shows the bytes of the connection."""

    def __init__(self, server: ReplayServer) -> None:
        host, _, port = server.url.removeprefix("http://").removesuffix("/v1").partition(":")
        self.sock = socket.create_connection((host, int(port)), timeout=WAIT)
        self.file = self.sock.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.file.close()
        self.sock.close()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def head(self) -> tuple[int, dict[str, str]]:
        """Read one response's head."""
        status = int(self.file.readline().split()[1])
        lines = iter(self.file.readline, b"\r\n")
        fields = (line.decode().rstrip().split(": ", 1) for line in lines)
        return status, {name.lower(): value for name, value in fields}

    def ask(self) -> dict[str, str]:
        """Ask for a stream and return its headers."""
        self.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        status, headers = self.head()
        assert status == 200
        return headers

    def has_bytes(self) -> bool:
        """Say whether anything has arrived that was not read yet, without waiting."""
        self.sock.settimeout(0)
        try:
            return bool(self.file.peek(1))
        finally:
            self.sock.settimeout(WAIT)

    def chunks(self) -> Iterator[bytes]:
        """Yield the chunks of a chunked body; ends after the last one, or where the connection ends."""
        while size := int(self.file.readline() or b"0", 16):
            data = self.file.read(size)
            assert self.file.read(2) == b"\r\n"
            yield data


def fetch(server: ReplayServer, **options: Any) -> requests.Response:
    return requests.post(f"{server.url}/chat/completions", json={"stream": True}, timeout=WAIT, **options)
