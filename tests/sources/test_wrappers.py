"""Objects that hold a response: what is inside is read where that is clear; anything else is named in the error."""

from __future__ import annotations

import asyncio
import io
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import anthropic
import groq
import httpx
import httpx2
import openai
import pytest
import requests
import ssewire
from ssewire import AsyncStream, Stream
from ssewire.compat import httpx_sse
from ssewire.replay import ReplayServer

from tests.support.chat_cases import DONE, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

BODY = text("Hi", "stop") + DONE
MESSAGES: Any = [{"role": "user", "content": "?"}]


@pytest.fixture
def server() -> Iterator[ReplayServer]:
    with ReplayServer([BODY], headers={"x-request-id": "req_1"}) as server:
        yield server


def sdk_clients(url: str) -> Iterator[Any]:
    yield openai.OpenAI(api_key="k", base_url=url)
    yield groq.Groq(api_key="k", base_url=url)


def read_all(source: Any) -> None:
    assert ssewire.collect(source).text == "Hi"


async def aread_all(source: Any) -> None:
    assert (await ssewire.acollect(source)).text == "Hi"


# Providers' packages


def test_what_an_sdk_gives_is_its_response(server: ReplayServer) -> None:
    for client in sdk_clients(server.url):
        with client, ExitStack() as stack:
            completions, asked = client.chat.completions, {"model": "m", "messages": MESSAGES, "stream": True}
            read_all(completions.create(**asked))
            read_all(completions.with_raw_response.create(**asked))
            read_all(stack.enter_context(completions.with_streaming_response.create(**asked)))
            manager = completions.with_streaming_response.create(**asked)
            with pytest.raises(TypeError, match="ResponseContextManager is a context manager: pass what its `with`"):
                Stream(manager)
            response = stack.enter_context(completions.with_streaming_response.create(**asked))
            assert [event.data for event in ssewire.iter_sse(response)][-1] == "[DONE]"
            response = stack.enter_context(completions.with_streaming_response.create(**asked))
            assert isinstance(Stream(response).response, (httpx.Response, httpx2.Response))


def test_what_an_asynchronous_sdk_gives_is_its_response(server: ReplayServer) -> None:
    async def run() -> None:
        asked: dict[str, Any] = {"model": "m", "messages": MESSAGES, "stream": True}
        async with openai.AsyncOpenAI(api_key="k", base_url=server.url) as client:
            completions = client.chat.completions
            await aread_all(await completions.create(**asked))
            await aread_all(await completions.with_raw_response.create(**asked))
            async with completions.with_streaming_response.create(**asked) as response:
                await aread_all(response)
            async with completions.with_streaming_response.create(**asked) as response:
                assert [event.data async for event in ssewire.aiter_sse(response)][-1] == "[DONE]"
            async with completions.with_streaming_response.create(**asked) as response:
                with pytest.raises(TypeError, match="use AsyncStream"):
                    Stream(response)

    asyncio.run(run())


def test_anthropic_s_too() -> None:
    body = b'event: message_stop\ndata: {"type": "message_stop"}\n\n'
    asked: dict[str, Any] = {"model": "m", "messages": MESSAGES, "max_tokens": 1, "stream": True}
    with ReplayServer([body]) as server, anthropic.Anthropic(api_key="k", base_url=server.url) as client:
        for source in (client.messages.create(**asked), client.messages.with_raw_response.create(**asked)):
            assert ssewire.collect(source).done


def test_one_that_was_read_is_refused(server: ReplayServer) -> None:
    with openai.OpenAI(api_key="k", base_url=server.url) as client:
        stream = client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
        next(stream)
        with pytest.raises(ValueError, match="already read"):
            ssewire.collect(stream)
        stream.close()


# Readers of events


def test_an_event_source_is_its_response(server: ReplayServer) -> None:
    with httpx.Client() as client, httpx_sse.connect_sse(client, "GET", server.url) as source:
        read_all(source)
    with httpx2.Client() as client, client.sse(server.url) as source:
        read_all(source)


def test_an_asynchronous_event_source_is_its_response(server: ReplayServer) -> None:
    async def run() -> None:
        async with httpx.AsyncClient() as client, httpx_sse.aconnect_sse(client, "GET", server.url) as source:
            await aread_all(source)
        async with httpx2.AsyncClient() as client, client.sse(server.url) as source:
            await aread_all(source)

    asyncio.run(run())


def test_an_error_has_what_the_response_inside_says(server: ReplayServer) -> None:
    with openai.OpenAI(api_key="k", base_url=server.url) as client:
        stream = client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
        with pytest.raises(ssewire.EventTooLargeError) as caught:
            ssewire.collect(stream, max_event_size=10)
    assert (caught.value.status, caught.value.request_id) == (200, "req_1")


def test_what_only_has_such_a_name_is_read_as_what_it_is() -> None:
    class EventSource:
        response = "a text"

        def __iter__(self) -> Iterator[bytes]:
            yield BODY

    class Wrapped:
        def __init__(self, response: Any) -> None:
            self.response = response

        def __iter__(self) -> Iterator[bytes]:
            yield BODY

    read_all(EventSource())
    read_all(Wrapped(requests.Response()))


# What cannot be read


def refusals() -> Iterator[tuple[Any, str]]:
    yield Path("x.sse"), "is the name of a file: open it with mode 'rb'"
    yield io.StringIO("data: x"), "StringIO holds text: pass its bytes"
    for client in (httpx.Client, httpx.AsyncClient, httpx2.Client, httpx2.AsyncClient, requests.Session):
        yield client(), f"{client.__name__} is a client: pass the response of one of its requests"
    yield openai.OpenAI(api_key="k"), "OpenAI is a client"
    yield openai.AsyncOpenAI(api_key="k"), "OpenAI is a client"
    yield httpx.Request("GET", "http://localhost"), "Request is a request: send it"
    yield requests.Request("GET", "http://localhost").prepare(), "PreparedRequest is a request: send it"
    yield Stream(BODY), "Stream reads its source itself"
    yield AsyncStream(BODY), "AsyncStream reads its source itself"
    yield httpx.stream("GET", "http://localhost"), "is a context manager"


def test_what_cannot_be_read_is_named() -> None:
    for source, message in refusals():
        for way in (Stream, AsyncStream, ssewire.iter_sse, ssewire.aiter_sse):
            with pytest.raises(TypeError, match=message):
                way(source)


def test_a_session_of_aiohttp_is_named() -> None:
    async def run() -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(TypeError, match="ClientSession is a client"):
                AsyncStream(session)  # type: ignore[arg-type]
        yield

    asyncio.run(anext(run()))  # type: ignore[arg-type]
