"""The events of a whole body for the references, and the payloads that one of them may hold several of."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from tests.reference.calls import Json, Object, is_json

if TYPE_CHECKING:
    from collections.abc import Callable

SENTINELS = ("[DONE]", '"[DONE]"')


class Event(NamedTuple):
    """One dispatched server-sent event."""

    name: str
    data: str


class StrayLines(NamedTuple):
    """The lines of a block that are no fields of the standard, such as `error: {...}` or a bare JSON object."""

    text: str


Item = Event | StrayLines


def split_stream(body: bytes) -> list[Item]:
    """Give the events and stray lines of a whole body; what its end cuts off counts if it is a whole payload."""
    items, left, ended = read_blocks(body.decode("utf-8", "replace").removeprefix("\ufeff"))
    return items + [item for item in left if is_whole(item, ended=ended)]


def read_blocks(text: str) -> tuple[list[Item], list[Item], bool]:
    """Give what is in blocks, and in what the end of input cuts off, and whether the last line of that was ended."""
    *lines, last = re.split("\r\n|\n|\r", text)
    items: list[Item] = []
    block: list[str] = []
    for line in lines:
        if line == "":
            items += read_block(block)
            block = []
        else:
            block.append(line)
    return items, read_block([*block, last]), last == ""


def read_block(lines: list[str]) -> list[Item]:
    """Give the event of a block, if it has data, and then its stray lines."""
    fields = [(name, value.removeprefix(" ")) for name, _, value in (line.partition(":") for line in lines)]
    data = [value for name, value in fields if name == "data"]
    names = [value for name, value in fields if name == "event"]
    stray = [line for line in lines if line.partition(":")[0] not in ("", "data", "event", "id", "retry")]
    items: list[Item] = [Event((names[-1] if names else "") or "message", "\n".join(data))] if data else []
    return items + ([StrayLines("\n".join(stray))] if stray else [])


def is_whole(item: Item, *, ended: bool) -> bool:
    """Whether something is all there that no blank line ended; `ended` where at least its last line was."""
    error_line = isinstance(item, StrayLines) and item.text.startswith("error:")
    payload = (item.data if isinstance(item, Event) else item.text.removeprefix("error:")).strip()
    whole = payload in SENTINELS or (is_json(payload) and isinstance(unquoted(json.loads(payload)), (dict, list)))
    return whole or rows(Event("", payload)) != [] or (error_line and ended and payload != "")


def unquoted(value: Json) -> Json:
    """Give the object that a string holds, or else the value itself."""
    inner = json.loads(value) if isinstance(value, str) and is_json(value) else None
    return inner if isinstance(inner, dict) else value


def opened(event: Event) -> list[Event]:
    """Give the events that one is, or the event itself."""
    data = event.data.strip()
    return [event] if data in SENTINELS or is_json(data) else rows(event) or [event]


def enclosed(payload: Object, knows: Callable[[Object], bool], name: str) -> Object | None:
    """Give the payload in an envelope that does not say what it is itself; `knows` tells the dialect's own."""
    nameless = name == "message" and not payload.get("type") and payload.get("jsonrpc") is None
    inner = [one for one in payload.values() if isinstance(one, dict) and (one.get("type") or one.get("object"))]
    return next(filter(knows, inner), None) if nameless else None


def rows(event: Event) -> list[Event]:
    """Give the events that the lines of an event's data are: of a server without blank lines, or of an event in one."""
    found: list[Event] = []
    name = event.name
    for line in event.data.split("\n"):
        text = re.sub(r"^([ \t\r]*data:)*", "", line).strip(" \t\r")
        if text.startswith("event:"):
            name = text.removeprefix("event:").strip()
        elif text == "":
            name = event.name
        elif text in SENTINELS or (is_json(text) and isinstance(json.loads(text), dict)):
            found.append(Event(name, text))
        else:
            return []
    return found
