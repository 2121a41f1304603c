"""litellm: `completion(stream=True)`, its chunks given to `stream_chunk_builder`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it would ask the network for prices when imported

import litellm

from tests.merging.case import Answer, Call, Result

if TYPE_CHECKING:
    from collections.abc import Callable

_ASK = [{"role": "user", "content": "Hello!"}]


def _whole(model: str, url: str) -> Any:
    options = {"include_usage": True}
    chunks = litellm.completion(
        model, _ASK, api_base=url, api_key="-", stream=True, stream_options=options, num_retries=0, max_retries=0
    )
    return litellm.stream_chunk_builder(list(chunks), messages=_ASK)


def _answer(choice: Any) -> Answer:
    message = choice.message
    given = message.tool_calls or []
    calls = tuple(Call(call.id, call.function.name, call.function.arguments) for call in given)
    reasoning = getattr(message, "reasoning_content", None) or ""
    return Answer(message.content or "", choice.finish_reason, calls, reasoning, message.role, None)


def _read(model: str, url: str) -> Result:
    found = _whole(model, url)
    tokens = (found.usage.prompt_tokens, found.usage.completion_tokens)
    return Result(tuple(_answer(choice) for choice in found.choices), tokens)


def _reader(model: str, path: str) -> Callable[[str], Result]:
    return lambda url: _read(model, f"{url}{path}")


READERS = {
    "openai-chat": _reader("openai/gpt-4.1", "/v1"),
    "openai-responses": _reader("openai/responses/gpt-4.1", "/v1"),
    "anthropic": _reader("anthropic/claude-sonnet-4-5", ""),
}
