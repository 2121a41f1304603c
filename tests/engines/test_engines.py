"""Recorded streams through engines: what each gives is what one `fold` of all gives.

`make test-engines` runs this file in the engines' own environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from ssewire.arrow import fold

from tests.support.rows import bodies

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "engines"
ON_ONE_MACHINE = {"pandas_frame": "pandas", "polars_lazy": "polars", "duckdb_sql": "duckdb", "parquet_batches": "tqdm"}
"""The examples that take one file, and what each needs."""
ON_SEVERAL = {"spark_cluster": "pyspark", "ray_data": "ray"}
"""Those that take a folder."""

# Two workers with a core and a GiB each, each a process of its own; and small batches, so that a task has several.
SPARK = (
    "--master local-cluster[2,1,1024] --conf spark.ui.enabled=false "
    "--conf spark.sql.execution.arrow.maxRecordsPerBatch=100 pyspark-shell"
)


def recorded() -> list[bytes | None]:
    """Streams of every dialect, broken ones, and nulls; and the recordings where they are."""
    folder = Path(os.environ.get("SSEWIRE_RECORDINGS", ROOT.parent / "shared" / "recordings"))
    return [*bodies(), None, b"", b"<html>", *(path.read_bytes() for path in sorted(folder.glob("*/*"))), None]


@pytest.fixture(scope="module")
def table() -> pa.Table:
    """The streams, and each one's name."""
    column = recorded()
    names = [f"{at:05}" for at in range(len(column))]
    return pa.table({"name": names, "body": pa.array(column, pa.binary())})


@pytest.fixture(scope="module")
def file(table: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("file") / "bodies.parquet"
    parquet.write_table(table, path, row_group_size=300)
    return path


@pytest.fixture(scope="module")
def folder(table: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in several files."""
    path = tmp_path_factory.mktemp("folder")
    for at in range(0, len(table), 500):
        parquet.write_table(table.slice(at, 500), path / f"{at}.parquet", row_group_size=300)
    return path


def run(program: str | Path, *arguments: Path, **variables: str) -> None:
    found = subprocess.run(  # noqa: S603 - ours
        [sys.executable, program, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'python'}:{ROOT / 'examples'}:{ROOT}", **variables},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=240,
    )
    assert found.returncode == 0, found.stderr[-5000:]


def needs(package: str) -> None:
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed here: make test-engines has it")
    if package == "pyspark" and shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not on this machine")


def assert_same(target: Path, table: pa.Table) -> None:
    """The rows of all files, in order, are those of one fold; types that engines have others for are cast."""
    found = parquet.read_table(target).sort_by("name")
    rows = fold(table["body"])
    assert found["name"].to_pylist() == table["name"].to_pylist()
    assert found["stream"].combine_chunks().cast(rows.type).to_pylist() == rows.to_pylist()


def test_every_example_is_run() -> None:
    assert ON_ONE_MACHINE.keys() | ON_SEVERAL.keys() == {path.stem for path in EXAMPLES.glob("*.py")}


@pytest.mark.parametrize("name", ON_ONE_MACHINE)
def test_an_engine_of_one_machine_gives_the_same_rows(name: str, file: Path, table: pa.Table, tmp_path: Path) -> None:
    needs(ON_ONE_MACHINE[name])
    run(EXAMPLES / f"{name}.py", file, tmp_path / "rows.parquet")
    assert_same(tmp_path / "rows.parquet", table)


# Spark


@pytest.fixture
def spark() -> dict[str, str]:
    needs("pyspark")
    return {"PYSPARK_SUBMIT_ARGS": SPARK, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}


def test_spark_gives_the_same_rows_though_it_loses_an_executor(
    spark: dict[str, str], folder: Path, table: pa.Table, tmp_path: Path
) -> None:
    run("tests/engines/lost_executor.py", folder, tmp_path / "rows", tmp_path / "lost", **spark)
    assert (tmp_path / "lost").exists()
    assert_same(tmp_path / "rows", table)


# Ray


@pytest.fixture
def ray_nodes() -> Iterator[dict[str, str]]:
    """Two nodes with a core each, beside one that only keeps the books."""
    needs("ray")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    utilities: Any = pytest.importorskip("ray.cluster_utils")
    cluster = utilities.Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": 100 << 20})
    try:
        for _ in range(2):
            cluster.add_node(num_cpus=1, object_store_memory=100 << 20)
        yield {"RAY_ADDRESS": cluster.address}
    finally:
        cluster.shutdown()


def test_ray_gives_the_same_rows_though_it_loses_a_node(
    ray_nodes: dict[str, str], folder: Path, table: pa.Table, tmp_path: Path
) -> None:
    run("tests/engines/lost_node.py", folder, tmp_path / "rows", tmp_path / "lost", **ray_nodes)
    assert (tmp_path / "lost").exists()
    assert_same(tmp_path / "rows", table)
