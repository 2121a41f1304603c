"""A recorded stream made ready for the wire: cut in events, then in pieces, compressed and framed.

All of it happens before the server listens, so that a connection has only to send.
"""

from __future__ import annotations

import itertools
import random
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ssewire._core import SSEDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssewire.replay.options import Encoding, Framing, Options

_WBITS = {"gzip": 31, "deflate": 15}  # RFC 9110 section 8.4.1: "deflate" is the zlib format, not a bare deflate stream
_LONGEST_RANDOM_PIECE = 64  # bytes; shorter than most chunks, so that most events are cut


@dataclass(frozen=True)
class Body:
    """One response body: a list of writes per event, and what ends it.

    Attributes:
        events: for each event of the stream, and each comment between two, the bytes of each network write, compressed
            and framed.
        end: the bytes after the last event that tell the client that the body is complete; may be empty.
        headers: the header fields that describe the framing and the encoding.
        silent: for each event whether a client sees none, as of a comment.
    """

    events: list[list[bytes]]
    end: bytes
    headers: list[tuple[str, str]]
    silent: list[bool] = field(default_factory=list)

    def until(self, count: int) -> int:
        """Return after how many of `events` a client has seen `count`."""
        seen = (number for number, silent in enumerate(self.silent, 1) if not silent)
        return next(itertools.islice(seen, count - 1, None), len(self.events)) if count else 0


def split_events(stream: bytes) -> list[bytes]:
    r"""Split an event stream after its blank lines; joined again, the parts are the stream.

    A line ends with CRLF, LF or CR. A part is what stands between blank lines, be it an event, a comment or a field
    that dispatches nothing; further blank lines belong to the part before them. Only the last part may lack one.
    """
    parts: list[list[bytes]] = [[]]
    empty, ended = True, False
    for line in stream.splitlines(keepends=True):
        blank = line in {b"\n", b"\r", b"\r\n"}
        if ended and not blank:
            parts.append([])
            ended, empty = False, True
        parts[-1].append(line)
        empty = empty and blank
        ended = ended or (blank and not empty)
    return [b"".join(lines) for lines in parts if lines]


def prepare(stream: bytes, options: Options) -> Body:
    """Return the body that replays `stream` the way `options` say."""
    rng = None if options.cut_seed is None else random.Random(options.cut_seed)  # noqa: S311 - cuts are no secrets
    # Newline-delimited JSON has no blank lines: there a line is what a client waits for.
    by_line = "ndjson" in options.content_type
    events = stream.splitlines(keepends=True) if by_line else split_events(stream)
    pieces = [list(_pieces(event, options.piece_size, rng)) for event in events]
    encoded, tail = _encode(pieces, options.encoding)
    body = replace(
        _frame(encoded, tail, options.framing), silent=[not by_line and _is_silent(event) for event in events]
    )
    if options.encoding != "identity":
        body.headers.append(("Content-Encoding", options.encoding))
    return body


def _is_silent(part: bytes) -> bool:
    decoder = SSEDecoder(max_event_size=None, tail="dispatch")
    return not (decoder.feed(part) or decoder.close())


def _pieces(event: bytes, size: int | None, rng: random.Random | None) -> Iterator[bytes]:
    """Cut one event in pieces of `size` bytes, or of random sizes up to that."""
    if rng is None:
        step = size or len(event)
        yield from (event[start : start + step] for start in range(0, len(event), step))
        return
    start = 0
    while start < len(event):
        end = start + rng.randint(1, size or _LONGEST_RANDOM_PIECE)
        yield event[start:end]
        start = end


def _encode(events: list[list[bytes]], encoding: Encoding) -> tuple[list[list[bytes]], bytes]:
    """Compress each piece so that it can be decompressed as soon as it arrives; also return the trailer."""
    if encoding == "identity":
        return events, b""
    compressor = zlib.compressobj(wbits=_WBITS[encoding])

    def encode(piece: bytes) -> bytes:
        return compressor.compress(piece) + compressor.flush(zlib.Z_SYNC_FLUSH)

    return [[encode(piece) for piece in pieces] for pieces in events], compressor.flush()


def _frame(events: list[list[bytes]], tail: bytes, framing: Framing) -> Body:
    """Delimit the body: RFC 9112 section 6.3."""
    if framing == "chunked":
        chunks = [[_chunk(piece) for piece in pieces] for pieces in events]
        end = (_chunk(tail) if tail else b"") + b"0\r\n\r\n"
        return Body(chunks, end, [("Transfer-Encoding", "chunked")])
    if framing == "close":
        return Body(events, tail, [("Connection", "close")])
    length = len(tail) + sum(len(piece) for pieces in events for piece in pieces)
    return Body(events, tail, [("Content-Length", str(length))])


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
