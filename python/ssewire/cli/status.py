"""What the exit status says, and how complaints are written."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import ssewire

if TYPE_CHECKING:
    from collections.abc import Iterable

COMPLETE = 0
TRUNCATED = 1
USAGE = 2  # argparse's own
PROVIDER = 3
TOO_LARGE = 4
OUTPUT = 5
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
BROKEN_PIPE = 141  # 128 + SIGPIPE

# What a server sent may be in a complaint, and a terminal would obey it. Those from 0x80 on are C1 controls (ECMA-48).
_CONTROLS = {code: ascii(chr(code))[1:-1] for code in [*range(0x20), *range(0x7F, 0xA0)]}

# By HTTP status: what is often the reason.
_HINTS = {
    401: "the key is read from OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, …, or passed with --header",
    403: "the key is read from OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, …, or passed with --header",
    404: "the URL may be wrong: it is the whole one, as in https://api.openai.com/v1/chat/completions",
    405: "the server may want a POST: pass a body with --data, or --model and --prompt",
}

STATUS_HELP = """exit status:
  0  the stream is complete
  1  it was truncated: it ended before its terminal, or the connection failed
  2  wrong usage, or FILE or URL cannot be opened
  3  the stream or the response carried an error
  4  an event is larger than allowed
  5  the output cannot be written: it is closed, or its disk is full
130  interrupted
141  the reader of the output left, as head does"""


class CommandError(Exception):
    """Something that the user can put right; the text is the complaint."""

    status = USAGE


def complain(text: str) -> None:
    """Write one line to stderr; control characters are written as escapes."""
    tell_lines([f"ssewire: {text}"])


def tell_lines(lines: Iterable[str]) -> None:
    """Write lines to stderr as they are, but for control characters, which are written as escapes."""
    if sys.stderr is None:  # it was closed before the command began
        return
    with contextlib.suppress(OSError):  # nobody is left who could be told
        for line in lines:
            print(one_line(line), file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """Return text with escapes for its control characters, line ends among them."""
    return text.translate(_CONTROLS)


def status_of(error: ssewire.StreamError) -> int:
    """Return the exit status that tells of `error`."""
    if isinstance(error, ssewire.IncompleteStreamError):
        return TRUNCATED
    if isinstance(error, ssewire.EventTooLargeError):
        return TOO_LARGE
    return PROVIDER


def tell(error: ssewire.StreamError) -> None:
    """Write an error to stderr: its kind and its message; then what the response says of it, and what may help."""
    complain(f"{type(error).__name__}: {error}")
    about = [] if error.retry_after is None else [f"ask again after {error.retry_after:g} s"]
    about += [f"request id {error.request_id}"] * (error.request_id is not None)
    hint = _HINTS.get(error.status or 0)
    about += [] if hint is None else [hint]
    if about:
        complain("; ".join(about))
