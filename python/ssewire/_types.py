"""The unions and literals of the public API."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

from ssewire._core import (
    FinishDelta,
    OtherDelta,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
)

Delta: TypeAlias = TextDelta | ReasoningDelta | RefusalDelta | ToolCallDelta | FinishDelta | UsageDelta | OtherDelta
Dialect: TypeAlias = Literal[
    "openai-chat",
    "openai-completions",
    "openai-responses",
    "anthropic",
    "gemini",
    "cohere-v2",
    "openai-assistants",
    "ollama",
    "vercel-ui",
    "ag-ui",
]


class Limits(TypedDict, total=False):
    """What one stream may take; None for no limit. Crossing one is an `EventTooLargeError`; what was read is kept."""

    max_event_size: int | None
    """Bytes that one event may have; 64 MiB unless it is given."""
    max_total_size: int | None
    """Bytes of texts, and of the JSON text of objects, that may be kept; none unless it is given."""
    max_choices: int | None
    """Choices that may be kept; 131,072 unless it is given."""
    max_tool_calls: int | None
    """Tool calls that may be kept of one choice; 131,072 unless it is given."""
