"""A file, decompressed as it is read: by its first bytes, whatever its name is."""

from __future__ import annotations

import contextlib
import gzip
import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ssewire.cli.recorded.items import MOST, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"  # RFC 1952, RFC 8878
_BUFFER = 256 << 10


class RecordedFile:
    """An open file.

    Attributes:
        path: its name; "-" is stdin.
        data: what is in it, decompressed.
        compressed: whether it was compressed.
    """

    def __init__(self, path: str, raw: io.FileIO) -> None:
        """Read from `raw`.

        Raises:
            UnreadableError: it is compressed, and nothing here decompresses it.
            OSError: it cannot be read.
        """
        self.path = path
        self._raw = raw
        self._told = 0
        plain = io.BufferedReader(raw, _BUFFER)
        self.data = _decompressed(plain)
        self.compressed = self.data is not plain

    def advance(self) -> int:
        """Return how many bytes of the file were read since the last call; 0 where that is not known, as of a pipe."""
        before, self._told = self._told, self._raw.tell() if self._raw.seekable() else 0
        return self._told - before

    def head(self) -> bytes:
        """Return its first bytes, which stay to be read."""
        return self.data.peek(_BUFFER)

    def whole(self) -> bytes:
        """Return all that is left of it.

        Raises:
            UnreadableError: it is larger than `MOST`.
        """
        pieces, size = [], 0
        while piece := self.data.read1(_BUFFER):  # `read` would first take the memory for the most, and hear no Ctrl-C
            pieces.append(piece)
            size += len(piece)
            if size > MOST:
                raise UnreadableError(f"larger than {MOST >> 20} MiB, which is as much as is read at once")
        return b"".join(pieces)


@contextlib.contextmanager
def opened(path: str) -> Iterator[RecordedFile]:
    """Open a file, or stdin for "-", and close it afterwards.

    Raises:
        UnreadableError: it cannot be opened or read, here and while it is read; the text says why.
    """
    with contextlib.ExitStack() as stack:
        try:
            raw = open(0, "rb", buffering=0, closefd=False) if path == "-" else Path(path).open("rb", buffering=0)  # noqa: SIM115
            stack.enter_context(raw)
            yield RecordedFile(path, raw)
        except _broken() as error:
            raise UnreadableError(f"its compressed data is broken: {error}") from error
        except OSError as error:
            raise UnreadableError(error.strerror or str(error)) from error


def zstd() -> Any:
    """Return the module that reads Zstandard: the standard library's from Python 3.14 on, else its backport.

    Raises:
        UnreadableError: there is none.
    """
    with contextlib.suppress(ImportError):
        from compression import zstd as standard  # noqa: PLC0415 - seldom needed

        return standard
    with contextlib.suppress(ImportError):
        from backports import zstd as backport  # noqa: PLC0415 - the same

        return backport
    raise UnreadableError("compressed with Zstandard, which needs Python 3.14 or: pip install backports.zstd")


def _broken() -> tuple[type[Exception], ...]:
    """Return what broken compressed data raises."""
    errors: tuple[type[Exception], ...] = (EOFError, gzip.BadGzipFile, zlib.error)
    with contextlib.suppress(UnreadableError):
        errors += (zstd().ZstdError,)
    return errors


def _decompressed(plain: io.BufferedReader[Any]) -> io.BufferedReader[Any]:
    head = plain.peek(_BUFFER)
    if head.startswith(GZIP):
        return io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=plain)), _BUFFER)
    if head.startswith(ZSTD):
        return io.BufferedReader(zstd().ZstdFile(plain), _BUFFER)
    return plain
