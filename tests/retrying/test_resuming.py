"""`retrying` and `aretrying` where the API can go on behind what has arrived."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from ssewire import (
    IncompleteStreamError,
    ProviderError,
    StreamPosition,
)

from tests.support.retrying import (
    everywhere,
    read,
    refuses,
    sends,
)

if TYPE_CHECKING:
    from tests.support.retrying import Part
    from tests.support.sse_server import Connection

# Closed or not, httpx drops the generators inside its own, of which trio complains; of ours it must not.
pytestmark = [
    pytest.mark.filterwarnings(r"ignore:Async generator 'http(x|core)2?\.:ResourceWarning"),
    pytest.mark.usefixtures("no_descriptor_is_left"),
]


def response_events() -> list[bytes]:
    """A short stream of Responses, with its sequence numbers."""
    item = {"id": "msg", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    response = {"id": "resp_1", "object": "response", "status": "in_progress", "output": []}
    place = {"item_id": "msg", "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "text": "", "annotations": []}
    words = ["One ", "two ", "three ", "four"]
    whole = [{**item, "status": "completed", "content": [{**part, "text": "".join(words)}]}]
    payloads: list[dict[str, Any]] = [
        {"type": "response.created", "response": response},
        {"type": "response.in_progress", "response": response},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **place, "part": part},
        *({"type": "response.output_text.delta", **place, "delta": word} for word in words),
        {"type": "response.output_text.done", **place, "text": "".join(words)},
        {"type": "response.completed", "response": {**response, "status": "completed", "output": whole}},
    ]
    return [
        f"event: {payload['type']}\ndata: {json.dumps({**payload, 'sequence_number': number})}\n\n".encode()
        for number, payload in enumerate(payloads)
    ]


EVENTS = response_events()
BODY = b"".join(EVENTS)
WORDS = ["One ", "two ", "three ", "four"]


def ask_behind(url: str, position: StreamPosition) -> str:
    assert position.response_id == "resp_1"
    return f"{url}/{position.response_id}?stream=true&starting_after={position.sequence_number}"


def continues(how: str, *, until: int | None = None, overlap: int = 0) -> Part:
    """Play what comes behind the position that was asked for."""

    def part(connection: Connection) -> None:
        after = int(connection.request.path.partition("starting_after=")[2])
        sends(b"".join(EVENTS[after + 1 - overlap :])[:until], how)(connection)

    return part


@everywhere
@pytest.mark.parametrize("place", range(1, len(BODY), 173))
def test_responses_go_on_behind_the_last_event_that_arrived_whole(reader: str, place: int) -> None:
    if BODY[:place].count(b"\n\n") == 0:  # no position yet
        told = read(reader, sends(BODY[:place], "cut"), sends(BODY), resume=ask_behind)
    else:
        told = read(reader, sends(BODY[:place], "cut"), continues("end"), resume=ask_behind)
    assert (told.raised, told.pieces, told.text) == (None, WORDS, "".join(WORDS))


@everywhere
def test_it_resumes_as_long_as_there_is_progress(reader: str) -> None:
    """Each connection brings one event: that is more connections in a row than may fail."""
    parts = [sends(EVENTS[0], "cut"), *(continues("cut", until=len(event)) for event in EVENTS[1:])]
    told = read(reader, *parts, resume=ask_behind, attempts=2)
    assert (told.raised, told.pieces) == (None, WORDS)


@everywhere
def test_a_response_that_fails_again_and_again_is_not_progress(reader: str) -> None:
    failed = {"type": "error", "code": "server_error", "message": "x", "sequence_number": 2}
    first = b"".join(EVENTS[:2]) + b"event: error\ndata: " + json.dumps(failed).encode() + b"\n\n"
    told = read(reader, *[sends(first)] * 3, resume=ask_behind)
    assert isinstance(told.raised, ProviderError)


@everywhere
def test_a_body_that_ends_early_is_resumed_too(reader: str) -> None:
    half = b"".join(EVENTS[:6])
    told = read(reader, sends(half, "end"), continues("end"), resume=ask_behind)
    assert (told.raised, told.pieces) == (None, WORDS)


@everywhere
def test_events_that_come_again_are_not_given_again(reader: str) -> None:
    half = b"".join(EVENTS[:6])
    told = read(reader, sends(half, "cut"), continues("end", overlap=3), resume=ask_behind)
    assert (told.raised, told.pieces) == (None, WORDS)


@everywhere
def test_what_cannot_be_resumed_is_raised_with_the_snapshot(reader: str) -> None:
    half = b"".join(EVENTS[:6])
    told = read(reader, sends(half, "cut"), refuses(404, b'{"error":{"message":"gone"}}'), resume=ask_behind)
    assert isinstance(told.raised, IncompleteStreamError)
    assert told.raised.snapshot.text == "One two "
    assert isinstance(told.raised.__cause__, ProviderError)
    told = read(reader, sends(half, "cut"), *[sends(b"", "cut")] * 2, resume=ask_behind)
    assert isinstance(told.raised, IncompleteStreamError)
    assert told.raised.snapshot.text == "One two "


@everywhere
def test_a_response_that_failed_is_asked_for_anew(reader: str) -> None:
    failed = {"type": "error", "code": "server_error", "message": "x", "sequence_number": 2}
    first = b"".join(EVENTS[:2]) + b"event: error\ndata: " + json.dumps(failed).encode() + b"\n\n"
    told = read(reader, sends(first), sends(BODY), resume=ask_behind)
    assert (told.raised, told.pieces) == (None, WORDS)


@everywhere
def test_event_ids_are_a_position(reader: str) -> None:
    """As MCP's, whose payloads are no dialect's: they pass through."""
    events = [f'id: e{number}\ndata: {{"jsonrpc":"2.0","id":{number}}}\n\n'.encode() for number in range(4)]
    asked: list[StreamPosition] = []

    def behind(url: str, position: StreamPosition) -> str:
        asked.append(position)
        return url

    told = read(reader, sends(b"".join(events[:2]) + events[2][:9], "cut"), sends(b"".join(events[2:])), resume=behind)
    assert told.raised is None
    assert asked == [StreamPosition(last_event_id="e1")]
    assert [delta.value["id"] for delta in told.deltas] == [0, 1, 2, 3]
