"""The object that `parse_partial` gives: one for everybody, growing in place; and what is no JSON."""

from __future__ import annotations

import copy
import gc
import json
import threading

import pytest

from tests.support.chat_cases import call, chunk, delta, fed, thawed
from tests.support.collector import collects_at_once
from tests.support.partial_calls import Json, expected, growing, piece, same, tool_call

# One object that grows


def test_it_is_one_object_for_everybody() -> None:
    accumulator, one = growing()
    blank = one.parse_partial()
    accumulator.feed(piece('{"a": {"b": ['))
    assert one.parse_partial() is blank
    inner = blank["a"]["b"]
    accumulator.feed(piece("1, 2, "))
    assert accumulator.snapshot.choices[0].tool_calls[0].parse_partial() is blank
    assert inner == [1, 2]
    accumulator.feed(piece("3]}}"))
    assert one.parse_partial() is one.parse_partial() is blank
    assert blank == {"a": {"b": inner}} == {"a": {"b": [1, 2, 3]}}


def test_nothing_grows_before_somebody_asks() -> None:
    accumulator, one = growing('{"a": "x')
    grown = one.parse_partial()
    accumulator.feed(piece('y"'))
    assert grown == {"a": "x"}
    assert one.parse_partial() is grown
    assert grown == {"a": "xy"}


def test_calls_have_objects_of_their_own() -> None:
    two = [call('{"a": 1', 0, id="t1", name="f"), call('{"b": "', 1, id="t2", name="g")]
    accumulator = fed(chunk(delta(tool_calls=two)))
    calls = accumulator.snapshot.tool_calls
    accumulator.feed(chunk(delta(tool_calls=[call("}", 0), call('x"}', 1)])))
    assert [one.parse_partial() for one in calls] == [{"a": 1}, {"b": "x"}]


@pytest.mark.parametrize("container", ['{"a": "', '["', '"'])
def test_strings_that_were_taken_out_stay_as_they_are(container: str) -> None:
    def string(value: Json) -> str:
        found = value["a"] if isinstance(value, dict) else value[0] if isinstance(value, list) else value
        assert isinstance(found, str)
        return found

    accumulator, one = growing(container)
    taken = []
    for count, more in enumerate(["x", "y", "é", "€", "😀", r"\ud83d", "z"] * 20):
        accumulator.feed(piece(more))
        found = string(one.parse_partial())
        if count % 3:
            taken.append((found, list(found), hash(found)))
    assert all((list(found), hash("".join(kept))) == (kept, hashed) for found, kept, hashed in taken)
    assert string(one.parse_partial()) == "xyé€😀\ud83dz" * 20


def test_long_strings_grow() -> None:
    accumulator, one = growing('{"a": ["')
    for count in range(2000):
        accumulator.feed(piece("0123456789" if count % 7 else r"\u00e9é"))
        assert len(one.parse_partial()["a"][0]) == sum(10 if at % 7 else 2 for at in range(count + 1))
    accumulator.feed(piece('"]}'))
    assert one.parse_partial() == one.parse()


def test_a_long_string_is_not_copied_at_each_call() -> None:
    # The size is the proof: 400,000 copies of a string that grows to 8 MB would take minutes.
    accumulator, one = growing('{"a": "')
    more, count = piece("0123456789" * 2), 400_000
    for _ in range(count):
        accumulator.observe(more)
        grown = one.parse_partial()
    assert len(grown["a"]) == 20 * count


@pytest.mark.parametrize("begin", ['{"a": [1, "x', '{"a": ["x', '{"b": {"a": "x', '[["x', '[{"a": "', "[1", '{"a": 1'])
@pytest.mark.parametrize("partial_numbers", [False, True])
def test_whoever_changes_it_harms_nothing_but_the_object(begin: str, *, partial_numbers: bool) -> None:
    def empty(value: Json) -> None:
        inner = [*value.values()] if isinstance(value, dict) else [*value]
        value.clear()
        for one in inner:
            if isinstance(one, (dict, list)):
                empty(one)

    accumulator, one = growing(begin)
    for more in ("2", "3", "4"):
        empty(one.parse_partial(partial_numbers=partial_numbers))
        accumulator.feed(piece(more))
    one.parse_partial(partial_numbers=partial_numbers)
    assert same(copy.copy(one).parse_partial(), expected(begin + "234"))


# Frozen copies


def test_a_copy_has_an_object_of_its_own_which_stays() -> None:
    accumulator, one = growing('{"a": ["x')
    grown = one.parse_partial()
    frozen = [copy.copy(one), copy.deepcopy(one), thawed(one), copy.copy(accumulator.snapshot).tool_calls[0]]
    kept = [twin.parse_partial() for twin in frozen]
    accumulator.feed(piece('y", "z"]}'))
    assert one.parse_partial() is grown
    assert grown == {"a": ["xy", "z"]}
    assert kept == [{"a": ["x"]}] * len(frozen)
    assert all(twin.parse_partial() is value for twin, value in zip(frozen, kept, strict=True))


# What is no JSON


@pytest.mark.parametrize(
    ("begin", "fault", "message"),
    [
        ("", "x", "expected a value, got 'x' at character 0"),
        ('{"a": 1', "]", "expected ',' or '}', got ']' at character 7"),
        ('{"é😀": [1,', "]", "expected a value, got ']' at character 10"),
        ('{"a": 1}', '{"a": 2}', "expected nothing behind the value, got '{' at character 8"),
        ('{"a": "\\', "x", "behind a backslash, got 'x' at character 8"),
        ('{"a": "', "\n", r"no control character, got '\\n' at character 7"),
        ("{", "'a': 1}", r"expected a name in quotes or '}', got '\\'' at character 1"),
        ("[" * 1024, "[", "no more than 1024 levels of nesting, got '\\[' at character 1024"),
    ],
)
def test_a_fault_is_raised_once_it_is_certain_and_ever_after(begin: str, fault: str, message: str) -> None:
    accumulator, one = growing(begin)
    one.parse_partial()
    accumulator.feed(piece(fault))
    for more in ("", "1", "}"):
        accumulator.feed(piece(more))
        for partial_numbers in (False, True):
            with pytest.raises(json.JSONDecodeError, match=message) as caught:
                one.parse_partial(partial_numbers=partial_numbers)
            assert (caught.value.doc, caught.value.pos) == (begin + fault, int(message.rpartition(" ")[2]))
    with pytest.raises(json.JSONDecodeError, match="expected JSON") as caught:
        one.parse()
    assert caught.value.doc == f"{begin}{fault}1}}"


@pytest.mark.parametrize("whole", [f"{open_}{'x' * 5}" for open_ in ('{"', "[", '[1, "', "tru", '{"a" ')])
def test_what_was_given_before_a_fault_stays_valid(whole: str) -> None:
    accumulator, one = growing(whole[:-5])
    before = one.parse_partial()
    accumulator.feed(piece(whole[-5:] + "\0"))
    with pytest.raises(ValueError, match="at character"):
        one.parse_partial()
    assert json.dumps(before)


def test_nesting_as_deep_as_may_be() -> None:
    value = tool_call("[" * 1024 + "]" * 1024).parse_partial()
    for _ in range(1023):
        (value,) = value
    assert value == []


@pytest.mark.parametrize("levels", [1025, 100_000])
def test_nesting_is_bounded(levels: int) -> None:
    with pytest.raises(ValueError, match="1024 levels"):
        tool_call("[" * levels + "]" * levels).parse_partial()


def test_an_integer_of_more_digits_than_python_reads_is_an_integer() -> None:
    digits = 5000
    accumulator, one = growing(f'{{"a": "x", "b": {"1" * digits}')
    assert one.parse_partial() == {"a": "x"}
    accumulator.feed(piece("}"))
    whole = {"a": "x", "b": (10**digits - 1) // 9}
    assert one.parse_partial() == whole
    assert one.parse() == whole


# Threads and the garbage collector


def test_threads_share_one_object() -> None:
    accumulator, one = growing()
    whole = json.dumps({"items": [{"id": at, "text": "é" * at} for at in range(200)]})
    begin, ended = threading.Barrier(5), threading.Event()
    found: list[set[int]] = []

    def read() -> None:
        begin.wait()
        seen = {id(one.parse_partial())}
        while not ended.is_set():
            seen.add(id(one.parse_partial()))
        found.append(seen)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    begin.wait()
    for at in range(0, len(whole), 7):
        accumulator.feed(piece(whole[at : at + 7]))
        one.parse_partial()
    ended.set()
    for reader in readers:
        reader.join()
    assert found == [{id(one.parse_partial())}] * 4
    assert one.parse_partial() == json.loads(whole)


@collects_at_once
def test_a_finalizer_may_ask_for_the_object_that_is_growing() -> None:
    accumulator, one = growing()
    seen: list[Json] = []

    def ask(_phase: str, _info: dict[str, int]) -> None:
        seen.append(one.parse_partial())

    threshold = gc.get_threshold()
    gc.callbacks.append(ask)
    try:
        gc.set_threshold(1)
        accumulator.feed(piece("[" + "[{}]," * 500))
        one.parse_partial()
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(ask)
    assert seen
    assert one.parse_partial() == [[{}]] * 500
