"""A column folded by the fast path gives the rows that the slow one gives of each body."""

from __future__ import annotations

import _thread
import contextlib
import subprocess
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import ssewire.arrow
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from ssewire._core import fold_bodies
from ssewire._rows import row
from ssewire.arrow import fold, schema

from tests.support.rows import bodies, plain, recorded_bodies, slow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CORPUS = bodies()
SOME = [*CORPUS[::40], None, b"", b"<html>", CORPUS[0][:100]]
TYPES = [pa.binary(), pa.large_binary(), pa.binary_view()]
TEXTS = [pa.string(), pa.large_string(), pa.string_view()]


def fast(column: object, **options: Any) -> list[dict[str, Any]]:
    rows = fold(column, object=True, **options)
    rows.validate(full=True)
    assert rows.type == pa.struct(schema(object=True))
    return [plain(row) for row in rows.to_pylist()]


@st.composite
def hostile(draw: st.DrawFn) -> bytes | None:
    """A stream of the corpus, cut off, with a part of another one in it, or with bytes changed; noise; or nothing."""
    if draw(st.booleans()):
        return draw(st.none() | st.binary(max_size=40))
    body = bytearray(draw(st.sampled_from(CORPUS)))
    for at, byte in draw(st.lists(st.tuples(st.integers(0, len(body)), st.integers(0, 255)), max_size=3)):
        body[at : at + 1] = bytes([byte])
    other = draw(st.sampled_from(CORPUS))
    start = draw(st.integers(0, len(other)))
    return bytes(body[: draw(st.integers(0, len(body)))]) + other[start : start + draw(st.integers(0, 200))]


# The rows


def test_the_corpora_give_the_rows_of_the_slow_way() -> None:
    assert len(CORPUS) > 1000
    assert fast(pa.array(CORPUS)) == slow(CORPUS)


def test_recordings_give_the_rows_of_the_slow_way(recordings: Path) -> None:
    recorded = recorded_bodies(recordings)
    assert len(recorded) == 1744
    expected = slow(recorded)
    for threads in (1, 4):
        assert fast(pa.array(recorded), threads=threads) == expected


@given(st.lists(hostile(), max_size=12), st.sampled_from(TYPES), st.integers(1, 4), st.data())
@settings(deadline=None)
def test_any_slice_of_any_column_gives_the_rows_of_the_slow_way(
    column: list[bytes | None], kind: pa.DataType, threads: int, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(column)))
    part = column[start : start + data.draw(st.integers(0, len(column)))]
    assert fast(pa.array(column, kind).slice(start, len(part)), threads=threads) == slow(part)


def test_the_rows_do_not_depend_on_the_threads() -> None:
    """Enough bodies for several rounds of several blocks, and a block that one body fills."""
    column = pa.array([*CORPUS, CORPUS[0] + b": " + b"x" * (3 << 20) + b"\n", None] * 12)
    once = fold(column, threads=1)
    assert column.nbytes > 40 << 20
    assert once.equals(pa.concat_arrays([fold(column[: len(column) // 12])] * 12))
    for threads in (2, 3, 4):
        assert fold(column, threads=threads).equals(once)


def test_more_threads_than_bodies_are_no_mistake() -> None:
    assert fast(pa.array(SOME), threads=10**9) == slow(SOME)


# The columns


@pytest.mark.parametrize("kind", [*TYPES, *TEXTS], ids=str)
def test_a_column_may_have_any_layout(kind: pa.DataType) -> None:
    texts = [None if body is None else body.decode() for body in SOME]
    column = pa.array(texts if kind in TEXTS else SOME, kind)
    assert fast(column) == slow(SOME)
    assert fast(column.slice(3)) == slow(SOME[3:])
    assert fast(column.slice(1, 2)) == slow(SOME[1:3])
    assert fast(column.slice(2, 0)) == []


def test_a_chunked_column_gives_chunks() -> None:
    column = pa.chunked_array([SOME[:3], [], SOME[3:], [None]], pa.binary())
    rows = fold(column)
    assert isinstance(rows, pa.ChunkedArray)
    assert [len(chunk) for chunk in rows.chunks] == [3, 0, len(SOME) - 3, 1]
    assert fast(column) == slow([*SOME, None])
    assert fold(pa.chunked_array([], pa.string())).to_pylist() == []


def test_a_dictionary_is_a_column_too() -> None:
    column = pa.array([SOME[0], None, SOME[1], SOME[0]]).dictionary_encode()
    assert fast(column) == slow([SOME[0], None, SOME[1], SOME[0]])
    assert fast(pa.chunked_array([column, column.slice(2)])) == slow(column.to_pylist() + column.to_pylist()[2:])


def test_nulls_alone_have_no_type() -> None:
    assert fast(pa.nulls(3)) == slow([None] * 3)
    assert fast([]) == []


def test_what_pyarrow_makes_a_column_of_is_one() -> None:
    assert fast(SOME) == slow(SOME)
    table = pa.table({"body": pa.array(SOME)})

    class Series:
        """As Polars' is."""

        def __arrow_c_stream__(self, requested: object = None) -> object:
            return table["body"].__arrow_c_stream__(requested)

    assert fast(Series()) == slow(SOME)


def test_what_is_no_column_of_bodies_is_refused() -> None:
    with pytest.raises(TypeError, match="expected bodies as a column of binary or text, got one of int64"):
        fold(pa.array([1]))
    with pytest.raises(TypeError, match="got one of list"):
        fold(pa.array([[b"a"]]))


def test_an_invalid_array_is_refused() -> None:
    offsets = pa.py_buffer(b"".join(at.to_bytes(4, "little") for at in (0, 9, 5)))
    column = pa.Array.from_buffers(pa.binary(), 2, [None, offsets, pa.py_buffer(b"data:")])
    with pytest.raises(ValueError, match="whose body 0 lies outside of its buffers"):
        fold(column)


# Options


def test_the_dialect_and_the_limits_hold_for_each_body() -> None:
    body = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
    rows = fold([body, body * 3], "openai-chat", max_total_size=3).to_pylist()
    assert rows == [row(body, "openai-chat", max_total_size=3), row(body * 3, "openai-chat", max_total_size=3)]
    assert [row["error"]["exception"] for row in rows] == ["IncompleteStreamError", "EventTooLargeError"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dialect": "klingon"}, "openai-chat"),
        ({"threads": 0}, "threads: expected at least 1, got 0"),
        ({"max_event_size": 0}, "max_event_size: expected a positive number of bytes"),
    ],
)
def test_a_wrong_option_is_the_callers_mistake(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fold(SOME, **options)


# The schema


def test_the_schema_says_its_version() -> None:
    assert schema().metadata == {b"ssewire.schema": b"1"}
    assert schema(object=True).names == [*schema().names, "object"]
    assert schema().names == [*row(None)]


def test_a_row_written_to_parquet_is_a_row(tmp_path: Path) -> None:
    rows = pa.Table.from_struct_array(fold(SOME, object=True))
    parquet.write_table(rows.cast(schema(object=True)), tmp_path / "rows.parquet")
    found = parquet.read_table(tmp_path / "rows.parquet")
    assert found.schema == schema(object=True)
    assert found.schema.metadata == schema().metadata
    assert [plain(row) for row in found.to_pylist()] == slow(SOME)


# Threads, signals and pyarrow


@contextlib.contextmanager
def meanwhile(act: Callable[[], object]) -> Iterator[None]:
    """Act in another thread, as soon as this one lets go of the GIL inside."""
    begin = threading.Event()
    other = threading.Thread(target=lambda: begin.wait() and act())
    other.start()
    previous = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    begin.set()
    try:
        yield
    finally:
        sys.setswitchinterval(previous)
        other.join()


def test_other_threads_run_meanwhile() -> None:
    column = pa.array(CORPUS * 20)
    buffers = column.buffers()
    ran = threading.Event()
    with meanwhile(ran.set):
        fold_bodies("binary", buffers, 0, len(column))
        has_run = ran.is_set()
    assert has_run


def test_an_interrupt_ends_it() -> None:
    column = pa.array(CORPUS * 100)
    folding = partial(fold_bodies, "binary", column.buffers(), 0)
    results: list[object] = []
    with pytest.raises(KeyboardInterrupt), meanwhile(_thread.interrupt_main):
        results.extend(map(folding, [len(column)]))  # Python would see the signal at once after the call, too
    assert results == []


def test_without_pyarrow_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['pyarrow'] = None\nimport ssewire.arrow"
    ran = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "ModuleNotFoundError: ssewire.arrow needs pyarrow, which is not installed: pip install pyarrow" in ran.stderr


def test_the_public_names_are_documented() -> None:
    assert all(getattr(ssewire.arrow, name).__doc__ for name in ssewire.arrow.__all__)
