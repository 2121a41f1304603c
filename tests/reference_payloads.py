"""The payloads of a whole body, as the references of all dialects read them: slow and obvious."""

from __future__ import annotations

import json
from typing import NamedTuple

from reference_calls import Object, is_json
from reference_chat import Event, StrayLines, is_whole, read_blocks

WHITESPACE = " \t\r\n"


class Value(NamedTuple):
    """One value of a body that is a row of JSON values."""

    text: str


class Closed(NamedTuple):
    """The bracket that closes a body which is a JSON array."""


Item = Event | StrayLines | Value | Closed


def payloads(body: bytes) -> list[Item]:
    """Give the events and stray lines of an event stream, or the values of a body that begins with `{` or `[`."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    values = text.lstrip(WHITESPACE)
    return split_values(values) if values.startswith(("{", "[")) else split_events(text)


def split_events(text: str) -> list[Item]:
    """Give the events and stray lines; what the end of input cuts off counts if it is a whole payload, or rows."""
    items, left, ended = read_blocks(text)
    whole = [item for item in left if is_whole(item, ended=ended) or (isinstance(item, Event) and rows(item.data))]
    return [*items, *whole]


def rows(data: str) -> list[Object]:
    """Give the objects of data whose lines are one each: some servers leave the blank lines out."""
    lines = data.split("\n")
    whole = len(lines) > 1 and all(is_json(line) and isinstance(json.loads(line), dict) for line in lines)
    return [json.loads(line) for line in lines] if whole else []


def split_values(text: str) -> list[Item]:
    """Give the values of a row, which commas, white space and the brackets of one array may stand between."""
    items: list[Item] = []
    at = 0
    while at < len(text):
        if text[at] == "]" and items:
            items.append(Closed())
        if text[at] in WHITESPACE + ",[]":
            at += 1
            continue
        end = value_end(text, at)
        if end is None:
            break  # The end of input cuts this value off.
        items.append(Value(text[at:end]))
        at = end
    return items


def value_end(text: str, start: int) -> int | None:
    """Give where the value ends that begins at `start`, or None where the text ends before it."""
    if text[start] != "{":
        ends = [at for at in range(start, len(text)) if text[at] in WHITESPACE + ",[]{}"]
        return max(ends[0], start + 1) if ends else None
    depth, quoted, at = 0, False, start
    while at < len(text):
        if quoted and text[at] == "\\":
            at += 1
        elif text[at] == '"':
            quoted = not quoted
        elif not quoted:
            depth += (text[at] in "{[") - (text[at] in "}]")
            if depth == 0:
                return at + 1
        at += 1
    return None
