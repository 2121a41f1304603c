"""The replay server at work: what it serves, how it cuts, frames, encodes and paces it."""

from __future__ import annotations

import gzip
import json
import threading
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import requests
from ssewire.replay import ReplayServer, split_events

from tests.support.raw_client import EVENTS, STREAM, WAIT, RawClient, fetch

if TYPE_CHECKING:
    from pathlib import Path

# Splitting


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"", []),
        (b"data: a", [b"data: a"]),
        (b"data: a\n\ndata: b", [b"data: a\n\n", b"data: b"]),
        (b"data: a\r\rdata: b\r\r", [b"data: a\r\r", b"data: b\r\r"]),
        (b"data: a\r\ndata: b\r\n\r\n: c\r\n\r\n", [b"data: a\r\ndata: b\r\n\r\n", b": c\r\n\r\n"]),
        (b"data: a\n\r\n\n\ndata: b\n\n", [b"data: a\n\r\n\n\n", b"data: b\n\n"]),
        (b"\n\ndata: a\n\n", [b"\n\ndata: a\n\n"]),
        (b"\n\n", [b"\n\n"]),
        ("data: a\u2028\u0085b\n\n".encode() + b"\x0b\x0c\n\n", ["data: a\u2028\u0085b\n\n".encode(), b"\x0b\x0c\n\n"]),
    ],
)
def test_split_events(stream: bytes, events: list[bytes]) -> None:
    assert split_events(stream) == events


# What is served


def test_serves_an_event_a_chunk_then_ends_the_body() -> None:
    with ReplayServer([STREAM]) as server, RawClient(server) as client:
        headers = client.ask()
        assert list(client.chunks()) == EVENTS
        assert client.file.readline() == b"\r\n"
        assert headers["content-type"] == "text/event-stream"
        assert "content-encoding" not in headers


def test_streams_come_in_turn_from_bytes_and_files(tmp_path: Path) -> None:
    path = tmp_path / "second.sse"
    path.write_bytes(b"data: second\n\n")
    with ReplayServer([STREAM, path]) as server:
        assert [fetch(server).content for _ in range(3)] == [STREAM, b"data: second\n\n", STREAM]


def test_records_requests_and_connections() -> None:
    with ReplayServer([STREAM]) as server:
        with requests.Session() as session:
            for model in "ab":
                session.post(f"{server.url}/chat/completions?x=1", json={"model": model}, headers={"X-Y": "z"})
        assert requests.get(server.url, timeout=WAIT).content == STREAM
        first, second, third = server.requests
        assert (first.method, first.path, first.json()) == ("POST", "/v1/chat/completions?x=1", {"model": "a"})
        assert first.headers["x-y"] == "z"
        assert (third.method, third.path, third.body) == ("GET", "/v1", b"")
        assert [first.connection, second.connection, third.connection] == [0, 0, 1]
        assert server.connections == 2
        assert server.disconnects == 0


def test_reads_chunked_request_bodies_and_answers_expect() -> None:
    with ReplayServer([STREAM]) as server, RawClient(server) as client:
        client.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
        assert client.head() == (100, {})
        client.send(b"3;x=y\r\n[1,\r\n2\r\n2]\r\n0\r\nTrailer: t\r\n\r\n")
        assert client.head()[0] == 200
        assert server.requests[0].json() == [1, 2]


def test_pipelined_requests_get_their_streams() -> None:
    with ReplayServer([STREAM], rate=1000) as server, RawClient(server) as client:
        client.send(b"GET / HTTP/1.1\r\n\r\n" * 2)
        for _ in range(2):
            assert client.head()[0] == 200
            assert list(client.chunks()) == EVENTS
            assert client.file.readline() == b"\r\n"


def test_connection_close_is_honoured() -> None:
    with ReplayServer([STREAM]) as server, RawClient(server) as client:
        client.send(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert client.file.read().endswith(b"0\r\n\r\n")


def test_stream_false_is_refused_in_openai_shape() -> None:
    with ReplayServer([STREAM]) as server:
        response = requests.post(server.url, json={"stream": False}, timeout=WAIT)
        assert response.status_code == 400
        assert response.json()["error"]["type"] == "invalid_request_error"
        assert fetch(server).content == STREAM


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_bad_requests_get_400_and_the_end(request_bytes: bytes) -> None:
    with ReplayServer([STREAM]) as server, RawClient(server) as client:
        client.send(request_bytes)
        status, headers = client.head()
        assert (status, headers["connection"]) == (400, "close")
        assert json.loads(client.file.read())["error"]["message"]
        assert server.requests == []


def test_other_methods_get_405() -> None:
    with ReplayServer([STREAM]) as server:
        assert requests.delete(server.url, timeout=WAIT).status_code == 405


def test_status_content_type_and_headers() -> None:
    headers = {"X-Request-Id": "r1"}
    with (
        ReplayServer(
            [b'{"a":1}\n{"b":2}\n'], status=203, content_type="application/x-ndjson", headers=headers
        ) as server,
        RawClient(server) as client,
    ):
        client.send(b"GET / HTTP/1.1\r\n\r\n")
        status, got = client.head()
        assert (status, got["content-type"], got["x-request-id"]) == (203, "application/x-ndjson", "r1")
        assert list(client.chunks()) == [b'{"a":1}\n', b'{"b":2}\n']


# Cuts, framing and encoding


def test_piece_size_cuts_every_event() -> None:
    with ReplayServer([STREAM], piece_size=4) as server, RawClient(server) as client:
        client.ask()
        cut = [event[start : start + 4] for event in EVENTS for start in range(0, len(event), 4)]
        assert list(client.chunks()) == cut


def test_cut_seed_cuts_at_random_places_that_repeat() -> None:
    stream = STREAM * 50
    seen = []
    for seed in (1, 1, 2):
        with ReplayServer([stream], cut_seed=seed, piece_size=9) as server, RawClient(server) as client:
            client.ask()
            seen.append(list(client.chunks()))
    assert all(b"".join(pieces) == stream for pieces in seen)
    assert {len(piece) for piece in seen[0]} == set(range(1, 10))
    assert seen[0] == seen[1] != seen[2]


def test_length_framing() -> None:
    with ReplayServer([STREAM], framing="length") as server, RawClient(server) as client:
        for _ in range(2):
            headers = client.ask()
            assert headers["content-length"] == str(len(STREAM))
            assert client.file.read(len(STREAM)) == STREAM


def test_close_framing() -> None:
    with ReplayServer([STREAM], framing="close") as server, RawClient(server) as client:
        headers = client.ask()
        assert headers["connection"] == "close"
        assert "transfer-encoding" not in headers
        assert client.file.read() == STREAM


@pytest.mark.parametrize("framing", ["chunked", "close", "length"])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_encodings(framing: Any, encoding: Any) -> None:
    with ReplayServer([STREAM], framing=framing, encoding=encoding, piece_size=3) as server:
        response = fetch(server, stream=True)
        assert response.headers["content-encoding"] == encoding
        raw = response.raw.read(decode_content=False)
        assert (gzip.decompress if encoding == "gzip" else zlib.decompress)(raw) == STREAM
        assert fetch(server).content == STREAM


def test_gzip_is_flushed_with_every_event() -> None:
    gate = threading.Semaphore(0)
    with (
        ReplayServer([STREAM], encoding="gzip", gate=lambda _number: gate.acquire(timeout=WAIT)) as server,
        RawClient(server) as client,
    ):
        client.ask()
        chunks = client.chunks()
        decompressor = zlib.decompressobj(wbits=31)
        for event in EVENTS:
            gate.release()
            assert decompressor.decompress(next(chunks)) == event


# Pace


def test_gate_holds_each_event_back() -> None:
    gate, numbers = threading.Semaphore(0), []

    def wait(number: int) -> None:
        numbers.append(number)
        gate.acquire(timeout=WAIT)

    with ReplayServer([STREAM], gate=wait) as server, RawClient(server) as client:
        client.ask()
        chunks = client.chunks()
        for number, event in enumerate(EVENTS):
            assert not client.has_bytes()
            gate.release()
            assert next(chunks) == event
            assert number in numbers
    assert numbers == [0, 1, 2, 3]


def test_rate_delays_events_but_not_the_first() -> None:
    with ReplayServer([STREAM], rate=0.001) as server, RawClient(server) as client:
        client.ask()
        assert next(client.chunks()) == EVENTS[0]
        assert not client.has_bytes()


def test_rate_is_kept() -> None:
    with ReplayServer([STREAM], rate=2000) as server:
        assert fetch(server).content == STREAM
