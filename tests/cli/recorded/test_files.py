"""Files as they are opened: compressed in any way, cut off, too large, or not there."""

from __future__ import annotations

import gzip
import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest
from ssewire.cli.recorded import Body, UnreadableError
from ssewire.cli.recorded import files as module
from ssewire.cli.recorded.codings import decoded
from ssewire.cli.recorded.files import opened, zstd
from ssewire.cli.recorded.reading import read

if TYPE_CHECKING:
    from pathlib import Path

STREAM = b'data: {"x": 1}\n\ndata: [DONE]\n\n'


def is_installed(module: str) -> bool:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError:
        return False
    return True


has_zstd = sys.version_info >= (3, 14) or is_installed("backports.zstd")
with_zstd = pytest.mark.skipif(not has_zstd, reason="make test-codings has Zstandard")
with_brotli = pytest.mark.skipif(not is_installed("brotli"), reason="make test-codings has Brotli")
# Made by brotli 1.2.1 and backports.zstd 1.8, which are not where most tests run.
BROTLI = bytes.fromhex("8b0e80") + STREAM + b"\x03"
ZSTD = bytes.fromhex("28b52ffd201ef10000") + STREAM


def bodies(path: Path, column: str | None = None) -> list[Any]:
    with opened(str(path)) as file:
        return list(read(file, column))


def test_a_file_is_a_body(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    path.write_bytes(STREAM)
    assert bodies(path) == [Body(str(path), None, STREAM)]


@pytest.mark.parametrize("name", ["stream.sse.gz", "stream.sse"])
def test_gzip_is_known_by_what_is_in_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(STREAM[:9]) + gzip.compress(STREAM[9:]))
    assert bodies(path) == [Body(str(path), None, STREAM)]


def test_broken_gzip_is_told(tmp_path: Path) -> None:
    path = tmp_path / "stream.gz"
    for data in (gzip.compress(STREAM)[:-9], gzip.compress(STREAM)[:-4] + b"none"):
        path.write_bytes(data)
        with pytest.raises(UnreadableError, match="broken"):
            bodies(path)


@with_zstd
def test_zstandard_is_read(tmp_path: Path) -> None:
    path = tmp_path / "stream.zst"
    path.write_bytes(ZSTD + zstd().compress(STREAM))
    assert bodies(path) == [Body(str(path), None, STREAM + STREAM)]
    path.write_bytes(zstd().compress(STREAM * 100)[:-9])
    with pytest.raises(UnreadableError, match="broken"):
        bodies(path)


@pytest.mark.skipif(has_zstd, reason="Zstandard is installed")
def test_zstandard_without_its_module_says_what_to_install(tmp_path: Path) -> None:
    path = tmp_path / "stream.zst"
    path.write_bytes(ZSTD)
    with pytest.raises(UnreadableError, match=r"pip install backports\.zstd"):
        bodies(path)
    with pytest.raises(UnreadableError, match=r"pip install backports\.zstd"):
        decoded(ZSTD)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "none", "No such file"), (tmp_path, "directory")):
        with pytest.raises(UnreadableError, match=why):
            bodies(path)


@pytest.mark.parametrize("compressed", [False, True])
def test_there_is_a_most(compressed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    monkeypatch.setattr(module, "MOST", 1 << 20)
    path = tmp_path / "large"
    for size, fits in ((1 << 20, True), ((1 << 20) + 1, False)):
        path.write_bytes(gzip.compress(bytes(size)) if compressed else bytes(size))
        if fits:
            assert len(bodies(path)[0].data) == size
        else:
            with pytest.raises(UnreadableError, match="larger than 1 MiB"):
                bodies(path)


def test_what_was_read_is_counted_as_it_is_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "stream.gz"
    path.write_bytes(gzip.compress(os.urandom(100_000)))
    with opened(str(path)) as file:
        file.whole()
        assert file.advance() == path.stat().st_size
        assert file.advance() == 0


# Content codings


def test_a_coding_that_was_left_is_undone() -> None:
    import zlib  # noqa: PLC0415 - for this test

    assert decoded(gzip.compress(STREAM), "gzip") == STREAM
    assert decoded(gzip.compress(STREAM)) == STREAM
    assert decoded(zlib.compress(STREAM), "deflate") == STREAM
    assert decoded(gzip.compress(zlib.compress(STREAM)), "deflate, gzip") == STREAM
    assert decoded(gzip.compress(STREAM[:9]) + gzip.compress(STREAM[9:]), "gzip") == STREAM
    assert decoded(gzip.compress(STREAM) * 1000) == STREAM * 1000


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity", "", "x-other"])
def test_a_coding_that_the_recorder_undid_is_no_matter(coding: str) -> None:
    assert decoded(STREAM, coding) == STREAM
    assert decoded(b"", coding) == b""


def test_a_compressed_body_that_ends_early_gives_what_there_is() -> None:
    data = gzip.compress(os.urandom(1000).hex().encode())
    whole = decoded(data)
    part = decoded(data[:-200])
    assert whole.startswith(part)
    assert 0 < len(part) < len(whole)


def test_a_broken_body_is_told() -> None:
    with pytest.raises(UnreadableError, match="broken"):
        decoded(b"\x1f\x8b" + bytes(50))


def test_a_body_that_grows_too_large_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from ssewire.cli.recorded import codings  # noqa: PLC0415 - for this test

    monkeypatch.setattr(codings, "MOST", 1 << 20)
    assert len(decoded(gzip.compress(bytes(1 << 20)))) == 1 << 20
    with pytest.raises(UnreadableError, match="larger than 1 MiB"):
        decoded(gzip.compress(bytes((1 << 20) + 1)))


@with_zstd
def test_zstandard_is_undone() -> None:
    assert decoded(ZSTD + ZSTD, "zstd") == STREAM * 2
    assert STREAM.startswith(decoded(ZSTD[:-3]))
    with pytest.raises(UnreadableError, match="broken"):
        decoded(ZSTD[:4] + b"\xff" * 30)


@with_brotli
def test_brotli_is_undone() -> None:
    assert decoded(BROTLI, "br") == STREAM
    with pytest.raises(UnreadableError, match="broken"):
        decoded(b"\xff\xff" + BROTLI, "br")


@pytest.mark.skipif(importlib.util.find_spec("brotli") is not None, reason="Brotli is installed")
def test_brotli_without_its_module_says_what_to_install() -> None:
    with pytest.raises(UnreadableError, match="pip install brotli"):
        decoded(BROTLI, "br")
