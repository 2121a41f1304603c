"""A decoder in Python for platforms without a wheel of ssewire: slower, and with no more than the SDK needs.

It follows the HTML standard (9.2.6). `id` and `retry` are left out: the service has no reconnection.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

_LINE_END = re.compile("\r\n|\r|\n")


class EventTooLargeError(Exception):
    """An event is larger than `max_event_size`."""


class Framed(NamedTuple):
    """An event of the stream."""

    event: str
    data: str


class SSEDecoder:
    """Bytes in, events out; an event is out with its last byte, wherever the bytes are cut."""

    def __init__(self, *, max_event_size: int) -> None:
        self._max_event_size = max_event_size
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
        self._line = ""  # its beginning
        self._after_cr = False
        self._event = ""
        self._data: list[str] = []
        self._size = 0  # characters of the event's whole lines

    def feed(self, data: bytes) -> list[Framed]:
        """Take a piece of the body, and give the events that it completes."""
        text = self._decode(data)
        if text:
            # An LF after a CR that has ended its line already is part of the same line end.
            after_cr, self._after_cr = self._after_cr, text.endswith("\r")
            text = text[1:] if after_cr and text.startswith("\n") else text
        *lines, self._line = _LINE_END.split(self._line + text)
        events = [event for line in lines for event in self._take(line)]
        self._check(self._size + len(self._line))
        return events

    def _take(self, line: str) -> list[Framed]:
        if line:
            self._field(line)
            return []
        event = Framed(self._event or "message", "\n".join(self._data))
        has_data, self._event, self._data, self._size = bool(self._data), "", [], 0
        return [event] if has_data else []

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        else:
            return
        self._size += len(line) + 1
        self._check(self._size)

    def _check(self, size: int) -> None:
        if size > self._max_event_size:
            raise EventTooLargeError(f"an event has more than {self._max_event_size} characters")
