"""A snapshot's strings grow in place where nobody else has them; nobody sees a string change."""

from __future__ import annotations

import json
from typing import Any

import pytest
import ssewire
from hypothesis import given
from hypothesis import strategies as st

PIECES = st.lists(st.tuples(st.text(min_size=1, max_size=20), st.booleans(), st.booleans()), max_size=40)
"""Texts of one, two and four bytes a character; whether the string is looked at behind them, and kept."""


def delta(member: str, piece: str) -> dict[str, Any]:
    if member == "arguments":
        return {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}
    return {member: piece}


def text_of(snapshot: ssewire.Snapshot, member: str) -> str | None:
    choice = snapshot.choices[0]
    if member == "arguments":
        return choice.tool_calls[0].arguments if choice.tool_calls else ""
    return {"content": choice.content, "reasoning_content": choice.reasoning, "refusal": choice.refusal}[member]


def read_once(chunks: list[bytes], member: str) -> str | None:
    accumulator = ssewire.Accumulator("openai-chat")
    accumulator.observe(b"".join(chunks))
    return text_of(accumulator.snapshot, member)


@pytest.mark.parametrize("member", ["content", "reasoning_content", "refusal", "arguments"])
@given(pieces=PIECES)
def test_strings_that_were_given_out_stay_as_they_were(member: str, pieces: list[tuple[str, bool, bool]]) -> None:
    accumulator = ssewire.Accumulator("openai-chat")
    chunks, kept = [], []
    for piece, look, keep in pieces:
        chunk = {"choices": [{"index": 0, "delta": delta(member, piece)}]}
        chunks.append(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        accumulator.observe(chunks[-1])
        if look:
            assert text_of(accumulator.snapshot, member) == read_once(chunks, member)
        if keep:
            kept.append((read_once(chunks, member), text_of(accumulator.snapshot, member)))
    assert all(text == seen for text, seen in kept)
