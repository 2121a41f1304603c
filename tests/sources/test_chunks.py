"""Chunks that have arrived together are read together, as h11 reads them one by one."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import h11
import httpx
import httpx2
import pytest
from ssewire._sources import open_async_source, open_source
from ssewire._sources.chunks import _state, join_chunks
from ssewire.compat import httpx_sse
from ssewire.integrations._decoder import Decoder

from tests.support import loopback
from tests.support.cuts import bytewise, cut_at

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENTS = [f'data: {{"number": {number}}}\n\n'.encode() for number in range(100)]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


CHUNKED = b"".join(map(chunk, EVENTS))
BODIES = {
    "events": CHUNKED + b"0\r\n\r\n",
    "nothing": b"0\r\n\r\n",
    "trailers": chunk(b"a") + chunk(b"b") + b"0\r\nName: value\r\n\r\n",
    "extensions": chunk(b"a") + b"1;name=value\r\nb\r\n" + chunk(b"c") + chunk(b"d") + b"0;x\r\n\r\n",
    "line ends": chunk(b"\r\n") + chunk(b"\n\r\n0\r\n\r\n") + b"0\r\n\r\n",
    "zeros before a size": b"0003\r\nabc\r\n000\r\n\r\n",
    "a large chunk": chunk(b"a" * 5000) + chunk(b"b") + chunk(b"c" * 300) + b"0\r\n\r\n",
    "no end": CHUNKED[:-9],
    "no size": chunk(b"a") + chunk(b"b") + b"text\r\n",
    "a size with a sign": chunk(b"a") + b"+1\r\nb\r\n0\r\n\r\n",
    "too long": chunk(b"a") + b"1\r\nbc\r\n0\r\n\r\n",
    "no CR": chunk(b"a") + b"1\nb\n0\n\n",
    "an endless size": chunk(b"a") + b"1" * 200_000,
    "the next response": chunk(b"a") + b"0\r\n\r\n" + HEAD,
}  # fmt: skip


def read(pieces: list[bytes], *, joined: bool) -> tuple[bytes, Any]:
    """What h11 gives of a response's body, and how that ends."""
    state = h11.Connection(h11.CLIENT, max_incomplete_event_size=100 * 1024)
    state.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    state.send(h11.EndOfMessage())
    state.receive_data(HEAD)
    assert type(state.next_event()) is h11.Response
    if joined:
        connection = SimpleNamespace(_h11_state=state)
        stream = SimpleNamespace(_stream=SimpleNamespace(_connection=connection))
        join_chunks(SimpleNamespace(stream=stream, is_closed=False, is_stream_consumed=False))
        assert type(state._reader).__module__ == "ssewire._sources.chunks"  # noqa: SLF001 - what this is about
    body = b""
    for piece in [*pieces, b""]:
        state.receive_data(piece)
        while (event := next_event(state)) is not h11.NEED_DATA:
            if not isinstance(event, h11.Data):
                end = (event.headers, state.trailing_data) if isinstance(event, h11.EndOfMessage) else event
                return body, end
            body += event.data
    return body, None


def next_event(state: h11.Connection) -> Any:
    try:
        return state.next_event()
    except h11.RemoteProtocolError as error:
        return str(error)


def cuts(body: bytes) -> list[list[bytes]]:
    chance = random.Random(len(body))
    random_cuts = [cut_at(body, chance.choices(range(len(body)), k=chance.randrange(1, 40))) for _ in range(30)]
    return [[body], bytewise(body[:4000]), *random_cuts]


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_what_h11_reads_of_it(name: str) -> None:
    for pieces in cuts(BODIES[name]):
        pieces = [piece for piece in pieces if piece]  # noqa: PLW2901 - an empty one is the end
        assert read(pieces, joined=True) == read(pieces, joined=False)


class Burst:
    """A server that sends a response at once, and says when all of it was sent."""

    def __init__(self, response: bytes) -> None:
        self._response = response
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        self.sent = threading.Semaphore(0)
        self.connections = 0

    def serve(self) -> None:
        with contextlib.suppress(OSError):  # closed: the test is over
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                with sock:
                    self._answer(sock)

    def _answer(self, sock: socket.socket) -> None:
        head = b""
        while data := sock.recv(4096):
            head += data
            if head.endswith(b"\r\n\r\n"):
                sock.sendall(self._response)
                self.sent.release()
                head = b""

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def burst() -> Iterator[Burst]:
    server = Burst(HEAD + BODIES["events"])
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield server
    server.close()
    thread.join()


def check(pieces: list[bytes]) -> None:
    assert b"".join(pieces) == b"".join(EVENTS)
    assert len(pieces) <= 3


@pytest.mark.parametrize("client", ["httpx", "httpx2"])
def test_chunks_that_wait_come_together(client: str, burst: Burst) -> None:
    with loopback.CLIENTS[client](None) as get:
        for _ in range(3):
            response = get(burst.url)
            burst.sent.acquire()
            check([bytes(piece) for piece in open_source(response).pieces])
            assert response.num_bytes_downloaded == sum(map(len, EVENTS))
    assert burst.connections == 1


@pytest.mark.parametrize("client", [httpx, httpx2])
def test_chunks_that_wait_come_together_in_place_of_httpx_sse(client: Any, burst: Burst) -> None:
    with client.Client() as opened, opened.stream("GET", burst.url) as response:
        burst.sent.acquire()
        events = httpx_sse.EventSource(response).iter_sse()
        given = [next(events).data]
        assert type(_state(response)._reader).__module__ == "ssewire._sources.chunks"  # noqa: SLF001 - as above
        given += [event.data for event in events]
    assert given == [event[6:-2].decode() for event in EVENTS]


def test_what_is_no_response_stays_as_it_is() -> None:
    def iter_bytes() -> Iterator[bytes]:
        yield EVENTS[0]

    class Body:
        def iter_bytes(self) -> Iterator[bytes]:
            yield EVENTS[0]

    for pieces in (iter_bytes(), Body().iter_bytes()):
        assert [event.data for event in Decoder(None, None, frozenset()).iter_bytes(pieces)] == ['{"number": 0}']


@pytest.mark.parametrize("client", ["httpx", "httpx2"])
def test_chunks_that_wait_come_together_asynchronously(client: str, burst: Burst) -> None:
    async def get_all() -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            for _ in range(3):
                response = await get(burst.url)
                burst.sent.acquire()
                check([bytes(piece) async for piece in open_async_source(response).pieces])

    asyncio.run(get_all())
    assert burst.connections == 1
