"""Bodies to measure with: each takes one path through a parser, and knows its right answer.

All are made here, from fixed seeds; none is a recording. `make` gives one by its name, `cut` cuts it.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

CUTS = {"64 B": 64, "1460 B": 1460, "8 KiB": 8192, "16 KiB": 16384}
"""Bytes of a piece; "1 ev" is cut after each event."""

ONE_EVENT = "1 ev"


class Event(NamedTuple):
    """An event as the HTML standard gives it; the id is left out where the stream names none."""

    data: str
    event: str = "message"
    id: str = ""


class Call(NamedTuple):
    """A finished tool call."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Message:
    """What a stream adds up to, as far as every API has it."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[Call, ...] = ()
    finish_reason: str | None = None
    output_tokens: int | None = None


@dataclass(frozen=True)
class Fixture:
    """A body, the reason why it is measured, and its right answers."""

    name: str
    path: str
    """What of a parser it takes its time in."""
    blocks: list[bytes] = field(repr=False)
    """The body, one block an event, with the comments before it."""
    events: list[Event] = field(repr=False)
    texts: list[str] = field(default_factory=list, repr=False)
    """The pieces of text that its deltas carry."""
    message: Message | None = field(default=None, repr=False)
    """What it adds up to; None where it is no API's stream."""
    dialect: str | None = None

    @property
    def body(self) -> bytes:
        """The whole."""
        return b"".join(self.blocks)


def cut(fixture: Fixture, pieces: str) -> list[bytes]:
    """The body in pieces: a name of `CUTS`, or `ONE_EVENT`."""
    if pieces == ONE_EVENT:
        return list(fixture.blocks)
    body, size = fixture.body, CUTS[pieces]
    return [body[start : start + size] for start in range(0, len(body), size)]


@cache
def make(name: str, *, quick: bool = False) -> Fixture:
    """The fixture of that name; `quick` gives a tenth of its size."""
    return MAKERS[name](10 if quick else 1)


# --- text ---------------------------------------------------------------------------------------------------------

_WORDS = """
the of and a to in is you that it he was for on are as with his they at be this have from or one had by word
but not what all were we when your can said there use an each which she do how their if will up other about
out many then them these so some her would make like him into time has look two more write go see number no
way could people my than first water been call who oil its now find long down day did get come made may part
function return parser
""".split()  # noqa: SIM905 - words read best as words
_ENDS = ["", "", "", "", ",", ".", "\n\n", ' "', "`", ":"]
_OTHERS = ["é", "ü", "日本語", "中文", "🙂", "…", "“", "Привет", "naïve", "ß", "→", "한국"]


def _texts(count: int, seed: int, foreign: float = 0.15) -> list[str]:
    """Pieces of text as models give them: a word or part of one, that share of them with non-ASCII text."""
    chance = random.Random(seed)
    plain = [f" {chance.choice(_WORDS)}{chance.choice(_ENDS)}" for _ in range(count)]
    changed = set(chance.sample(range(count), round(count * foreign)))
    return [text + chance.choice(_OTHERS) if place in changed else text for place, text in enumerate(plain)]


def _json(payload: object, *, ascii_only: bool = False) -> str:
    return json.dumps(payload, ensure_ascii=ascii_only, separators=(",", ":"))


def _plain(name: str, path: str, payloads: Iterable[str], **more: Any) -> Fixture:
    """Events of one data line each."""
    events = [Event(data) for data in payloads]
    return Fixture(name, path, [f"data: {event.data}\n\n".encode() for event in events], events, **more)


def _named(name: str, path: str, payloads: Iterable[dict[str, Any]], **more: Any) -> Fixture:
    """Events with the payload's type as their name."""
    events = [Event(_json(payload), payload["type"]) for payload in payloads]
    blocks = [f"event: {event.event}\ndata: {event.data}\n\n".encode() for event in events]
    return Fixture(name, path, blocks, events, **more)


# --- OpenAI chat --------------------------------------------------------------------------------------------------

_USAGE = {
    "prompt_tokens": 31,
    "completion_tokens": 1000,
    "total_tokens": 1031,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}


def _chunk(choices: list[dict[str, Any]], usage: dict[str, Any] | None, padding: str) -> str:
    return _json(
        {
            "id": "chatcmpl-Cd41rW7QzXkV0pTnYf2u",
            "object": "chat.completion.chunk",
            "created": 1795168800,
            "model": "gpt-5.1",
            "service_tier": "default",
            "system_fingerprint": "fp_b3f1157249",
            "choices": choices,
            "usage": usage,
            "obfuscation": padding,
        }
    )


def _chat(deltas: Sequence[dict[str, Any]], reason: str = "stop") -> list[str]:
    """A chat stream's payloads, from the role to the sentinel.

    The obfuscation hides how long a text is: it makes most chunks about equally long, as the API's does.
    """
    chance = random.Random(len(deltas))
    opening = {"role": "assistant", "content": "", "refusal": None}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> str:
        padding = max(MEAN_PADDING - len(_json(delta).encode()), 0) + chance.randrange(5)
        choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
        return _chunk(choices, None, "".join(chance.choices(_LETTERS, k=padding)))

    return [chunk(opening), *map(chunk, deltas), chunk({}, reason), _chunk([], _USAGE, "aB3"), "[DONE]"]


MEAN_PADDING = 18
"""Bytes of a delta and its obfuscation, about: it gives the chunks of `chat` 301 bytes on average."""
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def _chat_texts(name: str, path: str, texts: list[str]) -> Fixture:
    message = Message("".join(texts), finish_reason="stop", output_tokens=1000)
    payloads = _chat([{"content": text} for text in texts])
    return _plain(name, path, payloads, texts=texts, message=message, dialect="openai-chat")


def _make_chat(divisor: int) -> Fixture:
    path = "one data line an event, and payloads that repeat one shape: what an application reads all day"
    return _chat_texts("chat", path, _texts(1000 // divisor, 1))


def _make_long_chat(divisor: int) -> Fixture:
    texts = _texts(32 * (8000 // divisor), 12)
    together = ["".join(texts[at : at + 32]) for at in range(0, len(texts), 32)]
    return _chat_texts("long chat", "pieces of some 200 bytes: what was merged is not looked at again", together)


def _make_tools(divisor: int) -> Fixture:
    lines = "".join(_texts(2000 // divisor, 2))
    arguments = _json({"path": "src/parser.py", "text": lines, "mode": 0o644})
    steps = range(0, len(arguments), 9)
    call = {"index": 0, "id": "call_p7XkQ2", "type": "function", "function": {"name": "write_file", "arguments": ""}}
    pieces = [{"index": 0, "function": {"arguments": arguments[start : start + 9]}} for start in steps]
    payloads = _chat(
        [{"content": None, "tool_calls": [call]}, *({"tool_calls": [piece]} for piece in pieces)], "tool_calls"
    )
    calls = (Call("call_p7XkQ2", "write_file", arguments),)
    message = Message("", calls=calls, finish_reason="tool_calls", output_tokens=1000)
    path = "arguments of a tool call, full of escapes"
    return _plain("tool arguments", path, payloads, message=message, dialect="openai-chat")


def _make_reasoning(divisor: int) -> Fixture:
    thoughts, texts = _texts(700 // divisor, 3), _texts(300 // divisor, 4)
    deltas = [{"content": None, "reasoning_content": text} for text in thoughts]
    payloads = _chat([*deltas, *({"content": text, "reasoning_content": None} for text in texts)])
    message = Message("".join(texts), "".join(thoughts), finish_reason="stop", output_tokens=1000)
    path = "two kinds of text, each with its own shape"
    return _plain("reasoning", path, payloads, texts=texts, message=message, dialect="openai-chat")


def _make_multibyte(divisor: int) -> Fixture:
    chance = random.Random(5)
    texts = ["".join(chance.choices(_OTHERS, k=4)) for _ in range(1000 // divisor)]
    return _chat_texts("multibyte text", "UTF-8 beyond ASCII in every event, code points cut in two", texts)


def _make_escapes(divisor: int) -> Fixture:
    """What servers send that write ASCII only: emoji are two escapes."""
    found = _make_multibyte(divisor)
    payloads = [_json(json.loads(data), ascii_only=True) for data, *_ in found.events[:-1]]
    path = "JSON escapes, and surrogate pairs"
    return _plain(
        "escaped text", path, [*payloads, "[DONE]"], texts=found.texts, message=found.message, dialect=found.dialect
    )


def _make_unlike(divisor: int) -> Fixture:
    path = "payloads none of which has the shape of the one before: each is parsed in full"
    texts = _texts(1000 // divisor, 8)
    deltas = [{"content": text, "annotations": [{}] * (place % 7)} for place, text in enumerate(texts)]
    message = Message("".join(texts), finish_reason="stop", output_tokens=1000)
    return _plain("unlike payloads", path, _chat(deltas), texts=texts, message=message, dialect="openai-chat")


def _make_large_event(divisor: int) -> Fixture:
    text = "".join(_texts(180_000 // divisor, 6))
    return _chat_texts("1 MB event", "an event over many pieces: what is buffered is not looked at again", [text])


# --- the same events in other bytes -------------------------------------------------------------------------------


def _rewritten(name: str, path: str, divisor: int, change: Callable[[bytes], bytes]) -> Fixture:
    chat = _make_chat(divisor)
    return replace(chat, name=name, path=path, blocks=[change(block) for block in chat.blocks])


def _make_crlf(divisor: int) -> Fixture:
    path = "two bytes end a line, and cuts between them"
    return _rewritten("CRLF", path, divisor, lambda block: block.replace(b"\n", b"\r\n"))


def _make_comments(divisor: int) -> Fixture:
    path = "a keep-alive comment before each event"
    return _rewritten("comments", path, divisor, lambda block: b": keep-alive\n\n" + block)


# --- other APIs ---------------------------------------------------------------------------------------------------


def _make_anthropic(divisor: int) -> Fixture:
    texts = _texts(1000 // divisor, 7)
    path = "an event name and a data line an event"
    message = Message("".join(texts), finish_reason="end_turn", output_tokens=1000)
    return _named("anthropic", path, anthropic_payloads(texts), texts=texts, message=message, dialect="anthropic")


def anthropic_payloads(texts: Iterable[str]) -> Iterator[dict[str, Any]]:
    """A stream of the Messages API."""
    whole = {"id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message", "role": "assistant", "content": []}
    ends = {"model": "claude-sonnet-4-5-20250929", "stop_reason": None, "stop_sequence": None}
    usage = {"input_tokens": 31, "output_tokens": 1}
    yield {"type": "message_start", "message": {**whole, **ends, "usage": usage}}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    yield {"type": "ping"}
    for text in texts:
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
    yield {"type": "content_block_stop", "index": 0}
    ends = {"stop_reason": "end_turn", "stop_sequence": None}
    yield {"type": "message_delta", "delta": ends, "usage": {"output_tokens": 1000}}
    yield {"type": "message_stop"}


def _make_responses(divisor: int) -> Fixture:
    texts = _texts(1000 // divisor, 8)
    payloads = ({**payload, "sequence_number": number} for number, payload in enumerate(_responses(texts)))
    path = "an event name and a data line an event, with a number that counts them"
    # The API has no finish reason: its status is the nearest.
    message = Message("".join(texts), finish_reason="completed", output_tokens=1000)
    return _named("responses", path, payloads, texts=texts, message=message, dialect="openai-responses")


_ASKED: dict[str, Any] = {
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
}
"""What a response says of its request: the SDK's models demand most of it."""


def _responses(texts: Sequence[str]) -> Iterator[dict[str, Any]]:
    response = {**_ASKED, "id": "resp_68f1", "object": "response", "model": "gpt-5", "created_at": 1795168800}
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    item: dict[str, Any] = {"id": "msg_68f1", "type": "message", "role": "assistant"}
    place = {"item_id": "msg_68f1", "output_index": 0, "content_index": 0}
    going = {**response, "status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": going}
    yield {"type": "response.in_progress", "response": going}
    yield {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": {**item, "status": "in_progress", "content": []},
    }
    yield {"type": "response.content_part.added", **place, "part": part}
    for text in texts:
        yield {"type": "response.output_text.delta", **place, "delta": text, "logprobs": [], "obfuscation": "kQ2xVb"}
    part = {**part, "text": "".join(texts)}
    item = {**item, "status": "completed", "content": [part]}
    yield {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": part}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    usage = {
        "input_tokens": 31,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 1000,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 1031,
    }
    yield {
        "type": "response.completed",
        "response": {**response, "status": "completed", "output": [item], "usage": usage},
    }


# --- shapes that make parsers slow --------------------------------------------------------------------------------


def _make_long_line(divisor: int) -> Fixture:
    data = "".join(random.Random(9).choices(_LETTERS, k=1024)) * (8192 // divisor)
    return _plain("8 MiB line", "one line over thousands of pieces", [data])


def _make_many_lines(divisor: int) -> Fixture:
    lines = [" ".join(text.split()) for text in _texts(1000, 10)] * (100 // divisor)
    block = "".join(f"data: {line}\n" for line in lines) + "\n"
    return Fixture("100k data lines", "data lines that are joined", [block.encode()], [Event("\n".join(lines))])


def _make_fields(divisor: int) -> Fixture:
    places = range(1000 // divisor)
    events = [Event(f"value {place}", f"kind{place % 3}", str(place)) for place in places]
    blocks = [
        f"id:{number}\nretry:3000\nevent:{event}\nx:y\ndata:{data}\n\n".encode() for data, event, number in events
    ]
    return Fixture("all fields", "every field, unknown ones too, without the blank behind the colon", blocks, events)


MAKERS: dict[str, Callable[[int], Fixture]] = {
    "chat": _make_chat,
    "tool arguments": _make_tools,
    "reasoning": _make_reasoning,
    "multibyte text": _make_multibyte,
    "escaped text": _make_escapes,
    "CRLF": _make_crlf,
    "comments": _make_comments,
    "all fields": _make_fields,
    "responses": _make_responses,
    "anthropic": _make_anthropic,
    "unlike payloads": _make_unlike,
    "1 MB event": _make_large_event,
    "8 MiB line": _make_long_line,
    "long chat": _make_long_chat,
    "100k data lines": _make_many_lines,
}
"""By name, what makes a fixture of 1/n of its usual size."""
