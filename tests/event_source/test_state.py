"""Delays and headers, without I/O; and callables instead of clients."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import pytest
import requests
import ssewire
from ssewire import AsyncEventSource, EventSource
from ssewire._backoff import is_retryable, jitter, retry_after
from ssewire._event_source.state import State

from tests.support.cuts import as_async
from tests.support.sse_server import WAIT, SseServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

URL = "http://127.0.0.1/"


def heard(state: State, body: bytes) -> None:
    state.events.take(body)
    assert list(state.events) is not None


# Delays


def test_a_jitter_is_drawn_from_all_that_the_bound_allows() -> None:
    for failures, bound in ((0, 1.0), (1, 2.0), (5, 32.0), (6, 60.0), (10_000, 60.0)):
        drawn = [jitter(failures, 1.0, 60.0) for _ in range(500)]
        assert 0 <= min(drawn) < bound / 10
        assert bound * 0.9 < max(drawn) <= bound


@pytest.mark.parametrize(
    ("field", "seconds"),
    [
        *((b"retry: 5000", 5.0), (b"retry: 0", 0.5), (b"retry: 499", 0.5), (b"retry: 10001", 10.0)),
        *((b"retry: 1000000000000000000", 10.0), (b"retry: x", 1.0), (b"retry: -1", 1.0), (b"retry:", 1.0)),
    ],
)
def test_retry_is_obeyed_within_bounds(field: bytes, seconds: float) -> None:
    state = State(reconnection_time=1.0, min_delay=0.5, max_delay=10.0)
    heard(state, field + b"\n\n")
    state.end(None)
    assert state.reconnection_time == seconds
    delays = set()
    for _ in range(100):
        state.end(None)
        delays.add(state.delay)
    assert seconds <= min(delays) <= max(delays) <= min(10.0, 2 * seconds)
    assert seconds == 10.0 or len(delays) > 90


def test_delays_grow_with_each_failure_in_a_row() -> None:
    longest = []
    for failures in range(8):
        delays = []
        for _ in range(200):
            state = State(reconnection_time=1.0, max_delay=60.0)
            for _ in range(failures + 1):
                state.end(OSError())
            delays.append(state.delay)
        assert min(delays) >= 1.0
        longest.append(max(delays))
    assert longest == sorted(longest)
    assert longest[0] <= 2.0
    assert 30.0 < longest[-1] <= 60.0
    state.opened()
    state.end(None)
    assert state.delay <= 2.0


def test_a_server_that_asks_for_no_wait_at_all_is_not_hammered_once_it_fails() -> None:
    delays = []
    for _ in range(100):
        state = State(reconnection_time=0.0, min_delay=0.0, max_delay=60.0)
        for _ in range(10):
            state.end(OSError())
        delays.append(state.delay)
    assert max(delays) > 10


def refused(value: str) -> Exception:
    error = ssewire.ResponseError("no", status=503, content_type=None, body=b"")
    error._told_by(503, {"retry-after": value})  # noqa: SLF001 - as a response does
    return error


def test_retry_after_counts_within_the_bound() -> None:
    state = State(reconnection_time=1.0, max_delay=60.0)
    state.end(refused("30"))
    assert state.delay == 30.0
    state.end(refused("99999"))
    assert state.delay == 60.0
    state = State(reconnection_time=10.0)
    state.end(refused("1"))
    assert state.delay >= 10.0


def test_retry_after_of_what_a_client_raises() -> None:
    request = httpx.Request("GET", URL)
    answer = httpx.Response(503, headers={"Retry-After": "7"}, request=request)
    assert retry_after(httpx.HTTPStatusError("no", request=request, response=answer)) == 7.0
    assert retry_after(ConnectionResetError()) is None


def test_what_is_retried() -> None:
    for error in (ConnectionResetError(), TimeoutError(), EOFError(), httpx.ReadTimeout("x"), aiohttp.ClientError()):
        assert is_retryable(error)
    for final in (
        TypeError(),
        ValueError(),
        RuntimeError(),
        requests.exceptions.MissingSchema(),
        httpx.InvalidURL("x"),
    ):
        assert not is_retryable(final)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"min_delay": -1.0}, {"max_delay": float("inf")}, {"reconnection_time": float("nan")}),
        *({"min_delay": 2.0, "max_delay": 1.0}, {"last_event_id": "a\nb"}, {"last_event_id": "a\0b"}),
    ],
)
def test_options_that_make_no_sense_are_refused(wrong: Any) -> None:
    for one, client in ((EventSource, requests.Session()), (AsyncEventSource, httpx.AsyncClient())):
        with pytest.raises(ValueError, match=next(iter(wrong)).removeprefix("last_event_")):
            one(client, URL, **wrong)


# Callables


def test_a_callable_is_given_new_headers_each_time() -> None:
    asked: list[Mapping[str, str]] = []
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name")
    name.set("the caller's context")

    def connect(headers: dict[str, str]) -> Any:
        assert name.get() == "the caller's context"
        asked.append(dict(headers))
        headers.clear()
        number = len(asked)
        return iter([b"id: %b\ndata: %d\n\n" % ("\u00e9".encode() if number == 2 else b"1", number)])

    with EventSource(connect, headers={"X-One": "1"}, min_delay=0.0, max_delay=0.0) as source:
        assert [next(source).data for _ in range(3)] == ["1", "2", "3"]
    first = {"Accept": "text/event-stream", "Cache-Control": "no-cache", "X-One": "1"}
    # A client of the callable's may encode header fields as ASCII alone, and fail for ever.
    assert asked == [first, {**first, "Last-Event-ID": "1"}, first]


def test_a_callable_that_returns_a_response() -> None:
    with SseServer() as server, requests.Session() as session:
        source = EventSource(lambda headers: session.get(server.url, headers=headers, stream=True, timeout=WAIT))
        player = threading.Thread(target=lambda: server.next().answer().send(b"data: x\n\n"))
        player.start()
        with source:
            assert next(source).data == "x"
        player.join()


def test_an_asynchronous_callable() -> None:
    async def connect(headers: dict[str, str]) -> AsyncIterator[bytes]:
        return as_async([b"id: 1\ndata: ", headers.get("Last-Event-ID", "none").encode(), b"\n\n"])

    async def run() -> list[str]:
        async with AsyncEventSource(connect, min_delay=0.0, max_delay=0.0) as source:
            return [(await anext(source)).data for _ in range(3)]

    assert asyncio.run(run()) == ["none", "1", "1"]


def test_what_a_callable_raises_comes_out_unless_the_transport_failed() -> None:
    raised = iter([ConnectionResetError(), LookupError("no")])

    def connect(_: dict[str, str]) -> Any:
        raise next(raised)

    errors: list[Exception] = []
    with EventSource(connect, on_error=errors.append, min_delay=0.0, max_delay=0.0) as source:
        with pytest.raises(LookupError, match="no"):
            next(source)
        assert [type(error) for error in errors] == [ConnectionResetError, LookupError]
        assert source.ready_state == "closed"
        assert next(source, None) is None


def test_what_ends_a_thread_comes_out_too() -> None:
    """Nobody waits for ever for a thread that is gone."""

    def leave(_: dict[str, str]) -> Any:
        raise SystemExit(3)

    with EventSource(leave) as source, pytest.raises(SystemExit):
        next(source)


def test_pieces_of_text_are_refused() -> None:
    with EventSource(lambda _: iter(["data: x\n\n"])) as source, pytest.raises(TypeError, match="bytes"):
        next(source)


def test_a_client_of_the_other_kind_is_named() -> None:
    with pytest.raises(TypeError, match=r"requests.sessions.Session is a client for EventSource"):
        AsyncEventSource(requests.Session(), URL)
    with pytest.raises(TypeError, match=r"httpx.AsyncClient is a client for AsyncEventSource"):
        EventSource(httpx.AsyncClient(), URL)
    for nothing in ("http://127.0.0.1/", None, httpx.Response(200)):
        with pytest.raises(TypeError, match="expected a client"):
            EventSource(nothing)
    with pytest.raises(TypeError, match="expected a client"):
        EventSource(httpx.Client())  # without a url


def test_it_says_what_it_is() -> None:
    source = EventSource(requests.Session(), URL, method="POST")
    assert repr(source) == f"<ssewire.EventSource of POST {URL}: connecting>"
    source.close()
    assert repr(source) == f"<ssewire.EventSource of POST {URL}: closed>"
    assert repr(AsyncEventSource(lambda _: None)) == "<ssewire.AsyncEventSource of its own requests: connecting>"
    assert ssewire.EventSource is EventSource
