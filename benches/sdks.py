"""The providers' own packages: whole clients, over a transport that answers in process.

A transport is what these clients let one pass in; theirs is httpx2's. Everything above it is their own code.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import anthropic
import httpx2
import openai
from ssewire.integrations import accelerate

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


def openai_events(served: Served, pieces: list[bytes]) -> Iterator[Any]:
    """`responses.create(stream=True)`: events that are models."""
    return iter(served(pieces).responses.create(model="m", input="Hello!", stream=True))


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

_ACCELERATED_OPENAI = Served(lambda http_client: accelerate(openai_client(http_client)))
_ACCELERATED_ANTHROPIC = Served(lambda http_client: accelerate(anthropic_client(http_client)))


def _both(package: str, read: Callable[[Served, list[bytes]], Iterator[Any]]) -> list[Reader]:
    """`create(stream=True)` of a client as it is, and of one that `ssewire.integrations` has accelerated."""
    plain, fast = {
        "openai": (_OPENAI, _ACCELERATED_OPENAI),
        "anthropic": (_ANTHROPIC, _ACCELERATED_ANTHROPIC),
    }[package]
    return [
        Reader(f"{package} create()", partial(read, plain), _dump),
        Reader(f"ssewire accelerate({package})", partial(read, fast), _dump),
    ]


ADAPTERS = {
    ("openai models", "chat"): _both("openai", openai_chunks),
    ("openai models", "responses"): _both("openai", openai_events),
    ("anthropic models", "anthropic"): _both("anthropic", anthropic_events),
}
"""By work and fixture, the readers that are compared."""
