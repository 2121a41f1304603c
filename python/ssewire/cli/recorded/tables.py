"""A column of bodies: in JSON lines, which are read line by line, or in Parquet, some rows at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ssewire._json import loads
from ssewire.cli.recorded.archives import body_bytes
from ssewire.cli.recorded.codings import decoded
from ssewire.cli.recorded.items import MOST, Body, Unread, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssewire.cli.recorded.files import RecordedFile

PARQUET = b"PAR1"
_ROWS = 64  # at a time, since bodies may be large
_MISSING = object()


def json_lines(file: RecordedFile, column: str) -> Iterator[Body | Unread]:
    """Read the bodies in a column of JSON lines; empty lines are left out, and counted."""
    number = 0
    while line := file.data.readline(MOST + 1):
        number += 1
        if len(line) > MOST:
            raise UnreadableError(f"line {number} is larger than {MOST >> 20} MiB")
        if line.strip():
            yield _body(file.path, number, partial(_value, line, column))


def parquet(file: RecordedFile, column: str) -> Iterator[Body | Unread]:
    """Read the bodies in a column of a Parquet file.

    Raises:
        UnreadableError: it has no such column, its place cannot be sought in, or pyarrow is not installed.
    """
    try:
        from pyarrow import ArrowException  # noqa: PLC0415 - optional
        from pyarrow.parquet import ParquetFile  # noqa: PLC0415
    except ImportError:
        raise UnreadableError("a Parquet file, which needs: pip install pyarrow") from None
    if file.compressed or not file.data.seekable():
        raise UnreadableError("Parquet is read from a file of its own, neither compressed nor a pipe")
    try:
        table = ParquetFile(file.data)
        if column not in table.schema_arrow.names:
            raise UnreadableError(f"no column {column!r} among {', '.join(table.schema_arrow.names)}")
        number = 0
        for batch in table.iter_batches(_ROWS, columns=[column]):
            for cell in batch.column(0):
                number += 1
                yield _body(file.path, number, cell.as_py)
    except ArrowException as error:
        raise UnreadableError(f"it begins as Parquet, and is none: {error}") from error


def _body(path: str, number: int, value: Any) -> Body | Unread:
    try:
        return Body(path, number, decoded(body_bytes(value())))
    except UnreadableError as error:
        return Unread(path, number, str(error))


def _value(line: bytes, column: str) -> Any:
    """Return what a line has in a column: under that name, or inside objects under the names between dots."""
    try:
        row = loads(line.decode())
    except ValueError as error:
        raise UnreadableError(str(error)[:200]) from error
    if isinstance(row, dict) and column in row:
        return row[column]
    for name in column.split("."):
        row = row.get(name, _MISSING) if isinstance(row, dict) else _MISSING
    if row is _MISSING:
        raise UnreadableError(f"no column {column!r}")
    return row
