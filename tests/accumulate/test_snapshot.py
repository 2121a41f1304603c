"""What a snapshot shows: live and frozen, texts, tool calls, usage, and the provider's own object."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from ssewire import Accumulator, Usage

from tests.support.chat_cases import BIG, RICH, USAGE, call, chunk, delta, fed, text, thawed

if TYPE_CHECKING:
    from collections.abc import Callable

    import ssewire

Json = Any


# Live and frozen


def test_the_snapshot_is_one_live_view() -> None:
    accumulator = fed(text("a"))
    snapshot = accumulator.snapshot
    choice = snapshot.choices[0]
    assert (snapshot.text, choice.content) == ("a", "a")
    accumulator.feed(text("b", "stop"))
    assert (snapshot.text, choice.content, snapshot.finish_reason) == ("ab", "ab", "stop")
    assert accumulator.snapshot.to_dict() == snapshot.to_dict()


def test_a_snapshot_taken_before_anything_came_lives_too() -> None:
    accumulator = Accumulator()
    snapshot = accumulator.snapshot
    assert (snapshot.text, snapshot.choices, snapshot.dialect) == ("", [], None)
    accumulator.feed(text("a"))
    assert (snapshot.text, len(snapshot.choices), snapshot.dialect) == ("a", 1, "openai-chat")


def test_a_live_tool_call_grows() -> None:
    accumulator = fed(*RICH[:4])
    tool_call = accumulator.snapshot.tool_calls[0]
    assert tool_call.arguments == '{"a":'
    accumulator.feed(RICH[4])
    assert tool_call.arguments == '{"a":1}'


def test_the_snapshot_outlives_its_accumulator() -> None:
    snapshot = fed(*RICH).snapshot
    assert snapshot.text == "Hi"


@pytest.mark.parametrize(
    "freeze",
    [copy.copy, copy.deepcopy, thawed],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_is_frozen(freeze: Callable[[ssewire.Snapshot], ssewire.Snapshot]) -> None:
    accumulator = fed(*RICH[:4])
    frozen = freeze(accumulator.snapshot)
    before = accumulator.snapshot.to_dict()
    assert frozen.to_dict() == before
    for piece in RICH[4:]:
        accumulator.feed(piece)
    assert frozen.to_dict() == before != accumulator.snapshot.to_dict()
    assert (frozen.text, frozen.reasoning, frozen.tool_calls[0].arguments) == ("Hi", "Hm", '{"a":')
    assert (frozen.done, frozen.usage, frozen.dialect, frozen.id, frozen.model) == (
        False,
        None,
        "openai-chat",
        "c1",
        "m",
    )


@pytest.mark.parametrize("stream", [RICH, (), (text("a"), b'data: {"error":{"message":"boom","code":1}}\n\n')])
def test_pickling_keeps_everything(stream: tuple[bytes, ...]) -> None:
    snapshot = fed(*stream).snapshot
    twin = thawed(snapshot)
    assert twin.to_dict() == snapshot.to_dict()
    for name in ("dialect", "id", "model", "text", "reasoning", "finish_reason", "done"):
        assert getattr(twin, name) == getattr(snapshot, name), name
    assert str(twin.error) == str(snapshot.error)
    assert (twin.usage and twin.usage.raw) == (snapshot.usage and snapshot.usage.raw)
    assert twin.text == copy.copy(twin).text


@pytest.mark.parametrize("name", ["text", "choices", "usage", "done", "nonsense"])
def test_the_snapshot_is_read_only(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(fed(*RICH).snapshot, name, 1)


# Texts


def test_text_is_the_first_choices() -> None:
    accumulator = fed(text("second", index=1), text("first", index=0))
    assert accumulator.snapshot.text == "first"
    assert [choice.index for choice in accumulator.snapshot.choices] == [0, 1]


def test_text_is_empty_where_there_is_none() -> None:
    assert Accumulator().snapshot.text == ""
    assert fed(chunk(delta(role="assistant", content=None))).snapshot.text == ""


def test_text_is_joined_once_until_the_next_delta() -> None:
    accumulator = fed(text("a" * 100), text("b" * 100))
    snapshot = accumulator.snapshot
    assert snapshot.text is snapshot.text
    accumulator.feed(text("c"))
    assert snapshot.text == "a" * 100 + "b" * 100 + "c"
    assert snapshot.text is snapshot.text


def test_choices_tell_null_from_empty() -> None:
    empty, null = fed(text("")).snapshot.choices[0], fed(chunk(delta(content=None))).snapshot.choices[0]
    assert (empty.content, null.content, null.reasoning, null.refusal, null.finish_reason) == (
        "",
        None,
        None,
        None,
        None,
    )


def test_the_shortcuts_of_the_first_choice() -> None:
    snapshot = fed(*RICH).snapshot
    choice = snapshot.choices[0]
    assert (snapshot.text, snapshot.reasoning, snapshot.finish_reason) == ("Hi", "Hm", "tool_calls")
    assert (choice.content, choice.reasoning, choice.refusal, choice.role) == ("Hi", "Hm", "No", "assistant")
    assert [one.id for one in snapshot.tool_calls] == [one.id for one in choice.tool_calls] == ["t1"]
    assert (snapshot.id, snapshot.model, snapshot.done, snapshot.dialect) == ("c1", "m", True, "openai-chat")


def test_the_shortcuts_without_a_choice() -> None:
    snapshot = Accumulator().snapshot
    assert (snapshot.tool_calls, snapshot.finish_reason, snapshot.usage, snapshot.error) == ([], None, None, None)
    assert (snapshot.id, snapshot.model, snapshot.done) == (None, None, False)


# Tool calls


def tool_call(arguments: Json) -> ssewire.ToolCall:
    one = call(arguments, index=3, id="t1", type="function", name="f")
    return fed(chunk(delta(tool_calls=[one]))).snapshot.tool_calls[0]


def test_a_tool_call() -> None:
    one = tool_call('{"a": 1}')
    assert (one.index, one.id, one.type, one.name, one.arguments) == (0, "t1", "function", "f", '{"a": 1}')


@pytest.mark.parametrize(
    ("arguments", "value"),
    [("", {}), ("{}", {}), (' {"a": [1, null]}\n', {"a": [1, None]}), ("null", None), (f'{{"n":{BIG}}}', {"n": BIG})],
)
def test_parsed_arguments(arguments: str, value: Json) -> None:
    assert tool_call(arguments).parse() == value


@pytest.mark.parametrize("arguments", ["{", '{"a":1}{"a":2}', "{'a':1}", '{"a":', "a"])
def test_arguments_that_are_no_json(arguments: str) -> None:
    with pytest.raises(ValueError, match="line 1 column"):
        tool_call(arguments).parse()


def test_each_parse_gives_an_object_of_its_own() -> None:
    one = tool_call('{"a":1}')
    one.parse()["a"] = 2
    assert one.parse() == {"a": 1}


# Usage


@pytest.mark.parametrize(
    ("raw", "figures"),
    [
        (USAGE, (5, 3, 4, 1)),
        ({"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}, (5, 3, None, None)),
        ({"prompt_tokens": 5, "completion_tokens": None, "prompt_tokens_details": None}, (5, None, None, None)),
        ({"prompt_tokens": 5, "completion_tokens": 3, "prompt_cache_hit_tokens": 2}, (5, 3, 2, None)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, (0, 0, None, None)),
        ({"prompt_tokens": 1, "completion_tokens": 2**40, "ticks": BIG, "cost": 0.5}, (1, 2**40, None, None)),
        ({"completion_tokens": 1, "reasoning_tokens": 7}, (None, 1, None, 7)),
    ],
)
def test_usage_figures(raw: dict[str, Json], figures: tuple[int | None, ...]) -> None:
    usage = fed(chunk(usage=raw)).usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens) == figures
    assert usage.raw == raw
    assert list(usage.raw) == list(raw)


def test_usage_is_a_value() -> None:
    first, second = fed(chunk(usage=USAGE)).usage, fed(chunk(usage=USAGE)).usage
    assert isinstance(first, Usage)
    assert first == second != fed(chunk(usage={"prompt_tokens": 1})).usage
    assert thawed(first) == copy.deepcopy(first) == first
    assert repr(first) == f"Usage(raw={USAGE})"
    with pytest.raises(AttributeError):
        first.input_tokens = 1  # type: ignore[misc]


def test_usage_without_touching_the_snapshot() -> None:
    assert Accumulator("openai-chat").usage is None
    accumulator = fed(chunk(usage=USAGE))
    earlier = accumulator.usage
    assert earlier == accumulator.snapshot.usage
    accumulator.feed(chunk(usage={"completion_tokens": 9}))
    later = accumulator.usage
    assert earlier is not None
    assert later is not None
    assert (earlier.output_tokens, later.output_tokens, later.input_tokens) == (3, 9, 5)


# The provider's own object


def test_to_dict_is_a_chat_completion() -> None:
    assert fed(*RICH).snapshot.to_dict() == {
        "id": "c1",
        "object": "chat.completion",
        "created": 7,
        "model": "m",
        "service_tier": "default",
        "provider": "P",
        "seed": BIG,
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Hi",
                    "reasoning_content": "Hm",
                    "refusal": "No",
                    "annotations": [{"n": BIG}],
                    "tool_calls": [
                        {"id": "t1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
                    ],
                },
                "logprobs": None,
                "finish_reason": "tool_calls",
            },
        ],
        "usage": USAGE,
    }


def test_to_dict_gives_an_object_of_its_own() -> None:
    snapshot = fed(*RICH).snapshot
    first = snapshot.to_dict()
    first["choices"][0]["message"]["content"] = first["usage"]["prompt_tokens"] = "changed"
    assert snapshot.to_dict() == fed(*RICH).snapshot.to_dict()


def test_to_dict_before_anything_came() -> None:
    found = Accumulator("openai-chat").snapshot.to_dict()
    assert (found["object"], found["choices"]) == ("chat.completion", [])
