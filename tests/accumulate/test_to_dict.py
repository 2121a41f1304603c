"""Deltas and usages as JSON has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import ssewire
from ssewire import (
    FinishDelta,
    OtherDelta,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)

from tests.support.cli_process import CHAT, TOOLS

if TYPE_CHECKING:
    from pathlib import Path

RAW = {"prompt_tokens": 3, "completion_tokens": 2}
COUNTS = {
    "input_tokens": 3,
    "cached_tokens": None,
    "cache_write_tokens": None,
    "output_tokens": 2,
    "reasoning_tokens": None,
}
CASES: list[tuple[ssewire.Delta, dict[str, Any]]] = [
    (TextDelta("a"), {"type": "text", "text": "a", "choice": 0}),
    (ReasoningDelta("a", 1), {"type": "reasoning", "text": "a", "choice": 1}),
    (RefusalDelta("a"), {"type": "refusal", "text": "a", "choice": 0}),
    (
        ToolCallDelta(1, "i", "n", "{", 2),
        {"type": "tool_call", "index": 1, "id": "i", "name": "n", "arguments": "{", "choice": 2},
    ),
    (ToolCallDelta(0), {"type": "tool_call", "index": 0, "id": None, "name": None, "arguments": "", "choice": 0}),
    (FinishDelta("stop"), {"type": "finish", "reason": "stop", "choice": 0}),
    (UsageDelta(Usage(RAW)), {"type": "usage", "usage": {**COUNTS, "raw": RAW}, "choice": 0}),
    (OtherDelta("role", ["a"]), {"type": "other", "kind": "role", "value": ["a"], "choice": 0}),
]


@pytest.mark.parametrize(("delta", "expected"), CASES)
def test_a_delta_is_its_type_and_its_fields(delta: ssewire.Delta, expected: dict[str, Any]) -> None:
    assert delta.to_dict() == expected
    assert [*delta.to_dict()] == [*expected]  # in the same order
    assert json.loads(json.dumps(delta.to_dict())) == expected


def test_every_delta_has_a_type_of_its_own() -> None:
    assert len({delta.to_dict()["type"] for delta, _ in CASES}) == len({type(delta) for delta, _ in CASES}) == 7


def made(line: dict[str, Any]) -> ssewire.Delta:
    """Make the delta again, as a reader of lines does."""
    classes = {delta.to_dict()["type"]: type(delta) for delta, _ in CASES}
    fields = {name: value for name, value in line.items() if name != "type"}
    if "usage" in fields:
        fields["usage"] = Usage(fields["usage"]["raw"])
    delta: ssewire.Delta = classes[line["type"]](**fields)
    return delta


@pytest.mark.parametrize("stream", [CHAT, TOOLS], ids=lambda path: path.stem)
def test_nothing_is_lost_on_the_way_through_json(stream: Path) -> None:
    deltas = list(ssewire.Stream(stream.read_bytes()))
    lines = [json.dumps(delta.to_dict()) for delta in deltas]
    assert [made(json.loads(line)) for line in lines] == deltas
