"""What a usage means: a slow reference, written from the table in docs/usage.md, a function for each of its rows.

It goes by the dialect, where the core goes by the members.
"""

from __future__ import annotations

from typing import Any, NamedTuple

LARGEST = 2**64 - 1
"""Counts beyond it are none; sums stop at it."""

Raw = dict[str, Any]
Count = int | None
Wholes = tuple[Count, Count]
"""Input and output."""


class Figures(NamedTuple):
    """What a `Usage` says."""

    input_tokens: Count
    cached_tokens: Count
    cache_write_tokens: Count
    output_tokens: Count
    reasoning_tokens: Count


def reference(dialect: str, raw: Raw) -> Figures:
    """Give what a provider's object means in a dialect."""
    return _ROWS[dialect](raw)


def _chat(raw: Raw) -> Figures:
    prompt, completion = _count(raw, "prompt_tokens"), _count(raw, "completion_tokens")
    cached = _first(
        raw,
        "prompt_tokens_details.cached_tokens",
        "prompt_token_details.cached_tokens",
        "prompt_cache_hit_tokens",
        "cache_read_input_tokens",
        "cached_tokens",
    )
    written = _first(
        raw,
        "prompt_tokens_details.cache_write_tokens",
        "prompt_tokens_details.cache_creation_tokens",
        "prompt_tokens_details.cache_creation_input_tokens",
        "cache_creation_input_tokens",
    )
    reasoning = _first(raw, "completion_tokens_details.reasoning_tokens", "reasoning_tokens")
    wholes = _that_gives(
        _count(raw, "total_tokens"),
        (prompt, completion),
        (prompt, _sum(completion, reasoning)),
        (_sum(prompt, _count(raw, "prompt_tokens_details.audio_tokens")), completion),
        (_sum(prompt, cached, written), completion),
    )
    return Figures(wholes[0], cached, written, wholes[1], reasoning)


def _responses(raw: Raw) -> Figures:
    given, made = _count(raw, "input_tokens"), _count(raw, "output_tokens")
    cached = _count(raw, "input_tokens_details.cached_tokens")
    written = _count(raw, "input_tokens_details.cache_write_tokens")
    reasoning = _count(raw, "output_tokens_details.reasoning_tokens")
    wholes = _that_gives(_count(raw, "total_tokens"), (given, made))
    return Figures(wholes[0], cached, written, wholes[1], reasoning)


def _anthropic(raw: Raw) -> Figures:
    given, made = _count(raw, "input_tokens"), _count(raw, "output_tokens")
    cached, written = _count(raw, "cache_read_input_tokens"), _count(raw, "cache_creation_input_tokens")
    thinking = _count(raw, "output_tokens_details.thinking_tokens")
    wholes = _that_gives(_count(raw, "total_tokens"), (_sum(given, cached, written), made), (given, made))
    return Figures(wholes[0], cached, written, wholes[1], thinking)


def _gemini(raw: Raw) -> Figures:
    prompt = _sum(_count(raw, "promptTokenCount"), _count(raw, "toolUsePromptTokenCount"))
    candidates, thoughts = _count(raw, "candidatesTokenCount"), _count(raw, "thoughtsTokenCount")
    wholes = _that_gives(_count(raw, "totalTokenCount"), (prompt, _sum(candidates, thoughts)), (prompt, candidates))
    return Figures(wholes[0], _count(raw, "cachedContentTokenCount"), None, wholes[1], thoughts)


def _cohere(raw: Raw) -> Figures:
    given, made = _count(raw, "tokens.input_tokens"), _count(raw, "tokens.output_tokens")
    return Figures(given, _count(raw, "cached_tokens"), None, made, _count(raw, "tokens.reasoning_tokens"))


def _ollama(raw: Raw) -> Figures:
    prompt, answer = _count(raw, "prompt_eval_count"), _count(raw, "eval_count")
    return Figures(prompt, _count(raw, "prompt_eval_cached_count"), None, answer, None)


_ROWS = {
    "openai-chat": _chat,
    "openai-completions": _chat,
    "openai-assistants": _chat,
    "openai-responses": _responses,
    "anthropic": _anthropic,
    "gemini": _gemini,
    "cohere-v2": _cohere,
    "ollama": _ollama,
}


def _that_gives(total: Count, own: Wholes, *others: Wholes) -> Wholes:
    """Give the first input and output that make up the total, or else the own ones, the output with the rest of it."""
    if total is None:
        return own
    for wholes in (own, *others):
        if (_sum(*wholes) or 0) == total:
            return wholes
    if own[0] is not None and total > (_sum(*own) or 0):
        return own[0], total - own[0]
    return own


def _sum(*counts: Count) -> Count:
    told = [count for count in counts if count is not None]
    return min(sum(told), LARGEST) if told else None


def _first(raw: Raw, *paths: str) -> Count:
    return next((count for path in paths if (count := _count(raw, path)) is not None), None)


def _count(raw: Raw, path: str) -> Count:
    found: Any = raw
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found if type(found) is int and 0 <= found <= LARGEST else None
