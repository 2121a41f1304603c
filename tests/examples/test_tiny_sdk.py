"""`examples/tiny_sdk`, an SDK on the decoder: its events, errors and release, and its way without a wheel."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import ssewire
import tiny_sdk
import trio
from ssewire.replay import ReplayServer
from tiny_sdk import _pure

from tests.reference.oracle import corpus
from tests.support.cuts import few_cuts
from tests.support.example_process import ROOT
from tests.support.loopback import TIMEOUT, holding_server

if TYPE_CHECKING:
    from collections.abc import Callable

    Take = Callable[[str], list[tiny_sdk.Event]]

STARTED = b'event: started\ndata: {"id": "t1", "model": "m"}\n\n'
TEXTS = (
    'event: text\ndata: {"text": "Good "}\n\nevent: text\r\ndata: {"text":\r\ndata:  "day \U0001f600"}\r\n\r\n'.encode()
)
FINISHED = b'event: finished\ndata: {"characters": 10}\n\n'
NEWER = b': ping\n\nevent: glossary\ndata: [1]\n\ndata: {"text": "unnamed"}\n\n'
BODY = STARTED + NEWER + TEXTS + FINISHED
EVENTS = [
    tiny_sdk.Started("t1", "m"),
    tiny_sdk.Text("Good "),
    tiny_sdk.Text("day \U0001f600"),
    tiny_sdk.Finished(10),
]


def take(url: str, count: int = sys.maxsize) -> list[tiny_sdk.Event]:
    """Read so many events of a translation, and leave it."""
    seen = []
    with tiny_sdk.Client(url) as client, client.translate("Guten Tag", to="en") as stream:
        for event in stream:
            seen.append(event)
            if len(seen) == count:
                break
    return seen


async def atake(url: str, count: int = sys.maxsize) -> list[tiny_sdk.Event]:
    """Read so many events of a translation, and leave it."""
    seen = []
    async with tiny_sdk.AsyncClient(url) as client, await client.translate("Guten Tag", to="en") as stream:
        async for event in stream:
            seen.append(event)
            if len(seen) == count:
                break
    return seen


KINDS: dict[str, Callable[..., list[tiny_sdk.Event]]] = {
    "sync": take,
    "asyncio": lambda *args: asyncio.run(atake(*args)),
    "trio": lambda *args: trio.run(partial(atake, *args)),
}
each_kind = pytest.mark.parametrize("kind", KINDS)
# Closed or not, httpx drops the generators inside its own, of which trio complains.
pytestmark = pytest.mark.filterwarnings(r"ignore:Async generator 'http(x|core)\.:ResourceWarning")


@each_kind
@pytest.mark.parametrize("piece_size", [1, 7, None])
def test_a_translation_is_its_events(kind: str, piece_size: int | None) -> None:
    with ReplayServer([BODY], piece_size=piece_size) as server:
        assert KINDS[kind](server.url) == EVENTS
        assert server.requests[0].path == "/v1/translate"
        assert server.requests[0].json() == {"text": "Guten Tag", "to": "en", "stream": True}


@each_kind
def test_leaving_early_closes_the_connection(kind: str) -> None:
    with holding_server(BODY) as server:
        assert KINDS[kind](server.url, 1) == EVENTS[:1]
        assert server.wait_disconnect(TIMEOUT)


LARGE = b"event: text\ndata: " + bytes(1024 * 1024) + b"\n\n"
OVERLOADED = b'event: error\ndata: {"code": "overloaded", "message": "try later"}\n\n'
WRONG: list[tuple[bytes, type[tiny_sdk.SdkError], str]] = [
    (STARTED + OVERLOADED + FINISHED, tiny_sdk.APIError, r"^overloaded: try later$"),
    (STARTED + TEXTS, tiny_sdk.TruncatedError, "before its `finished` event"),
    (STARTED + FINISHED[:-1], tiny_sdk.TruncatedError, "before its `finished` event"),
    (STARTED + b"event: text\ndata: {}\n\n", tiny_sdk.APIError, r"^unexpected_data: .+`text`, got '{}'"),
    (STARTED + b"event: text\ndata: no\n\n", tiny_sdk.APIError, r"^unexpected_data: .+`text`, got 'no'"),
    (STARTED + LARGE + FINISHED, tiny_sdk.APIError, r"^event_too_large: "),
]


@each_kind
@pytest.mark.parametrize(("body", "error", "message"), WRONG)
def test_what_is_wrong_is_the_sdk_s_own_error(
    kind: str, body: bytes, error: type[tiny_sdk.SdkError], message: str
) -> None:
    with ReplayServer([body]) as server, pytest.raises(error, match=message):
        KINDS[kind](server.url)


@each_kind
def test_a_broken_connection_is_the_sdk_s_own_error(kind: str) -> None:
    with ReplayServer([BODY], drop_after=2) as server, pytest.raises(tiny_sdk.ConnectionFailedError) as caught:
        KINDS[kind](server.url)
    assert type(caught.value.__cause__).__module__ == "httpx"


@each_kind
def test_what_is_no_stream_is_refused(kind: str) -> None:
    failure = (429, b'{"error": {"code": "slow_down", "message": "later"}}')
    with ReplayServer([BODY], fail=failure) as server, pytest.raises(tiny_sdk.APIError, match=r"^slow_down: later$"):
        KINDS[kind](server.url)
    with (
        ReplayServer([b"<html></html>"], content_type="text/html") as server,
        pytest.raises(tiny_sdk.APIError, match="expected an event stream, got HTTP 200, text/html"),
    ):
        KINDS[kind](server.url)


# Without a wheel

PROGRAM = """
import sys
sys.modules["ssewire"] = None  # as where there is no wheel: importing it raises ImportError
import tiny_sdk
with tiny_sdk.Client(sys.argv[1]) as client:
    for _ in range(2):
        try:
            print(list(client.translate("Guten Tag", to="en")))
        except tiny_sdk.APIError as error:
            print(error.code)
"""


def test_it_works_the_same_without_ssewire() -> None:
    with ReplayServer([BODY, LARGE], piece_size=4096) as server:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-X", "utf8", "-c", PROGRAM, server.url],
            cwd=ROOT / "examples",
            capture_output=True,
            encoding="utf-8",
            timeout=TIMEOUT,
            check=False,
        )
    assert (done.stdout, done.stderr) == (f"{EVENTS}\nevent_too_large\n", "")


def framed(decoder: Any, pieces: list[bytes]) -> list[tuple[str, str]]:
    return [(event.event, event.data) for piece in pieces for event in decoder.feed(piece)]


@pytest.mark.parametrize("case", corpus(), ids=lambda case: case.name)
def test_the_decoder_in_python_gives_what_ssewire_gives(case: Any) -> None:
    expected = framed(ssewire.SSEDecoder(), [case.body])
    for pieces in few_cuts(case.body):
        assert framed(_pure.SSEDecoder(max_event_size=1 << 20), pieces) == expected
