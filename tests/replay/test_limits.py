"""The replay server's limits: what a client may send, how long it may take, and how much is kept."""

from __future__ import annotations

import threading

import pytest
import requests
from ssewire.replay import ReplayRequest, ReplayServer, connection, request, script

from tests.support.raw_client import STREAM, WAIT, RawClient, fetch


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"x" * 70_000, 400),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000, 431),
        (b"POST / HTTP/1.1\r\nContent-Length: 67108865\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 30 + b"\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n4000000\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 20_000, 431),
    ],
    ids=["start line", "fields", "length", "absurd length", "chunks", "trailers"],
)
def test_what_is_too_large_is_refused(sent: bytes, status: int) -> None:
    with ReplayServer([STREAM]) as server, RawClient(server) as client:
        client.send(sent)
        assert client.head()[0] == status
        assert server.requests == []


def test_a_client_that_still_sends_reads_why_it_was_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "MAX_BODY", 1000)
    with ReplayServer([STREAM]) as server:
        for _ in range(10):
            response = requests.post(server.url, b"x" * 5_000_000, timeout=WAIT)
            assert response.status_code == 413
            assert "1000 bytes" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "begun", [b"GET", b"GET / HTTP/1.1\r\nA: b\r\n", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhello"]
)
def test_a_request_that_does_not_come_on_is_given_up(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE", 0.05)
    with ReplayServer([STREAM]) as server, RawClient(server) as client:
        client.send(begun)
        assert client.head()[0] == 408
        assert client.file.read().endswith(b"}")
        assert server.disconnects == 0


def test_a_client_that_says_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "IDLE", 0.05)
    with ReplayServer([STREAM]) as server, RawClient(server) as client:
        client.ask()
        assert client.file.read().endswith(b"0\r\n\r\n")  # and then the end


def test_patience_does_not_hurry_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE", 0.05)
    gate = threading.Semaphore(0)
    with ReplayServer([STREAM], gate=lambda _number: gate.acquire(timeout=WAIT)) as server, RawClient(server) as client:
        client.ask()
        assert not server.wait_disconnect(0.2)
        gate.release(4)
        assert b"".join(client.chunks()) == STREAM


def test_the_newest_requests_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "MOST_REQUESTS", 3)
    with ReplayServer([STREAM]) as server, requests.Session() as session:
        for number in range(5):
            session.post(server.url, json=number, timeout=WAIT)
        assert [kept.json() for kept in server.requests] == [2, 3, 4]


def test_the_newest_bodies_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "MOST_BYTES", 10)
    with ReplayServer([STREAM]) as server, requests.Session() as session:
        for body in (b"1234", b"56789", b"abcd", b"x" * 11):
            session.post(server.url, body, timeout=WAIT)
            kept = [each.body for each in server.requests]
            assert kept[-1] == body
            assert sum(map(len, kept)) <= 10 or kept == [body]
        assert kept == [b"x" * 11]


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"stream":' * 200_000, b"9" * 5000], ids=["[", "{", "9"])
def test_json_that_cannot_be_read_asks_for_nothing(body: bytes) -> None:
    with ReplayServer([STREAM]) as server:
        assert requests.post(server.url, body, timeout=WAIT).content == STREAM
        assert fetch(server).content == STREAM
        with pytest.raises(ValueError, match=r"nested|digits"):
            server.requests[0].json()


def test_json_of_a_request() -> None:
    assert ReplayRequest("POST", "/", {}, b'{"a": [1]}', 0).json() == {"a": [1]}
