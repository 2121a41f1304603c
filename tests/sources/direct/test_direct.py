"""Chunks that are read past httpx and httpx2, beside what these read by themselves: the slow, obvious way."""

from __future__ import annotations

import asyncio
import contextlib
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpcore
import httpcore2
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from ssewire._sources import direct, network, open_async_source, open_source

from tests.support.chunk_server import BODIES, ENDLESS, EVENTS, LAST, Server, chunk, chunked_bodies
from tests.support.cuts import cut_at
from tests.support.direct import OPTIONS, PACKAGES, each_package

if TYPE_CHECKING:
    from collections.abc import Iterator

each_kind = pytest.mark.parametrize("kind", ["sync", "asyncio", "trio"])


# Of what follows the end it depends on time how much has come, and is met by the next request.
SMALL = [case for case, body in BODIES.items() if len(body) < 1000 and not body.partition(LAST)[2]]


@dataclass
class Outcome:
    """All that a user sees of a response that was read."""

    body: bytes = b""
    error: object = None
    downloaded: int = 0
    closed: bool = False
    second: object = None
    connections: int = 0


def failure(error: Exception) -> object:
    message = re.sub(r"bytearray\(.*?\)", "…", str(error))  # as much as h11 happens to have of what is wrong
    return type(error), message, [type(cause) for cause in causes(error)], str(getattr(error, "request", None))


def causes(error: BaseException) -> Iterator[BaseException]:
    while error.__cause__ is not None:
        error = error.__cause__
        yield error


@contextlib.contextmanager
def reading(size: int) -> Iterator[None]:
    """Have both ways get no more than so many bytes at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(direct, "READ_SIZE", size)
        patch.setattr(network, "READ_SIZE", size)
        for package in (httpcore, httpcore2):
            patch.setattr(package.HTTP11Connection, "READ_NUM_BYTES", size)
            patch.setattr(package.AsyncHTTP11Connection, "READ_NUM_BYTES", size)
        yield


def read(name: str, server: Server, url: str, kind: str, *, way: str) -> Outcome:
    """Read a response, then ask the same client for another one."""
    before = server.connections
    if kind == "sync":
        outcome = _read(name, server, url, way)
    elif kind == "asyncio":
        outcome = asyncio.run(_aread(name, server, url, way))
    else:
        outcome = trio.run(_aread, name, server, url, way)
    outcome.connections = server.connections - before
    return outcome


def _read(name: str, server: Server, url: str, way: str) -> Outcome:
    outcome = Outcome()
    with PACKAGES[name].Client(**OPTIONS) as client:
        with client.stream("GET", url) as response:
            pieces = response.iter_bytes() if way == "own" else open_source(response).pieces
            try:
                for piece in pieces:
                    outcome.body += piece
            except PACKAGES[name].HTTPError as error:
                outcome.error = failure(error)
            outcome.downloaded, outcome.closed = response.num_bytes_downloaded, response.is_closed
        assert response.elapsed.total_seconds() > 0
        try:
            outcome.second = client.get(server.url).content
        except PACKAGES[name].HTTPError as error:
            outcome.second = failure(error)
    return outcome


async def _aread(name: str, server: Server, url: str, way: str) -> Outcome:
    outcome = Outcome()
    async with PACKAGES[name].AsyncClient(**OPTIONS) as client:
        async with client.stream("GET", url) as response:
            pieces = response.aiter_bytes() if way == "own" else open_async_source(response).pieces
            try:
                async for piece in pieces:
                    outcome.body += piece
            except PACKAGES[name].HTTPError as error:
                outcome.error = failure(error)
            outcome.downloaded, outcome.closed = response.num_bytes_downloaded, response.is_closed
        assert response.elapsed.total_seconds() > 0
        try:
            outcome.second = (await client.get(server.url)).content
        except PACKAGES[name].HTTPError as error:
            outcome.second = failure(error)
    return outcome


def check(name: str, server: Server, url: str, kind: str) -> None:
    assert read(name, server, url, kind, way="ours") == read(name, server, url, kind, way="own")


# What is read


@each_package
@each_kind
@pytest.mark.parametrize("case", BODIES)
def test_a_body_is_what_the_client_reads_of_it(name: str, kind: str, case: str, server: Server) -> None:
    check(name, server, server.give(BODIES[case], stays=case not in ENDLESS), kind)


@pytest.mark.parametrize("kind", ["sync", "asyncio"])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 31])
@pytest.mark.parametrize("case", SMALL)
def test_a_body_in_small_reads(kind: str, size: int, case: str, server: Server) -> None:
    with reading(size):
        check("httpx", server, server.give(BODIES[case], stays=case not in ENDLESS), kind)


@pytest.mark.parametrize("name", PACKAGES)
def test_a_body_cut_at_every_byte(name: str, server: Server) -> None:
    body = chunk(b"data: 1\n\n") + chunk(b"data: 2\n\n") + LAST
    for at in range(1, len(body)):
        check(name, server, server.give(*cut_at(body, [at])), "sync")


@settings(deadline=None, max_examples=60)
@given(chunked_bodies, st.integers(1, 80), st.sampled_from(["sync", "asyncio"]))
def test_any_chunks_in_any_reads(server: Server, body: tuple[bytes, bool], size: int, kind: str) -> None:
    with reading(size):
        check("httpx2", server, server.give(body[0], stays=body[1]), kind)


@each_package
@each_kind
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_compressed_body(name: str, kind: str, coding: str, server: Server) -> None:
    check(name, server, give_compressed(server, coding, compressed(coding)), kind)


@each_package
@pytest.mark.parametrize("kind", ["sync", "asyncio"])  # under trio what httpx leaves behind is warned of
def test_a_body_that_cannot_be_decompressed(name: str, kind: str, server: Server) -> None:
    parts = compressed("gzip")
    parts[50] = b"x" * 30
    url = give_compressed(server, "gzip", parts)
    ours, own = (read(name, server, url, kind, way=way) for way in ("ours", "own"))
    assert own.body.startswith(ours.body)  # of chunks that were decompressed together nothing came
    assert own.error == ours.error
    assert own.error is not None


def compressed(coding: str) -> list[bytes]:
    packer = zlib.compressobj(wbits=31 if coding == "gzip" else 15)
    return [packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH) for event in EVENTS] + [packer.flush()]


def give_compressed(server: Server, coding: str, parts: list[bytes]) -> str:
    return server.give(*map(chunk, parts), LAST, headers=f"Content-Encoding: {coding}\r\n".encode())


@each_package
@each_kind
def test_connection_close(name: str, kind: str, server: Server) -> None:
    check(name, server, server.give(BODIES["events"], stays=False, headers=b"Connection: close\r\n"), kind)
