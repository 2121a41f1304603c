"""How a stream ends where several things happen at its end."""

from __future__ import annotations

import array
import asyncio
import sys
from typing import TYPE_CHECKING

import pytest
from ssewire import AsyncStream, EventTooLargeError, IncompleteStreamError, Stream, TextDelta, collect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

HI = b'data: {"choices": [{"delta": {"content": "Hi"}}]}\n\n'
UNENDED = b"data: [DONE]"
TOO_LARGE = b"data: " + b"x" * 2000 + b"\n\n"


def broken(*pieces: bytes) -> Iterator[bytes]:
    yield from pieces
    raise OSError("reset")


async def abroken(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    raise OSError("reset")


def test_a_sentinel_without_its_blank_line_completes_even_a_body_that_breaks_off() -> None:
    assert list(Stream(broken(HI, UNENDED))) == [TextDelta("Hi")]
    assert Stream(broken(HI + UNENDED)).until_done().text == "Hi"
    assert asyncio.run(AsyncStream(abroken(HI, UNENDED)).until_done()).text == "Hi"


@pytest.mark.parametrize("pieces", [[HI, TOO_LARGE], [HI + TOO_LARGE]], ids=["cut", "whole"])
def test_a_fault_stays_the_stream_s_error_after_it_was_closed(pieces: list[bytes]) -> None:
    stream = Stream(pieces, max_event_size=1000)
    assert next(stream) == TextDelta("Hi")
    for _ in range(2):
        with pytest.raises(EventTooLargeError) as caught:
            stream.until_done()
        assert caught.value.snapshot is not None
        assert caught.value.snapshot.text == "Hi"
        stream.close()


def test_a_stream_that_failed_does_not_look_complete_when_it_is_iterated_again() -> None:
    stream = Stream(broken(HI))
    for _ in range(2):
        with pytest.raises(IncompleteStreamError):
            list(stream)
        with pytest.raises(IncompleteStreamError):
            list(stream.text_stream)

    async def read_again() -> None:
        stream = AsyncStream(abroken(HI))
        for _ in range(2):
            with pytest.raises(IncompleteStreamError):
                [delta async for delta in stream]
            with pytest.raises(IncompleteStreamError):
                [text async for text in stream.text_stream]

    asyncio.run(read_again())


class Stubborn:
    """A source that is interrupted, and cannot be closed."""

    def __iter__(self) -> Stubborn:
        return self

    def __next__(self) -> bytes:
        raise KeyboardInterrupt

    def close(self) -> None:
        raise OSError("will not close")


def test_an_interrupt_is_not_lost_to_a_source_that_cannot_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    ignored: list[BaseException | None] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: ignored.append(unraisable.exc_value))
    with pytest.raises(KeyboardInterrupt):
        next(Stream(Stubborn()))
    assert [str(error) for error in ignored] == ["will not close"]


def test_any_contiguous_or_strided_buffer_is_a_body() -> None:
    body = HI + UNENDED + b"\n"
    body += b"\n" * (-len(body) % 4)
    strided = bytes(byte for pair in zip(body, body, strict=True) for byte in pair)
    for source in (memoryview(array.array("I", body)), memoryview(strided)[::2]):
        assert collect(source).text == Stream(source).until_done().text == "Hi"
