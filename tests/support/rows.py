"""Rows of both ways, to be compared: JSON text by what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssewire._rows import row_with_object

from tests.support.chat_cases import body_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DATA = Path(__file__).parents[1] / "data"


def bodies() -> list[bytes]:
    """Return the bodies of every corpus that has whole streams."""
    found = (json.loads(path.read_text("utf-8")) for path in sorted(DATA.glob("*.json")))
    cases = [case for cases in found if isinstance(cases, list) for case in cases]
    return [body_of(case) for case in cases if "stream" in case or "stream_hex" in case]


def recorded_bodies(recordings: Path) -> list[bytes]:
    """Return the bodies of all recorded streams."""
    return [path.read_bytes() for path in sorted(recordings.glob("*/*"))]


def slow(bodies: Iterable[bytes | str | None]) -> list[dict[str, Any]]:
    """Return the rows that the obvious way gives, with the objects."""
    return [plain(row_with_object(body)) for body in bodies]


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its object, and a code that is a fraction, as values: their texts may be written otherwise."""
    found = dict(row)
    if found["object"] is not None:
        found["object"] = json.loads(found["object"])
    if found["error"] is not None:
        found["error"] = {**found["error"], "code": _code(found["error"]["code"])}
    return found


def _code(text: str | None) -> str | float | None:
    try:
        return float(text or "")
    except ValueError:
        return text
