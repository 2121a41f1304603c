"""What a package says where it cannot work, and what its index shows of it. `make wheels` tries the packages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path

import pytest
import ssewire

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
REPOSITORY = "https://github.com/ssewire/ssewire"
FILES = (
    f"{REPOSITORY}/blob/main/",
    f"{REPOSITORY}/tree/main/",
    "https://raw.githubusercontent.com/ssewire/ssewire/main/",
)
LINKS = re.findall(r"\]\(([^)\s]+)|^\[[^]]+\]:\s*(\S+)|(?:src|href)=[\"']([^\"']+)", README, re.MULTILINE)
TARGETS = sorted({target for found in LINKS for target in found if target})


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    kept = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=kept)  # noqa: S603 - ours


# Without the compiled module


def test_without_its_compiled_module_the_import_says_what_to_do(tmp_path: Path) -> None:
    source = Path(ssewire.__file__).parent
    shutil.copytree(source, tmp_path / "ssewire", ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"))
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import ssewire"
    done = run(code)
    assert done.returncode != 0
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: ssewire is here without its compiled module for ")
    assert "pip install --force-reinstall ssewire" in last
    assert "make demo" in last


def test_another_module_that_is_missing_is_no_matter_of_the_compiled_one(tmp_path: Path) -> None:
    source = Path(ssewire.__file__).parent
    shutil.copytree(source, tmp_path / "ssewire", ignore=shutil.ignore_patterns("_core.*", "__pycache__"))
    (tmp_path / "ssewire" / "_core.py").write_text("import not_there\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import ssewire"
    assert run(code).stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'not_there'"


# Without Rust

BUILD = "import build_backend; print(build_backend.get_requires_for_build_wheel())"


def cargo(folder: Path, says: str) -> str:
    """A path on which there is only a cargo that says this."""
    (folder / "cargo").write_text(f"#!/bin/sh\necho '{says}'\n")
    (folder / "cargo").chmod(0o755)
    return str(folder)


@pytest.mark.skipif(os.name == "nt", reason="a script of the shell pretends to be cargo")
@pytest.mark.parametrize("says", ["cargo 1.87.0 (99624be96 2025-05-06)", "cargo 1.63.0", "cargo 0.99.0"])
def test_a_build_with_an_older_rust_says_which_one_it_needs(says: str, tmp_path: Path) -> None:
    done = run(BUILD, PATH=cargo(tmp_path, says), PYTHONPATH=str(ROOT / "rust/py"))
    assert done.returncode == 1
    assert f"which needs Rust 1.88 or newer, but cargo is {says}." in done.stderr
    assert "https://rustup.rs" in done.stderr


def test_a_build_without_rust_says_so_and_wants_no_toolchain(tmp_path: Path) -> None:
    done = run(BUILD, PATH=str(tmp_path), PYTHONPATH=str(ROOT / "rust/py"))
    assert done.returncode == 1
    assert "which needs Rust 1.88 or newer, but cargo is not there." in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.skipif(os.name == "nt", reason="a script of the shell pretends to be cargo")
@pytest.mark.parametrize("says", ["cargo 1.88.0 (873a06493 2025-05-10)", "cargo 1.100.0-nightly", "cargo 2.0.0"])
def test_a_build_with_rust_wants_nothing_else(says: str, tmp_path: Path) -> None:
    done = run(BUILD, PATH=cargo(tmp_path, says), PYTHONPATH=str(ROOT / "rust/py"))
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


# The page of the package index


@pytest.mark.parametrize("target", TARGETS)
def test_a_link_of_the_readme_works_where_the_package_index_shows_it(target: str) -> None:
    assert target.startswith("https://")
    for prefix in FILES:
        if target.startswith(prefix):
            assert (ROOT / target.removeprefix(prefix).partition("#")[0]).exists()


def test_the_readme_has_links_to_look_at() -> None:
    assert any(target.endswith("chart.svg") for target in TARGETS)
    assert len([target for target in TARGETS if target.startswith(FILES)]) > 5


def test_the_same_pythons_are_promised_and_tried() -> None:
    promised = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    assert re.findall(r"set -- (.*)", (ROOT / ".ci/pythons").read_text("utf-8")) == [" ".join(promised)]
    assert re.findall(r"(3\.\d+)=", (ROOT / ".ci/fresh-clone").read_text("utf-8")) == promised
    for workflow in ("ci", "release"):
        [matrix] = re.findall(r"python: \[(.*)\]", (ROOT / f".github/workflows/{workflow}.yml").read_text("utf-8"))
        assert re.findall(r"3\.\d+t?", matrix) == [*promised, f"{promised[-1]}t"]


def test_the_metadata_says_where_things_are() -> None:
    urls = dict(entry.split(", ", 1) for entry in metadata("ssewire").get_all("Project-URL") or ())
    assert urls.keys() == {"Homepage", "Documentation", "Source", "Issues", "Changelog"}
    assert urls["Source"] == REPOSITORY
    manifest = (ROOT / "Cargo.toml").read_text("utf-8")
    assert f'repository = "{REPOSITORY}"' in manifest
