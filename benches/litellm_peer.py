"""litellm, in its own environment: it pins versions of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it would ask the network for prices when imported

import httpx
import litellm
import openai

from benches import ours
from benches.compare import Reader, Whole, Work, compare
from benches.fixtures import ONE_EVENT, Call, Fixture, Message, cut, make

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benches.report import Options, Row

_ENVIRONMENT = "bench-litellm"
_ASK = [{"role": "user", "content": "Hello!"}]


class _InProcess(httpx.BaseTransport):
    """Answers every request with the same body, in pieces."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, content=iter(self.pieces), request=request)


_TRANSPORT = _InProcess()
# The openai package that litellm takes is one of those before httpx2; types are checked against a newer one.
_HTTP: Any = httpx.Client(transport=_TRANSPORT)
_CLIENT = openai.OpenAI(api_key="-", base_url="http://localhost/v1", http_client=_HTTP, max_retries=0)


def _chunks(pieces: list[bytes]) -> Iterator[Any]:
    _TRANSPORT.pieces = pieces
    options = {"include_usage": True}
    return iter(
        litellm.completion("openai/gpt-5.1", _ASK, stream=True, stream_options=options, client=_CLIENT, num_retries=0)
    )


def _texts(pieces: list[bytes]) -> Iterator[str]:
    for chunk in _chunks(pieces):
        text = chunk.choices[0].delta.content if chunk.choices else None
        if text:
            yield text


def _whole(pieces: list[bytes]) -> Any:
    return litellm.stream_chunk_builder(list(_chunks(pieces)), messages=_ASK)


def _message(found: Any) -> Message:
    choice = found.choices[0]
    given = choice.message.tool_calls or []
    calls = tuple(Call(call.id, call.function.name, call.function.arguments) for call in given)
    return Message(choice.message.content or "", "", calls, choice.finish_reason, found.usage.completion_tokens)


def rows(options: Options) -> Iterator[Row]:
    """Text and whole messages."""
    chat, tools = (make(name, quick=options.quick) for name in ("chat", "tool arguments"))
    text = _work("text", "text out", chat, chat.texts)
    yield from compare(text, [*ours.TEXTS, Reader("litellm", _texts)], options)
    for fixture in (chat, tools):
        work = _work("message", "whole message", fixture, [fixture.message])
        yield from compare(work, [*ours.MESSAGES, Whole("litellm", _whole, _message)], options)


def _work(section: str, work: str, fixture: Fixture, right: list[Any]) -> Work:
    body = cut(fixture, ONE_EVENT)
    units = len(fixture.events)
    return Work(section, work, fixture.name, ONE_EVENT, body, right, units, environment=_ENVIRONMENT)
