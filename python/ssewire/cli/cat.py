"""`ssewire cat`: a stream's text as it arrives, and at the end what kind of stream it was."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

import ssewire
from ssewire.cli.figures import Counts, Timing
from ssewire.cli.live import live_line
from ssewire.cli.screen import Screen, json_text
from ssewire.cli.source import add_command, counted, opened, opened_stream
from ssewire.cli.status import COMPLETE, complain, status_of, tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ssewire.cli.live import Live

_HELP = "print a stream's text as it arrives"
_DESCRIPTION = """Print the text of an event stream as it arrives. A terminal also shows
reasoning (dimmed) and tool calls as they form; anything else gets the answer's
text only. Where stderr is a terminal, a line of figures goes along with it. A
summary goes to stderr at the end."""
_EXAMPLES = """examples:
  ssewire cat --model gpt-5 --prompt "Hello!"                  the key comes from OPENAI_API_KEY
  ssewire cat --model claude-sonnet-4-5 --prompt @question.txt
  ssewire cat http://127.0.0.1:8000/v1/chat/completions --model any --prompt "Hello!"
  ssewire cat https://api.example.com/v1/chat/completions -H "Authorization: Bearer $KEY" -d @request.json
  curl -sN ... | ssewire cat
  ssewire cat --json recorded.sse"""


def add_to(commands: Any) -> None:
    """Add the command's arguments."""
    parser = add_command(commands, "cat", _HELP, _DESCRIPTION, _EXAMPLES)
    parser.add_argument("--json", action="store_true", help="print the whole as the provider's own JSON object instead")
    parser.add_argument("-q", "--quiet", action="store_true", help="no line of figures, no summary")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    counts, timing = Counts(), Timing()
    screen = None if args.json else Screen(sys.stdout)
    with opened(args) as source, opened_stream(counted(source, counts), args) as stream:
        failure = _read(stream, counts, timing, screen, live_line(wanted=not args.quiet))
        elapsed = timing.elapsed()
        snapshot = stream.snapshot
    if args.json and not (failure and snapshot.dialect is None):  # of a refused request there is nothing to print
        print(json_text(snapshot.to_dict(), indent=2))
    # Of what is no stream at all there is only that to say.
    if not args.quiet and not (failure and snapshot.dialect is None):
        for line in _summary(snapshot, counts, timing, elapsed, complete=failure is None):
            complain(line)
    if failure is None:
        return COMPLETE
    tell(failure)  # last, where a terminal is read
    return status_of(failure)


def _read(
    stream: ssewire.Stream, counts: Counts, timing: Timing, screen: Screen | None, live: Live | None
) -> ssewire.StreamError | None:
    """Read to the end; return what was wrong."""
    with contextlib.ExitStack() as stack:
        if screen is not None:
            stack.callback(screen.finish)
        if live is not None:
            stack.enter_context(live.kept())
            live.show(timing, counts, stream.snapshot)
        try:
            for delta in stream:
                timing.note(delta)
                if screen is not None:
                    screen.show(delta)
                if live is not None:
                    live.show(timing, counts, stream.snapshot)
            stream.until_done()
        except ssewire.StreamError as error:
            return error
    return None


def _summary(
    snapshot: ssewire.Snapshot, counts: Counts, timing: Timing, elapsed: float, *, complete: bool
) -> Iterator[str]:
    # A body that is one JSON object has no events, and one that was no stream at all was not counted.
    figures = [f"{counts.events} events"] * bool(counts.events) + [f"{counts.size} bytes"] * bool(counts.size)
    told = ", ".join([*figures, f"{elapsed:.2f} s", f"dialect {snapshot.dialect or 'unknown'}"])
    yield told if complete else f"incomplete: {told}"
    if timing.first is not None:
        yield "".join([f"first text after {timing.first:.2f} s", *_rates(snapshot, counts, timing)])
    yield f"finish reason: {snapshot.finish_reason or 'none'}"
    if snapshot.usage is not None:
        yield f"usage: {told_usage(snapshot.usage)}"


def _rates(snapshot: ssewire.Snapshot, counts: Counts, timing: Timing) -> Iterator[str]:
    """Say how fast it was, from the first output to the last."""
    tokens = None if snapshot.usage is None else snapshot.usage.output_tokens
    rates = {
        "events": timing.rate(counts.events),
        "tokens": timing.rate(tokens),
        "characters": timing.text_rate(),
    }
    known = [f"{rate:.0f} {what}" for what, rate in rates.items() if rate is not None]
    if known:
        yield f", then {', '.join(known)} a second"


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
