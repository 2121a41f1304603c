"""Event sources: clients that reconnect, after the HTML standard's 9.2 "Server-sent events".

Reading is what it is elsewhere: a source gives pieces, a decoder gives their events. What is added is what happens
around a connection.

    state           what is known between two connections: no I/O
    request         the request, and redirects
    clients         requests, httpx, httpx2 and aiohttp
    attempt         a blocking call that can be left
    waits           awaiting what can be left, under asyncio and trio
    synchronous     EventSource
    asynchronous    AsyncEventSource
"""

from __future__ import annotations

from ssewire._event_source.asynchronous import AsyncEventSource
from ssewire._event_source.synchronous import EventSource

__all__ = ["AsyncEventSource", "EventSource"]
