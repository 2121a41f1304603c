"""What is left to httpx and httpx2."""

# ruff: noqa: SLF001 - what this is about

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from ssewire._sources import direct, open_source
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chunk_server import EVENTS, LAST, Server, chunk
from tests.support.direct import (
    BODY,
    OPTIONS,
    PACKAGES,
    asked,
    each_package,
    is_direct,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


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
