"""Chat streams made up of everything that providers do, held against the slow reference at random cuts."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from ssewire import Accumulator, ReasoningDelta, TextDelta, ToolCallDelta

from tests.reference.chat import error_fields, reference
from tests.reference.json import mend
from tests.support.chat_cases import CHOICE_KEYS, accumulate, contains, expected_error
from tests.support.cuts import cut_at

HIGH, LOW = "\ud83d", "\ude00"
TEXTS = ["", "a", "b\n", "\u00e9", "\U0001f600", HIGH, LOW, "x" + HIGH, LOW + "y", "\u2028", '"\\']
USAGES = [
    None,
    {"prompt_tokens": 3, "completion_tokens": None},
    {"completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 1, "audio_tokens": None}},
    {"completion_tokens": 2**64, "prompt_tokens_details": {"cached_tokens": None, "image_tokens": 0}},
    {"total_tokens": 8, "prompt_tokens_details": None, "cost": 0.5},
]
ERRORS = [None, "", {}, "overloaded", {"message": "boom", "code": 500}, {"detail": "d", "type": "t"}, {"code": "c"}]
LOGPROBS = [None, {"content": None}, {"content": [{"token": "a"}], "refusal": None}, {"refusal": [{"token": "b"}]}]

# Three names, two of which begin alike; pieces of objects, whole ones, and none.
IDS = [None, "", "null", "a", "b", "c", 7, 1.5]
NAMES = [None, "", "null", "f", "g", "get_", "get_w"]
ARGUMENTS = [
    None,
    "",
    "{",
    '"k":',
    "1",
    "}",
    "{}",
    '{"k":1}',
    ' {"k":2}',
    " ",
    '["' + HIGH,
    LOW + '"',
    '{"k": 1}',
    '{"k"',
    {},
    {"k": 1},
    {"k": [1, None]},
]
INDEXES = [None, 0, 0, 1, 2, "0", "1", "x", True, [0]]


def some(**values: list[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of the keys, each with one of its values."""
    return st.fixed_dictionaries({}, optional={key: st.sampled_from(choices) for key, choices in values.items()})


functions = some(name=NAMES, arguments=ARGUMENTS) | some(id=IDS, name=NAMES, arguments=ARGUMENTS)
heads = some(
    index=INDEXES, id=IDS, type=[None, "", "function", "custom"], extra_content=[None, {"a": 1}, {"b": {"c": 2}}]
)
fragments = st.builds(
    lambda head, flat, function: head | flat | ({} if function is None else {"function": function}),
    heads,
    st.just({}) | functions,
    functions | functions | st.none() | st.sampled_from(["f", 1]),
)
tool_calls = (
    st.none()
    | st.lists(fragments, max_size=3)
    | fragments
    | st.lists(fragments, max_size=3).map(lambda items: {str(at): item for at, item in enumerate(items)})
    | st.sampled_from([1, "x", ["x"]])
)
ODD_WORDS: list[Any] = [
    *({"text": "a", "signature": "s"}, {"summary": [{"text": "b", "signature": "t"}]}, {"text": "", "content": "a"}),
    *([{"type": "text", "text": "a"}, "b"], [], {}, 1, True, {"effort": 1}, {"signature": "u"}),
]
words = st.sampled_from([None, *TEXTS, *ODD_WORDS])
parts = st.lists(
    some(
        type=["text", "thinking", "image", "reasoning", "output_text"],
        text=TEXTS,
        thinking=["t", [{"type": "text", "text": "u"}], None],
        summary=[[{"type": "summary_text", "text": "a"}]],
    )
    | st.sampled_from(["x", 1, None]),
    max_size=3,
)
contents = st.sampled_from([None, *TEXTS, *TEXTS, 1, 1.5, True, {"type": "text", "text": "o"}, {"text": "p"}, {}])
details = st.lists(
    some(type=["reasoning.text"], index=[0, 1], text=["", "a", "\u00e9"], signature=["", "z"])
    | some(type=["reasoning.summary"], index=[0, 1], summary=["", "s"]),
    max_size=2,
)
reasonings = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(["reasoning_content", "reasoning", "reasoning_text", "thinking", "thinking_blocks"], words),
)
deltas = st.builds(
    lambda plain, said, calls, content, detail: {
        **plain,
        **said,
        **({} if calls == [] else {"tool_calls": calls}),
        **({"content": content} if content else {}),
        **({"reasoning_details": detail} if detail else {}),
    },
    some(
        role=[None, "", "assistant", "tool"],
        content=[None, *TEXTS],
        refusal=[None, "", "no", [{"text": "l"}], 1, False],
        token_id=[None, 5, 7],
        annotations=[None, [1], [2, 3]],
    ),
    st.just({}) | reasonings,
    st.just([]) | tool_calls,
    st.just([]) | parts | contents,
    st.just([]) | details,
)
choices = st.builds(
    lambda plain, delta, message: (
        plain | ({} if delta is None else {"delta": delta}) | ({} if message is None else {"message": message})
    ),
    some(
        index=[None, 0, 0, 0, 1, 2],
        finish_reason=[None, None, "", "null", "stop", "tool_calls", 1, {"type": "stop"}, {}, [1]],
        text=["t", "", 1],
        logprobs=LOGPROBS,
        error=ERRORS,
        content_filter_results=[None, {"hate": {"filtered": False}}],
    ),
    deltas | deltas | st.none() | st.sampled_from(["d", 1, {}, [1]]),
    st.none() | st.none() | deltas | st.sampled_from(["ab", {"role": "assistant", "content": "all"}]),
)


def with_usage(top: dict[str, Any], several: list[dict[str, Any]], place: str, usage: Any) -> dict[str, Any]:
    """Put the usage where providers put it, in one place a chunk: which of two counts is nowhere told."""
    if place == "choice" and several and isinstance(several, list):
        return top | {"choices": [several[0] | {"usage": usage}, *several[1:]]}
    return top | {"choices": several} | ({"x_groq": {"usage": usage}} if place == "x_groq" else {"usage": usage})


chunks = st.builds(
    with_usage,
    some(
        id=["", "c1", "c2", 7, None],
        model=["", "m1", "m2"],
        object=["", "chat.completion.chunk", "chat.completion.chunk", "chat.completion"],
        created=[0, 7],
        error=[None, None, *ERRORS],
        obfuscation=["zz"],
        provider=["", "P", "Q"],
        citations=[None, [], ["u"], ["u", "v"]],
    ),
    st.lists(choices, min_size=1, max_size=1) | st.lists(choices, max_size=3) | choices,
    st.sampled_from(["top", "x_groq", "choice"]),
    st.sampled_from(USAGES),
)
functions_in_pieces = some(name=[None, "", "f"], arguments=[None, "", "{", "}", "{}", "[\ud83d"])
legacy_chunks = functions_in_pieces.map(lambda piece: {"choices": [{"index": 0, "delta": {"function_call": piece}}]})
others: st.SearchStrategy[Any] = st.sampled_from(
    [
        {"type": "ping"},
        {"object": "error", "message": "m", "code": 1},
        {"error": "e"},
        {"error": None},
        {"code": 5, "message": "m"},
        {"code": "5", "msg": "m", "data": None},
        {"code": "bad", "message": "m"},
        {"code": 200, "message": "m"},
        {"code": 5, "message": "ok"},
        {"code": 5, "message": "m", "data": {"x": 1}},
        {"base_resp": {"status_code": 1008, "status_msg": "m"}},
        {"base_resp": {"status_code": 0}, "choices": None, "usage": {"total_tokens": 0}},
        {"success": False, "errors": [{"code": 1, "message": "m"}]},
        {"message": "m"},
        {"detail": ["d"]},
        {"message": {"content": "m"}},
        {"statusCode": 429, "error_code": "x", "error_msg": ""},
        {"type": "about:blank", "title": "t", "status": 500},
        {"type": "status", "status": "failed", "message": "m"},
        {"data": {"object": "chat.completion.chunk", "choices": [{"delta": {"content": "e"}}]}},
        {"type": "x", "data": {"object": "chat.completion.chunk", "choices": [{"delta": {"content": "e"}}]}},
        {"data": {"object": "other"}, "usage": 1},
        {"data": {"object": "other", "usage": {"total_tokens": 1}}},
        None,
        1,
        "s",
        [1],
        {},
    ]
)


def as_event(payload: Any, name: str, space: str) -> str:
    return f"{name}data:{space}{json.dumps(payload)}\n\n"


names = st.sampled_from(["", "", "", "", "event: message\n", "event: error\n", "event: ping\n", "id: 1\n"])
rare = st.sampled_from(
    [
        *(
            "data: [DONE]\n\n",
            'data: "[DONE]"\n\n',
            "data: [DONE] \n\n",
            ": ping\n\n",
            "data:\n\n",
            "data:  \n\n",
            "data: data: [DONE]\n\n",
            "data: data: x\n\n",
            'data: "{}"\n\n',
            "data: {\n\n",
        ),
        *(
            "data: text\n\n",
            "event: error\ndata: text\n\n",
            "event: ping\ndata: text\n\n",
            "retry: 1\n\n",
            "event: error\n\n",
        ),
        *('error: {"message":"x"}\n\n', "error: text\n\n", '{"error":"raw"}\n\n', '{"note":1}\n\n', "\n"),
    ]
)


def wrapped(payload: Any, way: str) -> str:
    """Put a payload into another, or into what is an event of its own."""
    match way:
        case "string":
            payload = json.dumps(payload)
        case "envelope":
            payload = {"code": 0, "data": payload, "x": [1]}
        case "event":
            return f"data: data: {json.dumps(payload)}\ndata:\ndata: \n\n"
        case "named event":
            return f"data: event: error\ndata: data:data:{json.dumps(payload)}\n\n"
    return as_event(payload, "", " ")


def in_rows(payloads: list[Any], last: str) -> str:
    """Put payloads under one blank line."""
    return "".join(f"data: {json.dumps(payload)}\n" for payload in payloads) + f"data: {last}\n\n"


events = st.builds(as_event, chunks, st.just(""), st.sampled_from([" ", "", "  "]))
wrapped_events = st.builds(wrapped, chunks | others, st.sampled_from(["string", "envelope", "event"])) | st.builds(
    wrapped, others, st.just("named event")
)
rows = st.builds(in_rows, st.lists(chunks | others, min_size=1, max_size=3), st.sampled_from(["[DONE]", "{}", "", "x"]))
named_events = st.builds(as_event, others, names, st.just(" "))


@st.composite
def calls(draw: st.DrawFn) -> list[str]:
    """Streams of calls whose pieces share few values, so that the same ids, names and slots come again."""
    few = [draw(st.lists(st.sampled_from(values), min_size=1, max_size=3)) for values in PIECE_VALUES]
    fragment = st.builds(as_fragment, *map(st.sampled_from, few))
    deltas_of_calls = draw(
        st.lists(st.lists(fragment, min_size=1, max_size=1) | st.lists(fragment, max_size=3), max_size=8)
    )
    return [as_event({"choices": [{"delta": {"tool_calls": several}}]}, "", " ") for several in deltas_of_calls]


def as_fragment(index: Any, call_id: Any, name: Any, arguments: Any) -> dict[str, Any]:
    return {"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}


PIECE_VALUES: list[list[Any]] = [
    [None, None, 0, 0, 0, 1, "0"],
    [None, None, "", "null", "a", "b", "c"],
    [None, None, "", "f", "f", "g", "get", "get_w"],
    [None, "", "{", '"k":1', "}", "{}", "{}", '{"k":1}', '{"k":1}', ' {"k":2}', " ", {}, {"k": [1, None]}],
]
PIECE_VALUES[3] += ['{"k"', '{"k": 1}', '{"k":1}{', ":1}"]

legacy_events = st.builds(as_event, legacy_chunks, st.just(""), st.just(" "))
streams = (
    st.lists(events, max_size=8)
    | calls()
    | st.lists(legacy_events, max_size=5)
    | st.lists(events | events | named_events | rare, max_size=12)
    | st.lists(events | named_events | wrapped_events | rows, max_size=6)
)
bodies = st.builds(
    lambda pieces, line_end, cut: shortened("".join(pieces).replace("\n", line_end).encode(), cut),
    streams,
    st.sampled_from(["\n", "\n", "\r\n", "\r"]),
    st.just(0) | st.integers(0, 40),
)


def shortened(body: bytes, by: int) -> bytes:
    return body[: len(body) - by]


def expected_of(body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give what the snapshot has to be, and the whole result of the reference."""
    found = reference(body)
    choices = [
        {key: choice[key] for key in CHOICE_KEYS} | ({"logprobs": choice["logprobs"]} if choice["logprobs"] else {})
        for choice in found["choices"]
    ]
    known = {key: found[key] for key in ("usage", "done")}
    return {"choices": choices, "error": error_fields(found["error"]), **known}, found


def cut(body: bytes, points: list[int]) -> list[bytes]:
    return cut_at(body, [point % (len(body) + 1) for point in points])


many = settings(max_examples=500, deadline=None)


@many
@given(bodies, st.lists(st.integers(0, 10_000), max_size=8))
@example(b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\ndata: {"choices":[{"delta":{"content":"b"}}]}', [])
@example(b'data: {"object":"chat.completion","choices":[{"message":{"content":"\\ud83d"}}]}\n\n', [])
def test_any_stream_gives_what_the_reference_gives(body: bytes, points: list[int]) -> None:
    whole, found = expected_of(body)
    outcome = accumulate(cut(body, points))
    event("calls" if any(choice["tool_calls"] for choice in whole["choices"]) else "no calls")
    assert outcome.whole == whole
    assert outcome.raised is expected_error(found)


@many
@given(bodies, st.lists(st.integers(0, 10_000), min_size=1, max_size=8))
def test_deltas_do_not_depend_on_the_cuts(body: bytes, points: list[int]) -> None:
    assert accumulate(cut(body, points)) == accumulate([body])


@many
@given(bodies)
@example(b'data: {"choices":[{"delta":{"thinking_blocks":{"summary":[{"signature":"t"}]}}}]}\n\n' * 2)
def test_to_dict_keeps_what_the_reference_keeps(body: bytes) -> None:
    accumulator = Accumulator("openai-chat")
    accumulator.observe(body)
    accumulator.flush()
    found = mend(accumulator.snapshot.to_dict())  # a member that no rule is about is passed on as it is
    assert contains(found, kept(reference(body))), found


def kept(found: dict[str, Any]) -> dict[str, Any]:
    """Give the part of the provider's own object that is in no attribute of the snapshot."""
    top = {key: found[key] for key in ("id", "created", "model") if found[key] is not None}
    return {
        **top,
        **found["extra"],
        "choices": [
            {**one["choice_extra"], "message": one["message_extra"] | kept_details(one)} for one in found["choices"]
        ],
    }


def kept_details(choice: dict[str, Any]) -> dict[str, Any]:
    return {"reasoning_details": choice["reasoning_details"]} if choice["reasoning_details"] else {}


@many
@given(bodies)
def test_deltas_join_to_the_snapshot(body: bytes) -> None:
    accumulator = Accumulator("openai-chat")
    texts: dict[tuple[int, str | int], str] = defaultdict(str)
    for delta in accumulator.feed(body) + accumulator.flush():
        if isinstance(delta, TextDelta):
            texts[delta.choice, "content"] += delta.text
        elif isinstance(delta, ReasoningDelta):
            texts[delta.choice, "reasoning"] += delta.text
        elif isinstance(delta, ToolCallDelta):
            texts[delta.choice, delta.index] += delta.arguments
    expected: dict[tuple[int, str | int], str | None] = {}
    for one in accumulator.snapshot.choices:
        expected |= {(one.index, "content"): one.content, (one.index, "reasoning"): one.reasoning}
        expected |= {(one.index, call.index): call.arguments for call in one.tool_calls}
    assert {place: text for place, text in texts.items() if text} == {
        place: text for place, text in expected.items() if text
    }
