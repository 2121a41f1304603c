"""A program: Ray loses a node in the middle of the first batch, and does what it did again on another."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from engines import ray_data

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa


def losing(mark: str) -> Callable[[pa.Table], pa.Table]:
    """Fold as the example does; whoever is first leaves a mark, and kills its node."""
    folded = ray_data.folded

    def lose(batch: pa.Table) -> pa.Table:
        rows = folded(batch)
        if not os.path.exists(mark):  # noqa: PTH110 - a worker has no more than the function
            with open(mark, "x", encoding="ascii"):  # noqa: PTH123 - see above
                os.kill(os.getppid(), signal.SIGKILL)  # the raylet, which is a node
        return rows

    return lose


if __name__ == "__main__":
    source, target, mark = sys.argv[1:]
    vars(ray_data).update(folded=losing(mark))
    ray_data.main(source, target)
