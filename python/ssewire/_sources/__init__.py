"""Whatever a caller holds, read as pieces of bytes.

It knows HTTP clients, files and sockets, and nothing of events or JSON.

1. A piece goes out as soon as its bytes are here, decompressed; it may be cut anywhere.
2. What the client raises while reading comes out as it is. A body that ends early raises wherever its framing can tell.
3. No HTTP client is imported here: one is recognised by the module that the response's class comes from.
4. A source is read and closed by one thread or task. Only `interrupt` may be called by another.

    choose          which source is read how; refuses what cannot be read
    base            Source and AsyncSource
    plain           bytes, files, iterables
    http_client     http.client and urllib.request
    urllib3         urllib3, requests, niquests
    httpx           httpx, httpx2
    direct          whole chunks of their bodies, read past them
    network         what those are read from
    aiohttp         aiohttp
    drain           reading a body to its end in a bounded time, so that its connection is used again
    watchdog        the thread that keeps the time
"""

from __future__ import annotations

from ssewire._sources.base import AsyncSource, Source
from ssewire._sources.choose import open_async_source, open_source
from ssewire._sources.drain import adrain, drain

__all__ = ["AsyncSource", "Source", "adrain", "drain", "open_async_source", "open_source"]
