"""Recorded streams of every dialect: input and output make up the provider's total, and parts do not exceed them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pytest
from ssewire import Accumulator

from tests.reference.usage import Figures, Raw, reference
from tests.support.dialect_cases import recorded

if TYPE_CHECKING:
    from pathlib import Path

COUNTED = {
    "openai-chat": (675, 675),
    "openai-completions": (2, 2),
    "openai-responses": (271, 271),
    "openai-assistants": (6, 6),
    "anthropic": (262, 0),
    "gemini": (202, 200),
    "cohere-v2": (27, 0),
    "ollama": (25, 0),
}
"""How many recordings of each dialect have a usage, and how many of these a total."""

ON_THE_WIRE = {"gemini-json-array": "gemini", "ollama-ndjson": "ollama"}
"""What index.tsv calls the dialects that have another name there."""

WITHOUT_INPUT = {
    # Ollama's older servers left the count of a prompt out that they had evaluated before.
    "ollama/test_ollama_async_streaming_generation_legacy.0-526cce8d.ndjson",
    # Its usage is the candidates and the thoughts, and nothing else.
    "google-gemini/test_generate_content_with_file_uri_image_True_.0-5b131a3c.sse",
}
TOO_MUCH_CACHED = {
    # Azure's Grok says that more was read from the cache than there was: 373 of 235 tokens, which it also counts all as
    # text, and its total is prompt and completion.
    "azure-ai/chat_function_calling_azure_grok-4-1-fast-non-reasoning_can_use_tools_.1-071c513d.sse",
    "azure-ai/chat_function_calling_azure_grok-4-1-fast-non-reasoning_can_use_tools_.2-ecd94e65.sse",
    "azure-ai/chat_function_calling_azure_grok-4-1-fast-non-reasoning_can_use_tools_.3-3511908a.sse",
}
TOO_MUCH_REASONING = {
    # Vercel's gateway gives Gemini's candidates as completion, the thoughts beside it, and leaves them out of its
    # total; its `cost` has them.
    "vercel-gateway/multi_tool_streaming.0-36c93c90.sse",
    "vercel-gateway/simple_streaming.0-3fc0db13.sse",
    "vercel-gateway/tool_streaming.0-2edffff3.sse",
    "vercel-gateway/multi_tool_streaming.0-0561c6d4.sse",
    "vercel-gateway/multi_tool_streaming.1-7b384f82.sse",
    "vercel-gateway/simple_streaming.0-a03466b5.sse",
    "vercel-gateway/tool_streaming.0-622f1279.sse",
    # These count the reasoning once more by another tokenizer: 19 of 16 tokens, 11 of 10.
    "doubleword/streaming_probe.0-29790004.sse",
    "doubleword/streaming_probe.2-2cdf023a.sse",
    "doubleword/streaming_identity_contract_vs_reality.0-237800a2.sse",
    "doubleword/streaming_smoke.0-7ad27651.sse",
    "openrouter/test_openrouter_stream_error.0-baafd4cb.sse",
}


class Recorded(NamedTuple):
    """The usage of a recording: what the provider sent, and what it means."""

    name: str
    dialect: str
    raw: Raw
    figures: Figures

    @property
    def total(self) -> int | None:
        total: int | None = self.raw.get("total_tokens", self.raw.get("totalTokenCount"))
        return total


@pytest.fixture(scope="module")
def usages(recordings: Path) -> list[Recorded]:
    found = []
    for name, wire, body in recorded(recordings, *COUNTED, *ON_THE_WIRE):
        accumulator = Accumulator()
        accumulator.observe(body)
        accumulator.flush()
        usage = accumulator.usage
        if usage is not None:
            figures = Figures(*(getattr(usage, figure) for figure in Figures._fields))
            found.append(Recorded(name, ON_THE_WIRE.get(wire, wire), usage.raw, figures))
    return found


def test_every_usage_means_what_the_reference_says(usages: list[Recorded]) -> None:
    counted = Counter(usage.dialect for usage in usages)
    with_total = Counter(usage.dialect for usage in usages if usage.total is not None)
    assert {dialect: (counted[dialect], with_total[dialect]) for dialect in counted} == COUNTED
    for usage in usages:
        assert usage.figures == reference(usage.dialect, usage.raw), usage


def test_input_and_output_make_up_the_total(usages: list[Recorded]) -> None:
    for usage in usages:
        if usage.total is not None:
            given, made = usage.figures.input_tokens, usage.figures.output_tokens
            assert (given or 0) + (made or 0) == usage.total, usage


def test_input_and_output_are_told(usages: list[Recorded]) -> None:
    assert {usage.name for usage in usages if usage.figures.input_tokens is None} == WITHOUT_INPUT
    assert all(usage.figures.output_tokens is not None for usage in usages)


def test_parts_do_not_exceed_their_wholes(usages: list[Recorded]) -> None:
    cached, reasoned = set(), set()
    for name, _, _, (given, read, written, made, reasoning) in usages:
        if (read or 0) + (written or 0) > (given or 0):
            cached.add(name)
        if (reasoning or 0) > (made or 0):
            reasoned.add(name)
    assert cached == TOO_MUCH_CACHED
    assert reasoned == TOO_MUCH_REASONING
