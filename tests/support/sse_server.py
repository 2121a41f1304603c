"""A server whose every connection a test plays by hand, and listeners that hear what an event source gives.

Both are driven by the test's own thread: it waits for what happened, never for a time to pass.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import socket
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import httpx
import httpx2
import requests
import trio
from ssewire import AsyncEventSource, EventSource

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from typing_extensions import Self

WAIT = 20.0  # seconds; only a test that fails waits that long
STREAM = "text/event-stream"


class Request(NamedTuple):
    """A request as it came; header names in lower case."""

    method: str
    path: str
    headers: dict[str, bytes]
    body: bytes


class Connection:
    """One accepted connection, whose request was read. The body of its answer is chunked."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.file = sock.makefile("rb")
        self.request = self._read_request()

    def _read_request(self) -> Request:
        method, path, _ = self.file.readline().decode().split(" ")
        headers: dict[str, bytes] = {}
        while (line := self.file.readline().rstrip(b"\r\n")) != b"":
            name, _, value = line.partition(b":")
            headers[name.decode().lower()] = value.strip()
        return Request(method, path, headers, self.file.read(int(headers.get("content-length", b"0"))))

    def answer(self, status: int = 200, kind: str | None = STREAM, **headers: str) -> Self:
        """Send a head."""
        fields = {"Transfer-Encoding": "chunked", "Connection": "close", **headers}
        if kind is not None:
            fields["Content-Type"] = kind
        if status in {204, 304}:  # they have no body
            del fields["Transfer-Encoding"]
        lines = [f"HTTP/1.1 {status} Said", *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode())
        return self

    def send(self, data: bytes) -> Self:
        """Send a chunk; one of no bytes would end the body."""
        if data:
            self.sock.sendall(b"%x\r\n%b\r\n" % (len(data), data))
        return self

    def end(self) -> None:
        """End the body as it should."""
        self.sock.sendall(b"0\r\n\r\n")
        self.close()

    def refuse(self, status: int, body: bytes = b"no", kind: str = "text/plain", **headers: str) -> None:
        """Answer with a whole response, of which the client may leave the body."""
        self.answer(status, kind, **headers)
        with contextlib.suppress(ConnectionError):
            self.send(body).end()
        self.close()

    def cut(self) -> None:
        """Break the connection in the middle of the body."""
        self.close()

    def reset(self) -> None:
        """Break it with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self.file.close()
        self.sock.close()

    def wait_gone(self) -> None:
        """Wait until the client has closed its side."""
        self.sock.settimeout(WAIT)
        with contextlib.suppress(ConnectionError):
            while self.sock.recv(4096):
                pass


class SseServer:
    """Listens on loopback; `next` gives each connection, in their order."""

    def __init__(self, path: str = "/events") -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(WAIT)
        self.origin = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.url = self.origin + path
        self.taken: list[Connection] = []

    def next(self) -> Connection:
        """Wait for the next connection and its request."""
        sock, _ = self.listener.accept()
        sock.settimeout(WAIT)
        self.taken.append(Connection(sock))
        return self.taken[-1]

    def is_idle(self) -> bool:
        """Whether nobody has connected since the last `next`."""
        self.listener.settimeout(0)
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            return True
        finally:
            self.listener.settimeout(WAIT)
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        for connection in self.taken:
            connection.close()
        self.listener.close()
        for thread in threading.enumerate():
            if thread.name == "ssewire-connect":  # it was left, and goes with the connection
                thread.join(WAIT)


@dataclass
class Kind:
    """A way to read: a client, and what runs it."""

    make: Callable[..., Any]
    source: Callable[..., Any]
    run: Callable[[Callable[[], Awaitable[None]]], object] | None = None


def _in_trio(function: Callable[[], Awaitable[None]]) -> None:
    trio.run(function)


def _in_asyncio(function: Callable[[], Any]) -> None:
    asyncio.run(function())


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


KINDS: dict[str, Kind] = {
    "requests": Kind(_session, EventSource),
    "httpx": Kind(lambda: httpx.Client(trust_env=False), EventSource),
    "httpx2": Kind(lambda: httpx2.Client(trust_env=False), EventSource),
    "aiohttp": Kind(aiohttp.ClientSession, AsyncEventSource, _in_asyncio),
    "async httpx": Kind(lambda: httpx.AsyncClient(trust_env=False), AsyncEventSource, _in_asyncio),
    "async httpx2": Kind(lambda: httpx2.AsyncClient(trust_env=False), AsyncEventSource, _in_asyncio),
    "trio httpx": Kind(lambda: httpx.AsyncClient(trust_env=False), AsyncEventSource, _in_trio),
    "trio httpx2": Kind(lambda: httpx2.AsyncClient(trust_env=False), AsyncEventSource, _in_trio),
}


class Listener:
    """Iterates an event source in a thread of its own, and keeps what it gives: `heard` waits for it.

    Each thing heard is a pair: ("event", event), ("comment", text), ("error", error), ("raised", error) or
    ("ended", None).
    """

    def __init__(
        self, kind: str, url: str, client: Callable[[Any], Any] = lambda client: client, **options: Any
    ) -> None:
        self.kind = KINDS[kind]
        self.url = url
        self.client = client
        self.decide = options.pop("on_error", lambda _: None)
        self.options = {"reconnection_time": 0.0, "min_delay": 0.0, "max_delay": 0.0, "read_timeout": WAIT, **options}
        self.options.setdefault("on_comment", lambda text: self.told.put(("comment", text)))
        self.options["on_error"] = self._told_error
        self.told: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.source: Any = None
        self.made = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _told_error(self, error: Exception) -> Any:
        self.told.put(("error", error))
        return self.decide(error)

    def _run(self) -> None:
        try:
            if self.kind.run is None:
                self._listen()
            else:
                self.kind.run(self._alisten)
        except Exception as error:  # noqa: BLE001 - the test says which it expects
            self.told.put(("raised", error))
        else:
            self.told.put(("ended", None))

    def _make(self, client: Any) -> Any:
        self.source = self.kind.source(*self.client((client, self.url)), **self.options)
        self.made.set()
        return self.source

    def _listen(self) -> None:
        with self.kind.make() as client, self._make(client) as source:
            for event in source:
                self.told.put(("event", event))

    async def _alisten(self) -> None:
        async with self.kind.make() as client, self._make(client) as source:
            async for event in source:
                self.told.put(("event", event))

    def heard(self) -> tuple[str, Any]:
        """Wait for the next thing."""
        return self.told.get(timeout=WAIT)

    def event(self) -> Any:
        """Wait for the next thing, which is an event."""
        kind, event = self.heard()
        assert kind == "event", event
        return event

    def error(self) -> Any:
        """Wait for the next thing, which is an error that the listener for errors was told."""
        kind, error = self.heard()
        assert kind == "error", error
        return error

    def raised(self) -> Any:
        """Wait for the next thing, which is what iterating raised."""
        kind, error = self.heard()
        assert kind == "raised", (kind, error)
        return error

    def ended(self) -> None:
        """Wait for the end of the iteration, which is the next thing."""
        assert self.heard() == ("ended", None)
        self.thread.join(WAIT)
        assert self.source.ready_state == "closed"

    def __enter__(self) -> Self:
        self.thread.start()
        assert self.made.wait(WAIT)
        return self

    def __exit__(self, *_exception: object) -> None:
        self.source.close()
        self.thread.join(WAIT)
        assert not self.thread.is_alive(), "close did not end the iteration"


@contextlib.contextmanager
def listening(kind: str, **options: Any) -> Iterator[tuple[SseServer, Listener]]:
    """A server, and who listens to it."""
    with SseServer() as server, Listener(kind, server.url, **options) as listener:
        yield server, listener
