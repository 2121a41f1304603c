"""Framing properties: cuts are invisible, and the fast decoder gives what the slow one gives, faults included."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ssewire import EventTooLargeError, ServerSentEvent, SSEDecoder, encode_comment

from tests.reference.oracle import BOM, LINE_END, Event, Options, Outcome, corpus, interpret_stream
from tests.support.cuts import cut_at, decode, drain, iterate, plain

if TYPE_CHECKING:
    from collections.abc import Callable

# An iterator of such pieces may well look like lines without their ends, of which `iter_sse` warns.
pytestmark = pytest.mark.filterwarnings("ignore:no event was found")

PARTS = [
    *(b"data", b"data:", b"data: ", b"event", b"event:", b"event: ", b"id", b"id:", b"id: ", b"retry", b"retry:"),
    *(b"retry: 5", b"retry: 0", b"id: 1", b"event: a", b"data: x", b"data: x\n\n", b"event: a\ndata: x\n\n", b"data\n"),
    *(b":", b" ", b"\t", b"\0", b"x", b"foo", b"Data", b": c\n", b"9" * 19, b"0" * 20, b"+", b"{}", b"[DONE]"),
    *(b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\n\r", b"\r\n\r\n"),
    *(BOM, b"\xef", b"\xef\xbb", b"\xbf", b"\xff", b"\x80", b"\xc0", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0"),
    *(char.encode() for char in "\u00e9\u20ac\U0001f600\u0085\u2028\u2029\x0b\x0c\x1c"),
]
CHUNK = b'data: {"id":"c1","choices":[{"index":0,"delta":{"content":"caf\xc3\xa9 \xf0\x9f\x98\x80"}}]}\n\n'
NAMED = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"text":"Hi"}}\n\n'
STREAMS = [CHUNK * 4, NAMED * 3, (CHUNK + NAMED).replace(b"\n", b"\r\n") * 2, b": ping\n\n" + NAMED + CHUNK + NAMED]

alphabet_bodies = st.lists(st.sampled_from(PARTS) | st.binary(max_size=3), max_size=40).map(b"".join)
edits = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.sampled_from(PARTS)), max_size=6)


def edited(stream: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """Replace, at each of the places, some bytes by a part."""
    for place, length, part in changes:
        stream = stream[:place] + part + stream[place + length :]
    return stream


real_bodies = st.builds(edited, st.sampled_from(STREAMS) | st.sampled_from([case.body for case in corpus()]), edits)
bodies = alphabet_bodies | real_bodies


def to_options(tail: Any, dispatch_empty: bool, limit: int | None) -> Options:  # noqa: FBT001  hypothesis fills it
    return {"tail": tail, "dispatch_empty": dispatch_empty, "max_event_size": limit}


limits = st.none() | st.integers(1, 40) | st.integers(1, 400)
all_options = st.builds(to_options, st.sampled_from(["discard", "dispatch"]), st.booleans(), limits)
cut_points = st.lists(st.integers(0, 400), max_size=12)
many = settings(max_examples=500, deadline=None)


def cut_within(body: bytes, points: list[int]) -> list[bytes]:
    return cut_at(body, [min(point, len(body)) for point in points])


@many
@given(bodies)
def test_the_oracle_may_split_before_it_decodes(body: bytes) -> None:
    split_first = [line.decode("utf-8", "replace") for line in LINE_END.split(body)]
    assert split_first == re.split(LINE_END.pattern.decode(), body.decode("utf-8", "replace"))


@many
@given(bodies, cut_points, all_options)
def test_decoder_is_the_oracle_at_any_cut(body: bytes, points: list[int], options: Options) -> None:
    assert decode(cut_within(body, points), **options) == interpret_stream(body, **options)


@many
@given(bodies, all_options)
def test_decoder_is_the_oracle_whole_and_bytewise(body: bytes, options: Options) -> None:
    expected = interpret_stream(body, **options)
    assert decode([body], **options) == expected
    assert decode([bytes([byte]) for byte in body], **options) == expected


@many
@given(bodies, cut_points, all_options)
def test_iter_sse_is_the_oracle_at_any_cut(body: bytes, points: list[int], options: Options) -> None:
    expected = interpret_stream(body, **options)
    assert iterate(cut_within(body, points), **options) == (expected.events, expected.error)


@many
@given(bodies, bodies, cut_points, all_options)
def test_a_decoder_is_new_after_close(first: bytes, second: bytes, points: list[int], options: Options) -> None:
    decoder = SSEDecoder(**options)
    left = drain(decoder, [first])
    expected = interpret_stream(second, **options, last_event_id=left.last_event_id, retry=left.retry)
    assert drain(decoder, cut_within(second, points)) == expected


@many
@given(bodies, st.integers(0, 400), bodies, all_options)
def test_a_copy_goes_its_own_way(body: bytes, place: int, other: bytes, options: Options) -> None:
    decoder = SSEDecoder(**options)
    try:
        before = list(map(plain, decoder.feed(body[:place])))
    except EventTooLargeError:
        return
    twin = copy.copy(decoder)
    for each, rest in ((decoder, body[place:]), (twin, other)):
        after = drain(each, [rest])
        expected = interpret_stream(body[:place] + rest, **options)
        assert after._replace(events=before + after.events) == expected


@many
@given(bodies, all_options)
def test_no_event_waits_for_a_later_byte(body: bytes, options: Options) -> None:
    """The events of a prefix are out with its last byte."""
    decoder = SSEDecoder(**options)
    events: list[Event] = []
    for end in range(1, min(len(body), 80) + 1):
        try:
            events += map(plain, decoder.feed(body[end - 1 : end]))
        except EventTooLargeError:
            break
        assert events == interpret_stream(body[:end], **(options | {"tail": "discard"})).events


# Lone surrogates cannot be encoded: test_event.py sees that they are refused.
text = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(" :\u2028\ufeff\0\r\n"), max_size=12)
field_text = text.filter(lambda value: not re.search(r"[\r\n\0]", value))
retries = st.none() | st.integers(0, 2**63 - 1)
events = st.builds(ServerSentEvent, field_text.map(lambda name: name or "message"), text, field_text, retries)


def with_lf(event: ServerSentEvent) -> Event:
    return plain(event)._replace(data=re.sub(r"\r\n|\r", "\n", event.data))


@many
@given(events, cut_points)
def test_an_encoded_event_decodes_to_itself(event: ServerSentEvent, points: list[int]) -> None:
    """Of CR and CRLF in the data only the line break stays."""
    expected = Outcome([with_lf(event)], event.id, event.retry, None)
    assert decode(cut_within(event.encode(), points)) == expected


@many
@given(st.lists(events, max_size=5))
def test_encoded_events_follow_each_other(several: list[ServerSentEvent]) -> None:
    decoded = decode([b"".join(event.encode() for event in several)]).events
    assert [event._replace(id="") for event in decoded] == [with_lf(event)._replace(id="") for event in several]


@many
@given(st.lists(st.tuples(events, field_text | text.map(lambda value: value.replace("\0", ""))), max_size=5))
def test_comments_between_events_change_nothing(several: list[tuple[ServerSentEvent, str]]) -> None:
    commented = b"".join(event.encode() + encode_comment(comment) for event, comment in several)
    assert decode([commented]) == decode([b"".join(event.encode() for event, _ in several)])


@many
@given(text, text, st.sampled_from(["event", "id"]))
def test_encode_refuses_or_stays_one_event(value: str, data: str, field: str) -> None:
    build: Callable[..., ServerSentEvent] = ServerSentEvent
    event = build(data=data, **{field: value})
    if re.search(r"[\r\n\0]", value):
        with pytest.raises(ValueError, match=r"."):
            event.encode()
    elif value:
        assert decode([event.encode()]).events == [with_lf(event)]
