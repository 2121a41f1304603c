"""Chunks that have arrived together, read together: of responses of httpx and httpx2 over HTTP/1.1.

Servers send each event as a chunk of the body. h11, which reads chunks for httpx, gives one after the other, each
through ten layers of Python: that takes longer than all that is done to an event afterwards. Where a stream comes
faster than it is read, several chunks wait, and how a body was cut into chunks means nothing (RFC 9112, 7.1).

So the contents of all whole chunks that wait are given as one, and the rest is left to h11's own reader: parts of
chunks, the last chunk, and what is no chunk.
"""

from __future__ import annotations

import sys
from typing import Any

from ssewire._core import take_chunks

# Where a stream has the one that it reads from: from a response's down to the connection.
_INNER = ("_stream", "_httpcore_stream", "_connection")
_DEPTH = 8


def join_chunks(response: Any) -> None:
    """Have the chunks of a response that nobody has read yet come together; other responses stay as they are.

    What this looks at is private to httpx, httpcore and h11: where it has another form nothing is changed either.
    """
    if getattr(response, "is_closed", True) or getattr(response, "is_stream_consumed", True):
        return
    readers = sys.modules.get("h11._readers")
    state = _state(response)
    if readers is not None and type(getattr(state, "_reader", None)) is readers.ChunkedReader:
        state._reader = _Reader(state._reader, readers.Data)  # noqa: SLF001 - see above


def _state(response: Any) -> Any:
    """Return the h11 connection that a body is read from; None where there is none."""
    inner = getattr(response, "stream", None)
    for _ in range(_DEPTH):
        if inner is None or hasattr(inner, "_h11_state"):
            break
        inner = next((vars(inner)[name] for name in _INNER if name in getattr(inner, "__dict__", ())), None)
    return getattr(inner, "_h11_state", None)


class _Reader:
    """Stands for h11's reader of a chunked body: called with the buffer it gives the next event, None without one."""

    def __init__(self, reader: Any, data: type[Any]) -> None:
        self._reader = reader
        self._data = data
        self.read_eof = reader.read_eof

    def __call__(self, buffer: Any) -> Any:
        reader = self._reader
        if not (reader._bytes_in_chunk or reader._reading_trailer):  # noqa: SLF001 - h11's
            data, end = bytes(buffer), reader._bytes_to_discard  # noqa: SLF001 - the end of the chunk before
            contents, size = take_chunks(data[len(end) :]) if data.startswith(end) else (b"", 0)
            if size:
                buffer.maybe_extract_at_most(len(end) + size)
                reader._bytes_to_discard = b""  # noqa: SLF001 - the same
                return self._data(data=contents)
        return reader(buffer)
