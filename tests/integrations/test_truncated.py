"""`truncated="raise"`: a stream that ends before its terminal raises, after all that came."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from anthropic import Anthropic
from openai import APIError, OpenAI, Stream
from ssewire import IncompleteStreamError, ProviderError, integrations
from ssewire.integrations import accelerate, anthropic, openai
from ssewire.replay import ReplayServer

from tests.integrations.test_openai import USUAL, amake, chat, chunk, completions, event, make, responses
from tests.support.sdk_objects import aoutcome, outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNFINISHED = b"".join(map(event, USUAL[:5]))
FINISHED = b"".join(map(event, [*USUAL[:5], chunk({}, {"finish_reason": "stop"})]))
DELTA = event({"type": "response.output_text.delta", "delta": "Hi", "item_id": "i", "output_index": 0})
INCOMPLETE = event({"type": "response.incomplete", "response": {"id": "r", "output": []}})
IMAGES = event({"type": "image_generation.partial_image"}) + event({"type": "image_generation.completed"})


def images(client: OpenAI) -> Any:
    return client.post("/images", cast_to=object, body={}, stream=True, stream_cls=Stream[object])


@pytest.mark.parametrize(
    ("ask", "body", "message"),
    [
        (chat, UNFINISHED, "ended before its terminal, after event 5"),
        (chat, UNFINISHED + b'data: {"choices": [{"ind', "ended before its terminal"),
        (chat, UNFINISHED + b"data: [DON", "ended before its terminal"),
        (chat, b"", "ended before its first event"),
        (chat, b"<html>Down for maintenance</html>", "got an HTML page"),
        (completions, event({"object": "text_completion", "choices": [{"text": "a", "index": 0}]}), "terminal"),
        (responses, DELTA, "ended before its terminal, after event 1"),
    ],
)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_truncated_stream_raises(kind: str, ask: Callable[[Any], Any], body: bytes, message: str) -> None:
    with ReplayServer([body]) as server:
        with make(server.url) as plain:
            events, error = outcome(lambda: ask(plain))
        given, fault = read(server.url, ask) if kind == "sync" else asyncio.run(aread(server.url, ask))
    assert (given, error) == (events, None)
    assert fault[0] is IncompleteStreamError
    assert message in fault[1]


@pytest.mark.parametrize(
    ("ask", "body"),
    [
        (chat, UNFINISHED + b"data: [DONE]\n\n"),
        (chat, UNFINISHED + b"data: [DONE]"),
        (chat, FINISHED),
        (responses, DELTA + INCOMPLETE),
    ],
)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_whole_stream_does_not(kind: str, ask: Callable[[Any], Any], body: bytes) -> None:
    with ReplayServer([body]) as server:
        given, fault = read(server.url, ask) if kind == "sync" else asyncio.run(aread(server.url, ask))
    assert given
    assert fault is None


def test_a_stream_of_an_unknown_api_does_not() -> None:
    with ReplayServer([IMAGES]) as server:
        given, fault = read(server.url, images)
    assert (len(given), fault) == (2, None)


def read(url: str, ask: Callable[[Any], Any]) -> tuple[list[Any], Any]:
    with openai.accelerate(make(url), truncated="raise") as client:
        return outcome(lambda: ask(client))


async def aread(url: str, ask: Callable[[Any], Any]) -> tuple[list[Any], Any]:
    async with openai.accelerate(amake(url), truncated="raise") as client:
        return await aoutcome(lambda: ask(client))


def test_an_error_that_the_sdk_overlooks_raises() -> None:
    body = json.dumps({"error": {"message": "overloaded"}}).encode()
    with ReplayServer([body]) as server:
        assert read(server.url, chat)[1][:2] == (ProviderError, "overloaded")


def test_an_error_that_the_sdk_sees_is_the_sdks() -> None:
    with ReplayServer([event({"error": {"message": "overloaded"}})]) as server:
        assert read(server.url, chat)[1][:2] == (APIError, "overloaded")


def test_a_truncated_message_of_anthropic_raises() -> None:
    start = {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "content": []}}
    bodies = [
        event(start, "message_start"),
        event(start, "message_start") + event({"type": "message_stop"}, "message_stop"),
    ]

    def ask(client: Anthropic) -> Any:
        return client.messages.create(model="m", max_tokens=9, messages=[], stream=True)

    with ReplayServer(bodies) as server:
        client = anthropic.accelerate(Anthropic(api_key="-", base_url=server.url, max_retries=0), truncated="raise")
        with client:
            assert outcome(lambda: ask(client))[1][0] is IncompleteStreamError
            assert outcome(lambda: ask(client))[1] is None


def test_a_stream_that_is_left_early_does_not_raise() -> None:
    with ReplayServer([UNFINISHED]) as server, accelerate(make(server.url), truncated="raise") as client:
        with chat(client) as stream:
            assert next(stream)
        assert client.chat.completions.create(model="m", messages=[], stream=True).response.status_code == 200


def test_copies_raise_too() -> None:
    with ReplayServer([UNFINISHED]) as server, accelerate(make(server.url), truncated="raise") as client:
        with pytest.raises(IncompleteStreamError) as raised:
            list(chat(client.with_options(timeout=3)))
        assert raised.value.snapshot.text == 'Grüße 🙂 \u2028an erroran "error"'


@pytest.fixture
def installed() -> Iterator[None]:
    integrations.install("openai", truncated="raise")
    yield
    integrations.uninstall()


@pytest.mark.usefixtures("installed")
def test_all_clients_raise() -> None:
    with ReplayServer([UNFINISHED]) as server, make(server.url) as client:
        assert outcome(lambda: chat(client))[1][0] is IncompleteStreamError
        integrations.uninstall("openai")
        assert outcome(lambda: chat(client))[1] is None


@pytest.mark.usefixtures("installed")
def test_the_option_does_not_change_unnoticed() -> None:
    with pytest.raises(ValueError, match="truncated='ignore', after truncated='raise'"):
        integrations.install("openai")
    with accelerate(make("http://127.0.0.1:1/v1")) as client:
        with pytest.raises(ValueError, match="truncated='raise', after truncated='ignore'"):
            accelerate(client, truncated="raise")
        with pytest.raises(ValueError, match='truncated: expected "ignore" or "raise", got True'):
            accelerate(client, truncated=True)  # type: ignore[arg-type]
