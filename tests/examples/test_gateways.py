"""The gateways on Starlette and aiohttp, as programs of their own between a client and a provider."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING

import aiohttp
import httpx
import pytest
import requests
import ssewire
from relay import PING, with_keep_alives
from ssewire.replay import ReplayServer

from tests.support.cli_process import CHAT, END, WAIT, text_chunk
from tests.support.example_process import FAILURE, finish, start, text_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from ssewire.replay.options import Encoding

posix = pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process here")
each_gateway = pytest.mark.parametrize("name", ["gateway_starlette", "gateway_aiohttp"])
NEVER = "600"
CHAT_BILL = f"complete; 19 tokens in, 68 out; {len(ssewire.collect(CHAT.read_bytes()).text)} characters"


@contextlib.contextmanager
def gateway(name: str, upstream: str, *bills: str, keep_alive: str = NEVER) -> Iterator[str]:
    """Run it on a free port, and give its address; then it must have printed lines of these patterns."""
    with start(name, upstream, "0", keep_alive) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        for line in bills:
            assert re.fullmatch(line, process.stdout.readline().strip())
        process.send_signal(signal.SIGINT)
        out, err = finish(process)
        assert (out, "Traceback" in err and not err.rstrip().endswith("KeyboardInterrupt")) == ("", False)


def post(url: str) -> requests.Response:
    """Ask for a stream through the gateway; its body is not read yet."""
    with requests.Session() as session:
        session.trust_env = False
        return session.post(f"{url}/chat/completions", json={"stream": True}, stream=True, timeout=WAIT)


@posix
@each_gateway
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_the_body_is_passed_on_and_billed(name: str, encoding: Encoding) -> None:
    with (
        ReplayServer([CHAT], encoding=encoding) as upstream,
        gateway(name, upstream.url, CHAT_BILL) as url,
        post(url) as response,
    ):
        assert response.content == CHAT.read_bytes()
        assert response.headers["Content-Type"] == "text/event-stream"
        assert response.headers["X-Accel-Buffering"] == "no"
        assert "Content-Encoding" not in response.headers
        assert (upstream.requests[0].path, upstream.requests[0].json()) == ("/v1/chat/completions", {"stream": True})


@posix
@each_gateway
def test_each_event_is_passed_on_at_once(name: str) -> None:
    seen = threading.Event()
    first, rest = text_chunk("one"), text_chunk("two") + END
    with (
        ReplayServer([first + rest], gate=lambda event: event == 0 or seen.wait(WAIT)) as upstream,
        gateway(name, upstream.url, "complete; usage unknown; 6 characters") as url,
        post(url) as response,
    ):
        assert response.raw.read1(len(first), decode_content=True) == first
        seen.set()
        assert response.raw.read() == rest


@posix
@each_gateway
def test_keep_alives_come_while_the_provider_is_silent(name: str) -> None:
    seen = threading.Event()
    body = text_chunk("one") + text_chunk("two") + END
    with (
        ReplayServer([body], gate=lambda event: event == 0 or seen.wait(WAIT)) as upstream,
        gateway(name, upstream.url, "complete; usage unknown; 6 characters", keep_alive="0.01") as url,
        post(url) as response,
    ):
        got = b""
        while got.count(b": keep-alive\n\n") < 2:
            got += response.raw.read1(65536, decode_content=True)
        seen.set()
        got += response.raw.read()
        assert got.replace(b": keep-alive\n\n", b"") == body
        assert ssewire.collect(got).text == "onetwo"


@posix
@each_gateway
def test_more_streams_at_once_than_clients_open_unasked(name: str) -> None:
    count = 150  # httpx and aiohttp open 100 connections
    all_here = threading.Event()

    async def read(session: aiohttp.ClientSession, url: str, begun: asyncio.Semaphore) -> bytes:
        async with session.post(f"{url}/chat/completions", data=b"{}") as response:
            first = await response.content.readany()
            begun.release()
            return first + await response.content.read()

    async def run(url: str) -> list[bytes]:
        begun = asyncio.Semaphore(0)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            reading = [asyncio.create_task(read(session, url, begun)) for _ in range(count)]
            for _ in reading:
                await asyncio.wait_for(begun.acquire(), WAIT)
            all_here.set()
            return await asyncio.gather(*reading)

    body = text_chunk("one") + text_chunk("two") + END
    bills = ["complete; usage unknown; 6 characters"] * count
    with (
        ReplayServer([body], gate=lambda event: event == 0 or all_here.wait(WAIT)) as upstream,
        gateway(name, upstream.url, *bills) as url,
    ):
        assert asyncio.run(run(url)) == [body] * count


@posix
@each_gateway
def test_errors_are_passed_on_and_billed(name: str) -> None:
    with (
        ReplayServer([CHAT], fail=FAILURE) as upstream,
        gateway(
            name, upstream.url, r"ProviderError: slow down \(type rate_limit_error\); usage unknown; 0 characters"
        ) as url,
        post(url) as response,
    ):
        assert (response.status_code, response.content) == FAILURE


@posix
@each_gateway
def test_an_error_inside_of_the_stream_is_noticed(name: str) -> None:
    body = text_chunk("one") + b'data: {"error": {"message": "overloaded"}}\n\n'
    with (
        ReplayServer([body]) as upstream,
        gateway(name, upstream.url, "ProviderError: overloaded; usage unknown; 3 characters") as url,
        post(url) as response,
    ):
        assert response.content == body


@posix
@each_gateway
def test_a_stream_without_its_end_is_noticed(name: str) -> None:
    with (
        ReplayServer([text_chunk("one")]) as upstream,
        gateway(name, upstream.url, "IncompleteStreamError: .+; usage unknown; 3 characters") as url,
        post(url) as response,
    ):
        assert response.content == text_chunk("one")


@posix
@each_gateway
def test_what_breaks_off_upstream_breaks_off_here(name: str) -> None:
    text = text_of(CHAT, 40)
    bill = rf"(RemoteProtocolError|ClientPayloadError): .+; usage unknown; {len(text)} characters"
    with (
        ReplayServer([CHAT], drop_after=40) as upstream,
        gateway(name, upstream.url, bill) as url,
        post(url) as response,
        pytest.raises(ssewire.IncompleteStreamError) as caught,
    ):
        ssewire.collect(response)
    assert isinstance(caught.value.__cause__, requests.exceptions.ChunkedEncodingError)
    assert caught.value.snapshot is not None
    assert caught.value.snapshot.text == text


@posix
@each_gateway
def test_a_client_that_leaves_cancels_the_request_upstream(name: str) -> None:
    held = threading.Event()
    with (
        ReplayServer([CHAT], gate=lambda event: event == 0 or held.wait(WAIT)) as upstream,
        gateway(name, upstream.url, "the client left; usage unknown; 0 characters") as url,
    ):
        host, _, port = url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), WAIT) as client:
            client.sendall(b"POST /chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Length: 2\r\n\r\n{}")
            assert client.recv(1)
        # No event follows, and no keep-alive: that the client has gone is enough.
        assert upstream.wait_disconnect(WAIT)
        held.set()


@posix
@each_gateway
def test_a_provider_that_cannot_be_reached_is_a_bad_gateway(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        nobody = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with gateway(name, nobody) as url, post(url) as response:
        assert response.status_code == 502
        assert response.json()["error"]["message"].startswith("the provider cannot be reached: ")


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_keep_alive_comes_between_events_only(line_end: bytes) -> None:
    parts = [b"da", b"ta: 1" + line_end, line_end, b"data: 2", 2 * line_end]

    async def slow() -> AsyncGenerator[bytes, None]:
        for part in parts:
            for _ in range(20):
                await asyncio.sleep(0)  # lets the time, which is none, be over
            yield part
        for _ in range(20):
            await asyncio.sleep(0)

    async def run() -> list[bytes]:
        return [piece async for piece in with_keep_alives(slow(), 0)]

    got = [piece for piece, _ in itertools.groupby(asyncio.run(run()))]
    assert got == [PING, *parts[:3], PING, *parts[3:], PING]


def test_who_drains_what_a_client_left_knows_the_usage() -> None:
    watcher = ssewire.Accumulator()

    async def run(url: str) -> None:
        async with httpx.AsyncClient(trust_env=False) as client, client.stream("POST", url) as response:
            pieces = ssewire.atee(response, watcher)
            assert await anext(pieces)
            assert watcher.usage is None
            async for _ in pieces:
                pass

    with ReplayServer([CHAT], piece_size=100) as upstream:
        asyncio.run(run(upstream.url))
    assert watcher.close().usage is not None


def test_who_observes_can_stop_at_a_limit() -> None:
    watcher = ssewire.Accumulator(max_total_size=10)
    passed = []
    with pytest.raises(ssewire.EventTooLargeError):  # noqa: PT012 - how far it comes is what is tested
        for event in CHAT.read_bytes().split(b"\n\n"):
            watcher.observe(event + b"\n\n")
            passed.append(event)
    assert len(b"".join(passed)) < len(CHAT.read_bytes()) / 2
