"""The providers' own packages: whole clients, over a transport that answers in process.

A transport is what these clients let one pass in; theirs is httpx2's. Everything above it is their own code.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import anthropic
import httpx2
import openai

from benches.compare import Reader, Whole
from benches.fixtures import Call, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ASK: list[Any] = [{"role": "user", "content": "Hello!"}]
_HEADERS = {"content-type": "text/event-stream"}


class InProcess(httpx2.BaseTransport):
    """Answers every request with the same body, in pieces."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer."""
        return httpx2.Response(200, headers=_HEADERS, content=iter(self.pieces), request=request)


class Served:
    """A client whose every stream is the body that it was given."""

    def __init__(self, make: Callable[[httpx2.Client], Any]) -> None:
        self._transport = InProcess()
        self._client = make(httpx2.Client(transport=self._transport))

    def __call__(self, pieces: list[bytes]) -> Any:
        """The client, with this body behind it."""
        self._transport.pieces = pieces
        return self._client


def openai_client(http_client: httpx2.Client) -> openai.OpenAI:
    """A client that knows no server."""
    return openai.OpenAI(api_key="-", base_url="http://localhost/v1", http_client=http_client, max_retries=0)


def anthropic_client(http_client: httpx2.Client) -> anthropic.Anthropic:
    """A client that knows no server."""
    return anthropic.Anthropic(api_key="-", base_url="http://localhost", http_client=http_client, max_retries=0)


_OPENAI = Served(openai_client)
_ANTHROPIC = Served(anthropic_client)


def openai_chunks(served: Served, pieces: list[bytes]) -> Iterator[Any]:
    """`create(stream=True)`: chunks that are models."""
    return iter(served(pieces).chat.completions.create(model="m", messages=_ASK, stream=True))


def anthropic_events(served: Served, pieces: list[bytes]) -> Iterator[Any]:
    """`create(stream=True)`: events that are models."""
    return iter(served(pieces).messages.create(model="m", max_tokens=9, messages=_ASK, stream=True))


def _openai_stream(pieces: list[bytes]) -> Any:
    with _OPENAI(pieces).chat.completions.stream(model="m", messages=_ASK) as stream:
        return stream.get_final_completion()


def _anthropic_stream(pieces: list[bytes]) -> Any:
    with _ANTHROPIC(pieces).messages.stream(model="m", max_tokens=9, messages=_ASK) as stream:
        return stream.get_final_message()


def completion(found: Any) -> Message:
    """A ChatCompletion as fixtures have it."""
    choice = found.choices[0]
    given = choice.message.tool_calls or []
    calls = tuple(Call(call.id, call.function.name, call.function.arguments) for call in given)
    tokens = found.usage.completion_tokens if found.usage else None
    return Message(choice.message.content or "", "", calls, choice.finish_reason, tokens)


def _anthropic_message(found: Any) -> Message:
    text = "".join(block.text for block in found.content if block.type == "text")
    return Message(text, finish_reason=found.stop_reason, output_tokens=found.usage.output_tokens)


def _dump(model: Any) -> Any:
    return model.model_dump(exclude_unset=True)


OPENAI_CHUNKS = Reader("openai create()", lambda pieces: openai_chunks(_OPENAI, pieces), _dump)
ANTHROPIC_EVENTS = Reader("anthropic create()", lambda pieces: anthropic_events(_ANTHROPIC, pieces), _dump)


def _openai_texts(pieces: list[bytes]) -> Iterator[str]:
    for chunk in openai_chunks(_OPENAI, pieces):
        text = chunk.choices[0].delta.content if chunk.choices else None
        if text:
            yield text


def _anthropic_texts(pieces: list[bytes]) -> Iterator[str]:
    for event in anthropic_events(_ANTHROPIC, pieces):
        if event.type == "content_block_delta" and event.delta.type == "text_delta":
            yield event.delta.text


OPENAI_TEXTS = Reader("openai create()", _openai_texts)
ANTHROPIC_TEXTS = Reader("anthropic create()", _anthropic_texts)
OPENAI_MESSAGE = Whole("openai stream()", _openai_stream, completion)
ANTHROPIC_MESSAGE = Whole("anthropic stream()", _anthropic_stream, _anthropic_message)


# --- the same clients, with ssewire inside ------------------------------------------------------------------------


def accelerated(name: str) -> Reader | None:
    """`create(stream=True)` of a client that `ssewire.integrations` has accelerated; None where that is not there."""
    make, read = {
        "openai": (openai_client, openai_chunks),
        "anthropic": (anthropic_client, anthropic_events),
    }[name]
    try:
        accelerate = importlib.import_module(f"ssewire.integrations.{name}").accelerate
    except ImportError:
        return None

    def make_accelerated(http_client: httpx2.Client) -> Any:
        client = make(http_client)
        return accelerate(client) or client

    served = Served(make_accelerated)
    return Reader(f"ssewire accelerate({name})", lambda pieces: read(served, pieces), _dump)
