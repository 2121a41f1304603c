"""`retrying` and `aretrying`: asked again before the first delta, and never told twice."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import aiohttp
import anyio
import anyio.to_thread
import pytest
from ssewire import (
    IncompleteStreamError,
    ProviderError,
    ResponseError,
    TextDelta,
    UsageDelta,
    aretrying,
    retrying,
)

from tests.support.chat_cases import DONE, text
from tests.support.cuts import cut_at
from tests.support.retrying import (
    ANSWER,
    ROLE,
    async_client,
    everywhere,
    new_session,
    playing,
    read,
    refuses,
    send_aiohttp,
    send_httpx,
    sends,
)
from tests.support.sse_server import WAIT, Connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.retrying import Part

# Closed or not, httpx drops the generators inside its own, of which trio complains; of ours it must not.
pytestmark = [
    pytest.mark.filterwarnings(r"ignore:Async generator 'http(x|core)2?\.:ResourceWarning"),
    pytest.mark.usefixtures("no_descriptor_is_left"),
]

# Before the first delta

START = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant",'
    b'"content":[],"model":"x","usage":{"input_tokens":3,"output_tokens":1}}}\n\nevent: ping\ndata: {"type":"ping"}\n\n'
)


def overloaded(kind: str) -> bytes:
    error = json.dumps({"type": "error", "error": {"type": kind, "message": "Try later"}}).encode()
    return b"event: error\ndata: " + error + b"\n\n"


@everywhere
@pytest.mark.parametrize(
    "first",
    [
        *(sends(b"", "end"), sends(b"", "cut"), sends(b": ping\n\n", "reset"), sends(ROLE, "cut"), sends(ROLE, "end")),
        sends(ROLE + text("Half")[:-2], "cut"),
    ],
    ids=["empty", "cut", "reset", "role", "role and end", "half a delta"],
)
def test_a_stream_that_failed_before_its_first_delta_is_asked_for_again(reader: str, first: Part) -> None:
    told = read(reader, first, sends(ANSWER))
    assert (told.raised, told.pieces, told.text) == (None, ["Hel", "lo"], "Hello")
    assert len(told.errors) == 1


@everywhere
def test_a_server_that_hangs_up(reader: str) -> None:
    """aiohttp asks again by itself."""
    assert read(reader, lambda connection: connection.close(), sends(ANSWER)).text == "Hello"


@everywhere
@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
def test_a_status_that_may_pass(reader: str, status: int) -> None:
    told = read(reader, refuses(status, b'{"error":{"message":"later"}}'), sends(ANSWER))
    assert (told.raised, told.text) == (None, "Hello")
    assert [getattr(error, "status", None) for error in told.errors] == [status]


@everywhere
@pytest.mark.parametrize("kind", ["overloaded_error", "api_error", "rate_limit_error"])
def test_an_error_inside_the_stream_that_may_pass(reader: str, kind: str) -> None:
    told = read(reader, sends(START + overloaded(kind)), sends(ANSWER))
    assert (told.raised, told.text) == (None, "Hello")
    assert not any(isinstance(delta, UsageDelta) for delta in told.deltas)  # the failed one's was held back


@everywhere
def test_a_status_inside_the_stream(reader: str) -> None:
    later = b'data: {"error":{"message":"later","code":529}}\n\n'
    assert read(reader, sends(later), sends(ANSWER)).text == "Hello"
    told = read(reader, sends(later.replace(b"529", b"400")))
    assert isinstance(told.raised, ProviderError)


@everywhere
@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (refuses(401, b'{"error":{"message":"no key"}}'), ProviderError),
        (refuses(429, b'{"error":{"message":"no money","code":"insufficient_quota"}}'), ProviderError),
        (refuses(400), ResponseError),
        (refuses(503, b"{}", x_should_retry="false"), ResponseError),
        (sends(START + overloaded("invalid_request_error")), ProviderError),
    ],
    ids=["401", "no money", "400", "told not to", "invalid request"],
)
def test_what_does_not_pass_is_raised_at_once(reader: str, first: Part, kind: type) -> None:
    told = read(reader, first)
    assert isinstance(told.raised, kind)


@everywhere
def test_a_server_may_say_that_another_status_passes(reader: str) -> None:
    assert read(reader, refuses(400, b"{}", x_should_retry="true"), sends(ANSWER)).text == "Hello"


@everywhere
def test_attempts_are_counted(reader: str) -> None:
    told = read(reader, refuses(500), sends(ROLE, "cut"), refuses(503, b'{"error":{"message":"down"}}'))
    assert isinstance(told.raised, ProviderError)
    assert told.raised.status == 503
    told = read(reader, sends(ROLE, "cut"), attempts=1)
    assert isinstance(told.raised, IncompleteStreamError)
    assert told.raised.__cause__ is not None
    assert told.pieces == []
    told = read(reader, sends(START + overloaded("overloaded_error")), attempts=1)
    assert isinstance(told.raised, ProviderError)
    assert told.raised.snapshot is not None
    assert [type(delta) for delta in told.deltas][-1] is UsageDelta  # what was held is given after all


@everywhere
def test_an_answer_without_a_delta_is_complete(reader: str) -> None:
    told = read(reader, sends(ROLE + text("", "stop") + DONE))
    assert (told.raised, told.text) == (None, "")


# After it


@everywhere
@pytest.mark.parametrize("how", ["cut", "end"])
def test_after_the_first_delta_it_is_raised_with_the_snapshot(reader: str, how: str) -> None:
    told = read(reader, sends(text("Hel"), how))
    assert isinstance(told.raised, IncompleteStreamError)
    assert told.raised.snapshot.text == "Hel"
    assert told.pieces == ["Hel"]


@everywhere
def test_an_error_after_the_first_delta_is_not_retried(reader: str) -> None:
    told = read(reader, sends(text("Hel") + b'data: {"error":{"message":"x","type":"server_error"}}\n\n'))
    assert isinstance(told.raised, ProviderError)
    assert told.errors == []


@everywhere
def test_deltas_come_as_they_arrive(reader: str) -> None:
    """The first one is out before the server sends more."""
    seen = threading.Event()

    def slow(connection: Connection) -> None:
        connection.answer().send(ROLE + text("Hel"))
        assert seen.wait(WAIT)
        connection.send(text("lo", "stop") + DONE).end()

    def notice(delta: Any) -> None:
        if isinstance(delta, TextDelta):
            seen.set()

    assert read(reader, slow, heard=notice).text == "Hello"


# Closing, and what is refused


def waits_at(where: str, waits: threading.Event) -> Part:
    """Play what has the reader wait, and tell when it does."""

    def part(connection: Connection) -> None:
        if where == "turn":
            connection.refuse(500)
            return
        if where == "bytes":
            connection.answer().send(ROLE)
        waits.set()
        connection.wait_gone()

    return part


closing = pytest.mark.parametrize("where", ["answer", "bytes", "turn"])


@closing
def test_close_ends_each_wait(where: str) -> None:
    waits = threading.Event()
    with playing(waits_at(where, waits)) as server, new_session() as session:
        stream = retrying(
            lambda: session.get(server.url, stream=True, timeout=WAIT),
            delay=600.0,
            max_delay=600.0,
            on_error=lambda _: waits.set(),
        )
        heard: list[Any] = []
        reader = threading.Thread(target=lambda: heard.extend(stream))
        reader.start()
        assert waits.wait(WAIT)
        stream.close()
        reader.join(WAIT)
        assert not reader.is_alive()
        assert heard == []
        if where == "answer":
            server.taken[0].answer()  # the thread that still waits for it closes what it gets
    with pytest.raises(IncompleteStreamError, match="closed before its end"):
        stream.until_done()


@closing
@pytest.mark.parametrize("reader", ["aiohttp", "async httpx", "trio httpx"])
def test_aclose_ends_each_wait(reader: str, where: str) -> None:
    waits = threading.Event()

    async def run(url: str) -> None:
        client = aiohttp.ClientSession() if reader == "aiohttp" else async_client()
        send = send_aiohttp if reader == "aiohttp" else send_httpx
        async with client:
            stream = aretrying(lambda: send(client, url), delay=600.0, max_delay=600.0, on_error=lambda _: waits.set())
            heard: list[Any] = []

            async def read() -> None:
                heard.extend([delta async for delta in stream])

            async with anyio.create_task_group() as group:
                group.start_soon(read)
                assert await anyio.to_thread.run_sync(waits.wait, WAIT)
                await stream.aclose()
            assert heard == []
            with pytest.raises(IncompleteStreamError, match="closed before its end"):
                await stream.until_done()

    with playing(waits_at(where, waits)) as server:
        anyio.run(run, server.url, backend="trio" if reader.startswith("trio") else "asyncio")


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"delay": -1.0}, {"max_delay": float("nan")}, {"dialect": "x"}])
def test_options_that_make_no_sense_are_refused(wrong: Any) -> None:
    never: Any = lambda: pytest.fail("asked")  # noqa: E731
    for one in (retrying, aretrying):
        with pytest.raises(ValueError, match=r"attempts|delay|dialect"):
            one(never, **wrong)


def test_what_connect_raises_is_the_cause() -> None:
    def connect() -> Any:
        raise LookupError("no")

    with pytest.raises(IncompleteStreamError, match="LookupError: no") as caught:
        retrying(connect).until_done()
    assert isinstance(caught.value.__cause__, LookupError)


def test_pieces_that_are_held_are_kept_as_they_were() -> None:
    buffer = bytearray(len(ROLE))

    def reused() -> Iterator[memoryview]:
        for body in (ROLE, text("Hel"), text("lo", "stop") + DONE):
            for begin in range(0, len(body), len(buffer)):
                piece = body[begin : begin + len(buffer)]
                buffer[: len(piece)] = piece
                yield memoryview(buffer)[: len(piece)]

    assert retrying(reused).until_done().text == "Hello"


def test_any_cut_of_an_answer_gives_its_deltas() -> None:
    body = ROLE + ANSWER
    for place in range(0, len(body), 7):
        stream = retrying(lambda: iter(cut_at(body, [place])))  # noqa: B023 - used up in this round
        assert [delta.text for delta in stream if isinstance(delta, TextDelta)] == ["Hel", "lo"]


@pytest.mark.parametrize("ask_again", [retrying, aretrying])
def test_a_response_is_no_way_to_ask_again(ask_again: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError, match="expected a function that makes the request"):
        ask_again(b"data: [DONE]\n\n")
