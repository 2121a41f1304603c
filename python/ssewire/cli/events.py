"""`ssewire events`: a stream's events, one JSON line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ssewire
from ssewire.cli.screen import json_text
from ssewire.cli.source import add_source_arguments, opened, options
from ssewire.cli.status import COMPLETE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

_HELP = "print a stream's events, one JSON line each"


def add_to(commands: Any) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser("events", help=_HELP, description=f"{_HELP[0].upper()}{_HELP[1:]}, as they arrive.")
    add_source_arguments(parser)
    parser.add_argument("--parse", action="store_true", help="print the data as JSON where it is JSON")
    parser.add_argument(
        "--tail", choices=["discard", "dispatch"], default="discard", help="what to do with an unterminated last event"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    with opened(args) as source:
        for event in _events(ssewire.iter_sse(source, tail=args.tail, **options(args))):
            data = _parsed(event) if args.parse else event.data
            line = {"event": event.event, "data": data, "id": event.id, "retry": event.retry}
            print(json_text(line), flush=True)
    return COMPLETE


def _events(events: Iterator[ssewire.ServerSentEvent]) -> Iterator[ssewire.ServerSentEvent]:
    """Pass events on; what the source raises is a truncation (what the caller raises does not come by here)."""
    try:
        yield from events
    except ssewire.StreamError:
        raise
    except Exception as error:
        message = f"the transport failed: {type(error).__name__}: {error}"
        raise ssewire.IncompleteStreamError(message, snapshot=ssewire.Accumulator().snapshot) from error


def _parsed(event: ssewire.ServerSentEvent) -> Any:
    try:
        return event.json()
    except ValueError:
        return event.data  # "[DONE]" and other text
