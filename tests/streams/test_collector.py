"""The garbage collector may run any code where objects are made: code that asks the very stream that is being read."""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

import pytest
from ssewire import Accumulator, SSEDecoder, Stream, StreamError, iter_sse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNKS = [
    '{"choices":[{"delta":{"role":"assistant","content":"a"}}]}',
    '{"choices":[{"delta":{"content":"b","reasoning":"r"}}]}',
    '{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"i","function":{"name":"f","arguments":"{}"}}]}}]}',
    '{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}',
]
BODY = b"".join(f"id: 1\ndata: {chunk}\n\n".encode() for chunk in CHUNKS)
PIECES = [BODY, BODY[:100], BODY[100:], b"data: " + b"x" * 2000]


@contextlib.contextmanager
def collecting(look: Callable[[], object]) -> Iterator[list[object]]:
    """Collect as often as possible, and look each time."""
    seen: list[object] = []

    def callback(phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            seen.append(look())

    before = gc.get_threshold()
    gc.callbacks.append(callback)
    gc.set_threshold(1)
    try:
        yield seen
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(callback)


@pytest.mark.parametrize("texts", [False, True])
def test_a_stream_can_be_looked_at(texts: bool) -> None:  # noqa: FBT001 - a parameter
    stream = Stream(iter(PIECES), max_event_size=1000)
    kept: list[object] = []
    with collecting(lambda: (stream.snapshot.text, repr(stream), stream.snapshot.to_dict())) as seen:
        # Objects that are kept are what makes the collector run.
        with pytest.raises(StreamError) as caught:
            kept.extend(stream.text_stream if texts else stream)
        assert seen
    assert kept
    assert caught.value.snapshot is not None
    assert caught.value.snapshot.text == "abab"


def test_a_stream_can_be_closed() -> None:
    stream = Stream(iter(PIECES * 50))
    with collecting(stream.close):
        kept = list(stream)
    assert len(kept) < 400


def test_an_accumulator_can_be_looked_at() -> None:
    accumulator = Accumulator(max_event_size=1000)
    kept: list[object] = []
    with collecting(lambda: (accumulator.snapshot.tool_calls, accumulator.error, accumulator.usage)) as seen:
        kept.extend(accumulator.feed(piece) for piece in PIECES[:3])
        for take in (accumulator.feed, accumulator.observe):
            with pytest.raises(StreamError):
                take(PIECES[3])
        kept.append(accumulator.flush())
    assert seen
    assert accumulator.snapshot.text == "abab"


def test_a_decoder_can_be_looked_at() -> None:
    decoder = SSEDecoder(max_event_size=1000)
    kept: list[object] = []
    with collecting(lambda: decoder.last_event_id) as seen:
        kept.extend(decoder.feed(piece) for piece in PIECES[:3])
        for _ in range(2):
            with pytest.raises(StreamError):
                decoder.feed(PIECES[3])
    assert seen
    assert len([event for events in kept for event in events]) == 2 * len(CHUNKS)  # type: ignore[attr-defined]


def test_an_iterator_can_be_read_by_the_collector() -> None:
    events = iter_sse(PIECES * 20)
    with collecting(lambda: next(events, None)) as seen:
        kept = list(events)
    assert len(kept) + sum(event is not None for event in seen) == 20 * 2 * len(CHUNKS)
