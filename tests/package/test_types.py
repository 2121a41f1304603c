"""Type checkers accept what can be read, refuse what cannot, and `typing.get_type_hints` reads every public name."""

from __future__ import annotations

import inspect
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import pytest
import ssewire
import ssewire.arrow
import ssewire.cli
import ssewire.integrations
import ssewire.integrations.anthropic
import ssewire.integrations.openai
import ssewire.replay
from ssewire.compat import httpx2, httpx_sse, sseclient
from ssewire.compat.aiohttp_sse_client2 import client

ROOT = Path(__file__).parents[2]

GOOD = """
import asyncio, http.client, io, socket, urllib.request
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

import aiohttp, httpx, httpx2, openai, requests, urllib3
import ssewire


def pieces() -> Iterator[bytes]:
    yield b""


async def apieces() -> AsyncIterator[bytes]:
    yield b""


def sync(one: httpx.Response, two: httpx2.Response, three: requests.Response, four: urllib3.BaseHTTPResponse,
         five: http.client.HTTPResponse, stream: openai.Stream[Any], event_source: httpx2.EventSource) -> None:
    for response in (one, two, three, four, five, stream, event_source):
        ssewire.collect(response)
    ssewire.Stream(one), ssewire.Stream(two), ssewire.Stream(three), ssewire.Stream(four), ssewire.Stream(five)
    ssewire.Stream(stream), ssewire.Stream(event_source)
    ssewire.Stream(urllib.request.urlopen("http://localhost"))
    ssewire.Stream(Path("x").open("rb")), ssewire.Stream(io.BytesIO()), ssewire.Stream(open(0, "rb", buffering=0))
    ssewire.Stream(socket.socket().makefile("rb"))
    ssewire.Stream(b""), ssewire.Stream(bytearray()), ssewire.Stream(memoryview(b""))
    ssewire.Stream([b""]), ssewire.Stream(pieces()), ssewire.Stream(iter((memoryview(b""), bytearray())))
    ssewire.Stream(one, "anthropic", max_event_size=None, max_choices=1)
    ssewire.Stream(client.chat.completions.with_raw_response.create(model="m", messages=[], stream=True))
    with client.chat.completions.with_streaming_response.create(model="m", messages=[], stream=True) as api:
        ssewire.Stream(api)
    for event in ssewire.iter_sse(one, tail="dispatch"):
        data: str = event.data
    with closing(ssewire.tee(one, ssewire.Accumulator())) as passed:
        generator: Generator[bytes, None, None] = passed
    snapshot: ssewire.Snapshot = ssewire.collect(one)
    status: int | None = ssewire.StreamError().status


client = openai.OpenAI()


async def asynchronous(one: httpx.Response, two: httpx2.Response, three: aiohttp.ClientResponse,
                       four: asyncio.StreamReader, stream: openai.AsyncStream[Any]) -> None:
    ssewire.AsyncStream(one), ssewire.AsyncStream(two), ssewire.AsyncStream(three), ssewire.AsyncStream(four)
    ssewire.AsyncStream(stream), ssewire.AsyncStream(b""), ssewire.AsyncStream(apieces())
    ssewire.AsyncStream(three.content)
    async with aclosing(ssewire.aiter_sse(three)) as events:
        async for event in events:
            data: str = event.data
    async with aclosing(ssewire.atee(three, ssewire.Accumulator())) as passed:
        generator: AsyncGenerator[bytes, None] = passed
    async with ssewire.AsyncStream(three) as deltas, aclosing(deltas.text_stream) as texts:
        async for text in texts:
            shown: str = text
    snapshot: ssewire.Snapshot = await ssewire.acollect(three)
"""

BAD = """
from pathlib import Path

import aiohttp, httpx, openai, requests
import ssewire


async def wrong(requests_response: requests.Response, aiohttp_response: aiohttp.ClientResponse,
                stream: ssewire.Stream, coroutine_response: httpx.Response) -> None:
    ssewire.Stream(None)
    ssewire.Stream("data: x")
    ssewire.Stream(["data: x"])
    ssewire.Stream(1)
    ssewire.Stream([1])
    ssewire.Stream(Path("x"))
    ssewire.Stream(open("x"))
    ssewire.Stream(httpx.Client())
    ssewire.Stream(requests.Session())
    ssewire.Stream(openai.OpenAI())
    ssewire.Stream(aiohttp_response)
    ssewire.Stream(b"", "klingon")
    ssewire.Stream(b"", tail="dispatch")
    ssewire.AsyncStream(None)
    ssewire.AsyncStream(requests_response)
    ssewire.AsyncStream([b""])
    ssewire.AsyncStream(httpx.AsyncClient())
    ssewire.AsyncStream(httpx.AsyncClient().get("x"))
    ssewire.iter_sse(None)
    ssewire.iter_sse(aiohttp_response)
    ssewire.iter_sse(b"", max_choices=1)
    ssewire.aiter_sse(requests_response)
    ssewire.tee(None, ssewire.Accumulator())
    ssewire.atee(None, ssewire.Accumulator())
    ssewire.collect(None)
    await ssewire.acollect(None)
"""


def complaints(program: str, folder: Path) -> dict[int, str]:
    """What mypy says of each line, in its strict mode."""
    pytest.importorskip("mypy", reason="there is no type checker")
    file = folder / "program.py"
    file.write_text(program, "utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file",
        "",
        "--cache-dir",
        str(ROOT / "target" / "mypy_programs"),
    ]
    command += ["--disable-error-code", "func-returns-value", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)  # noqa: S603 - ours
    assert not done.stderr, done.stderr
    found = (line.split(":", 2) for line in done.stdout.splitlines() if ": error: " in line)
    return {int(number): rest for _, number, rest in found}


def test_a_type_checker_accepts_what_can_be_read(tmp_path: Path) -> None:
    assert complaints(GOOD, tmp_path) == {}


def test_a_type_checker_refuses_what_cannot_be_read(tmp_path: Path) -> None:
    wrong = [number for number, line in enumerate(BAD.splitlines(), 1) if "ssewire." in line and "(" in line]
    wrong = [number for number in wrong if not BAD.splitlines()[number - 1].strip().startswith("stream:")]
    assert [*complaints(BAD, tmp_path)] == wrong


def members(one: Any) -> list[Any]:
    """A name itself, and the public methods of a class that are its own."""
    named = vars(one).items() if isinstance(one, type) else ()
    own = [member for name, member in named if not name.startswith("_") or name.startswith("__")]
    wrapped = (member.fget if isinstance(member, property) else member for member in own)
    return [one, *(member for member in wrapped if inspect.isroutine(member))]


MODULES = [
    ssewire,
    ssewire.arrow,
    ssewire.cli,
    ssewire.integrations,
    ssewire.integrations.anthropic,
    ssewire.integrations.openai,
    ssewire.replay,
    httpx2,
    httpx_sse,
    sseclient,
    client,
]
PUBLIC = [
    getattr(module, name)
    for module in MODULES
    for name in module.__all__
    if inspect.isroutine(one := getattr(module, name)) or isinstance(one, type)
]


@pytest.mark.parametrize("one", PUBLIC)
def test_type_hints_can_be_read(one: Any) -> None:
    for member in members(one):
        if not isinstance(member, (staticmethod, classmethod)):
            typing.get_type_hints(member)


def test_type_hints_say_what_is_meant() -> None:
    hints = typing.get_type_hints(ssewire.Stream.__init__)
    assert hints["dialect"] == ssewire.Dialect | None
    assert hints["return"] is type(None)
    assert typing.get_type_hints(ssewire.collect)["return"] is ssewire.Snapshot
    assert "max_choices" in typing.get_type_hints(typing.get_args(hints["limits"])[0])
