"""What is wrong with a stream or a response: said by the right error, after what came before it, and again."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import pickle
import threading
import urllib.error
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import httpx
import httpx2
import loopback
import pytest
import requests
import ssewire
import urllib3
from chat_cases import DONE, chunk, delta, text
from ssewire import (
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
)
from ssewire.replay import ReplayServer

if TYPE_CHECKING:
    from collections.abc import Callable

HI, HO = text("Hi"), text("Ho")
ERROR = b'data: {"error": {"message": "Overloaded", "type": "server_error", "code": "overloaded"}}\n\n'

# What each client raises for a body that is shorter than its framing said, and for a reset connection.
CUT_OFF: dict[str, type[Exception]] = {
    "requests": requests.exceptions.ChunkedEncodingError,
    "urllib3": urllib3.exceptions.ProtocolError,
    "httpx": httpx.RemoteProtocolError,
    "httpx2": httpx2.RemoteProtocolError,
    "http.client": http.client.IncompleteRead,
    "urllib": http.client.IncompleteRead,
    "aiohttp": aiohttp.ClientPayloadError,
}
RESET: dict[str, type[Exception]] = {
    **CUT_OFF,
    "httpx": httpx.ReadError,
    "httpx2": httpx2.ReadError,
    "http.client": ConnectionResetError,
    "urllib": ConnectionResetError,
    "aiohttp": aiohttp.ClientError,
}

EVERY_CLIENT = [*itertools.product(["sync"], loopback.CLIENTS), *itertools.product(["async"], loopback.ASYNC_CLIENTS)]
each_client = pytest.mark.parametrize(("kind", "client"), EVERY_CLIENT)
each_kind = pytest.mark.parametrize(("kind", "client"), [("sync", "requests"), ("async", "httpx2")])


class Failure(NamedTuple):
    """The deltas before an error, the error itself, and the snapshot."""

    deltas: list[ssewire.Delta]
    error: Any
    snapshot: ssewire.Snapshot


def nothing(_delta: object) -> None:
    """Do nothing with it."""


def fail(kind: str, client: str, url: str, see: Callable[[object], object] = nothing, **options: Any) -> Failure:
    """Read a response until it fails, as it must, and as it must again with the same error."""
    if kind == "sync":
        return fail_sync(client, url, see, **options)
    return asyncio.run(fail_async(client, url, see, **options))


def fail_sync(client: str, url: str, see: Callable[[object], object], **options: Any) -> Failure:
    deltas: list[ssewire.Delta] = []
    with loopback.CLIENTS[client](None) as get:
        try:
            response = get(url)
        except urllib.error.HTTPError as error:
            response = error  # a response too
        stream = Stream(response, **options)
        with pytest.raises(StreamError) as caught:
            for one in stream:
                see(one)
                deltas.append(one)
        assert list(stream) == []
        with pytest.raises(type(caught.value)) as again:
            stream.until_done()
        response.close()
    check_same(caught.value, again.value)
    return Failure(deltas, caught.value, stream.snapshot)


async def fail_async(client: str, url: str, see: Callable[[object], object], **options: Any) -> Failure:
    deltas: list[ssewire.Delta] = []
    async with loopback.ASYNC_CLIENTS[client](None) as get:
        stream = AsyncStream(await get(url), **options)
        with pytest.raises(StreamError) as caught:
            async for one in stream:
                see(one)
                deltas.append(one)
        assert [one async for one in stream] == []
        with pytest.raises(type(caught.value)) as again:
            await stream.until_done()
    check_same(caught.value, again.value)
    return Failure(deltas, caught.value, stream.snapshot)


def check_same(error: StreamError, again: StreamError) -> None:
    """The second error tells what the first told, and so does what comes out of a pickle."""
    assert told_by(again) == told_by(error)
    assert type(again.__cause__) is type(error.__cause__)
    thawed = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own pickle
    assert type(thawed) is type(error)
    assert told_by(thawed) == told_by(error)


def told_by(error: StreamError) -> dict[str, Any]:
    snapshot = error.snapshot and (error.snapshot.text, error.snapshot.to_dict())
    return {"args": error.args, "text": str(error), **vars(error), "snapshot": snapshot}


# An API error in the stream


@each_client
@pytest.mark.parametrize("piece_size", [1, None])
def test_an_api_error_comes_after_the_deltas_before_it(kind: str, client: str, piece_size: int | None) -> None:
    with ReplayServer([HI + ERROR + HO + DONE], piece_size=piece_size, linger=True) as server:
        failure = fail(kind, client, server.url)
        assert server.wait_disconnect(loopback.TIMEOUT)
    assert failure.deltas == [TextDelta("Hi")]
    error = failure.error
    assert type(error) is ProviderError
    assert (error.message, str(error)) == ("Overloaded", "Overloaded")
    assert (error.code, error.type, error.status) == ("overloaded", "server_error", None)
    assert error.body == {"error": {"message": "Overloaded", "type": "server_error", "code": "overloaded"}}
    assert error.snapshot.text == failure.snapshot.text == "Hi"
    assert error.__cause__ is None


@pytest.mark.parametrize(
    ("stream", "message", "code"),
    [
        (b'event: error\ndata: {"error": {"message": "m", "code": "tool_use_failed", "status_code": 400}}\n\n', "m", 0),
        (b'data: {"object": "error", "message": "m", "code": 400}\n\n', "m", 0),
        (b'data: {"error": "m"}\n\n', "m", 0),
        (b'error: {"code": 500, "message": "m", "type": "server_error"}\n\ndata: [DONE]\n\n', "m", 0),
        (b'error: {"code": 500, "message": "m", "type": "server_error"}\n', "m", 0),
        (chunk(delta("error", content="!"), error={"code": 502, "message": "m"}) + DONE, "m", 1),
    ],
)
@each_kind
def test_an_api_error_in_another_shape(kind: str, client: str, stream: bytes, message: str, code: int) -> None:
    with ReplayServer([HI + stream]) as server:
        failure = fail(kind, client, server.url)
    texts = [one.text for one in failure.deltas if isinstance(one, TextDelta)]
    assert (type(failure.error), failure.error.message) == (ProviderError, message)
    assert "".join(texts) == failure.error.snapshot.text == "Hi" + "!" * code


# A response that is an API error

DETAIL = [{"loc": ["body"], "msg": "Field required", "type": "missing"}]
SHAPES: list[tuple[Any, str, Any, Any]] = [  # body, message, code, type
    ({"error": {"message": "m", "type": "t", "param": None, "code": "c"}}, "m", "c", "t"),
    ({"error": {"code": 503, "message": "m", "type": "t"}}, "m", 503, "t"),
    ({"error": "m"}, "m", None, None),
    ({"code": "c", "message": "m", "type": "t"}, "m", "c", "t"),
    ({"object": "error", "message": "m", "type": "t", "param": None, "code": "c", "raw_status_code": 422}, "m", "c", "t"),
    ({"type": "error", "error": {"type": "t", "message": "m"}, "request_id": "r"}, "m", None, "t"),
    ({"error": {"code": 400, "message": "m", "status": "INVALID_ARGUMENT", "details": [{}]}}, "m", 400, None),
    ([{"error": {"code": 400, "message": "m", "status": "INVALID_ARGUMENT"}}], "m", 400, None),
    ({"detail": "m"}, "m", None, None),
    ({"detail": DETAIL}, json.dumps(DETAIL, separators=(",", ":")), None, None),
    ({"message": "m"}, "m", None, None),
    ({"id": "i", "message": "m"}, "m", None, None),
]


@each_kind
@pytest.mark.parametrize(("body", "message", "code", "word"), SHAPES)
@pytest.mark.parametrize("indent", [None, 2])
def test_every_shape_of_an_error_body(  # noqa: PLR0913 - a table's columns
    kind: str, client: str, body: Any, message: str, code: Any, word: Any, indent: int | None
) -> None:
    with ReplayServer([DONE], fail=(429, json.dumps(body, indent=indent).encode())) as server:
        failure = fail(kind, client, server.url)
    error = failure.error
    assert type(error) is ProviderError
    assert failure.deltas == []
    assert (error.message, error.code, error.type, error.status) == (message, code, word, 429)
    # What is said of the only element of a list is said of the list.
    assert error.body == (body[0] if isinstance(body, list) else body)


@each_client
@pytest.mark.parametrize("status", [400, 500])
def test_an_error_body_is_read_by_every_client(kind: str, client: str, status: int) -> None:
    with ReplayServer([DONE], fail=(status, b'{"error": {"message": "m"}}')) as server:
        failure = fail(kind, client, server.url)
    assert (type(failure.error), failure.error.message, failure.error.status) == (ProviderError, "m", status)


@each_kind
def test_an_error_body_may_be_called_anything(kind: str, client: str) -> None:
    for kind_of in ("text/html", "text/plain", "text/event-stream", "application/problem+json; charset=utf-8"):
        with ReplayServer([b'{"error": {"message": "m"}}'], status=503, content_type=kind_of) as server:
            failure = fail(kind, client, server.url)
        assert (type(failure.error), failure.error.message, failure.error.status) == (ProviderError, "m", 503)


# A response that is no event stream

HTML = b"<!DOCTYPE html>\n<html>\n\n<body>data: nothing\n\n</body>\n</html>\n"
DOCUMENTS: list[tuple[int, str, bytes]] = [
    (502, "text/html; charset=utf-8", HTML),
    (200, "Text/HTML", HTML),
    (200, "text/plain", b"Hello, World!\n"),
    (200, "text/event-stream", b"<html>\n</html>"),
    (503, "text/plain", b"upstream connect error\n\ndata: none\n\nreset\n"),
    (404, "text/event-stream", b"data: no such model\n\n"),
    (500, "text/event-stream", HI + text("o", "stop") + DONE),
    (500, "application/json", b""),
    (200, "application/json", b'{"status": "fine"}'),
    (200, "application/json", b"[]"),
    (200, "application/json", b'"text"'),
    (200, "application/vnd.amazon.eventstream", b"\x00\x00\x00\x8a\x00\x00\x00\x52:event-type\x07\x00\n\n\x01"),
    (200, "image/png", b"\x89PNG\r\n\x1a\n"),
]


@each_kind
@pytest.mark.parametrize(("status", "content_type", "body"), DOCUMENTS)
@pytest.mark.parametrize("piece_size", [1, None])
def test_anything_else_is_a_response_error(  # noqa: PLR0913 - a table's columns
    kind: str, client: str, status: int, content_type: str, body: bytes, piece_size: int | None
) -> None:
    with ReplayServer([body], status=status, content_type=content_type, piece_size=piece_size) as server:
        failure = fail(kind, client, server.url)
    error = failure.error
    assert type(error) is ResponseError
    assert (error.status, error.content_type, error.snapshot) == (status, content_type, None)
    assert error.body == body
    assert f"HTTP {status} {content_type}" in str(error)


@each_client
def test_every_client_tells_status_and_content_type(kind: str, client: str) -> None:
    with ReplayServer([HTML], status=502, content_type="text/html") as server:
        failure = fail(kind, client, server.url)
    assert type(failure.error) is ResponseError
    assert (failure.error.status, failure.error.content_type, failure.error.body) == (502, "text/html", HTML)


@each_kind
def test_the_body_of_a_response_error_is_bounded(kind: str, client: str) -> None:
    for body in (b"<p>" * 40_000, b"<p>\n" * 40_000):
        for content_type in ("text/html", "text/plain"):
            with ReplayServer([body], content_type=content_type, linger=True) as server:
                failure = fail(kind, client, server.url) if content_type == "text/html" else None
            with ReplayServer([body], content_type=content_type) as server:
                failure = failure or fail(kind, client, server.url)
            assert failure.error.body == body[: 64 * 1024]


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
