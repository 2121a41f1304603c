"""Where rows go: JSON lines, or Parquet. A file appears under its name when it is complete."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ssewire._json import dumps
from ssewire.cli.screen import json_text
from ssewire.cli.status import OUTPUT, CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Row = dict[str, Any]

_ROW_GROUP = 64 << 20  # bytes of bodies; their rows are smaller
_MOST_ROWS = 20_000


@contextlib.contextmanager
def rows_to(name: str | None, *, json: bool) -> Iterator[Callable[[list[Row]], None]]:
    """Open what rows are written to: a file, or stdout where there is no name.

    Args:
        name: the file's; Parquet where it ends in ".parquet".
        json: write JSON lines whatever the name is.

    Raises:
        CommandError: it cannot be written.
    """
    if name is None:
        yield _lines(sys.stdout, json_text if sys.stdout.isatty() else _json)
        return
    parquet = name.endswith(".parquet") and not json
    try:
        with _complete(name) as part, _parquet(part) if parquet else _json_lines(part) as write:
            yield write
    except OSError as error:
        raise OutputError(f"{name}: {error.strerror or error}") from error


class OutputError(CommandError):
    """The file cannot be written."""

    status = OUTPUT


def part_of(name: str) -> str:
    """Return under what name a file is written."""
    return f"{name}.part"


@contextlib.contextmanager
def _complete(name: str) -> Iterator[str]:
    """Give the name to write to, and give the file its own when that is done; a device or a pipe is written itself."""
    target = os.path.realpath(name)  # a link stays one
    if Path(target).exists() and not Path(target).is_file():
        yield target
        return
    part = part_of(target)
    try:
        yield part
        os.replace(part, target)  # noqa: PTH105 - as it was given
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _json_lines(name: str) -> Iterator[Callable[[list[Row]], None]]:
    with Path(name).open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        yield _lines(file, _json)


def _json(row: Row) -> str:
    return dumps(row, ensure_ascii=False)


def _lines(out: TextIO, text: Callable[[Row], str]) -> Callable[[list[Row]], None]:
    def write(rows: list[Row]) -> None:
        out.writelines(f"{text(row)}\n" for row in rows)

    return write


@contextlib.contextmanager
def _parquet(name: str) -> Iterator[Callable[[list[Row]], None]]:
    pa, schema, writer_of = _pyarrow()
    waiting: list[Row] = []

    with writer_of(name, schema) as writer:

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(waiting, schema))
            waiting.clear()

        def write(rows: list[Row]) -> None:
            waiting.extend(rows)
            if len(waiting) >= _MOST_ROWS or sum(row["bytes"] for row in waiting) >= _ROW_GROUP:
                flush()

        yield write
        if waiting:
            flush()


def _pyarrow() -> tuple[Any, Any, Any]:
    """Return pyarrow, the schema of the rows, and what writes Parquet."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - optional
        from pyarrow.parquet import ParquetWriter  # noqa: PLC0415
    except ImportError:
        raise CommandError("Parquet needs: pip install pyarrow (and --json writes JSON lines)") from None
    from ssewire.arrow import schema as schema_of_rows  # noqa: PLC0415 - needs pyarrow

    of_row = schema_of_rows()
    schema = pa.schema([("path", pa.large_string()), ("entry", pa.int64()), *of_row], metadata=of_row.metadata)
    return pa, schema, ParquetWriter
