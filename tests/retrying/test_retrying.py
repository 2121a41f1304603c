"""`retrying` and `aretrying`: asked again before the first delta, never told twice, resumed where the API can."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import anyio
import anyio.to_thread
import httpx
import httpx2
import pytest
import requests
import trio
from ssewire import (
    IncompleteStreamError,
    ProviderError,
    ResponseError,
    StreamPosition,
    TextDelta,
    UsageDelta,
    aretrying,
    retrying,
)

from tests.support.chat_cases import DONE, text
from tests.support.cuts import cut_at
from tests.support.sse_server import WAIT, Connection, SseServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Part = Callable[[Connection], object]

# Closed or not, httpx drops the generators inside its own, of which trio complains; of ours it must not.
pytestmark = [
    pytest.mark.filterwarnings(r"ignore:Async generator 'http(x|core)2?\.:ResourceWarning"),
    pytest.mark.usefixtures("no_descriptor_is_left"),
]
AT_ONCE: Any = {"delay": 0.0, "max_delay": 0.0}
ANSWER = text("Hel") + text("lo", "stop") + DONE


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


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def _with_requests(asked: Asked) -> Told:
    return _sync_read(_session(), lambda client, to: client.get(to, stream=True, timeout=WAIT), asked)


def _send_httpx(client: Any, url: str) -> Any:
    return client.send(client.build_request("GET", url, timeout=WAIT), stream=True)


def _with_httpx(asked: Asked) -> Told:
    return _sync_read(httpx2.Client(trust_env=False), _send_httpx, asked)


async def _send_aiohttp(session: Any, url: str) -> Any:
    return await session.get(url)


def _run_asyncio(function: Any) -> None:
    asyncio.run(function())


def _async_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False)


READERS: dict[str, Callable[[Asked], Told]] = {
    "requests": _with_requests,
    "httpx2": _with_httpx,
    "aiohttp": partial(_async_read, _run_asyncio, aiohttp.ClientSession, _send_aiohttp),
    "async httpx": partial(_async_read, _run_asyncio, _async_client, _send_httpx),
    "trio httpx": partial(_async_read, trio.run, _async_client, _send_httpx),
}
everywhere = pytest.mark.parametrize("reader", READERS)


def read(
    reader: str, *parts: Part, resume: Any = None, heard: Callable[[Any], object] = lambda _: None, **options: Any
) -> Told:
    with playing(*parts) as server:
        return READERS[reader](Asked(server.url, resume, {**AT_ONCE, **options}, heard))


# Before the first delta

ROLE = b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'
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


# Resuming


def response_events() -> list[bytes]:
    """A short stream of Responses, with its sequence numbers."""
    item = {"id": "msg", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    response = {"id": "resp_1", "object": "response", "status": "in_progress", "output": []}
    place = {"item_id": "msg", "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "text": "", "annotations": []}
    words = ["One ", "two ", "three ", "four"]
    whole = [{**item, "status": "completed", "content": [{**part, "text": "".join(words)}]}]
    payloads: list[dict[str, Any]] = [
        {"type": "response.created", "response": response},
        {"type": "response.in_progress", "response": response},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **place, "part": part},
        *({"type": "response.output_text.delta", **place, "delta": word} for word in words),
        {"type": "response.output_text.done", **place, "text": "".join(words)},
        {"type": "response.completed", "response": {**response, "status": "completed", "output": whole}},
    ]
    return [
        f"event: {payload['type']}\ndata: {json.dumps({**payload, 'sequence_number': number})}\n\n".encode()
        for number, payload in enumerate(payloads)
    ]


EVENTS = response_events()
BODY = b"".join(EVENTS)
WORDS = ["One ", "two ", "three ", "four"]


def ask_behind(url: str, position: StreamPosition) -> str:
    assert position.response_id == "resp_1"
    return f"{url}/{position.response_id}?stream=true&starting_after={position.sequence_number}"


def continues(how: str, *, until: int | None = None, overlap: int = 0) -> Part:
    """Play what comes behind the position that was asked for."""

    def part(connection: Connection) -> None:
        after = int(connection.request.path.partition("starting_after=")[2])
        sends(b"".join(EVENTS[after + 1 - overlap :])[:until], how)(connection)

    return part


@everywhere
@pytest.mark.parametrize("place", range(1, len(BODY), 173))
def test_responses_go_on_behind_the_last_event_that_arrived_whole(reader: str, place: int) -> None:
    if BODY[:place].count(b"\n\n") == 0:  # no position yet
        told = read(reader, sends(BODY[:place], "cut"), sends(BODY), resume=ask_behind)
    else:
        told = read(reader, sends(BODY[:place], "cut"), continues("end"), resume=ask_behind)
    assert (told.raised, told.pieces, told.text) == (None, WORDS, "".join(WORDS))


@everywhere
def test_it_resumes_as_long_as_there_is_progress(reader: str) -> None:
    """Each connection brings one event: that is more connections in a row than may fail."""
    parts = [sends(EVENTS[0], "cut"), *(continues("cut", until=len(event)) for event in EVENTS[1:])]
    told = read(reader, *parts, resume=ask_behind, attempts=2)
    assert (told.raised, told.pieces) == (None, WORDS)


@everywhere
def test_a_response_that_fails_again_and_again_is_not_progress(reader: str) -> None:
    failed = {"type": "error", "code": "server_error", "message": "x", "sequence_number": 2}
    first = b"".join(EVENTS[:2]) + b"event: error\ndata: " + json.dumps(failed).encode() + b"\n\n"
    told = read(reader, *[sends(first)] * 3, resume=ask_behind)
    assert isinstance(told.raised, ProviderError)


@everywhere
def test_a_body_that_ends_early_is_resumed_too(reader: str) -> None:
    half = b"".join(EVENTS[:6])
    told = read(reader, sends(half, "end"), continues("end"), resume=ask_behind)
    assert (told.raised, told.pieces) == (None, WORDS)


@everywhere
def test_events_that_come_again_are_not_given_again(reader: str) -> None:
    half = b"".join(EVENTS[:6])
    told = read(reader, sends(half, "cut"), continues("end", overlap=3), resume=ask_behind)
    assert (told.raised, told.pieces) == (None, WORDS)


@everywhere
def test_what_cannot_be_resumed_is_raised_with_the_snapshot(reader: str) -> None:
    half = b"".join(EVENTS[:6])
    told = read(reader, sends(half, "cut"), refuses(404, b'{"error":{"message":"gone"}}'), resume=ask_behind)
    assert isinstance(told.raised, IncompleteStreamError)
    assert told.raised.snapshot.text == "One two "
    assert isinstance(told.raised.__cause__, ProviderError)
    told = read(reader, sends(half, "cut"), *[sends(b"", "cut")] * 2, resume=ask_behind)
    assert isinstance(told.raised, IncompleteStreamError)
    assert told.raised.snapshot.text == "One two "


@everywhere
def test_a_response_that_failed_is_asked_for_anew(reader: str) -> None:
    failed = {"type": "error", "code": "server_error", "message": "x", "sequence_number": 2}
    first = b"".join(EVENTS[:2]) + b"event: error\ndata: " + json.dumps(failed).encode() + b"\n\n"
    told = read(reader, sends(first), sends(BODY), resume=ask_behind)
    assert (told.raised, told.pieces) == (None, WORDS)


@everywhere
def test_event_ids_are_a_position(reader: str) -> None:
    """As MCP's, whose payloads are no dialect's: they pass through."""
    events = [f'id: e{number}\ndata: {{"jsonrpc":"2.0","id":{number}}}\n\n'.encode() for number in range(4)]
    asked: list[StreamPosition] = []

    def behind(url: str, position: StreamPosition) -> str:
        asked.append(position)
        return url

    told = read(reader, sends(b"".join(events[:2]) + events[2][:9], "cut"), sends(b"".join(events[2:])), resume=behind)
    assert told.raised is None
    assert asked == [StreamPosition(last_event_id="e1")]
    assert [delta.value["id"] for delta in told.deltas] == [0, 1, 2, 3]


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
    with playing(waits_at(where, waits)) as server, _session() as session:
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
        client = aiohttp.ClientSession() if reader == "aiohttp" else _async_client()
        send = _send_aiohttp if reader == "aiohttp" else _send_httpx
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
