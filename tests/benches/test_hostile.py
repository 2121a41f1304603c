"""The promises of SECURITY.md on memory, each in a process of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benches.hostile import INPUTS, MIB, apart

SIZE = 2 * MIB
"""Bytes of input, at the most."""
SLACK = 4 * MIB
"""What an allocator may keep, whatever the input is."""


@pytest.mark.parametrize("name", INPUTS)
def test_memory_is_within_what_is_promised(name: str) -> None:
    hostile = INPUTS[name]
    cost = apart(name, min(hostile.size, SIZE))
    assert cost.size >= MIB / 2, "it has to be large enough to tell"
    assert cost.memory <= hostile.most * cost.size + SLACK


def test_the_page_has_every_promise() -> None:
    page = (Path(__file__).parents[2] / "SECURITY.md").read_text()
    promised = dict(re.findall(r"^\| (.+?) \|.*\| ([\d.]+) \|$", page, re.MULTILINE))
    assert promised == {name: f"{hostile.most:g}" for name, hostile in INPUTS.items()}
