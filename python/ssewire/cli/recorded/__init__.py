"""Recorded bodies: whatever people keep streams in, as one iterator of bodies.

    paths      arguments: files, folders, patterns, lists of paths -> files
    files      a file, decompressed as it is read
    codings    content codings that a recorder left in a body
    archives   HAR files and cassettes -> bodies
    tables     a column of JSON lines or of Parquet -> bodies
    reading    a file, by what is in it -> bodies

No body of a run is kept but the one that is being looked at. What is read whole (a body, a line, an archive) may have
512 MiB; Parquet is read some rows at a time. Nothing is left out in silence: what cannot be read is an `Unread` with
its reason, in the place where its bodies would have been.
"""

from ssewire.cli.recorded.files import opened
from ssewire.cli.recorded.items import Body, Other, Unread, UnreadableError
from ssewire.cli.recorded.paths import files_of
from ssewire.cli.recorded.reading import read

__all__ = ["Body", "Other", "Unread", "UnreadableError", "files_of", "opened", "read"]
