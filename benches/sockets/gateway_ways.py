"""Ways to read one of many streams, as a gateway or a client of many models would.

Each reads a response to its end and shows `seen` what it has in hand: every text, or every piece of the body for those
that do not look inside. Those that parse return the finish reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ssewire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Seen = Callable[[str | bytes], None]
    """Takes a text or a piece when it is in hand."""
    Way = Callable[[Any, Seen], Awaitable[object]]


async def _drain_aiohttp(response: Any, seen: Seen) -> None:
    async for data in response.content.iter_any():
        seen(data)


async def _drain_httpx(response: Any, seen: Seen) -> None:
    async for data in response.aiter_bytes():
        seen(data)


async def _stream(response: Any, seen: Seen) -> str | None:
    stream = ssewire.AsyncStream(response)
    async for delta in stream:
        if type(delta) is ssewire.TextDelta:
            seen(delta.text)
    return stream.snapshot.finish_reason


async def _tee(response: Any, seen: Seen) -> str | None:
    accumulator = ssewire.Accumulator()
    async for data in ssewire.atee(response, accumulator):
        seen(data)
    return accumulator.close().finish_reason


async def chunks(lines: AsyncIterator[bytes | str], seen: Seen) -> str | None:
    """Take the data of each event as hand-written code does."""
    import orjson  # noqa: PLC0415 - what is measured against

    reason = None
    async for line in lines:
        choice = orjson.loads(line)["choices"][0]
        text = choice["delta"].get("content")
        reason = choice["finish_reason"]
        if text:
            seen(text)
    return reason


async def _naive_aiohttp(response: Any, seen: Seen) -> str | None:
    content = response.content
    return await chunks((line[6:] async for line in content if line[:6] == b"data: " and line[6:7] == b"{"), seen)


async def _httpx_sse(response: Any, seen: Seen) -> str | None:
    import httpx_sse  # noqa: PLC0415 - may not be installed

    events = httpx_sse.EventSource(response).aiter_sse()
    return await chunks((event.data async for event in events if event.data != "[DONE]"), seen)


WAYS: dict[str, dict[str, Way]] = {
    "aiohttp": {
        "draining": _drain_aiohttp,
        "ssewire AsyncStream": _stream,
        "ssewire atee": _tee,
        "lines + orjson": _naive_aiohttp,
    },
    "httpx2 async": {
        "draining": _drain_httpx,
        "ssewire AsyncStream": _stream,
        "ssewire atee": _tee,
        "httpx-sse + orjson": _httpx_sse,
    },
}
