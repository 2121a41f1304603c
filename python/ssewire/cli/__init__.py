"""The command `ssewire`: look at event streams, replay them, see the package at work.

    cat       a stream's text, as it arrives
    deltas    what it changes, delta by delta, a JSON line each
    events    a stream's events, a JSON line each
    fold      recorded streams as rows: JSON lines or Parquet
    stats     what there is in recorded streams
    serve     recorded streams as an OpenAI-compatible endpoint on loopback
    demo      one stream through every installed HTTP client

Results go to stdout, everything else to stderr; what the exit status says is in `ssewire.cli.status`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

import ssewire
from ssewire.cli import cat, deltas, demo, events, fold, serve, stats
from ssewire.cli.arguments import Parser
from ssewire.cli.completion import FILES, PrintCompletion
from ssewire.cli.status import BROKEN_PIPE, INTERRUPTED, OUTPUT, STATUS_HELP, CommandError, complain, status_of, tell

__all__ = ["main"]


_EXAMPLES = """examples:
  ssewire demo                                       see it work, through every installed HTTP client
  ssewire cat --model gpt-5 --prompt "Hello!"        ask a provider; the key comes from OPENAI_API_KEY
  curl -sN URL -d @request.json | ssewire cat        show any stream
  ssewire serve --port 8000 --rate 20                a server to try clients against
  ssewire COMMAND --help                             more of a command"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    Args:
        argv: the arguments after the command's name; None takes the process's own.

    Raises:
        SystemExit: with 2 for arguments that are wrong, with 0 after `--help` and `--version`.
    """
    if sys.stdout is None:  # it was closed before the command began
        complain("the output cannot be written: stdout is closed")
        return OUTPUT
    if isinstance(sys.stdout, TextIOWrapper):
        # Text from elsewhere may hold what the terminal's encoding lacks, or half of a surrogate pair.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = _run(argv)
        sys.stdout.flush()  # here, where a closed pipe can be told from a crash
    except (CommandError, ssewire.StreamError, KeyboardInterrupt, OSError) as error:
        return _ended_by(error)
    return status


def _run(argv: Sequence[str] | None) -> int:
    try:
        args = _parser().parse_args(argv)
    except SystemExit as ended:
        if not ended.code:
            sys.stdout.flush()  # the help, which is an output like others
        raise
    status: int = args.run(args)
    return status


def _ended_by(error: BaseException) -> int:
    """Say what ended the command, and return its exit status."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, CommandError):
        complain(str(error))
        return error.status
    if isinstance(error, ssewire.StreamError):
        tell(error)
        return status_of(error)
    # What is read has errors of its own, so it is the output that failed.
    _forget_stdout()
    if isinstance(error, BrokenPipeError):
        return BROKEN_PIPE
    complain(f"the output cannot be written: {getattr(error, 'strerror', None) or error}")
    return OUTPUT


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="ssewire",
        description="Read, replay and demonstrate LLM event streams.",
        epilog=f"{_EXAMPLES}\n\n{STATUS_HELP}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"ssewire {ssewire.__version__}")
    parser.add_argument(
        "--print-completion",
        choices=tuple(FILES),
        action=PrintCompletion,
        help="print what completes the command in this shell, and exit; needs shtab",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (cat, deltas, events, fold, stats, serve, demo):
        command.add_to(commands)
    return parser


def _forget_stdout() -> None:
    """Let what is still buffered go nowhere: it could not be written, and the interpreter would try once more."""
    with contextlib.suppress(OSError, ValueError):  # a replaced stdout may have no descriptor: then nothing is flushed
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
