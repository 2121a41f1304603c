"""A Stream can be left, closed by another thread and shared: the connection is let go, and nothing hangs or crashes."""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import signal
import subprocess
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest
import ssewire
from ssewire import IncompleteStreamError, Stream, StreamError, TextDelta
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chat_cases import DONE, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EVENTS = [text("a"), text("b", "stop"), DONE]
BODY = b"".join(EVENTS)

each_client = pytest.mark.parametrize("client", loopback.CLIENTS)
holding_server = functools.partial(loopback.holding_server, BODY)

plain_and_tls = pytest.mark.parametrize("tls", ["plain", "tls"], indirect=True)
pytestmark = pytest.mark.usefixtures("no_descriptor_is_left")


def check_closed(stream: Stream) -> None:
    """It has ended quietly, and says that it is not complete."""
    assert next(stream, None) is None
    assert list(stream) == []
    assert list(stream.text_stream) == []
    for _ in range(2):
        with pytest.raises(IncompleteStreamError) as caught:
            stream.until_done()
        assert caught.value.snapshot is not None
        assert caught.value.snapshot.text == stream.snapshot.text


# Leaving it


def leave_with_break(response: Any) -> None:
    with Stream(response) as stream:
        for one in stream:
            assert one == TextDelta("a")
            break
    check_closed(stream)


def leave_with_an_exception(response: Any) -> None:
    with pytest.raises(KeyError), Stream(response) as stream:
        raise KeyError(next(stream))
    check_closed(stream)


def leave_a_temporary(response: Any) -> None:
    for one in Stream(response):
        assert one == TextDelta("a")
        break


def leave_the_text_of_a_temporary(response: Any) -> None:
    for piece in Stream(response).text_stream:
        assert piece == "a"
        break


def drop_the_last_reference(response: Any) -> None:
    stream = Stream(response)
    assert next(stream) == TextDelta("a")
    del stream


def drop_it_unread(response: Any) -> None:
    Stream(response)


def close_before_the_first_next(response: Any) -> None:
    stream = Stream(response)
    stream.close()
    check_closed(stream)


def close_twice(response: Any) -> None:
    stream = Stream(response)
    texts = stream.text_stream
    assert next(texts) == "a"
    stream.close()
    stream.close()
    assert next(texts, None) is None
    check_closed(stream)
    stream.close()
    assert stream.snapshot.text == "a"


LEAVES = [leave_with_break, leave_with_an_exception, leave_a_temporary, leave_the_text_of_a_temporary]
LEAVES += [drop_the_last_reference, drop_it_unread, close_before_the_first_next, close_twice]


@each_client
@plain_and_tls
@pytest.mark.parametrize("leave", LEAVES)
def test_leaving_lets_the_server_know_at_once(
    client: str, tls: loopback.Tls | None, leave: Callable[[object], None]
) -> None:
    with holding_server(tls) as server, loopback.CLIENTS[client](tls) as get:
        response = get(server.url)  # held, so that it is not its own end that closes the connection
        leave(response)
        assert server.wait_disconnect(loopback.TIMEOUT)


@each_client
def test_closing_after_the_end_changes_nothing(client: str) -> None:
    with ReplayServer([BODY]) as server, loopback.CLIENTS[client](None) as get:
        with Stream(get(server.url)) as stream:
            whole = stream.until_done()
        stream.close()
        assert stream.until_done().text == whole.text == "ab"
        assert list(stream) == []


def fail_in_a_function(response: Any) -> weakref.ref[Stream]:
    stream = Stream(response)
    with contextlib.suppress(StreamError):
        list(stream)
    return weakref.ref(stream)


def test_a_stream_that_failed_is_not_kept_by_its_own_error() -> None:
    weak = fail_in_a_function(EVENTS[0])
    gc.collect()  # the error's traceback holds the frames that hold the stream
    assert weak() is None


# Closing it from another thread


@each_client
@plain_and_tls
@pytest.mark.parametrize("framing", ["chunked", "close", "length"])
def test_closing_wakes_the_thread_that_waits(client: str, framing: Any, tls: loopback.Tls | None) -> None:
    with holding_server(tls, framing) as server, loopback.CLIENTS[client](tls) as get:
        stream = Stream(get(server.url))
        assert next(stream) == TextDelta("a")
        reader = loopback.Reader(functools.partial(list, stream))
        reader.start()
        reader.wait_blocked()
        assert stream.snapshot.text == "a"  # no lock is held
        assert repr(stream)
        with pytest.raises(ValueError, match="already being read"):
            next(stream)
        stream.close()
        stream.close()
        assert reader.finish() is None
        assert server.wait_disconnect(loopback.TIMEOUT)
        check_closed(stream)
        assert stream.snapshot.text == "a"


@each_client
def test_closing_wakes_the_thread_that_waits_for_the_first_piece(client: str) -> None:
    with holding_server(sent=0) as server, loopback.CLIENTS[client](None) as get:
        stream = Stream(get(server.url))
        reader = loopback.Reader(stream.until_done)
        reader.start()
        reader.wait_blocked()
        stream.close()
        assert isinstance(reader.finish(), IncompleteStreamError)
        assert server.wait_disconnect(loopback.TIMEOUT)
        check_closed(stream)


@each_client
def test_closing_while_the_body_is_read_to_its_end_changes_nothing(client: str) -> None:
    with ReplayServer([BODY], linger=True) as server, loopback.CLIENTS[client](None) as get:
        stream = Stream(get(server.url))
        seen: list[ssewire.Delta] = []
        reader = loopback.Reader(lambda: seen.extend(stream))
        reader.start()
        while not stream.snapshot.done:
            reader.join(0.001)
        with contextlib.suppress(AssertionError):  # on a slow machine it may have given up waiting for the body's end
            reader.wait_blocked()
        stream.close()
        assert reader.finish() is None
        assert server.wait_disconnect(loopback.TIMEOUT)
        assert stream.until_done().text == "ab"
        assert seen == ssewire.Accumulator().feed(BODY)


@pytest.mark.parametrize("piece_size", [16, 64, None])
def test_closing_at_any_time_ends_the_reader_quietly(piece_size: int | None) -> None:
    with ReplayServer([BODY], piece_size=piece_size) as server, loopback.httpx_client(None) as get:
        for _ in range(15):
            stream = Stream(get(server.url))
            reader = loopback.Reader(functools.partial(list, stream))
            reader.start()
            stream.close()
            assert reader.finish() is None
            assert next(stream, None) is None


# Interrupts


class Interrupted:
    """A source that Ctrl-C hits."""

    closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield EVENTS[0]
        raise KeyboardInterrupt

    def close(self) -> None:
        self.closed += 1


def test_an_interrupt_comes_out_and_releases_the_source() -> None:
    source = Interrupted()
    stream = Stream(source)
    assert next(stream) == TextDelta("a")
    with pytest.raises(KeyboardInterrupt):
        next(stream)
    assert source.closed == 1
    check_closed(stream)


@pytest.fixture
def interrupted() -> Iterator[threading.Event]:
    """Set by the first SIGINT, which interrupts; further ones do nothing."""
    came = threading.Event()

    def handle(*_args: object) -> None:
        if not came.is_set():
            came.set()
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handle)
    yield came
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="no signal can be sent to one thread")
@each_client
def test_ctrl_c_while_waiting_for_the_network(client: str, interrupted: threading.Event) -> None:
    first, go_on = threading.Event(), threading.Event()

    def gate(number: int) -> None:
        if number and first.wait(loopback.TIMEOUT):
            # One that comes just before the thread begins to wait does not wake it.
            while not interrupted.wait(0.05):
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            go_on.wait(loopback.TIMEOUT)

    with ReplayServer([BODY], gate=gate) as server, loopback.CLIENTS[client](None) as get:
        stream = Stream(get(server.url))
        with pytest.raises(KeyboardInterrupt), stream:  # noqa: PT012 - it may come anywhere in the loop
            for _ in stream:
                first.set()
        assert server.wait_disconnect(loopback.TIMEOUT)
        check_closed(stream)
        go_on.set()


# Sharing it


def test_a_source_that_reads_its_own_stream_is_told() -> None:
    def generate() -> Iterator[bytes]:
        for use in (lambda: next(stream), lambda: list(stream), stream.until_done, lambda: next(stream.text_stream)):
            with pytest.raises(ValueError, match="by its own source"):
                use()
        assert stream.snapshot.text == ""
        yield BODY

    stream = Stream(generate())
    assert stream.until_done().text == "ab"


def test_a_source_that_closes_its_own_stream_ends_it() -> None:
    def generate() -> Iterator[bytes]:
        yield EVENTS[0]
        stream.close()
        yield EVENTS[1]

    stream = Stream(generate())
    assert list(stream) == [TextDelta("a")]
    check_closed(stream)


def test_threads_that_share_a_stream_get_each_delta_once() -> None:
    texts = [str(number) for number in range(2000)]
    stream = Stream([b"".join(map(text, texts[start : start + 3])) for start in range(0, 2000, 3)])
    start = threading.Barrier(4)
    seen: list[ssewire.Delta] = []

    def read() -> None:
        start.wait(loopback.TIMEOUT)
        while True:
            # The source is asked by one thread at a time; the others are told so.
            with contextlib.suppress(ValueError):
                seen.append(next(stream))

    readers = [loopback.Reader(read) for _ in range(4)]
    for reader in readers:
        reader.start()
    ends = [type(reader.finish()) for reader in readers]
    assert sorted(one.text for one in seen if isinstance(one, TextDelta)) == sorted(texts)
    assert sorted(end.__name__ for end in ends) == ["IncompleteStreamError", *["StopIteration"] * 3]
    assert stream.snapshot.text == "".join(texts)


# The end of the interpreter

HTTPX = "c = httpx.Client(); get = lambda url: c.send(c.build_request('GET', url), stream=True)"
HTTP_CLIENT = """
import atexit, http.client
def get(url):
    connection = http.client.HTTPConnection(url.split("/")[2])
    atexit.register(connection.close)
    connection.request("GET", "/v1")
    return connection.getresponse()
"""
GETS = {
    "requests": "import requests; session = requests.Session(); get = lambda url: session.get(url, stream=True)",
    "urllib3": "import urllib3; p = urllib3.PoolManager(); get = lambda u: p.request('GET', u, preload_content=False)",
    "httpx": f"import httpx; {HTTPX}",
    "httpx2": f"import httpx2 as httpx; {HTTPX}",
    "http.client": HTTP_CLIENT,
    "urllib": "import urllib.request; get = urllib.request.urlopen",
}
LEAVE = """
import ssewire, sys
for one in ssewire.Stream(get(sys.argv[1])):
    break
stream = ssewire.Stream(get(sys.argv[1]))
print(next(stream))
"""


@each_client
def test_a_stream_that_is_left_open_at_exit_is_not_heard_of(client: str) -> None:
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", GETS[client] + LEAVE]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with holding_server() as server:
        done = subprocess.run(  # noqa: S603 - our own program
            [*command, server.url], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "TextDelta(text='a', choice=0)\n"
        assert server.wait_disconnect(loopback.TIMEOUT, 2)


def test_a_finalizer_in_what_woke_the_reader_may_use_the_stream() -> None:
    seen = []

    class Loud:
        def __del__(self) -> None:
            seen.append(next(stream, None))

    def source() -> Iterator[bytes]:
        yield EVENTS[0]
        loud = Loud()
        stream.close()
        raise OSError(repr(loud))

    stream = Stream(source())
    assert next(stream) == TextDelta("a")
    assert next(stream, None) is None
    gc.collect()
    assert seen == [None]
