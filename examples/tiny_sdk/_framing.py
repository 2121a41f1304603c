"""The decoder: ssewire's, or one in Python where there is no wheel of it.

Only this module knows which. Both have `feed(bytes)`, which gives events with `event` and `data`, and raise
`EventTooLargeError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    class Framed(Protocol):
        """An event of the stream."""

        @property
        def event(self) -> str:
            """Its name, "message" where it has none."""

        @property
        def data(self) -> str:
            """Its lines of data."""

    class Decoder(Protocol):
        """What the SDK uses of a decoder."""

        def feed(self, data: bytes, /) -> Iterable[Framed]:
            """Take a piece of the body, cut anywhere; give the events that it completes."""


try:
    from ssewire import EventTooLargeError, SSEDecoder
except ImportError:  # a platform for which there is no wheel
    from tiny_sdk._pure import EventTooLargeError, SSEDecoder  # type: ignore[assignment]

MAX_EVENT_SIZE = 1024 * 1024  # bytes; the service documents 64 KiB


def decoder() -> Decoder:
    """Make the decoder of one stream."""
    return SSEDecoder(max_event_size=MAX_EVENT_SIZE)


__all__ = ["EventTooLargeError", "decoder"]
