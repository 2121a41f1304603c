"""Each public function by itself, with pytest-benchmark: `make bench-functions`.

The floor is the least that any reader of the same bytes must do. What a call is given is made anew for every round
where the call uses it up. The usual tests do not run these.
"""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
import ssewire

from benches.fixtures import ONE_EVENT, Call, cut, make
from benches.ours import event

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

CHAT = make("chat")
TOOLS = make("tool arguments")
UNLIKE = make("unlike payloads")
CUTS = pytest.mark.parametrize("pieces", [ONE_EVENT, "16 KiB", "64 B"])


@pytest.fixture(autouse=True)
def _events(benchmark: BenchmarkFixture) -> None:
    """What the figures count."""
    benchmark.extra_info["events"] = len(CHAT.events)


def _each(use: Callable[[Any, bytes], object], make_one: Callable[[], Any], body: list[bytes]) -> Any:
    one = make_one()
    for piece in body:
        use(one, piece)
    return one


def test_floor_scan(benchmark: BenchmarkFixture) -> None:
    """Each byte looked at once, for one that does not come."""
    assert benchmark(CHAT.body.find, b"\0") == -1


def test_floor_compare(benchmark: BenchmarkFixture) -> None:
    """Each byte compared with another one."""
    assert benchmark(CHAT.body.__eq__, bytes(bytearray(CHAT.body)))


@CUTS
def test_decoder_feed(benchmark: BenchmarkFixture, pieces: str) -> None:
    body = cut(CHAT, pieces)
    benchmark(_each, ssewire.SSEDecoder.feed, ssewire.SSEDecoder, body)
    decoder = ssewire.SSEDecoder()
    assert [event(found) for piece in body for found in decoder.feed(piece)] == CHAT.events


@CUTS
def test_iter_sse(benchmark: BenchmarkFixture, pieces: str) -> None:
    body = cut(CHAT, pieces)
    assert len(benchmark(lambda: list(ssewire.iter_sse(body)))) == len(CHAT.events)


@CUTS
def test_accumulator_feed(benchmark: BenchmarkFixture, pieces: str) -> None:
    found = benchmark(_each, ssewire.Accumulator.feed, ssewire.Accumulator, cut(CHAT, pieces))
    assert found.snapshot.text == "".join(CHAT.texts)


@CUTS
def test_accumulator_observe(benchmark: BenchmarkFixture, pieces: str) -> None:
    found = benchmark(_each, ssewire.Accumulator.observe, ssewire.Accumulator, cut(CHAT, pieces))
    assert found.snapshot.text == "".join(CHAT.texts)


@CUTS
def test_accumulator_observe_of_unlike_payloads(benchmark: BenchmarkFixture, pieces: str) -> None:
    """None has the shape of the one before, so each is parsed in full."""
    found = benchmark(_each, ssewire.Accumulator.observe, ssewire.Accumulator, cut(UNLIKE, pieces))
    assert found.snapshot.text == "".join(UNLIKE.texts)
    assert found._matched == 0  # noqa: SLF001 - it is there for this


def test_accumulator_feed_event(benchmark: BenchmarkFixture) -> None:
    events: list[Any] = ssewire.SSEDecoder().feed(CHAT.body)
    found = benchmark(_each, ssewire.Accumulator.feed_event, ssewire.Accumulator, events)
    assert found.snapshot.text == "".join(CHAT.texts)


@CUTS
def test_stream(benchmark: BenchmarkFixture, pieces: str) -> None:
    body = cut(CHAT, pieces)
    deltas = benchmark(lambda: list(ssewire.Stream(body)))
    assert [delta.text for delta in deltas if isinstance(delta, ssewire.TextDelta)] == CHAT.texts


@CUTS
def test_text_stream(benchmark: BenchmarkFixture, pieces: str) -> None:
    body = cut(CHAT, pieces)
    assert benchmark(lambda: list(ssewire.Stream(body).text_stream)) == CHAT.texts


def test_stream_of_one_event(benchmark: BenchmarkFixture) -> None:
    """What a stream costs before its first event."""
    body = [b"".join(CHAT.blocks[:2])]
    assert benchmark(lambda: next(ssewire.Stream(body).text_stream)) == CHAT.texts[0]


def test_collect(benchmark: BenchmarkFixture) -> None:
    assert benchmark(ssewire.collect, CHAT.body).text == "".join(CHAT.texts)


def test_tee(benchmark: BenchmarkFixture) -> None:
    body = cut(CHAT, "16 KiB")
    assert benchmark(lambda: list(ssewire.tee(body, ssewire.Accumulator()))) == body


def test_event_json(benchmark: BenchmarkFixture) -> None:
    [found] = ssewire.SSEDecoder().feed(CHAT.blocks[5])
    assert benchmark(found.json)["object"] == "chat.completion.chunk"


def test_event_encode(benchmark: BenchmarkFixture) -> None:
    [found] = ssewire.SSEDecoder().feed(CHAT.blocks[5])
    assert benchmark(found.encode) == CHAT.blocks[5]


@pytest.mark.parametrize("use", [copy.copy, pickle.dumps, ssewire.Snapshot.to_dict])
def test_snapshot(benchmark: BenchmarkFixture, use: Callable[[ssewire.Snapshot], object]) -> None:
    assert benchmark(use, ssewire.collect(CHAT.body))


def test_snapshot_text_after_each_piece(benchmark: BenchmarkFixture) -> None:
    """What is joined when it is read, read as often as it can be."""

    def read(accumulator: ssewire.Accumulator, piece: bytes) -> str:
        accumulator.observe(piece)
        return accumulator.snapshot.text

    found = benchmark(_each, read, ssewire.Accumulator, cut(CHAT, ONE_EVENT))
    assert found.snapshot.text == "".join(CHAT.texts)


def test_tool_call_parse(benchmark: BenchmarkFixture) -> None:
    [call] = ssewire.collect(TOOLS.body).tool_calls
    assert TOOLS.message is not None
    assert TOOLS.message.calls == (Call(call.id or "", call.name or "", call.arguments),)
    assert benchmark(call.parse)["path"] == "src/parser.py"


def test_parse_partial_after_each_piece(benchmark: BenchmarkFixture) -> None:
    """200 KB of small objects in pieces of 20 bytes."""
    whole = {"items": [{"id": number, "name": "ab"} for number in range(7500)]}
    arguments = json.dumps(whole)
    start = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    payloads: list[dict[str, Any]] = [{"type": "content_block_start", "index": 0, "content_block": start}]
    for place in range(0, len(arguments), 20):
        delta = {"type": "input_json_delta", "partial_json": arguments[place : place + 20]}
        payloads.append({"type": "content_block_delta", "index": 0, "delta": delta})
    body = [b"data: %s\n\n" % json.dumps(payload).encode() for payload in payloads]

    def use(accumulator: ssewire.Accumulator, piece: bytes) -> None:
        accumulator.observe(piece)
        accumulator.snapshot.tool_calls[0].parse_partial()

    found = benchmark(_each, use, ssewire.Accumulator, body)
    assert found.snapshot.tool_calls[0].parse_partial() == whole
    assert len(arguments) > 200_000
