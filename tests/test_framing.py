"""Framing: the corpus over every cut, the event type, and what a decoder does beyond one stream."""

from __future__ import annotations

import asyncio
import copy
import json
import math
import pickle
import sys
import threading
from array import array
from itertools import repeat
from typing import TYPE_CHECKING, Any, cast

import pytest

import ssewire
from cuts import (
    aiterate,
    as_async,
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
from oracle import Case, Event, Fault, Outcome, corpus, interpret_stream
from ssewire import EventTooLargeError, ServerSentEvent, SSEDecoder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

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
            events, *rest = drain(each, [second])
            assert Outcome(before + events, *rest) == case.expected, place


# ServerSentEvent

FULL = ServerSentEvent("add", '{"a": 1}', "7", 3000)


def test_event_defaults() -> None:
    assert plain(ServerSentEvent()) == Event("message", "", "", None)


def test_event_arguments_in_order_and_by_name() -> None:
    assert plain(FULL) == Event("add", '{"a": 1}', "7", 3000)
    assert ServerSentEvent(retry=3000, id="7", data='{"a": 1}', event="add") == FULL


@pytest.mark.parametrize("name", ["event", "data", "id", "retry", "other"])
def test_event_is_frozen(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(FULL, name, "x")
    with pytest.raises(AttributeError):
        delattr(FULL, name)


@pytest.mark.parametrize("arguments", [(b"a",), ("a", b"x"), ("a", "x", 1), ("a", "x", "1", "5"), (None,)])
def test_event_refuses_other_types(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError):
        ServerSentEvent(*arguments)


def test_event_compares_and_hashes_by_value() -> None:
    same = ServerSentEvent("add", '{"a": 1}', "7", 3000)
    assert same == FULL
    assert hash(same) == hash(FULL)
    others = [("x", FULL.data, "7", 3000), ("add", "x", "7", 3000), ("add", FULL.data, "x", 3000)]
    for other in (*others, ("add", FULL.data, "7", None), ("add", FULL.data, "7", 3001)):
        assert ServerSentEvent(*other) != FULL
    assert len({FULL, same, ServerSentEvent()}) == 2
    assert FULL != plain(FULL)


def test_event_matches() -> None:
    match FULL:
        case ServerSentEvent("add", data, event_id, retry):
            assert (data, event_id, retry) == (FULL.data, "7", 3000)
        case _:
            pytest.fail("no positional match")
    match FULL:
        case ServerSentEvent(event="remove"):
            pytest.fail("matched another type")
        case ServerSentEvent(retry=3000, id=event_id):
            assert event_id == "7"
        case _:
            pytest.fail("no keyword match")


ODD_EVENTS = [FULL, ServerSentEvent(), ServerSentEvent("\0'\"", "\n\r\u2028\U0001f600\ud83d", "\\", 2**63 - 1)]


@pytest.mark.parametrize("event", ODD_EVENTS)
def test_event_copies_pickles_and_evals_back(event: ServerSentEvent) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(event, protocol)) == event  # noqa: S301  our own bytes
    assert copy.copy(event) == event
    assert copy.deepcopy(event) == event
    assert eval(repr(event), {"ssewire": ssewire, "ServerSentEvent": ServerSentEvent}) == event  # noqa: S307


def test_event_names_its_public_module() -> None:
    assert ServerSentEvent.__module__ == SSEDecoder.__module__ == "ssewire"


BIG = [2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**30]


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ('{"a": [1, 2.5, "\u20ac", null, true]}', {"a": [1, 2.5, "\u20ac", None, True]}),
        (' "x" ', "x"),
        ('"\\ud83d"', "\ud83d"),
        ('{"\\ud83d": "\\ude00"}', {"\ud83d": "\ude00"}),
        ('"\ud83d"', "\ud83d"),
        ("[Infinity, -Infinity, 1e400]", [math.inf, -math.inf, math.inf]),
        *((str(number), number) for number in BIG),
        *((f'{{"seed": [{number}]}}', {"seed": [number]}) for number in BIG),
        (f'"{10**30}"', str(10**30)),
        ("1e30", 1e30),
    ],
)
def test_event_json(data: str, value: object) -> None:
    assert repr(ServerSentEvent(data=data).json()) == repr(value)


def test_event_json_reads_nan() -> None:
    assert math.isnan(ServerSentEvent(data='{"a": NaN}').json()["a"])


@pytest.mark.parametrize("data", ["", "[DONE]", "{", '{"a": 1}}', "{'a': 1}", '"\n"', "01", "\ufeff{}"])
def test_event_json_refuses_what_is_none(data: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ServerSentEvent(data=data).json()


def test_event_json_of_a_long_event() -> None:
    value = {"text": "\u20ac\n" * 100_000}
    assert ServerSentEvent(data=json.dumps(value)).json() == value


@pytest.mark.parametrize(
    ("event", "wire"),
    [
        (ServerSentEvent(), "data: \n\n"),
        (ServerSentEvent(data="x"), "data: x\n\n"),
        (ServerSentEvent("add", "x", "7", 0), "event: add\nid: 7\nretry: 0\ndata: x\n\n"),
        (ServerSentEvent(" a", " x", " 1"), "event:  a\nid:  1\ndata:  x\n\n"),
        (ServerSentEvent(data="a\nb\n\nc\n"), "data: a\ndata: b\ndata: \ndata: c\ndata: \n\n"),
        (ServerSentEvent(data="a\rb\r\nc\n\rd"), "data: a\ndata: b\ndata: c\ndata: \ndata: d\n\n"),
        (ServerSentEvent(data="a\rid: 1\u2028\0"), "data: a\ndata: id: 1\u2028\0\n\n"),
        (ServerSentEvent(data=":\U0001f600"), "data: :\U0001f600\n\n"),
    ],
)
def test_event_encodes(event: ServerSentEvent, wire: str) -> None:
    assert event.encode() == wire.encode()


@pytest.mark.parametrize("field", ["event", "id"])
@pytest.mark.parametrize("value", ["a\nb", "a\r", "\r\n", "\0", "a\ndata: x\n\n", "\ud83d"])
def test_event_encode_refuses_what_would_inject_a_line(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ServerSentEvent(**{field: value}).encode()  # type: ignore[arg-type]


@pytest.mark.parametrize("event", [FULL, *(case.expected.events[0] for case in CASES if case.expected.events)])
def test_event_decodes_back(event: ServerSentEvent | Event) -> None:
    event = ServerSentEvent(event.event, event.data, event.id, event.retry)
    if "\0" in event.event:
        pytest.raises(ValueError, event.encode)
    else:
        assert SSEDecoder().feed(event.encode()) == [event]


# SSEDecoder


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
        twin.feed(b":" * 21)


def test_a_copy_has_the_pending_fault() -> None:
    decoder = SSEDecoder(max_event_size=8)
    assert feed_all(decoder, b"data: a\n\ndata: too long") == ["a"]
    twin = copy.copy(decoder)
    pytest.raises(EventTooLargeError, decoder.close)
    assert feed_all(decoder, b"data: b\n\n") == ["b"]
    pytest.raises(EventTooLargeError, twin.feed, b"")


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
    pytest.raises(EventTooLargeError, decoder.close)
    assert decoder.close() == []
    assert feed_all(decoder, b"\xef\xbb\xbfdata: b\n\n") == ["b"]


def test_the_default_limit_is_64_mib() -> None:
    """It counts an unended comment, which needs no memory, like any line."""
    decoder, piece = SSEDecoder(), b":" * MIB
    assert feed_all(decoder, *repeat(piece, 64)) == []
    with pytest.raises(EventTooLargeError) as caught:
        decoder.feed(b":")
    assert (caught.value.size, caught.value.limit) == (64 * MIB + 1, 64 * MIB)


def test_none_is_no_limit() -> None:
    assert feed_all(SSEDecoder(max_event_size=None), *repeat(b":" * MIB, 65), b"\ndata: x\n\n") == ["x"]


WRONG_ARGUMENTS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"tail": "drop"}, ValueError, "(?s)discard.*dispatch"),
    ({"tail": None}, TypeError, ""),
    ({"max_event_size": -1}, ValueError, "max_event_size"),
    ({"max_event_size": -(2**70)}, ValueError, "max_event_size"),
    ({"max_event_size": "1"}, TypeError, ""),
    ({"max_event_size": 1.5}, TypeError, ""),
    ({"dispatch_empty": "yes"}, TypeError, ""),
    ({"other": 1}, TypeError, "other"),
]


@pytest.mark.parametrize(("options", "error", "words"), WRONG_ARGUMENTS)
def test_wrong_arguments(options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        SSEDecoder(**options)
    with pytest.raises(error, match=words):
        next(ssewire.iter_sse([], **options))


def test_options_are_named() -> None:
    pytest.raises(TypeError, SSEDecoder, 8)


class Bytes(bytes):
    """A subclass is bytes too."""


@pytest.mark.parametrize("make", [Bytes, lambda data: array("B", data), lambda data: memoryview(b"x" + data)[1:]])
def test_feed_takes_any_contiguous_bytes(make: Callable[[bytes], bytes]) -> None:
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


@pytest.mark.parametrize("data", [None, 1, [b"x"], object()])
def test_other_objects_are_refused(data: Any) -> None:
    decoder = SSEDecoder()
    pytest.raises(TypeError, decoder.feed, data)
    pytest.raises((TypeError, BufferError), decoder.feed, memoryview(b"a:b:")[::2])
    assert feed_all(decoder, b"data: x\n\n") == ["x"]


def in_two_threads(work: Callable[[], None]) -> None:
    """Run `work` in two threads that change places often; fail where one raises or does not come back."""
    failures: list[BaseException] = []
    start = threading.Barrier(2)

    def run() -> None:
        try:
            start.wait(30)
            work()
        except BaseException as error:  # noqa: BLE001  reported below, in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(2)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    sys.setswitchinterval(interval)
    assert not failures
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("piece", [b"data: x\n\n", b"id: 1\ndata: " + b"x" * 1000 + b"\n\n" + b": c\n\n" * 1000])
def test_two_threads_may_feed_one_decoder(piece: bytes) -> None:
    decoder, events = SSEDecoder(), []

    def work() -> None:
        for _ in range(500):
            events.extend(decoder.feed(piece))
            assert decoder.last_event_id in ("", "1")

    in_two_threads(work)
    assert len(events) == 1000


# iter_sse and aiter_sse


def test_iter_sse_yields_before_it_asks_for_more() -> None:
    asked: list[bytes] = []

    def source() -> Iterator[bytes]:
        for piece in (b"data: a\r", b"\r", b"\ndata: b\n\ndata: c\n\n", b"data: d\n\n"):
            asked.append(piece)
            yield piece

    events = ssewire.iter_sse(source())
    assert iter(events) is events
    assert [(event.data, len(asked)) for event in events] == [("a", 2), ("b", 3), ("c", 3), ("d", 4)]
    assert next(events, None) is None


def test_iter_sse_takes_a_whole_body() -> None:
    for body in (b"data: x\n\n", bytearray(b"data: x\n\n"), memoryview(b"data: x\n\n")):
        assert [event.data for event in ssewire.iter_sse(body)] == ["x"]


def broken(pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield from pieces
    raise ConnectionResetError


async def abroken(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    raise ConnectionResetError


@pytest.mark.parametrize("tail", ["discard", "dispatch"])
def test_the_source_s_error_comes_through_after_its_events(tail: Any) -> None:
    events = ssewire.iter_sse(broken([b"data: x\n\n", b"data: y\n"]), tail=tail)
    assert next(events).data == "x"
    pytest.raises(ConnectionResetError, next, events)

    async def run() -> None:
        events = ssewire.aiter_sse(abroken([b"data: x\n\n", b"data: y\n"]), tail=tail)
        assert (await anext(events)).data == "x"
        with pytest.raises(ConnectionResetError):
            await anext(events)

    asyncio.run(run())


def test_leaving_the_loop_leaves_the_source_open() -> None:
    source = iter([b"data: a\n\n", b"data: b\n\n"])
    assert next(ssewire.iter_sse(source)).data == "a"
    assert list(source) == [b"data: b\n\n"]

    async def run() -> list[bytes]:
        pieces = as_async([b"data: a\n\n", b"data: b\n\n"])
        events = ssewire.aiter_sse(pieces)
        assert (await anext(events)).data == "a"
        return [piece async for piece in pieces]

    assert asyncio.run(run()) == [b"data: b\n\n"]


class Reentrant:
    """A source that reads the iterator which is just asking it for bytes."""

    def __init__(self) -> None:
        self.events = ssewire.iter_sse(self)
        self.pieces = bytewise(b"data: a\n\ndata: b\n\ndata: c\n\n")
        self.inner: list[ServerSentEvent] = []

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self.pieces:
            raise StopIteration
        if len(self.pieces) == 18:
            self.inner.append(next(self.events))
        return self.pieces.pop(0)


def test_no_lock_is_held_while_the_source_is_asked() -> None:
    source = Reentrant()
    outer = [event.data for event in source.events]
    assert [event.data for event in source.inner] + outer == ["a", "b", "c"] or source.inner
