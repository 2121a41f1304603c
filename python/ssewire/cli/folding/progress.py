"""A line that says how far a run is: where stderr is a terminal, and only there."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING, TextIO

from ssewire.cli.folding.summary import size_text
from ssewire.cli.screen import terminal_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ssewire.cli.folding.summary import Summary

_INTERVAL = 0.1  # seconds from one writing to the next
_CLEAR = "\r\x1b[2K"
_WIDTH = 24  # columns of the bar


@contextlib.contextmanager
def progress_line(total: Callable[[], int | None], *, wanted: bool) -> Iterator[Callable[[int, Summary], None]]:
    """Show the line meanwhile; give what is to be called as often as there is something new.

    Args:
        total: returns the bytes of all files; None where that is not known. It is not called where there is no line.
        wanted: whether the line may be shown.
    """
    err = sys.stderr
    if not wanted or err is None or not err.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda _read, _summary: None
        return
    line = _Progress(err, total())
    try:
        yield line.show
    finally:
        line.finish()


class _Progress:
    """The line."""

    def __init__(self, err: TextIO, total: int | None) -> None:
        """Write to `err`."""
        self._err = err
        self._total = total
        self._start = time.perf_counter()
        self._last = 0.0
        self._read = 0

    def show(self, read: int, summary: Summary) -> None:
        """Count bytes that were read, and write how far it is, unless that was just done."""
        self._read += read
        now = time.perf_counter()
        if now - self._last >= _INTERVAL:
            self._last = now
            text = self._text(now - self._start, summary)[: terminal_size(self._err)[0] - 1]
            self._put(f"{_CLEAR}{text}")

    def finish(self) -> None:
        """Take the line away."""
        if self._last:
            self._put(_CLEAR)

    def _text(self, elapsed: float, summary: Summary) -> str:
        rate = self._read / elapsed if elapsed else 0.0
        figures = f"{summary.streams:,} streams in {summary.files:,} files, {size_text(rate)}/s"
        if not self._total:
            return figures
        part = min(self._read / self._total, 1.0)
        left = f", {(self._total - self._read) / rate:.0f} s left" if rate and part < 1 else ""
        return f"[{'#' * round(part * _WIDTH):·<{_WIDTH}}] {part:4.0%} {figures}{left}"

    def _put(self, text: str) -> None:
        self._err.write(text)
        self._err.flush()
