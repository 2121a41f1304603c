"""`ssewire cat`: a stream's text as it arrives, and at the end what kind of stream it was."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ssewire
from ssewire.cli.screen import Screen, json_text
from ssewire.cli.source import Counts, add_source_arguments, counted, opened, options
from ssewire.cli.status import COMPLETE, CommandError, complain, status_of, told

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

_HELP = "print a stream's text as it arrives"
_DESCRIPTION = """Print the text of an event stream as it arrives, as in: curl -N ... | ssewire cat.
A terminal also shows reasoning (dimmed) and tool calls as they form; anything else gets the answer's text only.
A summary goes to stderr at the end."""


@dataclass
class Timing:
    """When text came, in seconds since the start, and how much."""

    start: float = field(default_factory=time.perf_counter)
    first: float | None = None
    last: float = 0.0
    characters: int = 0

    def note(self, delta: ssewire.Delta) -> None:
        """Take the time of a delta that brings text."""
        if isinstance(delta, ssewire.TextDelta) and delta.text:
            self.last = time.perf_counter() - self.start
            self.first = self.last if self.first is None else self.first
            self.characters += len(delta.text)


def add_to(commands: Any) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser("cat", help=_HELP, description=_DESCRIPTION)
    add_source_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the whole as the provider's own JSON object instead")
    parser.add_argument("--dialect", help="the API whose stream it is (default: recognised)")
    parser.add_argument("-q", "--quiet", action="store_true", help="no summary")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    counts, timing = Counts(), Timing()
    screen = None if args.json else Screen(sys.stdout)
    with opened(args) as source, _stream(counted(source, counts), args) as stream:
        failure = _read(stream, timing, screen)
        elapsed = time.perf_counter() - timing.start
        snapshot = stream.snapshot
    if args.json:
        print(json_text(snapshot.to_dict(), indent=2))
    if not args.quiet:
        for line in _summary(snapshot, counts, timing, elapsed):
            complain(line)
    if failure is None:
        return COMPLETE
    complain(told(failure))
    return status_of(failure)


def _stream(source: Any, args: argparse.Namespace) -> ssewire.Stream:
    try:
        return ssewire.Stream(source, args.dialect, **options(args))
    except ValueError as error:  # an unknown dialect, a size that is none
        raise CommandError(str(error)) from error


def _read(stream: ssewire.Stream, timing: Timing, screen: Screen | None) -> ssewire.StreamError | None:
    """Read to the end; return what was wrong."""
    with contextlib.ExitStack() as stack:
        if screen is not None:
            stack.callback(screen.finish)
        try:
            for delta in stream:
                timing.note(delta)
                if screen is not None:
                    screen.show(delta)
            stream.until_done()
        except ssewire.StreamError as error:
            return error
    return None


def _summary(snapshot: ssewire.Snapshot, counts: Counts, timing: Timing, elapsed: float) -> Iterator[str]:
    # A body that is one JSON object has no events, and one that was no stream at all was not counted.
    figures = [f"{counts.events} events"] * bool(counts.events) + [f"{counts.bytes} bytes"] * bool(counts.bytes)
    yield ", ".join([*figures, f"{elapsed:.2f} s", f"dialect {snapshot.dialect or 'unknown'}"])
    if timing.first is not None:
        span = timing.last - timing.first
        rate = f", then {timing.characters / span:.0f} characters a second" if span else ""
        yield f"first text after {timing.first:.2f} s{rate}"
    yield f"finish reason: {snapshot.finish_reason or 'none'}"
    if snapshot.usage is not None:
        yield f"usage: {told_usage(snapshot.usage)}"


def told_usage(usage: ssewire.Usage) -> str:
    """Say what is known of the usage in one line."""
    figures = {
        "input": usage.input_tokens,
        "cached": usage.cached_tokens,
        "cache write": usage.cache_write_tokens,
        "output": usage.output_tokens,
        "reasoning": usage.reasoning_tokens,
    }
    return ", ".join(f"{name} {figure}" for name, figure in figures.items() if figure is not None) or "not told"
