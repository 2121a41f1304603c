"""Streams of every dialect out of real clients; bodies of JSON values; bodies that are no stream, by name."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import pickle
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import ssewire
from ssewire import Accumulator, AsyncStream, Stream
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.dialect_cases import DIALECTS, Case, accumulate, corpus, plain, told

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = ["requests", "httpx", "httpx2", "urllib3"]
EVERY_CLIENT = [*itertools.product(["sync"], CLIENTS), *itertools.product(["async"], loopback.ASYNC_CLIENTS)]

LINES = [
    {"model": "m", "created_at": "t", "message": {"role": "assistant", "content": "Hel"}, "done": False},
    {"model": "m", "created_at": "t", "message": {"role": "assistant", "content": "lo"}, "done": False},
    {"model": "m", "created_at": "u", "message": {"role": "assistant", "content": ""}, "done": True, "eval_count": 2},
]
PARTS: list[dict[str, Any]] = [
    {"candidates": [{"content": {"parts": [{"text": "Hel"}], "role": "model"}}]},
    {"candidates": [{"content": {"parts": [{"text": "lo"}], "role": "model"}, "finishReason": "STOP"}]},
]


def telling_case(dialect: str) -> Case:
    """Give the case of a corpus that tells most, of those in which nothing is wrong."""
    right = [case for case in corpus(dialect) if case.expect["complete"] and not case.named]
    return max(right, key=lambda case: len(accumulate([case.body], None).result["deltas"]))


def media_type(case: Case) -> str:
    if case.dialect == "ollama":
        return "application/x-ndjson"
    return "application/json" if case.body.lstrip()[:1] in (b"{", b"[") else "text/event-stream"


def read(kind: str, client: str, url: str) -> dict[str, Any]:
    """Read a response to its end, as the references give a stream."""
    return asyncio.run(read_async(client, url)) if kind == "async" else read_sync(client, url)


def read_sync(client: str, url: str) -> dict[str, Any]:
    with loopback.CLIENTS[client](None) as get, Stream(get(url)) as stream:
        deltas = [told(delta) for delta in stream]
        return plain(stream.until_done()) | {"complete": True, "deltas": deltas}


async def read_async(client: str, url: str) -> dict[str, Any]:
    async with loopback.ASYNC_CLIENTS[client](None) as get, AsyncStream(await get(url)) as stream:
        deltas = [told(delta) async for delta in stream]
        return plain(await stream.until_done()) | {"complete": True, "deltas": deltas}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("kind", "client"), EVERY_CLIENT)
def test_every_client_gives_what_the_bytes_give(dialect: str, kind: str, client: str) -> None:
    case = telling_case(dialect)
    with ReplayServer([case.body], content_type=media_type(case), piece_size=100) as server:
        seen = read(kind, client, server.url)
    assert seen == accumulate([case.body], None).result


# Rows of JSON values


def rows(values: list[dict[str, Any]], start: str, between: str, end: str) -> list[bytes]:
    texts = [json.dumps(value) for value in values]
    return [(start if at == 0 else between).encode() + text.encode() for at, text in enumerate(texts)] + [end.encode()]


ROWS = {
    "lines": rows(LINES, "", "\n", "\n"),
    "lines behind blanks": rows(LINES, "\ufeff \r\n\t", "\r\n\r\n", ""),
    "one behind the other": rows(LINES, "", "", ""),
    "an array": rows(PARTS, "[", "\n,\n", "]\n"),
    "an array in one line": rows(PARTS, " [ ", ",", " ] "),
}

each_row = pytest.mark.parametrize("pieces", ROWS.values(), ids=ROWS)


@each_row
def test_a_value_is_out_with_its_last_byte(pieces: list[bytes]) -> None:
    accumulator = Accumulator()
    texts = []
    for piece in pieces:
        accumulator.feed(piece[:-1])
        before = accumulator.snapshot.text
        accumulator.feed(piece[-1:])
        texts.append((before, accumulator.snapshot.text))
    assert texts[:2] == [("", "Hel"), ("Hel", "Hello")]
    assert accumulator.close().text == "Hello"


@each_row
def test_a_stream_gives_each_value_before_it_asks_for_the_next(pieces: list[bytes]) -> None:
    seen: list[str] = []

    def source() -> Iterator[bytes]:
        for number, piece in enumerate(pieces):
            assert len(seen) == min(number, 2)
            yield piece

    for text in Stream(source()).text_stream:
        seen.append(text)  # noqa: PERF402 - the source looks at what was seen so far
    assert seen == ["Hel", "lo"]


def feed_all(accumulator: Accumulator, body: bytes, size: int) -> None:
    """Feed a body in pieces of a size, and then nothing, which a fault waits for."""
    for start in range(0, len(body) + size, size):
        accumulator.feed(body[start : start + size])


@each_row
@pytest.mark.parametrize("limit", [20, 60])
def test_a_value_over_the_limit_is_told_alike_at_every_cut(pieces: list[bytes], limit: int) -> None:
    body = b"".join(pieces)
    faults = set()
    for size in (1, 7, len(body)):
        with pytest.raises(ssewire.EventTooLargeError) as caught:
            feed_all(Accumulator(max_event_size=limit), body, size)
        assert (caught.value.size, caught.value.limit) == (limit + 1, limit)
        faults.add(str(caught.value))
    assert len(faults) == 1
    assert "event 1" in faults.pop()


def test_an_event_stream_may_follow_a_value() -> None:
    body = (
        b'{"type":"ping"}\n\ndata: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    )
    for size in (1, 5, len(body)):
        snapshot = ssewire.collect([body[start : start + size] for start in range(0, len(body), size)])
        assert (snapshot.text, snapshot.done) == ("Hi", True)


def test_values_that_no_dialect_knows_pass_through_unless_there_is_only_one() -> None:
    accumulator = Accumulator()
    assert accumulator.feed(b'{"status":"pulling"}\n') == []
    assert [
        delta.value for delta in accumulator.feed(b'{"status":"done"}\n') if isinstance(delta, ssewire.OtherDelta)
    ] == [
        {"status": "pulling"},
        {"status": "done"},
    ]
    assert accumulator.close().dialect is None
    with pytest.raises(ssewire.ResponseError, match="status"):
        ssewire.collect(b'{"status":"pulling"}\n')


def test_a_decoder_of_events_refuses_lines_of_json() -> None:
    with (
        ReplayServer([b"".join(ROWS["lines"])], content_type="application/x-ndjson") as server,
        loopback.CLIENTS["httpx"](None) as get,
        pytest.raises(ssewire.ResponseError, match="application/x-ndjson"),
    ):
        list(ssewire.iter_sse(get(server.url)))


def test_payloads_without_blank_lines_are_read_each() -> None:
    body = b"".join(b"data: " + json.dumps(part).encode() + b"\n" for part in PARTS)
    assert ssewire.collect(body).text == ssewire.collect(body + b"\n").text == "Hello"


# What is no stream


def aws_frame() -> bytes:
    """Make a frame without headers and payload (the AWS SDKs' event stream encoding)."""
    prelude = (16).to_bytes(4, "big") + bytes(4)
    prelude += zlib.crc32(prelude).to_bytes(4, "big")
    return prelude + zlib.crc32(prelude).to_bytes(4, "big")


FOREIGN = {
    "AWS event stream": aws_frame() * 3,
    "HTML page": b"<!DOCTYPE html>\n<title>Log in</title>\n",
    "gzip data": gzip.compress(b"data: x\n\n" * 9),
}


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_foreign_bodies_are_refused_by_name(name: str, size: int) -> None:
    body = FOREIGN[name]
    for source in (body, [body[start : start + size] for start in range(0, len(body), size)]):
        with pytest.raises(ssewire.ResponseError, match=name) as caught:
            ssewire.collect(source)
        assert caught.value.body == body


def test_a_frozen_snapshot_says_what_the_live_one_said() -> None:
    for dialect in DIALECTS:
        case = telling_case(dialect)
        for end in range(0, len(case.body), 97):
            accumulator = Accumulator(case.dialect)  # type: ignore[arg-type]
            accumulator.feed(case.body[:end])
            frozen = pickle.loads(pickle.dumps(accumulator.snapshot))  # noqa: S301 - our own pickle
            assert plain(frozen) == plain(accumulator.snapshot)
            assert plain(pickle.loads(pickle.dumps(frozen))) == plain(frozen)  # noqa: S301 - our own pickle
