"""Anthropic's messages as they are really streamed."""

from __future__ import annotations

import json
from typing import Any

from tests.merging.case import Call, Case, one


def _event(kind: str, **members: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()


def _start(**usage: Any) -> bytes:
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 1, **usage},
    }
    return _event("message_start", message=message)


def _block(index: int, block: dict[str, Any], *deltas: dict[str, Any]) -> bytes:
    pieces = [_event("content_block_delta", index=index, delta=delta) for delta in deltas]
    begin = _event("content_block_start", index=index, content_block=block)
    return b"".join([begin, *pieces, _event("content_block_stop", index=index)])


def _text(index: int) -> bytes:
    """A block that says hello."""
    return _block(index, {"type": "text", "text": ""}, _HEL, _LO)


_HEL, _LO = ({"type": "text_delta", "text": text} for text in ("Hel", "lo"))


def _tool(index: int, *pieces: str, **given: Any) -> bytes:
    block = {"type": "tool_use", "id": "toolu_01A7KqPz", "name": "weather", "input": given}
    return _block(index, block, *({"type": "input_json_delta", "partial_json": piece} for piece in pieces))


def _delta(reason: str | None = "end_turn", **usage: Any) -> bytes:
    delta = {"stop_reason": reason, "stop_sequence": None}
    return _event("message_delta", delta=delta, usage={"output_tokens": 4, **usage})


_STOP = _event("message_stop")
_END = _delta() + _STOP
_TOOL_END = _delta("tool_use") + _STOP
_HELLO = _text(0)
_PIECES = ("", '{"city":', '"Oslo"}')
_CALL = Call("toolu_01A7KqPz", "weather", '{"city":"Oslo"}')
_COMPACTION = {"type": "compaction", "content": None}
_WIDGET = {"type": "widget_result", "widget": {"n": 1}}
_ERROR = {"type": "overloaded_error", "message": "Overloaded just now"}

CASES = [
    Case(
        *("anthropic", "as Anthropic sends a text and a call", "Anthropic", "calls"),
        _start() + _HELLO + _tool(1, *_PIECES) + _TOOL_END,
        one("Hello", "tool_use", _CALL, tokens=(9, 4)),
    ),
    Case(
        *("anthropic", "ping first", "Anthropic", "content"),
        _event("ping") + _start() + _HELLO + _END,
        one("Hello", "end_turn"),
    ),
    Case(
        *("anthropic", "an index is left out", "[rules](dialects.md)", "calls"),
        _start() + _HELLO + _tool(2, *_PIECES) + _TOOL_END,
        one("Hello", "tool_use", _CALL),
    ),
    Case(
        *("anthropic", "a block of an unknown type", "Anthropic, each time it adds one", "members"),
        _start() + _block(0, _WIDGET) + _text(1) + _END,
        one("Hello", "end_turn", widget_result={"widget": {"n": 1}}),
    ),
    Case(
        *("anthropic", "a delta of an unknown type", "Anthropic, each time it adds one", "content"),
        _start() + _block(0, {"type": "text", "text": ""}, _HEL, {"type": "mood_delta", "mood": "sunny"}, _LO) + _END,
        one("Hello", "end_turn"),
    ),
    Case(
        *("anthropic", "input only in the block's start", "Anthropic's programmatic tool calls", "calls"),
        _start() + _tool(0, city="Oslo") + _TOOL_END,
        one("", "tool_use", _CALL),
    ),
    Case(
        *("anthropic", "usage null in message_delta", "[rules](dialects.md)", "tokens"),
        _start() + _HELLO + _delta(input_tokens=None) + _STOP,
        one("Hello", "end_turn", tokens=(9, 4)),
    ),
    Case(
        *("anthropic", "usage so far in two message_deltas", "Anthropic", "tokens"),
        _start() + _HELLO + _delta(None, output_tokens=2) + _END,
        one("Hello", "end_turn", tokens=(9, 4)),
    ),
    Case(
        *("anthropic", "compaction", "Anthropic's beta", "members"),
        _start() + _block(0, _COMPACTION, {"type": "compaction_delta", "content": "They said hi."}) + _text(1) + _END,
        one("Hello", "end_turn", compaction={"content": "They said hi."}),
    ),
    Case(
        *("anthropic", "an error in the middle", "Anthropic under load", "end"),
        _start() + _event("error", error=_ERROR),
        one("", None),
        end="error",
        words=_ERROR["message"],
    ),
    Case(
        *("anthropic", "cut off", "any connection", "end"),
        _start() + _HELLO,
        one("Hello", None),
        end="truncated",
    ),
]
