"""`ssewire.compat.httpx_sse`: httpx-sse's names, with clients of httpx and httpx2, synchronous and asynchronous."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
import ssewire
from ssewire.compat import httpx_sse
from ssewire.compat.httpx_sse import EventSource, ServerSentEvent, SSEError, aconnect_sse, connect_sse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from tests.compat.conftest import Server

Row = tuple[str, str, str, int | None]

STREAM = b"event: add\nid: 1\nretry: 500\ndata: a\n\ndata: b\ndata: \xe2\x82\xac\n\n"
EVENTS: list[Row] = [("add", "a", "1", 500), ("message", "b\n\u20ac", "1", None)]


def row(event: ssewire.ServerSentEvent) -> Row:
    return event.event, event.data, event.id, event.retry


def read(url: str, package: Any, method: str = "GET", **options: Any) -> list[ServerSentEvent]:
    with package.Client() as client, connect_sse(client, method, url, **options) as event_source:
        return list(event_source.iter_sse())


def aread(url: str, package: Any, method: str = "GET", **options: Any) -> list[ServerSentEvent]:
    async def run() -> list[ServerSentEvent]:
        async with package.AsyncClient() as client, aconnect_sse(client, method, url, **options) as event_source:
            return [event async for event in event_source.aiter_sse()]

    return asyncio.run(run())


each_package = pytest.mark.parametrize("package", [httpx, httpx2], ids=["httpx", "httpx2"])
each_way = pytest.mark.parametrize("read", [read, aread], ids=["sync", "async"])


def of(*body: bytes, content_type: str = "text/event-stream", **options: Any) -> list[Row]:
    """Give the events of a response that is here already."""
    response = httpx.Response(200, headers={"Content-Type": content_type}, content=iter(body))
    return [row(event) for event in EventSource(response, **options).iter_sse()]


def test_it_has_the_package_s_names() -> None:
    names = {"EventSource", "SSEError", "ServerSentEvent", "__version__", "aconnect_sse", "connect_sse"}
    assert set(httpx_sse.__all__) == names
    assert all(hasattr(httpx_sse, name) for name in names)


@each_package
@each_way
def test_events_of_a_live_response(server: Server, package: Any, read: Any) -> None:
    url = server.answer(*(STREAM[at : at + 1] for at in range(len(STREAM))))
    events = read(url, package)
    assert list(map(row, events)) == EVENTS
    assert all(type(event) is ServerSentEvent for event in events)


@each_package
@each_way
def test_the_request(server: Server, package: Any, read: Any) -> None:
    headers = {"accept": "application/json", "X-Mine": "1"}
    read(server.answer(STREAM), package, "POST", headers=headers, json={"q": 1}, params={"a": "b"})
    [asked] = server.asked
    assert (asked.method, asked.path, json.loads(asked.body)) == ("POST", "/events?a=b", {"q": 1})
    assert asked.headers["accept"] == ["text/event-stream"]
    assert asked.headers["cache-control"] == ["no-store"]
    assert asked.headers["x-mine"] == ["1"]
    assert headers == {"accept": "application/json", "X-Mine": "1"}


@pytest.mark.parametrize("headers", [None, [("X-Mine", "1")], httpx.Headers({"X-Mine": "1"})])
def test_headers_of_every_kind(server: Server, headers: Any) -> None:
    read(server.answer(STREAM), httpx, headers=headers)
    assert server.asked[0].headers["accept"] == ["text/event-stream"]
    assert server.asked[0].headers.get("x-mine") == (None if headers is None else ["1"])


@each_package
def test_the_response_is_there_and_closed_at_the_end(server: Server, package: Any) -> None:
    with package.Client() as client:
        with connect_sse(client, "GET", server.answer(STREAM, status=503)) as event_source:
            assert isinstance(event_source.response, package.Response)
            assert not event_source.response.is_closed
            with pytest.raises(package.HTTPStatusError):
                event_source.response.raise_for_status()
        assert event_source.response.is_closed


def test_the_status_is_not_looked_at(server: Server) -> None:
    assert list(map(row, read(server.answer(STREAM, status=503), httpx))) == EVENTS


@each_package
@each_way
def test_another_content_type_raises(server: Server, package: Any, read: Any) -> None:
    with pytest.raises(SSEError, match=r"text/event-stream.*'text/plain; a=b'") as caught:
        read(server.answer(STREAM, content_type="text/plain; a=b"), package)
    assert isinstance(caught.value, package.TransportError)
    assert type(caught.value).__name__ == "SSEError"


def test_it_raises_when_it_is_iterated(server: Server) -> None:
    with httpx.Client() as client, connect_sse(client, "GET", server.answer(STREAM, content_type=None)) as event_source:
        events = event_source.iter_sse()
        with pytest.raises(SSEError, match="got ''"):
            next(events)


@pytest.mark.parametrize(
    "content_type",
    ["text/event-stream; charset=utf-8", "Text/Event-Stream", "application/json, text/event-stream; charset=utf-8"],
)
def test_content_types_that_contain_an_event_stream_s(content_type: str) -> None:
    assert of(STREAM, content_type=content_type) == EVENTS


@pytest.mark.parametrize("content_type", ["text/event", "application/json; a=text/event-stream", ""])
def test_content_types_that_do_not(content_type: str) -> None:
    with pytest.raises(SSEError):
        of(STREAM, content_type=content_type)
    assert of(STREAM, content_type=content_type, strict_content_type=False) == EVENTS


def test_options_go_through_connect_sse(server: Server) -> None:
    url = server.answer(b"id: 1\n\ndata: x", content_type="text/plain")
    options: dict[str, Any] = {"strict_content_type": False, "dispatch_empty": True, "tail": "dispatch"}
    assert list(map(row, read(url, httpx, **options))) == [("message", "", "1", None), ("message", "x", "1", None)]
    server.answer(b"id: 1\n\ndata: x", content_type="text/plain")
    assert list(map(row, aread(url, httpx2, **options))) == [("message", "", "1", None), ("message", "x", "1", None)]


def test_a_block_without_data_is_no_event() -> None:
    body = b"event: a\n\nretry: 5\n\nid: 1\n\n: ping\n\ndata: x\n\n"
    assert of(body) == [("message", "x", "1", None)]
    assert of(body, dispatch_empty=True) == [
        ("a", "", "", None),
        ("message", "", "", 5),
        ("message", "", "1", None),
        ("message", "x", "1", None),
    ]


@pytest.mark.parametrize("retry", [b"+5", b"-5", b"1_000", b" 5", "\u0663".encode(), b"5a"])
def test_a_retry_of_other_than_ascii_digits_is_ignored(retry: bytes) -> None:
    assert of(b"retry: " + retry + b"\ndata: x\n\n") == [("message", "x", "", None)]


def test_a_byte_order_mark_and_bytes_that_are_no_utf_8() -> None:
    assert of(b"\xef\xbb", b"\xbfdata: \xff\n\n") == [("message", "\ufffd", "", None)]


def test_the_charset_of_the_header_counts_only_on_request(server: Server) -> None:
    latin = "text/event-stream; charset=iso-8859-1"
    assert of("data: \u00e9\n\n".encode(), content_type=latin) == [("message", "\u00e9", "", None)]
    assert of(b"data: \xe9\n\n", content_type=latin, obey_charset=True) == [("message", "\u00e9", "", None)]
    url = server.answer(b"data: \xe9\n\n", content_type=latin)
    assert list(map(row, aread(url, httpx, obey_charset=True))) == [("message", "\u00e9", "", None)]


def test_an_unterminated_event_is_dropped_unless_asked_for() -> None:
    assert of(b"data: x\n\ndata: y\n") == [("message", "x", "", None)]
    assert [data for _, data, _, _ in of(b"data: x\n\ndata: y", tail="dispatch")] == ["x", "y"]


@each_package
@each_way
def test_an_event_over_the_limit_raises(server: Server, package: Any, read: Any) -> None:
    with pytest.raises(SSEError, match="100 byte limit") as caught:
        read(server.answer(b"data: " + b"x" * 100 + b"\n\n"), package, max_event_size=100)
    assert isinstance(caught.value.__cause__, ssewire.EventTooLargeError)
    assert isinstance(caught.value, package.TransportError)


@each_package
@each_way
def test_what_the_client_raises_comes_through(server: Server, package: Any, read: Any) -> None:
    with pytest.raises(package.RemoteProtocolError):
        read(server.answer(b"data: x\n\n", None), package)


@each_package
def test_events_before_a_broken_connection_are_given(server: Server, package: Any) -> None:
    events: list[ServerSentEvent] = []
    with package.Client() as client, connect_sse(client, "GET", server.answer(STREAM, None)) as event_source:  # noqa: SIM117
        with pytest.raises(package.RemoteProtocolError):
            events.extend(event_source.iter_sse())
    assert list(map(row, events)) == EVENTS


@each_package
def test_a_body_is_read_once(server: Server, package: Any) -> None:
    with package.Client() as client, connect_sse(client, "GET", server.answer(STREAM)) as event_source:
        assert list(map(row, event_source.iter_sse())) == EVENTS
        with pytest.raises(package.StreamConsumed):
            list(event_source.iter_sse())


@each_package
def test_a_body_that_was_loaded_is_read_again(server: Server, package: Any) -> None:
    event_source = EventSource(package.get(server.answer(STREAM)))
    assert list(map(row, event_source.iter_sse())) == list(map(row, event_source.iter_sse())) == EVENTS


def test_the_wrong_way_of_reading_raises(server: Server) -> None:
    async def run() -> None:
        async with httpx.AsyncClient() as client, aconnect_sse(client, "GET", server.answer(STREAM)) as event_source:
            with pytest.raises(RuntimeError, match="sync"):
                list(event_source.iter_sse())

    asyncio.run(run())
    with (
        httpx.Client() as client,
        connect_sse(client, "GET", server.answer(STREAM)) as event_source,
        pytest.raises(RuntimeError, match="async"),
    ):
        asyncio.run(anext(event_source.aiter_sse()))


class Watched(httpx.Response):
    """A response that knows when the reading of its body has ended."""

    ended = False

    async def aiter_bytes(self, chunk_size: int | None = None) -> AsyncGenerator[bytes, None]:
        assert chunk_size is None
        try:
            yield STREAM
        finally:
            self.ended = True


def test_leaving_an_asynchronous_iteration_ends_the_reading_of_the_body() -> None:
    async def run() -> None:
        response = Watched(200, headers={"Content-Type": "text/event-stream"})
        events = EventSource(response).aiter_sse()
        assert row(await anext(events)) == EVENTS[0]
        assert not response.ended
        await events.aclose()
        assert response.ended

    asyncio.run(run())


# The event


@pytest.mark.parametrize(
    "event", [ServerSentEvent(), ServerSentEvent(None, None, None, None), ServerSentEvent("", "", "")]
)
def test_event_defaults(event: ServerSentEvent) -> None:
    assert row(event) == ("message", "", "", None)
    assert repr(event) == "ServerSentEvent(event='message')"


def test_event_repr_leaves_out_what_is_empty() -> None:
    event = ServerSentEvent("add", "x", "7", 0)
    assert repr(event) == "ServerSentEvent(event='add', data='x', id='7', retry=0)"
    assert repr(ServerSentEvent(retry=5, id="1")) == "ServerSentEvent(event='message', id='1', retry=5)"


def test_event_is_read_only_and_a_native_one() -> None:
    event = ServerSentEvent(data="x")
    assert isinstance(event, ssewire.ServerSentEvent)
    with pytest.raises(AttributeError):
        event.data = "y"  # type: ignore[misc]
    assert event.encode() == b"data: x\n\n"


def test_event_copies_and_pickles() -> None:
    event = ServerSentEvent("add", "x", "7", 3)
    for twin in (copy.copy(event), copy.deepcopy(event), pickle.loads(pickle.dumps(event))):  # noqa: S301  our own bytes
        assert (type(twin), row(twin)) == (ServerSentEvent, row(event))


def test_event_json() -> None:
    assert ServerSentEvent(data='{"a": [1]}').json() == {"a": [1]}
    with pytest.raises(json.JSONDecodeError):
        ServerSentEvent().json()


# Either package alone will do


@pytest.mark.parametrize("missing", ["httpx", "httpx2"])
def test_it_imports_with_one_package_alone(missing: str) -> None:
    there = "httpx" if missing == "httpx2" else "httpx2"
    code = f"""
import sys
sys.modules["{missing}"] = None
import {there}
from ssewire.compat.httpx_sse import EventSource, SSEError
assert issubclass(SSEError, {there}.TransportError)
try:
    list(EventSource({there}.Response(200, content=b"data: x")).iter_sse())
except {there}.TransportError as error:
    print(type(error).__name__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "SSEError\n"
