"""The identity and the merging of tool calls, for the reference accumulator; and what it knows of JSON values."""

from __future__ import annotations

import json
import re
from typing import Any

Json = Any
Object = dict[str, Any]

ABSENT = (None, "", "null")
"""What providers send for an id, a name or a finish reason that they do not have."""

CALL_FIELDS = {"index", "id", "type", "function", "custom"}


class Call:
    """One tool call."""

    def __init__(self) -> None:
        self.id: str | None = None
        self.name: str | None = None
        self.arguments = ""
        self.extra: Object = {}

    def merge(self, fragment: Object) -> None:
        """Merge a piece that is known to belong to this call."""
        piece_id, name, text = given(fragment.get("id")), name_of(fragment), arguments_of(fragment)
        self.id = self.id or piece_id  # Rule 2: the first non-empty.
        self.merge_name(name)
        resent = piece_id is None and name is not None and text == self.arguments and is_object(text)
        self.arguments += "" if resent else text  # Rule 3: verbatim, except an id-less exact resend of the whole.
        extra = {key: value for key, value in fragment.items() if key not in CALL_FIELDS and value is not None}
        self.extra = overlay(self.extra, extra)  # Rule 4.

    def merge_name(self, name: str | None) -> None:
        """Rule 2: first; a longer cumulative one replaces; a different one is appended while there are no arguments."""
        if name is None or name == self.name:
            return
        if self.name is None or name.startswith(self.name):
            self.name = name
        elif self.arguments == "":
            self.name += name

    def is_unfinished(self) -> bool:
        return self.arguments != "" and not is_json(self.arguments)


class Calls:
    """The tool calls of one choice, in the order of their first appearance (rule 4)."""

    def __init__(self) -> None:
        self.all: list[Call] = []
        self.slots: dict[int, Call] = {}

    def merge(self, fragments: list[Object]) -> None:
        """Merge the pieces of one delta."""
        for position, fragment in enumerate(fragments):
            index = as_index(fragment.get("index"))
            if index is None:
                call = self.without_index(fragment, position if len(fragments) > 1 else None)
            else:
                call = self.slots[index] = self.with_index(self.slots.get(index), fragment)
            call.merge(fragment)

    def new(self) -> Call:
        self.all.append(Call())
        return self.all[-1]

    def by_id(self, wanted: str | None) -> Call | None:
        return next((call for call in self.all if call.id == wanted), None) if wanted else None

    def with_index(self, current: Call | None, fragment: Object) -> Call:
        """Rule 1, with an index: the call in the slot, unless the piece says that it is another one."""
        piece_id, name = given(fragment.get("id")), name_of(fragment)
        if current is None:
            return self.new()
        if piece_id is not None and piece_id == current.id:
            return current
        known = self.by_id(piece_id)
        if known is not None:
            return known
        if name is None:
            return current  # With an unknown id too: some servers make a new one for every chunk.
        if piece_id is not None and current.id is not None:
            return current if name == current.name and current.is_unfinished() else self.new()
        return self.new() if begins_another(current, name, fragment) else current

    def without_index(self, fragment: Object, position: int | None) -> Call:
        """Rule 1, without an index: by id, else by name, else the last call (by position if there are several)."""
        piece_id, name = given(fragment.get("id")), name_of(fragment)
        last = self.all[-1] if self.all else None
        if piece_id is not None:
            adopted = last if last is not None and last.id is None and name is None else None
            return self.by_id(piece_id) or adopted or self.new()
        if last is None:
            return self.new()
        if name is None:
            return self.all[position] if position is not None and position < len(self.all) else last
        return last if last.name is None or (last.name == name and last.is_unfinished()) else self.new()


def begins_another(current: Call, name: str, fragment: Object) -> bool:
    """Rule 1: after complete arguments, a different name or the start of another object is another call."""
    if current.name is None or not is_object(current.arguments):
        return False
    text = arguments_of(fragment)
    resent = text == current.arguments and given(fragment.get("id")) is None
    return name != current.name or (text.lstrip().startswith("{") and not resent)


def function_of(fragment: Object) -> Object:
    """Give the part of a piece that has name and arguments; a custom tool's `input` is its arguments."""
    custom = an_object(fragment.get("custom"))
    return an_object(fragment.get("function")) or {"name": custom.get("name"), "arguments": custom.get("input")}


def name_of(fragment: Object) -> str | None:
    return given(function_of(fragment).get("name"))


def arguments_of(fragment: Object) -> str:
    """Rule 3: a string verbatim, null nothing, an object its compact JSON text."""
    value = function_of(fragment).get("arguments")
    return (value or "") if value is None or isinstance(value, str) else compact(value)


def given(value: Json) -> str | None:
    """Rule 1: null, "" and "null" are absent."""
    return value if isinstance(value, str) and value not in ABSENT else None


def as_index(value: Json) -> int | None:
    """Rule 1: an int or a string of digits; anything else is absent."""
    if isinstance(value, str) and re.fullmatch("[0-9]+", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def overlay(old: Object, new: Object) -> Object:
    """Rules 6 and 8: every non-null key of the newer object wins, inside nested objects too; null never erases."""
    merged = dict(old)
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = overlay(merged[key], value)
        elif value is not None or key not in merged:
            merged[key] = value
    return merged


def objects(value: Json) -> list[Object]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def an_object(value: Json) -> Object:
    return value if isinstance(value, dict) else {}


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def is_object(text: str) -> bool:
    return is_json(text) and isinstance(json.loads(text), dict)


def compact(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
