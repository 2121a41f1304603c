"""What is measured of a stream: how much came, and when."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import ssewire


@dataclass
class Counts:
    """What went by.

    Attributes:
        size: bytes of the decompressed body.
        events: that an event stream dispatches.
        cut_off: whether the body ended inside an event: without the blank line that would have dispatched it.
        sample: the body's beginning, as long as there was no event in it.
    """

    size: int = 0
    events: int = 0
    cut_off: bool = False
    sample: bytes = b""


@dataclass
class Timing:
    """When the model's output came, in seconds since the start, and how much text.

    Attributes:
        start: the clock's time at the start.
        first: when the first text came.
        last: when the last text came.
        characters: of the text.
        output_first: when the first output of any kind came: text, reasoning, a refusal, a tool call.
        output_last: when the last output of any kind came.
    """

    start: float = field(default_factory=time.perf_counter)
    first: float | None = None
    last: float = 0.0
    characters: int = 0
    output_first: float | None = None
    output_last: float = 0.0

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self.start

    def note(self, delta: ssewire.Delta) -> None:
        """Take the time of a delta that brings output."""
        if isinstance(delta, (ssewire.FinishDelta, ssewire.UsageDelta, ssewire.OtherDelta)):
            return
        now = self.elapsed()
        self.output_first = now if self.output_first is None else self.output_first
        self.output_last = now
        if isinstance(delta, ssewire.TextDelta) and delta.text:
            self.first = now if self.first is None else self.first
            self.last = now
            self.characters += len(delta.text)

    def rate(self, count: int | None) -> float | None:
        """Return how many of `count` came a second, from the first output to the last; None where that is not known."""
        span = 0.0 if self.output_first is None else self.output_last - self.output_first
        return count / span if count and span else None

    def text_rate(self) -> float | None:
        """Return the characters of text a second, from the first to the last."""
        span = 0.0 if self.first is None else self.last - self.first
        return self.characters / span if span else None
