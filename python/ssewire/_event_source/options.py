"""The types of an event source's options and state; they are there at runtime too, as those of everything public."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, TypedDict

ReadyState: TypeAlias = Literal["connecting", "open", "closed"]


class EventSourceOptions(TypedDict, total=False):
    """What both event sources take."""

    last_event_id: str
    reconnection_time: float
    min_delay: float
    max_delay: float
    max_event_size: int | None
    on_error: Callable[[Exception], bool | None] | None
    on_comment: Callable[[str], object] | None
