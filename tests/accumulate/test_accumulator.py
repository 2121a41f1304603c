"""The deltas as values, and what an accumulator does beside giving them: dialect, errors, flush, close, limits."""

from __future__ import annotations

import copy
from typing import Any, get_args

import pytest
import ssewire
from ssewire import (
    Accumulator,
    EventTooLargeError,
    FinishDelta,
    IncompleteStreamError,
    OtherDelta,
    ProviderError,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)

from tests.support.chat_cases import BIG, DONE, RICH, USAGE, chunk, delta, fed, text, thawed

Json = Any

KINDS = [TextDelta, ReasoningDelta, RefusalDelta, ToolCallDelta, FinishDelta, UsageDelta, OtherDelta]
each_kind = pytest.mark.parametrize("kind", KINDS)


def one_of_each() -> dict[type, Any]:
    accumulator = Accumulator("openai-chat")
    return {type(one): one for piece in RICH for one in accumulator.feed(piece)}


# Deltas


def test_one_delta_of_each_kind() -> None:
    deltas = one_of_each()
    assert set(deltas) == {*KINDS}
    assert all(one.choice == 0 for one in deltas.values())


def test_what_the_deltas_say() -> None:
    deltas = one_of_each()
    assert [deltas[kind].text for kind in (TextDelta, ReasoningDelta, RefusalDelta)] == ["Hi", "Hm", "No"]
    one = deltas[ToolCallDelta]
    assert (one.index, one.id, one.name, one.arguments) == (0, "t1", "f", "1}")
    assert deltas[FinishDelta].reason == "tool_calls"
    assert deltas[UsageDelta].usage.raw == USAGE


@each_kind
def test_deltas_are_values(kind: type) -> None:
    one, twin = one_of_each()[kind], one_of_each()[kind]
    assert one is not twin
    assert one == twin
    assert not one != twin  # noqa: SIM202  both operators are the delta's own
    assert hash(one) == hash(twin)
    assert one != "something else"
    for same in (thawed(one), copy.copy(one), copy.deepcopy(one)):
        assert type(same) is kind
        assert same == one
    assert repr(one) == repr(twin)
    assert repr(one).startswith(f"{kind.__name__}(")
    assert eval(repr(one), {kind.__name__: kind, "Usage": Usage}) == one  # noqa: S307  our own repr


def test_deltas_of_different_content_differ() -> None:
    deltas = fed().feed(text("a") + text("b") + text("a", index=1) + text("a"))
    texts = [one for one in deltas if isinstance(one, TextDelta)]
    assert texts[0] == texts[3]
    assert texts[0] != texts[1]
    assert texts[0] != texts[2]
    assert TextDelta(choice=0, text="a") != RefusalDelta(choice=0, text="a")


@each_kind
def test_deltas_are_frozen(kind: type) -> None:
    one = one_of_each()[kind]
    with pytest.raises(AttributeError):
        one.choice = 1
    with pytest.raises(AttributeError):
        one.nonsense = 1


def named(one: ssewire.Delta) -> str:  # noqa: PLR0911  one for each kind
    match one:
        case TextDelta(text=piece):
            return f"text {piece}"
        case ReasoningDelta(text=piece):
            return f"reasoning {piece}"
        case RefusalDelta(text=piece):
            return f"refusal {piece}"
        case ToolCallDelta(index=index, name=name, arguments=piece):
            return f"call {index} {name} {piece}"
        case FinishDelta(reason=reason):
            return f"finish {reason}"
        case UsageDelta(usage=usage):
            return f"usage {usage.output_tokens}"
        case OtherDelta(kind=kind):
            return f"other {kind}"


def test_deltas_match() -> None:
    names = [named(one) for one in one_of_each().values()]
    assert {"text Hi", "reasoning Hm", "refusal No", "call 0 f 1}", "finish tool_calls", "usage 3"} < set(names)


def test_deltas_can_be_made() -> None:
    assert TextDelta(choice=0, text="a") == fed().feed(text("a"))[0]
    assert FinishDelta(choice=1, reason="stop") == fed().feed(text("a", "stop", index=1))[1]


@pytest.mark.parametrize(
    ("body", "kind", "value"),
    [
        (chunk(delta(role="assistant")), "role", "assistant"),
        (
            chunk({"index": 0, "delta": {}, "logprobs": {"content": [{"n": BIG}]}}),
            "logprobs",
            {"content": [{"n": BIG}]},
        ),
        (b'data: {"type":"pong"}\n\n', "event", {"type": "pong"}),
        (b"data: [1, 2]\n\n", "event", [1, 2]),
    ],
)
def test_other_deltas(body: bytes, kind: str, value: Json) -> None:
    others = [one for one in fed().feed(body) if isinstance(one, OtherDelta)]
    assert [(one.kind, one.value) for one in others] == [(kind, value)]


# The accumulator


def test_an_unknown_dialect_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="nonsense") as caught:
        Accumulator("nonsense")  # type: ignore[arg-type]
    for dialect in get_args(ssewire.Dialect):
        assert f'"{dialect}"' in str(caught.value)


@pytest.mark.parametrize(
    "undecided", [b": ping\n\n", b'data: {"type":"ping"}\n\n', b"data:\n\n", DONE, b'data: {"error":"e"}\n\n']
)
def test_the_dialect_is_decided_by_the_first_payload_that_can(undecided: bytes) -> None:
    accumulator = Accumulator()
    accumulator.feed(undecided)
    assert accumulator.dialect is None
    if undecided != DONE:
        accumulator.feed(text("a"))
        assert accumulator.dialect == "openai-chat"


def test_a_given_dialect_is_there_at_once() -> None:
    assert Accumulator("openai-chat").dialect == "openai-chat"


def test_done() -> None:
    accumulator = fed(text("a", "stop"))
    assert not accumulator.done
    accumulator.feed(DONE)
    assert accumulator.done
    assert accumulator.snapshot.done


def test_an_error_inside_the_stream_never_raises_from_feed_or_observe() -> None:
    accumulator = fed(text("a"))
    assert accumulator.error is None
    accumulator.feed(b'data: {"error":{"message":"boom","code":"c","type":"t","status_code":429},"request":"r"}\n\n')
    accumulator.observe(text("b"))
    assert isinstance(accumulator.error, ProviderError)
    assert (accumulator.error.message, accumulator.error.code, accumulator.error.type) == ("boom", "c", "t")
    assert accumulator.error.status == 429
    sent = {"message": "boom", "code": "c", "type": "t", "status_code": 429}
    assert accumulator.error.body == {"error": sent, "request": "r"}
    with pytest.raises(ProviderError, match="boom") as caught:
        accumulator.close()
    assert caught.value.snapshot is not None
    assert caught.value.snapshot.text == "ab"


def test_close_twice() -> None:
    accumulator = fed(*RICH)
    assert accumulator.close().to_dict() == accumulator.close().to_dict() == accumulator.snapshot.to_dict()
    truncated = fed(text("a"))
    for _ in range(2):
        with pytest.raises(IncompleteStreamError) as caught:
            truncated.close()
        assert caught.value.snapshot is not None
        assert caught.value.snapshot.text == "a"


def test_flush_gives_the_deltas_of_an_unterminated_event_once() -> None:
    accumulator = fed(text("a"), text("b", "stop").rstrip())
    assert accumulator.snapshot.text == "a"
    assert [type(one) for one in accumulator.flush()] == [TextDelta, FinishDelta]
    assert accumulator.flush() == []
    assert accumulator.close().text == "ab"


def test_close_flushes() -> None:
    assert fed(text("a"), text("b", "stop").rstrip()).close().text == "ab"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_is_taken(kind: type) -> None:
    accumulator = Accumulator()
    for piece in RICH:
        accumulator.feed(kind(piece))
    assert accumulator.close().to_dict() == fed(*RICH).snapshot.to_dict()


@pytest.mark.parametrize("data", ["text", None, 1, [1]])
def test_only_buffers_are_taken(data: Any) -> None:
    with pytest.raises(TypeError):
        Accumulator().feed(data)


# The size limit


def test_an_event_beyond_the_limit_raises_at_each_feed_until_close() -> None:
    accumulator = Accumulator("openai-chat", max_event_size=400)
    deltas = accumulator.feed(text("a") + b"data: " + b"x" * 500)
    assert [type(one) for one in deltas] == [TextDelta]
    for _ in range(2):
        with pytest.raises(EventTooLargeError) as caught:
            accumulator.feed(text("b", "stop"))
        assert (caught.value.size, caught.value.limit) == (401, 400)
        assert caught.value.snapshot is not None
        assert caught.value.snapshot.text == "a"
    with pytest.raises((EventTooLargeError, IncompleteStreamError)):
        accumulator.close()
    assert accumulator.snapshot.text == "a"


def test_an_event_beyond_the_limit_raises_at_once_when_nothing_came_before() -> None:
    accumulator = Accumulator("openai-chat", max_event_size=400)
    with pytest.raises(EventTooLargeError):
        accumulator.feed(b"data: " + b"x" * 500)


def test_observe_has_the_same_limit() -> None:
    accumulator = Accumulator("openai-chat", max_event_size=400)
    accumulator.observe(text("a") + b"data: " + b"x" * 500)
    for piece in (b"", text("b")):
        with pytest.raises(EventTooLargeError):
            accumulator.observe(piece)
    assert accumulator.snapshot.text == "a"


def test_the_deltas_of_a_call_share_its_id_and_its_name() -> None:
    first = {"index": 0, "id": "call-1", "function": {"name": "look up", "arguments": ""}}
    pieces = [{"index": 0, "function": {"arguments": str(number)}} for number in range(5)]
    accumulator = Accumulator()
    deltas = [one for call in [first, *pieces] for one in accumulator.feed(chunk(delta(tool_calls=[call])))]
    calls = [one for one in deltas if isinstance(one, ToolCallDelta)]
    assert len(calls) == 6
    assert len({id(one.id) for one in calls}) == len({id(one.name) for one in calls}) == 1
