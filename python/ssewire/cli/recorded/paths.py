"""The files that arguments name: files, folders, patterns, lists of paths."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ssewire.cli.recorded.items import Unread
from ssewire.cli.status import CommandError

if TYPE_CHECKING:
    import io
    from collections.abc import Collection, Iterator, Sequence

_PIECE = 64 << 10


def files_of(arguments: Sequence[str], leave_out: Collection[str] = ()) -> Iterator[str | Unread]:
    """Give the paths of all files, one by one; what is none is told in its place.

    A folder stands for all files below it, sorted by name; links to folders are not followed. A pattern of `*`, `?`
    and `[…]` stands for what it matches, `**` for folders of any depth. "@FILE" is a list of paths, one a line, and
    "@-" one on stdin; where it has NULs they end the paths, as `find -print0` writes them.

    Args:
        arguments: as they were given.
        leave_out: real paths of files that are not meant, as what is being written.

    Raises:
        CommandError: an argument names nothing.
    """
    found = [_named(argument) for argument in arguments]  # before anything is read
    return _files(found, leave_out)


def _named(argument: str) -> Iterator[str | Unread]:
    if argument == "-":
        return iter([argument])
    if argument.startswith("@"):
        return _listed(argument[1:])
    if Path(argument).exists():
        return _below(argument)
    matches = sorted(glob.glob(argument, recursive=True)) if glob.has_magic(argument) else []  # noqa: PTH207 - as typed
    if not matches:
        raise CommandError(f"{argument}: no such file or folder")
    return (path for match in matches for path in _below(match))


def _files(found: Sequence[Iterator[str | Unread]], leave_out: Collection[str]) -> Iterator[str | Unread]:
    for paths in found:
        for path in paths:
            if not leave_out or isinstance(path, Unread) or os.path.realpath(path) not in leave_out:
                yield path


def _listed(name: str) -> Iterator[str | Unread]:
    try:
        file = open(0, "rb", closefd=False) if name == "-" else Path(name).open("rb")  # noqa: SIM115 - closed by _lines
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from error
    return (path for line in _lines(file) for path in _below(os.fsdecode(line)))


def _lines(file: io.BufferedReader) -> Iterator[bytes]:
    """Give the paths of a list as they come."""
    with file:
        separator = b"\0" if b"\0" in file.peek(_PIECE) else b"\n"
        rest = b""
        while piece := file.read1(_PIECE):
            *lines, rest = (rest + piece).split(separator)
            yield from filter(None, (line.removesuffix(b"\r") for line in lines))
        if rest:
            yield rest


def _below(path: str) -> Iterator[str | Unread]:
    """Give a file itself, and of a folder all files below it."""
    try:
        with os.scandir(path) as folder:
            entries = sorted(folder, key=lambda entry: entry.name)
    except NotADirectoryError:
        yield path
        return
    except OSError as error:
        yield Unread(path, None, error.strerror or str(error))
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path)
        elif entry.is_file():
            yield entry.path
        else:
            yield Unread(entry.path, None, "neither a file nor a folder; links to folders are not followed")
