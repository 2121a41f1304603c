"""The one place where Python reads and writes JSON: orjson, and the standard library for what only it can read."""

from __future__ import annotations

from typing import Any

from ssewire._core import may_have_huge_integer


def loads(text: str) -> Any:
    """Read JSON text.

    What orjson refuses (lone surrogates, NaN, infinities) or rounds (integers beyond 64 bits) the standard library
    reads. orjson is imported at the first call: that takes longer than importing the rest of the package.

    Raises:
        ValueError: The text is not JSON.
    """
    import orjson  # noqa: PLC0415 - see above

    try:
        # orjson gives integers beyond 64 bits as floats, without a word.
        if not may_have_huge_integer(text):
            return orjson.loads(text)
    except ValueError:
        pass  # the standard library has the last word: also on text that no UTF-8 can carry
    import json  # noqa: PLC0415 - rarely needed

    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"expected JSON, got {_begin(text)}: {error}") from error


def _begin(text: str) -> str:
    shown = 80
    return repr(text) if len(text) <= shown else f"{text[:shown]!r}… ({len(text)} characters)"


def dumps(value: Any) -> str:
    """Write an object as JSON text.

    Raises:
        TypeError: It is made of other things than JSON's.
    """
    import json  # noqa: PLC0415 - for tests and pickles only

    return json.dumps(value, ensure_ascii=True)
