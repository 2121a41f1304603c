"""Integers of more digits than Python turns into an int, or back into digits: every value can be read and shown."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import ssewire
from hypothesis import given, settings
from hypothesis import strategies as st
from ssewire import Accumulator, OtherDelta, ProviderError, ServerSentEvent, Usage, UsageDelta, collect
from ssewire._json import dumps, integer, loads
from ssewire.replay import ReplayServer

from tests.support.chat_cases import text

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = [639, 640, 641, 1000, 4300, 4301, 5000, 9999, 20_000]
each_size = pytest.mark.parametrize("size", SIZES)


@contextmanager
def no_limit() -> Iterator[None]:
    """Let Python turn any int into digits and back, as far as it has a limit."""
    if not hasattr(sys, "set_int_max_str_digits"):
        yield
        return
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(limit)


def value_of(digits: str) -> int:
    with no_limit():
        return int(digits)


def event(payload: str) -> bytes:
    return f"data: {payload}\n\n".encode()


@each_size
@pytest.mark.parametrize("sign", ["", "-"])
def test_integers_are_what_python_makes_of_them_without_its_limit(size: int, sign: str) -> None:
    for digits in (sign + "7" * size, sign + "1" + "0" * (size - 1), sign + "9" * size):
        assert integer(digits) == value_of(digits)
        assert loads(f'{{"a": [{digits}]}}') == {"a": [value_of(digits)]}
        assert dumps({"a": [value_of(digits), "x"]}) == f'{{"a": [{digits}, "x"]}}'


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 20_000), st.integers(1, 10**18), st.booleans())
def test_integers_of_any_digits(size: int, seed: int, negative: bool) -> None:  # noqa: FBT001 - hypothesis' argument
    digits = (str(seed) * (size // len(str(seed)) + 1))[:size]
    digits = f"-{digits}" if negative else digits
    assert integer(digits) == value_of(digits)
    assert loads(dumps([value_of(digits)])) == [value_of(digits)]


@pytest.mark.parametrize("size", [20_001, 1_000_000])
def test_what_is_longer_is_an_infinity_as_it_is_with_an_exponent(size: int) -> None:
    assert loads("1" * size) == loads(f"1e{size}") == float("inf")
    assert loads("-" + "1" * size) == float("-inf")


@each_size
def test_an_error_is_one_whatever_number_its_code_is(size: int) -> None:
    digits = "1" * size
    body = event(f'{{"error": {{"message": "x", "code": {digits}}}}}')
    for read in (lambda: collect(body), lambda: collect(iter([body])), lambda: list(ssewire.Stream(body))):
        with pytest.raises(ProviderError, match=r"^x \(code ") as caught:
            read()
        assert caught.value.code == value_of(digits)
        assert repr(caught.value).startswith("ProviderError('x', code=")
        assert len(repr(caught.value)) + len(str(caught.value)) < 300
        assert pickle.loads(pickle.dumps(caught.value)).code == caught.value.code  # noqa: S301 - made here


def test_a_refused_request_is_an_error_too() -> None:
    import requests  # noqa: PLC0415 - for this one

    body = f'{{"error": {{"message": "slow down", "code": {"4" * 5000}}}}}'.encode()
    with ReplayServer([body], status=429, content_type="application/json") as server:
        response = requests.post(f"{server.url}/chat/completions", json={"stream": True}, stream=True, timeout=30)
        with pytest.raises(ProviderError, match="slow down") as caught:
            list(ssewire.Stream(response))
    assert caught.value.status == 429


@each_size
def test_whatever_holds_one_is_read_compared_shown_and_pickled(size: int) -> None:
    digits = "8" * size
    usage = f'{{"prompt_tokens": 3, "extra": {digits}}}'
    body = text("Hi", "stop") + event(f'{{"choices": [], "usage": {usage}, "odd": [{digits}]}}') + event("[DONE]")
    accumulator = Accumulator()
    deltas = accumulator.feed(body)
    snapshot = collect(body)
    value = value_of(digits)
    assert snapshot.usage is not None
    assert snapshot.usage.raw["extra"] == value
    assert snapshot.to_dict()["usage"]["extra"] == value
    assert snapshot.to_dict()["odd"] == [value]
    assert deltas == Accumulator().feed(body)
    for record in [*deltas, snapshot.usage, Usage({"a": value}), OtherDelta("x", [value]), UsageDelta(snapshot.usage)]:
        check_record(record)
    assert digits in repr(snapshot.usage)
    assert repr(OtherDelta("x", {"a": -value})) == f"OtherDelta(kind='x', value={{'a': -{digits}}}, choice=0)"
    assert ServerSentEvent(data=f"[{digits}]").json() == [value]


def check_record(record: Any) -> None:
    assert repr(record)
    assert copy.copy(record) == record
    assert copy.deepcopy(record) == record
    assert pickle.loads(pickle.dumps(record)) == record  # noqa: S301 - made here


@each_size
def test_arguments_that_hold_one_are_parsed_whole_and_while_they_arrive(size: int) -> None:
    digits = "6" * size
    accumulator = Accumulator()
    pieces = [f'{{"a": {digits[: size // 2]}', digits[size // 2 :], "}"]
    for piece in pieces:
        call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": piece}}
        accumulator.feed(event(json.dumps({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})))
        assert accumulator.snapshot.tool_calls[0].parse_partial(partial_numbers=True) is not None
    known = accumulator.snapshot.tool_calls[0]
    assert known.parse() == known.parse_partial() == {"a": value_of(digits)}


def test_the_command_prints_them() -> None:
    digits = "5" * 6000
    body = text("Hi", "stop") + event(f'{{"choices": [], "odd": {digits}}}') + event("[DONE]")
    for command in (["cat", "--json", "-"], ["events", "--parse", "-"]):
        ran = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "ssewire", *command], input=body, capture_output=True, timeout=60, check=True
        )
        assert digits.encode() in ran.stdout
