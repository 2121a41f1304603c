"""A loopback server that answers as a provider would: each case under a path of its own, to any request."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class _Server(ThreadingHTTPServer):
    """Knows its bodies."""

    def __init__(self, bodies: Sequence[bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies = bodies


class _Handler(BaseHTTPRequestHandler):
    """`POST /3/v1/…` has the body of number 3, whole: the connection itself never says that anything is missing."""

    server: _Server

    def do_POST(self) -> None:
        """The stream."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = self.server.bodies[int(self.path.split("/")[1])]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextlib.contextmanager
def serving(bodies: Sequence[bytes]) -> Iterator[list[str]]:
    """Serve; give the URL of each body, to which a peer adds its own path."""
    with _Server(bodies) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield [f"http://127.0.0.1:{server.server_address[1]}/{number}" for number in range(len(bodies))]
        finally:
            server.shutdown()
            thread.join()
