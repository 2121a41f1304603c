"""The corpus of chat streams, and what an accumulator makes of one: in plain values, to be compared.

tests/data/chat.json holds the cases, for the Rust tests too. A case has a name, the source of its claim, the body
(`stream`, or `stream_hex` where it is no UTF-8) and what is expected of it:

    choices   index, role, content, reasoning, refusal, finish_reason, function_call, tool_calls; logprobs if any
    usage     merged, or null           error     {message, code, type} as a user sees them, or null
    done      the sentinel was seen     complete  the stream ended as it should
    object    optional: a part of what `to_dict()` gives; "<absent>" stands for a key that must not be there
"""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import ssewire
from ssewire import Accumulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
Json = Any
Object = dict[str, Any]

ABSENT = "<absent>"
CHOICE_KEYS = ("index", "role", "content", "reasoning", "refusal", "finish_reason", "function_call", "tool_calls")


class Case(NamedTuple):
    """One stream of the corpus."""

    name: str
    body: bytes
    expect: Object

    @property
    def whole(self) -> Object:
        """What is expected of the snapshot."""
        return {key: self.expect[key] for key in ("choices", "usage", "error", "done")}


def corpus() -> list[Case]:
    rows = json.loads((Path(__file__).parents[1] / "data" / "chat.json").read_text("utf-8"))
    return [Case(row["name"], body_of(row), row["expect"]) for row in rows]


def body_of(row: Object) -> bytes:
    return bytes.fromhex(row["stream_hex"]) if "stream_hex" in row else row["stream"].encode()


class Outcome(NamedTuple):
    """What a stream gave: its deltas, its last snapshot in plain values, and what `close` raised."""

    deltas: list[ssewire.Delta]
    whole: Object
    raised: type[BaseException] | None


def accumulate(pieces: Iterable[bytes], dialect: ssewire.Dialect | None = "openai-chat") -> Outcome:
    """Feed a new accumulator, flush it and close it."""
    accumulator = Accumulator(dialect)
    deltas = [delta for piece in pieces for delta in accumulator.feed(piece)] + accumulator.flush()
    return Outcome(deltas, plain(accumulator.snapshot), raised_by(accumulator.close))


def raised_by(close: Callable[[], object]) -> type[BaseException] | None:
    """Give the kind of error that says what was wrong with the stream."""
    try:
        close()
    except (ssewire.ProviderError, ssewire.IncompleteStreamError) as error:
        return type(error)
    return None


def expected_error(expect: Object) -> type[BaseException] | None:
    if expect["error"] is not None:
        return ssewire.ProviderError
    return None if expect["complete"] else ssewire.IncompleteStreamError


def plain(snapshot: ssewire.Snapshot) -> Object:
    """Give a snapshot in the shape of the corpus."""
    return {
        "choices": [plain_choice(choice) for choice in snapshot.choices],
        "usage": snapshot.usage and snapshot.usage.raw,
        "error": snapshot.error and plain_error(snapshot.error),
        "done": snapshot.done,
    }


def plain_error(error: ssewire.ProviderError) -> Object:
    """Give message, code and type; what is said of a malformed payload, beyond that it is one, is not compared."""
    malformed = error.type == "malformed_payload"
    message = error.message.partition(":")[0] if malformed else error.message
    return {"message": message, "code": error.code, "type": error.type}


def plain_choice(choice: ssewire.Choice) -> Object:
    calls = [(call.type, {"id": call.id, "name": call.name, "arguments": call.arguments}) for call in choice.tool_calls]
    legacy = [call for kind, call in calls if kind == "function_call"]
    known = {
        "index": choice.index,
        "role": choice.role,
        "content": choice.content,
        "reasoning": choice.reasoning,
        "refusal": choice.refusal,
        "finish_reason": choice.finish_reason,
        "function_call": {key: legacy[0][key] for key in ("name", "arguments")} if legacy else None,
        "tool_calls": [call for kind, call in calls if kind != "function_call"],
    }
    return known | ({"logprobs": choice.logprobs} if choice.logprobs else {})


def contains(actual: Json, expected: Json) -> bool:
    """Whether `expected` is part of `actual`: objects may have more keys, numbers have to be of the same type."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            key not in actual if value == ABSENT else key in actual and contains(actual[key], value)
            for key, value in expected.items()
        )
    if isinstance(expected, list):
        same_length = isinstance(actual, list) and len(actual) == len(expected)
        return same_length and all(contains(*pair) for pair in zip(actual, expected, strict=True))
    return type(actual) is type(expected) and bool(actual == expected)


def thawed(value: T) -> T:
    """Give what comes out of a pickle of `value`."""
    copy: T = pickle.loads(pickle.dumps(value))  # noqa: S301  our own pickle
    return copy


# Streams made by hand

DONE = b"data: [DONE]\n\n"
BIG = 2**80
USAGE = {
    "prompt_tokens": 5,
    "completion_tokens": 3,
    "total_tokens": 8,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 1},
}


def chunk(*choices: Json, **top: Json) -> bytes:
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 7, "model": "m"}
    return b"data: " + json.dumps(head | {"choices": choices} | top).encode() + b"\n\n"


def delta(finish: str | None = None, index: int = 0, **fields: Json) -> dict[str, Json]:
    return {"index": index, "delta": fields, "finish_reason": finish}


def text(piece: str, finish: str | None = None, index: int = 0) -> bytes:
    return chunk(delta(finish, index, content=piece))


def call(arguments: Json, index: int = 0, **fields: Json) -> dict[str, Json]:
    name = {"name": fields.pop("name")} if "name" in fields else {}
    return {"index": index, **fields, "function": name | {"arguments": arguments}}


def fed(*pieces: bytes) -> Accumulator:
    accumulator = Accumulator("openai-chat")
    for piece in pieces:
        accumulator.feed(piece)
    return accumulator


# One stream with something of everything.
RICH = (
    chunk(delta(role="assistant", content=None, reasoning_content="Hm"), obfuscation="zz", p="pp"),
    chunk(delta(content="Hi", annotations=[{"n": BIG}]), service_tier="default"),
    chunk(delta(refusal="No")),
    chunk(delta(tool_calls=[call('{"a":', id="t1", type="function", name="f")])),
    chunk(delta(tool_calls=[call("1}")])),
    chunk(delta("tool_calls"), provider="P", seed=BIG),
    chunk(usage=USAGE),
    DONE,
)
