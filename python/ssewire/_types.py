"""The unions and literals of the public API."""

from __future__ import annotations

from typing import Literal, TypeAlias

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
