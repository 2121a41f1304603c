"""The command `ssewire`: look at event streams, replay them, see the package at work.

    cat       a stream's text, as it arrives
    events    a stream's events, a JSON line each
    serve     recorded streams as an OpenAI-compatible endpoint on loopback
    demo      one stream through every installed HTTP client

Results go to stdout, everything else to stderr; what the exit status says is in `ssewire.cli.status`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

import ssewire
from ssewire.cli import cat, demo, events, serve
from ssewire.cli.status import BROKEN_PIPE, INTERRUPTED, STATUS_HELP, CommandError, complain, status_of, told

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    Args:
        argv: the arguments after the command's name; None takes the process's own.

    Raises:
        SystemExit: with 2 for arguments that are wrong, with 0 after `--help` and `--version`.
    """
    args = _parser().parse_args(argv)
    if isinstance(sys.stdout, TextIOWrapper):
        # Text from elsewhere may hold what the terminal's encoding lacks, or half of a surrogate pair.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status: int = args.run(args)
        sys.stdout.flush()  # here, where a closed pipe can be told from a crash
    except CommandError as error:
        complain(str(error))
        return error.status
    except ssewire.StreamError as error:
        complain(told(error))
        return status_of(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return BROKEN_PIPE
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ssewire",
        description="Read, replay and demonstrate LLM event streams.",
        epilog=STATUS_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"ssewire {ssewire.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (cat, events, serve, demo):
        command.add_to(commands)
    return parser


def _forget_stdout() -> None:
    """Let what is still buffered go nowhere: its reader left, as `head` does, and that is no error of ours."""
    with contextlib.suppress(OSError, ValueError):  # a replaced stdout may have no descriptor: then nothing is flushed
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
