"""One comparison: who gives the right answer is timed, in interleaved rounds; who does not is shown as wrong."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal

from benches.report import Row, progress
from benches.rounds import A_LOOK, BUDGET, Contender, Effort, interleave

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Iterable, Sequence

    from benches.report import Options

PATIENCE = 2.0
"""Seconds: who takes longer for one body is timed once, while it is checked."""


@dataclass(frozen=True)
class Reader:
    """A way to read a body that comes in pieces."""

    name: str
    read: Callable[[list[bytes]], Iterable[Any]]
    """What it gives, one by one."""
    seen: Callable[[Any], Any] = lambda item: item
    """One of these as the fixtures' answers have it. Not timed."""
    claims: Callable[[Any], Any] = lambda item: item
    """The part of a right answer that it claims to give, where it does not claim the whole."""

    def answer(self, pieces: list[bytes]) -> list[Any]:
        """All that it gives."""
        return [self.seen(item) for item in self.read(pieces)]

    def run(self, pieces: list[bytes]) -> None:
        """Read to the end, and keep nothing: what is timed."""
        for _ in self.read(pieces):
            pass


@dataclass(frozen=True)
class AsyncReader(Reader):
    """A way to read a body whose pieces come asynchronously."""

    read: Callable[[list[bytes]], AsyncIterable[Any]]  # type: ignore[assignment]  # the other kind of iterable

    def answer(self, pieces: list[bytes]) -> list[Any]:
        """All that it gives."""
        return _loop().run_until_complete(self._answer(pieces))

    def run(self, pieces: list[bytes]) -> None:
        """Read to the end, and keep nothing."""
        _loop().run_until_complete(self._run(pieces))

    async def _answer(self, pieces: list[bytes]) -> list[Any]:
        return [self.seen(item) async for item in self.read(pieces)]

    async def _run(self, pieces: list[bytes]) -> None:
        async for _ in self.read(pieces):
            pass


@dataclass(frozen=True)
class Whole(Reader):
    """A way to read a body to what it adds up to; `read` gives that."""

    read: Callable[[list[bytes]], Any]

    def answer(self, pieces: list[bytes]) -> list[Any]:
        """The one thing that it gives."""
        return [self.seen(self.read(pieces))]

    def run(self, pieces: list[bytes]) -> None:
        """Read to the end."""
        self.read(pieces)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """One loop for all runs: making one takes longer than reading a body."""
    return asyncio.new_event_loop()


@dataclass(frozen=True)
class Work:
    """What is compared: the first fields of a `Row`, and the right answer."""

    section: str
    work: str
    fixture: str
    pieces: str
    body: list[bytes]
    """The fixture in such pieces."""
    right: list[Any]
    """What every reader has to answer."""
    units: int
    unit: str = "ns/event"
    environment: str = ""

    def row(self, contender: str, correct: Literal[True] | str, rounds: Sequence[float]) -> Row:
        """The row of one contender."""
        names = (self.section, self.work, self.fixture, self.pieces, contender)
        return Row(*names, correct, self.unit, list(rounds), self.environment)


def compare(work: Work, readers: Sequence[Reader], options: Options, *, weight: float = 1) -> list[Row]:
    """Check every reader, and time those that are right.

    Args:
        work: What is compared.
        readers: Who takes part.
        options: How thorough the run is.
        weight: The part of the usual rounds and time that this comparison is worth.
    """
    progress(f"{work.section}: {work.work}, {work.fixture}, {work.pieces}")
    checks = {reader.name: check(reader, work) for reader in readers}
    patient = [reader for reader in readers if checks[reader.name] == (True, None)]
    contenders = [Contender(reader.name, partial(reader.run, work.body)) for reader in patient]
    effort = A_LOOK if options.quick else Effort(round(options.rounds * weight), BUDGET * weight, limit=15.0)
    times = interleave(contenders, effort, units=work.units) if contenders else {}
    for name, (_, once) in checks.items():
        if once is not None:
            times[name] = [once * 1e9 / work.units]
    return [work.row(name, correct, times.get(name, [])) for name, (correct, _) in checks.items()]


def check(reader: Reader, work: Work) -> tuple[Literal[True] | str, float | None]:
    """Whether a reader's answer is right: True, or what is wrong; and how long it took where that was too long."""
    start = time.perf_counter()
    try:
        answer = reader.answer(work.body)
    except Exception as error:  # noqa: BLE001 - whatever a peer raises is its answer, and is shown
        return f"raised {type(error).__name__}: {_short(str(error))}", None
    seconds = time.perf_counter() - start
    wrong = difference([reader.claims(item) for item in work.right], answer)
    if wrong:
        return wrong, None
    return True, seconds if seconds > PATIENCE else None


def difference(right: Sequence[Any], answer: Sequence[Any]) -> str:
    """What is wrong with an answer; "" if nothing is."""
    for place, (expected, given) in enumerate(zip(right, answer)):  # noqa: B905 - lengths are told below
        if expected != given:
            return f"item {place}{_where(expected, given)}"
    return "" if len(right) == len(answer) else f"{len(answer)} items instead of {len(right)}"


def _where(expected: Any, given: Any) -> str:
    """Where two things differ: of records of one type, the first part that does."""
    names = getattr(expected, "__match_args__", ()) if type(expected) is type(given) else ()
    for name in names:
        if getattr(expected, name) != getattr(given, name):
            return f".{name}{_where(getattr(expected, name), getattr(given, name))}"
    return f" is {_short(repr(given))} instead of {_short(repr(expected))}"


def _short(text: str) -> str:
    """The first line, or the beginning of it."""
    line = text.split("\n", 1)[0]
    return line if len(line) <= 60 else f"{line[:35]}…{line[-24:]}"
