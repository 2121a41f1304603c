"""Polars: an expression, and a file that is never in memory as a whole."""

from __future__ import annotations

import sys

import polars as pl
from ssewire.arrow import fold


def stream(bodies: pl.Expr) -> pl.Expr:
    """Return what bodies add up to, as structs."""
    dtype = pl.Series(fold([])).dtype
    return bodies.map_batches(lambda column: pl.Series(fold(column)), dtype, is_elementwise=True)


def main(source: str, target: str) -> None:
    """Fold the column `body` of a Parquet file into `stream`."""
    rows = pl.scan_parquet(source).select(pl.exclude("body"), stream(pl.col("body")).alias("stream"))
    rows.sink_parquet(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
