"""Every HTTP client's way to a response, over real sockets on loopback."""

from __future__ import annotations

import contextlib
import gc
import http.client
import itertools
import sys
import threading
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import httpx2
import requests
import trustme
import urllib3
from ssewire._core import DirectPieces
from ssewire._sources import open_async_source, open_source
from ssewire.replay import ReplayServer

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    Get = Callable[[str], Any]
    AsyncGet = Callable[[str], Awaitable[Any]]

TIMEOUT = 20.0  # seconds; only a test that fails waits that long
CLIENT_TIMEOUT = 600.0  # seconds; longer than a test may last, so that no reader is woken by it


@dataclass(frozen=True)
class Tls:
    """A server's context, and a client's that trusts it, with the same as a file."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    file: str


def make_tls(folder: Path) -> Tls:
    """Make an authority and a certificate for 127.0.0.1."""
    import ssl  # noqa: PLC0415 - the plain tests need none

    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return Tls(server, ssl.create_default_context(cafile=str(file)), str(file))


@contextlib.contextmanager
def requests_client(tls: Tls | None) -> Iterator[Get]:
    """One requests.Session."""
    with requests.Session() as session:
        session.trust_env = False
        if tls is not None:
            session.verify = tls.file
        yield lambda url: session.get(url, stream=True, timeout=CLIENT_TIMEOUT)


@contextlib.contextmanager
def urllib3_client(tls: Tls | None) -> Iterator[Get]:
    """One urllib3.PoolManager."""
    options: dict[str, Any] = {} if tls is None else {"ssl_context": tls.client}
    with urllib3.PoolManager(timeout=CLIENT_TIMEOUT, retries=False, **options) as pool:
        yield lambda url: pool.request("GET", url, preload_content=False)


@contextlib.contextmanager
def httpx_client(tls: Tls | None) -> Iterator[Get]:
    """One httpx.Client."""
    with httpx.Client(timeout=CLIENT_TIMEOUT, trust_env=False, verify=tls.client if tls else True) as client:
        yield lambda url: client.send(client.build_request("GET", url), stream=True)


@contextlib.contextmanager
def httpx2_client(tls: Tls | None) -> Iterator[Get]:
    """One httpx2.Client."""
    with httpx2.Client(timeout=CLIENT_TIMEOUT, trust_env=False, verify=tls.client if tls else True) as client:
        yield lambda url: client.send(client.build_request("GET", url), stream=True)


@contextlib.contextmanager
def http_client(tls: Tls | None) -> Iterator[Get]:
    """One http.client.HTTPConnection at a time, made for the first URL."""
    connections: list[http.client.HTTPConnection] = []

    def get(url: str) -> http.client.HTTPResponse:
        parts = urllib.parse.urlsplit(url)
        if not connections:
            address = parts.netloc
            connections.append(
                http.client.HTTPSConnection(address, timeout=CLIENT_TIMEOUT, context=tls.client)
                if tls
                else http.client.HTTPConnection(address, timeout=CLIENT_TIMEOUT)
            )
        connections[0].request("GET", parts.path)
        return connections[0].getresponse()

    try:
        yield get
    finally:
        for connection in connections:
            connection.close()


@contextlib.contextmanager
def urllib_client(tls: Tls | None) -> Iterator[Get]:
    """urllib.request, which keeps no connections."""
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if tls is not None:
        handlers.append(urllib.request.HTTPSHandler(context=tls.client))
    opener = urllib.request.build_opener(*handlers)
    yield lambda url: opener.open(url, timeout=CLIENT_TIMEOUT)


CLIENTS: dict[str, Callable[[Tls | None], contextlib.AbstractContextManager[Get]]] = {
    "requests": requests_client,
    "urllib3": urllib3_client,
    "httpx": httpx_client,
    "httpx2": httpx2_client,
    "http.client": http_client,
    "urllib": urllib_client,
}


@contextlib.asynccontextmanager
async def async_httpx_client(tls: Tls | None) -> AsyncIterator[AsyncGet]:
    """One httpx.AsyncClient."""
    async with httpx.AsyncClient(timeout=CLIENT_TIMEOUT, trust_env=False, verify=tls.client if tls else True) as client:
        yield lambda url: client.send(client.build_request("GET", url), stream=True)


@contextlib.asynccontextmanager
async def async_httpx2_client(tls: Tls | None) -> AsyncIterator[AsyncGet]:
    """One httpx2.AsyncClient."""
    async with httpx2.AsyncClient(
        timeout=CLIENT_TIMEOUT, trust_env=False, verify=tls.client if tls else True
    ) as client:
        yield lambda url: client.send(client.build_request("GET", url), stream=True)


@contextlib.asynccontextmanager
async def aiohttp_client(tls: Tls | None) -> AsyncIterator[AsyncGet]:
    """One aiohttp.ClientSession."""
    timeout = aiohttp.ClientTimeout(total=CLIENT_TIMEOUT)
    async with aiohttp.ClientSession(timeout=timeout) as session:

        async def get(url: str) -> aiohttp.ClientResponse:
            return await session.get(url, ssl=tls.client if tls else True)

        yield get


ASYNC_CLIENTS: dict[str, Callable[[Tls | None], contextlib.AbstractAsyncContextManager[AsyncGet]]] = {
    "httpx": async_httpx_client,
    "httpx2": async_httpx2_client,
    "aiohttp": aiohttp_client,
}

EVERY_CLIENT = [*itertools.product(["sync"], CLIENTS), *itertools.product(["async"], ASYNC_CLIENTS)]
"""The kind and the name of each client, for a test's parameters."""


def read_all(source: object) -> bytes:
    """Open a source, read it to its end and close it."""
    opened = open_source(source)
    try:
        return b"".join(bytes(piece) for piece in opened.pieces)
    finally:
        opened.close()


async def aread_all(source: object) -> bytes:
    """Open a source, read it to its end and close it."""
    opened = open_async_source(source)
    try:
        return b"".join([bytes(piece) async for piece in opened.pieces])
    finally:
        await opened.aclose()


async def agenerate(*pieces: bytes) -> AsyncIterator[bytes]:
    """Yield the pieces."""
    for piece in pieces:
        yield piece


class Reader(threading.Thread):
    """Runs `body` in a thread of its own and keeps what it raised."""

    def __init__(self, body: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._body = body
        self.error: BaseException | None = None

    def run(self) -> None:
        """Run it."""
        try:
            self._body()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error

    def wait_blocked(self) -> None:
        """Wait until the thread is inside a call of the socket or ssl module that reads."""
        deadline = time.monotonic() + TIMEOUT
        while not self._reads_socket():
            assert self.is_alive(), self.error
            assert time.monotonic() < deadline, "it never read from its socket"
            self.join(0.001)

    def finish(self) -> BaseException | None:
        """Wait for the end and return what was raised."""
        self.join(TIMEOUT)
        assert not self.is_alive(), "it is still blocked"
        return self.error

    def _reads_socket(self) -> bool:
        frame = sys._current_frames().get(self.ident or 0)  # noqa: SLF001 - the one way to see where a thread is
        if frame is None:
            return False
        names = {"readinto", "recv", "recv_into", "read"}
        if frame.f_code.co_filename.endswith(("socket.py", "ssl.py", "sync.py")):  # the last is httpcore's
            return frame.f_code.co_name in names
        # No Python code is between the test and a socket that is read past the client, or is about to be.
        in_test = Path(frame.f_code.co_filename).is_relative_to(Path(__file__).parents[1])
        return in_test and any(type(part) is DirectPieces and part.gi_running for part in gc.get_objects())


@contextlib.contextmanager
def holding_server(
    body: bytes, tls: Tls | None = None, framing: Any = "chunked", sent: int = 1
) -> Iterator[ReplayServer]:
    """Run a server that sends that many events, and leaves the client waiting for more."""
    go_on = threading.Event()

    def gate(number: int) -> None:
        if number >= sent:
            go_on.wait(TIMEOUT)

    with ReplayServer([body], framing=framing, gate=gate, ssl_context=tls.server if tls else None) as server:
        try:
            yield server
        finally:
            go_on.set()
