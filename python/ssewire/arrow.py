"""A column of recorded bodies, folded into a column of their rows.

    import pyarrow.parquet, ssewire.arrow

    table = pyarrow.parquet.read_table("bodies.parquet")
    rows = ssewire.arrow.fold(table["body"], threads=2)

docs/recorded-streams.md says what is in a row. pyarrow has to be installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssewire._core import fold_bodies
from ssewire._types import Dialect, Limits, Unpack

try:
    import pyarrow as pa
except ModuleNotFoundError as error:
    if error.name != "pyarrow":
        raise
    wanted = "ssewire.arrow needs pyarrow, which is not installed: pip install pyarrow"
    raise ModuleNotFoundError(wanted, name="pyarrow") from error

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SCHEMA_VERSION", "fold", "schema"]

SCHEMA_VERSION = 1
"""The schema's version: a column that is added leaves it, one that changes its name, type or meaning raises it."""

_TEXT, _NUMBER = pa.large_string(), pa.int64()
_TOOL_CALL = pa.struct([("id", _TEXT), ("name", _TEXT), ("arguments", _TEXT)])
_COUNTS = ("input", "output", "cached", "cache_write", "reasoning")
_COLUMNS = [
    ("dialect", _TEXT),
    ("complete", pa.bool_()),
    ("text", _TEXT),
    ("reasoning", _TEXT),
    ("refusal", _TEXT),
    ("finish_reason", _TEXT),
    ("tool_calls", pa.list_(_TOOL_CALL)),
    ("model", _TEXT),
    ("id", _TEXT),
    ("usage", pa.struct([(name, _NUMBER) for name in _COUNTS])),
    ("events", _NUMBER),
    ("bytes", _NUMBER),
    ("error", pa.struct([*((name, _TEXT) for name in ("exception", "type", "code", "message")), ("status", _NUMBER)])),
]

# Arrow's types of binary and text, and the layout of their memory.
_LAYOUTS = {
    pa.binary(): "binary",
    pa.string(): "binary",
    pa.large_binary(): "large_binary",
    pa.large_string(): "large_binary",
    pa.binary_view(): "binary_view",
    pa.string_view(): "binary_view",
}


def schema(*, object: bool = False) -> pa.Schema:  # noqa: A002 - the column's name
    """Return the columns of a row, as a schema; its metadata has the version under "ssewire.schema".

    Args:
        object: With the column `object`.
    """
    columns = [*_COLUMNS, ("object", _TEXT)] if object else _COLUMNS
    return pa.schema(columns, metadata={"ssewire.schema": str(SCHEMA_VERSION)})


def fold(
    bodies: object,
    dialect: Dialect | None = None,
    *,
    threads: int = 1,
    object: bool = False,  # noqa: A002 - the column's name
    **limits: Unpack[Limits],
) -> pa.StructArray | pa.ChunkedArray:
    """Fold a column of whole bodies into one row each; the GIL is released meanwhile.

    What is wrong with a body is its row's `error`, beside everything that was read before; a null body has an error,
    too. Bodies are read where they are; of a dictionary, they are copied first.

    Args:
        bodies: An array of binary or text in any of Arrow's layouts, a chunked one, or what pyarrow makes one of: a
            Series of Polars or pandas, a list of bytes. Bodies that need more than 2 GiB must come in chunks, or as
            large binary.
        dialect: The API's name, the same for all; None finds each body's own.
        threads: How many threads share the bodies. Where an engine runs several tasks at once, leave it at 1.
        object: Give the provider's own object too, as JSON text.
        limits: `max_event_size`, `max_total_size`, `max_choices`, `max_tool_calls`: as `Accumulator` takes them, of
            each body.

    Returns:
        The rows as structs, whose fields are those of `schema(object=object)`. Of a chunked array: chunked likewise.

    Raises:
        TypeError: The column is neither of binary nor of text.
        ValueError: The dialect is not known, a limit or `threads` is not positive, or the array is invalid.
    """
    fields = pa.struct(schema(object=object))

    def rows(array: pa.Array) -> pa.StructArray:
        buffers = fold_bodies(
            _LAYOUTS[array.type],
            array.buffers(),
            array.offset,
            len(array),
            dialect,
            threads=threads,
            object=object,
            **limits,
        )
        return _array(fields, len(array), iter(buffers))

    column = _column(bodies)
    if isinstance(column, pa.ChunkedArray):
        return pa.chunked_array(map(rows, column.chunks), fields)
    return rows(column)


def _column(bodies: object) -> pa.Array | pa.ChunkedArray:
    """Return the bodies as an array of one of the layouts, or chunks of them."""
    if isinstance(bodies, (pa.Array, pa.ChunkedArray)):
        column = bodies
    elif hasattr(bodies, "__arrow_c_stream__"):
        column = pa.chunked_array(bodies)
    else:
        column = pa.array(bodies)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_null(column.type):
        column = column.cast(pa.binary())
    if column.type not in _LAYOUTS:
        raise TypeError(f"expected bodies as a column of binary or text, got one of {column.type}")
    return column


def _array(kind: pa.DataType, length: int, buffers: Iterator[bytes | None]) -> pa.Array:
    """Return the next array of that type: its own buffers come first, then those of its children."""
    own = [_buffer(next(buffers)) for _ in range(kind.num_buffers)]
    if pa.types.is_struct(kind):
        children = [_array(field.type, length, buffers) for field in kind]
    elif pa.types.is_list(kind):
        offsets = pa.Array.from_buffers(pa.int32(), length + 1, [None, own[1]])
        children = [_array(kind.value_type, offsets[length].as_py(), buffers)]
    else:
        children = None
    return pa.Array.from_buffers(kind, length, own, children=children)


def _buffer(made: bytes | None) -> pa.Buffer | None:
    return None if made is None else pa.py_buffer(made)
