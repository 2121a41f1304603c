"""The soak: many streams at a time, for a long time, through aiohttp and httpx2, with everything going wrong.

    python -W error -m tests.soak --streams 1000 --seconds 120

Fails where an event is lost, told twice or out of order; where a connection, a task or a descriptor is left; where
memory grows after the first third; and where anything warns.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import os
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import aiohttp
import httpx2

from tests.soak.readers import READERS, WAIT, Clients

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PAGE = os.sysconf("SC_PAGE_SIZE")
MIB = 1 << 20
# What may be there at the end beyond what was there after a third: pools grow and shrink, and malloc keeps some.
GROWTH = 1.10
SLACK = 16 * MIB


@dataclass
class Tally:
    """What was read so far."""

    streams: int = 0
    events: int = 0
    lost: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)


class Lane(NamedTuple):
    """One of those that read side by side; each has numbers of streams of its own."""

    number: int
    of: int


def show(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201 - a command


def memory() -> int:
    """Return the resident bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def descriptors() -> int:
    """Return the number of this process's open descriptors."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - the names alone


@asynccontextmanager
async def clients() -> AsyncIterator[Clients]:
    """Open one client of each kind."""
    timeout = aiohttp.ClientTimeout(total=None, sock_read=WAIT)
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=50)
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session,
        httpx2.AsyncClient(limits=limits, timeout=WAIT, trust_env=False) as client,
    ):
        yield Clients(session, client)


async def keep_reading(both: Clients, url: str, lane: Lane, tally: Tally, end: float) -> None:
    """Read one stream after the other until the time is over."""
    for turn in itertools.count():
        if time.monotonic() >= end:
            return
        seed = turn * lane.of + lane.number
        name = ("aiohttp", "httpx2")[(turn + lane.number) % 2]
        read = READERS[(turn + lane.number // 2) % len(READERS)]
        try:
            heard = await read(both, name, url, seed)
        except Exception as error:  # noqa: BLE001 - whatever it is, it was not planned
            tally.lost.append(f"{read.__name__} over {name}, {seed}: {type(error).__name__}: {error}")
        else:
            tally.events += heard
        tally.streams += 1


async def watch(tally: Tally, end: float) -> None:
    """Show progress, and how much memory is used, every second."""
    begin = time.monotonic()
    while (now := time.monotonic()) < end:
        tally.memory.append(memory())
        line = f"{now - begin:4.0f} s: {tally.streams:,} streams, {tally.events:,} events, {len(tally.lost)} losses, "
        show(line + f"{tally.memory[-1] / MIB:.0f} MiB")
        await asyncio.sleep(min(1.0, max(0.0, end - now)))


async def soak(url: str, streams: int, seconds: float) -> list[str]:
    """Soak, and return what was wrong."""
    tally = Tally()
    unhandled: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: unhandled.append(f"the event loop: {context}"))
    before = descriptors()
    end = time.monotonic() + seconds
    async with clients() as both:
        readers = [keep_reading(both, url, Lane(number, streams), tally, end) for number in range(streams)]
        await asyncio.gather(watch(tally, end), *readers)
    await asyncio.sleep(0.1)  # aiohttp closes its sockets in the loop's next rounds
    gc.collect()
    left = [repr(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    show(f"{tally.streams:,} streams, {tally.events:,} events, {len(tally.lost)} losses")
    return [*tally.lost[:20], *unhandled[:20], *left[:20], *grown(tally.memory), *_open(before)]


def grown(samples: list[int]) -> list[str]:
    """Return what is wrong with the memory used, second by second."""
    early, late = max(samples[: max(1, len(samples) // 3)]), samples[-1]
    text = f"memory grew from {early / MIB:.0f} to {late / MIB:.0f} MiB"
    return [text] if late > early * GROWTH + SLACK else []


def _open(before: int) -> list[str]:
    after = descriptors()
    return [f"{after} descriptors are open, {before} were before"] if after > before else []


def main() -> int:
    """Run the soak with a server of its own; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Read many streams with planned faults.")
    parser.add_argument("--streams", type=int, default=1000, help="at a time (1000)")
    parser.add_argument("--seconds", type=float, default=120.0, help="how long new ones begin (120)")
    options = parser.parse_args()
    warned: list[str] = []
    sys.unraisablehook = lambda unraisable: warned.append(f"unraisable: {unraisable.exc_value!r} {unraisable.object!r}")
    command = [sys.executable, "-m", "tests.soak.server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            wrong = asyncio.run(soak(f"http://127.0.0.1:{port}", options.streams, options.seconds))
        finally:
            server.terminate()
    gc.collect()
    for line in (wrong := [*wrong, *warned[:20]]):
        show(f"WRONG: {line}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
