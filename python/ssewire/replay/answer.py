"""What the server says to a request: a stream, or a JSON error."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from ssewire.replay.body import Body


@dataclass(frozen=True)
class Answer:
    """One response.

    Attributes:
        status: the status code.
        headers: the header fields that do not describe the body's framing and encoding.
        body: the body, which brings those that do.
        drop_after: after that many of the body's events it is cut; None: it is complete.
        linger: after the last event the body is left open.
        paced: rate and gate apply to it.
    """

    status: int
    headers: list[tuple[str, str]]
    body: Body
    drop_after: int | None = None
    linger: bool = False
    paced: bool = False

    @property
    def head(self) -> bytes:
        """The status line and the header section."""
        fields = "".join(f"{name}: {value}\r\n" for name, value in [*self.headers, *self.body.headers])
        return f"HTTP/1.1 {self.status} {_phrase(self.status)}\r\n{fields}\r\n".encode("latin-1")

    @property
    def keep_alive(self) -> bool:
        """Whether the connection can be used after it."""
        return self.drop_after is None and ("Connection", "close") not in [*self.headers, *self.body.headers]


def json_answer(status: int, content: bytes, headers: list[tuple[str, str]], *, close: bool = False) -> Answer:
    """Return an answer with a JSON body instead of a stream."""
    fields = [("Content-Type", "application/json"), *headers, *([("Connection", "close")] if close else [])]
    return Answer(status, fields, Body([[content]] if content else [], b"", [("Content-Length", str(len(content)))]))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""  # a status that nobody registered has no phrase, and needs none
