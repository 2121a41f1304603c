"""Ways to read a response over a socket: ssewire's, draining, and what users write today.

Each way takes a response whose head is here, and reads its body to the end. What it returns tells whether it was right:
a `Drained` for those that only read, the text of choice 0 for those that parse, the number of events for those that
frame. Draining reads as promptly as ssewire does, by the same calls; what it costs is the client's own.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, NamedTuple

import ssewire

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    Get = Callable[[str], Any]
    AsyncGet = Callable[[str], Awaitable[Any]]
    Way = Callable[[Any], object]
    AsyncWay = Callable[[Any], Awaitable[object]]

TIMEOUT = 60.0  # seconds; longer than anything here takes, so that no timer fires
READ_SIZE = 65536  # bytes, as ssewire asks for them


class Drained(NamedTuple):
    """How much a way that does not look at the body has read."""

    size: int


def drain_requests(response: Any) -> Drained:
    """Read a response of requests."""
    size, read1 = 0, response.raw.read1
    while data := read1(READ_SIZE, decode_content=True):
        size += len(data)
    return Drained(size)


def drain_iter_content(response: Any) -> Drained:
    """Read a response of requests by its own iterator, which is cheaper, but late where a chunk comes in parts."""
    size = 0
    for data in response.iter_content(None):
        size += len(data)
    return Drained(size)


def drain_httpx(response: Any) -> Drained:
    """Read a response of httpx or httpx2."""
    size = 0
    for data in response.iter_bytes():
        size += len(data)
    return Drained(size)


async def drain_async_httpx(response: Any) -> Drained:
    """Read a response of their AsyncClients."""
    size = 0
    async for data in response.aiter_bytes():
        size += len(data)
    return Drained(size)


async def drain_aiohttp(response: Any) -> Drained:
    """Read a response of aiohttp."""
    size = 0
    async for data in response.content.iter_any():
        size += len(data)
    return Drained(size)


def stream(response: Any) -> str:
    """Take every delta."""
    deltas = ssewire.Stream(response)
    for _ in deltas:
        pass
    return deltas.snapshot.text


def text_stream(response: Any) -> str:
    """Join the text."""
    return "".join(ssewire.Stream(response).text_stream)


def until_done(response: Any) -> str:
    """Take the whole."""
    return ssewire.Stream(response).until_done().text


def iter_sse(response: Any) -> int:
    """Count the events."""
    count = 0
    for _ in ssewire.iter_sse(response):
        count += 1
    return count


def tee(response: Any) -> str:
    """Pass the pieces on while an accumulator watches."""
    accumulator = ssewire.Accumulator()
    for _ in ssewire.tee(response, accumulator):
        pass
    return accumulator.close().text


async def async_stream(response: Any) -> str:
    """Take every delta."""
    deltas = ssewire.AsyncStream(response)
    async for _ in deltas:
        pass
    return deltas.snapshot.text


async def async_text_stream(response: Any) -> str:
    """Join the text."""
    return "".join([text async for text in ssewire.AsyncStream(response).text_stream])


async def async_until_done(response: Any) -> str:
    """Take the whole."""
    return (await ssewire.AsyncStream(response).until_done()).text


async def aiter_sse(response: Any) -> int:
    """Count the events."""
    count = 0
    async for _ in ssewire.aiter_sse(response):
        count += 1
    return count


async def atee(response: Any) -> str:
    """Pass the pieces on while an accumulator watches."""
    accumulator = ssewire.Accumulator()
    async for _ in ssewire.atee(response, accumulator):
        pass
    return accumulator.close().text


def content(payload: str | bytes) -> str:
    """Return the text of a chat chunk as hand-written loops read it."""
    import orjson  # noqa: PLC0415 - part of what is measured against, not of ssewire's own imports

    choices = orjson.loads(payload)["choices"]
    return choices[0]["delta"].get("content") or "" if choices else ""


def naive_requests(response: Any) -> str:
    """Read as most hand-written loops do."""
    parts = [
        content(line[6:]) for line in response.iter_lines() if line.startswith(b"data: ") and line != b"data: [DONE]"
    ]
    return "".join(parts)


def naive_httpx(response: Any) -> str:
    """Read as most hand-written loops do."""
    parts = [
        content(line[6:]) for line in response.iter_lines() if line.startswith("data: ") and line != "data: [DONE]"
    ]
    return "".join(parts)


async def naive_async_httpx(response: Any) -> str:
    """Read as most hand-written loops do."""
    parts = [
        content(line[6:])
        async for line in response.aiter_lines()
        if line.startswith("data: ") and line != "data: [DONE]"
    ]
    return "".join(parts)


async def naive_aiohttp(response: Any) -> str:
    """Read as most hand-written loops do."""
    parts = [
        content(line[6:]) async for line in response.content if line.startswith(b"data: ") and line != b"data: [DONE]\n"
    ]
    return "".join(parts)


def httpx_sse(response: Any) -> str:
    """Read with httpx-sse."""
    import httpx_sse as peer  # noqa: PLC0415 - may not be installed

    events = peer.EventSource(response).iter_sse()
    return "".join([content(event.data) for event in events if event.data != "[DONE]"])


async def async_httpx_sse(response: Any) -> str:
    """Read with httpx-sse."""
    import httpx_sse as peer  # noqa: PLC0415 - may not be installed

    events = peer.EventSource(response).aiter_sse()
    return "".join([content(event.data) async for event in events if event.data != "[DONE]"])


OURS: dict[str, Way] = {
    "ssewire Stream": stream,
    "ssewire text_stream": text_stream,
    "ssewire until_done": until_done,
    "ssewire iter_sse": iter_sse,
    "ssewire tee": tee,
}
ASYNC_OURS: dict[str, AsyncWay] = {
    "ssewire Stream": async_stream,
    "ssewire text_stream": async_text_stream,
    "ssewire until_done": async_until_done,
    "ssewire iter_sse": aiter_sse,
    "ssewire tee": atee,
}
HTTPX: dict[str, Way] = {
    "draining": drain_httpx,
    **OURS,
    "iter_lines + orjson": naive_httpx,
    "httpx-sse + orjson": httpx_sse,
}
ASYNC_HTTPX: dict[str, AsyncWay] = {
    "draining": drain_async_httpx,
    **ASYNC_OURS,
    "iter_lines + orjson": naive_async_httpx,
    "httpx-sse + orjson": async_httpx_sse,
}
WAYS: dict[str, dict[str, Way]] = {
    "requests": {
        "draining": drain_requests,
        "draining iter_content": drain_iter_content,
        **OURS,
        "iter_lines + orjson": naive_requests,
    },
    "httpx": HTTPX,
    "httpx2": HTTPX,
}
ASYNC_WAYS: dict[str, dict[str, AsyncWay]] = {
    "aiohttp": {"draining": drain_aiohttp, **ASYNC_OURS, "iter_lines + orjson": naive_aiohttp},
    "httpx2 async": ASYNC_HTTPX,
}


class Tls(NamedTuple):
    """Who is trusted."""

    file: str
    context: ssl.SSLContext


@contextlib.contextmanager
def _requests(tls: Tls | None) -> Iterator[Get]:
    import requests  # noqa: PLC0415 - may not be installed

    with requests.Session() as session:
        session.trust_env = False
        session.verify = tls.file if tls else True
        yield lambda url: session.get(url, stream=True, timeout=TIMEOUT)


@contextlib.contextmanager
def _httpx(module: str, tls: Tls | None) -> Iterator[Get]:
    package: Any = __import__(module)
    with package.Client(timeout=TIMEOUT, trust_env=False, verify=tls.context if tls else True) as client:
        yield lambda url: client.send(client.build_request("GET", url), stream=True)


@contextlib.asynccontextmanager
async def _async_httpx(module: str, connections: int, tls: Tls | None) -> AsyncIterator[AsyncGet]:
    package: Any = __import__(module)
    limits = package.Limits(max_connections=connections)
    verify = tls.context if tls else True
    async with package.AsyncClient(timeout=TIMEOUT, trust_env=False, limits=limits, verify=verify) as client:
        yield lambda url: client.send(client.build_request("GET", url), stream=True)


@contextlib.asynccontextmanager
async def _aiohttp(connections: int, tls: Tls | None) -> AsyncIterator[AsyncGet]:
    import aiohttp  # noqa: PLC0415 - may not be installed

    connector = aiohttp.TCPConnector(limit=connections, ssl=tls.context if tls else True)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield session.get


def opened(client: str, tls: Tls | None = None) -> contextlib.AbstractContextManager[Get]:
    """Run a client of `WAYS`; gives what asks for a URL and returns once the response's head is here."""
    return _requests(tls) if client == "requests" else _httpx(client, tls)


def aopened(
    client: str, connections: int = 1, tls: Tls | None = None
) -> contextlib.AbstractAsyncContextManager[AsyncGet]:
    """Run a client of `ASYNC_WAYS`: the asynchronous twin of `opened`."""
    if client == "aiohttp":
        return _aiohttp(connections, tls)
    return _async_httpx(client.partition(" ")[0], connections, tls)
