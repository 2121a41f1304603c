"""Spark: each task folds its partition, on whichever worker it runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
from ssewire.arrow import fold, schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def folded(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Fold the bodies of batches; their other columns stay."""
    for batch in batches:
        yield batch.drop_columns("body").append_column("stream", fold(batch["body"]))


def main(source: str, target: str) -> None:
    """Fold the column `body` of Parquet files into `stream`."""
    with SparkSession.builder.getOrCreate() as spark:
        bodies = spark.read.parquet(source)
        others = to_arrow_schema(bodies.drop("body").schema)
        columns = others.append(pa.field("stream", pa.struct(schema())))
        bodies.mapInArrow(folded, from_arrow_schema(columns)).write.parquet(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
