"""`iter_sse` and `aiter_sse`: a source read to its events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import Literal, TypedDict

from ssewire._core import EventIterator, ServerSentEvent, SSEDecoder
from ssewire._types import AsyncSourceLike, Piece, SourceLike, Unpack

Listener = Callable[[str], object]


class DecoderOptions(TypedDict, total=False):
    """What `SSEDecoder` takes."""

    max_event_size: int | None
    tail: Literal["discard", "dispatch"]
    dispatch_empty: bool


def iter_sse(
    source: SourceLike, *, on_comment: Listener | None = None, **options: Unpack[DecoderOptions]
) -> Iterator[ServerSentEvent]:
    """Iterate over the events of a source, as they arrive.

    The source is not closed; its exceptions come through.

    Args:
        source: A response of requests, httpx, httpx2, urllib3, niquests or http.client, a binary file, an iterable of
            bytes-like pieces, or one bytes-like object.
        on_comment: What is called with the text of each comment, in its place among the events: what follows the
            colon and one space (9.2.6 drops comments). What it raises comes out, and the events after it can still be
            read. A comment between events is held to `max_event_size` too.
        options: As `SSEDecoder` takes them.

    Iterating raises:
        EventTooLargeError: An event is larger than `max_event_size`.
        ProviderError, ResponseError: The response is no event stream, but an API error or something else.

    Iterating warns:
        RuntimeWarning: The source ended without any line end, but two of its pieces began like lines: an iterator of
            lines without their ends, as `iter_lines()` is. The HTML standard finds no event in them.

    Raises:
        TypeError: The source is of no kind that can be read, or only with `aiter_sse`.
    """
    from ssewire._response import event_pieces  # noqa: PLC0415 - parsing alone loads no code for HTTP clients
    from ssewire._sources import open_source  # noqa: PLC0415

    opened = open_source(source)
    return EventIterator(event_pieces(opened), SSEDecoder(**options), on_comment=on_comment, source=opened)


def aiter_sse(
    source: AsyncSourceLike, *, on_comment: Listener | None = None, **options: Unpack[DecoderOptions]
) -> AsyncGenerator[ServerSentEvent, None]:
    """Iterate over the events of an asynchronous source, as they arrive.

    The source is not closed; its exceptions come through. Under trio, who may leave it early closes the iterator:
    `async with aclosing(aiter_sse(…)) as events`.

    Args:
        source: A response of aiohttp, httpx or httpx2, an asynchronous iterable of bytes-like pieces, or one
            bytes-like object.
        on_comment: What is called with the text of each comment, in its place among the events: what follows the
            colon and one space (9.2.6 drops comments). What it raises comes out and ends the
            iterator. A comment between events is held to `max_event_size` too.
        options: As `SSEDecoder` takes them.

    Iterating raises:
        EventTooLargeError: An event is larger than `max_event_size`.
        ProviderError, ResponseError: The response is no event stream, but an API error or something else.

    Iterating warns:
        RuntimeWarning: The source ended without any line end, but two of its pieces began like lines: an iterator of
            lines without their ends, as `iter_lines()` is. The HTML standard finds no event in them.

    Raises:
        TypeError: The source is of no kind that can be read, or only with `iter_sse`.
    """
    from ssewire._response import aevent_pieces  # noqa: PLC0415 - parsing alone loads no code for HTTP clients
    from ssewire._sources import open_async_source  # noqa: PLC0415

    opened = open_async_source(source)
    events = EventIterator(None, SSEDecoder(**options), on_comment=on_comment, source=opened)
    return _events(aevent_pieces(opened), events)


async def _events(
    pieces: AsyncIterator[Piece], events: EventIterator[ServerSentEvent]
) -> AsyncGenerator[ServerSentEvent, None]:
    async for piece in pieces:
        events.take(piece)
        for event in events:
            yield event
    for event in events.close():
        yield event
