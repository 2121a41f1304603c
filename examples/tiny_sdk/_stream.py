"""The two kinds of stream: each reads the pieces in its own way, and gives them to the one parser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from tiny_sdk._errors import ConnectionFailedError
from tiny_sdk._events import EventParser

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator

    from typing_extensions import Self

    from tiny_sdk._events import Event


class Stream:
    """The events of one translation. It owns the response: leaving the `with` block closes it."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._events = self._read()

    def __iter__(self) -> Iterator[Event]:
        return self._events

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, unless the stream was read to its end."""
        self._events.close()
        self._response.close()

    def _read(self) -> Generator[Event, None, None]:
        parser = EventParser()
        try:
            for piece in self._response.iter_bytes():
                yield from parser.feed(piece)
        except httpx.HTTPError as error:
            if not parser.finished:
                raise ConnectionFailedError(str(error)) from error
        parser.close()


class AsyncStream:
    """The events of one translation. It owns the response: leaving the `async with` block closes it."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._events = self._read()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._events

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connection, unless the stream was read to its end."""
        await self._events.aclose()
        await self._response.aclose()

    async def _read(self) -> AsyncGenerator[Event, None]:
        parser = EventParser()
        try:
            async for piece in self._response.aiter_bytes():
                for event in parser.feed(piece):
                    yield event
        except httpx.HTTPError as error:
            if not parser.finished:
                raise ConnectionFailedError(str(error)) from error
        parser.close()
