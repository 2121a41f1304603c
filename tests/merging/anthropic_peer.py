"""anthropic: `beta.messages.stream()`, which reads all that `messages.stream()` does, and the betas."""

from __future__ import annotations

import json
from typing import Any

import anthropic

from tests.merging.case import Answer, Call, Result

_ASK: Any = [{"role": "user", "content": "Hello!"}]


def _messages(url: str) -> Result:
    client = anthropic.Anthropic(api_key="-", base_url=url, max_retries=0)
    with client, client.beta.messages.stream(model="m", max_tokens=9, messages=_ASK) as stream:
        found: Any = stream.get_final_message()
    blocks = found.content
    text = "".join(block.text for block in blocks if block.type == "text")
    reasoning = "".join(block.thinking for block in blocks if block.type == "thinking")
    calls = tuple(Call(one.id, one.name, json.dumps(one.input)) for one in blocks if one.type == "tool_use")
    members = {block.type: block.model_dump() for block in blocks}
    tokens = (found.usage.input_tokens, found.usage.output_tokens)
    return Result((Answer(text, found.stop_reason, calls, reasoning, found.role, members),), tokens)


READERS = {"anthropic": _messages}
