"""DuckDB: a function of SQL, which gets bodies by the thousand."""

from __future__ import annotations

import sys

import duckdb
import pyarrow as pa
from ssewire.arrow import fold


def fold_stream(bodies: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return what bodies add up to, as structs."""
    return fold(bodies)


def main(source: str, target: str) -> None:
    """Fold the column `body` of a Parquet file into `stream`."""
    connection = duckdb.connect()
    [struct] = connection.from_arrow(pa.table({"stream": fold([])})).types
    # Otherwise a null body would give no row, but another null.
    connection.create_function("fold_stream", fold_stream, ["BLOB"], struct, type="arrow", null_handling="special")
    rows = "SELECT * EXCLUDE body, fold_stream(body) AS stream FROM read_parquet($1)"
    connection.sql(rows, params=[source]).write_parquet(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
