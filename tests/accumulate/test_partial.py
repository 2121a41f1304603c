"""JSON while it arrives: what `parse_partial` of tool calls, of a choice and of the snapshot is certain of."""

from __future__ import annotations

import copy
import json
import random
from itertools import pairwise
from typing import TYPE_CHECKING
from zlib import crc32

import pytest
import ssewire
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.chat_cases import BIG, chunk, delta, fed, text
from tests.support.cuts import random_cut
from tests.support.partial_calls import expected, growing, piece, same, tool_call

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [
    *("{}", " { } ", "[]", '""', '"text"', "true", "null", "12 ", "-0.5e+10 ", "NaN", "-Infinity ", "[-0, -0.0, 0e0]"),
    '{"a":1,"b":[true,false,null],"c":{"d":"e"}} \n',
    ' { "a" : 1 , "b" : [ 0 , -1.5 , 10e2 , Infinity , -Infinity , NaN ] , "" : "" } ',
    r'["\"\\\/\b\f\n\r\t", "\u0041\u00e9\u20AC", "é€😀", "a\u0000b"]',
    r'["\ud83d\ude00", "x\uD83D\uDE00y", "\ud83d", "\ude00\ud83d", "\ud83d\ud83d\ude00", "\ud83d\n", "\ud83d\u00e9"]',
    r'{"\u0061\n": {"é😀": "\\u0041"}, "\ud83d\ude00": [], "\ud83d": "\ud83dA"}',
    "[[[[]]], [{}], {}]",
    f"[{BIG}, -{BIG}, 9223372036854775807, 9223372036854775808, -9223372036854775808, 1e999, -1e400, 1.0, 1E5]",
    '{"a": 1, "b": 2, "a": {"c": [3]}, "b": "four", "a": true}',
    f'["a{"é" * 40}b", "{"x" * 300}"]',
]


# What is certain


@pytest.mark.parametrize("partial_numbers", [False, True])
@pytest.mark.parametrize("whole", TEXTS)
def test_after_each_character_what_is_certain_is_what_the_reference_finds(whole: str, *, partial_numbers: bool) -> None:
    accumulator, live = growing()
    for end, character in enumerate(whole, 1):
        accumulator.feed(piece(character))
        wanted = expected(whole[:end], partial_numbers=partial_numbers)
        assert same(live.parse_partial(partial_numbers=partial_numbers), wanted), whole[:end]
        afresh = tool_call(whole[:end])
        assert same(afresh.parse_partial(partial_numbers=partial_numbers), wanted), whole[:end]


@pytest.mark.parametrize("whole", ["", *TEXTS])
def test_complete_arguments_give_what_parse_gives(whole: str) -> None:
    one = tool_call(whole)
    assert same(one.parse_partial(), one.parse())


@pytest.mark.parametrize("number", ["0", "-12", "1.5", "1e3", str(BIG), "1" * 100])
def test_a_number_alone_ends_with_its_choice(number: str) -> None:
    accumulator, one = growing(number)
    assert one.parse_partial() == {}
    accumulator.feed(chunk(delta("tool_calls")))
    assert same(one.parse_partial(), one.parse())
    assert same(tool_call("[1").parse_partial(), [])
    accumulator, one = growing("[1, 2")
    accumulator.feed(chunk(delta("length")))
    assert one.parse_partial() == [1]


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text(st.sampled_from(["\ud83d", "\ude00", "a", "\n", '"', "\\", "é", "😀"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)
texts = st.builds(
    lambda value, indent: json.dumps(value, indent=indent),
    values,
    st.sampled_from([None, 0, 1]),
) | st.builds(lambda value: json.dumps(value, ensure_ascii=False).encode(errors="replace").decode(), values)
points = st.lists(st.integers(0, 10_000), max_size=8)


def cut(whole: str, places: list[int]) -> list[str]:
    bounds = [0, *sorted(place % (len(whole) + 1) for place in places), len(whole)]
    return [whole[start:end] for start, end in pairwise(bounds)]


@settings(max_examples=500, deadline=None)
@given(texts, points, st.booleans())
@example('{"a": "\\ud83d\\ude00"}', [9, 15], False)  # noqa: FBT003 - hypothesis takes what it gives by position
def test_any_json_at_any_cuts(whole: str, places: list[int], partial_numbers: bool) -> None:  # noqa: FBT001 - as above
    accumulator, one = growing()
    begin = ""
    for more in cut(whole, places):
        accumulator.feed(piece(more))
        begin += more
        wanted = expected(begin, partial_numbers=partial_numbers)
        assert same(one.parse_partial(partial_numbers=partial_numbers), wanted), begin
    accumulator.feed(chunk(delta("tool_calls")))
    assert same(one.parse_partial(partial_numbers=partial_numbers), json.loads(whole))


def test_a_member_is_there_as_soon_as_its_value_begins() -> None:
    accumulator, one = growing()
    seen = []
    for more in ("", '{"a', '"', ": ", '"', "x", '", "b": tr', "ue", ', "c": 1', "2", "}"):
        accumulator.feed(piece(more))
        seen.append(copy.deepcopy(one.parse_partial()))
    complete = {"a": "x", "b": True}
    assert seen[:6] == [{}, {}, {}, {}, {"a": ""}, {"a": "x"}]
    assert seen[6:] == [{"a": "x"}, complete, complete, complete, complete | {"c": 12}]


def test_of_members_with_one_name_the_last_counts() -> None:
    accumulator, one = growing('{"a": 1, "b": 2, "a": ')
    assert one.parse_partial() == {"a": 1, "b": 2}
    accumulator.feed(piece('"x'))
    assert list(one.parse_partial().items()) == [("a", "x"), ("b", 2)]


# Numbers that may go on


def test_partial_numbers_are_asked_for() -> None:
    accumulator, one = growing('{"a": [-')
    seen = []
    for more in ("", "1", "2", ".", "5", "e", "+", "1", ",", "0", "]", ', "b": 7'):
        accumulator.feed(piece(more))
        seen.append((copy.deepcopy(one.parse_partial()), copy.deepcopy(one.parse_partial(partial_numbers=True))))
    assert [certain["a"] for certain, _ in seen] == [[]] * 8 + [[-125.0]] * 2 + [[-125.0, 0]] * 2
    shown = [[], [-1], [-12], [-12], [-12.5], [-12.5], [-12.5], [-125.0], [-125.0], [-125.0, 0], [-125.0, 0]]
    assert [partial["a"] for _, partial in seen] == [*shown, [-125.0, 0]]
    assert seen[-1] == ({"a": [-125.0, 0]}, {"a": [-125.0, 0], "b": 7})
    with pytest.raises(TypeError):
        one.parse_partial(True)  # type: ignore[call-arg]  # noqa: FBT003 - this is the test


def test_partial_numbers_make_an_object_of_their_own() -> None:
    accumulator, one = growing('{"a": 1')
    plain, partial = one.parse_partial(), one.parse_partial(partial_numbers=True)
    assert (plain, partial) == ({}, {"a": 1})
    accumulator.feed(piece("2}"))
    assert one.parse_partial(partial_numbers=True) is partial
    assert one.parse_partial() is plain
    assert plain == partial == {"a": 12}


def test_a_partial_number_alone() -> None:
    accumulator, one = growing("1")
    assert one.parse_partial(partial_numbers=True) == 1
    accumulator.feed(piece("2"))
    assert one.parse_partial(partial_numbers=True) == 12


def test_of_a_number_that_goes_on_and_on_the_beginning_is_shown() -> None:
    accumulator, one = growing("[" + "1" * 60)
    assert one.parse_partial(partial_numbers=True) == [int("1" * 60)]
    accumulator.feed(piece("1" * 60))
    assert one.parse_partial(partial_numbers=True) == [int("1" * 64)]
    accumulator.feed(piece("]"))
    assert one.parse_partial(partial_numbers=True) == [int("1" * 120)]


# Structured output


def test_text_is_read_in_the_same_way() -> None:
    accumulator = ssewire.Accumulator("openai-chat")
    snapshot = accumulator.snapshot
    assert snapshot.parse_partial() is None
    accumulator.feed(chunk(delta(role="assistant", content=None)))
    assert snapshot.parse_partial() is snapshot.choices[0].parse_partial() is None
    accumulator.feed(text(""))
    assert snapshot.parse_partial() is None
    accumulator.feed(text(' {"steps": [{"title": "Thi'))
    grown = snapshot.parse_partial()
    assert grown == {"steps": [{"title": "Thi"}]}
    accumulator.feed(text('nk"}, 1'))
    assert snapshot.parse_partial(partial_numbers=True) == {"steps": [{"title": "Think"}, 1]}
    accumulator.feed(text("]}", "stop"))
    assert snapshot.parse_partial() is snapshot.choices[0].parse_partial() is grown
    assert grown == json.loads(snapshot.text)


def test_choices_have_texts_of_their_own() -> None:
    snapshot = fed(text("[1, ", index=1), text("[2, ", index=0)).snapshot
    assert [choice.parse_partial() for choice in snapshot.choices] == [[2], [1]]
    assert snapshot.parse_partial() == [2]
    assert snapshot.choices[1].parse_partial(partial_numbers=True) == [1]


def test_text_that_is_a_number_ends_with_its_choice() -> None:
    accumulator = fed(text("4"))
    assert accumulator.snapshot.parse_partial() is None
    accumulator.feed(text("2", "stop"))
    assert accumulator.snapshot.parse_partial() == 42


# Recordings


NO_JSON = "invalid_arguments_format"
"""What two recordings have for arguments."""


def tool_calls(accumulator: ssewire.Accumulator) -> list[ssewire.ToolCall]:
    return [one for choice in accumulator.snapshot.choices for one in choice.tool_calls]


def check(one: ssewire.ToolCall) -> None:
    if one.arguments and NO_JSON.startswith(one.arguments):
        with pytest.raises(ValueError, match="expected a value, got 'i' at character 0"):
            one.parse_partial()
    else:
        assert same(one.parse_partial(), expected(one.arguments)), one.arguments


def test_recorded_calls_at_random_cuts(recordings: Path) -> None:
    rows = [json.loads(line) for line in (recordings / "expected-chat.jsonl").read_text("utf-8").splitlines()]
    calls: list[ssewire.ToolCall] = []
    for row in rows:
        if not any(choice["tool_calls"] for choice in row["choices"]):
            continue
        rng = random.Random(crc32(row["file"].encode()))
        accumulator = ssewire.Accumulator("openai-chat")
        for more in random_cut((recordings / row["file"]).read_bytes(), rng, rng.choice((64, 512))):
            accumulator.observe(more)
            for one in tool_calls(accumulator):
                check(one)
        accumulator.flush()
        calls += tool_calls(accumulator)
    complete = [one for one in calls if is_json(one.arguments or "{}")]
    assert (len(calls), len(complete)) == (303, 287)
    assert all(same(one.parse_partial(), one.parse()) for one in complete)


def is_json(whole: str) -> bool:
    try:
        json.loads(whole)
    except ValueError:
        return False
    return True
