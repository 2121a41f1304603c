"""An asynchronous source of several responses, one after the other."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from ssewire._event_source.waits import Waits
from ssewire._response import astream_pieces, is_event_stream
from ssewire._sources import AsyncSource, open_async_source

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

    from ssewire._retrying.options import StreamPosition
    from ssewire._retrying.progress import Progress
    from ssewire._sources.base import Piece


class AsyncRetryingSource(AsyncSource):
    """The body of the first response that tells anything, and of those that continue it."""

    __slots__ = ("_connect", "_inner", "_progress", "_resume", "_waits")

    def __init__(
        self,
        progress: Progress,
        connect: Callable[[], Awaitable[object]],
        resume: Callable[[StreamPosition], Awaitable[object]] | None,
    ) -> None:
        super().__init__(self._read())
        self._progress = progress
        self._connect = connect
        self._resume = resume
        self._waits = Waits(lambda: self._closed)
        self._inner: AsyncSource | None = None

    @property
    def drainable(self) -> bool:
        """Whether reading on to the body's end would free a connection for the next request."""
        return self._inner is not None and self._inner.drainable

    def abandon(self) -> None:
        """Release the connection as far as that goes without awaiting."""
        if self._inner is not None:
            self._inner.abandon()

    async def _release(self) -> None:
        self._waits.wake()
        await self._release_inner()

    async def _release_inner(self) -> None:
        inner, self._inner = self._inner, None
        if inner is not None:
            await inner.aclose()

    async def _read(self) -> AsyncIterator[Piece]:
        while not self._closed:
            try:
                async with aclosing(self._body()) as pieces:
                    async for piece in pieces:
                        yield piece
            except Exception as error:  # noqa: BLE001 - each client has its own; judged below
                failed = error
            else:
                return
            if self._closed:
                return
            if not self._progress.may_try_again(failed):
                for piece in self._progress.release():
                    yield piece
                self._progress.give_up(failed)
                return
            await self._release_inner()
            await self._waits.sleep(self._progress.delay)

    async def _body(self) -> AsyncGenerator[Piece, None]:
        """Give what is to be passed on of one response."""
        inner = await self._waits.run(self._open, None)
        if self._closed:  # by a task that found nothing to close
            await self._release_inner()
            return
        self._progress.begin(event_stream=is_event_stream(inner))
        async for piece in astream_pieces(inner):
            for passed in self._progress.take(piece):
                yield passed
        if not self._closed:
            for passed in self._progress.end():
                yield passed

    async def _open(self) -> AsyncSource:
        """Open the next response, and keep it at once: who is cancelled right now closes it."""
        self.response = None
        if self._resume is not None and self._progress.can_resume():
            response = await self._resume(self._progress.position)
        else:
            response = await self._connect()
        inner = self._inner = open_async_source(response)
        self.response, self.status, self.content_type = inner.response, inner.status, inner.content_type
        return inner
