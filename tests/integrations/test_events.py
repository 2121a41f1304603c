"""Events for who iterates over them: what the packages' own events give, beside an accelerated client's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from anthropic import Anthropic
from anthropic import Stream as AnthropicStream
from openai import AsyncOpenAI, AsyncStream, BaseModel, OpenAI, Stream
from ssewire.integrations import accelerate

from tests.integrations.test_openai import USUAL, amake, assistants, body, event, make
from tests.support.sdk_objects import aassert_equal, assert_equal, state

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class Own(Stream[Any]):
    """A user's stream, which reads its events by itself."""

    def __stream__(self) -> Iterator[Any]:
        for sse in self._iter_events():
            if not sse.data.startswith("[DONE]"):
                yield sse.event, sse.json() if sse.data else None


class AsyncOwn(AsyncStream[Any]):
    """Its twin."""

    async def __stream__(self) -> AsyncIterator[Any]:
        async for sse in self._iter_events():
            if not sse.data.startswith("[DONE]"):
                yield sse.event, sse.json() if sse.data else None


class Wrapped(Stream[Any]):
    """A user's stream, which changes what the package's loop reads."""

    def _iter_events(self) -> Iterator[Any]:
        for sse in super()._iter_events():
            assert type(sse.data) is str
            yield sse


NAMED = body(*USUAL[:2]) + b"event: ping\n\nevent: completion\ndata: [1]\n\nevent: ping\n\n"


def post(client: Any, stream_cls: Any, cast_to: Any = object) -> Any:
    return client.post("/chat/completions", cast_to=cast_to, body={}, stream=True, stream_cls=stream_cls)


def test_a_stream_of_ones_own_reads_what_it_always_did() -> None:
    [(events, error)] = assert_equal(make, accelerate, lambda client: post(client, Own), [NAMED])
    assert (len(events), error) == (5, None)
    assert state(("ping", None)) in events


def test_an_asynchronous_stream_of_ones_own_reads_what_it_always_did() -> None:
    asyncio.run(aassert_equal(amake, accelerate, lambda client: post(client, AsyncOwn), [NAMED]))


def test_a_stream_that_wraps_the_events_reads_what_it_always_did() -> None:
    assert_equal(make, accelerate, lambda client: post(client, Wrapped), [body(*USUAL)])


def read_aside(client: OpenAI) -> Iterator[Any]:
    for sse in post(client, Stream[object])._iter_events():  # noqa: SLF001 - as the package's own tests do
        yield sse.event, sse.data, sse.json() if sse.data.startswith("{") else None


def test_events_read_beside_the_loop_are_read() -> None:
    [(events, _)] = assert_equal(make, accelerate, read_aside, [NAMED])
    assert state(("ping", "", None)) in events


def test_events_of_anthropic_are_read() -> None:
    def connect(url: str) -> Anthropic:
        return Anthropic(api_key="-", base_url=url, max_retries=0)

    def ask(client: Anthropic) -> Iterator[Any]:
        for sse in post(client, AnthropicStream[object])._iter_events():  # noqa: SLF001 - as above
            yield sse.event, sse.data, sse.raw, sse.json() if sse.data else None

    assert_equal(connect, accelerate, ask, [event({"type": "ping", "a": 1}, "ping") + b"event: ping\n\n"])


class Reply(BaseModel):
    text: str
    tags: list[str] | None = None


TYPES: dict[str, Any] = {
    "dict": dict,
    "dict[str, object]": dict[str, object],
    "list[int]": list[int],
    "object": object,
    "str": str,
    "own": Reply,
    "union": Reply | dict[str, object],
}
PAYLOADS = body({"text": "a"}, {"text": "b", "tags": ["c"], "more": {"d": 1}}, {"other": 1.5}, [1], {"text": None})


@pytest.mark.parametrize("cls", TYPES.values(), ids=TYPES)
def test_streams_of_any_type_give_what_they_always_did(cls: Any) -> None:
    def ask(client: OpenAI) -> Any:
        return post(client, Stream[cls], cls)

    assert_equal(make, accelerate, ask, [PAYLOADS])


@pytest.mark.parametrize("cls", TYPES.values(), ids=TYPES)
def test_asynchronous_streams_of_any_type_give_what_they_always_did(cls: Any) -> None:
    async def ask(client: AsyncOpenAI) -> Any:
        return await post(client, AsyncStream[cls], cls)

    asyncio.run(aassert_equal(amake, accelerate, ask, [PAYLOADS]))


ASSISTANT = b"".join(
    [
        event({"id": "run", "object": "thread.run", "status": "queued"}, "thread.run.created"),
        event({"id": "m", "object": "thread.message.delta", "delta": {"content": []}}, "thread.message.delta"),
        event({"id": "m", "object": "thread.message.delta", "delta": {"content": [{"index": 0, "type": "text",
              "text": {"value": "Hi", "annotations": []}}]}}, "thread.message.delta"),
        event({"id": "run", "status": "completed"}, "thread.run.completed"),
        event("[DONE]", "done"),
    ]
)  # fmt: skip


def test_assistants_give_what_they_always_did() -> None:
    [(events, error)] = assert_equal(make, accelerate, assistants, [ASSISTANT])
    assert (len(events), error) == (4, None)
