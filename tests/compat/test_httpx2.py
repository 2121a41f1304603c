"""`ssewire.compat.httpx2`: the event streams of httpx2 with its own names."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import ssewire
from ssewire.compat import httpx2 as ours
from ssewire.compat.httpx2 import AsyncClient, Client, EventSource, ServerSentEvent, SSEError

if TYPE_CHECKING:
    from tests.compat.conftest import Server

MIB = 1024 * 1024
STREAM = b"event: add\nid: 1\nretry: 500\ndata: a\n\ndata: b\n\n"
EVENTS = [ServerSentEvent("add", "a", "1", 500), ServerSentEvent("message", "b", "1")]


def read(url: str, **options: Any) -> list[ServerSentEvent]:
    with Client() as client, client.sse(url, **options) as event_source:
        return list(event_source)


def aread(url: str, **options: Any) -> list[ServerSentEvent]:
    async def run() -> list[ServerSentEvent]:
        async with AsyncClient() as client, client.sse(url, **options) as event_source:
            return [event async for event in event_source]

    return asyncio.run(run())


each_way = pytest.mark.parametrize("read", [read, aread], ids=["sync", "async"])


def test_it_has_the_package_s_names() -> None:
    assert set(ours.__all__) == {"AsyncClient", "Client", "EventSource", "SSEError", "ServerSentEvent"}
    assert ours.SSEError is httpx2.SSEError
    assert ours.ServerSentEvent is ssewire.ServerSentEvent
    assert ours.Response is httpx2.Response
    with pytest.raises(AttributeError, match="nothing"):
        _ = ours.nothing


@each_way
def test_events_of_a_live_response(server: Server, read: Any) -> None:
    assert read(server.answer(*(STREAM[at : at + 1] for at in range(len(STREAM))))) == EVENTS


@each_way
def test_the_request_is_the_package_s(server: Server, read: Any) -> None:
    headers = {"Accept": "text/event-stream, application/json"}
    read(server.answer(STREAM), method="POST", json={"q": 1}, headers=headers)
    [asked] = server.asked
    assert (asked.method, asked.body) == ("POST", b'{"q":1}')
    assert asked.headers["accept"] == ["text/event-stream, application/json"]
    assert asked.headers["cache-control"] == ["no-store"]


def test_the_response_is_there_and_closed_at_the_end(server: Server) -> None:
    with Client() as client:
        with client.sse(server.answer(STREAM)) as event_source:
            assert isinstance(event_source, EventSource)
            assert event_source.response.status_code == 200
        assert event_source.response.is_closed


@each_way
@pytest.mark.parametrize("content_type", ["application/json", "text/plain, text/event-stream", None])
def test_another_content_type_raises(server: Server, read: Any, content_type: str | None) -> None:
    with pytest.raises(SSEError, match="text/event-stream") as caught:
        read(server.answer(STREAM, content_type=content_type))
    assert caught.value.request.url == server.url
    assert read(server.answer(STREAM, content_type=content_type), strict_content_type=False) == EVENTS


@pytest.mark.parametrize("content_type", ["TEXT/Event-Stream", "text/event-stream ;charset=utf-8"])
def test_content_types_of_an_event_stream(server: Server, content_type: str) -> None:
    assert read(server.answer(STREAM, content_type=content_type)) == EVENTS


@each_way
def test_the_default_limit_is_one_mib(server: Server, read: Any) -> None:
    exact = b"data: " + b"x" * (MIB - 7) + b"\n\n"
    assert [len(event.data) for event in read(server.answer(exact))] == [MIB - 7]
    with pytest.raises(SSEError, match="1048576 byte limit") as caught:
        read(server.answer(b"data: x" + exact[6:]))
    assert caught.value.request.url == server.url
    assert len(read(server.answer(b"data: x" + exact[6:]), max_event_size=None)) == 1


def test_the_limit_is_the_second_argument(server: Server) -> None:
    with pytest.raises(SSEError, match="20 byte limit"):
        list(EventSource(httpx2.get(server.answer(b"data: " + b"x" * 20)), 20))


def test_a_response_without_a_request_has_no_error_s_request() -> None:
    response = httpx2.Response(200, content=b"data: x\n\n")
    with pytest.raises(RuntimeError, match="request"):
        list(EventSource(response))


@each_way
def test_options_go_through_the_client(server: Server, read: Any) -> None:
    body = b"id: 1\n\ndata: \xe9"
    options = {"dispatch_empty": True, "tail": "dispatch", "obey_charset": True}
    url = server.answer(body, content_type="text/event-stream; charset=latin-1")
    assert read(url, **options) == [ServerSentEvent(id="1"), ServerSentEvent(data="\u00e9", id="1")]
    assert read(server.answer(body, content_type="text/event-stream; charset=latin-1")) == []


@each_way
def test_what_the_client_raises_comes_through(server: Server, read: Any) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        read(server.answer(b"data: x\n\n", None))
