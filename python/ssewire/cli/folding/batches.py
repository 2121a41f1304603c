"""Recorded files folded into rows, some at a time.

A batch is what goes from a worker to the command. It is small, whatever the files are, so that a table of many
gigabytes takes no more memory than a small one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ssewire._rows import row
from ssewire.cli.recorded import Body, Other, Unread, UnreadableError, opened, read

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

_MOST_ITEMS = 256
_MOST_BYTES = 4 << 20  # of bodies
_HTTP_ERROR = 400
_TEXTS = ("text", "reasoning", "refusal", "tool_calls")
_LONGEST = 120  # characters of a reason


@dataclass(frozen=True)
class Folding:
    """How bodies are read and folded.

    Attributes:
        column: where the bodies of tables are; None: the files are no tables.
        dialect: the API of all streams; None finds each one's.
        limits: as `Accumulator` takes them.
        texts: whether rows have their texts; who only counts need not have them sent.
    """

    column: str | None = None
    dialect: Any = None
    limits: dict[str, Any] = field(default_factory=dict)
    texts: bool = True


@dataclass
class FileEnd:
    """A file that was read to its end.

    Attributes:
        path: its name.
        streams: how many were in it.
        others: how many bodies were none.
        unread: how many could not be read.
        why: why the first of the others is none.
    """

    path: str
    streams: int = 0
    others: int = 0
    unread: int = 0
    why: str = "there is nothing in it"


@dataclass
class Batch:
    """Some rows, and what was found on the way to them.

    Attributes:
        rows: a stream's each: its `path` and `entry`, and what it adds up to.
        unread: what could not be read.
        ends: the files that ended.
        read: bytes of the files, as they are on the disk.
        size: bytes of the rows' bodies.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    ends: list[FileEnd] = field(default_factory=list)
    read: int = 0
    size: int = 0

    def is_full(self) -> bool:
        """Whether it should go on its way."""
        items = len(self.rows) + len(self.unread) + len(self.ends)
        return items >= _MOST_ITEMS or self.size >= _MOST_BYTES

    def take(self, item: dict[str, Any] | Other | Unread, end: FileEnd) -> None:
        """Take what was found in the file that `end` will be the end of."""
        if isinstance(item, Unread):
            self.unread.append(item)
            end.unread += 1
        elif isinstance(item, Other):
            end.why = end.why if end.others else item.reason
            end.others += 1
        else:
            end.streams += 1
            self.rows.append(item)
            self.size += item["bytes"]


def batches(paths: Iterable[str | Unread], folding: Folding) -> Generator[Batch]:
    """Read and fold files one after the other."""
    batch = Batch()
    for path in paths:
        if isinstance(path, Unread):
            batch.unread.append(path)
        else:
            batch = yield from _file(path, folding, batch)
        if batch.is_full():
            yield batch
            batch = Batch()
    yield batch


def _file(path: str, folding: Folding, batch: Batch) -> Generator[Batch, None, Batch]:
    """Read and fold a file into a batch; give those that are full, and return the last."""
    end = FileEnd(path)
    try:
        with opened(path) as file:
            for item in read(file, folding.column):
                batch.take(_folded(item, folding) if isinstance(item, Body) else item, end)
                if batch.is_full():
                    batch.read += file.advance()
                    yield batch
                    batch = Batch()
            batch.read += file.advance()
        end.why += _hint(path) if folding.column is None else ""
        batch.ends.append(end)
    except UnreadableError as error:
        batch.unread.append(Unread(path, None, str(error)))
    return batch


def _folded(body: Body, folding: Folding) -> dict[str, Any] | Other:
    found = row(body.data, folding.dialect, **folding.limits)
    error = found["error"]
    if error is not None and error["exception"] == "ResponseError":
        return Other(body.path, body.entry, _short(error["message"]))
    if error is not None and error["status"] is None and (body.status or 0) >= _HTTP_ERROR:
        error["status"] = body.status
    # A name may be of bytes that are no text.
    whole = {"path": os.fsencode(body.path).decode(errors="backslashreplace"), "entry": body.entry, **found}
    return whole if folding.texts else {name: value for name, value in whole.items() if name not in _TEXTS}


def _short(reason: str) -> str:
    reason = reason.removeprefix("expected an event stream, got ")
    return reason if len(reason) <= _LONGEST else f"{reason[:_LONGEST]}…"


def _hint(path: str) -> str:
    """Say what may have been meant with a file that holds no stream."""
    if path == "-":
        return " (a list of paths is read with @-)"
    is_table = {".jsonl", ".ndjson"} & set(PurePath(path).suffixes)
    return " (bodies in JSON lines are read with --column)" if is_table else ""
