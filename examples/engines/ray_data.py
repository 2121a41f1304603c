"""Ray Data: blocks of bodies are folded wherever there is a core."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import ray
from ssewire.arrow import fold

if TYPE_CHECKING:
    import pyarrow as pa


def folded(batch: pa.Table) -> pa.Table:
    """Fold the bodies of a batch; its other columns stay."""
    return batch.drop_columns("body").append_column("stream", fold(batch["body"]))


def main(source: str, target: str) -> None:
    """Fold the column `body` of Parquet files into `stream`."""
    bodies = ray.data.read_parquet(source)
    bodies.map_batches(folded, batch_format="pyarrow").write_parquet(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
