"""The HTTP clients that `ssewire demo` reads a stream with, each the way its users call it.

No client takes proxies from the environment here: the server is on loopback.
"""

from __future__ import annotations

import asyncio
import importlib.util
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ssewire

if TYPE_CHECKING:
    from collections.abc import Callable

    Show = Callable[[ssewire.Delta], object]

_BODY = {"model": "demo-1", "messages": [], "stream": True, "stream_options": {"include_usage": True}}


@dataclass(frozen=True)
class Client:
    """One client: the name that it is imported and installed by, and how it reads a stream.

    Attributes:
        name: of the module, and of the package that has it.
        read: asks `url` for a stream, shows every delta, and returns the finished snapshot.
    """

    name: str
    read: Callable[[str, Show], ssewire.Snapshot]

    @property
    def installed(self) -> bool:
        """Whether it can be imported."""
        return importlib.util.find_spec(self.name) is not None


def with_urllib(url: str, show: Show) -> ssewire.Snapshot:
    """Read with the standard library."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url) as response:
        return _watch(response, show)


def with_requests(url: str, show: Show) -> ssewire.Snapshot:
    """Read with requests."""
    import requests  # noqa: PLC0415 - as it may not be installed

    with requests.Session() as session:
        session.trust_env = False
        return _watch(session.post(url, json=_BODY, stream=True), show)


def with_httpx(url: str, show: Show) -> ssewire.Snapshot:
    """Read with httpx."""
    import httpx  # noqa: PLC0415 - the same

    return _with_client(httpx.Client(trust_env=False), url, show)


def with_httpx2(url: str, show: Show) -> ssewire.Snapshot:
    """Read with httpx2."""
    import httpx2  # noqa: PLC0415 - the same

    return _with_client(httpx2.Client(trust_env=False), url, show)


def with_aiohttp(url: str, show: Show) -> ssewire.Snapshot:
    """Read with aiohttp, asynchronously."""
    return asyncio.run(_with_aiohttp(url, show))


CLIENTS = (
    Client("requests", with_requests),
    Client("httpx", with_httpx),
    Client("httpx2", with_httpx2),
    Client("aiohttp", with_aiohttp),
    Client("urllib", with_urllib),
)


def _with_client(client: Any, url: str, show: Show) -> ssewire.Snapshot:
    with client, client.stream("POST", url, json=_BODY) as response:
        return _watch(response, show)


async def _with_aiohttp(url: str, show: Show) -> ssewire.Snapshot:
    import aiohttp  # noqa: PLC0415 - the same

    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json=_BODY) as response,
        ssewire.AsyncStream(response) as stream,
    ):
        async for delta in stream:
            show(delta)
        return await stream.until_done()


def _watch(response: Any, show: Show) -> ssewire.Snapshot:
    with ssewire.Stream(response) as stream:
        for delta in stream:
            show(delta)
        return stream.until_done()
