"""Comments for a listener: their text, their place among the events, the limit, and a listener that raises."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import ssewire
from hypothesis import example, given
from ssewire import EventTooLargeError, SSEDecoder, encode_comment
from ssewire._core import EventIterator

from tests.framing.test_properties import all_options, bodies, cut_points, cut_within, many
from tests.reference.oracle import Event, Fault, Options, corpus, interpret_stream
from tests.support.cuts import as_async, assert_same, every_cut, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Unpack

    Heard = tuple[list[Event], tuple[tuple[int, str], ...], Fault | None]

BODY = (
    b"\xef\xbb\xbf:\n::  two\r: caf\xc3\xa9\xff\ndata: a\n:inside\n\n: between\r\n\r\n"
    b"event: b\n:\xf0\x9f\nid: 1\ndata: b\n\n: never ended"
)


def listened(pieces: Iterable[bytes], **options: Unpack[Options]) -> Heard:
    """Give the events, the number of events before each comment with its text, and the fault."""
    events: list[Event] = []
    comments: list[tuple[int, str]] = []

    def hear(text: str) -> None:
        comments.append((len(events), text))

    try:
        for event in ssewire.iter_sse(iter(pieces), on_comment=hear, **options):
            events.append(plain(event))  # noqa: PERF401  what came before a fault has to be kept
    except EventTooLargeError as error:
        return events, tuple(comments), Fault(error.size, error.limit)
    return events, tuple(comments), None


async def alistened(pieces: Iterable[bytes]) -> Heard:
    events: list[Event] = []
    comments: list[tuple[int, str]] = []

    def hear(text: str) -> None:
        comments.append((len(events), text))

    async for event in ssewire.aiter_sse(as_async(pieces), on_comment=hear):
        events.append(plain(event))  # noqa: PERF401  the listener counts them
    return events, tuple(comments), None


def expected(body: bytes, **options: Unpack[Options]) -> Heard:
    told = interpret_stream(body, keep_comments=True, **options)
    return told.events, told.comments, told.error


def test_texts_and_places_are_the_same_at_every_cut() -> None:
    told = expected(BODY)
    assert [event.data for event in told[0]] == ["a", "b"]
    assert told[1:] == (
        (
            (0, ""),
            (0, ":  two"),
            (0, "caf\u00e9\ufffd"),
            (0, "inside"),
            (1, "between"),
            (1, "\ufffd"),
        ),
        None,
    )
    assert_same(listened, every_cut(BODY), told)
    cuts = [[BODY], [BODY[:50], BODY[50:]]]
    assert_same(lambda pieces: asyncio.run(alistened(pieces)), cuts, told)


@pytest.mark.parametrize("case", corpus(), ids=lambda case: case.name)
def test_the_corpus_with_a_listener(case: Any) -> None:
    assert_same(
        lambda pieces: listened(pieces, **case.options), every_cut(case.body), expected(case.body, **case.options)
    )


@pytest.mark.filterwarnings("ignore:.*without their ends:RuntimeWarning")  # some of these cuts look like lines
@many
@given(bodies, cut_points, all_options)
@example(b"data: adata: b", [7], {})
def test_a_listener_hears_what_the_oracle_tells_at_any_cut(body: bytes, points: list[int], options: Options) -> None:
    assert listened(cut_within(body, points), **options) == expected(body, **options)


def test_what_encode_comment_writes_is_heard_as_it_was() -> None:
    for text in ("", "ping", " indented", "::", "caf\u00e9"):
        assert listened([encode_comment(text)])[1] == ((0, text),)


def test_comments_between_events_do_not_add_up() -> None:
    body = b": 345678\n" * 100 + b"data: x\n\n"
    assert listened([body], max_event_size=9) == expected(body, max_event_size=9)
    assert len(listened([body], max_event_size=9)[1]) == 100
    assert listened([b": 345678\n"], max_event_size=8)[2] == Fault(9, 8)
    # Without a listener they are dropped unbuffered, and may be of any size.
    assert [event.data for event in ssewire.iter_sse(body, max_event_size=8)] == ["x"]


def test_a_comment_does_not_wait_for_a_later_byte() -> None:
    heard: list[str] = []

    def source() -> Any:
        yield b": a\r"
        assert heard == ["a"]
        yield b"\n: b"
        assert heard == ["a"]
        yield b"\n"
        assert heard == ["a", "b"]

    assert list(ssewire.iter_sse(source(), on_comment=heard.append)) == []
    assert heard == ["a", "b"]


def test_what_a_listener_raises_comes_out_and_no_event_is_lost() -> None:
    def refuse(text: str) -> None:
        raise LookupError(text)

    events = ssewire.iter_sse(b"data: a\n\n: no\ndata: b\n\n", on_comment=refuse)
    assert next(events).data == "a"
    with pytest.raises(LookupError, match="no"):
        next(events)
    assert [event.data for event in events] == ["b"]


def test_a_listener_may_read_the_iterator() -> None:
    """No lock is held while it is called."""
    read: list[str] = []
    events = ssewire.iter_sse(b": now\ndata: a\n\ndata: b\n\n", on_comment=lambda _: read.append(next(events).data))
    assert [event.data for event in events] == ["b"]
    assert read == ["a"]


def test_an_iterator_that_is_given_pieces_goes_from_stream_to_stream() -> None:
    """What a reconnecting client needs: partial events go with their stream, the last event ID and the time stay."""
    events = EventIterator(None, SSEDecoder())
    events.take(b"id: 1\nretry: 5\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: partial")
    assert (next(events).data, events.last_event_id) == ("a", "1")
    assert (next(events).data, events.last_event_id) == ("b", "2")
    assert next(events, None) is None
    assert events.close() == []
    assert (events.last_event_id, events.retry) == ("2", 5)
    events.take(b"\xef\xbb\xbfdata: c\n\n")
    assert [(event.data, event.id) for event in events] == [("c", "2")]
