"""The types of `retrying` and `aretrying`; they are there at runtime too, as those of everything public."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ssewire._types import Limits


class RetryOptions(Limits, total=False):
    """What `retrying` and `aretrying` take."""

    attempts: int
    delay: float
    max_delay: float
    on_error: Callable[[Exception], bool | None] | None


@dataclass(frozen=True)
class StreamPosition:
    """How far a stream came: behind the last event that arrived whole.

    Attributes:
        response_id: The `id` of the response that the events are of (Responses); None if none told it.
        sequence_number: The highest `sequence_number` (Responses); None if there was none.
        last_event_id: The last event ID (MCP); "" if there was none.
    """

    response_id: str | None = None
    sequence_number: int | None = None
    last_event_id: str = ""
