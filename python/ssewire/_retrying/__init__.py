"""`retrying` and `aretrying`: streams of APIs without event IDs, asked for again as long as nobody has seen a delta.

What is retried is a source like any other, of which a `Stream` is made: all that it does it does here too.

    progress        what was passed on, and whether to try again: no I/O
    synchronous     a source of several responses
    asynchronous    its twin
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ssewire._async_stream import AsyncStream
from ssewire._retrying.asynchronous import AsyncRetryingSource
from ssewire._retrying.options import RetryOptions, StreamPosition
from ssewire._retrying.progress import Progress
from ssewire._retrying.synchronous import RetryingSource
from ssewire._stream import Stream
from ssewire._types import Dialect, Unpack

__all__ = ["StreamPosition", "aretrying", "retrying"]


def retrying(
    connect: Callable[[], object],
    dialect: Dialect | None = None,
    *,
    resume: Callable[[StreamPosition], object] | None = None,
    **options: Unpack[RetryOptions],
) -> Stream:
    """Return a stream that asks again when a connection fails before the first delta. Never is text given twice.

    Before the first delta it asks again after a failure of the transport, an end before anything came, statuses 408,
    409, 429 and from 500 on, and errors inside the stream that say the same ("overloaded"). A role and a usage wait for
    the first delta that tells more. After it a failure is raised, with the snapshot so far, as by any `Stream`; unless
    the API can resume: then the stream goes on behind the last event that arrived whole.

    Args:
        connect: Makes the request, and returns a response that is not read yet, as `Stream` takes it. It may raise what
            `raise_for_status` raises. Called when the stream is first read, in a thread of its own, so that `close`
            does not wait for it.
        dialect: As `Stream` takes it.
        resume: Asks for what comes behind a position, once there is one to be told; `connect` is not called any more.
            Responses that run in the background continue with `GET /responses/{response_id}?stream=true` and
            `starting_after={sequence_number}`, MCP (2025-11-25) with a GET and the header Last-Event-ID.
        options: `attempts`: how many connections in a row may bring nothing new (3). `delay`: seconds; before each
            further attempt a random time passes, up to `delay` (0.5), which doubles with each failure. `max_delay`: the
            most of it (60), of `Retry-After` too. `on_error`: called with each error that a further attempt could mend;
            True has it made, False not, None as above. `max_event_size`, `max_total_size`, `max_choices`,
            `max_tool_calls`: as `Accumulator` takes them.

    Iterating raises what iterating a `Stream` does; and what `connect` and `resume` raise, as the cause of an
    IncompleteStreamError.

    Raises:
        TypeError: `connect` cannot be called: it makes the request anew for each attempt.
        ValueError: The dialect is not known, or an option makes no sense.
    """
    _check(connect)
    progress = Progress(dialect, options, resumes=resume is not None)
    source: Any = RetryingSource(progress, connect, resume)
    stream = Stream(source, dialect, **progress.limits)
    progress.accumulator = stream._reader.accumulator  # noqa: SLF001 - it knows what has been given out
    return stream


def aretrying(
    connect: Callable[[], Awaitable[object]],
    dialect: Dialect | None = None,
    *,
    resume: Callable[[StreamPosition], Awaitable[object]] | None = None,
    **options: Unpack[RetryOptions],
) -> AsyncStream:
    """Return a stream that asks again when a connection fails before the first delta: `retrying` for `AsyncStream`s.

    Args:
        connect: As for `retrying`, but awaited, in the task that reads.
        dialect: As `AsyncStream` takes it.
        resume: As for `retrying`, but awaited.
        options: As for `retrying`.

    Iterating raises what iterating an `AsyncStream` does.

    Raises:
        TypeError: `connect` cannot be called: it makes the request anew for each attempt.
        ValueError: The dialect is not known, or an option makes no sense.
    """
    _check(connect)
    progress = Progress(dialect, options, resumes=resume is not None)
    source: Any = AsyncRetryingSource(progress, connect, resume)
    stream = AsyncStream(source, dialect, **progress.limits)
    progress.accumulator = stream._reader.accumulator  # noqa: SLF001 - it knows what has been given out
    return stream


def _check(connect: object) -> None:
    if not callable(connect):
        asked = "a function that makes the request and returns its response, for each attempt anew"
        raise TypeError(f"connect: expected {asked}, got {connect!r}")
