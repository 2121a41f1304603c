"""A slow and obvious accumulator for chat-completions streams, which the tests hold the fast one against.

It follows the numbered merge rule for OpenAI-compatible chat streams word by word: one small function per sentence, plain
dicts and lists, strings joined only at the end. It knows nothing of cuts: it always sees the whole stream.

    body (bytes) --split_stream--> items (Event | StrayLine) --accumulate--> dict

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
from typing import Any, NamedTuple

Json = Any
"""What `json.loads` gives."""

ABSENT = (None, "", "null")
"""What providers send for an id, name or finish reason that they do not have."""

SENTINELS = ("[DONE]", '"[DONE]"')
DROPPED = frozenset({"obfuscation", "p"})
"""Padding against traffic analysis: no part of the answer."""

REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")
DELTA_FIELDS = {*REASONING_FIELDS, "role", "content", "refusal", "tool_calls", "function_call", "reasoning_details", "audio"}
CHOICE_FIELDS = {"index", "delta", "finish_reason", "logprobs", "message", "text", "usage", "error"}
TOP_FIELDS = {"id", "object", "created", "model", "choices", "usage", "error"}
CALL_FIELDS = {"index", "id", "type", "function", "custom"}


class Event(NamedTuple):
    """One dispatched server-sent event."""

    name: str
    data: str


class StrayLine(NamedTuple):
    """A line that is no field of the standard, such as `error: {...}` or a bare JSON object."""

    text: str


Item = Event | StrayLine


# --- framing ----------------------------------------------------------------------------------------------------------


def split_stream(body: bytes) -> list[Item]:
    """Give the events and stray lines of a whole body, as the standard dispatches them.

    What the body's end cuts off counts when it is a whole payload or the sentinel.
    """
    *lines, last = re.split("\r\n|\n|\r", body.decode("utf-8", "replace").removeprefix("\ufeff"))
    items: list[Item] = []
    fields: list[tuple[str, str]] = []
    for line in lines:
        if line == "":
            items += dispatch(fields)
            fields = []
        else:
            read_line(line, items, fields)
    unterminated: list[Item] = []
    read_line(last, unterminated, fields)
    return items + [item for item in unterminated + dispatch(fields) if is_whole(item)]


def read_line(line: str, items: list[Item], fields: list[tuple[str, str]]) -> None:
    """Add a line to the fields of its event; a stray one counts at once, without a blank line."""
    field, _, value = line.partition(":")
    if field in ("data", "event"):
        fields.append((field, value.removeprefix(" ")))
    elif field not in ("", "id", "retry"):
        items.append(StrayLine(line))


def dispatch(fields: list[tuple[str, str]]) -> list[Item]:
    """Give the event that a blank line ends, if it has data."""
    names = [value for field, value in fields if field == "event"]
    data = [value for field, value in fields if field == "data"]
    return [Event((names[-1] if names else "") or "message", "\n".join(data))] if data else []


def is_whole(item: Item) -> bool:
    """Whether something that no line end terminated is nevertheless all there."""
    payload = item.data if isinstance(item, Event) else item.text.removeprefix("error:")
    return payload.strip() in SENTINELS or is_json(payload)


def is_json(text: str) -> bool:
    """Whether the text is one JSON value."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


# --- the stream -------------------------------------------------------------------------------------------------------


def accumulate(items: list[Item]) -> dict[str, Json]:
    """Fold a whole stream into one dict; see the top of the file for its shape."""
    state = Stream()
    for item in items:
        if state.done:
            break  # Rule 12: what follows the sentinel is only drained.
        if isinstance(item, Event):
            state.take_event(item)
        else:
            state.take_stray_line(item.text)
    return mend(state.result())


def reference(body: bytes) -> dict[str, Json]:
    """Fold a whole body."""
    return accumulate(split_stream(body))


class Stream:
    """Everything known of a response so far."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.choices: dict[int, Choice] = {}
        self.top: dict[str, Json] = {}
        self.usage: dict[str, Json] | None = None
        self.error: Json = None
        self.done = False

    def take_event(self, event: Event) -> None:
        """Tell the sentinel, empty data, errors and chunks apart."""
        data = event.data.strip()
        if data in SENTINELS:
            self.done = True
        elif data == "":
            pass  # Rule 12.
        elif is_json(data):
            self.take_payload(json.loads(data), named_error=event.name == "error")
        elif event.name == "error":
            self.fail(data)
        elif event.name == "message":
            self.fail("malformed payload")

    def take_payload(self, payload: Json, *, named_error: bool) -> None:
        """Merge a chunk, then see whether it carries an error (rule 11: in this order)."""
        if isinstance(payload, dict) and is_chunk(payload):
            self.merge_chunk(payload)
        error = error_of(payload)
        if error is None and named_error:
            error = payload
        if error is not None:
            self.fail(error)

    def take_stray_line(self, line: str) -> None:
        """Rule 11: an `error:` line, or an error object without any field name."""
        if line.startswith("error:"):
            text = line.removeprefix("error:").strip()
            value = json.loads(text) if is_json(text) else text
            error = error_of(value) or value
            self.fail(error or "error")
        elif is_json(line):
            self.fail(error_of(json.loads(line)))

    def fail(self, error: Json) -> None:
        """Keep the first error."""
        if self.error is None:
            self.error = error

    def merge_chunk(self, chunk: dict[str, Json]) -> None:
        """Merge one chunk's top-level fields, choices and usages."""
        merge_top(self.top, chunk)
        for choice in objects(chunk.get("choices")):
            index = as_index(choice.get("index")) or 0  # Rule 10: 0 where it is not given.
            self.choices.setdefault(index, Choice(index)).merge(choice, whole=chunk.get("object") == "chat.completion")
        for usage in usages_of(chunk):
            self.usage = overlay(self.usage or {}, usage)

    def complete(self) -> bool:
        """The sentinel, or a finish reason for every choice seen; and no error."""
        finished = [choice.finish_reason is not None for choice in self.choices.values()]
        return self.error is None and (self.done or (bool(finished) and all(finished)))

    def result(self) -> dict[str, Json]:
        """Give the dict that `accumulate` returns."""
        return {
            "choices": [choice.result() for _, choice in sorted(self.choices.items())],
            "usage": self.usage,
            "error": self.error,
            "done": self.done,
            "complete": self.complete(),
            **{key: self.top.get(key) for key in ("id", "object", "created", "model")},
            "extra": {key: value for key, value in self.top.items() if key not in TOP_FIELDS},
        }


def is_chunk(payload: dict[str, Json]) -> bool:
    """Whether the payload belongs to the chat dialect: pings and bare errors do not."""
    return isinstance(payload.get("choices"), list) or payload.get("object") == "chat.completion.chunk" or any(
        isinstance(payload.get(key), dict) for key in ("usage", "x_groq")
    )


def merge_top(top: dict[str, Json], chunk: dict[str, Json]) -> None:
    """Rule 9: id, object, created are the first non-empty; the others the last non-empty."""
    for key, value in chunk.items():
        if key in DROPPED or key in ("choices", "usage", "error") or value in (None, "", 0, [], {}):
            continue
        if key not in ("id", "object", "created") or key not in top:
            top[key] = value


def usages_of(chunk: dict[str, Json]) -> list[dict[str, Json]]:
    """Rule 8: usage stands at the top, inside x_groq or inside the choices."""
    holders = [chunk, chunk.get("x_groq"), *objects(chunk.get("choices"))]
    usages = [holder.get("usage") for holder in holders if isinstance(holder, dict)]
    return [usage for usage in usages if isinstance(usage, dict)]


def overlay(old: dict[str, Json], new: dict[str, Json]) -> dict[str, Json]:
    """Rules 6 and 8: every non-null key of the newer object wins, inside nested objects too; null never erases."""
    merged = dict(old)
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = overlay(merged[key], value)
        elif value is not None or key not in merged:
            merged[key] = value
    return merged


def merge_unknown(old: dict[str, Json], key: str, value: Json) -> None:
    """Rule 6: scalars last non-null, objects overlay, lists extend. Nothing is added up."""
    if isinstance(value, list) and isinstance(old.get(key), list):
        old[key] = old[key] + value
    else:
        old.update(overlay(old, {key: value}))


def error_of(payload: Json) -> Json:
    """Rule 11: what in a payload is an error, or None."""
    if not isinstance(payload, dict):
        return None
    if payload.get("error"):
        return payload["error"]
    if payload.get("object") == "error":
        return payload
    return next((choice["error"] for choice in objects(payload.get("choices")) if choice.get("error")), None)


def error_fields(error: Json) -> dict[str, Json] | None:
    """Give message, code and type as a user sees them."""
    if error is None:
        return None
    if not isinstance(error, dict):
        return {"message": error if isinstance(error, str) else compact(error), "code": None, "type": None}
    said = (error.get(key) for key in ("message", "detail", "error"))
    message = next((text for text in said if isinstance(text, str) and text), compact(error))
    return {"message": message, "code": error.get("code"), "type": error.get("type")}


# --- one choice -------------------------------------------------------------------------------------------------------


class Choice:
    """One choice of the response."""

    def __init__(self, index: int) -> None:
        """Begin with nothing: role and texts are None until they are sent."""
        self.index = index
        self.role: str | None = None
        self.texts: dict[str, str | None] = {"content": None, "reasoning": None, "refusal": None}
        self.finish_reason: str | None = None
        self.function_call: Call | None = None
        self.calls = Calls()
        self.logprobs: dict[str, Json] = {}
        self.reasoning_details: list[dict[str, Json]] = []
        self.message_extra: dict[str, Json] = {}
        self.choice_extra: dict[str, Json] = {}

    def merge(self, choice: dict[str, Json], *, whole: bool) -> None:
        """Merge what one chunk says of this choice; `whole` where it is a non-streaming object."""
        self.merge_delta(delta_of(choice, whole=whole))
        for key, value in an_object(choice.get("logprobs")).items():
            merge_unknown(self.logprobs, key, value)  # Rule 10.
        self.finish_reason = given(choice.get("finish_reason")) or self.finish_reason  # Rule 7: null never erases.
        for key in choice.keys() - CHOICE_FIELDS - DROPPED:
            merge_unknown(self.choice_extra, key, choice[key])

    def merge_delta(self, delta: dict[str, Json]) -> None:
        """Merge one delta, each field by its rule."""
        role = delta.get("role")
        if self.role is None and isinstance(role, str) and role:
            self.role = role  # Rule 6: the first non-empty.
        self.merge_content(delta.get("content"))
        self.append("reasoning", reasoning_of(delta))
        self.append("refusal", delta.get("refusal"))
        self.merge_reasoning_details(objects(delta.get("reasoning_details")))
        self.calls.merge(objects(delta.get("tool_calls")))
        self.merge_function_call(delta.get("function_call"))
        self.merge_audio(delta.get("audio"))
        for key in delta.keys() - DELTA_FIELDS - DROPPED:
            merge_unknown(self.message_extra, key, delta[key])

    def append(self, name: str, text: Json) -> None:
        """Rule 5: a string is appended, "" too; null and anything else changes nothing."""
        if isinstance(text, str):
            self.texts[name] = (self.texts[name] or "") + text

    def merge_content(self, content: Json) -> None:
        """Rule 5: a string, or a list of text and thinking parts."""
        self.append("content", content)
        for part in objects(content):
            self.append("content", part.get("text") if part.get("type") == "text" else None)
            thinking = part.get("thinking") if part.get("type") == "thinking" else None
            self.append("reasoning", thinking)
            for inner in objects(thinking):
                self.append("reasoning", inner.get("text"))

    def merge_reasoning_details(self, details: list[dict[str, Json]]) -> None:
        """Rule 5: by type and index (and id): text and summary are appended, the rest is the last non-null."""
        for detail in details:
            mine = next((known for known in self.reasoning_details if same_detail(known, detail)), None)
            if mine is None:
                self.reasoning_details.append(dict(detail))
                continue
            mine.update(overlay(mine, {key: value for key, value in detail.items() if value != ""} | joined(mine, detail)))

    def merge_function_call(self, function: Json) -> None:
        """Merge the deprecated single call: the same rules for name and arguments, no identity."""
        if isinstance(function, dict):
            self.function_call = self.function_call or Call()
            self.function_call.merge({"function": function})

    def merge_audio(self, audio: Json) -> None:
        """Append data and transcript, which come in pieces; the rest is the last non-null."""
        if not isinstance(audio, dict):
            return
        mine = self.message_extra.setdefault("audio", {})
        mine.update(overlay(mine, audio | joined(mine, audio)))

    def result(self) -> dict[str, Json]:
        """Give this choice's dict."""
        call = self.function_call
        return {
            "index": self.index,
            "role": self.role,
            **self.texts,
            "finish_reason": self.finish_reason,
            "function_call": {"name": call.name, "arguments": call.arguments} if call else None,
            "tool_calls": [{"id": one.id, "name": one.name, "arguments": one.arguments} for one in self.calls.all],
            "logprobs": self.logprobs or None,
            "reasoning_details": self.reasoning_details,
            "message_extra": self.message_extra,
            "choice_extra": self.choice_extra,
            "tool_extra": [one.extra for one in self.calls.all],
        }


def delta_of(choice: dict[str, Json], *, whole: bool) -> dict[str, Json]:
    """Give what a choice adds: its delta, else its text, else the message of a non-streaming object (rule 12)."""
    if isinstance(choice.get("delta"), dict):
        return an_object(choice["delta"])
    if isinstance(choice.get("text"), str):
        return {"content": choice["text"]}
    return an_object(choice.get("message")) if whole else {}


def reasoning_of(delta: dict[str, Json]) -> str | None:
    """Rule 5: the first non-empty of three fields; the text of reasoning_details only if there is none."""
    for key in REASONING_FIELDS:
        if isinstance(delta.get(key), str) and delta[key]:
            return str(delta[key])
    details = objects(delta.get("reasoning_details"))
    texts = [detail.get("text") or detail.get("summary") for detail in details]
    return "".join(text for text in texts if isinstance(text, str)) or None


def joined(old: dict[str, Json], new: dict[str, Json]) -> dict[str, Json]:
    """Give the texts of an object that come in pieces, each with its new piece."""
    pieces = {key: new[key] for key in ("text", "summary", "data", "transcript") if isinstance(new.get(key), str)}
    return {key: (old.get(key) or "") + piece for key, piece in pieces.items()}


def same_detail(known: dict[str, Json], detail: dict[str, Json]) -> bool:
    """Rule 5: details are one by type and index, and by id where both have one."""
    ids = {one.get("id") for one in (known, detail)} - {None}
    return len(ids) < 2 and all(known.get(key) == detail.get(key) for key in ("type", "index"))  # noqa: PLR2004


# --- tool calls -------------------------------------------------------------------------------------------------------


class Call:
    """One tool call."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.id: str | None = None
        self.name: str | None = None
        self.arguments = ""
        self.extra: dict[str, Json] = {}

    def merge(self, fragment: dict[str, Json]) -> None:
        """Merge a piece that is known to belong to this call."""
        self.id = self.id or given(fragment.get("id"))  # Rule 2: the first non-empty.
        name, text = name_of(fragment), arguments_of(fragment)
        resent = name is not None and given(fragment.get("id")) is None and text == self.arguments and is_object(text)
        self.merge_name(name)
        if not resent:
            self.arguments += text  # Rule 3: verbatim, except an id-less exact resend of the whole.
        for key in fragment.keys() - CALL_FIELDS:
            self.extra.update(overlay(self.extra, {key: fragment[key]}))  # Rule 4.

    def merge_name(self, name: str | None) -> None:
        """Rule 2: first; a longer cumulative one replaces; a different one is appended while there are no arguments."""
        if name is None or name == self.name:
            return
        if self.name is None or name.startswith(self.name):
            self.name = name
        elif self.arguments == "":
            self.name += name

    def is_unfinished(self) -> bool:
        """Whether its arguments have begun and do not parse yet."""
        return self.arguments != "" and not is_json(self.arguments)


class Calls:
    """The tool calls of one choice, in the order of their first appearance (rule 4)."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.all: list[Call] = []
        self.slots: dict[int, Call] = {}

    def merge(self, fragments: list[dict[str, Json]]) -> None:
        """Merge the pieces of one delta."""
        for position, fragment in enumerate(fragments):
            index = as_index(fragment.get("index"))
            if index is None:
                call = self.without_index(fragment, position if len(fragments) > 1 else None)
            else:
                call = self.with_index(self.slots.get(index), fragment)
                self.slots[index] = call
            call.merge(fragment)

    def new(self) -> Call:
        """Begin a call."""
        self.all.append(Call())
        return self.all[-1]

    def by_id(self, wanted: str) -> Call | None:
        """Find a call by its id."""
        return next((call for call in self.all if call.id == wanted), None)

    def with_index(self, current: Call | None, fragment: dict[str, Json]) -> Call:
        """Rule 1, with an index: the call in the slot, unless the piece says that it is another one."""
        call_id, name = given(fragment.get("id")), name_of(fragment)
        if current is None:
            return self.new()
        if call_id is not None and call_id != current.id:
            known = self.by_id(call_id)
            if known is not None:
                return known
            if current.id is not None:
                same = name is None or (name == current.name and current.is_unfinished())
                return current if same else self.new()
        elif call_id is not None or name is None:
            return current
        # A name without an id, or the first id in a slot that has none yet.
        return self.new() if begins_another(current, name, fragment) else current

    def without_index(self, fragment: dict[str, Json], position: int | None) -> Call:
        """Rule 1, without an index: by id, else by name, else the last call (by position where a delta lists several)."""
        call_id, name = given(fragment.get("id")), name_of(fragment)
        last = self.all[-1] if self.all else None
        if call_id is not None:
            adopted = last if last is not None and last.id is None and name is None else None
            return self.by_id(call_id) or adopted or self.new()
        if last is None:
            return self.new()
        if name is None:
            return self.all[position] if position is not None and position < len(self.all) else last
        return last if last.name is None or (last.name == name and last.is_unfinished()) else self.new()


def begins_another(current: Call, name: str | None, fragment: dict[str, Json]) -> bool:
    """Rule 1: after complete arguments, a different name or the start of another object is another call."""
    if name is None or current.name is None or not is_object(current.arguments):
        return False
    text = arguments_of(fragment)
    return name != current.name or (text.lstrip().startswith("{") and text != current.arguments)


def function_of(fragment: dict[str, Json]) -> dict[str, Json]:
    """Give the part of a piece that has name and arguments; a custom tool's `input` is its arguments."""
    custom = an_object(fragment.get("custom"))
    return an_object(fragment.get("function")) or custom | {"arguments": custom.get("input")}


def name_of(fragment: dict[str, Json]) -> str | None:
    """Give the name in a piece of a call."""
    return given(function_of(fragment).get("name"))


def arguments_of(fragment: dict[str, Json]) -> str:
    """Rule 3: a string verbatim, null nothing, an object its compact JSON text."""
    value = function_of(fragment).get("arguments")
    return (value or "") if value is None or isinstance(value, str) else compact(value)


def given(value: Json) -> str | None:
    """Rule 1: null, "" and "null" are absent."""
    return value if isinstance(value, str) and value not in ABSENT else None


def as_index(value: Json) -> int | None:
    """Rule 1: an int or a string of digits; anything else is absent."""
    if isinstance(value, str) and re.fullmatch("[0-9]+", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


# --- small things -----------------------------------------------------------------------------------------------------


def objects(value: Json) -> list[dict[str, Json]]:
    """Give the objects in a list; nothing for what is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def an_object(value: Json) -> dict[str, Json]:
    """Give the object; an empty one for what is none."""
    return value if isinstance(value, dict) else {}


def is_object(text: str) -> bool:
    """Whether the text is one whole JSON object."""
    return is_json(text) and isinstance(json.loads(text), dict)


def compact(value: Json) -> str:
    """Give the shortest JSON text, with non-ASCII characters as they are."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def mend(value: Json) -> Json:
    """Join the halves of surrogate pairs; a half without its partner becomes U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {mend(key): mend(one) for key, one in value.items()}
    return [mend(one) for one in value] if isinstance(value, list) else value
