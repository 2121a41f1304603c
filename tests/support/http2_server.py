"""A server that speaks HTTP/2 over TLS, and sends each event in a frame of its own."""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import trustme
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived

from tests.support.listening import listening

if TYPE_CHECKING:
    import socket
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
    client: ssl.SSLContext
    url: str = ""
    connections: int = 0

    def serve(self, context: ssl.SSLContext, plain: socket.socket) -> None:
        """Serve a connection."""
        self.connections += 1
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
    server = Http2Server(events, client)
    with listening(partial(server.serve, context)) as address:
        server.url = f"https://{address}"
        yield server
