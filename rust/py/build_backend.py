"""The build backend: maturin's, but where there is no Rust it says so.

maturin itself fetches a toolchain then, of several hundred megabytes, and tells nobody. It is called by whoever builds
from source, so the check comes with the import, before any of maturin's steps.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from maturin import (
    build_editable,
    build_sdist,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

MANIFEST = Path(__file__).parents[2] / "Cargo.toml"


def numbers(version: str) -> list[int]:
    """The first two numbers in a text: "cargo 1.90.0 (…)" and "1.90" give 1 and 90."""
    return [int(number) for number in re.findall(r"\d+", version)[:2]]


def complaint() -> str | None:
    """What the machine lacks, as a sentence; None where it has everything."""
    needed = re.findall(r'^rust-version = "(.+)"', MANIFEST.read_text("utf-8"), re.MULTILINE)[0]
    cargo = shutil.which("cargo")
    found = subprocess.run([cargo, "--version"], capture_output=True, text=True, check=False) if cargo else None  # noqa: S603 - found above
    if found and numbers(found.stdout) >= numbers(needed):
        return None
    state = f"is {found.stdout.strip() or found.stderr.strip()}" if found else "is not there"
    return (
        f"ssewire is built from source here, which needs Rust {needed} or newer, but cargo {state}. "
        "Install it from https://rustup.rs and try again. Where there may be a wheel for this Python and system, "
        "a newer pip finds it: python -m pip install --upgrade pip"
    )


if missing := complaint():
    sys.exit(missing)
