"""Columns of bodies: JSON lines and Parquet."""

from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from ssewire.cli.recorded import Body, UnreadableError, tables
from ssewire.cli.recorded.files import opened
from ssewire.cli.recorded.reading import read

if TYPE_CHECKING:
    from pathlib import Path

STREAM = b"data: [DONE]\n\n"
TEXT = STREAM.decode()


def items(path: Path, column: str | None = "body") -> list[Any]:
    with opened(str(path)) as file:
        return [
            (item.entry, item.data) if isinstance(item, Body) else (item.entry, item.reason)
            for item in read(file, column)
        ]


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    rows = [{"body": TEXT, "id": 1}, {"body": {"error": {"message": "é"}}}, {"body": None}, {"id": 2}, [], {"body": ""}]
    lines = [json.dumps(row) for row in rows]
    path.write_text("\n".join([*lines[:1], "", *lines[1:], "{no", "?"]))
    assert items(path) == [
        (1, STREAM),
        (3, b'{"error": {"message": "\\u00e9"}}'),
        (4, b""),
        (5, "no column 'body'"),
        (6, "no column 'body'"),
        (7, b""),
        (8, "expected JSON, got '{no\\n': Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (9, "expected JSON, got '?': Expecting value: line 1 column 1 (char 0)"),
    ]


def test_a_column_inside_objects_has_dots(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(
        json.dumps({"response": {"body": TEXT}}) + "\n" + json.dumps({"response.body": TEXT, "response": 1})
    )
    assert items(path, "response.body") == [(1, STREAM), (2, STREAM)]
    assert items(path, "response.text") == [(1, "no column 'response.text'"), (2, "no column 'response.text'")]


def test_json_lines_are_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl.gz"
    with gzip.open(path, "wt") as file:
        for number in range(300):
            file.write(json.dumps({"body": str(number) * 100_000}) + "\n")
    tracemalloc.start()
    try:
        with opened(str(path)) as recorded:
            assert sum(len(item.data) > 0 for item in read(recorded, "body") if isinstance(item, Body)) == 300
        assert tracemalloc.get_traced_memory()[1] < 8 << 20  # of 80 MB in the file
    finally:
        tracemalloc.stop()


def test_a_line_has_a_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST", 1 << 20)
    path = tmp_path / "log.jsonl"
    path.write_bytes(json.dumps({"body": TEXT}).encode() + b"\n" + bytes(1 << 20) + b"\n")
    with pytest.raises(UnreadableError, match="line 2 is larger than 1 MiB"):
        items(path)


# Parquet


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not in this environment")
    pq = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "log.parquet"
    bodies = [STREAM, None, gzip.compress(STREAM), *[STREAM] * 200]
    pq.write_table(pa.table({"id": list(range(203)), "body": pa.array(bodies, pa.binary())}), path, row_group_size=50)
    return path


def test_parquet(parquet: Path) -> None:
    assert items(parquet) == [
        (1, STREAM),
        (2, b""),
        (3, STREAM),
        *[(number, STREAM) for number in range(4, 204)],
    ]


def test_parquet_without_the_column_is_told(parquet: Path) -> None:
    with pytest.raises(UnreadableError, match="no column 'text' among id, body"):
        items(parquet, "text")
    with pytest.raises(UnreadableError, match="say with --column"):
        items(parquet, None)


def test_parquet_that_is_none_is_told(parquet: Path) -> None:
    parquet.write_bytes(parquet.read_bytes()[:-9])
    with pytest.raises(UnreadableError, match="begins as Parquet, and is none"):
        items(parquet)


def test_parquet_has_to_be_a_file_of_its_own(parquet: Path) -> None:
    parquet.write_bytes(gzip.compress(parquet.read_bytes()))
    with pytest.raises(UnreadableError, match="neither compressed nor a pipe"):
        items(parquet)


def test_base64_is_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    text = base64.b64encode(STREAM).decode()
    path.write_text(json.dumps({"body": text}))
    assert items(path) == [(1, text.encode())]
