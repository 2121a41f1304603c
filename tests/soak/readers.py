"""The readers of the soak: each reads one stream, and holds what came of it against the stream's plan."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import ssewire

from tests.soak.plan import event_count, plan

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import aiohttp
    import httpx2

    Get = Callable[[str], Awaitable[Any]]

WAIT = 60.0  # seconds; longer than any stream takes on a busy machine
AT_ONCE: Any = {"reconnection_time": 0.0, "min_delay": 0.0, "max_delay": 0.05}


class LossError(AssertionError):
    """What came of a stream is not what was planned."""


class Clients(NamedTuple):
    """One client of each kind, shared by all streams."""

    aiohttp: aiohttp.ClientSession
    httpx2: httpx2.AsyncClient

    def get(self, name: str) -> Get:
        """Return what asks for a response that is not read yet."""
        if name == "aiohttp":
            return self.aiohttp.get
        return lambda url: self.httpx2.send(self.httpx2.build_request("GET", url), stream=True)


def expect(condition: bool, seed: int, what: object) -> None:  # noqa: FBT001 - as `assert` takes it
    """Raise LossError unless the condition holds; `what` came instead."""
    if not condition:
        raise LossError(f"stream {seed} ({plan(seed).fault}): {what!r}")


async def read_stream(clients: Clients, name: str, url: str, seed: int) -> int:
    """Read a chat completion with its planned fault; return the number of its text's pieces."""
    planned = plan(seed)
    # After a broken chunk aiohttp (3.14) closes the connection, and tells nobody who reads: it would wait for ever.
    name = "httpx2" if planned.fault == "bad chunk" else name
    stream = ssewire.AsyncStream(await clients.get(name)(f"{url}/stream/{seed}"))
    if planned.fault == "cancel":
        return await _read_and_cancel(stream, seed)
    pieces: list[str] = []
    problem: Exception | None = None
    try:
        async for text in stream.text_stream:
            pieces.append(text)  # noqa: PERF401 - what came before an error counts
        await stream.until_done()
    except ssewire.StreamError as error:
        problem = error
    check(seed, pieces, stream.snapshot.text, problem)
    await stream.aclose()
    return len(pieces)


def check(seed: int, pieces: list[str], text: str, problem: Exception | None) -> None:
    """Hold what came of a stream against its plan: the pieces, the snapshot's text, and what was raised."""
    planned = plan(seed)
    told = "".join(pieces)
    expect(told == text, seed, (told, text))
    if planned.fault in {"none", "stall", "noise"}:
        expect(problem is None and pieces == planned.words, seed, problem or pieces)
    elif planned.fault in {"drop", "bad chunk"}:
        expect(isinstance(problem, ssewire.IncompleteStreamError) and text == planned.text_before, seed, problem)
    elif planned.fault == "reset":  # it may overtake what was sent before it
        expect(isinstance(problem, ssewire.IncompleteStreamError), seed, problem)
        expect(planned.text_before.startswith(text), seed, text)
    elif planned.fault == "error":
        expect(isinstance(problem, ssewire.ProviderError) and text == planned.text_before, seed, problem)
    else:
        expect(isinstance(problem, ssewire.ResponseError) and not text, seed, problem)


async def _read_and_cancel(stream: ssewire.AsyncStream, seed: int) -> int:
    """Cancel the task that reads, once it has read as many pieces as planned."""
    planned = plan(seed)
    pieces: list[str] = []
    enough = asyncio.Event()

    async def read() -> None:
        async for text in stream.text_stream:
            pieces.append(text)
            if len(pieces) == planned.place:
                enough.set()
                await asyncio.sleep(WAIT)

    reading = asyncio.create_task(read())
    await enough.wait()
    reading.cancel()
    await asyncio.wait([reading])
    expect(reading.cancelled(), seed, reading)
    expect("".join(pieces) == planned.text_before, seed, pieces)
    return len(pieces)


async def read_events(clients: Clients, name: str, url: str, seed: int) -> int:
    """Read an event source to its end; return the number of its events."""
    client = clients.aiohttp if name == "aiohttp" else clients.httpx2
    heard = 0
    async with ssewire.AsyncEventSource(client, f"{url}/events/{seed}", read_timeout=WAIT, **AT_ONCE) as source:
        async for event in source:
            expect(event.data == event.id == str(heard), seed, (event, heard))
            heard += 1
    expect(heard == event_count(seed), seed, heard)
    return heard


async def read_retried(clients: Clients, name: str, url: str, seed: int) -> int:
    """Read a stream that fails before its first delta; return the number of its text's pieces."""
    get = clients.get(name)
    stream = ssewire.aretrying(lambda: get(f"{url}/retry/{seed}"), delay=0.01)
    pieces = [text async for text in stream.text_stream]
    await stream.until_done()
    expect(pieces == plan(seed).words, seed, pieces)
    return len(pieces)


READERS = (read_stream, read_events, read_stream, read_retried)
"""In turn; more than half of them are streams."""
