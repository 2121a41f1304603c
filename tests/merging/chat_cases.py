"""Chat completions as providers really send them: the streams that peers differ on. docs/merging.md has the rules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.merging.case import Answer, Call, Case, Result, one

if TYPE_CHECKING:
    from tests.merging.case import About

_HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1790000000, "model": "m"}
_USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
_RIGHT_CALL = Call("call_a7KqPz", "weather", '{"city":"Oslo"}')
_SECOND_CALL = Call("call_b2XwLm", "time", '{"zone":"CET"}')


def _event(payload: Any) -> bytes:
    return b"data: " + json.dumps(payload).encode() + b"\n\n"


def _top(*choices: Any, **members: Any) -> bytes:
    return _event({**_HEAD, "choices": list(choices), **members})


def _delta(finish: str | None = None, /, index: int = 0, **delta: Any) -> bytes:
    """A chunk of one choice."""
    return _top({"index": index, "delta": delta, "finish_reason": finish})


def _call(arguments: Any, name: str | None = None, **members: Any) -> dict[str, Any]:
    """A piece of a tool call; what is not given is not there."""
    named = {} if name is None else {"name": name}
    return {**members, "function": {**named, "arguments": arguments}}


def _first(arguments: Any, name: str | None = "weather", /, **members: Any) -> dict[str, Any]:
    """The first piece of the first call."""
    return _call(arguments, name, **{"id": "call_a7KqPz", "type": "function", **members})


def _second(arguments: Any, /, **members: Any) -> dict[str, Any]:
    """The first piece of the second call."""
    return _call(arguments, "time", **{"id": "call_b2XwLm", "type": "function", **members})


_ROLE = _delta(role="assistant", content=None)
_STOP = _delta("stop")
_DONE = b"data: [DONE]\n\n"


def _body(*events: bytes) -> bytes:
    return b"".join([_delta(role="assistant", content=""), *events, _DONE])


def _texts(*events: bytes) -> bytes:
    return _body(*events, _STOP)


def _calls(*chunks: list[dict[str, Any]]) -> bytes:
    """A stream whose chunks list these pieces of calls."""
    deltas = [_delta(tool_calls=pieces) for pieces in chunks]
    return b"".join([_ROLE, *deltas, _delta("tool_calls"), _DONE])


def _of_calls(name: str, source: str, body: bytes, *right: Call) -> Case:
    return Case("openai-chat", name, source, "calls", body, one("", "tool_calls", *(right or (_RIGHT_CALL,))))


def _case(name: str, source: str, about: About, body: bytes, right: Result) -> Case:
    return Case("openai-chat", name, source, about, body, right)


_BOTH = (_RIGHT_CALL, _SECOND_CALL)
_CITY, _OSLO, _WHOLE, _ZONE = '{"city":', '"Oslo"}', '{"city":"Oslo"}', '{"zone":"CET"}'

_CALLS = [
    _of_calls(
        "as OpenAI sends two calls",
        "OpenAI",
        _calls(
            [_first("", index=0)],
            [_call(_CITY, index=0)],
            [_call(_OSLO, index=0)],
            [_second("", index=1)],
            [_call(_ZONE, index=1)],
        ),
        *_BOTH,
    ),
    _of_calls(
        "index missing, one call in pieces",
        "Gemini's endpoint, OpenMAIC#1556",
        _calls([_first(_CITY)], [_call(_OSLO)]),
    ),
    _of_calls(
        "index missing, two calls with ids",
        "Ollama until 0.4.6, ollama#7881; Gemini, openai-python#2806",
        _calls([_first(_WHOLE)], [_second(_ZONE)]),
        *_BOTH,
    ),
    _of_calls(
        'index missing, two calls, ids ""',
        "Gemini's endpoint, older",
        _calls([_first(_WHOLE, id="")], [_second(_ZONE, id="")]),
        Call(None, *("weather", _WHOLE)),
        Call(None, *("time", _ZONE)),
    ),
    _of_calls(
        "index 0 again for the next call",
        "Ollama, ollama#15457; vLLM, goose#8031; SGLang, sglang#4700",
        _calls([_first(_WHOLE, index=0)], [_second(_ZONE, index=0)]),
        *_BOTH,
    ),
    _of_calls(
        "another id in each chunk of a call",
        "vLLM, lmdeploy#3412",
        _calls(
            [_first("", index=0)], [_call(_CITY, index=0, id="call_b2XwLm")], [_call(_OSLO, index=0, id="call_c9RmTd")]
        ),
        Call("call_a7KqPz", *("weather", _WHOLE), accepted=("call_b2XwLm", "call_c9RmTd")),
    ),
    _of_calls(
        "id and name again in each chunk",
        "OpenRouter with Novita or Kimi; MiniMax, hermes#12230",
        _calls([_first("", index=0)], [_first(_CITY, index=0)], [_first(_OSLO, index=0)]),
    ),
    _of_calls(
        "the name in pieces",
        "[rule 2](merging.md)",
        _calls([_first("", "wea", index=0)], [_call("", "ther", index=0)], [_call(_WHOLE, index=0)]),
    ),
    _of_calls(
        'id "null", name "" after the first chunk',
        "GLM relayed by Mistral",
        _calls([_first("", index=0)], [_call(_CITY, "", index=0, id="null")], [_call(_OSLO, "", index=0, id="null")]),
    ),
    _of_calls(
        "id, type and name null after the first chunk",
        "Writer, Venice, SGLang",
        _calls(
            [_first("", index=0)],
            [{"index": 0, "id": None, "type": None, "function": {"name": None, "arguments": _WHOLE}}],
        ),
    ),
    _of_calls(
        "arguments as an object",
        "llama.cpp, llama.cpp#20198; MiniMax, oh-my-pi#1779",
        _calls([_first({"city": "Oslo"}, index=0)]),
    ),
    _of_calls(
        "arguments before the name",
        "[rule 1](merging.md)",
        _calls([_first(_CITY, None, index=0)], [_call(_OSLO, "weather", index=0)]),
    ),
    _of_calls(
        "the first index is 1",
        "Anthropic's endpoint, bedrock-access-gateway#134",
        _calls([_first("", index=1)], [_call(_WHOLE, index=1)]),
    ),
    _of_calls(
        "two pieces of a call in one chunk",
        "[rule 1](merging.md)",
        _calls([_first(_CITY, index=0), _call(_OSLO, index=0)]),
    ),
]


def _half(text: str, half: int) -> str:
    """One half of the surrogate pair of a character outside the basic plane."""
    return text.encode("utf-16-be")[2 * half : 2 * half + 2].decode("utf-16-be", "surrogatepass")


def _thinking(text: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}


def _details(text: str) -> bytes:
    return _delta(reasoning=text, reasoning_details=[{"type": "reasoning.text", "text": text}])


_FILTERED = _top(
    {"index": 0, "finish_reason": None, "content_filter_results": {}, "content_filter_offsets": {"check_offset": 0}},
    id="",
    created=0,
    model="",
)
_HELLO = (_delta(content="Hel"), _delta(content="lo"))
_EMOJI = "\U0001f600"

_TEXTS = [
    _case(
        "as OpenAI sends a text",
        "OpenAI",
        "content",
        _body(*_HELLO, _STOP, _top(usage=_USAGE)),
        one("Hello", tokens=(9, 4)),
    ),
    _case(
        "content as a list, then as text",
        "Mistral, langchainjs#11505",
        "content",
        _texts(_delta(content=[_thinking("Hm")]), _delta(content=[{"type": "text", "text": "Hel"}]), _HELLO[1]),
        one("Hello", reasoning="Hm"),
    ),
    _case(
        "finish reason twice",
        "OpenRouter, Doubleword",
        "finish",
        _body(*_HELLO, _STOP, _top({"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}, usage=_USAGE)),
        one("Hello", tokens=(9, 4)),
    ),
    _case(
        "a choice without a delta",
        "Azure's asynchronous filter",
        "content",
        _texts(_HELLO[0], _FILTERED, _HELLO[1]),
        one("Hello"),
    ),
    _case(
        "role in each chunk",
        "OpenRouter, Perplexity, Together, Databricks, Ollama",
        "role",
        _texts(_delta(role="assistant", content="Hel"), _delta(role="assistant", content="lo")),
        one("Hello"),
    ),
    _case(
        "two choices, chunk by chunk",
        "OpenAI, Mistral: n = 2",
        "content",
        _body(
            _delta(content="Hel"),
            _delta(index=1, role="assistant", content="Good "),
            _delta(content="lo"),
            _delta(index=1, content="day"),
            _STOP,
            _delta("stop", index=1),
        ),
        Result((Answer("Hello"), Answer("Good day"))),
    ),
    _case(
        "a number in each delta",
        "Together: token_id",
        "members",
        _texts(_delta(content="Hel", token_id=5), _delta(content="lo", token_id=7)),
        one("Hello", token_id=7),
    ),
    _case(
        "reasoning_details without an index",
        "OpenRouter, Snowflake",
        "reasoning",
        _texts(_details("Let me"), _details(" see."), *_HELLO),
        one("Hello", reasoning="Let me see."),
    ),
    _case(
        "an emoji cut in two",
        "KohakuTerrarium#48",
        "content",
        _texts(_delta(content="Hi " + _half(_EMOJI, 0)), _delta(content=_half(_EMOJI, 1) + "!")),
        one(f"Hi {_EMOJI}!"),
    ),
]

_GROQ = _top({"index": 0, "delta": {}, "finish_reason": "stop"}, x_groq={"id": "req_1", "usage": _USAGE}, usage=_USAGE)


def _counted(text: str, output: int, finish: str | None = None) -> bytes:
    usage = {"prompt_tokens": 9, "completion_tokens": output, "total_tokens": 9 + output}
    return _top({"index": 0, "delta": {"content": text}, "finish_reason": finish}, usage=usage)


_TOKENS = [
    _case(
        "usage twice",
        "Groq, also in x_groq",
        "tokens",
        _body(*_HELLO, _GROQ, _top(usage=_USAGE)),
        one("Hello", tokens=(9, 4)),
    ),
    _case(
        "usage so far in each chunk",
        "Perplexity, Databricks, llama.cpp",
        "tokens",
        _body(_counted("Hel", 2), _counted("lo", 4, "stop")),
        one("Hello", tokens=(9, 4)),
    ),
    _case(
        "usage, then null",
        "[rule 8](merging.md)",
        "tokens",
        _body(*_HELLO, _top({"index": 0, "delta": {}, "finish_reason": "stop"}, usage=_USAGE), _top(usage=None)),
        one("Hello", tokens=(9, 4)),
    ),
]

_ERROR = {"error": {"message": "Provider overloaded", "type": "server_error", "param": None, "code": 502}}
_ENDS = [
    Case(
        *("openai-chat", "an error in the middle", "OpenRouter, vLLM, openai-python#2796", "end"),
        _delta(role="assistant", content="Hel") + _event(_ERROR) + _DONE,
        one("Hel", None),
        end="error",
        words="Provider overloaded",
    ),
    Case(
        *("openai-chat", "an error line outside the standard", "llama.cpp until 2025-09, GPUStack", "end"),
        _delta(role="assistant", content="Hel") + b"error: " + json.dumps(_ERROR["error"]).encode() + b"\n\n",
        one("Hel", None),
        end="error",
        words="Provider overloaded",
    ),
    Case(
        *("openai-chat", "cut off", "any connection", "end"),
        _delta(role="assistant", content="Hel"),
        one("Hel", None),
        end="truncated",
    ),
]

CASES = [*_CALLS, *_TEXTS, *_TOKENS, *_ENDS]
