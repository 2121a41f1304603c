"""The examples of what is done when a connection drops, and of passing on: `retry` and `gateway`."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests
import ssewire
from ssewire.replay import ReplayServer

from tests.support.cli_process import CHAT, END, WAIT, text_chunk
from tests.support.example_process import FAILURE, finish, read, run, start, stream, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssewire.replay.options import Encoding

CHAT_TEXT = ssewire.collect(CHAT.read_bytes()).text

posix = pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process here")


# retry


NOTICE = "\n[The connection was lost, and the new answer is a different one:]\n"


@pytest.mark.parametrize(
    ("dropped", "streams", "expected"),
    [
        pytest.param(0, [["one ", "two"]], "one two", id="never dropped"),
        pytest.param(1, [["one ", "two ", "three"]], "one two three", id="same answer"),
        pytest.param(1, [["one ", "two ", "three"], ["o", "ne two th", "ree"]], "one two three", id="other pieces"),
        pytest.param(2, [["one two ", "3 ", "4"], ["one ", "two ", "3 4"]], "one two 3 4", id="dropped earlier"),
        pytest.param(2, [["one ", "two ", "three"], ["one two ", "thr", "ee"]], "one two three", id="dropped later"),
        pytest.param(1, [["one ", "two ", "3"], ["one ", "2 ", "3"]], f"one two {NOTICE}one 2 3", id="differs later"),
        pytest.param(1, [["one ", "two ", "3"], ["1 ", "2 ", "3"]], f"one two {NOTICE}1 2 3", id="differs at once"),
        pytest.param(1, [["one ", "two ", "three"], ["one"]], f"one two {NOTICE}one", id="shorter"),
        pytest.param(1, [["one ", "two ", "three"], ["one ", "two "]], "one two ", id="ends where it dropped"),
        pytest.param(
            2, [["one ", "two ", "3"], ["1 ", "2 ", "3"]], f"one two {NOTICE}1 2 {NOTICE}one two 3", id="differs twice"
        ),
    ],
)
def test_retry_shows_nothing_twice(dropped: int, streams: list[list[str]], expected: str) -> None:
    """Drop the first `dropped` answers after two events."""
    with ReplayServer([stream(*texts) for texts in streams], drop_after=2, fail_times=dropped) as server:
        assert run("retry", server.url) == (f"{expected}\n", "", 0)
    assert len(server.requests) == dropped + 1


def test_retry_of_a_connection_that_is_reset() -> None:
    reading = threading.Event()

    def gate(event: int) -> None:
        if event == 42:  # 40 events and two comments are sent; a reset takes with it what was not read yet
            assert reading.wait(WAIT)

    begin = text_of(CHAT, 40)
    options: dict[str, Any] = {"gate": gate, "drop_after": 41, "reset": True, "fail_times": 1}
    with ReplayServer([CHAT], **options) as server, start("retry", server.url) as process:
        read(process, begin)
        reading.set()
        out, err = finish(process)
    assert (begin + out, err, process.returncode) == (f"{CHAT_TEXT}\n", "", 0)


def test_retry_gives_up() -> None:
    with ReplayServer([stream("one ", "two ", "three")], drop_after=2) as server:
        out, err, status = run("retry", server.url)
    assert (out, status) == ("one two ", 1)
    assert err.startswith("\n[The answer is not complete: ")
    assert "Traceback" not in err
    assert len(server.requests) == 3


# ask_again


OVERLOADED = (503, b'{"error": {"message": "Overloaded: try again", "type": "server_error"}}')


def test_ask_again_asks_until_the_provider_answers() -> None:
    with ReplayServer([CHAT], fail=OVERLOADED, fail_times=2) as server:
        out, err, status = run("ask_again", server.url)
    assert (err, status) == ("", 0)
    *notes, answer = out.split("\n", 2)
    assert (len(server.requests), answer) == (3, f"{CHAT_TEXT}\n")
    assert all("Overloaded: try again" in note for note in notes)


def test_ask_again_shows_nothing_twice() -> None:
    with ReplayServer([stream("one ", "two ", "three")], drop_after=2) as server:
        out, err, status = run("ask_again", server.url)
    assert (out, status, len(server.requests)) == ("one two ", 1, 1)
    assert "IncompleteStreamError" in err


# gateway


@contextlib.contextmanager
def gateway(upstream: ReplayServer, *lines: str) -> Iterator[str]:
    """Run the gateway on a free port, and give its address; then it must have printed lines of these patterns."""
    with start("gateway", upstream.url, "0") as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        for line in lines:
            assert re.fullmatch(line, process.stdout.readline().strip())
        process.send_signal(signal.SIGINT)
        assert finish(process) == ("", "")
    assert process.returncode == 0


def post(url: str) -> requests.Response:
    """Ask for a stream through the gateway; its body is not read yet."""
    with requests.Session() as session:
        session.trust_env = False
        return session.post(f"{url}/chat/completions", json={"stream": True}, stream=True, timeout=WAIT)


@posix
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_gateway_passes_the_body_on_and_counts(encoding: Encoding) -> None:
    with (
        ReplayServer([CHAT], encoding=encoding) as upstream,
        gateway(upstream, "19 tokens in, 68 out") as url,
        post(url) as response,
    ):
        assert response.content == CHAT.read_bytes()
        assert response.headers["Content-Type"] == "text/event-stream"
        assert "Content-Encoding" not in response.headers
        assert (upstream.requests[0].path, upstream.requests[0].json()) == ("/v1/chat/completions", {"stream": True})


@posix
def test_gateway_passes_each_event_on_at_once() -> None:
    seen = threading.Event()
    first, rest = text_chunk("one"), text_chunk("two") + END
    with (
        ReplayServer([first + rest], gate=lambda event: event == 0 or seen.wait(WAIT)) as upstream,
        gateway(upstream) as url,
        post(url) as response,
    ):
        assert response.raw.read1(len(first), decode_content=True) == first
        seen.set()
        assert response.raw.read() == rest


@posix
def test_gateway_passes_errors_on() -> None:
    with (
        ReplayServer([CHAT], fail=FAILURE) as upstream,
        gateway(upstream, r"ProviderError: slow down \(type rate_limit_error\)") as url,
        post(url) as response,
    ):
        assert (response.status_code, response.content) == FAILURE


@posix
def test_gateway_cuts_what_was_cut() -> None:
    with (
        ReplayServer([CHAT], drop_after=40) as upstream,
        gateway(upstream, "RemoteProtocolError: .+") as url,
        post(url) as response,
        pytest.raises(ssewire.IncompleteStreamError) as caught,
    ):
        ssewire.collect(response)
    assert isinstance(caught.value.__cause__, requests.exceptions.ChunkedEncodingError)
    assert caught.value.snapshot is not None
    assert caught.value.snapshot.text == text_of(CHAT, 40)


@posix
def test_gateway_leaves_when_its_client_leaves() -> None:
    left = threading.Event()
    with (
        ReplayServer([CHAT], gate=lambda event: event == 0 or left.wait(WAIT), linger=True) as upstream,
        gateway(upstream, "(BrokenPipe|ConnectionReset)Error: .+") as url,
    ):
        host, _, port = url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), WAIT) as client:
            client.sendall(b"POST /chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Length: 2\r\n\r\n{}")
            assert client.recv(1)  # what is left unread makes closing it a reset, which cannot be overlooked
        left.set()
        assert upstream.wait_disconnect(WAIT)
