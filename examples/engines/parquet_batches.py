"""pyarrow alone: a Parquet file larger than memory, batch by batch, on all cores, with a progress bar."""

from __future__ import annotations

import os
import sys

import pyarrow as pa
from pyarrow import parquet
from ssewire.arrow import fold, schema
from tqdm import tqdm


def main(source: str, target: str) -> None:
    """Fold the column `body` of a Parquet file into `stream`."""
    with parquet.ParquetFile(source) as bodies:
        others = [field for field in bodies.schema_arrow if field.name != "body"]
        columns = pa.schema([*others, pa.field("stream", pa.struct(schema()))])
        progress = tqdm(total=bodies.metadata.num_rows, unit=" streams")
        with parquet.ParquetWriter(target, columns) as rows, progress:
            for batch in bodies.iter_batches(batch_size=4096):
                streams = fold(batch["body"], threads=os.cpu_count() or 1)
                rows.write_batch(batch.drop_columns("body").append_column("stream", streams))
                progress.update(len(batch))


if __name__ == "__main__":
    main(*sys.argv[1:])
