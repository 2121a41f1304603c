"""The unions, literals and protocols of the public API.

They are there at runtime too: `typing.get_type_hints` reads the annotations of everything public.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypedDict

from ssewire._core import (
    FinishDelta,
    OtherDelta,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
)

if TYPE_CHECKING:
    from typing_extensions import Buffer, Self, Unpack
else:  # without a dependency for what Python 3.10 lacks
    Buffer = bytes | bytearray | memoryview
    if sys.version_info >= (3, 11):
        from typing import Self, Unpack
    else:
        Self = Any

        class Unpack:
            """Stands for the keywords of a TypedDict."""

            def __class_getitem__(cls, keywords: object) -> object:
                return keywords


__all__ = ["AsyncSourceLike", "Buffer", "Delta", "Dialect", "Limits", "Piece", "Self", "SourceLike", "Unpack"]

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


Piece: TypeAlias = bytes | bytearray | memoryview


class BinaryFile(Protocol):
    """A binary file, or a response that reads like one: http.client's, urllib's, urllib3's."""

    def read(self, size: int, /) -> bytes | None:
        """Return up to so many bytes, b"" at the end."""


class IterBytes(Protocol):
    """A response of httpx or httpx2."""

    def iter_bytes(self) -> Iterator[bytes]:
        """Read a synchronous body."""


class AiterBytes(Protocol):
    """A response of httpx or httpx2."""

    def aiter_bytes(self) -> AsyncIterator[bytes]:
        """Read an asynchronous body."""


class AsyncContent(Protocol):
    """The body of a response of aiohttp."""

    async def readany(self) -> bytes:
        """Return what is there, b"" at the end."""


class HasContent(Protocol):
    """A response of aiohttp."""

    @property
    def content(self) -> AsyncContent:
        """The body."""


class HasHttpResponse(Protocol):
    """What openai, anthropic and their like give for `with_streaming_response` and `with_raw_response`."""

    @property
    def http_response(self) -> IterBytes:
        """The response of httpx, which reads both ways."""


class HasResponse(Protocol):
    """A `Stream` of those, or an `EventSource` of httpx-sse or httpx2, that nothing has read yet."""

    @property
    def response(self) -> IterBytes:
        """The response of httpx or httpx2, which reads both ways."""


# Responses of requests are iterables of bytes to a type checker; they are read another way.
SourceLike: TypeAlias = Buffer | BinaryFile | IterBytes | HasHttpResponse | HasResponse | Iterable[Piece]
AsyncSourceLike: TypeAlias = Buffer | AiterBytes | HasContent | HasHttpResponse | HasResponse | AsyncIterable[Piece]
