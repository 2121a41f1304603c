"""`ssewire.integrations.anthropic`: an accelerated client beside one as it is, over real sockets."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from anthropic import Anthropic, AnthropicBedrock, AnthropicVertex, AsyncAnthropic
from ssewire.integrations._decoder import Decoder
from ssewire.integrations.anthropic import accelerate
from ssewire.replay import ReplayServer

from tests.support.sdk_objects import CUTS, aassert_equal, assert_equal, differences, outcome, recorded, state

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ASK: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


def make(url: str) -> Anthropic:
    return Anthropic(api_key="-", base_url=url, max_retries=0)


def amake(url: str) -> AsyncAnthropic:
    return AsyncAnthropic(api_key="-", base_url=url, max_retries=0)


def messages(client: Any) -> Any:
    return client.messages.create(**ASK, stream=True)


def beta(client: Any) -> Any:
    return client.beta.messages.create(**ASK, stream=True)


def event(payload: Any, name: str | None = None) -> bytes:
    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    name = str(payload["type"]) if name is None else name
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()


def delta(index: Any = 0, /, **content: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": content}


def block(index: int = 0, /, **content: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": content}


START = {
    "type": "message_start",
    "message": {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 5, "output_tokens": 1, "service_tier": "standard", "more": {"a": 1}},
    },
}
END = [
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 9},
    },
    {"type": "message_stop"},
]
LOCATION = {"type": "char_location", "cited_text": "c", "document_index": 0, "document_title": None,
            "start_char_index": 0, "end_char_index": 1, "file_id": None}  # fmt: skip
USUAL = [
    START,
    block(type="thinking", thinking="", signature=""),
    {"type": "ping"},
    delta(type="thinking_delta", thinking="So"),
    delta(type="signature_delta", signature="s"),
    {"type": "content_block_stop", "index": 0},
    block(1, type="text", text="", citations=None),
    delta(1, type="text_delta", text="Grüße 🙂 \u2028"),
    delta(1, type="text_delta", text="error"),
    delta(1, type="citations_delta", citation=LOCATION),
    {"type": "content_block_stop", "index": 1},
    block(2, type="tool_use", id="t", name="f", input={}),
    delta(2, type="input_json_delta", partial_json='{"a": '),
    delta(2, type="input_json_delta", partial_json="1}"),
    {"type": "content_block_stop", "index": 2},
    *END,
]
DELTA = "content_block_delta"
ODD: list[tuple[Any, str | None]] = [
    (delta(type="text_delta", text=3), None),
    (delta(type="text_delta", text="a", extra={"b": [1.0, None]}), None),
    (delta(type="unheard_of", text="a"), None),
    (delta(), None),
    (delta("1", type="text_delta", text="a"), None),
    ({**delta(type="text_delta", text="a"), "index": True}, None),
    ({**delta(type="text_delta", text="a"), "delta": None, "more": 1}, None),
    (delta(type="citations_delta", citation={**LOCATION, "type": "unheard_of"}), None),
    (delta(type="text_delta", text="under another name"), "message_stop"),
    (delta(type="text_delta", text="under an unknown name"), "unheard_of"),
    (delta(type="text_delta", text="without a name"), ""),
    ({"type": "unheard_of"}, None),
    ({"type": 5}, None),
    ({}, "message_stop"),
    (block(type="text", text="a", citations=[LOCATION, {"type": "unheard_of"}]), None),
    (block(type="server_tool_use", id="s", name="web_search", input={"a": 1}, caller={"type": "direct"}), None),
    ('{"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "\\ud83d"}}', DELTA),
    ('{"type": "content_block_delta", "index": 123456789012345678901234567890, "index": 2}', DELTA),
    ("[1]", "message_stop"),
    ("1", "message_stop"),
    ("null", "message_stop"),
]  # fmt: skip


def whole(payloads: Iterable[Any]) -> bytes:
    return b"".join(map(event, payloads))


ODDLY = b"".join(event(payload, name) for payload, name in ODD)
STREAMS: dict[str, tuple[Any, bytes]] = {
    "messages": (messages, whole(USUAL)),
    "odd messages": (messages, event(START) + ODDLY + whole(END)),
    "beta messages": (beta, whole(USUAL)),
    "odd beta messages": (beta, ODDLY),
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", STREAMS)
def test_events_are_what_the_package_builds(name: str, cut: str) -> None:
    ask, stream = STREAMS[name]
    [(events, error)] = assert_equal(make, accelerate, ask, [stream], **CUTS[cut])
    assert len(events) >= 2
    assert error is None


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", STREAMS)
def test_events_are_what_the_package_builds_asynchronously(name: str, cut: str) -> None:
    ask, stream = STREAMS[name]
    asyncio.run(aassert_equal(amake, accelerate, ask, [stream], **CUTS[cut]))


@pytest.mark.parametrize("number", range(len(ODD)))
def test_each_odd_payload_alone_and_after_usual_ones(number: int) -> None:
    odd = event(*ODD[number])
    assert_equal(make, accelerate, messages, [odd, whole(USUAL) + odd + whole(USUAL), odd + odd])


def test_events_are_built_natively(monkeypatch: pytest.MonkeyPatch) -> None:
    with ReplayServer([whole(USUAL)]) as server, accelerate(make(server.url)) as client:
        expected = outcome(lambda: messages(client))
        assert outcome(lambda: messages(client)) == expected
        # Nothing of what follows may be the package's own work.
        monkeypatch.setattr("anthropic._base_client.construct_type", None)
        assert outcome(lambda: messages(client)) == expected


ERRORS = {
    "an error": event(START) + event({"type": "error", "error": {"type": "overloaded_error", "message": "m"}}),
    "an error that is no JSON": event(START) + event("text", "error"),
    "an error without data": event(START) + b"event: error\n\n",
    "an error without an object": event(START) + event("[1]", "error"),
    "no JSON": event(START) + event("text", "message_stop") + event(START),
    "no JSON object": event(START) + event('{"type": ', "message_stop"),
    "nothing": b"",
    "HTML": b"<!DOCTYPE html>",
    "no end": event(START),
    "cut off inside an event": event(START) + event(START)[:-20],
}


@pytest.mark.parametrize("name", ERRORS)
def test_ends_and_errors_are_those_of_the_package(name: str) -> None:
    assert_equal(make, accelerate, messages, [ERRORS[name]])
    asyncio.run(aassert_equal(amake, accelerate, messages, [ERRORS[name]]))


def test_a_connection_that_breaks_raises_what_the_package_raises() -> None:
    [(events, error)] = assert_equal(make, accelerate, messages, [whole(USUAL)], drop_after=2)
    assert len(events) == 2
    assert error is not None


def test_a_refused_request_raises_what_the_package_raises() -> None:
    refusal = b'{"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}'
    [(_, error)] = assert_equal(make, accelerate, messages, [b""], fail=(429, refusal))
    assert error[0] is anthropic.RateLimitError


TEXT = [event(delta(type="text_delta", text=text)) for text in "éb"]
SURVIVED = {
    "a byte order mark": b"\xef\xbb\xbf" + TEXT[0] + TEXT[1],
    "an id, a retry and a comment": b"id: 1\n\n" + TEXT[0] + b"retry: 3\n\n: keep-alive\n\n" + TEXT[1],
    "an unterminated last event": TEXT[0] + TEXT[1][:-2],
    "half an unterminated last event": TEXT[0] + TEXT[1] + TEXT[1][:-9],
}


@pytest.mark.parametrize("name", SURVIVED)
def test_what_is_no_event_is_survived(name: str) -> None:
    with ReplayServer([TEXT[0] + TEXT[1], SURVIVED[name]]) as server, accelerate(make(server.url)) as client:
        expected = outcome(lambda: messages(client))
        assert outcome(lambda: messages(client)) == expected
    assert len(expected[0]) == 2


def test_invalid_bytes_are_replaced() -> None:
    with ReplayServer([TEXT[0].replace("é".encode(), b"\xff")]) as server, accelerate(make(server.url)) as client:
        assert [given.delta.text for given in messages(client)] == ["\ufffd"]


def test_an_event_named_message_is_named() -> None:
    assert_equal(make, accelerate, messages, [event(START, "message")])


def helped(client: Anthropic) -> Iterable[Any]:
    with client.messages.stream(**ASK) as stream:
        yield from stream
        yield stream.get_final_message()


def raw(client: Anthropic) -> Iterable[Any]:
    yield from client.messages.with_raw_response.create(**ASK, stream=True).parse()
    with client.messages.with_streaming_response.create(**ASK, stream=True) as response:
        yield from response.parse()


@pytest.mark.parametrize("ask", [helped, raw])
def test_other_ways_to_a_stream_give_the_same(ask: Any) -> None:
    [(events, error)] = assert_equal(make, accelerate, ask, [whole(USUAL)])
    assert error is None
    assert len(events) > len(USUAL)


def test_only_this_client_and_its_copies_change() -> None:
    with make("http://127.0.0.1:1") as client, make("http://127.0.0.1:1") as other:
        before = dict(vars(Anthropic))
        assert accelerate(client) is client
        assert accelerate(client) is client
        assert dict(vars(Anthropic)) == before
        assert "_make_sse_decoder" not in vars(other)
        for derived in (client, client.copy(), client.with_options(timeout=3), client.with_options().copy()):
            assert type(derived) is Anthropic
            assert isinstance(derived._make_sse_decoder(), Decoder)  # noqa: SLF001 - the seam


def test_copies_read_streams() -> None:
    with ReplayServer([whole(USUAL)]) as server, accelerate(make(server.url)) as client:
        expected = outcome(lambda: messages(client))
        assert outcome(lambda: messages(client.with_options(max_retries=1))) == expected


def test_a_client_that_frames_otherwise_keeps_its_framing() -> None:
    bedrock = accelerate(AnthropicBedrock(aws_region="r", api_key="-"))
    assert "_make_sse_decoder" not in vars(bedrock)
    vertex = accelerate(AnthropicVertex(region="r", project_id="p", access_token="-"))  # noqa: S106 - none
    assert isinstance(vertex._make_sse_decoder(), Decoder)  # noqa: SLF001 - the seam


def test_only_clients_are_accepted() -> None:
    with pytest.raises(TypeError, match="expected a client of the anthropic package, got object"):
        accelerate(object())  # type: ignore[type-var]


def test_events_can_be_copied_and_pickled() -> None:
    with ReplayServer([whole(USUAL)]) as server, accelerate(make(server.url)) as client:
        list(messages(client))
        for given in messages(client):
            for twin in (copy.copy(given), copy.deepcopy(given), pickle.loads(pickle.dumps(given))):  # noqa: S301 - ours
                assert state(twin) == state(given)


def test_recordings_give_what_the_package_gives(recordings: Path) -> None:
    bodies = recorded(recordings, "anthropic")
    found = differences(make, accelerate, messages, bodies)
    for name, (plain, fast) in found.items():
        # The package loses a last event that lacks its blank line; nothing else differs.
        assert not bodies[name].endswith((b"\n\n", b"\r\n\r\n"))
        assert fast == ([*plain[0], fast[0][-1]], None)
    assert all(fast[0][-1][0].__name__ == "RawMessageStopEvent" for _, fast in found.values())
