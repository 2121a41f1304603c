"""A body that is passed on while an accumulator watches it, and one that is read to its whole."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import json
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
import ssewire
from ssewire import (
    Accumulator,
    AsyncStream,
    EventTooLargeError,
    FinishDelta,
    IncompleteStreamError,
    ProviderError,
    ResponseError,
    Stream,
    StreamError,
    TextDelta,
    UsageDelta,
    atee,
    collect,
    tee,
)
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chat_cases import DONE, RICH, accumulate, plain, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BODY = b": hi\n\n" + b"".join(RICH)
WHOLE = accumulate([BODY], None)
LIMIT = 64 * 1024 * 1024  # bytes that an event may have unless told otherwise

EVERY_CLIENT = [*itertools.product(["sync"], loopback.CLIENTS), *itertools.product(["async"], loopback.ASYNC_CLIENTS)]
each_client = pytest.mark.parametrize(("kind", "client"), EVERY_CLIENT)
each_sync_client = pytest.mark.parametrize("client", loopback.CLIENTS)


# Passing on


def nothing(_piece: object) -> None:
    """Do nothing with it."""


def pass_on(
    kind: str, client: str, url: str, accumulator: Accumulator, see: Callable[[bytes], object] = nothing
) -> bytes:
    """Relay a body, and return what went out."""
    if kind == "sync":
        return pass_on_sync(client, url, accumulator, see)
    return asyncio.run(pass_on_async(client, url, accumulator, see))


def pass_on_sync(client: str, url: str, accumulator: Accumulator, see: Callable[[bytes], object]) -> bytes:
    sent = bytearray()
    with loopback.CLIENTS[client](None) as get, contextlib.closing(get(url)) as response:
        for piece in tee(response, accumulator):
            sent += piece
            see(bytes(piece))
    return bytes(sent)


async def pass_on_async(client: str, url: str, accumulator: Accumulator, see: Callable[[bytes], object]) -> bytes:
    sent = bytearray()
    async with loopback.ASYNC_CLIENTS[client](None) as get:
        async for piece in atee(await get(url), accumulator):
            sent += piece
            see(bytes(piece))
    return bytes(sent)


@each_client
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("piece_size", [1, None])
def test_the_bytes_pass_and_the_accumulator_sees_them(
    kind: str, client: str, encoding: Any, piece_size: int | None
) -> None:
    accumulator = Accumulator()
    with ReplayServer([BODY], encoding=encoding, piece_size=piece_size) as server:
        assert pass_on(kind, client, server.url, accumulator) == BODY
    assert plain(accumulator.close()) == WHOLE.whole


@each_client
def test_a_piece_passes_before_the_next_event_is_sent(kind: str, client: str) -> None:
    texts = [text("a"), text("b"), text("c", "stop")]
    seen = threading.Semaphore(1)
    accumulator = Accumulator()

    def gate(number: int) -> None:
        assert seen.acquire(timeout=loopback.TIMEOUT / 2), f"event {number - 1} was held back"

    def see(_piece: bytes) -> None:
        assert accumulator.snapshot.text in {"a", "ab", "abc"}
        seen.release()

    with ReplayServer([b"".join(texts)], gate=gate) as server:
        pass_on(kind, client, server.url, accumulator, see)
    assert accumulator.close().text == "abc"


@each_client
@pytest.mark.parametrize(
    ("body", "kind_of", "limit"),
    [
        (text("a") + b"data: " + b"x" * 2000 + b"\n\n" + text("b"), EventTooLargeError, 1000),
        (text("a") + b'data: {"error": {"message": "m"}}\n\n' + text("b") + DONE, ProviderError, LIMIT),
        (text("a") + b"data: {no JSON\n\n" + text("b"), ProviderError, LIMIT),
        (text("a"), IncompleteStreamError, LIMIT),
        (b"<html>\n\n</html>", IncompleteStreamError, LIMIT),
        (b"", IncompleteStreamError, LIMIT),
    ],
)
def test_what_is_wrong_with_a_stream_does_not_stop_it(
    kind: str, client: str, body: bytes, kind_of: type[StreamError], limit: int
) -> None:
    accumulator = Accumulator(max_event_size=limit)
    with ReplayServer([body], piece_size=100) as server:
        assert pass_on(kind, client, server.url, accumulator) == body
    for _ in range(2):
        with pytest.raises(kind_of) as caught:
            accumulator.close()
        assert caught.value.snapshot is not None
        assert caught.value.snapshot.text[:1] == ("a" if body.startswith(b"data") else "")


@pytest.mark.parametrize(("kind", "client"), [pair for pair in EVERY_CLIENT if pair[1] != "urllib"])  # which raises it
def test_an_error_response_passes_too(kind: str, client: str) -> None:
    accumulator, body = Accumulator(), b'{"error": {"message": "m"}}'
    with ReplayServer([DONE], fail=(429, body)) as server:
        assert pass_on(kind, client, server.url, accumulator) == body
    with pytest.raises(ProviderError, match="m"):
        accumulator.close()


@each_client
def test_the_transport_s_exceptions_come_through(kind: str, client: str) -> None:
    accumulator = Accumulator()
    sent: list[bytes] = []
    own = {client.partition(".")[0], "http"}  # the modules of its exceptions
    with (
        ReplayServer([text("a") + text("b")], drop_after=1) as server,
        pytest.raises(Exception, check=lambda error: type(error).__module__.partition(".")[0] in own),  # noqa: B017
    ):
        pass_on(kind, client, server.url, accumulator, sent.append)
    assert b"".join(sent) == text("a")
    assert accumulator.snapshot.text == "a"


def test_the_pieces_are_bytes_and_not_copied_without_need() -> None:
    pieces: list[bytes | bytearray | memoryview] = [text("a"), bytearray(text("b")), memoryview(DONE)]
    accumulator = Accumulator()
    passed = list(tee(pieces, accumulator))
    assert passed == pieces
    assert {*map(type, passed)} == {bytes}
    assert passed[0] is pieces[0]
    assert accumulator.close().text == "ab"


def test_the_source_is_not_closed() -> None:
    file = io.BytesIO(BODY)
    assert b"".join(map(bytes, tee(file, Accumulator()))) == BODY
    assert not file.closed
    with ReplayServer([BODY], framing="length") as server, loopback.CLIENTS["http.client"](None) as get:
        response = get(server.url)
        passing = tee(response, Accumulator())
        begin = bytes(next(passing))
        del passing
        assert begin + response.read() == BODY


def test_what_cannot_be_passed_on_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="use AsyncStream"):
        tee(loopback.agenerate(BODY), Accumulator())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"use Stream \("):
        atee([BODY], Accumulator())  # type: ignore[arg-type]
    for way in (tee, atee):
        with pytest.raises(TypeError, match="bytes"):
            way(BODY.decode(), Accumulator())  # type: ignore[arg-type]


# Collecting


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview, io.BytesIO, lambda body: [body]])
def test_a_body_is_collected(make: Callable[[bytes], Any]) -> None:
    assert plain(collect(make(BODY))) == WHOLE.whole
    assert plain(collect(make(BODY), "openai-chat")) == WHOLE.whole
    assert collect(make(BODY)).to_dict() == Stream(BODY).until_done().to_dict()


@each_sync_client
def test_a_response_is_collected_and_its_connection_used_again(client: str) -> None:
    with ReplayServer([BODY]) as server, loopback.CLIENTS[client](None) as get:
        for _ in range(2):
            assert plain(collect(get(server.url))) == WHOLE.whole
        assert server.connections == (2 if client == "urllib" else 1)


@each_sync_client
def test_a_failing_response_is_closed(client: str) -> None:
    with (
        ReplayServer([text("a") + b'data: {"error": "m"}\n\n'], linger=True) as server,
        loopback.CLIENTS[client](None) as get,
    ):
        response = get(server.url)
        with pytest.raises(ProviderError, match="m"):
            collect(response)
        assert server.wait_disconnect(loopback.TIMEOUT)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (text("a") + b'data: {"error": "m"}\n\n' + DONE, ProviderError),
        (b'{"error": "m"}', ProviderError),
        (text("a"), IncompleteStreamError),
        (text("a")[:-3], IncompleteStreamError),
        (b"", IncompleteStreamError),
        (b"<html>", ResponseError),
        (b'{"status": "fine"}', ResponseError),
        (text("a") + b"data: " + bytes(LIMIT) + b"\n\n", EventTooLargeError),
    ],
)
@pytest.mark.parametrize("make", [bytes, lambda body: [body]])
def test_a_body_that_is_wrong_raises_what_its_stream_raises(
    body: bytes, kind: type[StreamError], make: Callable[[bytes], Any]
) -> None:
    with pytest.raises(kind) as caught:
        collect(make(body))
    with pytest.raises(kind) as other:
        Stream(body).until_done()
    assert str(caught.value) == str(other.value)
    snapshots = [
        error.snapshot and (error.snapshot.text, error.snapshot.to_dict()) for error in (caught.value, other.value)
    ]
    assert snapshots[0] == snapshots[1]


@pytest.fixture
def no_switching() -> Iterator[None]:
    """Threads run Python code only when another one lets go of the interpreter by itself."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("no_switching")
@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
def test_other_threads_run_while_a_body_is_collected(make: Callable[[bytes], Any]) -> None:
    body = make(b"".join(itertools.repeat(text("word "), 20_000)) + DONE)
    collect(BODY)  # its imports let go of the interpreter too
    go, ran = threading.Lock(), list[bool]()
    go.acquire()

    def run() -> None:
        go.acquire()
        ran.append(True)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    go.release()
    assert ran == []  # it may run, but cannot
    for _ in range(1000):
        if not ran:
            collect(body)
    assert ran
    thread.join(loopback.TIMEOUT)


# A whole object instead of a stream

COMPLETION = {
    "id": "c1",
    "object": "chat.completion",
    "created": 7,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hi\n\nthere"}, "finish_reason": "stop"},
        {"index": 1, "message": {"role": "assistant", "content": "Ho"}, "finish_reason": "length"},
    ],
    "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8},
}
COMPLETIONS = [
    json.dumps(COMPLETION).encode(),
    json.dumps(COMPLETION, indent=2).encode() + b"\n",
    b"\n\n\n" + json.dumps(COMPLETION).encode(),
    json.dumps(COMPLETION, indent="\t").replace("\n", "\r\n").encode(),
]


def folded(stream: Stream) -> None:
    deltas = list(stream)
    assert [one for one in deltas if isinstance(one, TextDelta)] == [TextDelta("Hi\n\nthere"), TextDelta("Ho", 1)]
    assert [one for one in deltas if isinstance(one, FinishDelta)] == [FinishDelta("stop"), FinishDelta("length", 1)]
    assert [one.usage.raw for one in deltas if isinstance(one, UsageDelta)] == [COMPLETION["usage"]]


@pytest.mark.parametrize("client", loopback.CLIENTS)
@pytest.mark.parametrize("body", COMPLETIONS)
def test_a_whole_completion_is_folded_as_one_chunk(client: str, body: bytes) -> None:
    for content_type, piece_size in (("application/json", None), ("text/event-stream", None), ("text/plain", 7)):
        with (
            ReplayServer([body], content_type=content_type, piece_size=piece_size) as server,
            loopback.CLIENTS[client](None) as get,
        ):
            stream = Stream(get(server.url))
            folded(stream)
            snapshot = stream.until_done()
            assert ssewire.collect(get(server.url)).text == "Hi\n\nthere"
        folded(Stream(body))
        assert (snapshot.dialect, snapshot.id, snapshot.model) == ("openai-chat", "c1", "m")
        assert [choice.content for choice in snapshot.choices] == ["Hi\n\nthere", "Ho"]
        assert snapshot.to_dict()["object"] == "chat.completion"


@pytest.mark.parametrize("client", loopback.ASYNC_CLIENTS)
def test_a_whole_completion_is_folded_asynchronously(client: str) -> None:
    async def run(url: str) -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            texts = [piece async for piece in AsyncStream(await get(url)).text_stream]
            assert texts == ["Hi\n\nthere"]
            assert (await AsyncStream(await get(url)).until_done()).finish_reason == "stop"

    with ReplayServer(COMPLETIONS, content_type="application/json") as server:
        asyncio.run(run(server.url))
