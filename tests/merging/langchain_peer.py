"""langchain-openai: `ChatOpenAI.stream()`, its chunks added up."""

from __future__ import annotations

import functools
import json
import operator
from typing import TYPE_CHECKING, Any

from langchain_openai import ChatOpenAI

from tests.merging.case import Answer, Call, Result

if TYPE_CHECKING:
    from collections.abc import Callable


def _whole(url: str, **options: Any) -> Any:
    model = ChatOpenAI(model="m", base_url=f"{url}/v1", api_key="-", max_retries=0, stream_usage=True, **options)
    return functools.reduce(operator.add, model.stream("Hello!"))


def _read(url: str, *, responses: bool) -> Result:
    found = _whole(url, use_responses_api=responses)
    usage = found.usage_metadata
    tokens = (usage["input_tokens"], usage["output_tokens"]) if usage else None
    answer = Answer(str(found.text), _finish(found.response_metadata), _calls(found), None, None, None)
    return Result((answer,), tokens, single=True)


def _calls(found: Any) -> tuple[Call, ...]:
    """The calls whose arguments are JSON, then those whose are not."""
    read = [Call(call["id"], call["name"], json.dumps(call["args"])) for call in found.tool_calls]
    unread = [Call(call["id"], call["name"], call["args"] or "") for call in found.invalid_tool_calls]
    return (*read, *unread)


def _finish(metadata: dict[str, Any]) -> str | None:
    details = metadata.get("incomplete_details")
    reason: str | None = metadata.get("finish_reason") or (details["reason"] if details else metadata.get("status"))
    return reason


def _reader(*, responses: bool) -> Callable[[str], Result]:
    return lambda url: _read(url, responses=responses)


READERS = {"openai-chat": _reader(responses=False), "openai-responses": _reader(responses=True)}
