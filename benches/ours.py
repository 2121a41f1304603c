"""What ssewire does with a body in pieces: as readers that take part in comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ssewire

from benches.compare import AsyncReader, Reader, Whole
from benches.fixtures import Call, Event, Message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


async def apieces(pieces: list[bytes]) -> AsyncIterator[bytes]:
    """Pieces as an asynchronous source gives them, without any waiting."""
    for piece in pieces:
        yield piece


def event(found: ssewire.ServerSentEvent) -> Event:
    """An event as fixtures have it."""
    return Event(found.data, found.event, found.id)


def message(snapshot: ssewire.Snapshot) -> Message:
    """A snapshot as fixtures have it."""
    choice = snapshot.choices[0]
    calls = tuple(Call(call.id or "", call.name or "", call.arguments) for call in choice.tool_calls)
    tokens = snapshot.usage.output_tokens if snapshot.usage else None
    return Message(choice.content or "", choice.reasoning or "", calls, choice.finish_reason, tokens)


def _feed(pieces: list[bytes]) -> Iterator[ssewire.ServerSentEvent]:
    decoder = ssewire.SSEDecoder()
    for piece in pieces:
        yield from decoder.feed(piece)


class _Feed(Reader):
    """The loop that a user writes around `feed`: not a generator, as that is one more thing."""

    def run(self, pieces: list[bytes]) -> None:
        """Read to the end, and keep nothing."""
        feed = ssewire.SSEDecoder().feed
        for piece in pieces:
            for _ in feed(piece):
                pass


def _observe(pieces: list[bytes]) -> ssewire.Snapshot:
    accumulator = ssewire.Accumulator()
    observe = accumulator.observe
    for piece in pieces:
        observe(piece)
    return accumulator.close()


def _deltas(pieces: list[bytes]) -> Iterator[Any]:
    return iter(ssewire.Stream(pieces))


EVENTS = [
    Reader("ssewire iter_sse", ssewire.iter_sse, event),
    _Feed("ssewire SSEDecoder.feed", _feed, event),
]
ASYNC_EVENTS = [
    AsyncReader("ssewire aiter_sse", lambda pieces: ssewire.aiter_sse(apieces(pieces)), event),
]
TEXTS = [Reader("ssewire Stream.text_stream", lambda pieces: ssewire.Stream(pieces).text_stream)]
ASYNC_TEXTS = [
    AsyncReader("ssewire AsyncStream.text_stream", lambda pieces: ssewire.AsyncStream(apieces(pieces)).text_stream),
]
MESSAGES = [
    Whole("ssewire collect", ssewire.collect, message),
    Whole("ssewire Accumulator.observe", _observe, message),
    Whole("ssewire Stream.until_done", lambda pieces: ssewire.Stream(pieces).until_done(), message),
]
WHOLE_BODIES = [Whole("ssewire collect", lambda pieces: ssewire.collect(pieces[0]), message)]
DELTAS = [Reader("ssewire Stream", _deltas)]
