"""openai: `chat.completions.stream()` and `responses.stream()`."""

from __future__ import annotations

from typing import Any

import openai

from tests.merging.case import Answer, Call, Result

_ASK: Any = [{"role": "user", "content": "Hello!"}]


def _client(url: str) -> openai.OpenAI:
    return openai.OpenAI(api_key="-", base_url=f"{url}/v1", max_retries=0)


def _chat(url: str) -> Result:
    with _client(url) as client, client.chat.completions.stream(model="m", messages=_ASK) as stream:
        found: Any = stream.get_final_completion()
    usage = found.usage
    tokens = None if usage is None else (usage.prompt_tokens, usage.completion_tokens)
    return Result(tuple(_choice(choice) for choice in found.choices), tokens)


def _choice(choice: Any) -> Answer:
    message = choice.message
    more = message.model_extra or {}
    reasoning = more.get("reasoning_content") or more.get("reasoning") or ""
    given = message.tool_calls or []
    calls = tuple(Call(call.id, call.function.name, call.function.arguments) for call in given)
    return Answer(message.content or "", choice.finish_reason, calls, reasoning, message.role, more)


def _responses(url: str) -> Result:
    with _client(url) as client, client.responses.stream(model="m", input="Hello!") as stream:
        found: Any = stream.get_final_response()
    given = [item for item in found.output if item.type == "function_call"]
    calls = tuple(Call(item.call_id, item.name, item.arguments) for item in given)
    details = found.incomplete_details
    finish = details.reason if details else found.status
    tokens = None if found.usage is None else (found.usage.input_tokens, found.usage.output_tokens)
    return Result((Answer(found.output_text, finish, calls),), tokens)


READERS = {"openai-chat": _chat, "openai-responses": _responses}
