"""A second interpreter of the process is refused, whichever kind it is, and the first one goes on."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Runs code in another interpreter, which shares the GIL or has one of its own, and says what came of it.
RUN = """
import sys

def run(code, kind):
    try:
        import _interpreters as interpreters  # 3.13
        created = interpreters.create("legacy" if kind == "legacy" else "isolated")
        failed = interpreters.exec(created, code)
        print(failed.formatted if failed else "ran", flush=True)
        interpreters.destroy(created)
    except ImportError:
        import _xxsubinterpreters as interpreters
        created = interpreters.create(isolated=kind == "isolated")
        try:
            interpreters.run_string(created, code)
            print("ran", flush=True)
        except interpreters.RunFailedError as failed:
            print(failed, flush=True)
        interpreters.destroy(created)
"""
USE = """
import ssewire
assert ssewire.collect(b'data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}\\n\\n').text == "a"
try:
    ssewire.Accumulator().feed("text")
except TypeError:
    print("used", flush=True)
"""
OTHER = "import ssewire"
KINDS = ["legacy", "isolated"]


def output(code: str) -> list[str]:
    """Run code in a process of its own."""
    ran = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", RUN + code], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


@pytest.mark.parametrize("kind", KINDS)
def test_another_interpreter_is_refused_and_the_first_goes_on(kind: str) -> None:
    lines = output(f"{USE}\nrun({OTHER!r}, {kind!r})\nrun({OTHER!r}, {kind!r})\n{USE}")
    assert [lines[0], lines[-1]] == ["used", "used"]
    check_refused(lines[1:-1])


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_refused_where_it_comes_first_and_leaves_nothing_behind(kind: str) -> None:
    lines = output(f"run({OTHER!r}, {kind!r})\n{USE}")
    assert lines[-1] == "used"
    check_refused(lines[:-1])


def check_refused(lines: list[str]) -> None:
    assert lines
    for line in lines:
        assert "ImportError" in line
        assert "main interpreter only" in line or "does not support loading in subinterpreters" in line
