"""The one place where Python reads and writes JSON: orjson, and the standard library for what only it can read.

orjson can be missing: it refuses builds of CPython without the GIL. Then the standard library reads everything:
the same values, but it takes longer.

CPython turns at most 4,300 digits into an int, and an int into no more, since either takes the square of their number.
Here it is done in halves, which takes much less, and up to a number of digits that no provider sends.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ssewire._core import may_have_huge_integer

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_DIGITS = 20_000
_AT_ONCE = 500  # digits: below 640, the least that `sys.set_int_max_str_digits` allows
_BITS_AT_ONCE = 1024  # of ints that have fewer digits than that


def loads(text: str) -> Any:
    """Read JSON text.

    What orjson refuses (lone surrogates, NaN, infinities) or rounds (integers beyond 64 bits) the standard library
    reads. orjson is imported at the first call: that takes longer than importing the rest of the package.

    Raises:
        json.JSONDecodeError: The text is not JSON, or nested too deeply. It is a ValueError; `doc` is the text, and
            `pos` where reading stopped, 0 where it is nested too deeply.
    """
    fast = _orjson_loads()
    try:
        # orjson gives integers beyond 64 bits as floats, without a word.
        if fast is not None and not may_have_huge_integer(text):
            return fast(text)
    except ValueError:
        pass  # the standard library has the last word: also on text that no UTF-8 can carry
    import json  # noqa: PLC0415 - rarely needed

    try:
        return json.loads(text, parse_int=integer)
    except (json.JSONDecodeError, RecursionError) as error:
        why, position = (error, 0) if isinstance(error, RecursionError) else (error.msg, error.pos)
        raise json.JSONDecodeError(f"expected JSON, got {_begin(text)}: {why}", text, position) from error


@cache
def _orjson_loads() -> Callable[[str], Any] | None:
    """Return orjson's reader; None where it is not installed."""
    try:
        import orjson  # noqa: PLC0415 - see `loads`
    except ImportError:
        return None
    return orjson.loads


def _begin(text: str) -> str:
    shown = 80
    return repr(text) if len(text) <= shown else f"{text[:shown]!r}… ({len(text)} characters)"


def integer(digits: str) -> int | float:
    """Return the int of a JSON integer; of more than 20,000 digits an infinity, as of a number with that exponent."""
    if len(digits) <= _AT_ONCE:
        return int(digits)
    if digits.startswith("-"):
        return -integer(digits[1:])
    if len(digits) > _MOST_DIGITS:
        return float(digits)
    first = len(digits) % _AT_ONCE
    parts = [int(digits[:first] or "0")]
    parts += [int(digits[at : at + _AT_ONCE]) for at in range(first, len(digits), _AT_ONCE)]
    base = 10**_AT_ONCE
    while len(parts) > 1:
        if len(parts) % 2:
            parts.insert(0, 0)
        parts = [high * base + low for high, low in zip(parts[::2], parts[1::2], strict=True)]
        base *= base
    return parts[0]


def _digits(value: int) -> str:
    """Return an int's digits, whatever CPython's limit is."""
    bases = [10**_AT_ONCE]
    while bases[-1] <= abs(value):
        bases.append(bases[-1] ** 2)
    parts = [abs(value)]
    for base in reversed(bases):
        parts = [part for whole in parts for part in divmod(whole, base)]
    digits = "".join(str(part).zfill(_AT_ONCE) for part in parts).lstrip("0")
    return f"-{digits}" if value < 0 else digits


class _Shown:
    """Has a text as its repr."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _replace(value: Any, make: Callable[[int], object]) -> Any:
    """Return a JSON value with what `make` makes of its huge integers."""
    if isinstance(value, dict):
        return {name: _replace(member, make) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_replace(item, make) for item in value]
    return make(value) if isinstance(value, int) and value.bit_length() > _BITS_AT_ONCE else value


def show(value: Any) -> str:
    """Return the repr of a JSON value, integers of any size among it."""
    return repr(_replace(value, lambda huge: _Shown(_digits(huge))))


def dumps(value: Any, *, ensure_ascii: bool = True, indent: int | None = None) -> str:
    """Write an object as JSON text.

    Args:
        value: What JSON has.
        ensure_ascii: Escape all other characters.
        indent: Columns for each level; None for one line.

    Raises:
        TypeError: It is made of other things than JSON's.
        ValueError: It contains itself.
    """
    import json  # noqa: PLC0415 - seldom needed

    try:
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent)
    except ValueError as error:
        if "digits" not in str(error):
            raise
    import re  # noqa: PLC0415 - rarely needed
    from uuid import uuid4  # noqa: PLC0415

    # Each stands in for a number, since nothing that is no int is written as one.
    huge: dict[str, str] = {}

    def stand_in(value: int) -> str:
        name = uuid4().hex
        huge[name] = _digits(value)
        return name

    text = json.dumps(_replace(value, stand_in), ensure_ascii=ensure_ascii, indent=indent)
    return re.sub(r'"([0-9a-f]{32})"', lambda found: huge.get(found[1], found[0]), text)
