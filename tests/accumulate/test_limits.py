"""Limits of the whole: what may be kept of one stream."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
import ssewire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ssewire._types import Limits

BIG = 100_000


def chunk(delta: dict[str, Any], index: int = 0) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": index, "delta": delta}]}).encode() + b"\n\n"


def texts(count: int) -> Iterator[bytes]:
    return (chunk({"content": "0123456789"}) for _ in range(count))


def choices(count: int) -> Iterator[bytes]:
    return (chunk({"content": "x"}, index) for index in range(count))


def choices_at_once(count: int) -> Iterator[bytes]:
    yield b"data: " + json.dumps({"choices": [{"index": index} for index in range(count)]}).encode() + b"\n\n"


def calls(count: int) -> Iterator[bytes]:
    function = {"name": "f", "arguments": "{}"}
    return (
        chunk({"tool_calls": [{"index": index, "id": f"call_{index}", "function": function}]}) for index in range(count)
    )


def calls_at_once(count: int) -> Iterator[bytes]:
    yield chunk({"tool_calls": [{"index": index, "id": f"call_{index}"} for index in range(count)]})


def members(count: int) -> Iterator[bytes]:
    return (b"data: " + json.dumps({"choices": [], f"m{n}": "0123456789"}).encode() + b"\n\n" for n in range(count))


Body: TypeAlias = "Callable[[int], Iterator[bytes]]"

LIMITED: list[tuple[str, Limits, Body]] = [
    ("texts", {"max_total_size": 1000}, texts),
    ("members", {"max_total_size": 1000}, members),
    ("choices", {"max_choices": 100}, choices),
    ("choices at once", {"max_choices": 100}, choices_at_once),
    ("calls", {"max_tool_calls": 100}, calls),
    ("calls at once", {"max_tool_calls": 100}, calls_at_once),
]


@pytest.mark.parametrize(("limits", "stream"), [row[1:] for row in LIMITED], ids=[row[0] for row in LIMITED])
def test_what_crosses_a_limit_is_an_error_that_keeps_what_was_read(limits: Limits, stream: Body) -> None:
    [(name, limit)] = list(limits.items())
    body = b"".join(stream(300)) + b"data: [DONE]\n\n"
    with pytest.raises(ssewire.EventTooLargeError, match=name) as caught:
        ssewire.collect(body, **limits)
    assert caught.value.limit == limit
    assert caught.value.size > caught.value.limit
    snapshot = caught.value.snapshot
    assert snapshot is not None
    assert snapshot.to_dict()["choices"] or name == "max_total_size"


@pytest.mark.parametrize(("limits", "stream"), [row[1:] for row in LIMITED], ids=[row[0] for row in LIMITED])
def test_what_is_below_the_limits_is_read(limits: Limits, stream: Body) -> None:
    body = b"".join(stream(30)) + b"data: [DONE]\n\n"
    assert ssewire.collect(body, **limits).to_dict() == ssewire.collect(body).to_dict()


def outcome(body: bytes, cut: int, limits: Limits) -> tuple[Any, ...]:
    accumulator = ssewire.Accumulator(**limits)
    deltas = []
    for piece in (body[:cut], body[cut:]):
        with contextlib.suppress(ssewire.EventTooLargeError):
            deltas += accumulator.feed(piece)
    with pytest.raises(ssewire.EventTooLargeError) as caught:
        accumulator.close()
    return deltas, str(caught.value), caught.value.size, accumulator.snapshot.to_dict()


@pytest.mark.parametrize(("limits", "stream"), [row[1:] for row in LIMITED], ids=[row[0] for row in LIMITED])
def test_a_limit_is_crossed_at_the_same_place_wherever_the_body_is_cut(limits: Limits, stream: Body) -> None:
    body = b"".join(stream(150 if "at once" in str(stream) else 250)) + b"data: [DONE]\n\n"
    whole = outcome(body, len(body), limits)
    for cut in range(0, len(body), 97):
        assert outcome(body, cut, limits) == whole, cut


def test_a_stream_that_crosses_a_limit_raises_after_its_deltas() -> None:
    stream = ssewire.Stream(texts(300), max_total_size=1000)
    seen: list[str] = []
    with pytest.raises(ssewire.EventTooLargeError, match="max_total_size=1000"):
        seen.extend(delta.text for delta in stream if isinstance(delta, ssewire.TextDelta))
    assert "".join(seen) == stream.snapshot.text
    assert 1000 < len(stream.snapshot.text) < 1100


def test_events_that_were_framed_otherwise_count_too() -> None:
    accumulator = ssewire.Accumulator(max_total_size=1000)
    event = ssewire.ServerSentEvent(data=chunk({"content": "0123456789"}).decode()[6:-2])

    def feed() -> None:
        for _ in range(300):
            accumulator.feed_event(event)

    with pytest.raises(ssewire.EventTooLargeError, match="max_total_size"):
        feed()
    assert 1000 < len(accumulator.snapshot.text) < 1100


def test_json_values_count_too() -> None:
    body = b"\n".join(b'{"message":{"content":"0123456789"},"done":false}' for _ in range(300))
    with pytest.raises(ssewire.EventTooLargeError, match="max_total_size"):
        ssewire.collect(body, "ollama", max_total_size=1000)


@pytest.mark.parametrize("name", ["max_total_size", "max_choices", "max_tool_calls"])
def test_a_limit_is_a_positive_number_or_none(name: str) -> None:
    def limited(limit: Any) -> ssewire.Accumulator:
        limits: Any = {name: limit}
        return ssewire.Accumulator(**limits)

    assert limited(None).snapshot.text == limited(1 << 100).snapshot.text == ""
    for wrong in (0, -1):
        with pytest.raises(ValueError, match=f"{name}: expected a positive number .*got {wrong}"):
            limited(wrong)
    with pytest.raises(TypeError, match=name):
        limited("1")


def test_a_stream_without_end_that_keeps_nothing_crosses_no_limit() -> None:
    accumulator = ssewire.Accumulator(max_total_size=2000)
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":%d}}\n\n'
    for count in range(BIG):
        accumulator.observe(b": keep-alive\n\n" if count % 2 else usage % count)
    assert accumulator.usage is not None
    assert accumulator.usage.output_tokens == BIG - 2
