"""`python -m benches.run`: everything is measured; the tables, then the targets, and the JSON of it all in results/."""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import traceback
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benches import isolated, tables
from benches.report import Options, Results, Row, progress, write
from benches.targets import judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PARTS = ["framing", "text", "message", "shapes", "growth", "adapters"]
"""Sections of `benches.framing`."""
MODULES = {
    "imports": "benches.imports",
    "sockets": "benches.sockets.reading",
    "live": "benches.sockets.live",
    "gateway": "benches.sockets.gateway",
    "calls": "benches.calls",
    "recordings": "benches.recordings",
    "rows": "benches.rows",
}
"""Sections that are modules of their own."""
SECTIONS = [*PARTS, *isolated.ENVIRONMENTS, *MODULES, "instructions"]
GUARD = isolated.ROOT / "benches" / "guard.py"


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parsed = _parse(arguments)
    options = Options(rounds=parsed.rounds, quick=parsed.quick)
    results = Results()
    if parsed.module:
        results.rows.extend(importlib.import_module(parsed.module).rows(options))
        print(json.dumps(results.to_dict()))
        return
    failed = _try_all(parsed.only or SECTIONS, options, results)
    doubt = "quick run" if parsed.quick else "loaded" if results.is_loaded else ""
    for line in [*tables.rows(results.rows), *tables.verdicts(judge(results.rows), doubt)]:
        print(line)
    if results.is_loaded:
        print(f"\nThe machine was loaded: {results.load:.1f} others on {results.machine['cores']} cores.")
    if not (parsed.quick or parsed.only):
        _store(results)
    failed += sorted({row.contender for row in results.rows if row.is_ours and row.correct is not True})
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benches.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a look whether all works; nothing is stored")
    parser.add_argument(
        "--only", action="append", choices=SECTIONS, help="one section; may be repeated; nothing is stored"
    )
    parser.add_argument("--rounds", type=int, default=Options.rounds, help="rounds of each comparison")
    parser.add_argument("--module", help=argparse.SUPPRESS)  # its rows as JSON: see `benches.isolated`
    return parser.parse_args(arguments)


def _try_all(sections: Sequence[str], options: Options, results: Results) -> list[str]:
    """Run sections; gives those that failed."""
    failed = []
    for number, section in enumerate(sections):
        results.note_load(own=min(number, 1))
        progress(f"section {number + 1} of {len(sections)}: {section}")
        if not _try(section, options, results):
            failed.append(section)
    return failed


def _try(section: str, options: Options, results: Results) -> bool:
    """Run a section; what the others have measured is not lost when it fails."""
    try:
        _run(section, options, results)
    except Exception:  # noqa: BLE001 - it is shown, and the command fails
        progress(f"{section} failed:\n{traceback.format_exc()}")
        return False
    return True


def _run(section: str, options: Options, results: Results) -> None:
    if section in isolated.ENVIRONMENTS:
        found = isolated.run(section, options)
        if found:
            results.rows.extend(found.rows)
            results.packages[f"bench-{section}"] = found.packages[""]
    elif section == "instructions":
        results.rows.extend(instructions(options))
    else:
        results.rows.extend(_rows(section, options))


def _rows(section: str, options: Options) -> Iterable[Row]:
    if section in PARTS:
        found: Iterable[Row] = importlib.import_module("benches.framing").SECTIONS[section](options)
        return found
    rows: Iterable[Row] = importlib.import_module(MODULES[section]).rows(options)
    return rows


def instructions(options: Options) -> Iterable[Row]:
    """What the guard counts: how many times the instructions twice the size take, shape by shape."""
    if options.quick:
        progress("instructions: not counted in a quick run; `make guard` counts them")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instructions.json"
        # Whether a budget is kept is no matter of this run: what was counted is.
        subprocess.run([sys.executable, GUARD, "--results", path], stdout=sys.stderr, check=False)  # noqa: S603 - ours
        if not path.exists():
            progress("instructions: not counted, for the reason above")
            return
        shapes: dict[str, Any] = json.loads(path.read_text())["shapes"]
    for name, shape in shapes.items():
        yield Row("instructions", "twice the size", name, "", "ssewire", unit="ratio", rounds=[shape["ratio"]])


def _store(results: Results) -> None:
    path = write(results)
    progress(f"stored in {path.relative_to(isolated.ROOT)}")
    if find_spec("matplotlib"):
        importlib.import_module("benches.charts").draw(results)
        importlib.import_module("benches.plots").draw(results)


if __name__ == "__main__":
    main()
