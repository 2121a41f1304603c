"""Content codings: recorders keep bodies as they came, or decoded with the header field that said otherwise.

So the header field alone decides nothing. gzip, zlib and Zstandard data is known by its first bytes; Brotli has none of
its own, but a body that is text was decoded.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from ssewire.cli.recorded.files import GZIP, ZSTD, zstd
from ssewire.cli.recorded.items import MOST, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable

_ZLIB_OR_GZIP = 47  # zlib's wbits: 15 of window, and 32 to recognise either header
_PIECE = 4096  # bytes that are decompressed at a time; what Brotli makes of them cannot be bounded
_TEXT = frozenset(b"\t\n\r" + bytes(range(0x20, 0x7F)))


def decoded(data: bytes, coding: str = "") -> bytes:
    """Return a body without its content codings, those that it is still in.

    Data that ends early gives what there is of it, as the stream in it ended early too.

    Args:
        data: the body as it was recorded.
        coding: the header field Content-Encoding.

    Raises:
        UnreadableError: it is broken, too large, or nothing here decodes it.
    """
    codings = [name.strip().lower() for name in coding.split(",")]
    try:
        for name in reversed(codings):
            data = _without(name, data)
    except zlib.error as error:
        raise UnreadableError(f"its compressed body is broken: {error}") from error
    return data


def _without(coding: str, data: bytes) -> bytes:
    if data.startswith(GZIP) or (coding == "deflate" and _is_zlib(data)):
        return _frames(data, lambda: zlib.decompressobj(_ZLIB_OR_GZIP))
    if data.startswith(ZSTD):
        return _zstandard(data)
    if coding == "br" and not _is_text(data):
        return _brotli(data)
    return data


def _is_zlib(data: bytes) -> bool:
    """Whether it begins as RFC 1950 says: method 8, and a number of two bytes that 31 divides."""
    return data[:1] != b"" and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0  # noqa: PLR2004


def _is_text(data: bytes) -> bool:
    return all(byte in _TEXT for byte in data[:4])


def _frames(data: bytes, new: Callable[[], Any]) -> bytes:
    """Decompress members or frames, one after the other."""
    whole, decompressor = bytearray(), new()
    for start in range(0, len(data), _PIECE):  # what follows a frame is copied: a piece at most, and not all the rest
        piece = data[start : start + _PIECE]
        while piece:
            decompressor = new() if decompressor.eof else decompressor
            whole += decompressor.decompress(piece, MOST + 1 - len(whole))
            if len(whole) > MOST:
                raise _too_large()
            piece = decompressor.unused_data if decompressor.eof else b""
    return bytes(whole)


def _zstandard(data: bytes) -> bytes:
    module = zstd()
    try:
        return _frames(data, module.ZstdDecompressor)
    except module.ZstdError as error:
        raise UnreadableError(f"its compressed body is broken: {error}") from error


def _brotli(data: bytes) -> bytes:
    try:
        import brotli  # noqa: PLC0415 - seldom needed
    except ImportError:
        raise UnreadableError("its body is compressed with Brotli, which needs: pip install brotli") from None
    decompressor, whole = brotli.Decompressor(), bytearray()
    try:
        for start in range(0, len(data), _PIECE):
            whole += decompressor.process(data[start : start + _PIECE])
            if len(whole) > MOST:
                raise _too_large()
    except brotli.error as error:
        raise UnreadableError(f"its compressed body is broken: {error}") from error
    return bytes(whole)


def _too_large() -> UnreadableError:
    return UnreadableError(f"its body is larger than {MOST >> 20} MiB once it is decompressed")
