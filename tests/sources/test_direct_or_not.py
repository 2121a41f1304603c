"""What is read past httpx and httpx2, and what is left to them; what happens while one waits."""

# ruff: noqa: SLF001 - what this is about

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import httpx2
import pytest
import trio
from ssewire import _core
from ssewire._sources import direct, network, open_async_source, open_source
from ssewire.compat import httpx_sse
from ssewire.integrations._decoder import Decoder
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chunk_server import HEAD, LAST, Answer, Server, chunk, serving
from tests.support.listening import listening
from tests.support.tunnel import tunnelling

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENTS = [f'data: {{"number": {number}}}\n\n'.encode() for number in range(100)]
BODY = b"".join(EVENTS)
PACKAGES: dict[str, Any] = {"httpx": httpx, "httpx2": httpx2}
OPTIONS: dict[str, Any] = {"timeout": loopback.TIMEOUT, "trust_env": False, "verify": ssl.create_default_context()}

each_package = pytest.mark.parametrize("name", PACKAGES)
each_loop = pytest.mark.parametrize("run", [lambda body: asyncio.run(body()), trio.run], ids=["asyncio", "trio"])
plain_and_tls = pytest.mark.parametrize("tls", ["plain", "tls"], indirect=True)


@pytest.fixture(autouse=True)
def wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says."""
    monkeypatch.delenv("SSEWIRE_DIRECT", raising=False)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


def is_direct(pieces: object) -> bool:
    return getattr(pieces, "__name__", "") == "_read" or type(pieces).__name__ == "_AsyncPieces"


@contextlib.contextmanager
def asked(server: Server, name: str = "httpx", **options: Any) -> Iterator[Any]:
    url = server.give(*map(chunk, EVENTS), LAST)
    with PACKAGES[name].Client(**{**OPTIONS, **options}) as client, client.stream("GET", url) as response:
        yield response


# Directly


@each_package
@plain_and_tls
def test_whole_chunks_are_read_directly(name: str, tls: loopback.Tls | None) -> None:
    with (
        ReplayServer([BODY], ssl_context=tls.server if tls else None) as server,
        loopback.CLIENTS[name](tls) as get,
    ):
        for _ in range(3):
            source = open_source(get(server.url))
            assert is_direct(source.pieces)
            assert b"".join(map(bytes, source.pieces)) == BODY
        assert server.connections == 1


@each_package
@plain_and_tls
@each_loop
def test_whole_chunks_are_read_directly_asynchronously(name: str, tls: loopback.Tls | None, run: Any) -> None:
    async def body() -> None:
        async with loopback.ASYNC_CLIENTS[name](tls) as get:
            for _ in range(3):
                source = open_async_source(await get(replay.url))
                assert is_direct(source.pieces)
                assert b"".join([bytes(piece) async for piece in source.pieces]) == BODY

    with ReplayServer([BODY], ssl_context=tls.server if tls else None) as replay:
        run(body)
        assert replay.connections == 1


@each_package
def test_a_proxy_makes_no_difference(name: str, server: Server) -> None:
    url = "http://example.invalid/"
    server.answers[url.encode()] = Answer([*map(chunk, EVENTS), LAST])  # what is asked of a proxy is the whole URL
    with PACKAGES[name].Client(**OPTIONS, proxy=server.url) as client:
        for _ in range(2):
            with client.stream("GET", url) as response:
                source = open_source(response)
                assert is_direct(source.pieces)
                assert b"".join(map(bytes, source.pieces)) == BODY


@each_package
@pytest.mark.parametrize("tls", ["tls"], indirect=True)
def test_neither_does_a_tunnel_through_one(name: str, tls: loopback.Tls) -> None:
    with ReplayServer([BODY], ssl_context=tls.server) as replay, tunnelling() as proxy:
        with PACKAGES[name].Client(**{**OPTIONS, "verify": tls.client}, proxy=proxy) as client:
            for _ in range(2):
                with client.stream("GET", replay.url) as response:
                    source = open_source(response)
                    assert is_direct(source.pieces)
                    assert b"".join(map(bytes, source.pieces)) == BODY
        assert replay.connections == 1


@each_package
@each_loop
@pytest.mark.parametrize("tls", ["tls"], indirect=True)
def test_neither_does_a_tunnel_asynchronously(name: str, tls: loopback.Tls, run: Any) -> None:
    async def body() -> None:
        async with PACKAGES[name].AsyncClient(**{**OPTIONS, "verify": tls.client}, proxy=proxy) as client:
            for _ in range(2):
                async with client.stream("GET", replay.url) as response:
                    source = open_async_source(response)
                    assert is_direct(source.pieces)
                    assert b"".join([bytes(piece) async for piece in source.pieces]) == BODY

    with ReplayServer([BODY], ssl_context=tls.server) as replay, tunnelling() as proxy:
        run(body)
        assert replay.connections == 1


@each_package
def test_neither_does_a_transport_without_a_client(name: str, server: Server) -> None:
    url = server.give(*map(chunk, EVENTS), LAST)
    with PACKAGES[name].HTTPTransport() as transport:
        source = open_source(transport.handle_request(PACKAGES[name].Request("GET", url)))
        assert is_direct(source.pieces)
        assert b"".join(map(bytes, source.pieces)) == BODY


@each_package
@each_loop
def test_neither_does_an_asynchronous_one(name: str, server: Server, run: Any) -> None:
    url = server.give(*map(chunk, EVENTS), LAST)

    async def body() -> None:
        async with PACKAGES[name].AsyncHTTPTransport() as transport:
            source = open_async_source(await transport.handle_async_request(PACKAGES[name].Request("GET", url)))
            assert is_direct(source.pieces)
            assert b"".join([bytes(piece) async for piece in source.pieces]) == BODY

    run(body)


@each_package
def test_chunks_that_wait_come_together(name: str, server: Server) -> None:
    with asked(server, name) as response:
        server.sent.acquire()
        pieces = [bytes(piece) for piece in open_source(response).pieces]
        assert b"".join(pieces) == BODY
        assert len(pieces) < 9  # some may still be on their way


@each_package
def test_chunks_that_wait_come_together_in_place_of_httpx_sse(name: str, server: Server) -> None:
    sizes: list[int] = []

    def take_chunks(data: bytes) -> tuple[bytes, int]:
        contents, size = original(data)
        sizes.append(size)
        return contents, size

    original = _core.take_chunks
    with asked(server, name) as response, pytest.MonkeyPatch.context() as patch:
        patch.setattr(direct, "take_chunks", take_chunks)
        events = [event.data for event in httpx_sse.EventSource(response).iter_sse()]
    assert events == [event[6:-2].decode() for event in EVENTS]
    assert any(sizes)


def test_what_is_no_response_stays_as_it_is() -> None:
    def iter_bytes() -> Iterator[bytes]:
        yield EVENTS[0]

    class Body:
        def iter_bytes(self) -> Iterator[bytes]:
            yield EVENTS[0]

    for pieces in (iter_bytes(), Body().iter_bytes()):
        assert direct.read(pieces) is pieces
        assert [event.data for event in Decoder(None, None, frozenset()).iter_bytes(pieces)] == ['{"number": 0}']


@each_package
@plain_and_tls
def test_who_reads_on_in_another_way_gets_the_rest(name: str, tls: loopback.Tls | None) -> None:
    with ReplayServer([BODY], ssl_context=tls.server if tls else None) as replay, loopback.CLIENTS[name](tls) as get:
        for _ in range(3):
            response = get(replay.url)
            pieces = open_source(response).pieces
            read = bytes(next(pieces)) + bytes(next(pieces))
            assert read + b"".join(response.stream) == BODY
            response.close()
        assert replay.connections == 1


@each_package
@plain_and_tls
def test_who_reads_on_asynchronously_in_another_way_gets_the_rest(name: str, tls: loopback.Tls | None) -> None:
    permits = threading.Semaphore(0)

    async def body() -> None:
        async with loopback.ASYNC_CLIENTS[name](tls) as get:
            for _ in range(3):
                permits.release()
                response = await get(replay.url)
                pieces = open_async_source(response).pieces
                read = bytes(await anext(pieces))
                permits.release()
                read += bytes(await anext(pieces))  # directly
                permits.release(98)
                assert read + b"".join([piece async for piece in response.stream]) == BODY
                await response.aclose()

    gate: Any = lambda _: permits.acquire(timeout=loopback.TIMEOUT)  # noqa: E731 - one expression
    with ReplayServer([BODY], ssl_context=tls.server if tls else None, gate=gate) as replay:
        asyncio.run(body())
        assert replay.connections == 1


@each_package
@plain_and_tls
def test_an_idle_connection_is_as_the_client_leaves_it(name: str, tls: loopback.Tls | None) -> None:
    """Whoever has read to the end: what a server sends unasked stays in the socket, where the pool looks for it."""
    permits = threading.Semaphore(0)

    async def body(get: loopback.AsyncGet) -> None:
        response = await get(url)
        pieces = open_async_source(response).pieces
        permits.release()
        await anext(pieces)
        permits.release()
        await anext(pieces)  # directly, with the end behind it
        assert [piece async for piece in response.stream] == []
        below = response.extensions["network_stream"]._stream
        transport = getattr(below, "transport_stream", below)._transport
        assert not transport.is_reading()
        assert type(transport.get_protocol()).__module__ == "anyio._backends._asyncio"
        await response.aclose()

    def serve(sock: socket.socket) -> None:
        with tls.server.wrap_socket(sock, server_side=True) if tls else sock as served:
            served.recv(4096)
            served.sendall(HEAD + b"\r\n")
            permits.acquire(timeout=loopback.TIMEOUT)
            served.sendall(chunk(EVENTS[0]))
            permits.acquire(timeout=loopback.TIMEOUT)
            served.sendall(chunk(EVENTS[1]) + LAST)
            served.recv(4096)

    async def run() -> None:
        async with loopback.ASYNC_CLIENTS[name](tls) as get:
            await body(get)

    with listening(serve) as address:
        url = f"{'https' if tls else 'http'}://{address}/"
        asyncio.run(run())


# Not directly


class Upper(httpx.SyncByteStream):
    """A user's own stream, around a response's."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            yield piece.upper()

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()


def wrap(response: httpx.Response) -> None:
    response.stream = Upper(response.stream)


class Wrapping(httpx.HTTPTransport):
    """A user's own transport."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        wrap(response)
        return response


def answer(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers={"Transfer-Encoding": "chunked"}, stream=Upper(EVENTS))


BETWEEN: dict[str, dict[str, Any]] = {
    "a transport": {"transport": Wrapping()},
    "a mounted transport": {"mounts": {"http://": Wrapping()}},
    "an event hook": {"event_hooks": {"response": [wrap]}},
    "a mock": {"transport": httpx.MockTransport(answer)},
}


@pytest.mark.parametrize("between", BETWEEN)
def test_what_stands_between_is_not_passed_by(between: str, server: Server) -> None:
    with asked(server, **BETWEEN[between]) as response:
        source = open_source(response)
        assert not is_direct(source.pieces)
        assert b"".join(map(bytes, source.pieces)) == BODY.upper()


@each_package
def test_a_response_of_a_derived_class_is_not_passed_by(name: str, server: Server) -> None:
    class Derived(PACKAGES[name].Response):  # type: ignore[misc]
        def iter_raw(self, chunk_size: int | None = None) -> Iterator[bytes]:
            for piece in super().iter_raw(chunk_size):
                yield piece.upper()

    with asked(server, name) as response:
        response.__class__ = Derived
        assert loopback.read_all(response) == BODY.upper()


def test_a_body_that_a_hook_has_read_is_taken_from_memory(server: Server) -> None:
    with asked(server, event_hooks={"response": [lambda response: response.read()]}) as response:
        assert loopback.read_all(response) == BODY


@each_package
@pytest.mark.parametrize("framing", ["length", "close"])
def test_other_framings_are_the_clients(name: str, framing: Any) -> None:
    with ReplayServer([BODY], framing=framing) as server, loopback.CLIENTS[name](None) as get:
        assert not is_direct(open_source(get(server.url)).pieces)


@each_package
def test_the_environment_switches_it_off(name: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSEWIRE_DIRECT", "0")
    with asked(server, name) as response:
        source = open_source(response)
        assert not is_direct(source.pieces)
        assert b"".join(map(bytes, source.pieces)) == BODY


def test_pieces_of_a_size_are_the_clients(server: Server) -> None:
    with asked(server) as response:
        pieces = response.iter_bytes(100)
        assert direct.read(pieces) is pieces


def other_reader(_: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("h11._readers.ChunkedReader", object)


def other_attributes(_: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(direct, "_READER", {"_bytes_left"})


def older_h11(response: Any, _: pytest.MonkeyPatch) -> None:
    connection = response.stream._stream._httpcore_stream._stream._connection
    connection._h11_state._reader._bytes_to_discard = 0


def other_stream(response: Any, _: pytest.MonkeyPatch) -> None:
    response.extensions["network_stream"] = object()


def other_decoder(response: Any, patch: pytest.MonkeyPatch) -> None:
    patch.delattr(type(response), "_get_content_decoder")


def other_socket(response: Any, _: pytest.MonkeyPatch) -> None:
    stream = response.extensions["network_stream"]
    stream.__class__ = type("TLSinTLSStream", (type(stream),), {})


@pytest.mark.parametrize(
    "change", [other_reader, other_attributes, older_h11, other_stream, other_decoder, other_socket]
)
def test_another_form_of_the_insides_is_left_alone(change: Any, server: Server) -> None:
    with asked(server) as response, pytest.MonkeyPatch.context() as patch:
        pieces = response.iter_bytes()
        change(response, patch)
        assert direct.read(pieces) is pieces


@each_package
@pytest.mark.parametrize("depth", ["httpcore", "anyio"])
def test_a_derived_stream_of_the_network_is_not_passed_by(name: str, depth: str, server: Server) -> None:
    received = 0

    async def run() -> None:
        async with PACKAGES[name].AsyncClient(**OPTIONS) as client:
            await client.get(server.url)  # connects
            stream = client._transport._pool.connections[0]._connection._network_stream
            derived = stream if depth == "httpcore" else stream._stream
            kind, reads = type(derived), "read" if depth == "httpcore" else "receive"

            async def counting(self: Any, *arguments: Any, **options: Any) -> bytes:
                nonlocal received
                data: bytes = await getattr(kind, reads)(self, *arguments, **options)
                received += len(data)
                return data

            derived.__class__ = type("Derived", (kind,), {reads: counting, "__module__": __name__})
            async with client.stream("GET", server.give(*map(chunk, EVENTS), LAST)) as response:
                assert await loopback.aread_all(response) == BODY

    asyncio.run(run())
    assert received > sum(map(len, map(chunk, EVENTS)))


# While one waits


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
