"""What the asynchronous gateways share: limits, keep-alives, and the bill."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import ssewire

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

KEEP_ALIVE = 15.0  # seconds, as the HTML standard advises (9.2.7)
PING = ssewire.encode_comment("keep-alive")

# Of the provider's response only the type is passed on: not Content-Encoding and Content-Length, since what is passed
# on is the decoded body, and nothing of the connection behind (RFC 9110, 7.6.1). Proxies are told not to wait for more.
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def watcher() -> ssewire.Accumulator:
    """Make what watches a stream. Beyond these limits it watches no more; the bytes go on all the same."""
    return ssewire.Accumulator(
        max_event_size=8 * 1024 * 1024, max_total_size=32 * 1024 * 1024, max_choices=128, max_tool_calls=1024
    )


async def with_keep_alives(pieces: AsyncGenerator[bytes, None], seconds: float) -> AsyncGenerator[bytes, None]:
    """Give the pieces as they come, and a comment where none came for so long.

    A comment may only stand between events, so there is none where a piece ended inside of one.
    """
    end = b"\n\n"
    waiting = asyncio.ensure_future(anext(pieces, b""))
    try:
        while True:
            # Not wait_for(): it would cancel the read, and with it the response.
            done, _ = await asyncio.wait({waiting}, timeout=seconds)
            if done:
                piece = waiting.result()
                if not piece:
                    return
                yield piece
                end = (end + piece)[-4:]
                waiting = asyncio.ensure_future(anext(pieces, b""))
            elif end.endswith((b"\n\n", b"\n\r\n")):
                yield PING
    finally:
        waiting.cancel()
        # Not gather(): cancelled itself, it would cancel the read once more, in the middle of closing its connection.
        await asyncio.wait({waiting})
        await pieces.aclose()


def bill(watched: ssewire.Accumulator, broke: str | None) -> str:
    """Say how a stream ended, and what is to be paid for.

    Args:
        watched: What has watched it.
        broke: Why it was not passed on to its end, None where it was.
    """
    try:
        watched.close()
        end = "complete"
    except ssewire.StreamError as error:
        end = broke or f"{type(error).__name__}: {error}"
    used = "usage unknown"  # the provider tells it at the end, so not to those who leave
    if watched.usage is not None:
        used = f"{watched.usage.input_tokens} tokens in, {watched.usage.output_tokens} out"
    return f"{end}; {used}; {len(watched.snapshot.text)} characters"
