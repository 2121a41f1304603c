"""OpenAI's Responses as it and others really stream them."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from tests.merging.case import Call, Case, one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.merging.case import About, Result

_ARGUMENTS = '{"city":"Oslo"}'
_RIGHT_CALL = Call("call_a7KqPz", "weather", _ARGUMENTS)
_USAGE = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 4,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 13,
}

_Event = dict[str, Any]


def _response(status: str, output: list[Any], **members: Any) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1790000000,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": "m",
        "output": output,
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": None,
        **members,
    }


def _same(name: str) -> str:
    return f"{name}_68a1"


def _rotating() -> Callable[[str], str]:
    numbers = itertools.count(1)
    return lambda name: f"{name}_68b{next(numbers)}"


def _message(item_id: str, text: str | None) -> dict[str, Any]:
    content = [] if text is None else [{"type": "output_text", "text": text, "annotations": []}]
    status = "in_progress" if text is None else "completed"
    return {"id": item_id, "type": "message", "status": status, "role": "assistant", "content": content}


def _function(item_id: str, arguments: str) -> dict[str, Any]:
    status = "completed" if arguments else "in_progress"
    call = {"call_id": "call_a7KqPz", "name": "weather", "arguments": arguments, "status": status}
    return {"id": item_id, "type": "function_call", **call}


def _text(named: Callable[[str], str]) -> Iterator[_Event]:
    """A message of output index 0: added, in pieces, done."""
    part = {"type": "output_text", "text": "", "annotations": []}

    def event(kind: str, **members: Any) -> _Event:
        return {"type": f"response.{kind}", "item_id": named("msg"), "output_index": 0, "content_index": 0, **members}

    yield _item("added", 0, _message(named("msg"), None))
    yield event("content_part.added", part=part)
    yield event("output_text.delta", delta="Hel", logprobs=[])
    yield event("output_text.delta", delta="lo", logprobs=[])
    yield event("output_text.done", text="Hello", logprobs=[])
    yield event("content_part.done", part={**part, "text": "Hello"})
    yield _item("done", 0, _message(named("msg"), "Hello"))


def _calling(named: Callable[[str], str]) -> Iterator[_Event]:
    """A function call of output index 1: added, in pieces, done."""

    def event(kind: str, **members: Any) -> _Event:
        kind = f"response.function_call_arguments.{kind}"
        return {"type": kind, "item_id": named("fc"), "output_index": 1, **members}

    yield _item("added", 1, _function(named("fc"), ""))
    yield event("delta", delta=_ARGUMENTS[:8])
    yield event("delta", delta=_ARGUMENTS[8:])
    yield event("done", arguments=_ARGUMENTS, name="weather")
    yield _item("done", 1, _function(named("fc"), _ARGUMENTS))


def _item(kind: str, index: int, item: dict[str, Any]) -> _Event:
    return {"type": f"response.output_item.{kind}", "output_index": index, "item": item}


def _begin() -> list[_Event]:
    response = _response("in_progress", [])
    return [{"type": f"response.{kind}", "response": response} for kind in ("created", "in_progress")]


def _end(status: str, output: list[Any], **members: Any) -> _Event:
    return {"type": f"response.{status}", "response": _response(status, output, **{"usage": _USAGE, **members})}


def _wire(*events: _Event) -> bytes:
    """As events, numbered and named."""
    numbered = [{**event, "sequence_number": number} for number, event in enumerate(events)]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in numbered).encode()


def _both(named: Callable[[str], str]) -> list[_Event]:
    return [*_begin(), *_text(named), *_calling(named)]


def _output(named: Callable[[str], str]) -> list[Any]:
    return [_message(named("msg"), "Hello"), _function(named("fc"), _ARGUMENTS)]


def _case(name: str, source: str, about: About, body: bytes, right: Result) -> Case:
    return Case("openai-responses", name, source, about, body, right)


_RIGHT = one("Hello", "completed", _RIGHT_CALL, tokens=(9, 4))
_TURNING = _rotating()
_UNKNOWN = {"type": "response.mood.delta", "item_id": "mood_1", "output_index": 0, "delta": "sunny"}
_ERROR = {"code": "server_error", "message": "The model gave up"}
_DONE = [_message(_same("msg"), "Hello")]

CASES = [
    _case(
        "as OpenAI sends a text and a call",
        "OpenAI",
        "calls",
        _wire(*_both(_same), _end("completed", _output(_same))),
        _RIGHT,
    ),
    _case(
        "another item id in each event",
        "GitHub Copilot",
        "calls",
        _wire(*_both(_TURNING), _end("completed", _output(_TURNING))),
        _RIGHT,
    ),
    _case(
        "output [] in response.completed",
        "Codex's backend",
        "content",
        _wire(*_both(_same), _end("completed", [])),
        _RIGHT,
    ),
    _case(
        "an event of an unknown type",
        "OpenAI, each time it adds one",
        "content",
        _wire(*_begin(), *_text(_same), _UNKNOWN, _end("completed", _DONE)),
        one("Hello", "completed"),
    ),
    _case(
        "keepalive, and [DONE] at the end",
        "Codex's backend; OpenRouter",
        "content",
        _wire(*_begin(), {"type": "keepalive"}, *_text(_same), _end("completed", _DONE)) + b"data: [DONE]\n\n",
        one("Hello", "completed"),
    ),
    _case(
        "incomplete",
        "OpenAI: max_output_tokens",
        "finish",
        _wire(
            *_begin(),
            *_text(_same),
            _end("incomplete", _DONE, incomplete_details={"reason": "max_output_tokens"}),
        ),
        one("Hello", "max_output_tokens"),
    ),
    Case(
        *("openai-responses", "failed", "OpenAI", "end"),
        _wire(*_begin(), *_text(_same), _end("failed", _DONE, error=_ERROR, usage=None)),
        one("Hello", "failed"),
        end="error",
        words=_ERROR["message"],
    ),
    Case(
        *("openai-responses", "an error in the middle", "OpenAI", "end"),
        _wire(*_begin(), {"type": "error", "error": {**_ERROR, "type": "server_error", "param": None}}),
        one("", None),
        end="error",
        words=_ERROR["message"],
    ),
    Case(
        *("openai-responses", "cut off", "any connection", "end"),
        _wire(*_begin(), *_text(_same)),
        one("Hello", None),
        end="truncated",
    ),
]
