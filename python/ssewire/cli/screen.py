"""Deltas on a terminal, or as plain text where stdout is none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

import ssewire
from ssewire._json import dumps

if TYPE_CHECKING:
    from collections.abc import Hashable

_DIM, _BOLD, _NORMAL = "\x1b[2m", "\x1b[1m", "\x1b[22m"
# A model's text may hold anything: on a terminal, control characters but newline and tab are shown, not obeyed.
_CONTROLS = {code: "\N{REPLACEMENT CHARACTER}" for code in [*range(0x20), *range(0x7F, 0xA0)] if code not in {9, 10}}
# JSON's own escapes leave these out.
_JSON_CONTROLS = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}
_TEXT, _REASONING = "text", "reasoning"


def without_controls(text: str) -> str:
    """Return text that a terminal shows and does not obey; newlines and tabs stay."""
    return text.translate(_CONTROLS)


def json_text(value: object, indent: int | None = None) -> str:
    """Write JSON that a terminal shows: all other characters stand for themselves, control characters are escaped."""
    return dumps(value, ensure_ascii=False, indent=indent).translate(_JSON_CONTROLS)


def terminal_size(terminal: TextIO) -> tuple[int, int]:
    """Return a terminal's columns and rows; of one that does not tell, the usual ones."""
    try:
        size = os.get_terminal_size(terminal.fileno())
    except OSError:
        return 80, 24
    return size.columns or 80, size.lines or 24


class Screen:
    """Shows the first choice's deltas as they come.

    A terminal gets the answer's text, the reasoning dimmed, and each tool call on a line of its own, which begins again
    where calls alternate. Anything else gets the answer's text and not a byte more. The environment variable NO_COLOR
    (no-color.org) keeps the terminal's text free of dimming.
    """

    def __init__(self, out: TextIO) -> None:
        """Write to `out`."""
        self._out = out
        self._terminal = out.isatty()
        self._coloured = self._terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._section: Hashable = None  # what was written last: text, reasoning, or the index of a tool call
        self._in_line = False  # whether the cursor stands behind something

    def show(self, delta: ssewire.Delta) -> None:
        """Write what one delta brings, and flush it."""
        if delta.choice != 0:
            return
        if isinstance(delta, (ssewire.TextDelta, ssewire.RefusalDelta)):
            self._write(_TEXT, delta.text)
        elif not self._terminal:
            return
        elif isinstance(delta, ssewire.ReasoningDelta):
            self._write(_REASONING, delta.text, _DIM)
        elif isinstance(delta, ssewire.ToolCallDelta):
            self._show_call(delta)

    def finish(self) -> None:
        """End a terminal's last line."""
        if self._terminal and self._in_line:
            self._put("\n")

    def _show_call(self, delta: ssewire.ToolCallDelta) -> None:
        if self._section != delta.index:
            self._begin(delta.index)
            self._put(self._styled(f"[{delta.index}] {delta.name or ''} ", _BOLD))
        self._put(self._styled(delta.arguments))

    def _write(self, section: str, text: str, style: str = "") -> None:
        if not text:
            return
        if self._terminal and self._section != section:
            self._begin(section)
        self._put(self._styled(text, style))

    def _begin(self, section: Hashable) -> None:
        if self._in_line:
            self._put("\n")
        self._section = section

    def _styled(self, text: str, style: str = "") -> str:
        if not self._terminal:
            return text
        safe = without_controls(text)
        return f"{style}{safe}{_NORMAL}" if style and self._coloured else safe

    def _put(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
        if text:
            self._in_line = not text.endswith("\n")
