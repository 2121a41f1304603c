"""`ssewire deltas`: what a stream changes, delta by delta, one JSON line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssewire.cli.screen import json_text
from ssewire.cli.source import add_command, opened, opened_stream
from ssewire.cli.status import COMPLETE

if TYPE_CHECKING:
    import argparse

_HELP = "print a stream's deltas, one JSON line each"
_DESCRIPTION = """Print what an LLM's stream changes as it arrives: text, reasoning, refusals,
tool calls, finish reasons, usage and the rest, in one vocabulary for every API.
Each line is a delta's to_dict()."""
_EXAMPLES = """examples:
  ssewire deltas recorded.sse
  ssewire deltas --model gpt-5 --prompt "Hello!" | jq -j 'select(.type == "text").text'"""


def add_to(commands: Any) -> None:
    """Add the command's arguments."""
    add_command(commands, "deltas", _HELP, _DESCRIPTION, _EXAMPLES).set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    with opened(args) as source, opened_stream(source, args) as stream:
        for delta in stream:
            print(json_text(delta.to_dict()), flush=True)
        stream.until_done()
    return COMPLETE
