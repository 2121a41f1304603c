"""What is wrong with a stream or a response: said by the right error, after what came before it, and again."""

from __future__ import annotations

import asyncio
import http.client
import json
import pickle
import threading
import urllib.error
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import httpx
import httpx2
import pytest
import requests
import ssewire
import urllib3
from ssewire import (
    AsyncStream,
    EventTooLargeError,
    IncompleteStreamError,
    ProviderError,
    ResponseError,
    Stream,
    StreamError,
    TextDelta,
)
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chat_cases import DONE, chunk, delta, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HI, HO = text("Hi"), text("Ho")
ERROR = b'data: {"error": {"message": "Overloaded", "type": "server_error", "code": "overloaded"}}\n\n'

CUT_OFF: dict[str, type[Exception]] = {  # what each client raises for a body that is shorter than its framing said
    "requests": requests.exceptions.ChunkedEncodingError,
    "urllib3": urllib3.exceptions.ProtocolError,
    "httpx": httpx.RemoteProtocolError,
    "httpx2": httpx2.RemoteProtocolError,
    "http.client": http.client.IncompleteRead,
    "urllib": http.client.IncompleteRead,
    "aiohttp": aiohttp.ClientPayloadError,
}
each_client = pytest.mark.parametrize(("kind", "client"), loopback.EVERY_CLIENT)
each_kind = pytest.mark.parametrize(("kind", "client"), [("sync", "requests"), ("async", "httpx2")])


class Failure(NamedTuple):
    """The deltas before an error, the error itself, and the snapshot."""

    deltas: list[ssewire.Delta]
    error: Any
    snapshot: ssewire.Snapshot

    @property
    def kind(self) -> type[BaseException]:
        kind: type[BaseException] = type(self.error)
        return kind


def nothing(_delta: object) -> None:
    """Do nothing with it."""


def fail(kind: str, client: str, url: str, see: Callable[[object], None] = nothing, **options: Any) -> Failure:
    """Read a response until it fails, as it must, and as it must again with the same error."""
    if kind == "sync":
        return fail_sync(client, url, see, **options)
    return asyncio.run(fail_async(client, url, see, **options))


def fail_sync(client: str, url: str, see: Callable[[object], None], **options: Any) -> Failure:
    deltas: list[ssewire.Delta] = []
    with loopback.CLIENTS[client](None) as get:
        try:
            response = get(url)
        except urllib.error.HTTPError as error:
            response = error  # a response too
        stream = Stream(response, **options)
        with pytest.raises(StreamError) as caught:
            deltas.extend(seen(see, stream))
        with pytest.raises(type(caught.value)):
            list(stream)
        with pytest.raises(type(caught.value)) as again:
            stream.until_done()
        response.close()
    check_same(caught.value, again.value)
    return Failure(deltas, caught.value, stream.snapshot)


def seen(see: Callable[[object], None], stream: Stream) -> Iterator[ssewire.Delta]:
    for one in stream:
        see(one)
        yield one


async def take(stream: AsyncStream, deltas: list[ssewire.Delta], see: Callable[[object], None]) -> None:
    async with stream:
        async for one in stream:
            see(one)
            deltas.append(one)


async def fail_async(client: str, url: str, see: Callable[[object], None], **options: Any) -> Failure:
    deltas: list[ssewire.Delta] = []
    async with loopback.ASYNC_CLIENTS[client](None) as get:
        stream = AsyncStream(await get(url), **options)
        with pytest.raises(StreamError) as caught:
            await take(stream, deltas, see)
        with pytest.raises(type(caught.value)):
            [one async for one in stream]
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
    assert failure.kind is ProviderError
    assert (error.message, error.__cause__) == ("Overloaded", None)
    assert str(error) == "Overloaded (type server_error, code overloaded)"
    assert (error.code, error.type, error.status) == ("overloaded", "server_error", None)
    assert error.body == {"error": {"message": "Overloaded", "type": "server_error", "code": "overloaded"}}
    assert error.snapshot.text == failure.snapshot.text == "Hi"


def test_an_api_error_ends_the_deltas_wherever_the_body_is_cut() -> None:
    body = HI + ERROR + HO + DONE
    for size in (len(body), len(HI), 40, 1):
        deltas: list[ssewire.Delta] = []
        stream = Stream(body[start : start + size] for start in range(0, len(body), size))
        with pytest.raises(ProviderError) as caught:
            deltas.extend(stream)
        assert deltas == [TextDelta("Hi")]
        assert told_by(caught.value)["snapshot"][0] == "Hi"


ERRORS: list[tuple[bytes, str]] = [  # an event, and the text that it brings
    (b'event: error\ndata: {"error": {"message": "m", "code": "tool_use_failed", "status_code": 400}}\n\n', ""),
    (b"event: error\ndata: m\n\n", ""),
    (b'data: {"object": "error", "message": "m", "code": 400}\n\n', ""),
    (b'data: {"error": "m"}\n\n', ""),
    (b'error: {"code": 500, "message": "m", "type": "server_error"}\n\ndata: [DONE]\n\n', ""),
    (b'error: {"code": 500, "message": "m", "type": "server_error"}\n', ""),
    (chunk(delta("error", content="!"), error={"code": 502, "message": "m"}) + DONE, "!"),
]


@pytest.mark.parametrize(("event", "brings"), ERRORS)
@each_kind
def test_an_api_error_in_another_shape(kind: str, client: str, event: bytes, brings: str) -> None:
    with ReplayServer([HI + event]) as server:
        failure = fail(kind, client, server.url)
    texts = [one.text for one in failure.deltas if isinstance(one, TextDelta)]
    assert (failure.kind, failure.error.message) == (ProviderError, "m")
    assert "".join(texts) == failure.error.snapshot.text == "Hi" + brings


# A response that is an API error

DETAIL = [{"loc": ["body"], "msg": "Field required", "type": "missing"}]
SHAPES: list[tuple[Any, str, Any, Any]] = [  # body, message, code, type
    ({"error": {"message": "m", "type": "t", "param": None, "code": "c"}}, "m", "c", "t"),
    ({"error": {"code": 503, "message": "m", "type": "t"}}, "m", 503, "t"),
    ({"error": "m"}, "m", None, None),
    ({"code": "c", "message": "m", "type": "t"}, "m", "c", "t"),
    (
        {"object": "error", "message": "m", "type": "t", "param": None, "code": "c", "raw_status_code": 422},
        "m",
        "c",
        "t",
    ),
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
def test_every_shape_of_an_error_body(  # noqa: PLR0913, PLR0917 - a table's columns
    kind: str, client: str, body: Any, message: str, code: Any, word: Any, indent: int | None
) -> None:
    with ReplayServer([DONE], fail=(429, json.dumps(body, indent=indent).encode())) as server:
        failure = fail(kind, client, server.url)
    error = failure.error
    assert failure.kind is ProviderError
    assert (error.message, error.code, error.type, error.status) == (message, code, word, 429)
    # What is said of the only element of a list is said of the list.
    assert error.body == (body[0] if isinstance(body, list) else body)


@each_client
@pytest.mark.parametrize("status", [400, 500])
def test_an_error_body_is_read_by_every_client(kind: str, client: str, status: int) -> None:
    with ReplayServer([DONE], fail=(status, b'{"error": {"message": "m"}}')) as server:
        failure = fail(kind, client, server.url)
    assert (failure.kind, failure.error.message, failure.error.status) == (ProviderError, "m", status)


@each_kind
def test_an_error_body_may_be_called_anything(kind: str, client: str) -> None:
    for kind_of in ("text/html", "text/plain", "text/event-stream", "application/problem+json; charset=utf-8"):
        with ReplayServer([b'{"error": {"message": "m"}}'], status=503, content_type=kind_of) as server:
            failure = fail(kind, client, server.url)
        assert (failure.kind, failure.error.message, failure.error.status) == (ProviderError, "m", 503)


# A response that is no event stream

HTML = b"<!DOCTYPE html>\n<html>\n\n<body>data: nothing\n\n</body>\n</html>\n"
DOCUMENTS: list[tuple[int, str, bytes]] = [
    (502, "text/html; charset=utf-8", HTML),
    (200, "Text/HTML", HTML),
    (200, "text/plain", b"Hello, World!\n"),
    (200, "text/event-stream", b"<html>\n\n</html>"),
    (503, "text/plain", b"upstream connect error\n\ndata: none\n\nreset\n"),
    (404, "text/event-stream", b"data: no such model\n\n"),
    (500, "text/event-stream", HI + text("o", "stop") + DONE),
    (500, "application/json", b""),
    (200, "application/json", b'{"status": "fine"}'),
    (200, "application/json", b"[]"),
    (200, "application/json", b'[1, [2], null, "text"]'),
    (200, "application/json", b'"text"'),
    (200, "application/vnd.amazon.eventstream", b"\x00\x00\x00\x8a\x00\x00\x00\x52:event-type\x07\x00\n\n\x01"),
    (200, "image/png", b"\x89PNG\r\n\x1a\n"),
]


@each_kind
@pytest.mark.parametrize(("status", "content_type", "body"), DOCUMENTS)
@pytest.mark.parametrize("piece_size", [1, None])
def test_anything_else_is_a_response_error(  # noqa: PLR0913, PLR0917 - a table's columns
    kind: str, client: str, status: int, content_type: str, body: bytes, piece_size: int | None
) -> None:
    with ReplayServer([body], status=status, content_type=content_type, piece_size=piece_size) as server:
        failure = fail(kind, client, server.url)
    error = failure.error
    assert failure.kind is ResponseError
    assert (error.status, error.content_type, error.snapshot) == (status, content_type, None)
    assert error.body == body
    assert f"HTTP {status} {content_type}" in str(error)


@each_client
def test_every_client_tells_status_and_content_type(kind: str, client: str) -> None:
    with ReplayServer([HTML], status=502, content_type="text/html") as server:
        failure = fail(kind, client, server.url)
    assert failure.kind is ResponseError
    assert (failure.error.status, failure.error.content_type, failure.error.body) == (502, "text/html", HTML)


@each_kind
def test_of_a_large_body_only_the_beginning_is_shown(kind: str, client: str) -> None:
    for content_type in ("text/html", "text/plain"):
        with ReplayServer([b"<p>\n" * 40_000], content_type=content_type) as server:
            assert fail(kind, client, server.url).error.body == b"<p>\n" * (16 * 1024)


@pytest.mark.parametrize(
    ("status", "content_type", "body", "kind"),
    [
        (429, "application/json", b'{"error": "m"}', ProviderError),
        (200, "application/json", b"{}", ResponseError),
        (502, "text/html", HTML, ResponseError),
        (404, "text/event-stream", b"data: x\n\n", ResponseError),
    ],
)
def test_events_are_read_of_event_streams_only(status: int, content_type: str, body: bytes, kind: type[Any]) -> None:
    async def run(url: str) -> None:
        async with loopback.aiohttp_client(None) as get:
            events = ssewire.aiter_sse(await get(url))
            with pytest.raises(kind, check=lambda error: error.status == status):
                await anext(events)

    with ReplayServer([body], status=status, content_type=content_type) as server:
        with loopback.requests_client(None) as get:
            events = ssewire.iter_sse(get(server.url))
            with pytest.raises(kind, check=lambda error: error.status == status):
                next(events)
        asyncio.run(run(server.url))


# A transport that fails, an end that comes too early


@each_client
@pytest.mark.parametrize("framing", ["chunked", "length"])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_dropped_connection_is_told_after_what_came(kind: str, client: str, framing: Any, encoding: Any) -> None:
    with ReplayServer([HI + HO + DONE], drop_after=2, framing=framing, encoding=encoding) as server:
        failure = fail(kind, client, server.url)
    assert failure.deltas == [TextDelta("Hi"), TextDelta("Ho")]
    error = failure.error
    assert failure.kind is IncompleteStreamError
    assert isinstance(error.__cause__, CUT_OFF[client])
    assert type(error.__cause__).__name__ in str(error)
    assert error.snapshot.text == failure.snapshot.text == "HiHo"


@each_client
def test_an_unterminated_payload_counts_where_it_is_whole(kind: str, client: str) -> None:
    for last, deltas in ((HO[:-1], 2), (HO[:-2], 2), (HO[:-3], 1), (HO[:9], 1)):
        with ReplayServer([HI + last], drop_after=2) as server:
            failure = fail(kind, client, server.url)
        assert failure.deltas == [TextDelta("Hi"), TextDelta("Ho")][:deltas]
        assert failure.kind is IncompleteStreamError
        assert isinstance(failure.error.__cause__, CUT_OFF[client])
        assert failure.error.snapshot.text == "HiHo"[: 2 * deltas]


@each_client
def test_a_reset_connection_is_told(kind: str, client: str) -> None:
    seen = threading.Semaphore(1)

    def gate(number: int) -> None:  # the reset would overtake what was not received yet
        assert seen.acquire(timeout=loopback.TIMEOUT / 2), number

    with ReplayServer([HI + HO + text("!") + DONE], gate=gate, drop_after=3, reset=True) as server:
        failure = fail(kind, client, server.url, lambda _delta: seen.release())
    assert failure.deltas[:2] == [TextDelta("Hi"), TextDelta("Ho")]
    assert failure.kind is IncompleteStreamError
    assert type(failure.error.__cause__).__name__ in str(failure.error)
    assert failure.error.snapshot.text.startswith("HiHo")


@each_client
@pytest.mark.parametrize("framing", ["chunked", "close", "length"])
def test_an_end_without_terminal_or_finish_reasons_is_too_early(kind: str, client: str, framing: Any) -> None:
    for body, deltas in ((b"", 0), (b": hi\n\n", 0), (HI, 1), (HI + text("a", "stop", 1), 3), (HI + DONE[:8], 1)):
        with ReplayServer([body], framing=framing) as server:
            failure = fail(kind, client, server.url)
        assert failure.kind is IncompleteStreamError
        assert failure.error.__cause__ is None
        assert len(failure.deltas) == deltas
        assert failure.error.snapshot.text == "Hi" * (deltas > 0)


def test_finish_reasons_or_the_sentinel_are_enough() -> None:
    for end in (text("", "stop"), text("", "stop")[:-2], DONE, DONE[:-2], text("", "length") + text("", "stop", 1)):
        assert Stream(HI + end).until_done().text == "Hi"
        assert ssewire.collect(HI + end).text == "Hi"


# An event that is too large


@each_kind
@pytest.mark.parametrize("piece_size", [1, None])
@pytest.mark.parametrize("large", [b"data: " + b"x" * 2000 + b"\n\n", b"id: 1\n: " + b"x" * 2000])
def test_an_event_that_is_too_large(kind: str, client: str, piece_size: int | None, large: bytes) -> None:
    with ReplayServer([HI + large], piece_size=piece_size, linger=True) as server:
        failure = fail(kind, client, server.url, max_event_size=1000)
        assert server.wait_disconnect(loopback.TIMEOUT)
    assert failure.deltas == [TextDelta("Hi")]
    assert failure.kind is EventTooLargeError
    assert (failure.error.size, failure.error.limit) == (1001, 1000)
    assert failure.error.snapshot.text == "Hi"


def test_the_limit_of_an_event_can_be_lifted() -> None:
    body = text("x" * 2000) + DONE
    stream = Stream(body, max_event_size=1000)
    for _ in range(2):
        with pytest.raises(EventTooLargeError):
            stream.until_done()
        stream.close()
    assert Stream(body, max_event_size=None).until_done().text == "x" * 2000
