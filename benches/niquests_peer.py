"""niquests, in its own environment: its urllib3-future takes the place of urllib3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from urllib3_future._collections import HTTPHeaderDict
from urllib3_future.backend import LowLevelResponse
from urllib3_future.contrib.webextensions.sse import ServerSentEvent, ServerSideEventExtensionFromHTTP
from urllib3_future.response import HTTPResponse

from benches import ours
from benches.compare import Reader, Work, compare
from benches.fixtures import ONE_EVENT, Event, cut, make

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benches.report import Options, Row


def _response(pieces: list[bytes]) -> HTTPResponse:
    """A response as its connections make them, reading from memory what they would read from a socket."""
    ahead = iter([*pieces, b""])

    def read(_size: int | None, _stream: int | None) -> tuple[list[bytes], bool, None]:
        piece = next(ahead)
        return [piece], not piece, None

    body = LowLevelResponse("GET", 200, 11, "OK", HTTPHeaderDict(), read)
    return HTTPResponse(body=body, preload_content=False)


def _events(pieces: list[bytes]) -> Iterator[ServerSentEvent]:
    extension = ServerSideEventExtensionFromHTTP()
    extension.start(_response(pieces))
    while (found := extension.next_payload(raw=False)) is not None:
        yield found


def _event(found: ServerSentEvent) -> Event:
    return Event(found.data, found.event, found.id)


def rows(options: Options) -> Iterator[Row]:
    """Its events beside ours."""
    readers = [*ours.EVENTS, Reader("niquests", _events, _event)]
    for name, weight in (("chat", 1.0), ("CRLF", 0.4), ("comments", 0.4), ("anthropic", 0.4), ("all fields", 0.4)):
        fixture = make(name, quick=options.quick)
        for pieces in (ONE_EVENT, "16 KiB"):
            body, units = cut(fixture, pieces), len(fixture.events)
            names = ("framing", "events", name, pieces)
            work = Work(*names, body, list(fixture.events), units, environment="bench-niquests")
            yield from compare(work, readers, options, weight=weight)
