"""What a usage means: the corpus, and made-up ones of every dialect, held against the slow reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from ssewire import Accumulator, Usage, UsageDelta

from tests.reference.usage import LARGEST, Figures, Raw, reference
from tests.support.chat_cases import corpus as chat_corpus
from tests.support.dialect_cases import DIALECTS, corpus


class Case(NamedTuple):
    """A provider's object, and what it means."""

    name: str
    dialect: str
    raw: Raw
    expect: Figures

    def __str__(self) -> str:
        return self.name


ROWS = json.loads((Path(__file__).parents[1] / "data" / "usage.json").read_text("utf-8"))
CASES = [Case(row["name"], row["dialect"], row["raw"], Figures(**row["expect"])) for row in ROWS]


def figures(usage: Usage) -> Figures:
    return Figures(*(getattr(usage, name) for name in Figures._fields))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_corpus(case: Case) -> None:
    usage = Usage(case.raw)
    assert figures(usage) == case.expect
    assert usage.raw == case.raw
    assert list(usage.raw) == list(case.raw)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_reference_gives_the_corpus(case: Case) -> None:
    assert reference(case.dialect, case.raw) == case.expect


def test_the_streams_of_every_corpus_mean_what_the_reference_says() -> None:
    bodies = [("openai-chat", case.body) for case in chat_corpus()]
    bodies += [(dialect, case.body) for dialect in DIALECTS for case in corpus(dialect)]
    seen = set()
    for dialect, body in bodies:
        accumulator = Accumulator(dialect)  # type: ignore[arg-type]
        accumulator.observe(body)
        accumulator.flush()
        if accumulator.usage is not None:
            seen.add(dialect)
            assert figures(accumulator.usage) == reference(dialect, accumulator.usage.raw), accumulator.usage
    assert seen == {"openai-chat", *DIALECTS} - {"vercel-ui", "ag-ui"}


# Made-up usages: few small counts, so that sums often meet a total, and what is no count


MEMBERS = {
    "openai-chat": """
        prompt_tokens completion_tokens total_tokens prompt_tokens_details.cached_tokens
        prompt_tokens_details.cache_write_tokens prompt_tokens_details.cache_creation_tokens
        prompt_tokens_details.cache_creation_input_tokens prompt_tokens_details.audio_tokens
        prompt_token_details.cached_tokens prompt_cache_hit_tokens cache_read_input_tokens cached_tokens
        cache_creation_input_tokens completion_tokens_details.reasoning_tokens reasoning_tokens
    """,
    "openai-responses": """
        input_tokens_details.cached_tokens input_tokens_details.cache_write_tokens output_tokens
        output_tokens_details.reasoning_tokens total_tokens
    """,
    "anthropic": """
        cache_read_input_tokens cache_creation_input_tokens output_tokens output_tokens_details.thinking_tokens
        total_tokens
    """,
    "gemini": """
        promptTokenCount toolUsePromptTokenCount cachedContentTokenCount candidatesTokenCount thoughtsTokenCount
        totalTokenCount
    """,
    "cohere-v2": """
        tokens.input_tokens tokens.output_tokens tokens.reasoning_tokens cached_tokens billed_units.input_tokens
        billed_units.output_tokens
    """,
    "ollama": "prompt_eval_count prompt_eval_cached_count eval_count",
}
SURE = {"anthropic": "input_tokens", "openai-responses": "input_tokens"}
"""What these always have, if only as null."""

counts = st.sampled_from([0, 1, 2, 3, 4, 6, 9]) | st.sampled_from([2**63, LARGEST - 1, LARGEST, LARGEST + 1])
values: st.SearchStrategy[Any] = counts | counts | st.sampled_from([None, -1, 1.5, True, "5", [], {}])


def nested(members: dict[str, Any]) -> Raw:
    raw: Raw = {}
    for path, value in members.items():
        *above, name = path.split(".")
        (raw.setdefault(above[0], {}) if above else raw)[name] = value
    return raw


def every(paths: list[str]) -> dict[str, st.SearchStrategy[Any]]:
    return dict.fromkeys(paths, values)


@st.composite
def usages(draw: st.DrawFn) -> tuple[str, Raw]:
    dialect = draw(st.sampled_from(sorted(MEMBERS)))
    sure, optional = SURE.get(dialect, "").split(), MEMBERS[dialect].split()
    return dialect, nested(draw(st.fixed_dictionaries(every(sure), optional=every(optional))))


@example(("gemini", {"cachedContentTokenCount": 2, "totalTokenCount": 2}))
@settings(max_examples=500)
@given(usages())
def test_made_up_usages_mean_what_the_reference_says(made: tuple[str, Raw]) -> None:
    dialect, raw = made
    found = figures(Usage(raw))
    assert found == reference(dialect, raw)
    total = raw.get("total_tokens", raw.get("totalTokenCount"))
    event(f"the total is met: {(found.input_tokens or 0) + (found.output_tokens or 0) == total}")


def test_sums_stop_at_the_largest_count() -> None:
    usage = Usage({"input_tokens": LARGEST, "cache_read_input_tokens": 1, "output_tokens": 2, "total_tokens": 3})
    assert figures(usage) == Figures(LARGEST, 1, None, 2, None)
    assert Usage({"input_tokens": LARGEST + 1}).input_tokens is None


# While a stream goes on


def message(kind: str, **members: Any) -> bytes:
    return b"data: " + json.dumps({"type": kind, **members}).encode() + b"\n\n"


def test_each_usage_delta_means_all_so_far() -> None:
    began = {"input_tokens": 3, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 7, "output_tokens": 1}
    accumulator = Accumulator("anthropic")
    deltas = accumulator.feed(message("message_start", message={"id": "m", "usage": began}))
    deltas += accumulator.feed(message("message_delta", delta={}, usage={"input_tokens": None, "output_tokens": 5}))
    deltas += accumulator.feed(message("message_delta", delta={}, usage={"input_tokens": 8, "output_tokens": 9}))
    told = [figures(delta.usage) for delta in deltas if isinstance(delta, UsageDelta)]
    assert told == [Figures(50, 40, 7, output, None) for output in (1, 5)] + [Figures(55, 40, 7, 9, None)]


def test_a_frozen_usage_means_the_same() -> None:
    for case in CASES:
        usage = Usage(case.raw)
        assert figures(eval(repr(usage), {"Usage": Usage})) == figures(usage)  # noqa: S307  our own repr
