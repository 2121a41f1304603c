"""Makes what the world will look like later: a newer release of everything that is locked.

    python .ci/newer_releases.py FOLDER

FOLDER gets a wheel for each name in requirements/*.txt, empty but for its metadata. A set-up that resolves anything,
even one name, takes it from there (PIP_FIND_LINKS) and fails on its hash.
"""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

LOCKS = Path(__file__).parents[1] / "requirements"


def locked() -> set[tuple[str, str]]:
    """Every name of a lock, and its version without what may follow a release."""
    locks = (lock.read_text("utf-8") for lock in LOCKS.glob("*.txt"))
    return {pair for lock in locks for pair in re.findall(r"^([\w.-]+)==([\d.]+\d)", lock, re.MULTILINE)}


def write_wheel(folder: Path, name: str, version: str) -> None:
    """An empty release, for every Python."""
    stem = f"{name.replace('-', '_')}-{version}"
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{stem}.dist-info/RECORD", "")


def main() -> None:
    """Fill the folder."""
    folder = Path(sys.argv[1])
    folder.mkdir()
    for name, version in locked():
        if name != "pip":  # the newest one is asked for, and installs the rest
            write_wheel(folder, name, f"{version}.post9999")  # the smallest step there is: no bound excludes it


main()
