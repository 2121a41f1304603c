"""Measuring that compares: contenders take turns within a round, and ratios are taken round by round.

A machine's speed changes over seconds (its clock, its neighbours). Contenders that run in turn share those changes, so
the ratio of two times of one round says more than the ratio of two times measured minutes apart.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

T = TypeVar("T")

BUDGET = 0.02
"""Seconds that one contender runs within one round: far above the grain of any clock."""
MIN_ROUNDS = 5
_NS = 1_000_000_000


@dataclass(frozen=True)
class Contender:
    """One way to do the work."""

    name: str
    run: Callable[[], object]
    """Does the whole work once, and returns its answer."""


class Ratio(NamedTuple):
    """A ratio of two contenders over the rounds: its median and quartiles."""

    median: float
    low: float
    high: float


class Effort(NamedTuple):
    """How thoroughly contenders are timed."""

    rounds: int
    """How often each has its turn."""
    budget: float = BUDGET
    """Seconds that one contender runs within one round."""
    limit: float = float("inf")
    """Seconds that all rounds together may take, about; more gives fewer rounds, but never less than five."""


A_LOOK = Effort(rounds=3, budget=0.001, limit=1.0)
"""Of a quick run, which shows that everything works."""


def interleave(
    contenders: Sequence[Contender], effort: Effort, *, units: int, clock: Callable[[], int] = time.perf_counter_ns
) -> dict[str, list[float]]:
    """Time contenders in interleaved rounds.

    Each is run once before, which warms it up and tells how often it has to run to fill its budget; that number then
    holds for all rounds.

    Args:
        contenders: Ways to do the same work.
        effort: How thoroughly.
        units: Events (or whatever is counted) that one call of `run` handles.
        clock: Nanoseconds: wall time, or `time.process_time_ns` for CPU time.

    Returns:
        By contender, nanoseconds per unit of each round.
    """
    rounds = effort.rounds
    with _collector_off():
        repeats = {contender.name: _calibrate(contender, clock, effort.budget) for contender in contenders}
        expected = sum(repeat.often * repeat.once for repeat in repeats.values()) / _NS
        if expected * rounds > effort.limit:
            rounds = max(int(effort.limit / expected), min(rounds, MIN_ROUNDS))

        def measure(contender: Contender) -> float:
            count = repeats[contender.name].often
            return _time(contender, count, clock) / (count * units)

        return in_turn({contender.name: partial(measure, contender) for contender in contenders}, rounds)


def in_turn(measures: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Measure by turns, in an order that is shuffled for each round, the same way in every run.

    Returns:
        By name, what each round gave.
    """
    found: dict[str, list[T]] = {name: [] for name in measures}
    order = list(measures)
    shuffler = random.Random(0)
    for _ in range(rounds):
        shuffler.shuffle(order)
        for name in order:
            found[name].append(measures[name]())
    return found


class _Repeat(NamedTuple):
    often: int
    once: int


def _calibrate(contender: Contender, clock: Callable[[], int], budget: float) -> _Repeat:
    """How often a contender has to run to fill the budget, and nanoseconds of one run."""
    contender.run()
    once = max(_time(contender, 1, clock), 1)
    if once < budget * _NS / 10:
        # A first run says little of a short work.
        once = max(_time(contender, 10, clock) // 10, 1)
    return _Repeat(max(round(budget * _NS / once), 1), once)


def _time(contender: Contender, count: int, clock: Callable[[], int]) -> int:
    run = contender.run
    gc.collect()  # nobody pays for garbage that another one left
    start = clock()
    for _ in range(count):
        run()
    return clock() - start


@contextmanager
def _collector_off() -> Iterator[None]:
    """What is there already is not looked at by collections in between, and none comes while one is timed."""
    enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()


def median(times: Sequence[float]) -> float:
    """The middle of the rounds' times."""
    return statistics.median(times)


def ratio(peer: Sequence[float], ours: Sequence[float]) -> Ratio:
    """How many times as long a peer takes: of each round peer / ours, then the median and quartiles of that.

    One that was timed less often (since it takes so long) is compared by the medians.
    """
    if len(peer) != len(ours) or len(ours) == 1:
        return Ratio(*[median(peer) / median(ours)] * 3)
    ratios = [theirs / mine for theirs, mine in zip(peer, ours, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return Ratio(middle, low, high)
