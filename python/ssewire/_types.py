"""The unions and literals of the public API."""

from __future__ import annotations

from typing import Literal

from ssewire._core import (
    FinishDelta,
    OtherDelta,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
)

Delta = TextDelta | ReasoningDelta | RefusalDelta | ToolCallDelta | FinishDelta | UsageDelta | OtherDelta
Dialect = Literal["openai-chat"]
