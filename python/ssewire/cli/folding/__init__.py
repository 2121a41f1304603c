"""What `fold` and `stats` do: read recordings, fold them, and count what there is.

    batches     recorded files folded into rows, some at a time
    workers     files shared among processes
    rows        where rows go
    summary     what was found
    progress    how far a run is

No other command needs what is loaded here.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import ssewire
from ssewire.cli.folding.batches import Batch, Folding, batches
from ssewire.cli.folding.progress import progress_line
from ssewire.cli.folding.summary import Summary
from ssewire.cli.folding.workers import shared_batches
from ssewire.cli.recorded import Unread, files_of
from ssewire.cli.source import options
from ssewire.cli.status import CommandError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Collection, Generator, Iterator


def summarise(
    args: argparse.Namespace,
    write: Callable[[list[dict[str, Any]]], None] | None,
    *,
    progress: bool,
    leave_out: Collection[str] = (),
) -> Summary:
    """Read and fold all files.

    Args:
        args: of a command that `recordings.add_command` added.
        write: takes the rows, as they come; None where they are only counted.
        progress: show how far it is, where stderr is a terminal.
        leave_out: real paths of files that are not read.

    Raises:
        CommandError: an argument is wrong.
    """
    folding = _folding(args, texts=write is not None)
    paths = files_of(args.paths, leave_out)
    summary = Summary()
    with (
        progress_line(lambda: _total(args.paths), wanted=progress) as show,
        contextlib.closing(_batches(paths, folding, args)) as found,
    ):
        for batch in found:
            if write is not None:
                write(batch.rows)
            summary.take(batch)
            show(batch.read, summary)
    return summary


def _folding(args: argparse.Namespace, *, texts: bool) -> Folding:
    try:
        ssewire.Accumulator(args.dialect)
    except ValueError as error:
        raise CommandError(str(error)) from error
    return Folding(args.column, args.dialect, options(args), texts)


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
