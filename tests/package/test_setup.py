"""The set-up of a clone, with a Python and a cargo that only pretend: `.ci/fresh-clone` tries it with real ones."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PYTHON = """#!/bin/sh
# Says which version it is, makes environments with this file as their Python, and pip while there is no file "offline".
case "$*" in
    *python_version*) echo "{version} /opt/{version}" ;;
    *"import ensurepip"*) {venv} ;;
    "-m venv --clear "*) rm -rf "$4" && mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
    "-m pip install"*) [ ! -e offline ] ;;
esac
"""


def python_of(version: str, *, venv: str = "true") -> str:
    """A Python of that version; `venv` is the shell's word on whether it has that module."""
    return PYTHON.format(version=version, venv=venv)


class Clone:
    """What of a clone takes part in its set-up, and what the machine has, in a folder that comes first on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "clone"
        self.installed = folder / "bin"
        self.installed.mkdir()
        for name in ("Makefile", "pyproject.toml", "Cargo.toml", "Cargo.lock", ".ci/needs", "requirements/dev.txt"):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.folder / name)
        for name in ("rust/core", "rust/py", "python"):
            (self.folder / name).mkdir(parents=True)
        self.install("python3", python_of("3.12.1"))
        self.install("cargo", "#!/bin/sh\necho cargo 1.90.0\n")

    def install(self, name: str, text: str) -> None:
        (self.installed / name).write_text(text)
        (self.installed / name).chmod(0o755)

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        ours = {"MAKEFLAGS", "MAKELEVEL", "PYTHON"}  # of the `make test` that runs this
        kept = {name: value for name, value in os.environ.items() if name not in ours}
        return subprocess.run(  # noqa: S603 - our own Makefile
            ["make", *arguments],  # noqa: S607 - wherever it is
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env={**kept, "PATH": f"{self.installed}:{os.environ['PATH']}"},
        )

    def sets_up(self, *arguments: str) -> bool:
        """Set up what is not: whether there was something to do. Then a second passes, since a clock may be coarse."""
        done = self.make(".venv/tools", *arguments)
        assert done.returncode == 0, done.stdout
        for name in (".interpreter", ".venv/tools", "requirements/dev.txt"):
            then = (self.folder / name).stat().st_mtime_ns - 10**9
            os.utime(self.folder / name, ns=(then, then))
        return "-m venv" in done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


@pytest.mark.parametrize("target", ["demo", "test", "lint"])
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("python3", "#!/bin/sh\nexit 127\n", "Python 3.10 or newer is needed, but python3 is not there: "),
        ("python3", python_of("3.9.18"), "Python 3.10 or newer is needed, but python3 is 3.9.18: "),
        ("python3", python_of("3.12.1", venv="false"), "python3 cannot make virtual environments: "),
        ("cargo", "#!/bin/sh\necho cargo 1.63.0\n", "Rust 1.88 or newer is needed, but cargo is 1.63.0: "),
        ("cargo", "#!/bin/sh\nexit 127\n", "Rust 1.88 or newer is needed, but cargo is not there: "),
    ],
)
def test_the_first_line_says_what_to_install(clone: Clone, target: str, name: str, text: str, said: str) -> None:
    clone.install(name, text)
    done = clone.make(target)
    assert done.returncode != 0
    assert done.stdout.startswith(said)
    assert "install" in done.stdout.splitlines()[0].removeprefix(said)
    assert not (clone.folder / ".venv").exists()


@pytest.mark.parametrize("version", ["3.10.0", "3.11.2", "3.13.0", "3.14.0", "3.15.0a1"])
def test_every_newer_python_will_do(clone: Clone, version: str) -> None:
    clone.install("python3", python_of(version))
    assert clone.sets_up()


def test_a_set_up_is_done_once(clone: Clone) -> None:
    assert clone.sets_up()
    assert not clone.sets_up()


def test_another_lock_makes_the_environment_anew(clone: Clone) -> None:
    assert clone.sets_up()
    (clone.folder / ".venv" / "left").touch()
    (clone.folder / "requirements" / "dev.txt").touch()
    assert clone.sets_up()
    assert not (clone.folder / ".venv" / "left").exists()


def test_another_python_makes_the_environment_anew(clone: Clone) -> None:
    clone.install("python3.13", python_of("3.13.0"))
    assert clone.sets_up()
    (clone.folder / ".venv" / "left").touch()
    assert clone.sets_up("PYTHON=python3.13")
    assert not (clone.folder / ".venv" / "left").exists()
    assert not clone.sets_up("PYTHON=python3.13")


def test_the_environments_own_python_is_no_other_one(clone: Clone) -> None:
    assert clone.sets_up()
    assert not clone.sets_up("PYTHON=.venv/bin/python")


def test_half_a_set_up_is_none(clone: Clone) -> None:
    assert clone.sets_up()
    (clone.folder / "requirements" / "dev.txt").touch()
    (clone.folder / "offline").touch()
    assert clone.make(".venv/tools").returncode != 0
    assert clone.make(".venv/tools").returncode != 0
    (clone.folder / "offline").unlink()
    assert clone.sets_up()
    assert not clone.sets_up()
