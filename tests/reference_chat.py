"""A slow and obvious accumulator for chat-completions streams, which the tests hold the fast one against.

It follows the numbered merge rule for OpenAI-compatible chat streams word by word, with small functions, plain dicts
and lists. It knows nothing of cuts: it always sees the whole stream.

    body (bytes) --split_stream--> items (Event | StrayLines) --accumulate--> dict

The result of `accumulate`:

    choices   sorted by index: index, role, content, reasoning, refusal, finish_reason, function_call
              ({"name", "arguments"} or None), tool_calls ([{"id", "name", "arguments"}]), and besides: logprobs,
              reasoning_details, message_extra, choice_extra, tool_extra (one dict a call)
    usage     dict or None           error     the raw error, an object or a string, or None
    done      the sentinel was seen  complete  whether the stream ended as it should
    id, object, created, model, extra (the other top-level fields)
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from reference_calls import Call, Calls, Json, Object, an_object, as_index, compact, given, is_json, objects, overlay

SENTINELS = ("[DONE]", '"[DONE]"')
DROPPED = {"obfuscation", "p"}
"""Padding against traffic analysis: no part of the answer."""

MALFORMED = {"message": "malformed payload", "type": "malformed_payload"}
"""The error that stands for a terminated payload which is no JSON."""

REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")
DELTA_FIELDS = {"role", "content", "refusal", "tool_calls", "function_call", "reasoning_details", "audio"}
CHOICE_FIELDS = {"index", "delta", "finish_reason", "logprobs", "message", "text", "usage", "error"}


class Event(NamedTuple):
    """One dispatched server-sent event."""

    name: str
    data: str


class StrayLines(NamedTuple):
    """The lines of a block that are no fields of the standard, such as `error: {...}` or a bare JSON object."""

    text: str


Item = Event | StrayLines


def split_stream(body: bytes) -> list[Item]:
    """Give the events and stray lines of a whole body; what its end cuts off counts if it is a whole payload."""
    items, left, ended = read_blocks(body.decode("utf-8", "replace").removeprefix("\ufeff"))
    return items + [item for item in left if is_whole(item, ended=ended)]


def read_blocks(text: str) -> tuple[list[Item], list[Item], bool]:
    """Give what is in blocks, and in what the end of input cuts off, and whether the last line of that was ended."""
    *lines, last = re.split("\r\n|\n|\r", text)
    items: list[Item] = []
    block: list[str] = []
    for line in lines:
        if line == "":
            items += read_block(block)
            block = []
        else:
            block.append(line)
    return items, read_block([*block, last]), last == ""


def read_block(lines: list[str]) -> list[Item]:
    """Give the event of a block, if it has data, and then its stray lines."""
    fields = [(name, value.removeprefix(" ")) for name, _, value in (line.partition(":") for line in lines)]
    data = [value for name, value in fields if name == "data"]
    names = [value for name, value in fields if name == "event"]
    stray = [line for line in lines if line.partition(":")[0] not in ("", "data", "event", "id", "retry")]
    items: list[Item] = [Event((names[-1] if names else "") or "message", "\n".join(data))] if data else []
    return items + ([StrayLines("\n".join(stray))] if stray else [])


def is_whole(item: Item, *, ended: bool) -> bool:
    """Whether something is all there that no blank line ended; `ended` where at least its last line was."""
    error_line = isinstance(item, StrayLines) and item.text.startswith("error:")
    payload = (item.data if isinstance(item, Event) else item.text.removeprefix("error:")).strip()
    container = payload.startswith(("{", "[")) and is_json(payload)
    return payload in SENTINELS or container or (error_line and ended and payload != "")


def reference(body: bytes) -> Object:
    return accumulate(split_stream(body))


def accumulate(items: list[Item]) -> Object:
    """Fold a whole stream into one dict; see the top of the file for its shape."""
    stream = Stream()
    for item in items:
        if stream.done:
            break  # Rule 12: what follows the sentinel is only drained.
        if isinstance(item, Event):
            stream.take_event(item)
        else:
            stream.take_stray_lines(item.text)
    mended: Object = mend(stream.result())
    return mended


class Stream:
    """Everything known of a response so far."""

    def __init__(self) -> None:
        self.choices: dict[int, Choice] = {}
        self.top: Object = {}
        self.usage: Object | None = None
        self.error: Json = None
        self.done = False

    def take_event(self, event: Event) -> None:
        """Tell the sentinel, empty data (rule 12), payloads and errors apart."""
        data = event.data.strip()
        if data in SENTINELS:
            self.done = True
        elif is_json(data):
            self.take_payload(json.loads(data), named_error=event.name == "error")
        elif data and event.name == "error":
            self.fail(data)
        elif data and event.name == "message":
            self.fail(MALFORMED)

    def take_payload(self, payload: Json, *, named_error: bool) -> None:
        """Merge a chunk, and only then see whether it carries an error (rule 11)."""
        if isinstance(payload, dict) and is_chunk(payload):
            self.merge_chunk(payload)
        self.fail(error_of(payload) or ((payload or compact(payload)) if named_error else None))

    def take_stray_lines(self, lines: str) -> None:
        """Rule 11: an `error:` line, or an error object (or a list that begins with one) without any field name."""
        text = lines.removeprefix("error:").strip()
        value = json.loads(text) if is_json(text) else text
        bare = value[0] if isinstance(value, list) and value else value
        self.fail(error_of(bare) or (value if lines.startswith("error:") else None))

    def fail(self, error: Json) -> None:
        """Keep the first error; empty ones are none."""
        self.error = self.error or error or None

    def merge_chunk(self, chunk: Object) -> None:
        self.merge_top(chunk)
        choices = objects(chunk.get("choices"))
        if choices and chunk.get("object") == "chat.completion" and all(is_message(choice) for choice in choices):
            self.done = True  # The whole object, and so the end of it.
        for choice in choices:
            index = as_index(choice.get("index")) or 0  # Rule 10: 0 where it is not given.
            self.choices.setdefault(index, Choice(index)).merge(choice, whole=chunk.get("object") == "chat.completion")
        # Rule 8: usage stands at the top, inside x_groq or inside the choices.
        for holder in [chunk, an_object(chunk.get("x_groq")), *objects(chunk.get("choices"))]:
            if isinstance(holder.get("usage"), dict):
                self.usage = overlay(self.usage or {}, holder["usage"])

    def merge_top(self, chunk: Object) -> None:
        """Rule 9: id, object and created are the first non-empty; the others the last non-empty."""
        for key in chunk.keys() - DROPPED - {"choices", "usage", "error"}:
            value = without_usage(chunk[key]) if key == "x_groq" else chunk[key]
            if value in (None, "", [], {}) or (key == "created" and value == 0):
                continue
            if key not in ("id", "object", "created") or key not in self.top:
                self.top.update(overlay(self.top, {key: value}))

    def result(self) -> Object:
        finished = [choice.finish_reason is not None for choice in self.choices.values()]
        top = dict(self.top)
        return {
            "choices": [choice.result() for _, choice in sorted(self.choices.items())],
            "usage": self.usage,
            "error": self.error,
            "done": self.done,
            "complete": self.error is None and (self.done or (bool(finished) and all(finished))),
            **{key: top.pop(key, None) for key in ("id", "object", "created", "model")},
            "extra": top,
        }


def without_usage(value: Json) -> Json:
    return {key: one for key, one in value.items() if key != "usage"} if isinstance(value, dict) else value


def is_chunk(payload: Object) -> bool:
    """Whether the payload belongs to the chat dialect: pings and bare errors do not."""
    if isinstance(payload.get("choices"), list) or payload.get("object") == "chat.completion.chunk":
        return True
    return any(isinstance(payload.get(key), dict) for key in ("usage", "x_groq"))


def error_of(payload: Json) -> Json:
    """Rule 11: what in a payload is an error, or None."""
    payload = an_object(payload)
    inside = [choice.get("error") for choice in objects(payload.get("choices"))]
    alone = payload if payload.get("object") == "error" else None
    return next((error for error in [*inside, payload.get("error"), alone] if error), None)


def error_fields(error: Json) -> Object | None:
    """Give message, code and type as a user sees them."""
    if error is None:
        return None
    fields = an_object(error)
    message = next((fields[key] for key in ("message", "detail", "error") if fields.get(key)), error)
    return {
        "message": message if isinstance(message, str) else compact(message),
        "code": fields.get("code"),
        "type": fields.get("type"),
    }


class Choice:
    """One choice of the response: role and texts are None until they are sent."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.role: str | None = None
        self.texts: dict[str, str | None] = {"content": None, "reasoning": None, "refusal": None}
        self.finish_reason: str | None = None
        self.function_call: Call | None = None
        self.calls = Calls()
        self.logprobs: Object = {}
        self.details: list[Object] = []
        self.message_extra: Object = {}
        self.extra: Object = {}

    def merge(self, choice: Object, *, whole: bool) -> None:
        """Merge what one chunk says of this choice; `whole` where the chunk is a non-streaming object."""
        self.merge_delta(delta_of(choice, whole=whole))
        logprobs = an_object(choice.get("logprobs"))
        self.logprobs |= dict.fromkeys(logprobs.keys() - self.logprobs.keys())
        for key in logprobs:
            merge_unknown(self.logprobs, key, logprobs[key])  # Rule 10: the lists extend.
        self.finish_reason = given(choice.get("finish_reason")) or self.finish_reason  # Rule 7: null never erases.
        for key in choice.keys() - CHOICE_FIELDS - DROPPED:
            merge_unknown(self.extra, key, choice[key])

    def merge_delta(self, delta: Object) -> None:
        """Merge one delta, each field by its rule."""
        self.role = self.role or given(delta.get("role"))  # Rule 6: the first non-empty.
        self.append("reasoning", reasoning_of(delta))
        self.merge_content(delta.get("content"))
        self.append("refusal", delta.get("refusal"))
        self.merge_details(objects(delta.get("reasoning_details")))
        self.calls.merge(objects(delta.get("tool_calls")))
        if isinstance(delta.get("function_call"), dict):
            self.function_call = self.function_call or Call()
            self.function_call.merge({"function": delta["function_call"]})
        if isinstance(delta.get("audio"), dict):
            mine = self.message_extra.setdefault("audio", {})
            mine.update(overlay(mine, delta["audio"] | joined(mine, delta["audio"], "data", "transcript")))
        for key in delta.keys() - DELTA_FIELDS - {*REASONING_FIELDS} - DROPPED:
            merge_unknown(self.message_extra, key, delta[key])

    def append(self, name: str, text: Json) -> None:
        """Rule 5: a string is appended, "" too; null and anything else changes nothing."""
        if isinstance(text, str):
            self.texts[name] = (self.texts[name] or "") + text

    def merge_content(self, content: Json) -> None:
        """Rule 5: a string, or a list of text and thinking parts."""
        self.append("content", content)
        for part in objects(content):
            if part.get("type", "text") == "text":
                self.append("content", part.get("text"))
            if part.get("type") == "thinking":
                self.append("reasoning", part.get("thinking"))
                for inner in objects(part.get("thinking")):
                    self.append("reasoning", inner.get("text"))

    def merge_details(self, details: list[Object]) -> None:
        """Rule 5: by type and index (and id): text and summary are appended, the rest is the last non-empty."""
        for detail in details:
            mine = next((known for known in self.details if same_detail(known, detail)), None)
            if mine is None:
                mine = {}
                self.details.append(mine)
            newer = {key: value for key, value in detail.items() if value != ""}
            mine.update(overlay(mine, newer | joined(mine, detail, "text", "summary")))

    def result(self) -> Object:
        call = self.function_call
        return {
            "index": self.index,
            "role": self.role,
            **self.texts,
            "finish_reason": self.finish_reason,
            "function_call": {"name": call.name, "arguments": call.arguments} if call else None,
            "tool_calls": [{"id": one.id, "name": one.name, "arguments": one.arguments} for one in self.calls.all],
            "logprobs": self.logprobs or None,
            "reasoning_details": self.details,
            "message_extra": self.message_extra,
            "choice_extra": self.extra,
            "tool_extra": [one.extra for one in self.calls.all],
        }


def is_message(choice: Object) -> bool:
    """Whether a choice is one of the non-streaming object: some servers call their chunks so too."""
    return choice.get("message") is not None and choice.get("delta") is None


def delta_of(choice: Object, *, whole: bool) -> Object:
    """Give what a choice adds: its delta, else its text, else the message of a non-streaming object (rule 12)."""
    if isinstance(choice.get("delta"), dict):
        return an_object(choice["delta"])
    if isinstance(choice.get("text"), str):
        return {"content": choice["text"]}
    return an_object(choice.get("message")) if whole else {}


def reasoning_of(delta: Object) -> str | None:
    """Rule 5: the first non-empty of three fields; the text of reasoning_details only if there is none."""
    texts = [delta.get(key) for key in REASONING_FIELDS]
    details = [detail.get("text") or detail.get("summary") for detail in objects(delta.get("reasoning_details"))]
    of_details = "".join(text for text in details if isinstance(text, str))
    return next((text for text in [*texts, of_details] if isinstance(text, str) and text), None)


def same_detail(known: Object, detail: Object) -> bool:
    """Rule 5: details are one by type and index, and by id where both have one."""
    one_id = None in (known.get("id"), detail.get("id")) or known["id"] == detail["id"]
    return one_id and all(known.get(key) == detail.get(key) for key in ("type", "index"))


def merge_unknown(old: Object, key: str, value: Json) -> None:
    """Rule 6: scalars last non-null, objects overlay, lists extend. Nothing is added up, null says nothing."""
    if isinstance(value, list) and isinstance(old.get(key), list):
        old[key] = old[key] + value
    elif value is not None:
        old.update(overlay(old, {key: value}))


def joined(old: Object, new: Object, *keys: str) -> Object:
    """Give the texts of an object that come in pieces, each with its new piece."""
    return {key: (old.get(key) or "") + new[key] for key in keys if isinstance(new.get(key), str)}


def mend(value: Json) -> Json:
    """Join the halves of surrogate pairs; a half without its partner becomes U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {mend(key): mend(one) for key, one in value.items()}
    return [mend(one) for one in value] if isinstance(value, list) else value
