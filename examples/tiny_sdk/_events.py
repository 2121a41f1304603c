"""The service's events, and how a stream's bytes become them: all that the two kinds of stream share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tiny_sdk._errors import APIError, TruncatedError
from tiny_sdk._framing import EventTooLargeError, decoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiny_sdk._framing import Framed


@dataclass(frozen=True)
class Started:
    """The service has begun."""

    id: str
    model: str


@dataclass(frozen=True)
class Text:
    """The translation goes on."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The translation is whole: the last event."""

    characters: int


Event: TypeAlias = Started | Text | Finished
_TYPES: dict[str, type[Event]] = {"started": Started, "text": Text, "finished": Finished}


class EventParser:
    """Bytes of one stream in, the SDK's events out. It neither reads nor waits, so both kinds of stream use it."""

    def __init__(self) -> None:
        self._decoder = decoder()
        self.finished = False

    def feed(self, piece: bytes) -> Iterator[Event]:
        """Give the events that a piece completes.

        Raises:
            APIError: The service sent an error, or what is no event of its.
        """
        try:
            framed = self._decoder.feed(piece)
        except EventTooLargeError as error:
            raise APIError("event_too_large", str(error)) from error
        for one in framed:
            if not self.finished and (one.event in _TYPES or one.event == "error"):  # others are of newer versions
                yield self._event(one)

    def close(self) -> None:
        """Tell that the body has ended.

        Raises:
            TruncatedError: It was not finished.
        """
        if not self.finished:
            raise TruncatedError("the stream ended before its `finished` event")

    def _event(self, framed: Framed) -> Event:
        try:
            members = json.loads(framed.data)
            if framed.event == "error":
                raise APIError(members["code"], members["message"])
            kind = _TYPES[framed.event]
            event = kind(**{name: members[name] for name in kind.__dataclass_fields__})
        except (ValueError, KeyError, TypeError) as error:
            message = f"expected the data of `{framed.event}`, got {framed.data[:80]!r}"
            raise APIError("unexpected_data", message) from error
        self.finished = isinstance(event, Finished)
        return event
