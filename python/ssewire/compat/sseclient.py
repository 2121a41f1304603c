"""sseclient-py's names, for whatever can be read as bytes.

    from ssewire.compat.sseclient import SSEClient

    for event in SSEClient(requests.get(url, stream=True)).events():
        print(event.data)

docs/compat.md says what differs from the package, and which option gives what it does.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from ssewire._core import EventIterator, SSEDecoder
from ssewire._framing import DecoderOptions
from ssewire._sources import open_source
from ssewire._types import Piece, Unpack

if TYPE_CHECKING:

    class Closable(Protocol):
        """An event source that `SSEClient.close` can close."""

        def close(self) -> None:
            """Close it."""


__all__ = ["Event", "SSEClient"]


class Event:
    """An event; its attributes may be set.

    Attributes:
        id: The last event ID in force, None if none.
        event: The event type, "message" where the stream names none.
        data: The data lines, joined with LF.
        retry: The reconnection time's digits, where the event carried a valid one; else None.
    """

    def __init__(
        self,
        id: str | None = None,  # noqa: A002 - the package's own word
        event: str = "message",
        data: str = "",
        retry: str | None = None,
    ) -> None:
        self.id = id
        self.event = event
        self.data = data
        self.retry = retry

    def __str__(self) -> str:
        name = f"{self.event} event" + (f" #{self.id}" if self.id else "")
        size = f"{len(self.data)} bytes" if self.data else "no data"
        return f"{name}, {size}" + (f", retry in {self.retry}ms" if self.retry else "")


def _event(event: str, data: str, id: str, retry: int | None) -> Event:  # noqa: A002 - the standard's own word
    return Event(id or None, event, data, None if retry is None else str(retry))


class SSEClient:
    """The events of a response, or of another source of bytes.

    Args:
        event_source: A response of requests, urllib3, httpx or another client, a binary file, or an iterable of bytes.
        char_enc: The encoding of the body. What it does not know becomes U+FFFD.
        decoder_options: As `ssewire.SSEDecoder` takes them. An event that lacks its last blank line is given, as by the
            package: `tail="discard"` drops it, as the standard says.
    """

    def __init__(
        self, event_source: object, char_enc: str = "utf-8", **decoder_options: Unpack[DecoderOptions]
    ) -> None:
        self._event_source = event_source
        self._char_enc = char_enc
        self._decoder_options: DecoderOptions = {"tail": "dispatch", **decoder_options}

    def events(self) -> Iterator[Event]:
        """Iterate over the events, as they arrive. Exceptions of the source come through.

        Iterating raises:
            EventTooLargeError: An event is larger than `max_event_size`.
            TypeError: The source is nothing that can be read without await.
        """
        pieces = open_source(self._event_source).pieces
        yield from EventIterator(_utf8(pieces, self._char_enc), SSEDecoder(**self._decoder_options), make=_event)

    def close(self) -> None:
        """Close the event source."""
        source: Any = self._event_source
        source.close()


def _utf8(pieces: Iterator[Piece], encoding: str) -> Iterator[Piece]:
    """Return the pieces as UTF-8, which is all that an event stream may be."""
    return pieces if codecs.lookup(encoding).name in ("utf-8", "ascii") else _recoded(pieces, encoding)


def _recoded(pieces: Iterator[Piece], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for piece in pieces:
        yield decoder.decode(bytes(piece)).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
