"""What the `EventSource`s of httpx-sse and httpx2 share: a response of httpx or httpx2, read to its events.

A response is only asked for what both clients promise. Its exceptions come through, and it is not closed here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ssewire._core import EventIterator, SSEDecoder
from ssewire._errors import EventTooLargeError
from ssewire._framing import DecoderOptions
from ssewire._sources import direct
from ssewire._types import Unpack

if TYPE_CHECKING:

    class Response(Protocol):
        """A response of httpx or httpx2, as far as it is used."""

        @property
        def headers(self) -> Mapping[str, str]:
            """The header fields, by names in any case."""

        def iter_bytes(self) -> Iterator[bytes]:
            """Read a synchronous body."""

        def iter_text(self) -> Iterator[str]:
            """Read it in the charset that its header names."""

        def aiter_bytes(self) -> AsyncIterator[bytes]:
            """Read an asynchronous body."""

        def aiter_text(self) -> AsyncIterator[str]:
            """Read it in the charset that its header names."""


EVENT_STREAM = "text/event-stream"

# What an EventSource takes by name; a request has no argument of these names.
_OPTIONS = ("strict_content_type", "obey_charset", "max_event_size", "tail", "dispatch_empty")

_Response = TypeVar("_Response", bound="Response")
_Event = TypeVar("_Event")


def split_options(arguments: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part keyword arguments into those of an EventSource and those of a request."""
    options = {name: value for name, value in arguments.items() if name in _OPTIONS}
    return options, {name: value for name, value in arguments.items() if name not in options}


class ResponseReader(Generic[_Response, _Event]):
    """The events of a response; what the two packages differ in is left to their classes.

    Args:
        response: A response of httpx or httpx2.
        strict_content_type: False reads a body of any media type.
        obey_charset: True decodes the body in the charset that its header names. The standard says UTF-8, always.
        decoder_options: As `SSEDecoder` takes them.
    """

    def __init__(
        self,
        response: _Response,
        *,
        strict_content_type: bool = True,
        obey_charset: bool = False,
        **decoder_options: Unpack[DecoderOptions],
    ) -> None:
        self._response = response
        self._strict_content_type = strict_content_type
        self._obey_charset = obey_charset
        self._decoder_options = decoder_options

    @property
    def response(self) -> _Response:
        """The response."""
        return self._response

    def _accepts(self, media_type: str) -> bool:
        """Whether a body of this media type, in lower case, is an event stream."""
        raise NotImplementedError

    def _error(self, message: str) -> Exception:
        """Make the package's exception."""
        raise NotImplementedError

    def _too_large(self, error: EventTooLargeError) -> Exception:
        return self._error(f"an event exceeds the {error.limit} byte limit: {error}")

    def _decode(self, pieces: Iterator[bytes] | None, decoder: SSEDecoder) -> EventIterator[_Event]:
        """Make the iterator over the events of these pieces, or of those that are put in hand."""
        raise NotImplementedError

    def _check_content_type(self) -> None:
        content_type = self._response.headers.get("Content-Type", "")
        if self._strict_content_type and not self._accepts(content_type.partition(";")[0].strip().lower()):
            raise self._error(f"expected an answer of Content-Type {EVENT_STREAM}, got {content_type!r}")

    def _iter_events(self) -> Iterator[_Event]:
        self._check_content_type()
        response = self._response
        pieces = map(_utf8, response.iter_text()) if self._obey_charset else direct.read(response.iter_bytes())
        try:
            yield from self._decode(pieces, SSEDecoder(**self._decoder_options))
        except EventTooLargeError as error:
            raise self._too_large(error) from error

    async def _aiter_events(self) -> AsyncGenerator[_Event, None]:
        self._check_content_type()
        response = self._response
        events = self._decode(None, SSEDecoder(**self._decoder_options))
        pieces: Any = _autf8(response.aiter_text()) if self._obey_charset else direct.aread(response.aiter_bytes())
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    events.take(piece)
                    for event in events:
                        yield event
            for event in events.close():
                yield event
        except EventTooLargeError as error:
            raise self._too_large(error) from error


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


async def _autf8(texts: Any) -> AsyncGenerator[bytes, None]:
    async with aclosing(texts):
        async for text in texts:
            yield _utf8(text)
