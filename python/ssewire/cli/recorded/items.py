"""What reading gives: bodies, what is none, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass

MOST = 512 << 20
"""Bytes of a body, a line or an archive: what is read whole has to have an end, also where it comes compressed."""


@dataclass(frozen=True)
class Body:
    """The body of one recorded response.

    Attributes:
        path: the file that it is in, as it was named or found.
        entry: which of the file's entries, lines or rows it is, from 1; None where it is the whole file.
        data: its bytes, without content codings.
        status: the response's HTTP status; None where the file does not tell.
    """

    path: str
    entry: int | None
    data: bytes
    status: int | None = None


@dataclass(frozen=True)
class Other:
    """What was read and is no stream; `path` and `entry` as in `Body`."""

    path: str
    entry: int | None
    reason: str


@dataclass(frozen=True)
class Unread:
    """What could not be read, in the place of its bodies; `path` and `entry` as in `Body`."""

    path: str
    entry: int | None
    reason: str


class UnreadableError(Exception):
    """A file, or what is in it, cannot be read; the text is the reason."""
