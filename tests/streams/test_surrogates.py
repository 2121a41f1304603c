"""Half of a surrogate pair that nothing follows is U+FFFD, for every reader, whatever ends the stream."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import ssewire
from ssewire import Accumulator, AsyncStream, Stream, TextDelta, collect

from tests.support.loopback import agenerate

if TYPE_CHECKING:
    from collections.abc import Iterator


def event(payload: Any) -> bytes:
    return f"data: {json.dumps(payload)}\n\n".encode()


def chunk(content: str, finish: str | None = None) -> bytes:
    return event(
        {
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish}],
        }
    )


HALF = chunk("a\ud83d")
ENDINGS = {
    "an error": event({"error": {"message": "m"}}),
    "an error and more": event({"error": {"message": "m"}}) + chunk("b"),
    "no JSON": b"data: {\n\n",
    "the sentinel": b"data: [DONE]\n\n",
    "a finish and the sentinel": chunk("", "stop") + b"data: [DONE]\n\n",
    "the end": b"",
    "an event too large": b"data: " + b"x" * 2000 + b"\n\n",
}
LIMIT = 1000
each_ending = pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)


def failing(body: bytes) -> Iterator[bytes]:
    yield body
    raise OSError("gone")


def told(deltas: list[ssewire.Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


def read_stream(source: Any) -> tuple[str, str]:
    stream, deltas = Stream(source, max_event_size=LIMIT), list[ssewire.Delta]()
    with suppress(ssewire.StreamError):
        deltas.extend(stream)
    return told(deltas), stream.snapshot.text


def read_texts(source: Any) -> tuple[str, str]:
    stream, texts = Stream(source, max_event_size=LIMIT), list[str]()
    with suppress(ssewire.StreamError):
        texts.extend(stream.text_stream)
    return "".join(texts), stream.snapshot.text


def read_async(pieces: list[bytes]) -> tuple[str, str]:
    async def run() -> tuple[str, str]:
        stream, deltas = AsyncStream(agenerate(*pieces), max_event_size=LIMIT), list[ssewire.Delta]()
        with suppress(ssewire.StreamError):
            async for delta in stream:
                deltas.append(delta)
        return told(deltas), stream.snapshot.text

    return asyncio.run(run())


def accumulate(pieces: list[bytes]) -> tuple[str, str]:
    accumulator, deltas = Accumulator(max_event_size=LIMIT), list[ssewire.Delta]()
    with suppress(ssewire.StreamError):
        for piece in pieces:
            deltas += accumulator.feed(piece)
    deltas += accumulator.flush()
    return told(deltas), accumulator.snapshot.text


@each_ending
def test_every_reader_gives_the_same(ending: bytes) -> None:
    body = HALF + ending
    for pieces in ([body], [HALF, ending], [body[at : at + 1] for at in range(len(body))]):
        # What follows an error counts for an accumulator only.
        expected = "a\ufffd"
        assert read_stream(iter(pieces)) == (expected, expected)
        assert read_texts(iter(pieces)) == (expected, expected)
        assert read_async(pieces) == (expected, expected)
        if not body.endswith(chunk("b")):
            assert accumulate(pieces) == (expected, expected)


def collected(source: Any) -> ssewire.Snapshot | None:
    try:
        return collect(source)
    except ssewire.StreamError as error:
        return error.snapshot


@each_ending
def test_collecting_gives_the_same(ending: bytes) -> None:
    for source in (HALF + ending, iter([HALF + ending])):
        snapshot = collected(source)
        assert snapshot is not None
        assert snapshot.text.startswith("a\ufffd")


def test_a_transport_that_fails_is_an_ending_like_any_other() -> None:
    assert read_stream(failing(HALF)) == read_texts(failing(HALF)) == ("a\ufffd", "a\ufffd")


def test_the_other_half_is_waited_for() -> None:
    assert read_stream(iter([HALF, chunk("\ude00b", "stop"), b"data: [DONE]\n\n"])) == ("a\U0001f600b",) * 2
