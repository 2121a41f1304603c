"""ServerSentEvent: a value; its JSON, and its wire form."""

from __future__ import annotations

import copy
import gc
import json
import math
import pickle
from typing import Any

import pytest
import ssewire
from ssewire import ServerSentEvent, SSEDecoder, encode_comment

from tests.reference.oracle import Event, corpus
from tests.support.collector import collects_at_once
from tests.support.cuts import plain

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


@pytest.mark.parametrize("arguments", [(b"a",), ("a", b"x"), ("a", "x", 1), ("a", "x", "1", "5")])
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
    other_class: object = plain(FULL)
    assert other_class != FULL


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


@pytest.mark.parametrize("data", ["", "[DONE]", "{", '{"a": 1}}', "{'a': 1}", '"\n"', "01", "{\n  x", "\ufeff{}"])
def test_event_json_refuses_what_is_none(data: str) -> None:
    with pytest.raises(json.JSONDecodeError, match=r"^expected JSON, got ") as caught:
        ServerSentEvent(data=data).json()
    with pytest.raises(json.JSONDecodeError) as expected:
        json.loads(data)
    assert isinstance(caught.value, ValueError)
    assert (caught.value.doc, caught.value.pos) == (data, expected.value.pos)


def test_event_json_refuses_what_is_nested_too_deeply() -> None:
    data = "[" * 100_000
    with pytest.raises(json.JSONDecodeError) as caught:
        ServerSentEvent(data=data).json()
    assert (caught.value.doc, caught.value.pos) == (data, 0)


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


@pytest.mark.parametrize("value", ["a\nb", "a\r", "\r\n", "\0", "a\ndata: x\n\n", "\ud83d"])
def test_event_encode_refuses_what_would_inject_a_line(value: str) -> None:
    for event in (ServerSentEvent(event=value), ServerSentEvent(id=value)):
        with pytest.raises(ValueError, match=r"."):
            event.encode()


# Comments


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("", ": \n\n"),
        ("keep-alive", ": keep-alive\n\n"),
        ("a\ndata: b", ": a\n: data: b\n\n"),
        ("a\rid: 1\r\n\r\nevent: x\n", ": a\n: id: 1\n: \n: event: x\n: \n\n"),
        (":\u2028\U0001f600", ": :\u2028\U0001f600\n\n"),
    ],
)
def test_a_comment_is_lines_that_no_reader_sees(text: str, wire: str) -> None:
    assert encode_comment(text) == wire.encode()
    assert encode_comment() == encode_comment("")


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud83d", "a\n\0"])
def test_a_comment_that_some_readers_cannot_skip_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"comment: .*'\\0'|surrogates"):
        encode_comment(text)


@pytest.mark.parametrize("event", [FULL, *(case.expected.events[0] for case in corpus() if case.expected.events)])
def test_event_decodes_back(event: ServerSentEvent | Event) -> None:
    event = ServerSentEvent(event.event, event.data, event.id, event.retry)
    if "\0" in event.event:
        with pytest.raises(ValueError, match=r"."):
            event.encode()
    else:
        assert SSEDecoder().feed(event.encode()) == [event]


@collects_at_once
def test_a_collection_may_look_at_the_decoder_that_makes_events() -> None:
    """Bytes that are no UTF-8 make no object that would collect while the decoder is held."""
    decoder, seen = SSEDecoder(), []

    def look(phase: str, _info: object) -> None:
        seen.append((phase, decoder.last_event_id))

    before = gc.get_threshold()
    gc.callbacks.append(look)
    gc.set_threshold(1)
    try:
        events = decoder.feed(b"id: 7\ndata: \xff\n\n" * 10)
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(look)
    assert [event.data for event in events] == ["\ufffd"] * 10
    assert ("start", "7") in seen
