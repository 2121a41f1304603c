"""A file's bodies, by what is in the file: its name says nothing that its first bytes do not say better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssewire.cli.recorded import archives, tables
from ssewire.cli.recorded.items import Body, Other, Unread, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssewire.cli.recorded.files import RecordedFile


def read(file: RecordedFile, column: str | None = None) -> Iterator[Body | Other | Unread]:
    """Give the bodies of a file one by one.

    Args:
        file: an open file.
        column: of JSON lines or of Parquet, where the bodies are; None for archives, and for files that are a body.

    Raises:
        UnreadableError: of what follows nothing can be read.
    """
    head = file.head()
    if head.startswith(tables.PARQUET):
        if column is None:
            raise UnreadableError("a Parquet file: say with --column which column has the bodies")
        return tables.parquet(file, column)
    if column is not None:
        return tables.json_lines(file, column)
    if archives.is_json_archive(head):
        return archives.json_bodies(file.path, file.whole())
    if archives.is_yaml_archive(head):
        return archives.yaml_bodies(file.path, file.whole())
    return iter([Body(file.path, None, file.whole())])
