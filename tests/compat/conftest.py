"""A server on loopback that gives prepared answers, and keeps what it was asked."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EVENT_STREAM = "text/event-stream"


@dataclass
class Answer:
    """One answer: its body in chunks, `None` for a chunk that never comes because the connection breaks."""

    body: Sequence[bytes | None]
    content_type: str | None
    status: int


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, list[str]]
    body: bytes


@dataclass
class Server:
    """What to answer, one request after the other, and what was asked."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def answer(self, *body: bytes | None, content_type: str | None = EVENT_STREAM, status: int = 200) -> str:
        """Prepare an answer; give the URL to ask at."""
        self.answers.append(Answer(body, content_type, status))
        return self.url


def handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:  # a client may leave whenever it likes
                self.close_connection = True

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): self.headers.get_all(name, []) for name in self.headers}
            server.asked.append(Asked(self.command, self.path, headers, body))
            self.give(server.answers.pop(0))

        do_POST = do_GET  # noqa: N815 - http.server's word

        def give(self, answer: Answer) -> None:
            self.send_response(answer.status)
            if answer.content_type is not None:
                self.send_header("Content-Type", answer.content_type)
            if answer.status == 204:
                self.end_headers()
                return
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in answer.body:
                if piece is None:
                    self.close_connection = True
                    return
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    prepared = Server()
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(prepared)) as http:
        http.daemon_threads = True
        prepared.url = f"http://127.0.0.1:{http.server_port}/events"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield prepared
        http.shutdown()
        thread.join()
