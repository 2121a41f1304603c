"""Whole chunks that are read past http.client, beside its own `read1`."""

from __future__ import annotations

import contextlib
import http.client
import threading
import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest
import requests
import ssewire
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st
from ssewire._sources import http_client, open_source
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chunk_server import BODIES, LAST, Server, chunk, chunked_bodies
from tests.support.cuts import cut_at
from tests.support.past_clients import received_past_clients

if TYPE_CHECKING:
    from collections.abc import Iterator

each_client = pytest.mark.parametrize("client", ["http.client", "requests", "urllib3"])


def read(client: str, url: str, *, directly: bool) -> Any:
    """Read a response; return the body, and what it ended with."""
    body, error = b"", None
    with pytest.MonkeyPatch.context() as patch, loopback.CLIENTS[client](None) as get:
        patch.setenv("SSEWIRE_DIRECT", str(int(directly)))
        source = open_source(get(url))
        try:
            for piece in source.pieces:
                body += piece
        except Exception as raised:  # noqa: BLE001 - the two are compared
            error = type(raised), str(raised), type(raised.__cause__)
        source.close()
        return body, error


def check(client: str, url: str) -> None:
    assert read(client, url, directly=True) == read(client, url, directly=False)


@contextlib.contextmanager
def reading(size: int) -> Iterator[None]:
    """Have no more than so many bytes received at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http_client, "READ_SIZE", size)
        yield


@each_client
@pytest.mark.parametrize("case", BODIES)
def test_a_body_is_what_read1_reads_of_it(client: str, case: str, server: Server) -> None:
    check(client, server.give(BODIES[case], stays=False))


@each_client
def test_a_body_cut_at_every_byte(client: str, server: Server) -> None:
    body = chunk(b"data: 1\n\n") + chunk(b"data: 2\n\n") + LAST
    for at in range(1, len(body)):
        check(client, server.give(*cut_at(body, [at])))


@settings(deadline=None, max_examples=60)
@given(chunked_bodies, st.lists(st.integers(0, 200)), st.sampled_from([1, 7, 40, 65536]))
def test_any_chunks_in_any_pieces(server: Server, body: tuple[bytes, bool], cuts: list[int], size: int) -> None:
    pieces = cut_at(body[0], [at for at in cuts if at < len(body[0])])
    with reading(size):
        check("urllib3", server.give(*pieces, stays=False))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 31])
@pytest.mark.parametrize("case", [case for case, body in BODIES.items() if len(body) < 1000])
def test_a_body_in_small_reads(size: int, case: str, server: Server) -> None:
    with reading(size):
        check("http.client", server.give(BODIES[case], stays=False))


@each_client
def test_whole_chunks_are_taken(client: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSEWIRE_DIRECT", raising=False)
    received = received_past_clients(monkeypatch)
    with loopback.CLIENTS[client](None) as get:
        for _ in range(2):
            assert loopback.read_all(get(server.give(chunk(b"a") * 100, LAST))) == b"a" * 100
    assert any(received)


@contextlib.contextmanager
def asked_for_head(client: str, url: str) -> Iterator[Any]:
    """The response to a HEAD, which announces chunks that do not come; the connection stays."""
    parts = urllib.parse.urlsplit(url)
    with (
        contextlib.closing(http.client.HTTPConnection(parts.netloc, timeout=loopback.TIMEOUT)) as connection,
        requests.Session() as session,
        urllib3.PoolManager(timeout=loopback.TIMEOUT, retries=False) as pool,
    ):
        session.trust_env = False
        if client == "http.client":
            connection.request("HEAD", parts.path)
            yield connection.getresponse()
        elif client == "requests":
            yield session.head(url, stream=True, timeout=loopback.TIMEOUT)
        else:
            yield pool.request("HEAD", url, preload_content=False)


@each_client
def test_the_body_of_a_head_is_not_waited_for(client: str, server: Server) -> None:
    with asked_for_head(client, server.give()) as response:
        assert loopback.read_all(response) == b""


class Upper(http.client.HTTPResponse):
    """A user's own response."""

    def read1(self, size: int = -1) -> bytes:
        return super().read1(size).upper()


def test_a_response_of_a_derived_class_is_not_passed_by(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSEWIRE_DIRECT", raising=False)
    url = urllib.parse.urlsplit(server.give(chunk(b"a") * 100, LAST))
    connection = http.client.HTTPConnection(url.netloc, timeout=loopback.TIMEOUT)
    connection.response_class = Upper
    with contextlib.closing(connection):
        connection.request("GET", url.path)
        assert loopback.read_all(connection.getresponse()) == b"A" * 100


@each_client
def test_who_leaves_the_pieces_may_go_on(client: str) -> None:
    permits = threading.Semaphore(1)
    gate: Any = lambda _: permits.acquire(timeout=loopback.TIMEOUT)  # noqa: E731 - one expression
    with ReplayServer([b"data: 1\n\ndata: 2\n\n"], gate=gate) as held, loopback.CLIENTS[client](None) as get:
        response = get(held.url)
        assert next(ssewire.iter_sse(response)).data == "1"
        permits.release()
        assert [event.data for event in ssewire.iter_sse(response)] == ["2"]


@pytest.mark.parametrize("direct", ["0", "1"])
def test_urllib3_counts_what_came(direct: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSEWIRE_DIRECT", direct)
    with urllib3.PoolManager(timeout=loopback.TIMEOUT) as pool:
        response = pool.request("GET", server.give(chunk(b"a") * 100, LAST), preload_content=False)
        assert loopback.read_all(response) == b"a" * 100
        assert response.tell() == len(b"a" * 100)


class UpperOfUrllib3(urllib3.HTTPResponse):
    """A user's own response."""

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:  # noqa: FBT001 - urllib3's
        return super().read1(amt, decode_content).upper()


def test_a_response_derived_from_urllib3_is_not_passed_by(server: Server) -> None:
    with urllib3.PoolManager(timeout=loopback.TIMEOUT) as pool:
        response = pool.request("GET", server.give(chunk(b"a") * 100, LAST), preload_content=False)
        response.__class__ = UpperOfUrllib3
        assert loopback.read_all(response) == b"A" * 100
