"""Streams of `retrying` and `aretrying`, read with each client while a server plays parts."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import httpx
import httpx2
import pytest
import requests
import trio
from ssewire import (
    TextDelta,
    aretrying,
    retrying,
)

from tests.support.chat_cases import DONE, text
from tests.support.sse_server import WAIT, Connection, SseServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Part = Callable[[Connection], object]

AT_ONCE: Any = {"delay": 0.0, "max_delay": 0.0}
ANSWER = text("Hel") + text("lo", "stop") + DONE
ROLE = b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'


@contextmanager
def playing(*parts: Part) -> Iterator[SseServer]:
    """A server that plays a part on each connection, in their order; each has to be asked for."""
    failed: list[BaseException] = []

    def play() -> None:
        try:
            for part in parts:
                part(server.next())
        except BaseException as error:  # noqa: BLE001 - raised below
            failed.append(error)

    with SseServer("/v1") as server:
        player = threading.Thread(target=play, daemon=True)
        player.start()
        yield server
        player.join(WAIT)
        assert not player.is_alive()
        assert not failed, failed
        assert server.is_idle()


def sends(body: bytes, how: str = "end") -> Part:
    """Play a response with a body, and end it, cut it or reset it."""
    return lambda connection: getattr(connection.answer().send(body), how)()


def refuses(status: int, body: bytes = b"no", **headers: str) -> Part:
    return lambda connection: connection.refuse(status, body, "application/json", **headers)


class Told:
    """What a stream gave: its deltas, its snapshot's text, what it raised; and the errors that a listener was told."""

    def __init__(self) -> None:
        self.deltas: list[Any] = []
        self.errors: list[Exception] = []
        self.text = ""
        self.raised: Exception | None = None

    @property
    def pieces(self) -> list[str]:
        return [delta.text for delta in self.deltas if isinstance(delta, TextDelta)]


class Asked(NamedTuple):
    """What a test asks of a reader."""

    url: str
    resume: Any
    options: Any
    heard: Callable[[Any], object]


def _sync_read(client: Any, send: Any, asked: Asked) -> Told:
    told = Told()
    with client:
        stream = retrying(
            lambda: send(client, asked.url),
            resume=asked.resume and (lambda position: send(client, asked.resume(asked.url, position))),
            on_error=told.errors.append,
            **asked.options,
        )
        try:
            for delta in stream:
                told.deltas.append(delta)
                asked.heard(delta)
        except Exception as error:  # noqa: BLE001 - the test says which it expects
            told.raised = error
        told.text = stream.snapshot.text
    return told


def _async_read(run: Any, make: Any, send: Any, asked: Asked) -> Told:
    told = Told()

    async def read() -> None:
        async with make() as client:
            stream = aretrying(
                lambda: send(client, asked.url),
                resume=asked.resume and (lambda position: send(client, asked.resume(asked.url, position))),
                on_error=told.errors.append,
                **asked.options,
            )
            async with stream:
                try:
                    async for delta in stream:
                        told.deltas.append(delta)
                        asked.heard(delta)
                except Exception as error:  # noqa: BLE001 - the test says which it expects
                    told.raised = error
                told.text = stream.snapshot.text

    run(read)
    return told


def new_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def _with_requests(asked: Asked) -> Told:
    return _sync_read(new_session(), lambda client, to: client.get(to, stream=True, timeout=WAIT), asked)


def send_httpx(client: Any, url: str) -> Any:
    return client.send(client.build_request("GET", url, timeout=WAIT), stream=True)


def _with_httpx(asked: Asked) -> Told:
    return _sync_read(httpx2.Client(trust_env=False), send_httpx, asked)


async def send_aiohttp(session: Any, url: str) -> Any:
    return await session.get(url)


def _run_asyncio(function: Any) -> None:
    asyncio.run(function())


def async_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False)


READERS: dict[str, Callable[[Asked], Told]] = {
    "requests": _with_requests,
    "httpx2": _with_httpx,
    "aiohttp": partial(_async_read, _run_asyncio, aiohttp.ClientSession, send_aiohttp),
    "async httpx": partial(_async_read, _run_asyncio, async_client, send_httpx),
    "trio httpx": partial(_async_read, trio.run, async_client, send_httpx),
}
everywhere = pytest.mark.parametrize("reader", READERS)


def read(
    reader: str, *parts: Part, resume: Any = None, heard: Callable[[Any], object] = lambda _: None, **options: Any
) -> Told:
    with playing(*parts) as server:
        return READERS[reader](Asked(server.url, resume, {**AT_ONCE, **options}, heard))
