"""A line of figures below a stream, written again as it grows: where stderr is a terminal.

Where the text goes to the same terminal, the line takes the terminal's last row, and the text scrolls in the rows above
it (the scrolling region of ECMA-48's descendants: DECSTBM). Elsewhere it is one line, written over itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, TextIO

from ssewire.cli.screen import terminal_size, without_controls

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import ssewire
    from ssewire.cli.figures import Counts, Timing

_INTERVAL = 0.1  # seconds from one writing to the next
_LEAST_ROWS = 4
_SAVE, _RESTORE, _CLEAR = "\x1b7", "\x1b8", "\x1b[2K"
_DIM, _NORMAL = "\x1b[2m", "\x1b[22m"


def live_line(*, wanted: bool) -> Live | None:
    """Return the line; None where it is not wanted, or stderr is no terminal that can be written over."""
    err = sys.stderr
    if not wanted or err is None or not err.isatty() or os.environ.get("TERM") == "dumb":
        return None
    return Live(err, shared=sys.stdout.isatty())


class Live:
    """The line."""

    def __init__(self, err: TextIO, *, shared: bool) -> None:
        """Write to `err`; `shared` where the text goes to a terminal too."""
        self._err = err
        self._columns, self._rows = terminal_size(err)
        self._shared = shared and self._rows >= _LEAST_ROWS
        self._shown = not shared or self._shared  # in so small a terminal there is only room for the text
        self._last = 0.0
        self._begun = False

    def show(self, timing: Timing, counts: Counts, snapshot: ssewire.Snapshot) -> None:
        """Write the figures, unless that was just done."""
        now = time.perf_counter()
        if self._shown and now - self._last >= _INTERVAL:
            self._last = now
            self._write(_figures(timing, counts, snapshot))

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Take the line away at the end, whatever ends the command: what it does to a terminal would outlive it."""
        with contextlib.ExitStack() as stack:
            stack.callback(self.finish)
            if threading.current_thread() is threading.main_thread():  # no other one may
                stack.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, self._terminate))
            yield

    def _terminate(self, number: int, _frame: object) -> None:
        """Die of a signal, as without this, but without the line."""
        try:
            self.finish()
        finally:  # of a line that is being written right now Python lets nobody write
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    def finish(self) -> None:
        """Take the line away."""
        if self._begun and self._shared:
            self._put(f"{_SAVE}\x1b[r\x1b[{self._rows};1H{_CLEAR}{_RESTORE}")
        elif self._begun:
            self._put(f"\r{_CLEAR}")

    def _write(self, figures: str) -> None:
        text = without_controls(figures).replace("\n", " ")[: self._columns - 1]
        line = text if os.environ.get("NO_COLOR") else f"{_DIM}{text}{_NORMAL}"
        if not self._shared:
            shown = f"\r{_CLEAR}{line}"
        else:
            shown = f"{self._region()}{_SAVE}\x1b[{self._rows};1H{_CLEAR}{line}{_RESTORE}"
        self._begun = True  # before it is: a signal may come right behind it
        self._put(shown)

    def _region(self) -> str:
        """Let the text scroll above the last row, first and whenever the terminal's size has changed."""
        size = terminal_size(self._err)
        if self._begun and size == (self._columns, self._rows):
            return ""
        self._columns, self._rows = size
        # The index (IND) makes room below the cursor, which the command for the region would send to the top.
        return f"\x1bD\x1b[A{_SAVE}\x1b[1;{self._rows - 1}r{_RESTORE}"

    def _put(self, data: str) -> None:
        self._err.write(data)
        self._err.flush()


def _figures(timing: Timing, counts: Counts, snapshot: ssewire.Snapshot) -> str:
    """Say how far the stream is."""
    first = "waiting for the first text" if timing.first is None else f"first text {timing.first:.2f} s"
    parts = [f"{timing.elapsed():.1f} s", first, f"{counts.events} events"]
    rate = timing.rate(counts.events)
    if rate is not None:
        parts.append(f"{rate:.0f} events/s")
    if snapshot.usage is not None and snapshot.usage.output_tokens:
        parts.append(f"{snapshot.usage.output_tokens} tokens")
    if snapshot.tool_calls:
        parts.append(_calls(snapshot.tool_calls))
    return " · ".join(parts)


def _calls(calls: Sequence[ssewire.ToolCall]) -> str:
    """Say how many tool calls there are, and how the arguments of the last one end so far."""
    last = calls[-1]
    filled = f"{last.name or ''} {len(last.arguments)} characters …{last.arguments[-30:]}"
    return f"{len(calls)} tool call{'s' * (len(calls) > 1)}: {filled}"
