"""The deltas of every client's response: those of its bytes, each at once; then the connection is used again."""

from __future__ import annotations

import asyncio
import itertools
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import ssewire
from ssewire import AsyncStream, FinishDelta, Stream, TextDelta, aiter_sse, iter_sse
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chat_cases import DONE, RICH, accumulate, call, chunk, delta, plain, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

EVENTS = [
    b": OPENROUTER PROCESSING\n\n",
    *RICH[:-1],
    text(" h\u00e9\u2028\u20ac \U0001d11e"),
    text("second", index=1),
    b"event: ping\r\ndata: \r\n\r\n",
    chunk(delta(tool_calls=[call('{"b": ', 1, id="t2", name="g"), call("2}", 1)])),
    text("last", "stop"),
    text("", "length", index=1),
    DONE,
]
BODY = b"".join(EVENTS)
TEXTS = ["Hi", " h\u00e9\u2028\u20ac \U0001d11e", "last"]
WHOLE = accumulate([BODY], None)

PROMPT = [text("a"), text("b"), text("c", "stop"), DONE]

FRAMINGS = ["chunked", "close", "length"]
ENCODINGS = ["identity", "gzip"]
EVERY_CLIENT = [*itertools.product(["sync"], loopback.CLIENTS), *itertools.product(["async"], loopback.ASYNC_CLIENTS)]
POOLED = [(kind, client) for kind, client in EVERY_CLIENT if client != "urllib"]  # which keeps no connections

each_client = pytest.mark.parametrize(("kind", "client"), EVERY_CLIENT)
each_pooled_client = pytest.mark.parametrize(("kind", "client"), POOLED)


def test_the_stream_has_something_of_everything() -> None:
    assert {type(one) for one in WHOLE.deltas} == {*ssewire.Delta.__args__}
    assert WHOLE.raised is None
    assert [one.text for one in WHOLE.deltas if isinstance(one, TextDelta) and one.choice == 0] == TEXTS


# The same as of the bytes


class Read(NamedTuple):
    """What three responses with the same body gave."""

    deltas: list[ssewire.Delta]
    whole: dict[str, Any]
    texts: list[str]
    events: list[ssewire.ServerSentEvent]


def read(kind: str, client: str, url: str) -> Read:
    return read_sync(client, url) if kind == "sync" else asyncio.run(read_async(client, url))


def read_sync(client: str, url: str) -> Read:
    with loopback.CLIENTS[client](None) as get:
        stream = Stream(get(url))
        deltas = list(stream)
        return Read(
            deltas, plain(stream.until_done()), list(Stream(get(url)).text_stream), read_events(iter_sse, get(url))
        )


def read_events(iterate: Callable[[Any], Iterator[ssewire.ServerSentEvent]], response: Any) -> Any:
    """Read the events, and close the response: iter_sse does not."""
    try:
        return list(iterate(response))
    finally:
        response.close()


async def read_async(client: str, url: str) -> Read:
    async with loopback.ASYNC_CLIENTS[client](None) as get:
        stream = AsyncStream(await get(url))
        deltas = [one async for one in stream]
        whole = plain(await stream.until_done())
        texts = [piece async for piece in AsyncStream(await get(url)).text_stream]
        return Read(deltas, whole, texts, [event async for event in aiter_sse(await get(url))])


@each_client
@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("piece_size", [1, None])
def test_every_way_gives_what_the_bytes_give(
    kind: str, client: str, framing: Any, encoding: Any, piece_size: int | None
) -> None:
    with ReplayServer([BODY], framing=framing, encoding=encoding, piece_size=piece_size) as server:
        seen = read(kind, client, server.url)
    assert seen.deltas == WHOLE.deltas
    assert seen.whole == WHOLE.whole
    assert seen.texts == TEXTS
    assert seen.events == ssewire.SSEDecoder().feed(BODY)


# At once


class Gate:
    """Lets the server send an event only when the text of the one before has been seen."""

    def __init__(self) -> None:
        self._seen = threading.Semaphore(0)

    def __call__(self, number: int) -> None:
        if number:
            assert self._seen.acquire(timeout=loopback.TIMEOUT / 2), f"event {number - 1} was held back"

    def see(self, seen: object) -> None:
        if is_text(seen):
            self._seen.release()


def is_text(seen: object) -> bool:
    if isinstance(seen, ssewire.ServerSentEvent):
        return "content" in seen.data
    return isinstance(seen, (str, TextDelta))


def see_sync(client: str, url: str, gate: Gate) -> None:
    with loopback.CLIENTS[client](None) as get:
        for way in (Stream, lambda response: Stream(response).text_stream, iter_sse):
            response = get(url)
            for one in way(response):
                gate.see(one)
            response.close()


async def see_async(client: str, url: str, gate: Gate) -> None:
    async with loopback.ASYNC_CLIENTS[client](None) as get:
        for way in (AsyncStream, lambda response: AsyncStream(response).text_stream, aiter_sse):
            async for one in way(await get(url)):
                gate.see(one)


@each_client
@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_text_is_out_before_the_next_event_is_sent(kind: str, client: str, framing: Any, encoding: Any) -> None:
    gate = Gate()
    with ReplayServer([b"".join(PROMPT)], framing=framing, encoding=encoding, gate=gate) as server:
        if kind == "sync":
            see_sync(client, server.url, gate)
        else:
            asyncio.run(see_async(client, server.url, gate))
        assert len(server.requests) == 3


# After the terminal


WAYS = ("until_done", "deltas", "texts")


async def finish(client: str, url: str, ways: Sequence[str]) -> list[ssewire.Snapshot]:
    """Read some streams of one client to their end, each in its way."""
    done = []
    async with loopback.ASYNC_CLIENTS[client](None) as get:
        for way in ways:
            async with AsyncStream(await get(url)) as stream:
                if way == "deltas":
                    assert [one async for one in stream] == WHOLE.deltas
                if way == "texts":
                    assert [piece async for piece in stream.text_stream] == TEXTS
                done.append(await stream.until_done())
    return done


def finish_sync(client: str, url: str, ways: Sequence[str]) -> list[ssewire.Snapshot]:
    done = []
    with loopback.CLIENTS[client](None) as get:
        for way in ways:
            with Stream(get(url)) as stream:
                if way == "deltas":
                    assert list(stream) == WHOLE.deltas
                if way == "texts":
                    assert list(stream.text_stream) == TEXTS
                done.append(stream.until_done())
    return done


def finish_any(kind: str, client: str, url: str, ways: Sequence[str] = WAYS) -> list[ssewire.Snapshot]:
    return finish_sync(client, url, ways) if kind == "sync" else asyncio.run(finish(client, url, ways))


@each_pooled_client
@pytest.mark.parametrize("framing", ["chunked", "length"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_next_request_uses_the_connection(kind: str, client: str, framing: Any, encoding: Any) -> None:
    with ReplayServer([BODY], framing=framing, encoding=encoding) as server:
        done = finish_any(kind, client, server.url)
        assert server.connections == 1
    assert [plain(snapshot) for snapshot in done] == [WHOLE.whole] * 3


@each_pooled_client
def test_a_stream_without_a_sentinel_frees_its_connection_too(kind: str, client: str) -> None:
    with ReplayServer([text("a", "stop")]) as server:
        done = finish_any(kind, client, server.url, WAYS[:1] * 2)
        assert server.connections == 1
    assert [(snapshot.text, snapshot.done) for snapshot in done] == [("a", False)] * 2


@each_client
def test_a_server_that_lingers_does_not_hold_the_stream(kind: str, client: str) -> None:
    with ReplayServer([BODY], linger=True) as server:
        done = finish_any(kind, client, server.url, WAYS[:1])
        assert server.wait_disconnect(loopback.TIMEOUT)
    assert plain(done[0]) == WHOLE.whole


# Sources that are no responses


def pieces_of(body: bytes) -> list[bytes]:
    return [body[start : start + 100] for start in range(0, len(body), 100)]


def plain_sources(folder: Path) -> Iterator[Any]:
    path = folder / "stream"
    path.write_bytes(BODY)
    yield from (BODY, bytearray(BODY), memoryview(BODY), path.open("rb"), path.open("rb", buffering=0))
    yield from (pieces_of(BODY), tuple(pieces_of(BODY)), iter(pieces_of(BODY)), (piece for piece in pieces_of(BODY)))
    yield [memoryview(piece) if start % 2 else bytearray(piece) for start, piece in enumerate(pieces_of(BODY))]


def test_bytes_files_and_iterables_are_sources(tmp_path: Path) -> None:
    for source in plain_sources(tmp_path):
        stream = Stream(source)
        assert list(stream) == WHOLE.deltas
        assert plain(stream.until_done()) == WHOLE.whole
    for source in plain_sources(tmp_path):
        assert plain(ssewire.collect(source)) == WHOLE.whole
    for source in plain_sources(tmp_path):
        assert list(Stream(source).text_stream) == TEXTS
    for source in plain_sources(tmp_path):
        assert list(iter_sse(source)) == ssewire.SSEDecoder().feed(BODY)
        if hasattr(source, "read"):
            assert not source.closed
            source.close()


def test_a_file_is_the_stream_s_response_and_closed_with_it(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    path.write_bytes(BODY)
    read, left = path.open("rb"), path.open("rb")
    stream = Stream(read)
    assert stream.response is read
    stream.until_done()
    with Stream(left) as stream:
        next(stream)
    assert read.closed
    assert left.closed


def test_text_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        Stream(BODY.decode())  # type: ignore[arg-type]
    for way in (Stream, iter_sse, lambda source: Stream(source).text_stream):
        with pytest.raises(TypeError, match=r"expected bytes, got str: pass the body's bytes"):
            list(way([BODY.decode()]))  # type: ignore[list-item]


@pytest.mark.parametrize("source", [None, 1, [1], [None]])
def test_what_is_not_bytes_is_refused(source: Any) -> None:
    with pytest.raises(TypeError, match="bytes"):
        list(Stream(source))


def test_a_source_of_the_other_kind_names_the_other_class() -> None:
    for refused in (Stream, iter_sse, ssewire.collect):
        with pytest.raises(TypeError, match="AsyncStream"):
            refused(loopback.agenerate(BODY))  # type: ignore[arg-type]
    for wrong in (AsyncStream, aiter_sse):
        with pytest.raises(TypeError, match=r"use Stream \("):
            wrong([BODY])  # type: ignore[arg-type]


def test_a_coroutine_is_refused() -> None:
    for way in (Stream, AsyncStream, iter_sse, aiter_sse, ssewire.collect):
        coroutine = loopback.aread_all(b"")
        with pytest.raises(TypeError, match="await it"):
            way(coroutine)  # type: ignore[arg-type]
        coroutine.close()


def test_an_unknown_dialect_is_refused_with_those_that_are_known() -> None:
    klingon: Any = "klingon"
    for way in (Stream, AsyncStream, ssewire.collect):
        with pytest.raises(ValueError, match="openai-chat"):
            way(BODY, klingon)


def load(client: str, response: Any) -> None:
    """Let the client read the body."""
    if client.startswith("httpx"):
        response.read()
    else:
        assert (response.data if client == "urllib3" else response.content) == BODY


@pytest.mark.parametrize("client", ["requests", "urllib3", "httpx", "httpx2"])
def test_a_body_that_the_client_has_read_is_taken_from_memory(client: str) -> None:
    async def run(response: Any) -> ssewire.Snapshot:
        return await AsyncStream(response).until_done()

    with ReplayServer([BODY]) as server, loopback.CLIENTS[client](None) as get:
        response = get(server.url)
        load(client, response)
        assert list(Stream(response)) == WHOLE.deltas
        assert list(iter_sse(response)) == ssewire.SSEDecoder().feed(BODY)
        assert plain(asyncio.run(run(response))) == WHOLE.whole


@pytest.mark.parametrize("client", loopback.ASYNC_CLIENTS)
def test_a_body_that_an_asynchronous_client_has_read_is_taken_from_memory(client: str) -> None:
    async def run(url: str) -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            response = await get(url)
            await (response.read() if client == "aiohttp" else response.aread())
            assert [one async for one in AsyncStream(response)] == WHOLE.deltas
            assert list(Stream(response)) == WHOLE.deltas

    with ReplayServer([BODY]) as server:
        asyncio.run(run(server.url))


@pytest.mark.parametrize("client", loopback.CLIENTS)
def test_a_response_is_read_once(client: str) -> None:
    with ReplayServer([BODY]) as server, loopback.CLIENTS[client](None) as get:
        response = get(server.url)
        assert plain(ssewire.collect(response)) == WHOLE.whole
        with pytest.raises(ValueError, match="already read"):
            Stream(response)


# What a stream tells


def test_a_stream_tells_of_its_response_and_the_whole_so_far() -> None:
    with ReplayServer([b"".join(RICH)]) as server, loopback.httpx_client(None) as get:
        response = get(server.url)
        stream = Stream(response, "openai-chat")
        snapshot = stream.snapshot
        assert stream.response is response
        assert stream.usage is None
        assert (snapshot.text, stream.snapshot.dialect, snapshot.done) == ("", "openai-chat", False)
        seen = [one for one in stream if isinstance(one, (TextDelta, FinishDelta))]
        assert [snapshot.text, snapshot.finish_reason, snapshot.done] == ["Hi", "tool_calls", True]
        assert seen == [TextDelta("Hi"), FinishDelta("tool_calls")]
        assert stream.usage == snapshot.usage
        assert stream.usage is not None
        assert repr(response) in repr(stream)
        assert Stream(BODY).response is None


def test_every_way_to_iterate_shares_one_place() -> None:
    stream = Stream([*map(text, "abcdefgh"), text("", "stop"), DONE])
    assert iter(stream) is iter(stream)
    assert next(stream) == TextDelta("a")
    assert next(stream.text_stream) == "b"
    for one in stream:
        assert one == TextDelta("c")
        break
    texts = stream.text_stream
    assert [next(texts), next(stream), next(texts)] == ["d", TextDelta("e"), "f"]
    assert stream.snapshot.text == "abcdef"
    assert list(stream.text_stream) == ["g", "h"]
    assert list(stream) == []
    assert stream.until_done().text == "abcdefgh"


def test_the_text_of_other_choices_is_passed_over() -> None:
    stream = Stream([text("a", index=1), text("b"), text("c", "stop", 1), text("d", "stop")])
    assert list(stream.text_stream) == ["b", "d"]
    assert [choice.content for choice in stream.snapshot.choices] == ["bd", "ac"]
