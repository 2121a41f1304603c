"""What others do with a body in pieces: loops that people write by hand, and packages.

Packages get what they ask for: those that want a response of httpx or httpx2 get a real one, whose body comes in these
pieces. Nobody has to wait for the network, so what is compared is the parsers' own work.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anthropic._streaming
import httpx
import httpx2
import httpx_sse
import openai._streaming
import orjson
import requests
import sseclient
import ssewire
import ssewire.compat.httpx2
import ssewire.compat.httpx_sse
import ssewire.compat.sseclient

from benches.compare import AsyncReader, Reader, Whole
from benches.fixtures import Event, Message
from benches.ours import apieces

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator

_HEADERS = {"content-type": "text/event-stream"}


def event(found: Any) -> Event:
    """An event of any package: all call its parts the same."""
    return Event(found.data, found.event or "message", found.id or "")


# --- bytes to events ----------------------------------------------------------------------------------------------


class _Response(requests.Response):
    """A response of requests whose body is in memory; its `iter_lines` is requests' own."""

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__()
        self._pieces = pieces

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]:  # noqa: ARG002, FBT001, FBT002 - requests' signature
        return iter(self._pieces)


def _response(pieces: list[bytes]) -> httpx.Response:
    return httpx.Response(200, headers=_HEADERS, content=iter(pieces))


def _async_response(pieces: list[bytes]) -> httpx.Response:
    return httpx.Response(200, headers=_HEADERS, content=apieces(pieces))


def naive_requests(pieces: list[bytes]) -> Iterator[bytes]:
    """The loop of a thousand READMEs."""
    for line in _Response(pieces).iter_lines():
        if line.startswith(b"data: "):
            yield line[6:]


def naive_split(pieces: list[bytes]) -> Iterator[bytes]:
    """The fastest loop that people write: an event is what stands between two blank lines, and has one data line."""
    buffer = b""
    for piece in pieces:
        *blocks, buffer = (buffer + piece).split(b"\n\n")
        for block in blocks:
            if block.startswith(b"data: "):
                yield block[6:]


def naive_httpx(pieces: list[bytes]) -> Iterator[str]:
    """The same loop over httpx's lines."""
    for line in _response(pieces).iter_lines():
        if line.startswith("data: "):
            yield line[6:]


async def naive_httpx_async(pieces: list[bytes]) -> AsyncIterator[str]:
    """The same loop over httpx's asynchronous lines."""
    async for line in _async_response(pieces).aiter_lines():
        if line.startswith("data: "):
            yield line[6:]


def _httpx_sse(pieces: list[bytes], package: Any = httpx_sse) -> Any:
    return package.EventSource(_response(pieces)).iter_sse()


def _httpx_sse_async(pieces: list[bytes]) -> Any:
    return httpx_sse.EventSource(_async_response(pieces)).aiter_sse()


_REQUEST = httpx2.Request("GET", "http://localhost")


def _httpx2(pieces: list[bytes], package: Any = httpx2) -> Iterable[httpx2.ServerSentEvent]:
    response = httpx2.Response(200, headers=_HEADERS, content=iter(pieces), request=_REQUEST)
    events: Iterable[httpx2.ServerSentEvent] = package.EventSource(response, max_event_size=None)
    return events


def _httpx2_async(pieces: list[bytes]) -> AsyncIterable[httpx2.ServerSentEvent]:
    response = httpx2.Response(200, headers=_HEADERS, content=apieces(pieces), request=_REQUEST)
    return httpx2.EventSource(response, max_event_size=None)


def _sseclient(pieces: list[bytes], package: Any = sseclient) -> Any:
    return package.SSEClient(iter(pieces)).events()


def _openai(pieces: list[bytes]) -> Iterator[Any]:
    return openai._streaming.SSEDecoder().iter_bytes(iter(pieces))  # noqa: SLF001 - its parser has no public name


def _anthropic(pieces: list[bytes]) -> Any:
    return anthropic._streaming.SSEDecoder().iter_bytes(iter(pieces))  # noqa: SLF001 - its parser has no public name


def _openai_async(pieces: list[bytes]) -> AsyncIterable[Any]:
    return openai._streaming.SSEDecoder().aiter_bytes(apieces(pieces))  # noqa: SLF001 - its parser has no public name


OURS = [Reader("ssewire iter_sse, of httpx", lambda pieces: ssewire.iter_sse(_response(pieces)), event)]
"""What of a figure is httpx's: ours too, where it is given such a response."""
ASYNC_OURS = [
    AsyncReader("ssewire aiter_sse, of httpx", lambda pieces: ssewire.aiter_sse(_async_response(pieces)), event)
]
EVENTS = [
    Reader("httpx-sse", _httpx_sse, event),
    Reader("httpx2", _httpx2, event),
    Reader("openai", _openai, event),
    Reader("anthropic", _anthropic, event),
    Reader("sseclient-py", _sseclient, event),
]
COMPAT = {
    "httpx-sse": (_httpx_sse, ssewire.compat.httpx_sse),
    "httpx2": (_httpx2, ssewire.compat.httpx2),
    "sseclient-py": (_sseclient, ssewire.compat.sseclient),
}
"""By package, a way to read with it, and what takes its place."""
ASYNC_EVENTS = [
    AsyncReader("httpx-sse", _httpx_sse_async, event),
    AsyncReader("httpx2", _httpx2_async, event),
    AsyncReader("openai", _openai_async, event),
]


def _data(found: bytes | str) -> Event:
    return Event(found.decode() if isinstance(found, bytes) else found)


NAIVE_EVENTS = [
    Reader("naive requests loop", naive_requests, _data),
    Reader("split", naive_split, _data),
    Reader("naive httpx loop", naive_httpx, _data),
]
"""They give data, not events: names and ids are lost."""
ASYNC_NAIVE_EVENTS = [AsyncReader("httpx aiter_lines", naive_httpx_async, _data)]


# --- events to text -----------------------------------------------------------------------------------------------


def chat_text(payload: Any) -> str | None:
    """The text that a chat chunk carries, as people read it."""
    choices = payload["choices"]
    text: str | None = choices[0]["delta"].get("content") if choices else None
    return text


def _texts(datas: Iterable[bytes | str], loads: Callable[[Any], Any], sentinel: bytes | str) -> Iterator[str]:
    for data in datas:
        if data == sentinel:
            break
        text = chat_text(loads(data))
        if text:
            yield text


def _event_texts(events: Iterable[Any], loads: Callable[[Any], Any]) -> Iterator[str]:
    for found in events:
        if found.data == "[DONE]":
            break
        text = chat_text(loads(found.data))
        if text:
            yield text


async def _async_texts(datas: AsyncIterable[str], loads: Callable[[Any], Any]) -> AsyncIterator[str]:
    async for data in datas:
        text = chat_text(loads(data)) if data != "[DONE]" else None
        if text:
            yield text


async def _async_event_texts(events: AsyncIterable[Any], loads: Callable[[Any], Any]) -> AsyncIterator[str]:
    async for found in events:
        text = chat_text(loads(found.data)) if found.data != "[DONE]" else None
        if text:
            yield text


def _text_readers(name: str, loads: Callable[[Any], Any]) -> list[Reader]:
    """Each way to events, with one JSON parser behind it."""
    return [
        Reader(f"naive requests loop + {name}", lambda pieces: _texts(naive_requests(pieces), loads, b"[DONE]")),
        Reader(f"split + {name}", lambda pieces: _texts(naive_split(pieces), loads, b"[DONE]")),
        Reader(f"httpx-sse + {name}", lambda pieces: _event_texts(_httpx_sse(pieces), loads)),
        Reader(f"httpx2 + {name}", lambda pieces: _event_texts(_httpx2(pieces), loads)),
    ]


def _json_texts(read: Callable[[list[bytes]], Iterable[Any]]) -> Callable[[list[bytes]], Iterator[str]]:
    return lambda pieces: _event_texts(read(pieces), json.loads)


TEXTS = [
    *_text_readers("orjson", orjson.loads),
    *_text_readers("json", json.loads),
    Reader("openai events + json", _json_texts(_openai)),
    Reader("sseclient-py + json", _json_texts(_sseclient)),
]
ASYNC_TEXTS = [
    AsyncReader("httpx aiter_lines + orjson", lambda pieces: _async_texts(naive_httpx_async(pieces), orjson.loads)),
    AsyncReader("httpx-sse + orjson", lambda pieces: _async_event_texts(_httpx_sse_async(pieces), orjson.loads)),
    AsyncReader("httpx2 + orjson", lambda pieces: _async_event_texts(_httpx2_async(pieces), orjson.loads)),
]


# --- text to the whole --------------------------------------------------------------------------------------------


def _joined(reader: Reader) -> Whole:
    return Whole(
        f"{reader.name} + join", lambda pieces: "".join(reader.read(pieces)), Message, lambda whole: Message(whole.text)
    )


MESSAGES = [_joined(reader) for reader in TEXTS if "orjson" in reader.name or "naive" in reader.name]
"""They claim the text alone: finish reason, usage and tool calls are lost."""
