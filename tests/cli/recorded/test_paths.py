"""The files that arguments name."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ssewire.cli.recorded import Unread, files_of
from ssewire.cli.status import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with some files, which is the working directory."""
    for name in ("b.sse", "a.sse", "deep/er/c.sse", "deep/d.txt", ".hidden", "[1].sse"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*arguments: str, leave_out: Sequence[str] = ()) -> list[str]:
    paths = files_of(arguments, leave_out)
    return [f"{path.path}: {path.reason}" if isinstance(path, Unread) else Path(path).as_posix() for path in paths]


def test_files_folders_and_patterns(folder: Path) -> None:
    del folder
    everything = [".hidden", "[1].sse", "a.sse", "b.sse", "deep/d.txt", "deep/er/c.sse"]
    assert found("b.sse", "a.sse", "-") == ["b.sse", "a.sse", "-"]
    assert found("deep") == ["deep/d.txt", "deep/er/c.sse"]
    assert found(".") == everything
    assert found("*.sse") == ["[1].sse", "a.sse", "b.sse"]
    assert found("**/*.sse") == ["[1].sse", "a.sse", "b.sse", "deep/er/c.sse"]
    assert found("[1].sse") == ["[1].sse"]  # what is there under this name is no pattern
    assert found("d*") == ["deep/d.txt", "deep/er/c.sse"]


@pytest.mark.parametrize("argument", ["none", "*.none", "deep/none", "@none"])
def test_what_names_nothing_is_told_before_anything_is_read(argument: str, folder: Path) -> None:
    del folder
    with pytest.raises(CommandError, match=r"[Nn]o such file"):
        files_of(["a.sse", argument])


@pytest.mark.parametrize(
    "list_", ["a.sse\ndeep\nnone\n\nb.sse", "a.sse\r\ndeep\r\nnone\r\nb.sse\r\n", "a.sse\0deep\0none\0b.sse\0"]
)
def test_lists(list_: str, folder: Path) -> None:
    (folder / "list").write_bytes(list_.encode())
    expected = ["a.sse", "deep/d.txt", "deep/er/c.sse", "none: No such file or directory", "b.sse"]
    assert found("@list") == expected


def test_a_list_that_is_longer_than_a_piece(folder: Path) -> None:
    (folder / "list").write_text("a.sse\nb.sse\n" * 20_000)
    assert found("@list") == ["a.sse", "b.sse"] * 20_000


def test_what_is_written_is_left_out(folder: Path) -> None:
    assert found(".", leave_out=[str(folder / "a.sse")]) == [
        ".hidden",
        "[1].sse",
        "b.sse",
        "deep/d.txt",
        "deep/er/c.sse",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege here")
def test_what_is_no_file_is_told(folder: Path) -> None:
    (folder / "deep" / "loop").symlink_to(folder)
    (folder / "deep" / "nowhere").symlink_to("nothing")
    os.mkfifo(folder / "deep" / "pipe")
    what = "neither a file nor a folder; links to folders are not followed"
    assert found("deep") == [
        "deep/d.txt",
        "deep/er/c.sse",
        f"deep/loop: {what}",
        f"deep/nowhere: {what}",
        f"deep/pipe: {what}",
    ]
