"""What happens while one waits for what is read past httpx and httpx2."""

# ruff: noqa: SLF001 - what this is about

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import anyio
import pytest
import urllib3
from ssewire._sources import network, open_async_source, open_source
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chunk_server import EVENTS, HEAD, LAST, chunk
from tests.support.cuts import cut_at
from tests.support.direct import (
    BODY,
    OPTIONS,
    PACKAGES,
    each_loop,
    each_package,
    plain_and_tls,
)
from tests.support.listening import listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def failure(error: Exception) -> object:
    return type(error), str(error), type(error.__cause__), str(getattr(error, "request", None))


def read(response: Any, *, own: bool) -> Any:
    pieces = response.iter_bytes() if own else open_source(response).pieces
    seen = [bytes(next(pieces)) for _ in range(2)]
    try:
        next(pieces)
    except Exception as error:  # noqa: BLE001 - the test compares them
        return seen, failure(error), response.is_closed, response.stream._stream._httpcore_stream._closed
    return seen, None


async def aread(response: Any, *, own: bool) -> Any:
    pieces = response.aiter_bytes() if own else open_async_source(response).pieces
    seen = [bytes(await anext(pieces)) for _ in range(2)]
    try:
        await anext(pieces)
    except Exception as error:  # noqa: BLE001 - the test compares them
        return seen, failure(error), response.is_closed, response.stream._stream._httpcore_stream._closed
    return seen, None


SHORT = 0.8  # seconds; a loaded machine has to send two events in it


def short(name: str, tls: loopback.Tls | None) -> dict[str, Any]:
    timeout = PACKAGES[name].Timeout(loopback.TIMEOUT, read=SHORT)
    return {**OPTIONS, "timeout": timeout, **({"verify": tls.client} if tls else {})}


@pytest.mark.parametrize(("name", "tls"), [("httpx", "plain"), ("httpx2", "tls")], indirect=["tls"])
def test_the_clients_timeout_holds(name: str, tls: loopback.Tls | None) -> None:
    found = []
    with loopback.holding_server(BODY, tls, sent=2) as holding:
        for own in (True, False):
            with PACKAGES[name].Client(**short(name, tls)) as client, client.stream("GET", holding.url) as response:
                found.append(read(response, own=own))
    assert found[0] == found[1]
    assert found[0][1][0] is PACKAGES[name].ReadTimeout


@pytest.mark.parametrize(("name", "tls"), [("httpx", "plain"), ("httpx2", "tls")], indirect=["tls"])
@each_loop
def test_the_asynchronous_clients_timeout_holds(name: str, tls: loopback.Tls | None, run: Any) -> None:
    found: list[Any] = []

    async def body() -> None:
        for own in (True, False):
            async with (
                PACKAGES[name].AsyncClient(**short(name, tls)) as client,
                client.stream("GET", holding.url) as response,
            ):
                found.append(await aread(response, own=own))

    with loopback.holding_server(BODY, tls, sent=2) as holding:
        run(body)
    assert found[0] == found[1]
    assert found[0][1][0] is PACKAGES[name].ReadTimeout


@plain_and_tls
def test_a_server_that_is_faster_than_its_reader_is_held_back(tls: loopback.Tls | None) -> None:
    body = (b"data: %b\n\n" % (b"a" * 1000)) * 5000
    permits = threading.Semaphore(1)

    async def run() -> None:
        async with loopback.async_httpx_client(tls) as get:
            pieces: Any = open_async_source(await get(fast.url)).pieces
            reader, read = pieces._reader, await anext(pieces)
            assert type(reader) is network.TransportReader
            permits.release()
            read += await anext(pieces)
            permits.release(5000)
            deadline = time.monotonic() + loopback.TIMEOUT
            while reader._transport.is_reading():
                assert time.monotonic() < deadline, "it is not held back"
                await asyncio.sleep(0)  # lets the loop receive
            assert b"".join([read, *[bytes(piece) async for piece in pieces]]) == body

    options: dict[str, Any] = {"gate": lambda _: permits.acquire(timeout=loopback.TIMEOUT)}
    with ReplayServer([body], ssl_context=tls.server if tls else None, **options) as fast:
        asyncio.run(run())


@each_package
@each_loop
def test_two_tasks_cannot_wait_at_once(name: str, run: Any) -> None:
    async def body() -> None:
        async with loopback.ASYNC_CLIENTS[name](None) as get:
            for own in (True, False):
                response = await get(holding.url)
                pieces: Any = response.aiter_bytes() if own else open_async_source(response).pieces
                await anext(pieces)
                await anext(pieces)
                async with anyio.create_task_group() as group:
                    group.start_soon(anext, pieces)
                    await anyio.wait_all_tasks_blocked()
                    for use in (anext(pieces), pieces.aclose()):
                        with pytest.raises(RuntimeError, match="asynchronous generator is already running"):
                            await use
                    group.cancel_scope.cancel()
                await response.aclose()

    with loopback.holding_server(BODY, sent=2) as holding:
        run(body)


FAULTS = {
    "a record that nobody encrypted": b"\x17\x03\x03\x00\x20" + bytes(32),
    "no record": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "an alert": b"\x15\x03\x03\x00\x02\x02\x28",
}


@contextlib.contextmanager
def breaking(tls: loopback.Tls, fault: bytes) -> Iterator[tuple[str, threading.Semaphore]]:
    """Run a server that sends two chunks, each after a permit, and behind the second one what is no TLS."""
    permits = threading.Semaphore(0)

    def serve(sock: socket.socket) -> None:
        with tls.server.wrap_socket(sock, server_side=True) as wrapped, contextlib.suppress(OSError):
            wrapped.recv(4096)
            wrapped.sendall(HEAD + b"\r\n")
            for event in EVENTS[:2]:
                permits.acquire(timeout=loopback.TIMEOUT)
                wrapped.sendall(chunk(event))
            socket.socket.sendall(wrapped, fault)  # past TLS
            while wrapped.recv(4096):
                pass

    with listening(serve) as address:
        yield f"https://{address}/", permits


@each_package
@pytest.mark.parametrize("tls", ["tls"], indirect=True)
@pytest.mark.parametrize("fault", FAULTS)
def test_what_breaks_tls_is_told_as_the_client_tells_it(name: str, tls: loopback.Tls, fault: str) -> None:
    async def run(*, own: bool) -> Any:
        async with (
            PACKAGES[name].AsyncClient(**{**OPTIONS, "verify": tls.client}) as client,
            client.stream("GET", url) as response,
        ):
            pieces = response.aiter_bytes() if own else open_async_source(response).pieces
            read = b""
            try:
                permits.release()
                async for piece in pieces:
                    permits.release()
                    read += piece
            except Exception as error:  # noqa: BLE001 - the test compares them
                return read, failure(error)
            return read, None

    with breaking(tls, FAULTS[fault]) as (url, permits):
        own = asyncio.run(run(own=True))
        assert own[0] == b"".join(EVENTS[:2])
        assert own[1] is not None
        assert asyncio.run(run(own=False)) == own


def read1(raw: Any) -> Iterator[bytes]:
    while piece := raw.read1(65536):
        yield piece


# How the client's own layers give a response's body.
OWN: dict[str, Callable[[Any], Iterator[bytes]]] = {
    "http.client": read1,
    "urllib3": read1,
    "requests": lambda response: read1(response.raw),
    "httpx": lambda response: iter(response.stream),
    "httpx2": lambda response: iter(response.stream),
}


@contextlib.contextmanager
def sending_when_asked(pieces: list[bytes]) -> Iterator[tuple[str, threading.Semaphore]]:
    """Run a server that sends a piece of a body for each permit."""
    permits = threading.Semaphore(0)

    def serve(sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):  # the client may leave
            sock.recv(65536)
            sock.sendall(HEAD + b"\r\n")
            for piece in pieces:
                permits.acquire(timeout=loopback.TIMEOUT)
                sock.sendall(piece)
            sock.recv(1)  # until the client leaves

    with listening(serve) as address:
        yield f"http://{address}/", permits


LIKE_A_CHUNK = b"1\r\na\r\n"
TAIL = len(LIKE_A_CHUNK) + len(b"\r\n")
CONTENTS = [b"data: %d\n\n" % number + LIKE_A_CHUNK for number in range(8)]
CHUNKS = [chunk(content) for content in CONTENTS]
SENT = {
    "chunks": CHUNKS,
    "two chunks": [b"".join(CHUNKS[number : number + 2]) for number in range(0, 8, 2)],
    "a cut chunk": cut_at(b"".join(CHUNKS), [len(CHUNKS[0]), 2 * len(CHUNKS[0]), 3 * len(CHUNKS[0]) - TAIL]),
}


@pytest.mark.parametrize("client", OWN)
@pytest.mark.parametrize("sent", SENT)
@pytest.mark.parametrize("turns", ["pcpc", "ppcp", "pppc", "ppcc", "pccp"])
def test_who_takes_turns_with_the_client_gets_everything(client: str, sent: str, turns: str) -> None:
    pieces = [*SENT[sent], LAST]
    with sending_when_asked(pieces) as (url, permits), loopback.CLIENTS[client](None) as get:
        response = get(url)
        readers = {"p": open_source(response).pieces, "c": OWN[client](response)}
        read = b""
        for turn in turns:
            permits.release()
            read += next(readers[turn])
        permits.release(len(pieces))
        assert read + b"".join(readers["p"]) == b"".join(CONTENTS)


def read_on(client: str, *, directly: bool) -> object:
    """Read two chunks of three, close the response, and return what reading on raises, or gives."""
    with (
        sending_when_asked(CHUNKS[:3]) as (url, permits),
        loopback.CLIENTS[client](None) as get,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("SSEWIRE_DIRECT", str(int(directly)))
        response = get(url)
        pieces = open_source(response).pieces
        for content in CONTENTS[:2]:
            permits.release()
            assert bytes(next(pieces)) == content
        response.close()
        permits.release()
        try:
            return next(pieces, "end")
        except Exception as error:  # noqa: BLE001 - the test compares them
            return type(error), str(error), type(error.__cause__)


@pytest.mark.parametrize("client", OWN)
def test_a_response_that_was_closed_is_not_read(client: str) -> None:
    assert read_on(client, directly=True) == read_on(client, directly=False)


def read_after_timeout(*, directly: bool) -> object:
    """Read a chunk, have the file time out, and return what reading on raises, or gives."""
    with sending_when_asked(CHUNKS[:2]) as (url, permits), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSEWIRE_DIRECT", str(int(directly)))
        with urllib3.PoolManager(timeout=SHORT, retries=False) as pool:
            response: Any = pool.request("GET", url, preload_content=False)
            pieces = open_source(response).pieces
            permits.release()
            assert bytes(next(pieces)) == CONTENTS[0]
            with pytest.raises(TimeoutError):
                response._fp.read1()
            permits.release()
            try:
                return next(pieces, "end")
            except Exception as error:  # noqa: BLE001 - the test compares them
                return type(error), str(error)


def test_a_file_that_has_timed_out_is_not_passed_by() -> None:
    assert read_after_timeout(directly=True) == read_after_timeout(directly=False)
