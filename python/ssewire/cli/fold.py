"""`ssewire fold`: recorded streams, a row each."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from ssewire.cli.completion import completes_files
from ssewire.cli.recordings import add_command
from ssewire.cli.status import CommandError, tell_lines

if TYPE_CHECKING:
    import argparse

_HELP = "fold recorded streams into rows: JSON lines or Parquet"
_DESCRIPTION = """Fold recorded streams into rows: one for each stream, with its text, tool calls
and usage, and with what is wrong with it. A summary goes to stderr at the end."""
_EXAMPLES = """examples:
  ssewire fold recordings/ > rows.jsonl
  ssewire fold tests/cassettes browser.har -o rows.parquet
  ssewire fold 'logs/*.jsonl.gz' --column response.body -o rows.parquet --jobs 4
  find . -name '*.sse' -print0 | ssewire fold @-"""


def add_to(commands: Any) -> None:
    """Add the command's arguments."""
    parser = add_command(commands, "fold", _HELP, _DESCRIPTION, _EXAMPLES)
    output = parser.add_argument(
        "-o", "--output", metavar="FILE", help="write there (Parquet if it ends in .parquet), and not to stdout"
    )
    completes_files(output)
    parser.add_argument("--json", action="store_true", help="write JSON lines, whatever the file's name")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress, no summary")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from ssewire.cli.folding import summarise  # noqa: PLC0415 - loads much, for these commands only
    from ssewire.cli.folding.rows import part_of, rows_to  # noqa: PLC0415 - and so does this

    output = None if args.output == "-" else args.output
    target = None if output is None else os.path.realpath(output)
    written = [] if target is None else [target, part_of(target)]
    if any(os.path.realpath(path) in written for path in args.paths):
        raise CommandError(f"{output}: a file cannot be read and be the output")
    progress = not args.quiet and (output is not None or not sys.stdout.isatty())  # else the rows are there to see
    with rows_to(output, json=args.json) as write:
        summary = summarise(args, write, progress=progress, leave_out=written)
    sys.stdout.flush()  # before the summary, where both are shown
    if not args.quiet:
        tell_lines(summary.lines())
    return summary.status
