"""Builds of CPython without the GIL have no orjson: what is read without it is the same."""

from __future__ import annotations

import subprocess
import sys

TEXTS = [
    '{"a": [1, -2.5e3, true, null, "\\u00e9\\ud83d\\ude00"], "a": 2, "流": {}}',
    '"\\ud83d"',
    "NaN",
    "-Infinity",
    " 1 ",
    "18446744073709551616",
    "123456789012345678901234567890",
    "1e400",
    "[" * 500 + "]" * 500,
    "[" * 100_000,
    "nul",
    "",
    '"',
    "01",
]
READ = f"""
import sys
if len(sys.argv) > 1:
    sys.modules["orjson"] = None
from ssewire._json import loads
for text in {TEXTS!a}:
    try:
        print(ascii(loads(text)))
    except ValueError as error:
        print(type(error).__name__)
print("orjson" in sys.modules and sys.modules["orjson"] is not None)
"""


def read(*arguments: str) -> list[str]:
    command = [sys.executable, "-c", READ, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
    return done.stdout.splitlines()


def test_the_standard_library_reads_the_same() -> None:
    with_it, without = read(), read("without")
    assert (with_it[-1], without[-1]) == ("True", "False")
    assert without[:-1] == with_it[:-1]
    assert "JSONDecodeError" in without
