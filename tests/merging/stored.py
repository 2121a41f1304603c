"""What peers gave, as measured.json has it: peer by peer, whatever environment and day each is of."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.merging.case import HALF, Answer, Call, Raised, Result

if TYPE_CHECKING:
    from tests.merging.case import Case

FILE = Path(__file__).with_name("measured.json")
_HALVES = re.compile("[\ud800-\udfff]")
Found = Result | Raised | None


@dataclass(frozen=True)
class Column:
    """One peer's."""

    date: str
    python: str
    packages: dict[str, str]
    """The versions that count."""
    found: dict[str, Found]
    """By a case's key."""
    digests: dict[str, str]
    """What it was given: a case that was changed has another digest."""


def tidied(case: Case, found: Found) -> Found:
    """Without members that nobody asked for, ids that are others in each run, and what JSON cannot keep."""
    if not isinstance(found, Result):
        return found
    wanted = {name for answer in case.right.answers for name in answer.members or {}}
    no_ids = any(call.id is None for answer in case.right.answers for call in answer.calls)
    return replace(found, answers=tuple(_tidied(answer, wanted, no_ids=no_ids) for answer in found.answers))


def _tidied(answer: Answer, wanted: set[str], *, no_ids: bool) -> Answer:
    members = answer.members
    kept = None if members is None else {name: members[name] for name in members if name in wanted}
    calls = tuple(replace(call, id=call.id and "made up") for call in answer.calls) if no_ids else answer.calls
    return replace(answer, content=_HALVES.sub(HALF, answer.content), calls=calls, members=kept)


def write(columns: dict[str, Column], path: Path = FILE) -> None:
    """All columns, a line for each cell."""
    parts = ",\n".join(f"{json.dumps(name)}: {_column(column)}" for name, column in columns.items())
    path.write_text(f"{{\n{parts}\n}}\n")


def _column(column: Column) -> str:
    cells = ",\n".join(
        f"  {json.dumps(key)}: {json.dumps({'digest': column.digests[key], **_to_dict(found)})}"
        for key, found in column.found.items()
    )
    head = {"date": column.date, "python": column.python, "packages": column.packages}
    return f'{json.dumps(head)[:-1]}, "cells": {{\n{cells}\n }}}}'


def _to_dict(found: Found) -> dict[str, Any]:
    if found is None:
        return {}
    return {"raised": asdict(found)} if isinstance(found, Raised) else {"gave": asdict(found)}


def read(path: Path = FILE) -> dict[str, Column]:
    """The reverse of `write`; nothing where nothing was stored."""
    stored = json.loads(path.read_text()) if path.exists() else {}
    return {name: _from_dict(values) for name, values in stored.items()}


def _from_dict(values: dict[str, Any]) -> Column:
    cells = values.pop("cells")
    found = {key: _found(cell) for key, cell in cells.items()}
    return Column(**values, found=found, digests={key: cell["digest"] for key, cell in cells.items()})


def _found(cell: dict[str, Any]) -> Found:
    if "raised" in cell:
        return Raised(**cell["raised"])
    return _result(**cell["gave"]) if "gave" in cell else None


def _result(answers: list[dict[str, Any]], tokens: list[int] | None, *, single: bool) -> Result:
    counted = None if tokens is None else (tokens[0], tokens[1])
    return Result(tuple(_answer(**answer) for answer in answers), counted, single)


def _answer(calls: list[dict[str, Any]], **parts: Any) -> Answer:
    return Answer(calls=tuple(Call(**{**call, "accepted": tuple(call["accepted"])}) for call in calls), **parts)
