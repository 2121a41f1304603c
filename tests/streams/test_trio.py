"""The asynchronous readers under trio, and under anyio on both of its event loops: read, left, cancelled and closed."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest
import trio
import trio.testing
from ssewire import (
    Accumulator,
    AsyncStream,
    IncompleteStreamError,
    ProviderError,
    ResponseError,
    TextDelta,
    acollect,
    aiter_sse,
    atee,
)
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chat_cases import DONE, text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Body = Callable[["Loop", Any], Awaitable[None]]

# Closed or not, httpx drops the generators inside its own, of which trio complains; of ours it must not.
pytestmark = [
    pytest.mark.filterwarnings(r"ignore:Async generator 'http(x|core)2?\.:ResourceWarning"),
    pytest.mark.usefixtures("no_descriptor_is_left"),
]

EVENTS = [text("a"), text("b", "stop"), DONE]
BODY = b"".join(EVENTS)


@dataclass(frozen=True)
class Loop:
    """An event loop, and the words of the library that is written against."""

    run: Any
    scope: Any
    group: Any
    blocked: Any
    now: Any


LOOPS = {
    "trio": Loop(trio.run, trio.CancelScope, trio.open_nursery, trio.testing.wait_all_tasks_blocked, trio.current_time),
    **{
        f"anyio on {backend}": Loop(
            partial(anyio.run, backend=backend),
            anyio.CancelScope,
            anyio.create_task_group,
            anyio.wait_all_tasks_blocked,
            anyio.current_time,
        )
        for backend in ("trio", "asyncio")
    },
}
# aiohttp knows asyncio alone.
PAIRS = [(loop, client) for loop in LOOPS for client in ("httpx", "httpx2")] + [("anyio on asyncio", "aiohttp")]
everywhere = pytest.mark.parametrize(("loop", "client"), PAIRS)
holding_server = partial(loopback.holding_server, BODY)


def run_with(server: ReplayServer, loop: str, client: str, body: Body, *, gone: bool = True) -> None:
    """Run `body` with a response of that client, which is held until the server has seen it go."""

    async def run() -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            response = await get(server.url)
            await body(LOOPS[loop], response)
            if gone:
                assert await anyio.to_thread.run_sync(server.wait_disconnect, loopback.TIMEOUT)
            await response_closed(response)

    LOOPS[loop].run(run)


async def check_closed(stream: AsyncStream) -> None:
    """It has ended quietly, and says that it is not complete."""
    assert [one async for one in stream] == []
    with pytest.raises(IncompleteStreamError) as caught:
        await stream.until_done()
    assert caught.value.snapshot is not None
    assert caught.value.snapshot.text == stream.snapshot.text == "a"


# Whole streams


async def read_deltas(response: Any) -> str:
    return "".join([one.text async for one in AsyncStream(response) if isinstance(one, TextDelta)])


async def read_texts(response: Any) -> str:
    async with AsyncStream(response) as stream:
        return "".join([piece async for piece in stream.text_stream])


async def read_to_the_end(response: Any) -> str:
    return (await AsyncStream(response).until_done()).text


async def read_on_from_a_delta(response: Any) -> str:
    stream = AsyncStream(response)
    assert await anext(aiter(stream)) == TextDelta("a")
    return (await stream.until_done()).text


async def read_on_from_a_text(response: Any) -> str:
    stream = AsyncStream(response)
    assert await anext(stream.text_stream) == "a"
    return (await stream.until_done()).text


async def read_with_acollect(response: Any) -> str:
    return (await acollect(response)).text


async def read_events(response: Any) -> str:
    accumulator = Accumulator()
    async for event in aiter_sse(response):
        accumulator.feed_event(event)
    return accumulator.close().text


async def read_through_atee(response: Any) -> str:
    accumulator = Accumulator()
    assert b"".join([piece async for piece in atee(response, accumulator)]) == BODY
    return accumulator.close().text


READS = [
    read_deltas,
    read_texts,
    read_to_the_end,
    read_on_from_a_delta,
    read_on_from_a_text,
    read_with_acollect,
    read_events,
    read_through_atee,
]


@everywhere
@pytest.mark.parametrize("read", READS)
def test_whole_streams_share_one_connection(loop: str, client: str, read: Callable[[Any], Awaitable[str]]) -> None:
    async def run() -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            for _ in range(3):
                assert await read(await get(server.url)) == "ab"

    with ReplayServer([BODY]) as server:
        LOOPS[loop].run(run)
        assert server.connections == 1


@everywhere
def test_a_body_that_stays_open_after_its_end_is_given_up(loop: str, client: str) -> None:
    async def read(_: Loop, response: Any) -> None:
        assert await read_to_the_end(response) == "ab"

    with ReplayServer([BODY], linger=True) as server:
        run_with(server, loop, client, read)


# Leaving


async def leave_with_break(response: Any) -> None:
    async with AsyncStream(response) as stream:
        async for one in stream:
            assert one == TextDelta("a")
            break
    await check_closed(stream)


async def leave_the_texts(response: Any) -> None:
    async with AsyncStream(response) as stream:
        async for piece in stream.text_stream:
            assert piece == "a"
            break
    await check_closed(stream)


async def leave_with_an_exception(response: Any) -> None:
    with pytest.raises(KeyError):
        async with AsyncStream(response) as stream:
            raise KeyError(await anext(stream))
    await check_closed(stream)


async def leave_events(response: Any) -> None:
    async with aclosing(aiter_sse(response)) as events:
        async for event in events:
            assert event.encode() == EVENTS[0]
            break
    await response_closed(response)


async def leave_atee(response: Any) -> None:
    async with aclosing(atee(response, Accumulator())) as pieces:
        assert await anext(pieces) == EVENTS[0]
    await response_closed(response)


async def response_closed(response: Any) -> None:
    """Close it, as the `async with` of its client does."""
    await response.aclose() if hasattr(response, "aclose") else response.close()


LEAVES = [leave_with_break, leave_the_texts, leave_with_an_exception, leave_events, leave_atee]


@everywhere
@pytest.mark.parametrize("leave", LEAVES)
def test_leaving_lets_the_server_know_at_once(loop: str, client: str, leave: Any) -> None:
    async def body(_: Loop, response: Any) -> None:
        await leave(response)

    with holding_server() as server:
        run_with(server, loop, client, body)


@everywhere
def test_texts_that_were_left_or_closed_go_on_where_they_stopped(loop: str, client: str) -> None:
    async def body(_: Loop, response: Any) -> None:
        async with AsyncStream(response) as stream:
            async for piece in stream.text_stream:
                assert piece == "a"
                break
            async with aclosing(stream.text_stream) as texts:
                assert await anext(texts) == "b"
            assert await anext(texts, None) is None
            assert [piece async for piece in stream.text_stream] == ["c"]
        assert (await stream.until_done()).text == "abc"

    with ReplayServer([text("a") + text("b") + text("c", "stop") + DONE]) as server:
        run_with(server, loop, client, body, gone=False)


# Cancelling

CANCELLED: dict[str, Callable[[Any], Awaitable[object]]] = {
    "deltas": read_deltas,
    "texts": read_texts,
    "until_done": read_to_the_end,
    "acollect": read_with_acollect,
}


@everywhere
@pytest.mark.parametrize("sent", [0, 1])
@pytest.mark.parametrize("read", CANCELLED.values(), ids=CANCELLED)
def test_a_scope_that_is_cancelled_releases_the_connection(
    loop: str, client: str, read: Callable[[Any], Awaitable[object]], sent: int
) -> None:
    async def body(own: Loop, response: Any) -> None:
        async def reading() -> None:
            with scope:
                await read(response)

        scope = own.scope()
        async with own.group() as group:
            group.start_soon(reading)
            await own.blocked()
            scope.cancel()
        assert scope.cancelled_caught

    with holding_server(sent=sent) as server:
        run_with(server, loop, client, body)


@everywhere
def test_a_deadline_in_the_middle_ends_the_block(loop: str, client: str) -> None:
    async def body(own: Loop, response: Any) -> None:
        with own.scope() as scope:
            async with AsyncStream(response) as stream:
                async for one in stream:
                    assert one == TextDelta("a")
                    scope.deadline = own.now()
        assert scope.cancelled_caught
        await check_closed(stream)

    with holding_server() as server:
        run_with(server, loop, client, body)


@everywhere
@pytest.mark.parametrize("read", [read_events, read_through_atee])
def test_framing_and_atee_leave_a_cancelled_source_to_its_owner(
    loop: str, client: str, read: Callable[[Any], Awaitable[object]]
) -> None:
    async def body(own: Loop, response: Any) -> None:
        async def reading() -> None:
            with scope:
                try:
                    await read(response)
                finally:
                    await response_closed(response)

        scope = own.scope()
        async with own.group() as group:
            group.start_soon(reading)
            await own.blocked()
            scope.cancel()
        assert scope.cancelled_caught

    with holding_server() as server:
        run_with(server, loop, client, body)


@everywhere
def test_a_scope_that_is_cancelled_while_the_rest_is_drained_loses_nothing(loop: str, client: str) -> None:
    async def body(own: Loop, response: Any) -> None:
        stream, scope = AsyncStream(response), own.scope()

        async def reading() -> None:
            with scope:
                await stream.until_done()

        async with own.group() as group:
            group.start_soon(reading)
            while not stream.snapshot.done:
                await own.blocked()
            scope.cancel()
        assert (await stream.until_done()).text == "ab"

    with ReplayServer([BODY], linger=True) as server:
        run_with(server, loop, client, body)


# Closing by another task


@everywhere
@pytest.mark.parametrize("framing", ["chunked", "close", "length"])
def test_another_task_closes_what_a_task_waits_for(loop: str, client: str, framing: Any) -> None:
    async def body(own: Loop, response: Any) -> None:
        stream, seen = AsyncStream(response), list[object]()
        assert await anext(stream) == TextDelta("a")

        async def reading() -> None:
            seen.extend([one async for one in stream])

        async with own.group() as group:
            group.start_soon(reading)
            await own.blocked()
            await stream.aclose()
            await stream.aclose()
        assert seen == []
        await check_closed(stream)

    with holding_server(framing=framing) as server:
        run_with(server, loop, client, body)


@everywhere
def test_a_second_reader_is_refused_and_ends_nothing(loop: str, client: str) -> None:
    async def body(own: Loop, response: Any) -> None:
        stream, seen = AsyncStream(response), list[object]()

        async def reading() -> None:
            seen.extend([piece async for piece in stream.text_stream])

        async with own.group() as group:
            group.start_soon(reading)
            await own.blocked()
            for use in (anext(stream), stream.until_done(), anext(aiter(stream.text_stream))):
                with pytest.raises(RuntimeError, match="already being read, by another task"):
                    await use
            await stream.aclose()
        assert seen in (["a"], [])

    with holding_server() as server:
        run_with(server, loop, client, body)


# Errors


@everywhere
def test_what_is_wrong_is_raised_and_the_connection_released(loop: str, client: str) -> None:
    async def body(_: Loop, response: Any) -> None:
        with pytest.raises(ProviderError, match=r"^m$") as caught:
            await acollect(response)
        assert caught.value.snapshot is not None
        assert caught.value.snapshot.text == "a"

    with ReplayServer([text("a") + b'data: {"error": {"message": "m"}}\n\n'], linger=True) as server:
        run_with(server, loop, client, body)


@everywhere
def test_a_connection_that_breaks_is_an_incomplete_stream(loop: str, client: str) -> None:
    async def body(_: Loop, response: Any) -> None:
        with pytest.raises(IncompleteStreamError, match="the source failed") as caught:
            await read_deltas(response)
        assert type(caught.value.__cause__).__module__.partition(".")[0] == client
        assert caught.value.snapshot is not None
        assert caught.value.snapshot.text == "a"

    with ReplayServer([BODY], drop_after=1) as server:
        run_with(server, loop, client, body, gone=False)


@everywhere
@pytest.mark.parametrize("read", [read_events, read_through_atee])
def test_the_transport_s_exceptions_come_through_framing_and_atee(
    loop: str, client: str, read: Callable[[Any], Awaitable[object]]
) -> None:
    async def body(_: Loop, response: Any) -> None:
        with pytest.raises(Exception, check=lambda error: type(error).__module__.startswith(client)):  # noqa: B017
            await read(response)

    with ReplayServer([BODY], drop_after=1) as server:
        run_with(server, loop, client, body, gone=False)


@everywhere
def test_refused_requests_and_other_documents(loop: str, client: str) -> None:
    async def refused(_: Loop, response: Any) -> None:
        with pytest.raises(ProviderError, match=r"^slow down \(HTTP 429\)$") as caught:
            await read_events(response)
        assert caught.value.status == 429

    async def page(_: Loop, response: Any) -> None:
        with pytest.raises(ResponseError, match="text/html"):
            await acollect(response)

    failure = (429, b'{"error": {"message": "slow down"}}')
    with ReplayServer([BODY], fail=failure) as server:
        run_with(server, loop, client, refused, gone=False)
    with ReplayServer([b"<html></html>"], content_type="text/html") as server:
        run_with(server, loop, client, page, gone=False)
