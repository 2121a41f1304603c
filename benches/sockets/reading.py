"""What reading a response costs over a real socket, beside draining the same response unread.

The server is another process on loopback. CPU time of this process is counted, user and system, and only while a body
is being read, not the request. Events come one by one, as from a model ("1 ev": each is sent when everything before it
was taken and the client sleeps, so no read gets two), or as fast as the server can send them ("burst").
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import itertools
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from benches import fixtures
from benches.report import Options, Row, progress
from benches.rounds import A_LOOK, Contender, Effort, interleave, ratio
from benches.sockets import clients
from benches.sockets.clients import Drained
from benches.sockets.servers import segment_server

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from benches.fixtures import Fixture

PATHS = {fixtures.ONE_EVENT: "/paced", "burst": "/burst"}
CLIENTS = [*clients.WAYS, *clients.ASYNC_WAYS]
UNIT = "ns CPU/event"
LIMIT = 60.0  # seconds that the rounds of one client and one way of sending may take, about

Expected = tuple[Drained, str, int]
"""The right answers: bytes of the body, its text, its number of events."""


class Stopwatch:
    """CPU time of this process, of what happens inside `running()` alone."""

    def __init__(self) -> None:
        self.total = 0  # nanoseconds

    def read(self) -> int:
        """Return what was counted so far: a clock for `interleave`."""
        return self.total

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Count what happens inside."""
        start = time.process_time_ns()
        try:
            yield
        finally:
            self.total += time.process_time_ns() - start


def read(get: clients.Get, way: clients.Way, url: str, watch: Stopwatch) -> object:
    """Read a response in that way, on that watch."""
    response = get(url)
    try:
        with watch.running():
            return way(response)
    finally:
        response.close()


async def aread(get: clients.AsyncGet, way: clients.AsyncWay, url: str, watch: Stopwatch) -> object:
    """Read one asynchronously: the twin of `read`."""
    response = await get(url)
    try:
        with watch.running():
            return await way(response)
    finally:
        close = getattr(response, "aclose", None)
        await close() if close else response.close()


class _Bench:
    """One client's contenders against one server."""

    def __init__(self, client: str, base: str, fixture: Fixture, options: Options) -> None:
        self.client = client
        self._base = base
        self._fixture = fixture
        self._options = options
        self._watch = Stopwatch()
        message = fixture.message
        assert message is not None
        self._expected: Expected = (Drained(len(fixture.body)), message.text, len(fixture.events))

    def sync_rows(self) -> Iterable[Row]:
        """Give the rows of a blocking client."""
        with clients.opened(self.client) as get:
            for pieces, path in PATHS.items():
                url = self._base + path
                yield from self._timed(
                    pieces,
                    [
                        Contender(name, partial(read, get, way, url, self._watch))
                        for name, way in clients.WAYS[self.client].items()
                        if _installed(name)
                    ],
                )

    def async_rows(self) -> Iterable[Row]:
        """Give the rows of an asynchronous client."""
        loop = asyncio.new_event_loop()
        opening = clients.aopened(self.client)
        get = loop.run_until_complete(opening.__aenter__())
        try:
            for pieces, path in PATHS.items():
                url = self._base + path

                def run(way: clients.AsyncWay, url: str = url) -> object:
                    return loop.run_until_complete(aread(get, way, url, self._watch))

                yield from self._timed(
                    pieces,
                    [
                        Contender(name, partial(run, way))
                        for name, way in clients.ASYNC_WAYS[self.client].items()
                        if _installed(name)
                    ],
                )
        finally:
            loop.run_until_complete(opening.__aexit__(None, None, None))
            loop.close()

    def _timed(self, pieces: str, contenders: Sequence[Contender]) -> Iterable[Row]:
        """Check the contenders, time those that are right, and give a row for each."""
        progress(f"sockets: {self.client}, {pieces}")
        wrong = {contender.name: self._wrong(contender.run()) for contender in contenders}
        right = [contender for contender in contenders if wrong[contender.name] is None]
        effort = A_LOOK if self._options.quick else Effort(self._options.rounds, limit=LIMIT)
        times = interleave(right, effort, units=self._expected[-1], clock=self._watch.read)
        for name, problem in wrong.items():
            rounds = times.get(name, [])
            correct = problem or True
            yield Row("sockets", self.client, self._fixture.name, pieces, name, correct, unit=UNIT, rounds=rounds)

    def _wrong(self, answer: object) -> str | None:
        """Say what is wrong with an answer; None if it is right."""
        return None if answer in self._expected else f"gave {str(answer)[:60]!r}"


def _installed(way: str) -> bool:
    return not way.startswith("httpx-sse") or importlib.util.find_spec("httpx_sse") is not None


def rows(options: Options, only: Collection[str] = ()) -> Iterable[Row]:
    """Give the rows of every client, or of some."""
    if not sys.platform.startswith("linux"):
        progress("sockets: skipped, as only Linux tells the server when its client has read everything")
        return
    fixture = fixtures.make("chat", quick=options.quick)
    with segment_server(fixture.body) as base:
        for client in only or CLIENTS:
            bench = _Bench(client, base, fixture, options)
            yield from bench.sync_rows() if client in clients.WAYS else bench.async_rows()


def table(found: Iterable[Row]) -> Iterator[str]:
    """Give a line for each row: CPU time an event, and how many times draining's that is."""
    for _, rows_ in itertools.groupby(found, key=lambda row: row.group):
        group = list(rows_)
        drained = next(row for row in group if row.contender == "draining")
        yield f"\n{drained.work}, {drained.pieces}"
        for row in group:
            if row.correct is not True:
                yield f"  {row.contender:24} {row.correct}"
                continue
            low, high = ratio(row.rounds, drained.rounds)[1:]
            middle = ratio(row.rounds, drained.rounds).median
            yield f"  {row.contender:24} {row.median:8.0f} {row.unit}  {middle:.3f} ({low:.3f} to {high:.3f})"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benches.sockets.reading", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=Options.rounds)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--client", action="append", choices=CLIENTS, default=[], help="one client; may be repeated")
    given = parser.parse_args()
    for line in table(list(rows(Options(given.rounds, given.quick), given.client))):
        print(line)


if __name__ == "__main__":
    main()
