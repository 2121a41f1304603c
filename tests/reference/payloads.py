"""The payloads of a whole body, as the references of all dialects read them: slow and obvious."""

from __future__ import annotations

from typing import NamedTuple

from tests.reference.events import Event, StrayLines, is_whole, read_blocks

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
    """Give the events and stray lines; what the end of input cuts off counts if it is a whole payload, or several."""
    items, left, ended = read_blocks(text)
    return [*items, *(item for item in left if is_whole(item, ended=ended))]


def split_values(text: str) -> list[Item]:
    """Give the values of a row: commas and white space may stand between, and the brackets of one array around them.

    What is neither ends the row: from there on it is an event stream.
    """
    items: list[Item] = []
    array = text[0] == "["
    at = int(array)
    while at < len(text):
        if text[at] in WHITESPACE + ",":
            at += 1
        elif array and text[at] == "]":
            items.append(Closed())
            array = False
            at += 1
        elif not array and text[at] not in "{[":
            return items + split_events(text[at:])
        else:
            end = value_end(text, at)
            if end is None:
                break  # The end of input cuts this value off.
            items.append(Value(text[at:end]))
            at = end
    return items


def value_end(text: str, start: int) -> int | None:
    """Give where the value ends that begins at `start`, or None where the text ends before it."""
    if text[start] not in '{["':
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
        if depth == 0 and not quoted:
            return at + 1
        at += 1
    return None
