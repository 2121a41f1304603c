"""What `Stream` and `AsyncStream` share: what they tell without reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssewire._core import Snapshot, Usage
from ssewire._errors import IncompleteStreamError

if TYPE_CHECKING:
    from ssewire._reader import AsyncReader, Reader


class BaseStream:
    """A stream's snapshot, usage and response."""

    __slots__ = ("__weakref__", "_reader")

    if TYPE_CHECKING:
        _reader: Reader | AsyncReader

    @property
    def snapshot(self) -> Snapshot:
        """The whole so far: a live view."""
        return self._reader.accumulator.snapshot

    @property
    def usage(self) -> Usage | None:
        """The usage so far; None until one came."""
        return self._reader.accumulator.usage

    @property
    def response(self) -> Any:
        """The response or file that the stream was made of; None for bytes and plain iterables."""
        return self._reader.source.response

    def _check(self) -> None:
        """Raise what is wrong with a stream that has ended: to be asked for more must not look like its end."""
        if self._reader.problem is not None:
            raise self._reader.problem

    def _ended(self) -> Snapshot:
        """Return the whole of a stream that was read to its end, or raise what is wrong with it."""
        self._check()
        if self._reader.closed:
            raise IncompleteStreamError("the stream was closed before its end", snapshot=self.snapshot)
        return self._reader.accumulator.close()

    def __repr__(self) -> str:
        return f"<ssewire.{type(self).__name__} of {self.response!r}: {self.snapshot!r}>"
