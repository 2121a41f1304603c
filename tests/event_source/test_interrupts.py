"""`close` and `restart`, from another thread, wherever an event source waits; and what is left behind: nothing."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import aiohttp
import pytest
import requests
from ssewire import AsyncEventSource, EventSource

from tests.support.sse_server import KINDS, WAIT, SseServer, listening

# Closed or not, httpx drops the generators inside its own, of which trio complains; of ours it must not.
pytestmark = [
    pytest.mark.filterwarnings(r"ignore:Async generator 'http(x|core)2?\.:ResourceWarning"),
    pytest.mark.usefixtures("no_descriptor_is_left"),
]
everywhere = pytest.mark.parametrize("kind", KINDS)
LONG = {"reconnection_time": 600.0, "max_delay": 600.0}


@everywhere
def test_close_while_it_waits_for_bytes(kind: str) -> None:
    with listening(kind, read_timeout=None) as (server, listener):
        connection = server.next().answer().send(b"data: x\n\ndata: half")
        listener.event()
        listener.source.close()
        listener.ended()
        connection.wait_gone()
        assert listener.source.error is None


@everywhere
def test_close_while_it_waits_for_an_answer(kind: str) -> None:
    with listening(kind, read_timeout=600.0) as (server, listener):
        connection = server.next()
        assert listener.source.ready_state == "connecting"
        listener.source.close()
        listener.ended()
        if KINDS[kind].run is None:
            connection.answer()  # the thread that still waits for it closes what it gets
        connection.wait_gone()


@everywhere
def test_close_while_it_waits_for_its_turn(kind: str) -> None:
    with listening(kind, **LONG) as (server, listener):
        server.next().answer().cut()
        listener.error()
        assert listener.source.ready_state == "connecting"
        listener.source.close()
        listener.ended()
        assert server.is_idle()


@everywhere
def test_close_while_it_reads_what_is_wrong(kind: str) -> None:
    with listening(kind) as (server, listener):
        connection = server.next().answer(500, "text/plain").send(b"and so on")
        listener.source.close()
        listener.ended()
        connection.wait_gone()


@everywhere
def test_restart_in_a_listener_counts_more_than_a_final_error(kind: str) -> None:
    def restart(_: Exception) -> None:
        listener.source.restart()

    with listening(kind, on_error=restart) as (server, listener):
        server.next().refuse(404)
        listener.error()
        server.next().answer().send(b"data: x\n\n")
        assert listener.event().data == "x"


@everywhere
def test_close_in_a_listener(kind: str) -> None:
    def close(_: Exception) -> None:
        listener.source.close()

    with listening(kind, on_error=close) as (server, listener):
        server.next().refuse(500)
        listener.error()
        listener.ended()
        assert server.is_idle()


@everywhere
def test_close_in_a_listener_for_comments(kind: str) -> None:
    def close(_: str) -> None:
        listener.source.close()

    with listening(kind, on_comment=close) as (server, listener):
        server.next().answer().send(b": stop\ndata: x\n\n")
        listener.ended()
        assert server.is_idle()


@everywhere
def test_restart_connects_at_once(kind: str) -> None:
    with listening(kind, **LONG, read_timeout=None) as (server, listener):
        connection = server.next().answer().send(b"id: 1\ndata: Hello\n\nid: 2\ndata: half")
        assert listener.event().data == "Hello"
        listener.source.restart()
        connection.wait_gone()
        connection = server.next()
        assert connection.request.headers["last-event-id"] == b"1"
        connection.answer().send(b"data: Thanks\n\n")
        assert listener.event().data == "Thanks"  # and no error before it
        assert listener.source.error is None


@everywhere
def test_restart_ends_the_wait_for_its_turn(kind: str) -> None:
    with listening(kind, **LONG) as (server, listener):
        server.next().refuse(503)
        listener.error()
        listener.source.restart()
        server.next().answer().send(b"data: x\n\n")
        assert listener.event().data == "x"


@everywhere
def test_restart_leaves_a_server_that_does_not_answer(kind: str) -> None:
    with listening(kind, read_timeout=600.0) as (server, listener):
        first = server.next()
        listener.source.restart()
        server.next().answer().send(b"data: x\n\n")
        assert listener.event().data == "x"
        if KINDS[kind].run is None:
            first.answer()
        first.wait_gone()


@everywhere
def test_nothing_begins_after_close(kind: str) -> None:
    with listening(kind) as (server, listener):
        server.next().answer(204)
        listener.ended()
        listener.source.restart()
        listener.source.close()
        assert server.is_idle()


def test_close_between_two_events_releases_the_connection() -> None:
    with SseServer() as server, requests.Session() as session:
        source = EventSource(session, server.url)
        heard: list[Any] = []
        reader = threading.Thread(target=lambda: heard.append(next(source)))
        reader.start()
        connection = server.next().answer().send(b"data: a\n\ndata: b\n\n")
        reader.join(WAIT)
        assert [event.data for event in heard] == ["a"]
        source.close()
        connection.wait_gone()
        assert list(source) == []


def test_a_second_reader_is_refused_and_the_first_goes_on() -> None:
    with SseServer() as server, requests.Session() as session, EventSource(session, server.url) as source:
        heard: list[Any] = []
        reader = threading.Thread(target=lambda: heard.append(next(source)))
        reader.start()
        connection = server.next().answer()
        with pytest.raises(ValueError, match="already being read"):
            next(source)
        connection.send(b"data: a\n\n")
        reader.join(WAIT)
        assert [event.data for event in heard] == ["a"]


def test_a_second_task_is_refused_and_the_first_goes_on() -> None:
    refused: list[str] = []

    async def run() -> list[Any]:
        async with aiohttp.ClientSession() as session, AsyncEventSource(session, server.url) as source:
            reading = asyncio.create_task(anext(source))
            connection = await asyncio.to_thread(server.next)
            try:
                await anext(source)
            except RuntimeError as error:
                refused.append(str(error))
            connection.answer().send(b"data: a\n\n")
            return [await reading]

    with SseServer() as server:
        assert [event.data for event in asyncio.run(run())] == ["a"]
        assert "already running" in refused[0]


def test_one_that_is_dropped_lets_its_connection_go() -> None:
    with SseServer() as server, requests.Session() as session:
        sources = [EventSource(session, server.url)]
        reader = threading.Thread(target=lambda: next(sources[0]))
        reader.start()
        connection = server.next().answer().send(b"data: a\n\n")
        reader.join(WAIT)
        sources.clear()
        gc.collect()
        connection.wait_gone()


@everywhere
def test_what_a_listener_raises_comes_out_and_closes(kind: str) -> None:
    def refuse(error: Exception) -> None:
        raise LookupError from error

    with listening(kind, on_error=refuse) as (server, listener):
        server.next().refuse(500)
        listener.error()
        assert isinstance(listener.raised(), LookupError)
        assert listener.source.ready_state == "closed"
        assert server.is_idle()
