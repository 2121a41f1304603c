"""How far a stream came over its connections, and whether another one may follow.

1. What arrives is held until it tells a first delta. What is held can be dropped, and asked for again.
2. From then on nothing is asked for twice: only a response that begins behind a known position may follow.
3. Where that may happen, only whole events are passed on: half of one would be continued by another's beginning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssewire._backoff import check_seconds, headers_of, is_retryable, is_retryable_status, jitter, retry_after
from ssewire._core import Accumulator, EventIterator, OtherDelta, SSEDecoder, UsageDelta
from ssewire._errors import IncompleteStreamError, ProviderError, StreamError
from ssewire._retrying.options import StreamPosition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from ssewire._core import ServerSentEvent
    from ssewire._retrying.options import RetryOptions
    from ssewire._sources.base import Piece
    from ssewire._types import Delta, Dialect, Limits


# As much is held at most: keep-alives alone may come for ever.
_MOST_HELD = 1 << 20

# Words for what passes, in errors inside a stream, which have no status: of Anthropic, OpenAI, Google and gateways.
_PASSING = frozenset(
    {
        *("api_error", "overloaded", "overloaded_error", "rate_limit_error", "rate_limit_exceeded", "timeout_error"),
        *("engine_overloaded", "internal_error", "internal_server_error", "server_error", "service_unavailable"),
        *("deadline_exceeded", "internal", "resource_exhausted", "unavailable"),
    }
)
# Statuses 429 that do not pass: the money ran out.
_SPENT = frozenset({"billing_hard_limit_reached", "credit_balance_exhausted", "insufficient_quota"})


class EndedEarlyError(StreamError):
    """A body ended before its first delta, or before the end of a stream that can be resumed."""


class Progress:
    """What was passed on of a stream, and the rules for another attempt.

    Attributes:
        accumulator: That of the stream, which has taken all that was passed on.
        limits: Of the options, those of an accumulator.
        delay: Seconds to wait before the next attempt.
    """

    accumulator: Accumulator

    def __init__(self, dialect: Dialect | None, options: RetryOptions, *, resumes: bool) -> None:
        limits: Any = dict(options)
        self._attempts: int = limits.pop("attempts", 3)
        self._base: float = limits.pop("delay", 0.5)
        self._most: float = limits.pop("max_delay", 60.0)
        self._on_error = limits.pop("on_error", None)
        check_seconds(delay=self._base, max_delay=self._most)
        if self._attempts < 1:
            raise ValueError(f"attempts: expected at least 1, got {self._attempts!r}")
        self.limits: Limits = limits
        self.delay = 0.0
        self.position = StreamPosition()
        self._dialect = dialect
        self._resumes = resumes
        self._begun = False
        self._failures = 0
        self._furthest = -1  # the highest sequence number of all attempts: beyond it there is progress
        self._events: EventIterator[ServerSentEvent] | None = None
        self._drop()

    def _drop(self) -> None:
        """Forget what was held: it will come again."""
        self._held: list[bytes] = []
        self._size = 0
        self._watcher = Accumulator(self._dialect, **self.limits)

    def begin(self, *, event_stream: bool) -> None:
        """Begin with another response."""
        limit = self.limits.get("max_event_size", 64 << 20)
        whole_events = self._resumes and event_stream
        self._events = EventIterator(None, SSEDecoder(max_event_size=limit)) if whole_events else None

    def can_resume(self) -> bool:
        """Whether what comes next is to be asked for behind a position."""
        return self._resumes and self.position != StreamPosition()

    def take(self, piece: Piece) -> Iterable[Piece]:
        """Take a piece; return what is to be passed on.

        Raises:
            ProviderError: The stream carries an error, and nothing was passed on.
            EventTooLargeError: An event, or what is kept, is larger than its limit.
        """
        if self._events is not None:
            piece = b"".join(self._new_events(self._events, piece))
        if self._begun:
            self._failures = 0 if piece else self._failures
            return (piece,)
        self._held.append(bytes(piece))  # whose buffer it is may fill it anew
        self._size += len(piece)
        self._begun = self._tells(self._watcher.feed(piece)) or self._watcher.done or self._size > _MOST_HELD
        if not self._begun and self._watcher.error is not None:
            raise self._watcher.error
        return self.release() if self._begun else ()

    def end(self) -> Iterable[Piece]:
        """Take the end of a body; return what is to be passed on.

        Raises:
            EndedEarlyError: More can be asked for.
        """
        if self._begun:
            # Of an API that is not known, the end of the body is the end of the stream.
            if self._resumes and not (self._is_over() or self.accumulator.dialect is None):
                raise EndedEarlyError("the body ended before the stream did")
            return ()
        self._begun = self._tells(self._watcher.flush()) or self._watcher.done
        if not self._begun:
            raise self._watcher.error or EndedEarlyError("the body ended before its first delta")
        return self.release()

    def release(self) -> Iterable[Piece]:
        """Return what was held, which is held no more."""
        held, self._held = self._held, []
        return held

    def may_try_again(self, error: Exception) -> bool:
        """Whether another attempt is to be made after an error; `delay` says when."""
        self._failures += 1
        if self._begun and (self._is_over() or not self.can_resume()):
            return False
        if self._failures >= self._attempts or not self._is_wanted(error):
            return False
        if self._watcher.error is not None:
            self.position = StreamPosition()  # the response has failed: nothing comes behind it
        if not self.can_resume():
            self._drop()
        wait = jitter(self._failures - 1, self._base, self._most)
        self.delay = min(self._most, max(wait, retry_after(error) or 0.0))
        return True

    def _is_wanted(self, error: Exception) -> bool:
        wanted = None if self._on_error is None else self._on_error(error)
        return _passes(error) if wanted is None else bool(wanted)

    def give_up(self, error: Exception) -> None:
        """Raise what a stream cannot find out by itself, from what it was passed."""
        told_in_the_stream = self._watcher.error is not None and not self._begun
        if told_in_the_stream or isinstance(error, EndedEarlyError):
            return
        if self._begun and isinstance(error, StreamError):
            text = f"the stream broke off, and could not be resumed: {error}"
            raise IncompleteStreamError(text, snapshot=self.accumulator.snapshot) from error
        raise error

    def _is_over(self) -> bool:
        return self.accumulator.done or self.accumulator.error is not None

    @staticmethod
    def _tells(deltas: list[Delta]) -> bool:
        """Whether there is anything in them that should not be given twice."""
        return any(
            not (isinstance(delta, UsageDelta) or (isinstance(delta, OtherDelta) and delta.kind == "role"))
            for delta in deltas
        )

    def _new_events(self, events: EventIterator[ServerSentEvent], piece: Piece) -> Iterator[bytes]:
        """Give the events that a piece completes, but for those that were there before; go to their position."""
        events.take(piece)
        for event in events:
            response_id, number = _place(event)
            before = self.position.sequence_number
            if number is not None and before is not None and number <= before:
                continue
            self.position = StreamPosition(
                response_id or self.position.response_id,
                before if number is None else number,
                events.last_event_id or self.position.last_event_id,
            )
            if number is not None and number > self._furthest:
                self._furthest, self._failures = number, 0
            yield event.encode()


def _place(event: ServerSentEvent) -> tuple[str | None, int | None]:
    """Return the response's id and the sequence number that an event tells."""
    try:
        payload = event.json()
    except ValueError:  # the sentinel, or another API's event
        return None, None
    if not isinstance(payload, dict):
        return None, None
    response, number = payload.get("response"), payload.get("sequence_number")
    response_id = response.get("id") if isinstance(response, dict) else None
    return (
        response_id if isinstance(response_id, str) else None,
        number if isinstance(number, int) and not isinstance(number, bool) else None,
    )


def _passes(error: Exception) -> bool:
    """Whether what is wrong may have passed by the next attempt."""
    # OpenAI's and Anthropic's packages obey it, whatever the status.
    told = {"true": True, "false": False}.get(headers_of(error).get("x-should-retry", "").lower())
    if told is not None:
        return told
    if isinstance(error, ProviderError):
        words = {str(word).lower() for word in (error.code, error.type) if word is not None}
        if words & _SPENT:
            return False
        status = error.code if error.status is None and isinstance(error.code, int) else error.status
        return is_retryable_status(status) or (status is None and bool(words & _PASSING))
    return isinstance(error, EndedEarlyError) or is_retryable(error)
