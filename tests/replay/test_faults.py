"""The replay server's faults: failures, drops, clients that leave, TLS, its end, and options that make no sense."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import socket
import ssl
import struct
import threading
from typing import Any

import pytest
import requests
import trustme
from ssewire.replay import ReplayServer

from tests.support.raw_client import EVENTS, STREAM, WAIT, RawClient, fetch

# Faults


def test_fail_answers_instead_of_streams() -> None:
    with ReplayServer([STREAM], fail=(429, b'{"error":{}}'), headers={"Retry-After": "0"}) as server:
        for _ in range(2):
            response = fetch(server)
            assert (response.status_code, response.content) == (429, b'{"error":{}}')
            assert response.headers["content-type"] == "application/json"
            assert response.headers["retry-after"] == "0"


def test_fail_times() -> None:
    streams = [b"data: 1\n\n", b"data: 2\n\n"]
    with ReplayServer(streams, fail=(500, b""), fail_times=2) as server, requests.Session() as session:
        answers = [session.get(server.url, timeout=WAIT) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [500, 500, 200, 200]
        assert [answer.content for answer in answers[2:]] == streams
        assert server.connections == 1


@pytest.mark.parametrize(
    ("count", "whole"),
    [
        (0, b""),
        (1, b": keep-alive\n\nretry: 5\n\ndata: 1\n\n"),
        (2, b": keep-alive\n\nretry: 5\n\ndata: 1\n\n: keep-alive\n\n: again\ndata: 2\n\n"),
        (3, b": keep-alive\n\nretry: 5\n\ndata: 1\n\n: keep-alive\n\n: again\ndata: 2\n\n: end\n\ndata: 3"),
        (9, b": keep-alive\n\nretry: 5\n\ndata: 1\n\n: keep-alive\n\n: again\ndata: 2\n\n: end\n\ndata: 3"),
    ],
)
def test_drop_after_counts_what_a_client_sees(count: int, whole: bytes) -> None:
    stream = b": keep-alive\n\nretry: 5\n\ndata: 1\n\n: keep-alive\n\n: again\ndata: 2\n\n: end\n\ndata: 3"
    with ReplayServer([stream], framing="close", drop_after=count) as server:
        assert fetch(server).content == whole


def test_drop_after_counts_lines_of_json() -> None:
    with ReplayServer([b"{}\n[]\n1\n"], content_type="application/x-ndjson", framing="close", drop_after=2) as server:
        assert fetch(server).content == b"{}\n[]\n"


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(("framing", "end"), [("chunked", b"0\r\n\r\n"), ("length", b""), ("close", b"")])
def test_drop_after(framing: Any, end: bytes, *, reset: bool) -> None:
    with ReplayServer([STREAM], framing=framing, drop_after=1, reset=reset, fail_times=1) as server:
        with RawClient(server) as client:
            client.ask()
            got = bytearray()
            with pytest.raises(ConnectionResetError) if reset else contextlib.nullcontext():
                while data := client.file.read1():
                    got += data
        body = b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in EVENTS[:2])
        assert bytes(got) == (body if framing == "chunked" else b"".join(EVENTS[:2]))
        with RawClient(server) as client:
            client.ask()
            assert client.file.read(1)
            client.sock.shutdown(socket.SHUT_WR)
            assert client.file.read().endswith(end or EVENTS[-1])
        assert server.disconnects == 0


def test_drop_is_an_error_for_clients() -> None:
    with ReplayServer([STREAM], drop_after=1) as server:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            fetch(server)
        connection = http.client.HTTPConnection(server.url.split("/")[2], timeout=WAIT)
        with contextlib.closing(connection):
            connection.request("GET", "/")
            response = connection.getresponse()
            with pytest.raises(http.client.IncompleteRead) as caught:
                response.read()
        assert caught.value.partial == b"".join(EVENTS[:2])


# Clients that leave


@pytest.mark.parametrize("options", [{"linger": True}, {"rate": 0.001}, {"gate": None}], ids=str)
@pytest.mark.parametrize("reset", [False, True])
def test_wait_disconnect(options: dict[str, Any], *, reset: bool) -> None:
    gate = threading.Semaphore(1)
    if "gate" in options:
        options = {"gate": lambda _number: gate.acquire(timeout=WAIT)}
    with ReplayServer([STREAM], **options) as server:
        with RawClient(server) as client:
            client.ask()
            assert next(client.chunks()) == EVENTS[0]
            assert not server.wait_disconnect(0)
            if reset:
                client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert server.wait_disconnect(WAIT)
        assert server.disconnects == 1
        assert not server.wait_disconnect(0, count=2)
        gate.release()


def test_client_that_stops_reading_is_noticed() -> None:
    big = b"data: " + b"x" * 65536 + b"\n\n"
    with ReplayServer([big * 500]) as server:
        with RawClient(server) as client:
            client.ask()
            assert next(client.chunks()) == big
        assert server.wait_disconnect(WAIT)


def test_linger_ends_with_the_server() -> None:
    with ReplayServer([STREAM], linger=True) as server:
        client = RawClient(server)
        client.ask()
        assert list(itertools.islice(client.chunks(), 4)) == EVENTS
    with client:
        assert client.file.read() == b""  # no last chunk
    assert server.disconnects == 0


def test_close_leaves_no_threads() -> None:
    with contextlib.ExitStack() as stack:
        server = ReplayServer([STREAM * 10000], rate=1)
        clients = [stack.enter_context(RawClient(server)) for _ in range(3)]
        for client in clients[:2]:
            client.ask()
        assert any(thread.name.startswith("ssewire-replay") for thread in threading.enumerate())
        server.close()
        server.close()
        assert not any(thread.name.startswith("ssewire-replay") for thread in threading.enumerate())
        assert clients[2].file.read() == b""


def test_what_a_gate_raises_comes_out_of_close() -> None:
    def refuse(_number: int) -> None:
        raise TimeoutError("not yet")  # an OSError: must not pass for a client that left

    server = ReplayServer([STREAM], gate=refuse)
    with RawClient(server) as client:
        client.ask()
        assert client.file.read() == b""
    with pytest.raises(TimeoutError, match="not yet"):
        server.close()
    server.close()
    assert server.disconnects == 0


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.mark.parametrize("framing", ["chunked", "close", "length"])
def test_tls(framing: Any, tls: ssl.SSLContext, authority: trustme.CA) -> None:
    with authority.cert_pem.tempfile() as pem, ReplayServer([STREAM], ssl_context=tls, framing=framing) as server:
        assert server.url.startswith("https://127.0.0.1:")
        assert fetch(server, verify=pem).content == STREAM
        assert server.disconnects == 0


def test_tls_ends_a_close_framed_body_properly(tls: ssl.SSLContext, authority: trustme.CA) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with ReplayServer([STREAM], ssl_context=tls, framing="close") as server:
        host, port = server.url.split("/")[2].split(":")
        with (
            socket.create_connection((host, int(port)), timeout=WAIT) as plain,
            context.wrap_socket(plain, server_hostname=host, suppress_ragged_eofs=False) as client,
        ):
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            received = b"".join(iter(lambda: client.recv(65536), b""))
        assert received.endswith(STREAM)


def test_tls_client_that_leaves_or_distrusts(tls: ssl.SSLContext, authority: trustme.CA) -> None:
    with authority.cert_pem.tempfile() as pem, ReplayServer([STREAM], ssl_context=tls, linger=True) as server:
        with pytest.raises(requests.exceptions.SSLError):
            fetch(server)
        with fetch(server, verify=pem, stream=True) as response:
            assert response.raw.read1(7) == b": hello"
            assert not server.wait_disconnect(0)
        assert server.wait_disconnect(WAIT)
        assert server.disconnects == 1


# Options that make no sense


@pytest.mark.parametrize(
    "options",
    [
        {"rate": -1},
        {"rate": float("nan")},
        {"piece_size": 0},
        {"drop_after": -1},
        {"framing": "none"},
        {"encoding": "br"},
        {"fail_times": 1},
        {"reset": True},
        {"port": 65536},
    ],
    ids=str,
)
def test_options_are_checked(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        ReplayServer([STREAM], **options)


@pytest.mark.parametrize("streams", [[], b"data: a\n\n"])
def test_streams_are_checked(streams: Any) -> None:
    with pytest.raises(ValueError, match="sequence of at least one"):
        ReplayServer(streams)
