"""A million recorded bodies through pyarrow alone, and through Ray Data: `make million`.

The bodies are the recorded streams again and again (`SSEWIRE_RECORDINGS`, or `../shared/recordings` beside the
checkout). It prints bodies and MB a second, and the peak of memory: of all processes together, what they share counted
once.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from engines import parquet_batches, ray_data
from pyarrow import parquet

from benches.recordings import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = 16
NODES = 2
OBJECT_STORE = 512 << 20


def make(folder: Path, bodies: int) -> int:
    """Write the recordings again and again, until there are so many; return their bytes. All files are the same one."""
    recorded = [path.read_bytes() for path in sorted(FOLDER.glob("*/*"))]
    each = bodies // FILES
    wanted = [recorded] * (each // len(recorded)) + [recorded[: each % len(recorded)]]
    first = folder / "00.parquet"
    with parquet.ParquetWriter(first, pa.schema([("body", pa.large_binary())]), compression="zstd") as out:
        for part in wanted:
            out.write_table(pa.table({"body": pa.array(part, pa.large_binary())}))
    for file in range(1, FILES):
        (folder / f"{file:02}.parquet").hardlink_to(first)
    return FILES * sum(len(body) for part in wanted for body in part)


def memory(root: int) -> int:
    """Bytes of a process and all that it started, what they share in parts."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended
        children.setdefault(parent, []).append(int(entry.parent.name))
    found, todo = 0, [root]
    while todo:
        process = todo.pop()
        todo += children.get(process, [])
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        found += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return found


class Peak(threading.Thread):
    """Looks at the memory of this process, and of all that it started, twice a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self.over = threading.Event()

    def run(self) -> None:
        """Look until it is over."""
        while not self.over.wait(0.5):
            self.bytes = max(self.bytes, memory(os.getpid()))


@contextmanager
def measured(name: str, bodies: int, size: int) -> Iterator[None]:
    """Print what the work inside takes."""
    peak = Peak()
    peak.start()
    start = time.perf_counter()
    yield
    took = time.perf_counter() - start
    peak.over.set()
    peak.join()
    print(
        f"{name}: {took:.1f} s, {bodies / took:,.0f} bodies/s, {size / took / 1e6:,.0f} MB/s, "
        f"at most {peak.bytes / 1e6:,.0f} MB",
        flush=True,
    )


def by_pyarrow(source: Path, target: Path) -> None:
    """File by file, each by batches."""
    target.mkdir()
    for file in sorted(source.iterdir()):
        parquet_batches.main(str(file), str(target / file.name))


@contextmanager
def cluster() -> Iterator[None]:
    """Ray nodes with a core each, beside one that only keeps the books."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray  # noqa: PLC0415 - reads the variable
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    nodes: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": OBJECT_STORE})
    try:
        for _ in range(NODES):
            nodes.add_node(num_cpus=1, object_store_memory=OBJECT_STORE)
        ray.init(address=nodes.address, log_to_driver=False)
        yield
        ray.shutdown()
    finally:
        nodes.shutdown()


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(prog="python -m benches.million", description=__doc__.partition("\n")[0])
    parser.add_argument("--bodies", type=int, default=1_000_000)
    parser.add_argument(
        "--folder", type=Path, help="where the bodies and rows go; a temporary folder unless it is given"
    )
    given = parser.parse_args()
    given.bodies -= given.bodies % FILES
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        source = folder / "bodies"
        source.mkdir()
        size = make(source, given.bodies)
        print(f"{given.bodies:,} bodies, {size / 1e9:.2f} GB, on {os.cpu_count()} cores", flush=True)
        with measured("pyarrow alone", given.bodies, size):
            by_pyarrow(source, folder / "plain")
        with cluster(), measured("Ray Data", given.bodies, size):
            ray_data.main(str(source), str(folder / "rays"))
        for rows in ("plain", "rays"):
            count = sum(parquet.read_metadata(file).num_rows for file in (folder / rows).iterdir())
            assert count == given.bodies, f"{rows} has {count} rows"


if __name__ == "__main__":
    main()
