"""A run as tables of text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from benches.report import groups
from benches.rounds import ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benches.report import Row
    from benches.targets import Target, Verdict

_UNITS = {"faster": "x", "costs": "x", "extra": "ms", "worst": "x"}


def rows(found: Iterable[Row]) -> Iterator[str]:
    """Each comparison: its contenders' medians, and how many times as long as the first of ours each takes."""
    for group in groups(found):
        first = group[0]
        place = ", ".join(part for part in (first.work, first.fixture, first.pieces, first.environment) if part)
        yield f"\n{first.section}: {place}"
        ours = next((row for row in group if row.is_ours and row.rounds), None)
        yield from (_row(row, ours) for row in group)


def _row(row: Row, ours: Row | None) -> str:
    if row.correct is not True:
        return f"  {row.contender:38} wrong: {row.correct}"
    times = f"{ratio(row.rounds, ours.rounds).median:9.2f} x" if ours and row.rounds and row is not ours else ""
    return f"  {row.contender:38} {number(row.median):>10} {row.unit:10}{times}"


def number(value: float) -> str:
    """Four digits that count."""
    if math.isnan(value):
        return "-"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def verdicts(found: Iterable[Verdict], doubt: str = "") -> Iterator[str]:
    """The table of targets.

    Args:
        found: The verdicts.
        doubt: Why times of this run are no proof, if so: it stands in place of "MISSED". Counts are proof anywhere.
    """
    yield f"\n{'work':44} {'against':36} {'target':>9} {'measured':>9}"
    for verdict in found:
        target = verdict.target
        figure = "-" if verdict.figure is None else number(verdict.figure)
        missed = "MISSED" if target.kind == "worst" else doubt or "MISSED"
        mark = "met" if verdict.met else "not measured" if verdict.figure is None else missed
        work = ", ".join(part for part in (target.work, _fixture(target), target.pieces) if part)
        place = f"{target.section}: {work}"
        yield f"{place:44} {target.peer:36} {_limit(target):>9} {figure:>9} {mark:12} {verdict.note}"


def _fixture(target: Target) -> str:
    return "" if target.fixture in {"chat", "any"} else target.fixture


def _limit(target: Target) -> str:
    return f"{'>=' if target.kind == 'faster' else '<='} {target.limit:g}{_UNITS[target.kind]}"
