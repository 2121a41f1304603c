"""`ssewire.compat.sseclient`: sseclient-py's names, over whatever it was used with."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import requests
import ssewire
import urllib3
from ssewire.compat import sseclient
from ssewire.compat.sseclient import Event, SSEClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.compat.conftest import Server

Row = tuple[str | None, str, str, str | None]

STREAM = b"event: add\nid: 1\nretry: 500\ndata: a\n\ndata: b\ndata: \xe2\x82\xac\n\n"
EVENTS: list[Row] = [("1", "add", "a", "500"), ("1", "message", "b\n\u20ac", None)]


def row(event: Event) -> Row:
    return event.id, event.event, event.data, event.retry


def of(*body: bytes, **options: Any) -> list[Row]:
    return [row(event) for event in SSEClient(iter(body), **options).events()]


def test_it_has_the_package_s_names() -> None:
    assert set(sseclient.__all__) == {"Event", "SSEClient"}


def open_requests(url: str) -> Any:
    return requests.get(url, stream=True, timeout=10)


def open_urllib3(url: str) -> Any:
    return urllib3.PoolManager().request("GET", url, preload_content=False)


def open_httpx(url: str) -> Iterator[bytes]:
    with httpx.stream("GET", url) as response:
        yield from response.iter_bytes()


@pytest.mark.parametrize("open_source", [open_requests, open_urllib3, open_httpx])
def test_events_of_a_live_response(server: Server, open_source: Any) -> None:
    client = SSEClient(open_source(server.answer(*(STREAM[at : at + 1] for at in range(len(STREAM))))))
    assert list(map(row, client.events())) == EVENTS
    client.close()


def test_events_of_files_and_iterables() -> None:
    assert list(map(row, SSEClient(io.BytesIO(STREAM)).events())) == EVENTS
    assert list(map(row, SSEClient([STREAM[:20], STREAM[20:]]).events())) == EVENTS


def test_a_list_is_read_anew_each_time() -> None:
    client = SSEClient([STREAM])
    assert list(map(row, client.events())) == list(map(row, client.events())) == EVENTS


def test_nothing_is_read_before_it_is_asked_for() -> None:
    asked: list[str] = []

    def body() -> Iterator[bytes]:
        asked.append("first")
        yield b"data: x\n\n"
        asked.append("second")
        yield b"data: y\n\n"

    events = SSEClient(body()).events()
    assert asked == []
    assert next(events).data == "x"
    assert asked == ["first"]


def test_the_status_and_the_content_type_are_not_looked_at(server: Server) -> None:
    client = SSEClient(open_requests(server.answer(STREAM, content_type="text/html", status=503)))
    assert list(map(row, client.events())) == EVENTS


def test_what_the_client_raises_comes_through(server: Server) -> None:
    events = SSEClient(open_requests(server.answer(b"data: x\n\n", None))).events()
    assert next(events).data == "x"
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        next(events)


def test_close_closes_the_source() -> None:
    source = io.BytesIO(STREAM)
    SSEClient(source).close()
    assert source.closed
    with pytest.raises(AttributeError, match="close"):
        SSEClient([STREAM]).close()


def test_an_event_without_its_blank_line_is_given_unless_told_otherwise() -> None:
    assert of(b"data: x\n\ndata: y") == [(None, "message", "x", None), (None, "message", "y", None)]
    assert of(b"data: x\n\ndata: y", tail="discard") == [(None, "message", "x", None)]


def test_a_block_without_data_is_no_event() -> None:
    assert of(b"event: a\n\nid: 1\n\ndata: x\n\n") == [("1", "message", "x", None)]
    assert of(b"event: a\n\n", dispatch_empty=True) == [(None, "a", "", None)]


def test_an_id_stays_in_force() -> None:
    assert [event[0] for event in of(b"data: a\n\nid: 1\ndata: b\n\ndata: c\n\nid\ndata: d\n\n")] == [
        None,
        "1",
        "1",
        None,
    ]


def test_encodings() -> None:
    assert of("data: \u20ac\n\n".encode("cp1252"), char_enc="cp1252") == [(None, "message", "\u20ac", None)]
    wide = "data: \u20ac\n\n".encode("utf-16-le")
    pieces = [wide[at : at + 1] for at in range(len(wide))]
    assert of(*pieces, char_enc="utf-16-le") == [(None, "message", "\u20ac", None)]
    assert of(wide[:-8] + b"\xac", char_enc="utf-16-le") == [(None, "message", "\ufffd", None)]
    assert of(b"data: \xff\n\n") == of(b"data: \xff\n\n", char_enc="UTF8") == [(None, "message", "\ufffd", None)]
    with pytest.raises(LookupError):
        of(b"data: x\n\n", char_enc="nonsense")


def test_encoding_is_the_second_argument() -> None:
    [event] = SSEClient([b"data: \xe9\n\n"], "latin-1").events()
    assert event.data == "\u00e9"


def test_an_event_over_the_limit_raises() -> None:
    with pytest.raises(ssewire.EventTooLargeError):
        of(b"data: " + b"x" * 100, max_event_size=50)


@pytest.mark.parametrize("source", [["data: x\n\n"], "data: x\n\n", None])
def test_a_source_of_no_bytes_is_refused(source: object) -> None:
    with pytest.raises(TypeError):
        list(SSEClient(source).events())


# The event


def test_event_defaults_and_order() -> None:
    assert row(Event()) == (None, "message", "", None)
    assert row(Event("1", "add", "x", "5")) == ("1", "add", "x", "5")


def test_event_attributes_can_be_set() -> None:
    [event] = SSEClient([b"data: x\n\n"]).events()
    event.data = "y"
    assert vars(event) == {"id": None, "event": "message", "data": "y", "retry": None}


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Event(), "message event, no data"),
        (Event(event="add", data="x"), "add event, 1 bytes"),
        (Event("7", "add", "xyz", "300"), "add event #7, 3 bytes, retry in 300ms"),
    ],
)
def test_event_as_text(event: Event, text: str) -> None:
    assert str(event) == text
