"""`ssewire.compat.aiohttp_sse_client2`: an EventSource that reconnects, with that package's names."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import ssewire
import yarl
from ssewire.compat import aiohttp_sse_client2
from ssewire.compat.aiohttp_sse_client2 import client
from ssewire.compat.aiohttp_sse_client2.client import EventSource, MessageEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.compat.conftest import Server

AT_ONCE = timedelta(0)
OPEN, CONNECTING, CLOSED = client.READY_STATE_OPEN, client.READY_STATE_CONNECTING, client.READY_STATE_CLOSED


def in_loop(test: Callable[[Server], Coroutine[Any, Any, None]]) -> Callable[[Server], None]:
    def run(server: Server) -> None:
        asyncio.run(test(server))

    run.__name__ = test.__name__
    return run


def test_it_has_the_package_s_names() -> None:
    assert set(aiohttp_sse_client2.__all__) == {"__version__", "client"}
    assert (CONNECTING, OPEN, CLOSED) == (0, 1, 2)
    assert timedelta(seconds=5) == client.DEFAULT_RECONNECTION_TIME
    assert (client.DEFAULT_MAX_CONNECT_RETRY, client.DEFAULT_MAX_READ_RETRY) == (5, 10)
    assert (client.CONTENT_TYPE_EVENT_STREAM, client.LAST_EVENT_ID_HEADER) == ("text/event-stream", "Last-Event-Id")
    assert {"EventSource", "MessageEvent"} <= set(client.__all__)


@in_loop
async def test_events_of_a_live_response(server: Server) -> None:
    url = server.answer(b"event: add\nid: 1\nda", b"ta: a\n\ndata:  b\ndata\n\n", b"data: c\r\r")
    async with EventSource(url) as source:
        assert source.url == yarl.URL(url)
        events = [await anext(source) for _ in range(3)]
    origin = url.removesuffix("/events")
    assert events == [
        MessageEvent(type="add", message="add", data="a", origin=origin, last_event_id="1"),
        MessageEvent("message", "message", " b\n", origin, "1"),
        MessageEvent("message", "message", "c", origin, "1"),
    ]


@in_loop
async def test_the_request(server: Server) -> None:
    headers = {"accept": "text/html", "X-Mine": "1"}
    url = server.answer(b"data: a\n\n")
    async with EventSource(url, {"method": "POST"}, headers=headers, json={"q": 1}, params={"a": "b"}):
        [asked] = server.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/events?a=b", b'{"q": 1}')
    assert asked.headers["accept"] == ["text/event-stream"]
    assert asked.headers["cache-control"] == ["no-cache"]
    assert asked.headers["x-mine"] == ["1"]
    assert "last-event-id" not in asked.headers
    assert headers == {"accept": "text/html", "X-Mine": "1"}


@in_loop
async def test_it_reconnects_with_the_last_event_id(server: Server) -> None:
    told: list[tuple[str, int]] = []
    server.answer("id: \u2026\ndata: a\n\ndata: lost".encode())
    server.answer(b"\xef\xbb\xbfdata: b\n\n")
    server.answer(status=204)
    source = EventSource(
        server.url,
        reconnection_time=AT_ONCE,
        on_open=lambda: told.append(("open", source.ready_state)),
        on_message=lambda event: told.append((event.data, source.ready_state)),
        on_error=lambda: told.append(("error", source.ready_state)),
    )
    assert source.ready_state == CONNECTING
    async with source:
        assert [(await anext(source)).last_event_id for _ in range(2)] == ["\u2026", "\u2026"]
        with pytest.raises(ConnectionAbortedError, match="204"):
            await anext(source)
    assert told == [
        ("open", OPEN),
        ("a", OPEN),
        ("error", CONNECTING),
        ("open", OPEN),
        ("b", OPEN),
        ("error", CONNECTING),
        ("error", CLOSED),
    ]
    sent = [asked.headers.get("last-event-id") for asked in server.asked]
    assert sent == [None, ["\u2026".encode().decode("latin-1")], ["\u2026".encode().decode("latin-1")]]
    with pytest.raises(ValueError, match="connect"):
        await anext(source)


@in_loop
async def test_the_stream_says_how_long_to_wait(server: Server) -> None:
    """Without its `retry` this would wait for an hour."""
    server.answer(b"retry: 0\ndata: a\n\n")
    server.answer(b"data: b\n\n")
    server.answer(b"data: c\n\n")
    async with EventSource(server.url, reconnection_time=timedelta(hours=1)) as source:
        assert [(await anext(source)).data for _ in range(3)] == ["a", "b", "c"]


@in_loop
async def test_a_hostile_retry_breaks_nothing(server: Server) -> None:
    reconnects = asyncio.Event()
    server.answer(b"retry: 9223372036854775807\ndata: a\n\n")
    async with EventSource(server.url, on_error=reconnects.set) as source:
        assert (await anext(source)).data == "a"
        waiting = asyncio.ensure_future(anext(source))
        await reconnects.wait()
        assert source.ready_state == CONNECTING
        waiting.cancel()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (204, ConnectionAbortedError),
        (210, ConnectionAbortedError),
        (305, ConnectionRefusedError),
        (401, ConnectionRefusedError),
        (407, ConnectionRefusedError),
        (404, ConnectionError),
        (503, ConnectionError),
    ],
)
def test_another_status_raises(server: Server, status: int, error: type[ConnectionError]) -> None:
    async def run() -> None:
        states: list[int] = []
        url = server.answer(b"why", status=status)
        async with aiohttp.ClientSession() as session:
            source = EventSource(url, session=session, on_error=lambda: states.append(source.ready_state))
            with pytest.raises(ConnectionError, match=f"got {status}") as caught:
                await source.connect()
        assert type(caught.value) is error
        assert caught.value.args[1] == (b"" if status == 204 else b"why")
        assert states == [CLOSED]

    asyncio.run(run())


@pytest.mark.parametrize("content_type", ["text/plain", None])
def test_another_content_type_raises(server: Server, content_type: str | None) -> None:
    async def run() -> None:
        with pytest.raises(ConnectionAbortedError, match="text/event-stream"):
            async with EventSource(server.answer(b"data: a\n\n", content_type=content_type)):
                pytest.fail("connected")

    asyncio.run(run())


def test_no_connection_is_tried_again_and_raises_in_the_end() -> None:
    async def run() -> None:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))  # nobody listens
            states: list[int] = []
            source = EventSource(
                f"http://127.0.0.1:{sock.getsockname()[1]}/",
                reconnection_time=AT_ONCE,
                max_connect_retry=2,
                on_error=lambda: states.append(source.ready_state),
            )
            with pytest.raises(aiohttp.ClientConnectionError):
                async with source:
                    pytest.fail("connected")
            assert states == [CONNECTING, CONNECTING, CLOSED]

    asyncio.run(run())


@in_loop
async def test_a_session_of_one_s_own_is_closed_and_another_s_is_not(server: Server) -> None:
    async with aiohttp.ClientSession() as session:
        async with EventSource(server.answer(b"data: a\n\n"), session=session) as source:
            assert (await anext(source)).data == "a"
        assert source.ready_state == CLOSED
        assert not session.closed
    async with EventSource(server.answer(b"data: a\n\n")) as source:
        own = source._session  # noqa: SLF001 - it is handed out nowhere
        assert not own.closed
    assert own.closed


@in_loop
async def test_closing_ends_the_iteration(server: Server) -> None:
    server.answer(b"data: a\n\ndata: b\n\n")
    async with EventSource(server.url, reconnection_time=timedelta(hours=1)) as source:
        async for event in source:
            assert event.data == "a"
            break
        await source.close()
        with pytest.raises(ValueError, match="connect"):
            await anext(source)


@in_loop
async def test_closing_while_it_would_reconnect_makes_no_other_connection(server: Server) -> None:
    server.answer(b"data: a\n\n")
    async with aiohttp.ClientSession() as session:
        source = EventSource(
            server.url,
            reconnection_time=AT_ONCE,
            session=session,
            on_error=lambda: asyncio.ensure_future(source.close()),  # as any task could
        )
        await source.connect()
        assert [event.data async for event in source] == ["a"]
    assert len(server.asked) == 1


@in_loop
async def test_a_broken_connection_raises_what_aiohttp_raises(server: Server) -> None:
    async with EventSource(server.answer(b"data: a\n\n", None)) as source:
        assert (await anext(source)).data == "a"
        with pytest.raises(aiohttp.ClientPayloadError):
            await anext(source)


@in_loop
async def test_a_line_may_be_longer_than_aiohttp_s_buffer(server: Server) -> None:
    text = "x" * 600_000
    async with EventSource(server.answer(f"data: {text}\n\n".encode())) as source:
        assert (await anext(source)).data == text
    async with EventSource(server.answer(f"data: {text}\n\n".encode()), max_event_size=1000) as source:
        with pytest.raises(ssewire.EventTooLargeError):
            await anext(source)


@in_loop
async def test_wrong_use_raises(server: Server) -> None:
    async with aiohttp.ClientSession() as session:
        source = EventSource(server.url, session=session)
        with pytest.raises(TypeError, match="async with"), source:
            pytest.fail("entered")
        with pytest.raises(ValueError, match="connect"):
            await anext(source)


def test_a_message_is_frozen() -> None:
    event = MessageEvent("message", "message", "x", "http://a", "")
    with pytest.raises(AttributeError):
        event.data = "y"  # type: ignore[misc]
