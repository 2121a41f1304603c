"""An AsyncStream can be left, cancelled and closed by another task: the connection is let go, and nothing warns."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import os
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING, Any

import pytest
import ssewire
from ssewire import AsyncStream, IncompleteStreamError, StreamError, TextDelta
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chat_cases import DONE, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Body = Callable[[object], Awaitable[None]]

EVENTS = [text("a"), text("b", "stop"), DONE]
BODY = b"".join(EVENTS)

each_client = pytest.mark.parametrize("client", loopback.ASYNC_CLIENTS)
holding_server = functools.partial(loopback.holding_server, BODY)

plain_and_tls = pytest.mark.parametrize("tls", ["plain", "tls"], indirect=True)


def run_with(server: ReplayServer, client: str, body: Body, tls: loopback.Tls | None = None) -> None:
    """Run `body` with a response of that client, which is held until the server has seen it go."""

    async def run() -> None:
        async with loopback.ASYNC_CLIENTS[client](tls) as get:
            response = await get(server.url)
            await body(response)
            assert await asyncio.to_thread(server.wait_disconnect, loopback.TIMEOUT)
            assert response is not None

    asyncio.run(run())


async def check_closed(stream: AsyncStream) -> None:
    """It has ended quietly, and says that it is not complete."""
    assert await anext(stream, None) is None
    assert [one async for one in stream] == []
    assert [piece async for piece in stream.text_stream] == []
    for _ in range(2):
        with pytest.raises(IncompleteStreamError) as caught:
            await stream.until_done()
        assert caught.value.snapshot is not None
        assert caught.value.snapshot.text == stream.snapshot.text


async def blocked(coroutine: Any) -> asyncio.Future[Any]:
    """Start it, and let it come to where it waits."""
    task: asyncio.Future[Any] = asyncio.ensure_future(coroutine)
    await asyncio.sleep(0)  # a task begins with the loop's next turn
    assert not task.done()
    return task


async def folded(stream: AsyncStream) -> None:
    """Wait until the sentinel was read; no delta tells of it."""
    while not stream.snapshot.done:  # noqa: ASYNC110 - see above
        await asyncio.sleep(0)


async def deltas_of(stream: AsyncStream) -> list[ssewire.Delta]:
    return [one async for one in stream]


# Leaving it


async def leave_with_break(response: Any) -> None:
    async with AsyncStream(response) as stream:
        async for one in stream:
            assert one == TextDelta("a")
            break
    await check_closed(stream)


async def leave_with_an_exception(response: Any) -> None:
    with pytest.raises(KeyError):
        async with AsyncStream(response) as stream:
            raise KeyError(await anext(stream))
    await check_closed(stream)


async def leave_a_temporary(response: Any) -> None:
    async for one in AsyncStream(response):
        assert one == TextDelta("a")
        break
    gc.collect()


async def leave_the_text_of_a_temporary(response: Any) -> None:
    async for piece in AsyncStream(response).text_stream:
        assert piece == "a"
        break
    gc.collect()


async def drop_the_last_reference(response: Any) -> None:
    stream = AsyncStream(response)
    assert await anext(stream) == TextDelta("a")
    del stream
    gc.collect()


async def drop_it_unread(response: Any) -> None:
    AsyncStream(response)
    gc.collect()


async def close_before_the_first_next(response: Any) -> None:
    stream = AsyncStream(response)
    await stream.aclose()
    await check_closed(stream)


async def close_twice(response: Any) -> None:
    stream = AsyncStream(response)
    texts = stream.text_stream
    assert await anext(texts) == "a"
    await stream.aclose()
    await stream.aclose()
    assert await anext(texts, None) is None
    await check_closed(stream)
    assert stream.snapshot.text == "a"


LEAVES = [leave_with_break, leave_with_an_exception, leave_a_temporary, leave_the_text_of_a_temporary]
LEAVES += [drop_the_last_reference, drop_it_unread, close_before_the_first_next, close_twice]


@pytest.mark.usefixtures("new_objects_alone_are_collected")
@each_client
@plain_and_tls
@pytest.mark.parametrize("leave", LEAVES)
def test_leaving_lets_the_server_know_at_once(client: str, tls: loopback.Tls | None, leave: Body) -> None:
    with holding_server(tls) as server:
        run_with(server, client, leave, tls)


@each_client
def test_closing_after_the_end_changes_nothing(client: str) -> None:
    async def run(server: ReplayServer) -> None:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            for _ in range(2):
                async with AsyncStream(await get(server.url)) as stream:
                    whole = await stream.until_done()
                await stream.aclose()
                assert (await stream.until_done()).text == whole.text == "ab"
                assert await deltas_of(stream) == []
            assert server.connections == 1

    with ReplayServer([BODY]) as server:
        asyncio.run(run(server))


def test_a_stream_that_failed_is_not_kept_by_its_own_error() -> None:
    async def fail() -> weakref.ref[AsyncStream]:
        stream = AsyncStream(EVENTS[0])
        with contextlib.suppress(StreamError):
            await deltas_of(stream)
        return weakref.ref(stream)

    weak = asyncio.run(fail())
    gc.collect()  # the error's traceback holds the frames that hold the stream
    assert weak() is None


# Cancelling and closing by another task


@each_client
@plain_and_tls
@pytest.mark.parametrize("sent", [0, 1])
def test_cancelling_the_task_that_waits(client: str, tls: loopback.Tls | None, sent: int) -> None:
    async def cancel(response: Any) -> None:
        stream = AsyncStream(response)
        assert [await anext(stream) for _ in range(sent)] == [TextDelta("a")] * sent
        task = await blocked(stream.until_done())
        assert stream.snapshot.text == "a" * sent
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await check_closed(stream)
        await stream.aclose()

    with holding_server(tls, sent=sent) as server:
        run_with(server, client, cancel, tls)


@each_client
def test_cancelling_a_with_block(client: str) -> None:
    async def cancel(response: Any) -> None:
        stream = AsyncStream(response)
        first = asyncio.Event()

        async def read() -> None:
            async with stream:
                async for _ in stream:
                    first.set()

        task = await blocked(read())
        await asyncio.wait_for(first.wait(), loopback.TIMEOUT)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await check_closed(stream)

    with holding_server() as server:
        run_with(server, client, cancel)


@each_client
def test_cancelling_while_the_body_is_read_to_its_end(client: str) -> None:
    async def cancel(response: Any) -> None:
        stream = AsyncStream(response)
        task = await blocked(stream.until_done())
        await folded(stream)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):  # on a slow machine the bound was met before
            await task
        assert (await stream.until_done()).text == "ab"

    with ReplayServer([BODY], linger=True) as server:
        run_with(server, client, cancel)


@each_client
@plain_and_tls
@pytest.mark.parametrize("framing", ["chunked", "close", "length"])
def test_another_task_closes_what_a_task_waits_for(client: str, framing: Any, tls: loopback.Tls | None) -> None:
    async def close(response: Any) -> None:
        stream = AsyncStream(response)
        assert await anext(stream) == TextDelta("a")
        task = await blocked(deltas_of(stream))
        await stream.aclose()
        await stream.aclose()
        assert await asyncio.wait_for(task, loopback.TIMEOUT) == []
        await check_closed(stream)

    with holding_server(tls, framing) as server:
        run_with(server, client, close, tls)


@each_client
def test_another_task_closes_what_a_task_reads_to_its_end(client: str) -> None:
    async def close(response: Any) -> None:
        stream = AsyncStream(response)
        task = await blocked(deltas_of(stream))
        await folded(stream)
        await stream.aclose()
        assert await asyncio.wait_for(task, loopback.TIMEOUT) == ssewire.Accumulator().feed(BODY)
        assert (await stream.until_done()).text == "ab"

    with ReplayServer([BODY], linger=True) as server:
        run_with(server, client, close)


def test_a_closed_stream_gives_nothing_of_what_still_comes() -> None:
    async def run() -> None:
        go_on = asyncio.Event()

        async def generate() -> AsyncIterator[bytes]:
            yield EVENTS[0]
            await go_on.wait()
            yield EVENTS[1]

        stream = AsyncStream(generate())
        assert await anext(stream) == TextDelta("a")
        task = await blocked(deltas_of(stream))
        await stream.aclose()  # no socket is there to be shut down: the task waits until its source goes on
        go_on.set()
        assert await asyncio.wait_for(task, loopback.TIMEOUT) == []
        await check_closed(stream)

    asyncio.run(run())


# What may happen in a loop


def test_every_way_to_iterate_shares_one_place() -> None:
    async def run() -> None:
        async def generate() -> AsyncIterator[bytes]:
            for piece in "abcdefgh":
                yield text(piece)
            yield text("", "stop") + DONE

        stream = AsyncStream(generate())
        assert aiter(stream) is aiter(stream)
        assert await anext(stream) == TextDelta("a")
        assert await anext(stream.text_stream) == "b"
        async for one in stream:
            assert one == TextDelta("c")
            break
        texts = stream.text_stream
        assert [await anext(texts), await anext(stream), await anext(texts)] == ["d", TextDelta("e"), "f"]
        assert stream.snapshot.text == "abcdef"
        assert [piece async for piece in stream.text_stream] == ["g", "h"]
        assert (await stream.until_done()).text == "abcdefgh"

    asyncio.run(run())


def test_the_source_s_interrupt_comes_out_and_releases_it() -> None:
    closed: list[bool] = []

    async def generate() -> AsyncIterator[bytes]:
        try:
            yield EVENTS[0]
            raise KeyboardInterrupt
        finally:
            closed.append(True)

    async def run() -> None:
        stream = AsyncStream(generate())
        assert await anext(stream) == TextDelta("a")
        with pytest.raises(KeyboardInterrupt):
            await anext(stream)
        assert closed == [True]
        await check_closed(stream)

    asyncio.run(run())


# The end of the interpreter

HTTPX = "httpx.AsyncClient() as c:\n        get = lambda url: c.send(c.build_request('GET', url), stream=True)"
GETS = {
    "httpx": f"import httpx\n{{}}{HTTPX}",
    "httpx2": f"import httpx2 as httpx\n{{}}{HTTPX}",
    "aiohttp": "import aiohttp\n{}aiohttp.ClientSession() as c:\n        get = c.get",
}
# A stream that outlives the loop is not tried: of httpx2's own iterators asyncio complains then, with or without ours.
LEAVE = """
        asyncio.get_running_loop().slow_callback_duration = 60  # of slow machines the loop would speak too
        async for one in ssewire.AsyncStream(await get(url)):
            break
        stream = ssewire.AsyncStream(await get(url))
        print(await anext(stream))
        ssewire.AsyncStream(await get(url))
asyncio.run(main())
"""


@each_client
def test_streams_that_are_left_open_are_not_heard_of(client: str) -> None:
    main = "import asyncio, sys, ssewire\nurl = sys.argv[1]\nasync def main():\n    async with "
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", GETS[client].format(main) + LEAVE]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with holding_server() as server:
        done = subprocess.run(  # noqa: S603 - our own program
            [*command, server.url], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "TextDelta(text='a', choice=0)\n"
        assert server.wait_disconnect(loopback.TIMEOUT, 3)
