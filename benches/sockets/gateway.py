"""A gateway's work: many streams at once in one asyncio process.

The server is another process on loopback: it opens all the streams, then sends to each at the same steady rate. Each
way of reading has a process of its own, in turn, round by round. Measured from the first event to the last text: the
client's CPU time an event, and the time from the server's send to the text in hand (for draining and tee: to the piece
in hand). Opening and closing are left out: in httpx2's pool they are quadratic in its connections. In two more
processes, half-way through the streams: memory of an open stream, as the system and as Python counts it.
"""

from __future__ import annotations

import argparse
import array
import asyncio
import contextlib
import gc
import importlib.util
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import time
import tracemalloc
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ssewire

from benches.isolated import ROOT
from benches.report import Options, Row, progress
from benches.rounds import in_turn, ratio
from benches.sockets import clients
from benches.sockets.gateway_ways import WAYS, chunks
from benches.sockets.servers import STAMP_DIGITS, STAMP_MARK, steady_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator
    from typing import IO

ROUNDS = 3  # processes of each way; what a round measures is already the mean of tens of thousands of events
WITHOUT_TEXT = 3  # events of a stream: the role, the finish reason, the sentinel


@dataclass(frozen=True)
class Load:
    """How many streams, how many events each, and how many of them a second in each."""

    streams: int
    events: int
    rate: float

    @property
    def name(self) -> str:
        """What the rows call it."""
        return f"{self.streams} streams"


LOADS = {"aiohttp": Load(1000, 50, 6), "httpx2 async": Load(1000, 50, 4)}
QUICK_LOADS = {"aiohttp": Load(50, 20, 50), "httpx2 async": Load(50, 20, 20)}

# --- one process --------------------------------------------------------------------------------------------------


class _Watcher:
    """When what was sent came to hand."""

    def __init__(self, load: Load) -> None:
        self.expected = load.streams * (load.events - WITHOUT_TEXT)
        self.delays = array.array("q", bytes(8 * self.expected))  # made before memory is looked at
        self.count = 0
        self.half_here = asyncio.Event()
        self.all_here = asyncio.Event()
        self._goals = {load.streams * (load.events // 2 - 1): self.half_here, self.expected: self.all_here}

    def seen_text(self, text: str | bytes) -> None:
        """Take a text, which ends with the time when it was sent."""
        if len(text) > STAMP_DIGITS:
            self._note(int(text[-STAMP_DIGITS:]))

    def seen_piece(self, data: str | bytes) -> None:
        """Take a piece of the body, with any number of such texts."""
        assert isinstance(data, bytes)
        at = data.find(_MARK)
        while at >= 0:
            start = at + len(_MARK)
            self._note(int(data[start : start + STAMP_DIGITS]))
            at = data.find(_MARK, start)

    def _note(self, sent: int) -> None:
        self.delays[self.count] = time.monotonic_ns() - sent
        self.count += 1
        if self.count in self._goals:
            self._goals[self.count].set()


_MARK = STAMP_MARK.encode()
_STATM = Path("/proc/self/statm")  # proc(5); Linux only


def _resident() -> int:
    """Bytes of this process that are in memory."""
    gc.collect()
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _traced() -> int:
    """Bytes that Python has allocated."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


class _Run:
    """All streams of one load, read in one way."""

    def __init__(self, client: str, way: str, load: Load) -> None:
        self._client = client
        self._way = WAYS[client][way]
        self._by_piece = way in {"draining", "ssewire atee"}
        self._is_parsed = way != "draining"
        self._needs_httpx_sse = _needs_httpx_sse(way)
        self._load = load
        self._watcher = _Watcher(load)

    async def timed(self) -> dict[str, Any]:
        """Read everything, and give the figures that have to do with time."""
        async with self._opened() as (tasks, control):
            start = time.process_time_ns()
            _go_on(control)
            await self._watcher.half_here.wait()
            _go_on(control)
            await self._watcher.all_here.wait()
            spent = time.process_time_ns() - start
            reasons = await asyncio.gather(*tasks)
        return self._result(spent, reasons)

    async def grown(self, memory: Callable[[], int]) -> dict[str, Any]:
        """Read half of everything, and give by how much what `memory` says has grown for each stream."""
        await self._warm_up()
        before = memory()
        async with self._opened() as (tasks, control):
            _go_on(control)
            await self._watcher.half_here.wait()
            grown = memory() - before
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return {"memory": grown / self._load.streams}

    @contextlib.asynccontextmanager
    async def _opened(self) -> AsyncIterator[tuple[list[asyncio.Task[object]], IO[bytes]]]:
        """Open all streams; give the tasks that read them, and what makes the server send."""
        load = self._load
        with steady_server(load.streams, load.events, load.rate) as (url, control):
            async with clients.aopened(self._client, load.streams) as get:
                responses = await asyncio.gather(*(get(url) for _ in range(load.streams)))
                tasks = [asyncio.create_task(self._read(response)) for response in responses]
                await asyncio.sleep(0)  # each comes as far as its first wait
                yield tasks, control

    async def _warm_up(self) -> None:
        """Import everything that will be used."""
        async with clients.aopened(self._client):
            if self._needs_httpx_sse:
                importlib.import_module("httpx_sse")
            await ssewire.AsyncStream(b'data: {"choices": []}\n\ndata: [DONE]\n\n').until_done()
            await chunks(_nothing(), self._watcher.seen_text)

    async def _read(self, response: Any) -> object:
        seen = self._watcher.seen_piece if self._by_piece else self._watcher.seen_text
        try:
            return await self._way(response, seen)
        finally:
            close = getattr(response, "aclose", None)
            await close() if close else response.close()

    def _result(self, spent: int, reasons: list[Any]) -> dict[str, Any]:
        watcher, delays = self._watcher, sorted(self._watcher.delays)
        right = reasons == ["stop" if self._is_parsed else None] * self._load.streams
        return {
            "correct": right or f"the streams end with {set(reasons)}",
            "cpu": spent / watcher.expected,
            "p50": delays[len(delays) // 2] / 1000,
            "p99": delays[len(delays) * 99 // 100] / 1000,
        }


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


def _go_on(control: IO[bytes]) -> None:
    control.write(b"\n")
    control.flush()


# --- memory of one ------------------------------------------------------------------------------------------------

_HALF = 30 * (
    b'data: {"id":"chatcmpl-B0aXq7Rk2mWc9TzL","object":"chat.completion.chunk","created":1740000000,'
    b'"model":"example-4o","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,'
    b'"finish_reason":null}],"usage":null}\n\n'
)
"""Half of a short answer."""


async def _half_read() -> object:
    """Make an AsyncStream that has read so far, and waits for more."""

    async def pieces() -> AsyncIterator[bytes]:
        yield _HALF
        yield _HALF

    stream = ssewire.AsyncStream(pieces())
    for _ in range(30):
        await stream.__anext__()
    return stream


def _half_fed() -> object:
    accumulator = ssewire.Accumulator()
    accumulator.observe(_HALF)
    return accumulator


async def _memory_of_one(kind: str, count: int) -> float:
    """Return bytes of one in the middle of a stream: of many, what the process has grown by."""
    kept = [await _half_read() if kind == "AsyncStream" else _half_fed() for _ in range(10)]
    before = _resident()
    kept += [await _half_read() if kind == "AsyncStream" else _half_fed() for _ in range(count)]
    return (_resident() - before) / count


# --- rows ---------------------------------------------------------------------------------------------------------

_MEASURES = {
    "CPU": ("cpu", "ns CPU/event"),
    "delay p50": ("p50", "µs"),
    "delay p99": ("p99", "µs"),
    "memory": ("memory", "bytes/stream"),
    "Python's memory": ("traced", "bytes/stream"),
}


def _child(*arguments: str) -> dict[str, Any]:
    """Run this module in a fresh process, and read what it measured."""
    command = [sys.executable, "-m", "benches.sockets.gateway", *arguments]
    ran = subprocess.run(  # noqa: S603 - our own module
        command, stdout=subprocess.PIPE, check=True, timeout=300, cwd=ROOT
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def _measured(client: str, way: str, load: Load) -> dict[str, Any]:
    progress(f"gateway: {client}, {way}")
    one = {"client": client, "way": way, "load": asdict(load)}
    timed = _child("--one", json.dumps(one))
    one["load"] = asdict(replace(load, rate=2 * load.rate))  # memory does not ask how fast events come
    resident, traced = (_child("--one", json.dumps(one), "--memory", kind) for kind in ("resident", "traced"))
    return {**timed, "memory": resident["memory"], "traced": traced["memory"]}


def _needs_httpx_sse(way: str) -> bool:
    return way.startswith("httpx-sse")


def _stream_rows(client: str, load: Load, rounds: int) -> Iterator[Row]:
    ways = [way for way in WAYS[client] if not _needs_httpx_sse(way) or importlib.util.find_spec("httpx_sse")]
    found = in_turn({way: partial(_measured, client, way, load) for way in ways}, rounds)
    for work, (key, unit) in _MEASURES.items():
        for way, results in found.items():
            correct = next((result["correct"] for result in results if result["correct"] is not True), True)
            figures = [result[key] for result in results] if correct is True else []
            yield Row("gateway", work, client, load.name, way, correct=correct, unit=unit, rounds=figures)


def _one_rows(rounds: int, count: int) -> Iterator[Row]:
    progress("gateway: memory of one")
    kinds = ("Accumulator", "AsyncStream")
    found = in_turn(
        {kind: partial(_child, "--one", json.dumps({"kind": kind, "count": count})) for kind in kinds}, rounds
    )
    for kind, results in found.items():
        figures = [result["memory"] for result in results]
        yield Row("gateway", "memory of one", "", f"{count} of them", f"ssewire {kind}", unit="bytes", rounds=figures)


def rows(options: Options) -> Iterable[Row]:
    """Give the rows of each client, and of the memory of one."""
    if not _STATM.exists():
        progress(f"gateway: skipped, as there is no {_STATM}")
        return
    rounds = 1 if options.quick else ROUNDS
    yield from _one_rows(rounds, 1000 if options.quick else 10_000)
    for client, load in (QUICK_LOADS if options.quick else LOADS).items():
        yield from _stream_rows(client, load, rounds)


def _measure_one(what: dict[str, Any], memory: str) -> dict[str, Any]:
    """Do what a child process is for."""
    if "kind" in what:
        return {"memory": asyncio.run(_memory_of_one(what["kind"], what["count"]))}
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    run = _Run(what["client"], what["way"], Load(**what["load"]))
    if memory == "none":
        return asyncio.run(run.timed())
    if memory == "traced":
        tracemalloc.start()
    return asyncio.run(run.grown(_traced if memory == "traced" else _resident))


def table(found: Iterable[Row]) -> Iterator[str]:
    """Give a line for each row, beside draining."""
    for _, rows_ in itertools.groupby(found, key=lambda row: row.group):
        group = list(rows_)
        drained = next((row for row in group if row.contender == "draining"), group[0])
        yield f"\n{group[0].work}, {group[0].fixture}, {group[0].pieces}"
        for row in group:
            if row.correct is not True:
                yield f"  {row.contender:24} {row.correct}"
                continue
            more = statistics.median(row.rounds) - statistics.median(drained.rounds)
            times = ratio(row.rounds, drained.rounds).median
            yield f"  {row.contender:24} {row.median:10.0f} {row.unit:13} {more:+8.0f}  {times:.3f}"


def main() -> None:
    """Measure, and print the table; with --one, measure one thing and print it as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benches.sockets.gateway", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--one", help="what a child process measures, as JSON", type=json.loads)
    parser.add_argument("--memory", default="none", choices=["none", "resident", "traced"])
    given = parser.parse_args()
    if given.one:
        print(json.dumps(_measure_one(given.one, given.memory)))
        return
    for line in table(list(rows(Options(quick=given.quick)))):
        print(line)


if __name__ == "__main__":
    main()
