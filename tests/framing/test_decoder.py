"""Framing: the corpus over every cut, the event type, and what a decoder does beyond one stream."""

from __future__ import annotations

import asyncio
import copy
from array import array
from itertools import repeat
from typing import TYPE_CHECKING, Any, cast

import pytest
import ssewire
from ssewire import EventTooLargeError, SSEDecoder

from tests.reference.oracle import Case, Event, Outcome, corpus, interpret_stream
from tests.support.cuts import (
    aiterate,
    assert_same,
    bytewise,
    cut_at,
    decode,
    drain,
    every_cut,
    few_cuts,
    iterate,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = corpus()
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
MIB = 2**20


# The corpus


def test_the_corpus_names_each_case_once() -> None:
    assert len({case.name for case in CASES}) == len(CASES) > 300


@each_case
def test_the_oracle_agrees_with_the_corpus(case: Case) -> None:
    assert interpret_stream(case.body, **case.options) == case.expected


@each_case
def test_decoder_over_every_cut(case: Case) -> None:
    assert_same(lambda pieces: decode(pieces, **case.options), every_cut(case.body), case.expected)


@each_case
@pytest.mark.parametrize("buffer", [bytearray, memoryview])
def test_decoder_takes_other_buffers(case: Case, buffer: Callable[[bytes], bytes]) -> None:
    assert_same(lambda pieces: decode(map(buffer, pieces), **case.options), few_cuts(case.body), case.expected)


@each_case
def test_iter_sse_over_cuts(case: Case) -> None:
    expected = case.expected.events, case.expected.error
    assert_same(lambda pieces: iterate(pieces, **case.options), few_cuts(case.body), expected)


@each_case
def test_aiter_sse_over_cuts(case: Case) -> None:
    async def run() -> None:
        for pieces in few_cuts(case.body):
            assert await aiterate(pieces, **case.options) == (case.expected.events, case.expected.error), pieces

    asyncio.run(run())


@each_case
def test_nothing_is_held_back(case: Case) -> None:
    """After any prefix the events of that prefix are out, and its fault is raised by the next call at the latest."""
    for end in range(1, len(case.body) + 1):
        decoder = SSEDecoder(**case.options)
        prefix = case.body[:end]
        so_far = interpret_stream(prefix, **(case.options | {"tail": "discard"}))
        if prefix in (b"\xef", b"\xef\xbb") or so_far.error is None:
            assert list(map(plain, decoder.feed(prefix))) == so_far.events
            assert decoder.feed(b"") == []
            continue
        if so_far.events:
            assert list(map(plain, decoder.feed(prefix))) == so_far.events
        with pytest.raises(EventTooLargeError):
            decoder.feed(prefix if not so_far.events else b"")


@each_case
def test_a_copy_goes_on_from_any_place(case: Case) -> None:
    for place in range(len(case.body) + 1):
        first, second = cut_at(case.body, [place])
        decoder = SSEDecoder(**case.options)
        try:
            before = list(map(plain, decoder.feed(first)))
        except EventTooLargeError:
            continue
        for each in (copy.copy(decoder), decoder):
            after = drain(each, [second])
            assert after._replace(events=before + after.events) == case.expected, place


# Beyond one stream


def feed_all(decoder: SSEDecoder, *pieces: bytes) -> list[str]:
    return [event.data for piece in pieces for event in decoder.feed(piece)]


def test_cr_ends_the_line_at_once() -> None:
    decoder = SSEDecoder()
    assert feed_all(decoder, b"data: a\r", b"\r") == ["a"]
    assert feed_all(decoder, b"\n", b"data: b\r\n", b"\r") == ["b"]
    assert feed_all(decoder, b"\ndata: c\n", b"\n") == ["c"]


def test_close_drops_the_unfinished_and_may_be_repeated() -> None:
    decoder = SSEDecoder()
    assert feed_all(decoder, b"event: a\ndata: x") == []
    assert decoder.close() == decoder.close() == []
    assert list(map(plain, decoder.feed(b"\n\ndata: y\n\n"))) == [Event("message", "y", "", None)]


def test_close_dispatches_the_tail_once() -> None:
    decoder = SSEDecoder(tail="dispatch")
    assert feed_all(decoder, b"data: x") == []
    assert [event.data for event in decoder.close()] == ["x"]
    assert decoder.close() == []


@pytest.mark.parametrize("end", [b"", b"data: \xe2\x82", b"\xef\xbb", b"data: x\r", b"id: 2\ndata"])
def test_close_begins_a_new_stream(end: bytes) -> None:
    """The BOM is allowed again; the last event ID and the reconnection time stay in force."""
    decoder = SSEDecoder()
    assert feed_all(decoder, b"id: 1\nretry: 5\n\n", end) == []
    decoder.close()
    assert (decoder.last_event_id, decoder.retry) == ("1", 5)
    pieces = bytewise(b"\xef\xbb\xbfdata: y\n\n")
    assert drain(decoder, pieces) == Outcome([Event("message", "y", "1", None)], "1", 5, None)


def test_last_event_id_and_retry_before_any_and_along_the_way() -> None:
    decoder = SSEDecoder()
    assert (decoder.last_event_id, decoder.retry) == ("", None)
    decoder.feed(b"id: 1\nretry: 5\r")
    assert (decoder.last_event_id, decoder.retry) == ("", 5)
    decoder.feed(b"\r")
    assert decoder.last_event_id == "1"
    decoder.feed(b"id\n\n")
    assert (decoder.last_event_id, decoder.retry) == ("", 5)


@pytest.mark.parametrize("name", ["last_event_id", "retry"])
def test_decoder_attributes_are_read_only(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(SSEDecoder(), name, "1")


def test_copies_are_independent() -> None:
    decoder = SSEDecoder(tail="dispatch", max_event_size=20)
    decoder.feed(b"id: 1\n\ndata: a")
    twin = copy.copy(decoder)
    assert feed_all(decoder, b"b\n\nid: 2\n\n") == ["ab"]
    assert feed_all(twin, b"c") == []
    assert list(map(plain, twin.close())) == [Event("message", "ac", "1", None)]
    assert (decoder.last_event_id, twin.last_event_id) == ("2", "1")
    with pytest.raises(EventTooLargeError):
        twin.feed(b"data: " + b"x" * 15)


def test_a_copy_has_the_pending_fault() -> None:
    decoder = SSEDecoder(max_event_size=8)
    assert feed_all(decoder, b"data: a\n\ndata: too long") == ["a"]
    twin = copy.copy(decoder)
    with pytest.raises(EventTooLargeError):
        decoder.close()
    assert feed_all(decoder, b"data: b\n\n") == ["b"]
    with pytest.raises(EventTooLargeError):
        twin.feed(b"")


def test_fault_is_raised_at_the_next_call_and_until_close() -> None:
    decoder = SSEDecoder(max_event_size=8, tail="dispatch")
    assert feed_all(decoder, b"data: a\n\ndata: b\n\ndata: too long\n\ndata: c\n\n") == ["a", "b"]
    for data in (b"", b"data: d\n\n", b"\n\n"):
        with pytest.raises(EventTooLargeError) as caught:
            decoder.feed(data)
        assert (caught.value.size, caught.value.limit) == (9, 8)
    assert decoder.close() == []
    assert feed_all(decoder, b"data: e\n\n") == ["e"]


def test_fault_is_raised_at_once_where_nothing_was_completed() -> None:
    decoder = SSEDecoder(max_event_size=8)
    with pytest.raises(EventTooLargeError, match="8") as caught:
        decoder.feed(b"data: too long\n\n")
    assert isinstance(caught.value, ssewire.StreamError)


def test_close_raises_a_fault_that_no_call_raised() -> None:
    decoder = SSEDecoder(max_event_size=8)
    assert feed_all(decoder, b"data: a\n\ndata: too long") == ["a"]
    with pytest.raises(EventTooLargeError):
        decoder.close()
    assert decoder.close() == []
    assert feed_all(decoder, b"\xef\xbb\xbfdata: b\n\n") == ["b"]


def test_the_default_limit_is_64_mib() -> None:
    """It counts an unended comment inside an event, which needs no memory, like any line."""
    decoder, piece = SSEDecoder(), b":" * MIB
    assert feed_all(decoder, b"data\n", *repeat(piece, 63), piece[:-5]) == []
    with pytest.raises(EventTooLargeError) as caught:
        decoder.feed(b":")
    assert (caught.value.size, caught.value.limit) == (64 * MIB + 1, 64 * MIB)


def test_a_comment_before_an_event_has_no_limit() -> None:
    assert feed_all(SSEDecoder(), *repeat(b":" * MIB, 65), b"\ndata: x\n\n") == ["x"]


def test_none_is_no_limit() -> None:
    decoder = SSEDecoder(max_event_size=None)
    assert feed_all(decoder, b"data\n", *repeat(b":" * MIB, 65), b"\ndata: x\n\n") == ["\nx"]


WRONG_ARGUMENTS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"tail": "drop"}, ValueError, "(?s)discard.*dispatch"),
    ({"tail": None}, TypeError, "."),
    ({"max_event_size": 0}, ValueError, "max_event_size"),
    ({"max_event_size": -1}, ValueError, "max_event_size"),
    ({"max_event_size": -(2**70)}, ValueError, "max_event_size"),
    ({"max_event_size": "1"}, TypeError, "."),
    ({"max_event_size": 1.5}, TypeError, "."),
    ({"dispatch_empty": "yes"}, TypeError, "."),
    ({"other": 1}, TypeError, "other"),
]


@pytest.mark.parametrize(("options", "error", "words"), WRONG_ARGUMENTS)
def test_wrong_arguments(options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        SSEDecoder(**options)
    with pytest.raises(error, match=words):
        next(ssewire.iter_sse([], **options))


def test_options_are_named() -> None:
    with pytest.raises(TypeError):
        SSEDecoder(8)  # type: ignore[call-arg, misc, unused-ignore]


class Bytes(bytes):
    """A subclass is bytes too."""


def strided(data: bytes) -> memoryview:
    """Give `data` as every second byte of a longer buffer."""
    return memoryview(bytes(byte for pair in zip(data, repeat(0)) for byte in pair))[::2]


BUFFERS = [Bytes, lambda data: array("B", data), lambda data: memoryview(b"x" + data)[1:], strided]


@pytest.mark.parametrize("make", BUFFERS)
def test_feed_takes_any_buffer_of_bytes(make: Callable[[bytes], bytes]) -> None:
    decoder = SSEDecoder()
    assert feed_all(decoder, make(b"data: x\n"), make(b""), make(b"\n")) == ["x"]


def test_feed_keeps_nothing_of_a_buffer() -> None:
    decoder, buffer = SSEDecoder(), bytearray(b"id: 1\ndata: ab")
    decoder.feed(buffer)
    buffer[:] = b"zzz"
    assert list(map(plain, decoder.feed(b"c\n\n"))) == [Event("message", "abc", "1", None)]


def test_str_is_refused_with_the_reason() -> None:
    decoder = SSEDecoder()
    decoder.feed(b"data: a")
    for refuse in (decoder.feed, lambda piece: next(ssewire.iter_sse([piece]))):
        with pytest.raises(TypeError, match=r"(?s)^(?=.*bytes)(?=.*iter_lines)(?=.*U\+2028)"):
            refuse(cast("Any", "data: x\n\n"))
    assert feed_all(decoder, b"\n\n") == ["a"]


@pytest.mark.parametrize("data", [None, 1, [b"x"], object(), array("H", b"a:"), {}])
def test_other_objects_are_refused(data: Any) -> None:
    decoder = SSEDecoder()
    with pytest.raises(TypeError):
        decoder.feed(data)
    assert feed_all(decoder, b"data: x\n\n") == ["x"]
