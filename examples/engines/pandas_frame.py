"""pandas: a column of rows in place of a column of bodies, all of it in memory."""

from __future__ import annotations

import sys

import pandas as pd
from ssewire.arrow import fold


def main(source: str, target: str) -> None:
    """Fold the column `body` of a Parquet file into `stream`."""
    frame = pd.read_parquet(source, dtype_backend="pyarrow")
    frame["stream"] = pd.arrays.ArrowExtensionArray(fold(frame.pop("body")))
    frame.to_parquet(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
