"""What holds of every stream, whatever its dialect, and needs no reference to tell: of all cases and all recordings.

1. The deltas of a text join to the text, those of a call's arguments to the arguments.
2. The provider's own object has the same text.
3. No text is told twice: it is not one text and then the same again.
4. The arguments of a stream that closed well are JSON, unless its finish reason says that they were cut off.
5. A stream that closed well told something.

What is listed as an exception has to be one: where it no longer is, it is no exception.
"""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.accumulate.test_dialects_recordings import NO_DIALECT, RECORDED
from tests.support.chat_cases import Object, body_of
from tests.support.dialect_cases import TEXTS, Told, accumulate, recorded, texts_told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATA = Path(__file__).parents[1] / "data"
NO_STREAMS_OF_PAYLOADS = {"framing", "usage"}
OTHERWISE_NAMED = {"chat": "openai-chat", "found": None}


class Stream(NamedTuple):
    """One body, and the dialect that it is named as; None: it has to be found."""

    name: str
    body: bytes
    dialect: str | None


def corpora() -> Iterator[Stream]:
    """Give every case of tests/data that is a stream of payloads."""
    for path in sorted(DATA.glob("*.json")):
        if path.stem not in NO_STREAMS_OF_PAYLOADS:
            dialect = OTHERWISE_NAMED.get(path.stem, path.stem)
            rows = json.loads(path.read_text("utf-8"))
            yield from (Stream(f"{path.stem}: {row['name']}", body_of(row), dialect) for row in rows)


STREAMS = list(corpora())
each_stream = pytest.mark.parametrize("stream", STREAMS, ids=[stream.name for stream in STREAMS])

# Exceptions, each with its reason

OTHER_TEXT_IN_THE_OBJECT = {
    "chat: a whole message that says something else",
    "openai-responses: the terminal contradicts the pieces",
    "openai-responses: a whole that contradicts, and a longer one",
    "openai-responses: a whole that contradicts, under another index",
    "anthropic: a whole message that says something else than the pieces",
    "openai-responses: a stream resumed in the middle",
    "recorded: openai/openai-shell-container.1.0-e293d81d.sse",
    "vercel-ui: reset-step",
    "vercel-ui: a reset behind a whole message",
    "vercel-ui: a whole message that says something else",
    "vercel-ui: another text at its end",
    "vercel-ui: several parts of text",
    "anthropic: a delta of another kind than its block",
    "ag-ui: an answer that stands in a snapshot alone",
    "ag-ui: a history and then pieces",
    "ag-ui: a snapshot with a list of parts",
    "ag-ui: the whole text behind its pieces, as a message",
}
"""The whole says something else than the pieces, or the object has no place for some of them."""

IN_ANOTHER_ORDER = {
    "ag-ui: two messages interleaved",
    "ag-ui: two messages in snake case, interleaved",
    "openai-responses: numbers for ids",
    "openai-responses: interleaved messages, told apart by their id",
    "openai-responses: interleaved messages, told apart by their index",
    "openai-responses: interleaved parts",
    "openai-responses: interleaved parts, cut off",
    "openai-responses: one message's text is the beginning of the other's",
    "openai-responses: the terminal has two messages in another order, without ids",
}
"""Texts are told as they come; the object has them in the order of its items and parts."""

SAID_TWICE = {
    "ag-ui: a message like the one before",
    "ag-ui: a message like the one before a call",
    "ag-ui: a piece that is like the one before",
    "gemini: a piece that is like the one before",
    "openai-responses: an announced part, then another one",
    "openai-responses: two messages that say the same",
    "openai-responses: two reasoning items that say the same",
    "ollama: a piece that is like the ones before",
    "openai-completions: all of the text again",
    "openai-completions: all of the text again, before the end",
    "recorded: azure-openai/chat_completion_streaming_multiple_function_calls_test_async_filter_re.0-3be1986a.sse",
    "recorded: azure-openai/chat_completion_streaming_multiple_function_calls_test_response.0-2bff2495.sse",
    "recorded: openai/filters_chatclient_streaming_multiple_function_calls_test_response.0-8c0ad6cf.sse",
}
"""A piece says all of the text again, and nothing tells it from new text."""

NO_JSON = {
    "chat: complete arguments, then others in pieces",
    "chat: half an emoji at the end of arguments",
    "chat: openrouter truncated arguments",
    "chat: several objects under one index",
    "recorded: anthropic/spliced-message-start.0-a4c321a2.sse",
    "recorded: azure-openai/chat_completion_streaming_multiple_function_calls_test_async_filter_re.0-3be1986a.sse",
    "recorded: azure-openai/chat_completion_streaming_multiple_function_calls_test_response.0-2bff2495.sse",
    "recorded: openrouter/streaming_gpt41_low_agent.0-c5f7b1a0.sse",
    "recorded: openrouter/streaming_gpt4o_mid_agent.0-e4a612c6.sse",
    "ollama: arguments that are no JSON",
    "vercel-ui: an input that is wrong",
    "vercel-ui: input that is text",
}
"""The provider sent arguments that are none."""

NOTHING_TOLD = {"anthropic: only the terminal", "chat: only the sentinel", "found: only the sentinel"}
"""The stream has nothing but its end."""

CUT_OFF = {"length", "max_tokens", "max_output_tokens"}
"""Finish reasons that say that the provider stopped in the middle."""

SHORTEST = 3
"""A text of so few characters may be the same twice by chance."""


# What a stream gave


def result_of(stream: Stream) -> Object:
    return accumulate([stream.body], stream.dialect).result


def arguments_told(deltas: list[Told]) -> dict[tuple[int, int], str]:
    """Join the arguments by choice and call."""
    arguments: dict[tuple[int, int], str] = {}
    for kind, *place, piece in deltas:
        if kind == "tool_call":
            key = (place[0], place[1])
            arguments[key] = arguments.get(key, "") + piece
    return arguments


def joins(result: Object) -> bool:
    """Whether the deltas join to what the snapshot has."""
    for kind, field in TEXTS.items():
        texts = {choice["index"]: choice[field] for choice in result["choices"] if choice[field]}
        if {choice: text for choice, text in texts_told(result["deltas"], kind).items() if text} != texts:
            return False
    calls = {
        (choice["index"], place): call["arguments"]
        for choice in result["choices"]
        for place, call in enumerate(choice["tool_calls"])
    }
    return arguments_told(result["deltas"]) == calls


def has_its_texts(result: Object) -> bool:
    """Whether the provider's object has the text of each choice, as far as it is known where it stands."""
    if result["dialect"] not in TEXT_OF:
        return True
    texts = TEXT_OF[result["dialect"]](result["object"])
    told = {choice["index"]: choice["content"] for choice in result["choices"] if choice["content"]}
    return {place: text for place, text in texts.items() if text} == told


def is_told_once(result: Object) -> bool:
    """Whether no text is one text and then the same again."""
    texts = [choice[field] or "" for choice in result["choices"] for field in TEXTS.values()]
    return not any(len(text) >= SHORTEST and text[: len(text) // 2] * 2 == text for text in texts)


def has_json_arguments(result: Object) -> bool:
    whole = [choice for choice in result["choices"] if choice["finish_reason"] not in CUT_OFF]
    calls = [call for choice in whole for call in choice["tool_calls"] if call["type"] != "custom"]
    return not result["complete"] or all(is_json(call["arguments"] or "{}") for call in calls)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def told_something(result: Object) -> bool:
    return not result["complete"] or result["deltas"] != []


# Where the objects have their texts


def members(items: Any, **wanted: Any) -> Iterator[Object]:
    """Give the objects of a list whose members are as wanted."""
    for item in items or []:
        if isinstance(item, dict) and all(item.get(key) == value for key, value in wanted.items()):
            yield item


def joined(items: Any) -> str:
    return "".join(item for item in items if isinstance(item, str))


def of_responses(found: Object) -> dict[int, str]:
    """Read messages in every form that the stream may have: without a type, with one part or a string for a list."""
    messages = [item for item in members(found.get("output")) if item.get("type", "message") == "message"]
    contents = [item.get("content") or [] for item in messages]
    parts = chain.from_iterable(content if isinstance(content, list) else [content] for content in contents)
    return {0: joined(part.get("text") if isinstance(part, dict) else part for part in parts)}


def of_gemini(found: Object) -> dict[int, str]:
    def text(candidate: Object) -> str:
        parts = (candidate.get("content") or {}).get("parts")
        return joined(part.get("text") for part in members(parts) if part.get("thought") in (None, False, "false"))

    return {one.get("index", place): text(one) for place, one in enumerate(members(found.get("candidates")))}


def of_ag_ui(found: Object) -> dict[int, str]:
    others = {"user", "tool", "reasoning", "system", "developer", "activity"}
    return {0: joined(one.get("content") for one in found["messages"] if one.get("role") not in others)}


TEXT_OF: dict[str | None, Callable[[Object], dict[int, str]]] = {
    "openai-chat": lambda found: {one["index"]: one["message"]["content"] or "" for one in found["choices"]},
    "openai-completions": lambda found: {one["index"]: one["text"] for one in found["choices"]},
    "openai-responses": of_responses,
    "anthropic": lambda found: {0: joined(one.get("text") for one in members(found["content"], type="text"))},
    "gemini": of_gemini,
    "vercel-ui": lambda found: {0: joined(one.get("text") for one in members(found["parts"], type="text"))},
    "ag-ui": of_ag_ui,
}


INVARIANTS: dict[str, tuple[Callable[[Object], bool], set[str]]] = {
    "deltas join to the snapshot": (joins, set()),
    "the object has the text": (has_its_texts, OTHER_TEXT_IN_THE_OBJECT | IN_ANOTHER_ORDER),
    "a text is told once": (is_told_once, SAID_TWICE),
    "arguments are JSON": (has_json_arguments, NO_JSON),
    "something was told": (told_something, NOTHING_TOLD),
}
each_invariant = pytest.mark.parametrize("invariant", INVARIANTS)


def holds(invariant: str, stream: Stream, result: Object) -> bool:
    """Whether an invariant holds of a stream, or is known not to."""
    check, exceptions = INVARIANTS[invariant]
    return check(result | {"dialect": stream.dialect}) is (stream.name not in exceptions)


@each_stream
@each_invariant
def test_of_every_case(stream: Stream, invariant: str) -> None:
    assert holds(invariant, stream, result_of(stream))


def test_exceptions_are_of_streams_that_there_are() -> None:
    names = {stream.name for stream in STREAMS}
    exceptions = set().union(*(known for _, known in INVARIANTS.values()))
    assert {name for name in exceptions if not name.startswith("recorded: ")} <= names


@pytest.mark.parametrize("kind", [*RECORDED, "openai-chat", *NO_DIALECT])
def test_of_every_recording(recordings: Path, kind: str) -> None:
    """A recording is named by its dialect; what is of no dialect has only to tell something, and to tell it once."""
    dialect = RECORDED[kind][0] if kind in RECORDED else kind if kind not in NO_DIALECT else None
    broken = []
    for recording in recorded(recordings, kind):
        stream = Stream(f"recorded: {recording.name}", recording.body, dialect)
        result = result_of(stream)
        broken += [(name, stream.name) for name in INVARIANTS if not holds(name, stream, result)]
    assert broken == []
