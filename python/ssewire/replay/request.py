"""Reading one HTTP/1.1 request: RFC 9112 sections 3 to 7, as far as clients of an API use them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BufferedIOBase

MAX_HEAD = 65536
"""Bytes of a start line, of the header section and of the trailer section each: no API client needs more."""
MAX_BODY = 64 << 20
"""Bytes of content: twice what the APIs take, images and files in it."""


class BadRequestError(ValueError):
    """The bytes of the client are no HTTP/1.1 request, or too many.

    Attributes:
        status: the status code that says so.
    """

    def __init__(self, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        """Say what is wrong."""
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class ReplayRequest:
    """One request as the server read it.

    Attributes:
        method: "GET", "POST", …
        path: the request target, with its query.
        headers: by lower-case name; the values of a repeated field are joined with ", ".
        body: the content, its transfer coding removed.
        connection: number of the connection that it came on, from 0 in the order of acceptance.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    def json(self) -> Any:
        """Return the body read as JSON; ValueError where it is none, or is nested too deeply to be read."""
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError(f"JSON nested too deeply, in {len(self.body)} bytes") from error

    @property
    def keep_alive(self) -> bool:
        """Whether the client wants to use the connection again."""
        return "close" not in self.headers.get("connection", "").lower()

    @property
    def refuses_stream(self) -> bool:
        """Whether the body is JSON with `"stream": false`."""
        try:
            content = self.json()
        except ValueError:
            return False  # a body that is no JSON asks for nothing: the server is for any client
        return isinstance(content, dict) and content.get("stream") is False


def read_request(source: BufferedIOBase, connection: int, send: Callable[[bytes], object]) -> ReplayRequest | None:
    """Read the next request, or return None where the client closed the connection before one.

    Args:
        source: the connection, buffered.
        connection: its number, for the request's attribute.
        send: writes bytes to the client; used for "100 Continue" only.

    Raises:
        BadRequestError: the bytes are no HTTP/1.1 request, too many, or end in the middle of one.
    """
    start = _line(source)
    if not start:
        return None
    method, path, version = _start_line(start)
    if version != "HTTP/1.1":
        raise BadRequestError(f"HTTP/1.1 is spoken here, not {version}")
    headers = _headers(source)
    if headers.get("expect", "").lower() == "100-continue":
        send(b"HTTP/1.1 100 Continue\r\n\r\n")
    return ReplayRequest(method, path, headers, _body(source, headers), connection)


def _line(source: BufferedIOBase) -> bytes:
    line = source.readline(MAX_HEAD)
    if line and not line.endswith(b"\n"):
        raise BadRequestError("a line of the request's head is unterminated or too long")
    return line


def _start_line(line: bytes) -> tuple[str, str, str]:
    words = line.decode("latin-1").split()
    if len(words) != 3:  # noqa: PLR2004 - method, target, version
        raise BadRequestError(f"not a request line: {line!r}")
    return words[0], words[1], words[2]


def _headers(source: BufferedIOBase) -> dict[str, str]:
    headers: dict[str, str] = {}
    room = MAX_HEAD
    while (line := _line(source)) not in {b"\r\n", b"\n"}:
        room -= len(line)
        if room < 0:
            raise BadRequestError(f"more than {MAX_HEAD} bytes of fields", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise BadRequestError(f"not a header field: {line!r}")
        key, text = name.lower(), value.strip()
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _body(source: BufferedIOBase, headers: dict[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _chunked_body(source)
    return _exactly(source, _size(headers.get("content-length", "0"), 10, MAX_BODY))


def _chunked_body(source: BufferedIOBase) -> bytes:
    body = bytearray()
    while size := _size(_line(source).decode("latin-1").partition(";")[0], 16, MAX_BODY - len(body)):
        body += _exactly(source, size)
        _line(source)
    _headers(source)  # the trailer section: read away, nobody asks for it
    return bytes(body)


def _exactly(source: BufferedIOBase, size: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise BadRequestError(f"the request's body ends after {len(data)} of {size} bytes")
    return data


def _size(text: str, base: int, room: int) -> int:
    try:
        number = int(text, base)
    except ValueError:
        number = -1
    if number < 0:
        raise BadRequestError(f"not a size: {text!r}")
    if number > room:
        raise BadRequestError(f"more than {MAX_BODY} bytes of content", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return number
