"""What `to_dict` gives is what the providers' own packages have: their models take it, their own accumulation is equal.

Where a model refuses something, the recorded stream itself says it so: each such place is counted and explained.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from anthropic.lib.streaming import _beta_messages as anthropic_streaming
from anthropic.types import Message
from cohere import V2ChatResponse
from google.genai.types import GenerateContentResponse
from openai.types import Completion
from openai.types.beta.threads import Message as ThreadMessage
from openai.types.beta.threads import Run
from openai.types.beta.threads.runs import RunStep
from openai.types.responses import Response
from pydantic import BaseModel, ValidationError

from tests.reference.calls import is_json
from tests.reference.events import Event, split_stream
from tests.support.dialect_cases import DIALECTS, Recording, observe, recorded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Json = Any
Object = dict[str, Any]

ABSENT = "<absent>"


def payloads(recording: Recording) -> list[Object]:
    """Give the payloads of an event stream, without the sentinel and what is no JSON."""
    events = [item for item in split_stream(recording.body) if isinstance(item, Event)]
    return [json.loads(event.data) for event in events if event.data.startswith("{") and is_json(event.data)]


def object_of(recording: Recording) -> Object:
    """Give what `to_dict` gives for a recording."""
    name = recording.dialect.removesuffix("-ndjson").removesuffix("-json-array")
    assert name in DIALECTS
    return observe(recording.body, name).to_dict()


def refused(model: type[BaseModel], made: Object) -> set[str]:
    """Give where a model refuses an object: the member at the top, and the type of an item in a list of them."""
    try:
        model.model_validate(made)
    except ValidationError as error:
        return {place_of(one["loc"], made) for one in error.errors()}
    return set()


def place_of(location: tuple[int | str, ...], made: Object) -> str:
    name = str(location[0])
    if name in ("content", "output") and len(location) > 1:
        return f"{name}: {made[name][location[1]].get('type')}"
    return name


def all_refused(model: type[BaseModel], recordings: list[Recording]) -> Counter[str]:
    return Counter(place for recording in recordings for place in refused(model, object_of(recording)))


def differences(theirs: Json, ours: Json, path: str = "") -> Iterator[tuple[str, Json, Json]]:
    """Give the places where two JSON values differ, and what is there."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in theirs.keys() | ours.keys():
            yield from differences(theirs.get(key, ABSENT), ours.get(key, ABSENT), f"{path}.{key}")
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for place, (their, our) in enumerate(zip(theirs, ours, strict=True)):
            yield from differences(their, our, f"{path}[{place}]")
    elif type(theirs) is not type(ours) or theirs != ours:
        yield path, theirs, ours


# OpenAI


def test_openais_completion(recordings: Path) -> None:
    assert not all_refused(Completion, recorded(recordings, "openai-completions"))


def test_openais_response(recordings: Path) -> None:
    """What it refuses is the streams' own: see the next test."""
    found = all_refused(Response, recorded(recordings, "openai-responses"))
    assert found == {
        "usage": 218,  # recorded before `cache_write_tokens`
        "parallel_tool_calls": 4,  # made by hand, without what the request said
        "tool_choice": 4,
        "tools": 5,  # and one of xAI's own tools
        "output: message": 2,  # a citation of xAI's, and text without `annotations`
        "error": 1,  # an error code that the model does not list
        "service_tier": 1,  # a tier that OpenAI does not have
        "id": 1,  # a stream without its start
        "created_at": 1,
        "model": 1,
    }


def test_a_response_is_what_its_terminal_says(recordings: Path) -> None:
    """And where its terminal leaves out the output: what the items were when they were done."""
    rebuilt, without = 0, []
    for recording in recorded(recordings, "openai-responses"):
        found = payloads(recording)
        terminal = next((one["response"] for one in found if is_terminal(one)), None)
        if terminal is None:
            without.append(recording.name)
            continue
        if not terminal.get("output"):
            done = {one["output_index"]: one["item"] for one in found if one["type"] == "response.output_item.done"}
            terminal["output"] = [item for _, item in sorted(done.items())]
            rebuilt += 1
        assert object_of(recording) == terminal, recording.name
    assert rebuilt == 22
    assert without == ["openai/parallel-tool-call-wrapper.1.0-1e1b9727.sse"]


def is_terminal(payload: Object) -> bool:
    return payload.get("type") in {f"response.{end}" for end in ("completed", "incomplete", "failed", "cancelled")}


def test_openais_assistants(recordings: Path) -> None:
    found = [object_of(recording) for recording in recorded(recordings, "openai-assistants")]
    runs = Counter(place for one in found for place in refused(Run, one["run"]))
    # Recorded before the one, and an assistant without the other.
    assert runs == {"parallel_tool_calls": 3, "instructions": 1}
    assert not [step for one in found for step in one["steps"] if refused(RunStep, step)]
    assert not [message for one in found for message in one["messages"] if refused(ThreadMessage, message)]
    assert all(one["messages"] for one in found)


# Anthropic

ONLY_WE_KEEP = ".usage."
"""What `message_delta` says of it, beyond the members that the package knows, only we lay over the message."""

THE_PACKAGE_IS_WRONG = {
    # It sets what the one delta of a compaction does not have.
    "anthropic/test_anthropic_compaction_usage_with_cache_streaming.0-abe6694e.sse": {".content[0].encrypted_content"},
    "anthropic/anthropic-compaction.1.0-5a9046d1.sse": {".content[0].encrypted_content"},
    # It drops the string that the input breaks off in, and we keep what is certain of it.
    "anthropic/incomplete_partial_json_response.0-e0e79ee1.sse": {".content[1].input.lines_of_text"},
    # It writes the blocks of a second message_start into those of the first.
    "anthropic/spliced-message-start.0-a4c321a2.sse": {
        *(".content[0].thinking", ".content[0].signature", ".content[1].input.value"),
        *(".content[2].thinking", ".content[2].signature", ".content[3].input.value"),
    },
}


def test_anthropics_message(recordings: Path) -> None:
    found = all_refused(Message, recorded(recordings, "anthropic"))
    assert found == {
        "usage": 8,  # recorded before `web_fetch_requests`
        "content: compaction": 3,  # blocks of the beta, which this model does not have
        "content: fallback": 2,
        "content: advisor_tool_result": 3,
        "content: server_tool_use": 3,  # named "advisor"
        "content: mcp_tool_use": 1,
        "content: mcp_tool_result": 1,
    }


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_anthropics_own_accumulation(recordings: Path) -> None:
    wrong = {}
    for recording in recorded(recordings, "anthropic"):
        found = {
            path: theirs
            for path, theirs, _ in differences(accumulated_by_anthropic(recording), object_of(recording))
            if not (theirs == ABSENT and path.startswith(ONLY_WE_KEEP))
        }
        # The package sets it, whether or not the stream has it.
        assert found.pop(".stop_details", None) is None, recording.name
        if found:
            wrong[recording.name] = set(found)
    assert wrong == THE_PACKAGE_IS_WRONG


def accumulated_by_anthropic(recording: Recording) -> Object:
    """Give the message that the package's own streams put together, with its beta, up to the first terminal."""
    snapshot: Any = None
    headers: Any = {}
    buffers: dict[int, bytes] = {}
    for payload in payloads(recording):
        if payload["type"] == "message_stop":
            break
        if payload["type"] not in ("ping", "error"):
            event: Any = payload
            snapshot = anthropic_streaming.accumulate_event(
                event=event, current_snapshot=snapshot, json_bufs=buffers, request_headers=headers
            )
    made: Object = snapshot.to_dict(mode="json")
    return made


# Google


def without_service_tier(made: Object) -> Object:
    """Drop the one member that the model forbids, though the API sends it."""
    made.get("usageMetadata", {}).pop("serviceTier", None)
    return made


def has_numbers_for_enums(made: Object) -> bool:
    """Whether a finish reason is a number, which the model fails at: recorded from a client that asked for that."""
    return any(isinstance(one.get("finishReason"), int) for one in made.get("candidates", []))


def test_googles_response(recordings: Path) -> None:
    numbers, broken = 0, []
    for recording in recorded(recordings, "gemini", "gemini-json-array"):
        made = without_service_tier(object_of(recording))
        if has_numbers_for_enums(made):
            numbers += 1
        elif refused(GenerateContentResponse, made):
            broken.append(recording.name)
        else:
            assert_same_to_google(GenerateContentResponse.model_validate(made), recording)
    assert numbers == 4
    assert broken == ["google-gemini/stream-with-tools-1.0-69e5f453.sse"]  # its signature is no base64


def assert_same_to_google(response: GenerateContentResponse, recording: Recording) -> None:
    """Read texts and calls through the package's model: they are those of the snapshot."""
    choices = observe(recording.body, "gemini").choices
    parts = [part for one in response.candidates or [] if one.content for part in one.content.parts or []]
    text = "".join(part.text or "" for part in parts if not part.thought)
    reasoning = "".join(part.text or "" for part in parts if part.thought)
    calls = [(part.function_call.name, part.function_call.args or {}) for part in parts if part.function_call]
    assert text == "".join(choice.content or "" for choice in choices)
    assert reasoning == "".join(choice.reasoning or "" for choice in choices)
    assert calls == [(call.name, call.parse()) for choice in choices for call in choice.tool_calls]


# Cohere


def test_coheres_response(recordings: Path) -> None:
    for recording in recorded(recordings, "cohere-v2"):
        made = object_of(recording)
        assert not refused(V2ChatResponse, made), recording.name
        response = V2ChatResponse.model_validate(made)
        texts = [getattr(one, "text", None) or "" for one in response.message.content or []]
        assert "".join(texts) == observe(recording.body, "cohere-v2").text, recording.name
