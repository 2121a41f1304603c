"""Responses over HTTP/2, of which several share one connection."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
import ssewire

from tests.support import loopback
from tests.support.direct import PACKAGES, each_loop, each_package
from tests.support.http2_server import HELD, Http2Server, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

TEXT = [f" word{number}" for number in range(50)]
EVENTS = [
    *(f'data: {{"choices": [{{"index": 0, "delta": {{"content": "{text}"}}}}]}}\n\n'.encode() for text in TEXT),
    b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n',
    b"data: [DONE]\n\n",
]

# trio complains of httpx's own generators where a response is left.
pytestmark = pytest.mark.filterwarnings(r"ignore:Async generator 'http(x|core)2?\.:ResourceWarning")


@pytest.fixture
def server() -> Iterator[Http2Server]:
    with serving(EVENTS) as made:
        yield made


def options(server: Http2Server) -> dict[str, Any]:
    return {
        "base_url": server.url,
        "http2": True,
        "timeout": loopback.TIMEOUT,
        "trust_env": False,
        "verify": server.client,
    }


@contextlib.contextmanager
def asked(client: Any, path: str = "/") -> Iterator[ssewire.Stream]:
    with client.stream("GET", path) as response:
        assert response.http_version == "HTTP/2"
        yield ssewire.Stream(response)


@contextlib.asynccontextmanager
async def aasked(client: Any, path: str = "/") -> AsyncIterator[ssewire.AsyncStream]:
    async with client.stream("GET", path) as response:
        assert response.http_version == "HTTP/2"
        yield ssewire.AsyncStream(response)


@each_package
def test_a_body(name: str, server: Http2Server) -> None:
    with PACKAGES[name].Client(**options(server)) as client:
        for _ in range(3):
            with asked(client) as stream:
                assert list(stream.text_stream) == TEXT
    assert server.connections == 1


@each_package
@each_loop
def test_a_body_asynchronously(name: str, run: Any, server: Http2Server) -> None:
    async def body() -> None:
        async with PACKAGES[name].AsyncClient(**options(server)) as client:
            for _ in range(3):
                async with aasked(client) as stream:
                    assert [text async for text in stream.text_stream] == TEXT

    run(body)
    assert server.connections == 1


@each_package
def test_a_stream_that_is_closed_leaves_the_others_their_connection(name: str, server: Http2Server) -> None:
    with PACKAGES[name].Client(**options(server)) as client:
        with asked(client, HELD) as held, asked(client) as whole:
            assert next(held.text_stream) == TEXT[0]
            assert next(whole.text_stream) == TEXT[0]
            held.close()
            assert whole.until_done().text == "".join(TEXT)
        with asked(client) as after:
            assert after.until_done().text == "".join(TEXT)
    assert server.connections == 1


@each_package
@each_loop
def test_a_stream_that_is_closed_asynchronously_leaves_the_others_their_connection(
    name: str, run: Any, server: Http2Server
) -> None:
    async def body() -> None:
        async with PACKAGES[name].AsyncClient(**options(server)) as client:
            async with aasked(client, HELD) as held, aasked(client) as whole:
                assert await anext(held.text_stream) == TEXT[0]
                assert await anext(whole.text_stream) == TEXT[0]
                await held.aclose()
                assert (await whole.until_done()).text == "".join(TEXT)
            async with aasked(client) as after:
                assert (await after.until_done()).text == "".join(TEXT)

    run(body)
    assert server.connections == 1
