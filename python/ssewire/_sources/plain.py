"""Sources without an HTTP response: bytes, files, iterables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ssewire._sources.base import READ_SIZE, AsyncSource, Source, attr_path, needs_async

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

    from ssewire._sources.base import Piece

    class BinaryFile(Protocol):
        """What is asked of a file; `read1` is used where there is one."""

        def read(self, size: int, /) -> bytes | None:
            """Return up to `size` bytes, b"" at the end, None where a non-blocking file has nothing yet."""

        def close(self) -> None:
            """Close it."""

    class ByteReader(Protocol):
        """asyncio.StreamReader, as far as it is used."""

        async def read(self, size: int, /) -> bytes:
            """Return up to `size` bytes as soon as there are some, b"" at the end."""


class FileSource(Source):
    """A binary file, a pipe, or a socket's file. Closing the source closes it."""

    __slots__ = ("_file",)

    def __init__(
        self, file: BinaryFile, response: object | None = None, status: int | None = None, kind: str | None = None
    ) -> None:
        super().__init__(read_file(file), file if response is None else response, status, kind)
        self._file = file

    def _release(self) -> None:
        self._file.close()

    def _socket(self) -> object | None:
        # socket.makefile("rb"), buffered or not: a SocketIO holds the socket.
        sock: object | None = attr_path(self._file, "raw", "_sock") or attr_path(self._file, "_sock")
        return sock


class IterableSource(Source):
    """An iterable of bytes-like pieces. Closing the source closes the iterable where it can be closed."""

    __slots__ = ("_iterable",)

    def __init__(self, iterable: Iterable[Piece]) -> None:
        super().__init__(iter(iterable))
        self._iterable = iterable

    def _release(self) -> None:
        # An iterable may be closable where its iterator is not (the bodies of WSGI applications).
        close = None if self._iterable is self.pieces else getattr(self._iterable, "close", None)
        if close is not None:
            close()


class AsyncIterableSource(AsyncSource):
    """An asynchronous iterable of bytes-like pieces. Closing the source closes the iterable where it can be closed."""

    __slots__ = ("_iterable",)

    def __init__(self, iterable: AsyncIterable[Piece]) -> None:
        super().__init__(aiter(iterable))
        self._iterable = iterable

    async def _release(self) -> None:
        aclose = None if self._iterable is self.pieces else getattr(self._iterable, "aclose", None)
        if aclose is not None:
            await aclose()


def read_file(file: BinaryFile) -> Iterator[bytes]:
    """Yield what the file has, without waiting until a buffer is full.

    Raises:
        BlockingIOError: the file is in non-blocking mode and has nothing yet, which must not pass for its end.
    """
    # An unbuffered file has no read1; its read returns what is there.
    read: Any = getattr(file, "read1", None) or file.read
    while data := read(READ_SIZE):
        yield data
    if data is None:
        raise BlockingIOError(f"{file!r} is in non-blocking mode: use a blocking file")


def open_reader(reader: ByteReader) -> Source:
    """Refuse an asyncio.StreamReader."""
    raise needs_async(reader)


def open_reader_async(reader: ByteReader) -> AsyncSource:
    """Read an asyncio.StreamReader. What it reads from is closed by its writer, or is a process: that is not done."""
    return AsyncSource(_read_reader(reader))


async def _read_reader(reader: ByteReader) -> AsyncIterator[bytes]:
    """Yield what an asyncio.StreamReader has. Its own iterator goes by lines, and fails on long ones."""
    while data := await reader.read(READ_SIZE):
        yield data
