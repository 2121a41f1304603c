"""LLM event streams: bytes in; events, deltas and the finished message out."""

from __future__ import annotations

from ssewire._async_stream import AsyncStream, acollect
from ssewire._core import (
    Accumulator,
    Choice,
    FinishDelta,
    OtherDelta,
    ReasoningDelta,
    RefusalDelta,
    ServerSentEvent,
    Snapshot,
    SSEDecoder,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
    UsageDelta,
    __version__,
    encode_comment,
)
from ssewire._errors import EventTooLargeError, IncompleteStreamError, ProviderError, ResponseError, StreamError
from ssewire._framing import aiter_sse, iter_sse
from ssewire._stream import Stream, collect
from ssewire._tee import atee, tee
from ssewire._types import Delta, Dialect

__all__ = [
    "Accumulator",
    "AsyncStream",
    "Choice",
    "Delta",
    "Dialect",
    "EventTooLargeError",
    "FinishDelta",
    "IncompleteStreamError",
    "OtherDelta",
    "ProviderError",
    "ReasoningDelta",
    "RefusalDelta",
    "ResponseError",
    "SSEDecoder",
    "ServerSentEvent",
    "Snapshot",
    "Stream",
    "StreamError",
    "TextDelta",
    "ToolCall",
    "ToolCallDelta",
    "Usage",
    "UsageDelta",
    "__version__",
    "acollect",
    "aiter_sse",
    "atee",
    "collect",
    "encode_comment",
    "iter_sse",
    "tee",
]

# Every public name says where it is found, so that reprs and tracebacks do too.
for _name in __all__:
    if getattr(globals()[_name], "__module__", "").startswith("ssewire._"):
        globals()[_name].__module__ = "ssewire"
del _name
