"""Telling responses that are no event stream from those that are."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ssewire._core import Accumulator, beginning, body_format
from ssewire._errors import ProviderError, ResponseError, StreamError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ssewire._sources import AsyncSource, Source
    from ssewire._sources.base import Piece

E = TypeVar("E", bound=StreamError)

# As much of a body as is read to say what came instead of an event stream.
SHOWN = 64 * 1024

_HTTP_ERROR = 400

# Media types that are never an event stream. Anything else may be one: many servers label theirs text/plain, or not at
# all.
_DOCUMENTS = ("text/html", "text/xml", "application/xml", "application/pdf", "application/vnd.amazon.eventstream")
# Rows of JSON values: an accumulator reads them, a decoder of events does not.
_JSON_LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
_DOCUMENT_KINDS = ("image/", "audio/", "video/", "font/", "multipart/")

# Content codings that every client undoes (`body_format` knows gzip data where one did not). Lists of codings are
# not among them: each client undoes others.
_UNDONE = ("", "identity", "gzip", "x-gzip", "deflate")
# Bytes that no text has: WHATWG MIME Sniffing, "binary data byte".
_BINARY = frozenset((*range(0x09), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)))


def _media_type(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or media_type.endswith("+json") or media_type in _JSON_LINES


def _is_document(media_type: str) -> bool:
    return media_type in _DOCUMENTS or media_type.startswith(_DOCUMENT_KINDS) or media_type.endswith("+xml")


def _is_http_error(status: int | None) -> bool:
    """Whether the status says that the request failed; False where there is none."""
    return status is not None and status >= _HTTP_ERROR


def stream_pieces(source: Source) -> Iterator[Piece]:
    """Return the pieces of a body for an accumulator: of an event stream, or of JSON, which it reads too.

    Of a failed request and of any other document the first `next` raises ProviderError or ResponseError; nothing is
    read before.
    """
    return source.pieces if _is_readable(source) else _refused(source)


def event_pieces(source: Source) -> Iterator[Piece]:
    """Return the pieces of an event stream for a decoder.

    Of a failed request, of JSON and of any other document the first `next` raises ProviderError or ResponseError;
    nothing is read before.
    """
    return source.pieces if is_event_stream(source) else _refused(source)


def astream_pieces(source: AsyncSource) -> AsyncIterator[Piece]:
    """Return the asynchronous twin of `stream_pieces`."""
    return source.pieces if _is_readable(source) else _arefused(source)


def aevent_pieces(source: AsyncSource) -> AsyncIterator[Piece]:
    """Return the asynchronous twin of `event_pieces`."""
    return source.pieces if is_event_stream(source) else _arefused(source)


def _is_readable(source: Source | AsyncSource) -> bool:
    return not (_is_http_error(source.status) or _is_document(_media_type(source.content_type)))


def is_event_stream(source: Source | AsyncSource) -> bool:
    """Whether a body may be an event stream, by its status and type."""
    return _is_readable(source) and not _is_json(_media_type(source.content_type))


def _refused(source: Source) -> Iterator[Piece]:
    body = bytearray()
    for piece in source.pieces:
        body += piece
        if len(body) >= SHOWN:
            break
    raise refusal(bytes(body[:SHOWN]), source)
    yield b""


async def _arefused(source: AsyncSource) -> AsyncIterator[Piece]:
    body = bytearray()
    async for piece in source.pieces:
        body += piece
        if len(body) >= SHOWN:
            break
    raise refusal(bytes(body[:SHOWN]), source)
    yield b""


def seldom_undone(source: Source | AsyncSource) -> str | None:
    """Return a source's content coding as it was received, where clients differ in what they can undo; else None."""
    coding = source.content_encoding
    return None if (coding or "").strip().lower() in _UNDONE else coding


def of_response(error: E, source: Source | AsyncSource | None) -> E:
    """Put the response's status and headers on an error of its stream."""
    if source is not None and source.status is not None:
        error._told_by(source.status, source.headers)  # noqa: SLF001 - for this module
    return error


def refusal(body: bytes, source: Source | AsyncSource | None = None) -> ProviderError | ResponseError:
    """Return what to raise for a body that is no event stream: a ProviderError where it is an API error."""
    accumulator = Accumulator()
    accumulator.observe(body)
    accumulator.flush()
    error = accumulator.error
    if error is not None:
        error.snapshot = None
        return of_response(error, source)
    status, content_type = (source.status, source.content_type) if source else (None, None)
    what = body_format(body) or _still_encoded(body, source)
    parts = (f"HTTP {status}" if status else "", content_type or "", what or "")
    came = " ".join(part for part in parts if part) or "a body"
    begins = beginning(body) if body else "without a body"
    text = f"expected an event stream, got {came}, {begins}"
    return of_response(ResponseError(text, status=status, content_type=content_type, body=body), source)


def _still_encoded(body: bytes, source: Source | AsyncSource | None) -> str | None:
    """Name the content coding of a body that the client left in it; None where the body looks decoded.

    The header alone does not tell: it stays where the client decoded the body, and servers send it with plain text.
    """
    coding = seldom_undone(source) if source else None
    if source is None or coding is None or _BINARY.isdisjoint(body):
        return None
    if _media_type(source.content_type).startswith(_DOCUMENT_KINDS):
        return None  # binary once it is decoded, too
    remedy = "ask for identity, or install a decoder that the client takes"
    return f"data in Content-Encoding {coding!r} that the client did not decompress ({remedy})"
