"""A program: Spark loses an executor in the middle of its first task, and does what it did again on another."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engines import spark_cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa


def parent(process: int) -> int:
    """Return the process that started one."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def losing(mark: str) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Fold as the example does; whoever comes to a second batch first leaves a mark, and kills its executor."""
    folded = spark_cluster.folded

    def lose(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for at, batch in enumerate(folded(batches)):
            if at == 1 and not os.path.exists(mark):  # noqa: PTH110 - a worker has no more than the function
                with open(mark, "x", encoding="ascii"):  # noqa: PTH123 - see above
                    # The worker's parent is the daemon that forks workers, and the executor is the daemon's.
                    os.kill(parent(os.getppid()), signal.SIGKILL)
            yield batch

    return lose


if __name__ == "__main__":
    source, target, mark = sys.argv[1:]
    vars(spark_cluster).update(folded=losing(mark))
    spark_cluster.main(source, target)
