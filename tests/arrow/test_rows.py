"""A row, the slow way: what `collect` gives, and what it raises, of any body."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import ssewire
from ssewire._rows import row, row_with_object

if TYPE_CHECKING:
    from pathlib import Path

CHAT = (
    b'data: {"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
    b'data: {"id":"c1","model":"m","choices":[{"index":1,"delta":{"content":"Ho"}}]}\n\n'
    b'data: {"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","function":'
    b'{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}\n\n'
    b'data: {"id":"c1","choices":[{"index":1,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,'
    b'"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":5,"cache_write_tokens":1}}}\n\n'
    b"data: [DONE]\n\n"
)


def test_a_row_has_the_first_choice() -> None:
    assert row(CHAT) == {
        "dialect": "openai-chat",
        "complete": True,
        "text": "Hi",
        "reasoning": "",
        "refusal": None,
        "finish_reason": "tool_calls",
        "tool_calls": [{"id": "t", "name": "f", "arguments": "{}"}],
        "model": "m",
        "id": "c1",
        "usage": {"input": 7, "output": 3, "cached": 5, "cache_write": 1, "reasoning": None},
        "events": 5,
        "bytes": len(CHAT),
        "error": None,
    }


def test_the_object_has_every_choice() -> None:
    found = json.loads(row_with_object(CHAT)["object"] or "")
    assert found == ssewire.collect(CHAT).to_dict()
    assert [choice["message"]["content"] for choice in found["choices"]] == ["Hi", "Ho"]


@pytest.mark.parametrize(
    ("body", "exception", "kind", "code", "message"),
    [
        (None, "IncompleteStreamError", None, None, "the stream ended before its first event"),
        (b"", "IncompleteStreamError", None, None, "the stream ended before its first event"),
        (CHAT[:90], "IncompleteStreamError", None, None, "the stream ended before its terminal, after event 1"),
        (b"<html>", "ResponseError", None, None, 'expected an event stream, got an HTML page, which begins "<html>'),
        ('{"hello": "é"}', "ResponseError", None, None, 'expected an event stream, got a body, which begins "{'),
        (b'{"error":{"message":"busy","type":"t","code":429}}', "ProviderError", "t", "429", "busy"),
        (CHAT[:80] + b'data: {"error":{"message":"busy","code":"c"}}\n\n', "ProviderError", None, "c", "busy"),
        (b"data: " + b"x" * 2000, "EventTooLargeError", None, None, "event 1 is larger than the limit of 1000 bytes"),
    ],
)
def test_what_is_wrong_is_in_the_row(
    body: bytes | str | None, exception: str, kind: str | None, code: str | None, message: str
) -> None:
    found = row(body, max_event_size=1000)
    error = found["error"]
    assert error is not None
    assert not found["complete"]
    assert (error["exception"], error["type"], error["code"]) == (exception, kind, code)
    assert error["message"].startswith(message)


def test_what_came_before_an_error_is_kept() -> None:
    found = row(CHAT[:80] + b'data: {"error":{"message":"busy","status_code":503}}\n\n')
    assert (found["text"], found["events"]) == ("Hi", 2)
    assert found["error"] is not None
    assert found["error"]["status"] == 503


def test_text_is_read_as_its_utf_8() -> None:
    text = CHAT.decode().replace("Hi", "Grüße")
    assert row(text)["text"] == "Grüße"
    assert row(text)["bytes"] == len(text.encode())
    assert row(CHAT.decode().replace("Hi", "\ud800"))["text"] == "\ufffd" * 3


def test_nothing_was_recorded() -> None:
    assert row(None)["bytes"] is None
    assert row("")["bytes"] == 0
    assert row_with_object(None)["object"] is None


def test_counts_that_no_column_holds_are_not_known() -> None:
    body = CHAT.replace(b'"prompt_tokens":7', b'"prompt_tokens":%d' % 2**63)
    assert row(body)["usage"] == {"input": None, "output": 3, "cached": 5, "cache_write": 1, "reasoning": None}


def test_an_unknown_dialect_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="openai-chat"):
        row(CHAT, "no-such")  # type: ignore[arg-type]


def test_an_error_counts_more_than_a_limit_behind_it() -> None:
    """As it does where the body comes in pieces: the stream is over."""
    body = b'data: {"error":{"message":"busy"}}\n\ndata: ' + b"x" * 2000
    with pytest.raises(ssewire.ProviderError):
        ssewire.collect(body, max_event_size=1000)
    with pytest.raises(ssewire.ProviderError):
        ssewire.collect([body], max_event_size=1000)


def test_recordings_give_what_collect_gives(recordings: Path) -> None:
    files = [path for path in recordings.rglob("*.*") if path.parent != recordings]
    assert len(files) == 1744
    for path in files:
        body = path.read_bytes()
        found = row(body)
        try:
            snapshot: ssewire.Snapshot | None = ssewire.collect(body)
            error = None
        except ssewire.StreamError as problem:
            snapshot, error = problem.snapshot, problem
        assert found["complete"] == (error is None), path
        if error is not None:
            assert found["error"] is not None
            assert found["error"]["exception"] == type(error).__name__
            message = error.message if isinstance(error, ssewire.ProviderError) else str(error)
            assert found["error"]["message"] == message
        if snapshot is not None:
            calls = [(call.id, call.name, call.arguments) for call in snapshot.tool_calls]
            assert [tuple(call.values()) for call in found["tool_calls"]] == calls, path
            expected = (snapshot.dialect, snapshot.text, snapshot.reasoning, snapshot.finish_reason)
            assert (found["dialect"], found["text"], found["reasoning"], found["finish_reason"]) == expected, path
