"""The framing that a client's streams use: events as the SDKs expect them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal

from ssewire._core import Accumulator, EventIterator, SSEDecoder
from ssewire._sources import direct

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator
    from types import CodeType, FrameType

    from ssewire._core import SdkEvent

    Kind = Literal["package", "loop", "unread"]

Truncated = Literal["ignore", "raise"]

_DEPTH = 4  # frames from `iter_bytes` up to the loop: `_iter_events`, and what a subclass has put around it


class Decoder:
    """What `_make_sse_decoder` returns; it keeps nothing between two streams, so that any copy of it is as good.

    Beside being fast it differs from the SDKs' decoders in what they choke on: a byte order mark is skipped; invalid
    UTF-8 becomes U+FFFD; a last event that lacks only its blank line is given, where it is whole; and blocks without
    data are no events, unless they have an event type. The SDKs' own loops choke on those too: they are given only
    `event: error`.

    An SDK's loop reads each payload, looks whether it is an object with an error, and has a model built of it. Built
    natively the model comes from the text itself, and nothing else needs the payload as Python objects: the event
    stands for it. So it is for the loops alone: whoever else iterates gets from `json()` what the SDK's events give.

    Args:
        client: The client whose streams are read.
        process: What builds objects of unread events; None where nothing does.
        loops: The code of the SDK's own loops.
        truncated: "raise" has a stream that is read to its end raise where that is not its terminal.
    """

    def __init__(
        self,
        client: Any,
        process: Callable[..., Any] | None,
        loops: frozenset[CodeType],
        truncated: Truncated = "ignore",
    ) -> None:
        self._client = client
        self._process = process
        self._loops = loops
        self._is_checked = truncated == "raise"

    def iter_bytes(self, iterator: Iterable[bytes]) -> Iterator[SdkEvent]:
        """Return the events of the pieces of a body."""
        kind = self._kind(sys._getframe(1))  # noqa: SLF001 - CPython's
        pieces = direct.read(iter(iterator))
        if self._is_checked:
            return _iterate_checked(pieces, kind)
        return EventIterator(pieces, _new_decoder(), kind)

    def aiter_bytes(self, iterator: AsyncIterator[bytes]) -> AsyncIterator[SdkEvent]:
        """Return the same of an asynchronous iterator."""
        kind = self._kind(sys._getframe(1))  # noqa: SLF001 - as above
        pieces = direct.aread(iterator)
        return _aiterate(pieces, kind, _new_watcher() if self._is_checked else None)

    def _kind(self, caller: FrameType | None) -> Kind:
        """Return which events are right for who iterates."""
        for _ in range(_DEPTH):
            if caller is None:
                break
            if caller.f_code in self._loops:
                return "unread" if self._builds() else "loop"
            caller = caller.f_back
        return "package"

    def _builds(self) -> bool:
        """Whether the client still builds its objects by `process`: nobody has overridden or undone it."""
        method = self._client._process_response_data  # noqa: SLF001 - the seam
        return self._process is not None and getattr(method, "__func__", None) is self._process


def _iterate_checked(pieces: Iterable[bytes], kind: Kind) -> Iterator[SdkEvent]:
    """Yield the events, and raise at their end what an accumulator that watched finds wrong."""
    watcher = _new_watcher()
    yield from EventIterator(_watched(pieces, watcher), _new_decoder(), kind)
    watcher.close()


def _watched(pieces: Iterable[bytes], watcher: Accumulator) -> Iterator[bytes]:
    for piece in pieces:
        watcher.observe(piece)
        yield piece


async def _aiterate(pieces: AsyncIterator[bytes], kind: Kind, watcher: Accumulator | None) -> AsyncIterator[SdkEvent]:
    events = EventIterator(None, _new_decoder(), kind)
    async for piece in pieces:
        if watcher is not None:
            watcher.observe(piece)
        events.take(piece)
        for event in events:
            yield event
    for event in events.close():
        yield event
    if watcher is not None:
        watcher.close()


def _new_watcher() -> Accumulator:
    # Without limits, as the SDKs; it is closed where the body ended, so not where the SDK stopped at its `[DONE]`.
    return Accumulator(max_event_size=None, max_choices=None, max_tool_calls=None)


def _new_decoder() -> SSEDecoder:
    # The SDKs know no limit. Blocks without data have to come out: one of them may be an error.
    return SSEDecoder(max_event_size=None, tail="dispatch", dispatch_empty=True)
