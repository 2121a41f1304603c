"""A million recorded bodies through pyarrow alone, and through Ray Data: `make million`.

The bodies are the recorded streams again and again (`SSEWIRE_RECORDINGS`, or `../shared/recordings` beside the
checkout). It prints bodies and MB a second, by the clock and by CPU, and the peak of memory: of all processes together,
what they share counted once. The CPU time is what can be compared where others use the machine, too.
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
from ssewire.arrow import fold

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


def read(process: int, name: str) -> str:
    """Return one of Linux's files on a process; "" where it has ended."""
    try:
        return Path(f"/proc/{process}/{name}").read_text()
    except OSError:
        return ""


def processes(root: int) -> Iterator[tuple[int, list[str]]]:
    """Give a process and all that it started, each with what Linux says of it, from its state on."""
    pids = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    found = {pid: stat.rpartition(")")[2].split() for pid in pids if (stat := read(pid, "stat"))}
    todo = [root]
    while todo:
        process = todo.pop()
        yield process, found[process]
        todo += [child for child, (_, parent, *_) in found.items() if int(parent) == process]


def memory(process: int) -> int:
    """Bytes of a process, of what it shares its part."""
    lines = read(process, "smaps_rollup").splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


class Watch(threading.Thread):
    """Looks at this process, and at all that it started, twice a second.

    Attributes:
        peak: bytes of memory where they were most.
        cpu: seconds of CPU that each process has taken.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.cpu: dict[int, float] = {}
        self.over = threading.Event()

    def run(self) -> None:
        """Look until it is over."""
        while not self.over.wait(0.5):
            self.look()

    def look(self) -> None:
        """Look once."""
        seen = dict(processes(os.getpid()))
        self.peak = max(self.peak, sum(map(memory, seen)))
        tick = os.sysconf("SC_CLK_TCK")
        self.cpu |= {process: (int(stat[11]) + int(stat[12])) / tick for process, stat in seen.items()}


@contextmanager
def measured(name: str, bodies: int, size: int) -> Iterator[None]:
    """Print what the work inside takes."""
    watch = Watch()
    watch.look()
    before, start = sum(watch.cpu.values()), time.perf_counter()
    watch.start()
    yield
    took = time.perf_counter() - start
    watch.over.set()
    watch.join()
    watch.look()
    cpu = sum(watch.cpu.values()) - before
    print(
        f"{name}: {took:.1f} s, {bodies / took:,.0f} bodies/s, {size / took / 1e6:,.0f} MB/s; "
        f"{cpu:.1f} s of CPU, {size / cpu / 1e6:,.0f} MB/s a core; at most {watch.peak / 1e6:,.0f} MB",
        flush=True,
    )


def by_folding(source: Path) -> None:
    """The bodies of one file, again for each file: no reading, no writing."""
    with parquet.ParquetFile(source / "00.parquet") as bodies:
        batch = next(bodies.iter_batches(batch_size=4096, columns=["body"]))
        for _ in range(FILES * bodies.metadata.num_rows // len(batch)):
            fold(batch["body"])


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
        with measured("folding alone", given.bodies, size):
            by_folding(source)
        with measured("pyarrow", given.bodies, size):
            by_pyarrow(source, folder / "plain")
        with cluster(), measured("Ray Data", given.bodies, size):
            ray_data.main(str(source), str(folder / "rays"))
        for rows in ("plain", "rays"):
            count = sum(parquet.read_metadata(file).num_rows for file in (folder / rows).iterdir())
            assert count == given.bodies, f"{rows} has {count} rows"


if __name__ == "__main__":
    main()
