"""pydantic-ai: a model's streamed response, by the package's direct requests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic_ai.direct import model_request_stream_sync
from pydantic_ai.messages import ModelRequest
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

from tests.merging.case import Answer, Call, Result

if TYPE_CHECKING:
    from collections.abc import Callable


def _chat(url: str) -> Any:
    return OpenAIChatModel("m", provider=_openai(url))


def _responses(url: str) -> Any:
    return OpenAIResponsesModel("m", provider=_openai(url))


def _openai(url: str) -> Any:
    return OpenAIProvider(base_url=f"{url}/v1", api_key="-")


def _anthropic(url: str) -> Any:
    return AnthropicModel("m", provider=AnthropicProvider(base_url=url, api_key="-"))


def _read(model: Any) -> Result:
    with model_request_stream_sync(model, [ModelRequest.user_text_prompt("Hello!")]) as stream:
        for _ in stream:
            pass
        found = stream.response
    calls = tuple(Call(one.tool_call_id, one.tool_name, _text(one.args)) for one in _parts(found, "tool-call"))
    text, reasoning = ("".join(part.content for part in _parts(found, kind)) for kind in ("text", "thinking"))
    finish = (found.provider_details or {}).get("finish_reason") or found.finish_reason
    tokens = (found.usage.input_tokens, found.usage.output_tokens)
    members = {part.part_kind: {"content": part.content} for part in _parts(found, "compaction")} or None
    return Result((Answer(text, finish, calls, reasoning, None, members),), tokens, single=True)


def _text(args: str | dict[str, Any] | None) -> str:
    """Arguments may be either here; as they came."""
    return args if isinstance(args, str) else json.dumps(args or {})


def _parts(found: Any, kind: str) -> list[Any]:
    return [part for part in found.parts if part.part_kind == kind]


def _reader(make: Callable[[str], Any]) -> Callable[[str], Result]:
    return lambda url: _read(make(url))


READERS = {
    "openai-chat": _reader(_chat),
    "openai-responses": _reader(_responses),
    "anthropic": _reader(_anthropic),
}
