"""What `fold` and `stats` share: which recordings are read, and how."""

from __future__ import annotations

import argparse
import contextlib
import os
from typing import TYPE_CHECKING, Any

import ssewire
from ssewire.cli.arguments import positive
from ssewire.cli.batches import Batch, Folding, batches
from ssewire.cli.completion import completes_files
from ssewire.cli.progress import progress_line
from ssewire.cli.recorded import Unread, files_of
from ssewire.cli.source import options
from ssewire.cli.status import STATUS_HELP, CommandError
from ssewire.cli.summary import Summary
from ssewire.cli.workers import shared_batches

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator

_PATHS_HELP = """what is read:
  files       a stream each; HAR files; cassettes of vcrpy, VCR, go-vcr and their
              like, in YAML or JSON; with --column, JSON lines and Parquet
  folders     all files below them
  patterns    such as 'logs/**/*.sse', in quotes
  @FILE, @-   a list of paths in a file or on stdin, one a line, or ended by NULs
  -           on stdin what a file may be
All may be compressed with gzip or Zstandard."""


def add_command(commands: Any, name: str, summary: str, description: str, examples: str) -> argparse.ArgumentParser:
    """Add a command that reads recordings, with the arguments that say which, and how."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog=f"{_PATHS_HELP}\n\n{examples}\n\n{STATUS_HELP}\nOf several streams the largest counts.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    paths = parser.add_argument("paths", metavar="PATH", nargs="+", help="file, folder, pattern, @LIST, or - for stdin")
    completes_files(paths)
    parser.add_argument("--column", metavar="NAME", help="read JSON lines or Parquet, whose bodies are in this column")
    parser.add_argument(
        "--jobs", metavar="N", type=positive, default=1, help="processes that share the files (default: %(default)s)"
    )
    parser.add_argument("--dialect", help="the API of all streams (default: recognised, each one's)")
    parser.add_argument(
        "--max-event-size", metavar="BYTES", type=positive, help="refuse larger events (default: 64 MiB)"
    )
    return parser


def summarise(
    args: argparse.Namespace,
    write: Callable[[list[dict[str, Any]]], None],
    *,
    progress: bool,
    leave_out: Collection[str] = (),
) -> Summary:
    """Read and fold all files.

    Args:
        args: of a command that `add_command` added.
        write: takes the rows, as they come.
        progress: show how far it is, where stderr is a terminal.
        leave_out: real paths of files that are not read.

    Raises:
        CommandError: an argument is wrong.
    """
    folding = _folding(args)
    paths = files_of(args.paths, leave_out)
    summary = Summary()
    with (
        progress_line(lambda: _total(args.paths), wanted=progress) as show,
        contextlib.closing(_batches(paths, folding, args)) as found,
    ):
        for batch in found:
            write(batch.rows)
            summary.take(batch)
            show(batch.read, summary)
    return summary


def _folding(args: argparse.Namespace) -> Folding:
    try:
        ssewire.Accumulator(args.dialect)
    except ValueError as error:
        raise CommandError(str(error)) from error
    return Folding(args.column, args.dialect, options(args))


def _batches(paths: Iterator[str | Unread], folding: Folding, args: argparse.Namespace) -> Generator[Batch]:
    if args.jobs == 1 or "-" in args.paths:  # stdin is this process's
        return batches(paths, folding)
    return shared_batches(paths, folding, args.jobs)


def _total(arguments: list[str]) -> int | None:
    """Return the bytes of all files; None where stdin names them, or is one."""
    if {"-", "@-"} & set(arguments):
        return None
    total = 0
    for path in files_of(arguments):
        with contextlib.suppress(OSError):  # who opens it will say so
            total += 0 if isinstance(path, Unread) else os.stat(path).st_size  # noqa: PTH116 - a million of them
    return total
