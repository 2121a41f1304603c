"""The items of a Responses stream: what each is so far, and how it compares with one that comes whole."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Literal, NamedTuple

from tests.reference.calls import Json, Object, an_object, is_json, is_object, overlay
from tests.reference.responses_texts import Reasoning, Said, agree, arguments_text, is_less, joined, units

Step = Literal["so far", "added", "piece", "note", "part", "item"]
Likeness = Literal["silent", "equal", "near", "else"]
"""What a whole item says beside what was said: nothing was yet, the same, more or less of it, something else."""

SAME = ("equal", "near")

CALL_MEMBER = {"function_call": "arguments", "custom_tool_call": "input"}
HOSTED_MEMBER = {"code_interpreter_call": "code", "mcp_call": "arguments"}
MEMBER = CALL_MEMBER | HOSTED_MEMBER
"""The one text of an item that has no parts."""

SHOWN = {
    "custom_tool_call": ("input",),
    "function_call": ("call_id", "arguments"),
    "reasoning": ("summary", "encrypted_content"),
    "message": ("content", "role"),
}
"""What members show of which kind an item without a type is."""

LISTS = {"message": ("content",), "reasoning": ("summary", "content")}
PART_TYPE = {
    ("message", "content"): "output_text",
    ("reasoning", "content"): "reasoning_text",
    ("reasoning", "summary"): "summary_text",
}
MESSAGE_TEXTS = {"output_text": "text", "text": "text", "refusal": "refusal"}


def kind_of(item: Object) -> str:
    """Give an item's type, or what its members show."""
    named = item.get("type")
    shown = (kind for kind, members in SHOWN.items() if any(item.get(member) is not None for member in members))
    return named if isinstance(named, str) and named else next(shown, "")


def name_of(value: Json) -> str | None:
    """Give an id: a string that is not empty, or a number's digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def member_of(text: str) -> str:
    """Give the member of a part that has a text."""
    return "refusal" if text == "refusal" else "text"


def texts_in(part: Object) -> Object:
    return {key: part[key] for key in ("text", "refusal") if key in part}


class About(NamedTuple):
    """What an event says of the item that it is about."""

    kind: str
    step: Step
    at: int | None
    id: str | None
    call_id: str | None
    text: str = ""
    """What a piece or a whole part says."""
    item: Object = {}  # noqa: RUF012  never changed
    """The item, where the event has it."""

    @property
    def is_item(self) -> bool:
        return self.step in ("so far", "added", "item")

    def is_unknown_to(self, item: Item) -> bool:
        """Whether it has an id that is not the item's."""
        return self.id is not None and self.id not in item.ids | {item.call_id}


class Item:
    """One item of the output: what it is so far, and what was said of its texts."""

    def __init__(self, kind: str, place: int) -> None:
        self.kind = kind
        self.place = place
        self.indexes: set[int] = set()
        self.ids: set[str] = set()
        self.call_id: str | None = None
        self.fields: Object = {"type": kind} if kind else {}
        self.parts: dict[str, dict[int, Json]] = {"content": {}, "summary": {}}
        self.texts = {name: Said() for name in ("text", "refusal", "summary", "content", "member")}
        self.reasoning = Reasoning(self.texts["summary"], self.texts["content"])
        self.waiting = ""  # Arguments that were a whole object when they were announced.
        self.told_kinds: set[str] = set()
        self.is_announced = self.is_more = self.is_whole = self.is_ended = self.is_shown = self.is_signed = False

    def learn(self, about: About) -> None:
        """Remember the names that an event has for the item; of events about its parts the first id alone."""
        self.indexes |= set() if about.at is None else {about.at}
        if about.id and (about.is_item or not self.ids) and about.id != self.call_id:
            self.ids.add(about.id)
        self.call_id = self.call_id or about.call_id
        self.is_more = self.is_more or about.step in ("note", "part", "item") or bool(about.text)

    def become_kind(self, kind: str) -> None:
        """Be of a kind, where none was known."""
        self.kind = self.kind or kind
        self.fields.setdefault("type", self.kind)

    def take_names(self, payload: Object) -> None:
        """Keep the call_id and the name that an event about a call's arguments has, where none was known."""
        given = {key: payload[key] for key in ("call_id", "name") if payload.get(key) and not self.fields.get(key)}
        self.fields = self.fields | given

    # Texts of parts

    def text_of(self, name: str, part: Json) -> str | None:
        """Give the text that a part of a list belongs to."""
        fields = an_object(part)
        if self.kind == "reasoning":
            return name if isinstance(fields.get("text"), str) else None
        shown = next((member for member in ("text", "refusal") if isinstance(fields.get(member), str)), None)
        return MESSAGE_TEXTS.get(fields["type"]) if fields.get("type") else shown

    def texts_of(self, name: str) -> tuple[str, ...]:
        """Give the texts that a list has."""
        return ("text", "refusal") if self.kind == "message" else (name,)

    def listed(self, name: str, value: Json) -> list[Json]:
        """Give a list of parts, which may be one part; a part may be a string."""
        parts = value if isinstance(value, list) else [] if value is None else [value]
        part_type = PART_TYPE.get((self.kind, name), "output_text")
        return [{"type": part_type, "text": part} if isinstance(part, str) else part for part in parts]

    def part(self, name: str, index: int, part_type: str) -> Object:
        """Give the part that a text stands in, which a piece without its start begins."""
        parts = self.parts[name]
        if not isinstance(parts.get(index), dict):
            parts[index] = {"type": part_type}
        found: Object = parts[index]
        return found

    def said_in(self, name: str, parts: list[Json]) -> dict[str, dict[int, str]]:
        """Give what the parts of a list say, by text and position."""
        found: dict[str, dict[int, str]] = {}
        for index, part in enumerate(parts):
            text = self.text_of(name, part)
            value = part.get(member_of(text)) if text else None
            if text and isinstance(value, str):
                found.setdefault(text, {})[index] = units(value)
        return found

    def all_said(self, given: Object) -> dict[str, str]:
        """Give what a whole item says, by text, over all its parts."""
        lists = {name: self.listed(name, given.get(name)) for name in LISTS.get(self.kind, ())}
        said = {text: parts for name, listed in lists.items() for text, parts in self.said_in(name, listed).items()}
        return {text: "".join(parts.values()) for text, parts in said.items()}

    @property
    def member(self) -> str:
        return MEMBER.get(self.kind, "")

    def member_said(self, given: Object) -> str:
        return units(arguments_text(given.get(self.member)) or "") if self.member else ""

    # Announced, and whole

    def announce(self, given: Object) -> dict[str, str]:
        """Lay an announcement over what is known; gives what its texts say that is new."""
        self.fields = overlay(self.fields, deepcopy(given))
        new = {}
        for name in LISTS.get(self.kind, ()):
            listed = self.listed(name, deepcopy(given.get(name)))
            for index, part in enumerate(listed):
                self.parts[name].setdefault(index, part)
            for text, parts in self.said_in(name, listed).items():
                new[text] = self.texts[text].announce(parts)
        new["member"] = self._announce_member(self.member_said(given))
        self.is_announced = True
        return new

    def _announce_member(self, text: str) -> str:
        said = self.texts["member"]
        if not said.said and is_object(joined(text)):
            self.waiting = text
            return ""
        return said.announce({0: text}) if text else ""

    def stop_waiting(self) -> str:
        """Give the arguments that waited for pieces which did not come."""
        waiting, self.waiting = self.waiting, ""
        return self.texts["member"].whole(waiting) if waiting else ""

    def become(self, given: Object) -> None:
        """Take the place of what was put together, but for texts of which the whole item has less."""
        kept = self._less(given)
        self.fields = deepcopy(given)
        for name in LISTS.get(self.kind, ()):
            listed = self._whole_list(name, self.listed(name, deepcopy(given.get(name))), kept)
            said = self.said_in(name, listed)
            self.parts[name] = dict(enumerate(listed))
            for text in self.texts_of(name):
                self.texts[text].fix(said.get(text, {}))
        self.texts["member"].fix({0: self.texts["member"].said if "member" in kept else self.member_said(given)})
        self.is_whole = self.is_ended = True

    def _less(self, given: Object) -> set[str]:
        said = self.all_said(given)
        if self.kind == "reasoning":
            return self.reasoning.less({name: said.get(name, "") for name in ("summary", "content")})
        texts = {name: said.get(name, "") for name in ("text", "refusal")} | {"member": self.member_said(given)}
        return {name for name, text in texts.items() if is_less(text, self.texts[name].said)}

    def _whole_list(self, name: str, theirs: list[Json], kept: set[str]) -> list[Json]:
        """Give a whole item's list; our parts, with what else theirs have, where a text of ours is kept."""
        ours = [part for part in self.shown(name) if self.text_of(name, part) in kept]
        mates = iter([part for part in theirs if self.text_of(name, part) in kept])
        laid = [overlay(part, next(mates, {})) | texts_in(part) for part in ours]
        return laid + [part for part in theirs if self.text_of(name, part) not in kept]

    # The object

    def shown(self, name: str) -> list[Json]:
        """Give the parts of a list as they are so far, but for those whose text others have said."""
        return [self._shown_part(name, index) for index in sorted(self.parts[name]) if self._is_shown_part(name, index)]

    def _is_shown_part(self, name: str, index: int) -> bool:
        part = self.parts[name][index]
        text = self.text_of(name, part)
        return text is None or index in self.texts[text].parts() or not part.get(member_of(text))

    def _shown_part(self, name: str, index: int) -> Json:
        part = deepcopy(self.parts[name][index])
        for text in self.texts_of(name):
            if index in self.texts[text].parts():
                part[member_of(text)] = self.texts[text].text(index)
        return part

    def result(self) -> Object:
        """Give the item; lists and arguments in the shape in which they were given where they say the same."""
        result = deepcopy(self.fields)
        for name in LISTS.get(self.kind, ()):
            shown = self.shown(name)
            if self.listed(name, result.get(name)) != shown:
                result[name] = shown
        if self.member and self.texts["member"].parts():
            text = self.texts["member"].text(0)
            if text != (arguments_text(result.get(self.member)) or ""):
                result[self.member] = text
        return result

    # Likeness

    def likeness(self, given: Object) -> Likeness:
        """Compare a whole item with what this one has said."""
        if self.kind in CALL_MEMBER:
            return self._call_likeness(given)
        if self.kind not in LISTS:
            return "silent" if not self.is_ended else "equal" if self.fields == given else "else"
        said = self.all_said(given)
        if self.kind == "reasoning":
            return likeness({"": self.reasoning.told}, {"": self._nearest(said)})
        return likeness({name: self.texts[name].said for name in ("text", "refusal")}, said)

    def _nearest(self, said: dict[str, str]) -> str:
        """Give the reasoning of a whole item that says what was told, or else the first."""
        summary, content = said.get("summary", ""), said.get("content", "")
        texts = [text for text in (content, summary, summary + content, content + summary) if text]
        near = [text for text in texts if agree(text, self.reasoning.told)]
        equal = [text for text in near if text == self.reasoning.told]
        return (equal or near or texts or [""])[0]

    def _call_likeness(self, given: Object) -> Likeness:
        names = {self.fields.get("name"), given.get("name")} - {None, ""}
        mine, theirs = self.texts["member"].said or self.waiting, self.member_said(given)
        if len(names) > 1:
            return "else"
        return "equal" if mine and same_json(mine, theirs) else likeness({"": mine}, {"": theirs})

    def says(self, about: About) -> bool:
        """Whether a whole part says what was said already."""
        if self.member:
            mine = self.texts["member"].said or self.waiting
            return agree(mine, about.text) or same_json(mine, about.text)
        said = [text.said for text in self.texts.values() if text.said]
        return any(about.text in text or about.text.startswith(text) for text in said)

    def has_complete_arguments(self) -> bool:
        return self.kind in CALL_MEMBER and is_object(joined(self.texts["member"].said))

    def is_silent(self) -> bool:
        return not any(text.said for text in self.texts.values())


def likeness(told: dict[str, str], said: dict[str, str]) -> Likeness:
    """Compare texts by their names."""
    if not any(told.values()):
        return "silent"
    if all(said.get(name, "") == text for name, text in told.items()):
        return "equal"
    return "near" if all(agree(said.get(name, ""), text) for name, text in told.items()) else "else"


def same_json(one: str, other: str) -> bool:
    one, other = joined(one), joined(other)
    return is_json(one) and is_json(other) and bool(json.loads(one) == json.loads(other))
