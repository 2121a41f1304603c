"""The one JSON reader: orjson, and the standard library for what only it can read."""

from __future__ import annotations

from typing import Any


def loads(text: str | bytes) -> Any:
    """Read JSON text.

    orjson refuses lone surrogates, NaN and infinities, and gives integers beyond 64 bits as floats or not at all; the standard
    library reads all of these. orjson is imported at the first call: it takes longer than the rest of the package together.

    Raises:
        ValueError: The text is not JSON.
    """
    import orjson

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        import json

        return json.loads(text)
