"""`python -m ssewire.compat PATH...`: which imports of a project can change, and what differs then.

Each is a line `FILE:LINE: OLD -> NEW`. The exit status is 0 if all files could be read, 1 if some could not, and 2 if a
path does not exist. Nothing is changed, and nothing of the project is run.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ssewire.compat._imports import scan
from ssewire.compat._packages import PACKAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Folders of what others wrote.
_FOREIGN = frozenset({"__pycache__", "node_modules", "site-packages"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m ssewire.compat", description="List the imports that ssewire.compat can take the place of."
    )
    parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="a Python file, or a folder of them")
    paths: list[Path] = parser.parse_args(arguments).paths
    for path in paths:
        if not path.exists():
            parser.error(f"no such file or folder: {path}")
    return _report(sorted({file for path in paths for file in _files(path)}))


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not _is_foreign(Path(folder, name))]
        yield from (Path(folder, name) for name in names if name.endswith(".py"))


def _is_foreign(folder: Path) -> bool:
    return folder.name.startswith(".") or folder.name in _FOREIGN or (folder / "pyvenv.cfg").exists()


def _report(files: list[Path]) -> int:
    status = 0
    packages: set[str] = set()
    for file in files:
        try:
            found = scan(file.read_bytes())
        except (OSError, SyntaxError, ValueError) as error:
            status = 1
            print(f"{file}: cannot be read: {error}", file=sys.stderr)
            continue
        for one in found:
            print(f"{file}:{one.line}: {one.old} -> {one.new or 'stays: it is private, or not in ssewire.compat'}")
        packages |= {one.package for one in found if one.new}
    _tell_differences(packages)
    return status


def _tell_differences(packages: set[str]) -> None:
    if not packages:
        print("no import that can change", file=sys.stderr)
    told: set[tuple[str, ...]] = set()
    for name in sorted(packages):
        differences = PACKAGES[name].differences
        if differences not in told:
            print(f"\nWhat differs with {PACKAGES[name].module}:", *differences, sep="\n- ")
        told.add(differences)


if __name__ == "__main__":
    sys.exit(main())
