"""What a run has measured: rows, their JSON, and the tables that are printed."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import re
import statistics
import sys
from dataclasses import asdict, dataclass, field
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

RESULTS = Path(__file__).parent / "results"
OURS = "ssewire"
"""How the name of each of our own contenders begins."""


@dataclass(frozen=True)
class Options:
    """How thorough a run is."""

    rounds: int = 25
    quick: bool = False
    """Small bodies, few rounds: it shows that everything works, and measures nothing."""


@dataclass(frozen=True)
class Row:
    """What one contender did with one fixture, cut in one way.

    Rows that agree in section, work, fixture, pieces and environment were timed in the same rounds and can be compared.
    """

    section: str
    work: str
    fixture: str
    pieces: str
    """How the body was cut: "1 ev", "16 KiB", …"""
    contender: str
    """Its name; ours begin with "ssewire"."""
    correct: bool | str = True
    """True, or what is wrong: then it was not timed."""
    unit: str = "ns/event"
    rounds: list[float] = field(default_factory=list)
    """Of each round, in `unit`; empty where it was not timed."""
    environment: str = ""
    """The virtual environment's name, where it is not the main one."""

    @property
    def median(self) -> float:
        """The middle of the rounds; NaN where it was not timed."""
        return statistics.median(self.rounds) if self.rounds else float("nan")

    @property
    def group(self) -> tuple[str, str, str, str, str]:
        """What rows share that can be compared."""
        return (self.section, self.work, self.fixture, self.pieces, self.environment)

    @property
    def is_ours(self) -> bool:
        """Whether this is ssewire."""
        return self.contender.startswith(OURS)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it, with the median."""
        rounds = [round(value, 3) for value in self.rounds]
        return {**asdict(self), "rounds": rounds, "median": round(self.median, 3) if rounds else None}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Row:
        """The reverse of `to_dict`."""
        return cls(**{name: value for name, value in values.items() if name != "median"})


def versions() -> dict[str, str]:
    """Every package of this environment."""
    return dict(sorted((found.metadata["Name"], found.version) for found in distributions()))


def machine() -> dict[str, Any]:
    """Processor, cores and system."""
    return {"cpu": _cpu(), "cores": os.cpu_count(), "system": f"{platform.system()} {platform.machine()}"}


def _cpu() -> str:
    try:
        with Path("/proc/cpuinfo").open() as lines:
            names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:  # only Linux has the file
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def load() -> float:
    """How many processes ran or waited to, the mean of the last minute; 0 where the system does not tell."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # Windows has no such call
        return 0


@dataclass
class Results:
    """All of a run."""

    rows: list[Row] = field(default_factory=list)
    packages: dict[str, dict[str, str]] = field(default_factory=lambda: {"": versions()})
    """By environment ("" is the main one): versions by name."""
    machine: dict[str, Any] = field(default_factory=machine)
    python: str = field(default_factory=platform.python_version)
    date: str = field(default_factory=lambda: dt.datetime.now(dt.timezone.utc).date().isoformat())
    load: float = 0
    """How many processes beside this run ran or waited, where it was worst; 0 where the system does not tell."""

    def note_load(self, own: int) -> None:
        """Look at the machine's load, of which `own` processes are this run's."""
        self.load = max(self.load, load() - own)

    @property
    def is_loaded(self) -> bool:
        """Whether there was more to do than cores: then times say nothing of a target that was missed."""
        cores: int = self.machine["cores"]
        return self.load > cores

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**{name: vars(self)[name] for name in vars(self) if name != "rows"}, "rows": _dicts(self.rows)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Results:
        """The reverse of `to_dict`."""
        return cls(**{**values, "rows": [Row.from_dict(row) for row in values["rows"]]})


def _dicts(rows: Iterable[Row]) -> list[dict[str, Any]]:
    return [row.to_dict() for row in rows]


def write(results: Results, folder: Path = RESULTS) -> Path:
    """Store a run as `<date>-<cpu>.json`.

    Returns:
        The file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cpu = re.sub(r"[^a-z0-9]+", "-", results.machine["cpu"].lower()).strip("-")
    path = folder / f"{results.date}-{cpu}.json"
    path.write_text(_text(results.to_dict()))
    return path


def _text(values: dict[str, Any]) -> str:
    """JSON with a line for each row and each environment: differences between runs can be read."""
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in values["rows"])
    head = json.dumps({name: value for name, value in values.items() if name != "rows"}, ensure_ascii=False, indent=1)
    return f'{head[:-2]},\n "rows": [\n{rows}\n ]\n}}\n'


def read(path: Path) -> Results:
    """A stored run."""
    return Results.from_dict(json.loads(path.read_text()))


def progress(text: str) -> None:
    """One line on stderr: stdout is for results."""
    print(text, file=sys.stderr, flush=True)


def groups(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows that can be compared, together, in the order in which they came."""
    together: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        together.setdefault(row.group, []).append(row)
    return list(together.values())
