"""A server that speaks HTTP/2 over TLS, and sends each event in a frame of its own."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trustme
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = [(":status", "200"), ("content-type", "text/event-stream")]
HELD = "/held"
"""Asked for this, the server sends the first event and leaves the stream open."""


@dataclass
class Http2Server:
    """Answers every request with the same events.

    Attributes:
        connections: how many were opened.
    """

    events: list[bytes]
    url: str
    client: ssl.SSLContext
    connections: int = 0

    def serve(self, listener: socket.socket, context: ssl.SSLContext) -> None:
        """Accept until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve_client, args=(sock, context), daemon=True).start()

    def _serve_client(self, plain: socket.socket, context: ssl.SSLContext) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as sock:  # it may leave
            connection = H2Connection(H2Configuration(client_side=False))
            connection.initiate_connection()
            sock.sendall(connection.data_to_send())
            while data := sock.recv(65536):
                for event in connection.receive_data(data):
                    if isinstance(event, RequestReceived):
                        self._answer(connection, event)
                sock.sendall(connection.data_to_send())

    def _answer(self, connection: H2Connection, request: RequestReceived) -> None:
        number, is_held = request.stream_id, dict(request.headers)[b":path"] == HELD.encode()
        connection.send_headers(number, HEAD)
        for event in self.events[:1] if is_held else self.events:
            connection.send_data(number, event)
        if not is_held:
            connection.end_stream(number)


@contextlib.contextmanager
def serving(events: list[bytes]) -> Iterator[Http2Server]:
    """Run a server, and tell who trusts it."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["h2"])
    authority.issue_cert("127.0.0.1").configure_cert(context)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Http2Server(events, f"https://127.0.0.1:{listener.getsockname()[1]}", client)
        thread = threading.Thread(target=server.serve, args=(listener, context))
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
