"""JSON texts that are the same, or may become JSON: slow, and with all of the text at hand."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

_SPACE = " \t\r\n"
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_NUMBER_SO_FAR = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.(?:[0-9]+(?:[eE][-+]?[0-9]*)?)?|[eE][-+]?[0-9]*)?)?")
_WORDS = ("null", "true", "false", "NaN", "Infinity", "-Infinity")


def is_same(one: str, other: str) -> bool:
    """Whether two texts are the same JSON, however they write it."""

    def read(text: str) -> Any:
        return json.loads(text, parse_int=Decimal, parse_float=Decimal)

    try:
        return _equal(read(one), read(other))
    except ValueError:
        return False


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return type(one) is type(other) and bool(one == other)


class _EndedError(Exception):
    """The text ends, and could go on."""


class _NoJsonError(Exception):
    """The text cannot become JSON."""


def is_beginning(text: str) -> bool:
    """Whether a text is JSON, or may become it."""
    try:
        end = _value(text, _blank(text, 0))
    except _EndedError:
        return True
    except _NoJsonError:
        return False
    return _blank(text, end) == len(text)


def _blank(text: str, at: int) -> int:
    return len(text) - len(text[at:].lstrip(_SPACE))


def _value(text: str, at: int) -> int:
    """Give where the value ends that begins at `at`."""
    first = text[at : at + 1]
    if first in ("{", "["):
        return _bracketed(text, _blank(text, at + 1), named=first == "{")
    if first == '"':
        return _string(text, at)
    word = next((word for word in _WORDS if text.startswith(word, at)), None)
    if word:
        return at + len(word)
    if any(word.startswith(text[at:]) for word in _WORDS) or _NUMBER_SO_FAR.fullmatch(text, at):
        raise _EndedError
    number = _NUMBER.match(text, at)
    if number is None:
        raise _NoJsonError
    return number.end()


def _bracketed(text: str, at: int, *, named: bool) -> int:
    """Give where the object or array ends whose first bracket stands before `at`."""
    close = "}" if named else "]"
    if text[at : at + 1] == close:
        return at + 1
    while True:
        if named:
            at = _expect(text, _blank(text, _string(text, at)), ":")
        at = _blank(text, _value(text, _blank(text, at)))
        if text[at : at + 1] == close:
            return at + 1
        at = _blank(text, _expect(text, at, ","))


def _string(text: str, at: int) -> int:
    found = _STRING.match(text, at)
    if found is None:
        return _expect(text, at, '"')
    if _ESCAPE.fullmatch(text, found.end()):
        raise _EndedError
    return _expect(text, found.end(), '"')


def _expect(text: str, at: int, character: str) -> int:
    if at == len(text):
        raise _EndedError
    if text[at] != character:
        raise _NoJsonError
    return at + 1


def mend(value: Any) -> Any:
    """Join the halves of surrogate pairs; a half without its partner becomes U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {mend(key): mend(one) for key, one in value.items()}
    return [mend(one) for one in value] if isinstance(value, list) else value
