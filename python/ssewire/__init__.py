"""LLM event streams: bytes in; events, deltas and the finished message out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssewire import _compiled  # noqa: F401 - first: it says what to do where the compiled module is missing
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

if TYPE_CHECKING:
    from ssewire._event_source import AsyncEventSource, EventSource
    from ssewire._retrying import StreamPosition, aretrying, retrying

__all__ = [
    "Accumulator",
    "AsyncEventSource",
    "AsyncStream",
    "Choice",
    "Delta",
    "Dialect",
    "EventSource",
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
    "StreamPosition",
    "TextDelta",
    "ToolCall",
    "ToolCallDelta",
    "Usage",
    "UsageDelta",
    "__version__",
    "acollect",
    "aiter_sse",
    "aretrying",
    "atee",
    "collect",
    "encode_comment",
    "iter_sse",
    "retrying",
    "tee",
]

_RECONNECTING = {
    "AsyncEventSource": "_event_source",
    "EventSource": "_event_source",
    "StreamPosition": "_retrying",
    "aretrying": "_retrying",
    "retrying": "_retrying",
}


def __getattr__(name: str) -> object:
    """Import what reconnects once it is asked for: it brings in threads, dates and the code for HTTP clients."""
    if name not in _RECONNECTING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - see above

    value: object = getattr(import_module(f"ssewire.{_RECONNECTING[name]}"), name)
    value.__module__ = "ssewire"
    globals()[name] = value
    return value


# Every public name says where it is found, so that reprs and tracebacks do too.
for _name in __all__:
    if getattr(globals().get(_name), "__module__", "").startswith("ssewire._"):
        globals()[_name].__module__ = "ssewire"
del _name, TYPE_CHECKING
