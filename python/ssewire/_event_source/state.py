"""What an event source knows between two reads: no I/O, no threads, no event loop.

    connecting ──► open ──► connecting ──► … ──► closed

1. The last event ID is that of the events that were given to the caller: the decoder goes from event to event as they
   are asked for, and an event that a broken connection leaves half is dropped with its ID.
2. An end of the body is no error: the server is asked again after the reconnection time.
3. Every error is told to the listener, kept, and then either retried or raised.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ssewire._backoff import check_seconds, is_retryable, jitter, retry_after
from ssewire._core import EventIterator, ServerSentEvent, SSEDecoder
from ssewire._event_source.request import merged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ssewire._event_source.options import ReadyState
    from ssewire._event_source.request import Headers
    from ssewire._sources import AsyncSource, Source


READ_TIMEOUT = 300.0  # seconds: twenty times what the standard advises for comments that keep a stream alive (9.2.7)
BODY_SECONDS = 5.0  # that the body of a refused response may take: its status is known already
_LEAST_BACKOFF = 0.1  # seconds: what is doubled where the server asks for no wait at all, once it fails
_DEFAULT_MAX_EVENT_SIZE = 64 << 20
_OK, _NO_CONTENT = 200, 204
_EVENT_STREAM = "text/event-stream"
_DEFAULTS: Headers = {"Accept": _EVENT_STREAM, "Cache-Control": "no-cache"}  # HTML standard, 9.2.2, steps 9 to 11

# A header field's value without blanks around it, which would not arrive (RFC 9110, 5.5), of at most 4 KiB.
_TRANSPORTABLE = re.compile(rb"[!-~\x80-\xff](?:[\t -~\x80-\xff]{0,4094}[!-~\x80-\xff])?")


class State:
    """The state of an event source, and its rules."""

    def __init__(  # noqa: PLR0913 - the options
        self,
        *,
        last_event_id: str = "",
        reconnection_time: float = 1.0,
        min_delay: float = 0.1,
        max_delay: float = 60.0,
        max_event_size: int | None = _DEFAULT_MAX_EVENT_SIZE,
        on_error: Callable[[Exception], bool | None] | None = None,
        on_comment: Callable[[str], object] | None = None,
    ) -> None:
        check_seconds(reconnection_time=reconnection_time, min_delay=min_delay, max_delay=max_delay)
        if min_delay > max_delay:
            raise ValueError(f"min_delay: expected at most max_delay={max_delay!r}, got {min_delay!r}")
        decoder = _decoder_after(last_event_id, max_event_size)
        self.events = EventIterator(None, decoder, on_comment=on_comment)
        self.closed = False
        self.restarting = False
        self.is_open = False
        self.error: Exception | None = None
        self.delay = 0.0  # seconds until the next connection
        self._initial = reconnection_time
        self._least, self._most = min_delay, max_delay
        self._failures = 0
        self._on_error = on_error

    @property
    def interrupted(self) -> bool:
        """Whether what goes on now is to end: the source was closed, or is to connect anew."""
        return self.closed or self.restarting

    @property
    def ready_state(self) -> ReadyState:
        """The standard's readyState."""
        return "closed" if self.closed else "open" if self.is_open else "connecting"

    @property
    def reconnection_time(self) -> float:
        """Seconds: the last valid `retry`, else the initial one, within the bounds."""
        retry = self.events.retry
        return self._bounded(self._initial if retry is None else retry / 1000)

    def headers(self, *, ascii_only: bool) -> Headers:
        """Return the headers of the next request that do not depend on the caller."""
        value = self.events.last_event_id.encode()
        if not _TRANSPORTABLE.fullmatch(value):
            return {}
        if value.isascii():
            return {"Last-Event-ID": value.decode()}
        return {} if ascii_only else {"Last-Event-ID": value}

    def interrupt(self, *, closed: bool) -> None:
        """Ask for the end of what goes on: for good, or for a new connection."""
        if closed:  # two threads may ask: neither takes back what the other one set
            self.closed = True
        else:
            self.restarting = True

    def begin(self) -> None:
        """Begin a connection."""
        self.restarting = False
        self.is_open = False

    def accepts(self, source: Source | AsyncSource) -> bool:
        """Whether the response is an event stream; where it says that none will come any more, close.

        HTML standard, 9.2.2: 204 stops the client for good; what is not 200, or of another type, is no stream.
        What has no status and no type, as an iterable, is taken for one.
        """
        if source.status == _NO_CONTENT:
            self.closed = True
            return False
        if source.status is None:
            return True
        kind = (source.content_type or "").partition(";")[0].strip().lower()
        return source.status == _OK and kind == _EVENT_STREAM

    def opened(self) -> None:
        """The response is an event stream."""
        self.is_open = True
        self._failures = 0

    def end(self, error: Exception | None) -> None:
        """End a connection: what it left unfinished is dropped, and the next one gets its delay.

        Raises:
            Exception: The error, where it is final.
        """
        self.is_open = False
        self.events.close()
        self.delay = 0.0
        if self.interrupted:
            return
        self.delay = self._bounded(self.reconnection_time + self._backoff())
        if error is None:
            return
        self._failures += 1
        self.delay = self._bounded(max(self.delay, retry_after(error) or 0.0))
        self.error = error
        wanted = None if self._on_error is None else self._on_error(error)
        if self.interrupted:
            return  # the listener closed it, or has it connect anew
        if not (is_retryable(error) if wanted is None else wanted):
            self.closed = True
            raise error

    def _backoff(self) -> float:
        """Draw what is waited beside the reconnection time: "optionally, wait some more" (9.2.3)."""
        base = self.reconnection_time
        return jitter(self._failures, max(base, _LEAST_BACKOFF) if self._failures else base, self._most)

    def _bounded(self, seconds: float) -> float:
        return min(max(seconds, self._least), self._most)


def request_headers(headers: Mapping[str, str] | None) -> Headers:
    """Return the caller's headers with those of an event source, in a new dict; the caller's count more."""
    return merged(_DEFAULTS, headers or {})


def _decoder_after(last_event_id: str, max_event_size: int | None) -> SSEDecoder:
    """Return a decoder in the state that an event with that ID leaves; ValueError for an ID that no event can have."""
    decoder = SSEDecoder(max_event_size=max_event_size)
    if last_event_id:
        decoder.feed(ServerSentEvent(id=last_event_id).encode())
        decoder.close()
    return decoder
