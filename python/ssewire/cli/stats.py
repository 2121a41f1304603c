"""`ssewire stats`: what there is in recorded streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssewire.cli.recordings import add_command
from ssewire.cli.status import one_line

if TYPE_CHECKING:
    import argparse

_HELP = "count what there is in recorded streams"
_DESCRIPTION = """Count recorded streams by their APIs: how many are complete, truncated or failed,
their events and tokens. The same as the summary of `ssewire fold`."""
_EXAMPLES = """examples:
  ssewire stats recordings/
  ssewire stats 'logs/*.jsonl.gz' --column response.body --jobs 4"""


def add_to(commands: Any) -> None:
    """Add the command's arguments."""
    add_command(commands, "stats", _HELP, _DESCRIPTION, _EXAMPLES).set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from ssewire.cli.folding import summarise  # noqa: PLC0415 - loads much, for these commands only

    summary = summarise(args, None, progress=True)
    for line in summary.lines():
        print(one_line(line))
    return summary.status
