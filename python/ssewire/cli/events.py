"""`ssewire events`: a stream's events, one JSON line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ssewire
from ssewire._response import refusal
from ssewire.cli.figures import Counts
from ssewire.cli.screen import json_text
from ssewire.cli.source import add_command, counted, opened, options
from ssewire.cli.status import COMPLETE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

_HELP = "print a stream's events, one JSON line each"
_DESCRIPTION = """Print the server-sent events of any stream as they arrive. Where an LLM's stream
is recognised in them, the exit status also says whether it was complete."""
_EXAMPLES = """examples:
  ssewire events recorded.sse
  ssewire events --parse https://api.example.com/v1/chat/completions -d @request.json"""
_FIELDS = (b":", b"data", b"event", b"id", b"retry")


def add_to(commands: Any) -> None:
    """Add the command's arguments."""
    parser = add_command(commands, "events", _HELP, _DESCRIPTION, _EXAMPLES)
    parser.add_argument("--parse", action="store_true", help="print the data as JSON where it is JSON")
    parser.add_argument(
        "--tail", choices=["discard", "dispatch"], default="discard", help="what to do with an unterminated last event"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    counts, watcher = Counts(), ssewire.Accumulator()
    with opened(args) as source:
        for event in _events(ssewire.iter_sse(counted(source, counts), tail=args.tail, **options(args))):
            watcher.feed_event(event)
            data = _parsed(event) if args.parse else event.data
            line = {"event": event.event, "data": data, "id": event.id, "retry": event.retry}
            print(json_text(line), flush=True)
    _judge(counts, watcher, args.tail)
    return COMPLETE


def _events(events: Iterator[ssewire.ServerSentEvent]) -> Iterator[ssewire.ServerSentEvent]:
    """Pass events on; what the source raises is a truncation (what the caller raises does not come by here)."""
    try:
        yield from events
    except ssewire.StreamError:
        raise
    except Exception as error:
        raise _incomplete(f"the source failed: {type(error).__name__}: {error}") from error


def _judge(counts: Counts, watcher: ssewire.Accumulator, tail: str) -> None:
    """Raise what is wrong with what was read.

    Raises:
        ResponseError, ProviderError: there is no event in it, and nothing that looks like an event stream.
        IncompleteStreamError: it ends inside an event, or before the end of the LLM's stream that it holds.
    """
    if counts.sample.strip() and not _looks_like_events(counts.sample):
        raise refusal(counts.sample)
    if counts.cut_off and tail == "discard":
        raise _incomplete("the last event is cut off: its blank line is missing")
    if watcher.dialect is not None or watcher.error is not None:
        watcher.close()


def _looks_like_events(sample: bytes) -> bool:
    return any(line.startswith(_FIELDS) for line in sample.removeprefix(b"\xef\xbb\xbf").splitlines())


def _incomplete(message: str) -> ssewire.IncompleteStreamError:
    return ssewire.IncompleteStreamError(message, snapshot=ssewire.Accumulator().snapshot)


def _parsed(event: ssewire.ServerSentEvent) -> Any:
    try:
        return event.json()
    except ValueError:
        return event.data  # "[DONE]" and other text
