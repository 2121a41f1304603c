"""The framing that a client's streams use: events as the providers' packages expect them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssewire._core import EventIterator, SSEDecoder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from typing import Literal

    from ssewire._core import SdkEvent


class Decoder:
    """What `_make_sse_decoder` returns; it keeps nothing between two streams, so that any copy of it is as good.

    Beside being fast it differs from the packages' decoders in what they choke on: blocks without data are no events,
    unless they say `event: error`; a byte order mark is skipped; invalid UTF-8 becomes U+FFFD; and a last event that
    lacks only its blank line is given, where it is whole.
    """

    kind: Literal["package", "unread"] = "package"

    def iter_bytes(self, iterator: Iterable[bytes]) -> Iterator[SdkEvent]:
        """Return the events of the pieces of a body."""
        return EventIterator(iterator, _new_decoder(), self.kind)

    async def aiter_bytes(self, iterator: AsyncIterator[bytes]) -> AsyncIterator[SdkEvent]:
        """Yield the events of the pieces of a body."""
        events = EventIterator(None, _new_decoder(), self.kind)
        async for piece in iterator:
            events.take(piece)
            for event in events:
                yield event
        for event in events.close():
            yield event


class UnreadDecoder(Decoder):
    """The same, for a client that builds its objects from unread events.

    The packages read each payload, look whether it is an object with an error, and build a model of it. Built natively
    the model comes from the text itself, and nothing else needs the payload as Python objects: the event stands for it.
    """

    kind = "unread"


def _new_decoder() -> SSEDecoder:
    # The packages know no limit. Blocks without data have to come out: one of them may be an error.
    return SSEDecoder(max_event_size=None, tail="dispatch", dispatch_empty=True)
