"""`ssewire demo`: one stream, through every installed HTTP client, with the same result."""

from __future__ import annotations

import importlib
import json
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ssewire
from ssewire.cli.cat import told_usage
from ssewire.cli.figures import Timing
from ssewire.cli.screen import Screen
from ssewire.cli.serve import demo_streams
from ssewire.cli.status import COMPLETE, complain
from ssewire.replay import ReplayServer, split_events

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ssewire.cli.clients import Client

_RATE = 40.0  # events a second: slow enough to watch, and near what providers send
_DISAGREE = 1
_HELP = "read one stream through every installed HTTP client"


@dataclass(frozen=True)
class Result:
    """What one client made of the stream; `error` where it failed."""

    client: str
    deltas: int
    timing: Timing
    snapshot: ssewire.Snapshot | None
    error: str | None = None


def add_to(commands: Any) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser("demo", help=_HELP, description=f"{_HELP[0].upper()}{_HELP[1:]}, and compare.")
    parser.add_argument(
        "--rate", metavar="N", type=float, default=_RATE, help="events a second; 0: no delay (default: %(default)g)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from ssewire.cli.clients import CLIENTS  # noqa: PLC0415 - loads asyncio, for this command only

    stream = demo_streams()[-1]
    expected = ssewire.collect(stream).to_dict()
    present = [client for client in CLIENTS if client.installed]
    with ReplayServer([stream], rate=args.rate) as server:
        print(f"{len(split_events(stream))} events from {server.url}, {args.rate:g} a second (0: no delay)")
        results = [_through(client, server.url) for client in present]
    _print_table(results)
    for client in CLIENTS:
        if client not in present:
            print(f"{client.name} is not installed; to see it here too: pip install {client.name}")
    return _verdict(results, expected)


def _through(client: Client, url: str) -> Result:
    """Read the stream through one client and show it live."""
    print(f"\n--- {client.name}")
    importlib.import_module(client.name)  # before the clock starts
    screen, timing, deltas = Screen(sys.stdout), Timing(), 0

    def show(delta: ssewire.Delta) -> None:
        nonlocal deltas
        deltas += 1
        timing.note(delta)
        screen.show(delta)

    try:
        snapshot = client.read(f"{url}/chat/completions", show)
    except Exception as error:  # noqa: BLE001 - each client has errors of its own; one that fails must not hide the others
        screen.finish()
        complain(f"{client.name}: {error!r}")
        return Result(client.name, deltas, timing, None, type(error).__name__)
    screen.finish()
    elapsed = time.perf_counter() - timing.start
    _print_whole(snapshot, elapsed)
    return Result(client.name, deltas, timing, snapshot)


def _print_whole(snapshot: ssewire.Snapshot, elapsed: float) -> None:
    print()
    for call in snapshot.tool_calls:
        print(f"  {call.name}({json.dumps(call.parse(), ensure_ascii=False)})")
    usage = "none" if snapshot.usage is None else told_usage(snapshot.usage)
    print(f"  {len(snapshot.text)} characters of text in {elapsed:.2f} s; usage: {usage}")


def _print_table(results: Sequence[Result]) -> None:
    rows = [("client", "deltas", "first text", "finish reason", "total tokens"), *(_row(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print()
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _row(result: Result) -> tuple[str, str, str, str, str]:
    if result.snapshot is None:
        return (result.client, str(result.deltas), "-", result.error or "-", "-")
    first = "-" if result.timing.first is None else f"{result.timing.first * 1000:.0f} ms"
    usage = result.snapshot.usage
    total = "-" if usage is None else str((usage.input_tokens or 0) + (usage.output_tokens or 0))
    return (result.client, str(result.deltas), first, result.snapshot.finish_reason or "-", total)


def _verdict(results: Sequence[Result], expected: dict[str, Any]) -> int:
    """Say whether every client gave what the stream holds."""
    wrong = [result.client for result in results if result.snapshot is None or result.snapshot.to_dict() != expected]
    if wrong:
        complain(f"not what the stream holds: {', '.join(wrong)}")
        return _DISAGREE
    print("all agree")
    return COMPLETE
