"""What is certain of JSON text that breaks off: a slow, obvious reader, which has all of the text and starts afresh."""

from __future__ import annotations

import json
import re
from typing import Any

NOTHING = object()
"""No value has begun, or none of which anything is certain."""

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_WORD = re.compile(r"-?[A-Za-z]+")
# What may still become the second half of a pair.
_HALF = re.compile(r"\\(u([dD]([c-fC-F]([0-9a-fA-F][0-9a-fA-F]?)?)?)?)?")


class _Broken(Exception):  # noqa: N818 - it is no error, it is where the text ends
    """The text breaks off inside a value; `value` is what is certain of it."""

    def __init__(self, value: Any) -> None:
        self.value = value


def certain(text: str, *, partial_numbers: bool = False) -> Any:
    """Give what is certain of `text`, which has to be the beginning of JSON, or NOTHING."""
    try:
        value, end = _value(text, _space(text, 0), partial_numbers=partial_numbers)
    except _Broken as broken:
        return broken.value
    assert _space(text, end) == len(text), f"something behind the value: {text!r}"
    return value


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _value(text: str, at: int, *, partial_numbers: bool) -> tuple[Any, int]:
    if at == len(text):
        raise _Broken(NOTHING)
    if text[at] in "{[":
        return _bracketed(text, at, partial_numbers=partial_numbers)
    if text[at] == '"':
        return _string(text, at)
    if text[at] in "-0123456789" and text[at : at + 2] != "-I":
        return _number(text, at, partial_numbers=partial_numbers)
    return _word(text, at)


def _bracketed(text: str, at: int, *, partial_numbers: bool) -> tuple[Any, int]:
    """Read an object or an array; where the text breaks off, what is certain of its last item is in it."""
    named = text[at] == "{"
    items: list[tuple[str, Any]] = []
    at = _space(text, at + 1)
    try:
        while text[at : at + 1] not in ("}", "]"):
            name, at = _name(text, at) if named else ("", at)
            try:
                value, at = _value(text, at, partial_numbers=partial_numbers)
            except _Broken as broken:
                items += [(name, broken.value)] if broken.value is not NOTHING else []
                raise
            items.append((name, value))
            at = _comma(text, _space(text, at))
    except _Broken:
        raise _Broken(_made(items, named=named)) from None
    return _made(items, named=named), at + 1


def _comma(text: str, at: int) -> int:
    """Skip a comma, or stay at what closes."""
    if at == len(text):
        raise _Broken(NOTHING)
    return _space(text, at + 1) if text[at] == "," else at


def _made(items: list[tuple[str, Any]], *, named: bool) -> Any:
    return dict(items) if named else [value for _, value in items]


def _name(text: str, at: int) -> tuple[str, int]:
    """Read a name and its colon: without that, nothing of the member is there."""
    if at == len(text):
        raise _Broken(NOTHING)
    try:
        name, at = _string(text, at)
    except _Broken:
        raise _Broken(NOTHING) from None
    at = _space(text, at)
    if at == len(text):
        raise _Broken(NOTHING)
    assert text[at] == ":", f"no colon at {at}: {text!r}"
    return name, _space(text, at + 1)


def _string(text: str, at: int) -> tuple[str, int]:
    whole = _STRING.match(text, at)
    if whole is None:
        raise _Broken(_beginning(text[at + 1 :]))
    return json.loads(whole[0]), whole.end()


def _beginning(inner: str) -> str:
    """Give the characters of a string without its end: as many as can be read."""
    for end in range(len(inner), -1, -1):
        try:
            read: str = json.loads(f'"{inner[:end]}"')
        except ValueError:
            continue
        waits = read[-1:] and "\ud800" <= read[-1] < "\udc00" and (end == len(inner) or _HALF.fullmatch(inner, end))
        return read[:-1] if waits else read
    raise AssertionError(inner)


def _number(text: str, at: int, *, partial_numbers: bool) -> tuple[Any, int]:
    """Read a number, unless the text ends in it."""
    found = _NUMBER.match(text, at)
    rest = text[found.end() :] if found else text[at + 1 :]
    if found and rest and not re.fullmatch(r"\.|[eE][-+]?", rest):
        return json.loads(found[0]), found.end()
    raise _Broken(json.loads(found[0]) if found and partial_numbers else NOTHING)


def _word(text: str, at: int) -> tuple[Any, int]:
    found = _WORD.match(text, at)
    if found is None or found[0] not in {"true", "false", "null", "NaN", "Infinity", "-Infinity"}:
        raise _Broken(NOTHING)
    return json.loads(found[0]), found.end()
