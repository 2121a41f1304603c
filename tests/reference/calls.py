"""The identity and the merging of tool calls, for the reference accumulator; and what it knows of JSON values."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.reference.json import is_beginning, is_same, mend

Json = Any
Object = dict[str, Any]

ABSENT = (None, "", "null")
"""What providers send for an id, a name or a finish reason that they do not have."""

CALL_FIELDS = {"index", "id", "type", "function", "custom", "name", "arguments", "input"}
SPACE = " \t\r\n"


class Call:
    """One tool call."""

    def __init__(self) -> None:
        self.id: str | None = None
        self.type: str | None = None
        self.name: str | None = None
        self.arguments = ""
        self.announced = ""  # `{}`, and blanks behind it, as long as no arguments came
        self.whole: str | None = None
        self.again: str | None = None  # what pieces have said again of complete arguments
        self.pieces = 0
        self.extra: Object = {}

    def merge(self, fragment: Object) -> None:
        """Merge a piece that is known to belong to this call."""
        self.identify(fragment)
        self.add(arguments_of(fragment))
        self.keep(fragment)

    def identify(self, fragment: Object) -> None:
        self.id = self.id or id_of(fragment)  # Rule 2: the first non-empty.
        self.type = self.type or given(fragment.get("type"))
        self.merge_name(name_of(fragment))

    def merge_name(self, name: str | None) -> None:
        """Rule 2: first; a longer cumulative one replaces; a different one is appended while there are no arguments."""
        if name is None or name == self.name:
            return
        if self.name is None or name.startswith(self.name):
            self.name = name
        elif self.said() == "":
            self.name += name

    def keep(self, fragment: Object) -> None:
        """Rule 4: other members."""
        extra = {key: value for key, value in fragment.items() if key not in CALL_FIELDS and value is not None}
        self.extra = overlay(self.extra, extra)

    def add(self, text: str) -> None:
        """Rule 3: appended, but for what says again what there is."""
        if self.arguments == "" and self.type != "custom" and self.is_announcement(text):
            return
        if self.arguments == "":
            self.arguments = "" if text.lstrip(SPACE).startswith("{") else self.announced
            self.announced = ""
        news = self.news(text)
        self.arguments += news
        self.pieces += text != ""

    def is_announcement(self, text: str) -> bool:
        """Rule 3: `{}` stands for the arguments that come, and blanks behind it for nothing."""
        if text == "{}":
            self.announced = text
        elif self.announced and text.strip(SPACE) == "":
            self.announced += text
        else:
            return False
        return True

    def news(self, text: str) -> str:
        """Rule 3: what a piece has beyond the arguments so far."""
        known = told(self.arguments)
        if self.type == "custom" or known == "" or text == "":
            return text
        if has_halves(text) or self.again is not None:
            return text if self.again is None else self.more(text)
        if known.lstrip(SPACE).startswith("{") and text.startswith(known) and not is_beginning(known + text):
            self.arguments = known
            return text.removeprefix(known)
        if not (is_object(known) and text.lstrip(SPACE).startswith("{")):
            return text
        if is_same(known, text):
            return ""
        self.again = ""
        return self.more(text)

    def more(self, text: str) -> str:
        """Rule 3: what pieces have beyond complete arguments that they say again."""
        known, said = told(self.arguments), (self.again or "") + text
        repeats = known.startswith(said)
        self.again = said if repeats and said != known else None
        if repeats:
            return ""
        return said.removeprefix(known) if said.startswith(known) and not has_halves(text) else said

    def complete(self, fragment: Object) -> None:
        """Rule 13: what the call has whole."""
        self.id = self.id or id_of(fragment)
        self.name = self.name or name_of(fragment)
        self.keep(fragment)
        whole = arguments_of(fragment)
        if whole == "":
            return
        self.announced, self.whole = "", None
        if whole.startswith(self.arguments):
            self.arguments = whole
        elif not self.arguments.startswith(whole) and not is_same(self.arguments, whole):
            self.whole = whole

    def settle(self) -> None:
        """Rule 3: what a call was announced with, if nothing came."""
        if self.arguments == "":
            self.arguments, self.announced = self.announced, ""

    def said(self) -> str:
        return self.arguments or self.announced

    def has(self, text: str) -> bool:
        return text == self.said() or is_same(self.said(), text)

    def is_resent(self, fragment: Object) -> bool:
        """Rule 1: whether this is all of a call once more that came in pieces."""
        same_name = name_of(fragment) == self.name
        return self.pieces > 1 and same_name and is_object(self.said()) and self.has(arguments_of(fragment))

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
        piece_id, name = id_of(fragment), name_of(fragment)
        if current is None:
            known = self.by_id(piece_id)
            return known if known is not None and is_of(known, fragment) else self.new()
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
        piece_id, name = id_of(fragment), name_of(fragment)
        last = self.all[-1] if self.all else None
        if piece_id is not None:
            adopted = last if last is not None and last.id is None and name is None else None
            return self.by_id(piece_id) or adopted or self.new()
        if last is None:
            return self.new()
        if name is None:
            return self.all[position] if position is not None and position < len(self.all) else last
        if last.name is None or (last.name == name and last.is_unfinished()):
            return last
        return next((call for call in reversed(self.all) if call.is_resent(fragment)), None) or self.new()

    def complete(self, fragments: list[Object]) -> None:
        """Rule 13: a list of whole calls: by id, and else in order, by name."""
        ours = [self.by_id(id_of(fragment)) for fragment in fragments]
        for place, fragment in enumerate(fragments):
            name = name_of(fragment)
            left = (call for call in self.all if call not in ours and (None in (call.name, name) or call.name == name))
            call = ours[place] = ours[place] or next(left, None) or self.new()
            call.type = call.type or given(fragment.get("type"))
            call.complete(fragment)


def is_of(call: Call, fragment: Object) -> bool:
    """Rule 1: whether a piece with a call's id and another index goes on with it, or says it again."""
    text = arguments_of(fragment)
    other = text.lstrip(SPACE).startswith("{") and is_object(call.said()) and not call.has(text)
    return not other and (None in (call.name, name_of(fragment)) or call.name == name_of(fragment))


def begins_another(current: Call, name: str, fragment: Object) -> bool:
    """Rule 1: after complete arguments, a different name or the start of another object is another call."""
    if current.name is None or not is_object(current.said()):
        return False
    text = arguments_of(fragment)
    resent = current.has(text) and id_of(fragment) is None
    return name != current.name or (text.lstrip(SPACE).startswith("{") and not resent)


def function_of(fragment: Object) -> Object:
    """Rule 2: give the part of a piece that has name and arguments; a custom tool's `input` is its arguments."""
    function: Json = next((fragment[key] for key in ("function", "custom") if fragment.get(key) is not None), {})
    return {"name": function} if isinstance(function, str) else an_object(function)


def id_of(fragment: Object) -> str | None:
    return given(function_of(fragment).get("id")) or given(fragment.get("id"))


def name_of(fragment: Object) -> str | None:
    return given(function_of(fragment).get("name")) or given(fragment.get("name"))


def arguments_of(fragment: Object) -> str:
    """Rule 3: a string verbatim, null nothing, an object its compact JSON text."""
    members = [holder.get(key) for holder in (function_of(fragment), fragment) for key in ("arguments", "input")]
    value = next((value for value in members if value is not None), "")
    return value if isinstance(value, str) else compact(value)


def told(text: str) -> str:
    """Give what was told of a text: half a character at its end waits."""
    mended: str = mend(text[:-1] if "\ud800" <= text[-1:] <= "\udbff" else text)
    return mended


def has_halves(text: str) -> bool:
    """Whether there is half a surrogate pair in a text without its other half."""
    return re.search("[\ud800-\udfff]", text) is not None


def given(value: Json) -> str | None:
    """Null, "" and "null" are absent; a number is its digits."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return compact(value)
    return value if isinstance(value, str) and value not in ABSENT else None


def as_index(value: Json) -> int | None:
    """Rule 1: an int or a string of digits; anything else is absent."""
    if isinstance(value, str) and re.fullmatch("[0-9]+", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def overlay(old: Object, new: Object) -> Object:
    """Rules 6 and 8: every non-null key of the newer object wins, inside nested objects too; null never erases.

    An object of another type inside is another object, which takes the place of the older one.
    """
    merged = dict(old)
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = value if is_other_type(merged[key], value) else overlay(merged[key], value)
        elif value is not None or key not in merged:
            merged[key] = value
    return merged


def is_other_type(old: Object, new: Object) -> bool:
    types = [one.get("type") for one in (old, new)]
    return all(isinstance(one, str) and one for one in types) and types[0] != types[1]


def objects(value: Json) -> list[Object]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def listed(value: Json) -> list[Object]:
    """Give the objects of a list, or the one in its place: by itself, or under the list's indexes."""
    if not isinstance(value, dict):
        return objects(value)
    indexed = all(isinstance(one, dict) and re.fullmatch("[0-9]*", name) for name, one in value.items())
    return list(value.values()) if indexed else [value]


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
