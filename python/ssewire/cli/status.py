"""What the exit status says, and how complaints are written."""

from __future__ import annotations

import sys

import ssewire

COMPLETE = 0
TRUNCATED = 1
USAGE = 2  # argparse's own
PROVIDER = 3
TOO_LARGE = 4
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
BROKEN_PIPE = 141  # 128 + SIGPIPE

# What a server sent may be in a complaint, and a terminal would obey it. Those from 0x80 on are C1 controls (ECMA-48).
_CONTROLS = {code: ascii(chr(code))[1:-1] for code in [*range(0x20), *range(0x7F, 0xA0)]}

STATUS_HELP = """exit status:
  0  the stream is complete
  1  it was truncated: it ended before its terminal, or the connection failed
  2  wrong usage, or FILE or URL cannot be opened
  3  the stream or the response carried an error
  4  an event is larger than allowed
130  interrupted"""


class CommandError(Exception):
    """Something that the user can put right; the text is the complaint."""

    status = USAGE


def complain(text: str) -> None:
    """Write one line to stderr; control characters are written as escapes."""
    print(f"ssewire: {text.translate(_CONTROLS)}", file=sys.stderr)


def status_of(error: ssewire.StreamError) -> int:
    """Return the exit status that tells of `error`."""
    if isinstance(error, ssewire.IncompleteStreamError):
        return TRUNCATED
    if isinstance(error, ssewire.EventTooLargeError):
        return TOO_LARGE
    return PROVIDER


def told(error: ssewire.StreamError) -> str:
    """Put an error in one line: its kind and its message."""
    return f"{type(error).__name__}: {error}"
