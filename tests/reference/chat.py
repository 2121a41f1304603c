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

from tests.reference import errors
from tests.reference.calls import (
    Call,
    Calls,
    Json,
    Object,
    an_object,
    arguments_of,
    as_index,
    given,
    is_json,
    listed,
    name_of,
    overlay,
    told,
)
from tests.reference.errors import bare_error, error_alone, error_in_unknown, error_of
from tests.reference.events import SENTINELS, Event, StrayLines, enclosed, opened, unquoted
from tests.reference.json import mend
from tests.reference.message import (
    choice_piece,
    given_text,
    is_told,
    joined,
    merge_unknown,
    part_text,
    parts_of,
    reason_of,
    same_detail,
    scalar_text,
)
from tests.reference.payloads import Closed, Value, payloads
from tests.reference.reasoning import NAMES, Sources, is_reasoning, reasoning_of, seals_of, words

DROPPED = {"obfuscation", "p"}
"""Padding against traffic analysis: no part of the answer."""

MALFORMED = {"message": "malformed payload", "type": "malformed_payload"}
"""The error that stands for a terminated payload which is no JSON."""

DELTA_FIELDS = {"role", "content", "refusal", "tool_calls", "function_call", "reasoning_details", "audio"}
CHOICE_FIELDS = {"index", "delta", "finish_reason", "logprobs", "message", "text", "usage", "error"}


def reference(body: bytes) -> Object:
    """Fold a whole stream into one dict; see the top of the file for its shape."""
    stream = Stream()
    for item in payloads(body):
        if stream.done:
            break  # Rule 12: what follows the sentinel is only drained.
        if isinstance(item, StrayLines):
            stream.take_stray_lines(item.text)
        elif isinstance(item, Closed):
            stream.end()
        else:
            stream.take_event(Event("message", item.text) if isinstance(item, Value) else item)
    mended: Object = mend(stream.result())
    return mended


class Stream:
    """Everything known of a response so far."""

    def __init__(self) -> None:
        self.choices: dict[int, Choice] = {}
        self.top: Object = {}
        self.usage: Object | None = None
        self.error: Json = None
        self.alone: Json = None  # the error that the first payload is if no other comes
        self.begun = self.known = self.unknown = self.done = self.ended = False

    def take_event(self, event: Event) -> None:
        """Tell the sentinel, empty data (rule 12), payloads and errors apart."""
        for one in opened(event):
            data = one.data.strip()
            if self.done:
                return
            if data in SENTINELS:
                self.end()
            elif is_json(data):
                self.take_payload(one.name, unquoted(json.loads(data)))
            elif data:
                self.begin()
                self.unknown = self.unknown or one.name not in ("error", "message")
                self.fail(data if one.name == "error" else MALFORMED if one.name == "message" else None)

    def take_payload(self, name: str, payload: Json) -> None:
        """Merge a chunk, and only then see whether it carries an error (rule 11)."""
        fields, error = an_object(payload), error_of(name, payload)
        if not error and (fields.get("type") or name) in ("ping", "keepalive"):
            return
        if not error and not is_chunk(fields) and (inner := enclosed(fields, is_recognised, name)):
            self.take_payload(name, inner)
            return
        first = self.begin()
        if is_chunk(fields):
            self.known = True
            self.merge_chunk(fields)
            inside = [choice.get("error") for choice in listed(fields.get("choices"))]
            error = next(filter(None, inside), None) or error
        elif not error:
            error = error_in_unknown(name, payload)
            self.unknown = self.unknown or not error
            self.alone = error_alone(name, payload) if first and not error else None
        self.fail(error)

    def begin(self) -> bool:
        """Another payload: what came before it did not come alone. Whether it is the first."""
        first = not self.begun
        self.alone, self.begun = None, True
        return first

    def end(self) -> None:
        self.fail(self.alone)
        self.done = True

    def take_stray_lines(self, lines: str) -> None:
        """Rule 11: an `error:` line, or an error object (or a list that begins with one) without any field name."""
        text = lines.removeprefix("error:").strip()
        value = json.loads(text) if is_json(text) else text
        bare = value[0] if isinstance(value, list) and value else value
        named = lines.startswith("error:")
        self.fail(error_of("error" if named else "", bare) or (value if named else bare_error(bare)))

    def fail(self, error: Json) -> None:
        """Keep the first error; empty ones are none."""
        self.error = self.error or error or None

    def merge_chunk(self, chunk: Object) -> None:
        self.merge_top(chunk)
        choices = listed(chunk.get("choices"))
        for choice in choices:
            index = as_index(choice.get("index")) or 0  # Rule 10: 0 where it is not given.
            self.choices.setdefault(index, Choice(index)).merge(choice)
        if choices and chunk.get("object") == "chat.completion":
            self.see_end(choices)
        # Rule 8: usage stands at the top, inside x_groq or inside the choices.
        for holder in [chunk, an_object(chunk.get("x_groq")), *choices]:
            if isinstance(holder.get("usage"), dict):
                self.usage = overlay(self.usage or {}, holder["usage"])

    def see_end(self, choices: list[Object]) -> None:
        """A whole object is the end: at once where nothing came before it, and else where nothing comes after it."""
        mine = [self.choices[as_index(choice.get("index")) or 0] for choice in choices]
        whole = all(is_told(choice) and choice.get("delta") is None for choice in choices)
        ended = whole and all(choice.says_something() for choice in mine)
        self.ended = self.ended or ended
        if ended and all(choice.came_whole and choice.finish_reason for choice in mine):
            self.done = True

    def merge_top(self, chunk: Object) -> None:
        """Rule 9: id, object and created are the first non-empty; the others the last non-empty."""
        for key in chunk.keys() - DROPPED - {"choices", "usage", "error"}:
            value = without_usage(chunk[key]) if key == "x_groq" else chunk[key]
            value = given(value) if key == "id" else value
            if value in (None, "", [], {}) or (key == "created" and value == 0):
                continue
            if key not in ("id", "object", "created") or key not in self.top:
                self.top.update(overlay(self.top, {key: value}))

    def result(self) -> Object:
        self.fail(self.alone)
        self.done = self.done or self.ended
        for choice in self.choices.values():
            choice.settle_calls()
        finished = [choice.finish_reason is not None for choice in self.choices.values()]
        silent = self.unknown and not self.known
        top = dict(self.top)
        return {
            "choices": [choice.result() for _, choice in sorted(self.choices.items())],
            "usage": self.usage,
            "error": self.error,
            "done": self.done,
            "complete": self.error is None and ((self.done and not silent) or (bool(finished) and all(finished))),
            **{key: top.pop(key, None) for key in ("id", "object", "created", "model")},
            "extra": top,
        }


def without_usage(value: Json) -> Json:
    return {key: one for key, one in value.items() if key != "usage"} if isinstance(value, dict) else value


def is_chunk(payload: Object) -> bool:
    """Whether the payload belongs to the chat dialect: pings and bare errors do not."""
    choices = payload.get("choices")
    if isinstance(choices, (list, dict)) and (listed(choices) or not choices):
        return True
    return not choices and any(payload.get(key) is not None for key in ("usage", "x_groq", "choices"))


def is_recognised(payload: Object) -> bool:
    """Whether the payload can only be chat's."""
    choices = payload.get("choices")
    if isinstance(choices, list):
        in_chat = any(choice.get("delta") is not None for choice in listed(choices))
        return payload.get("object") != "text_completion" or in_chat
    in_place = [one.get(key) for one in listed(choices) for key in ("delta", "message")]
    return payload.get("object") == "chat.completion.chunk" or any(one is not None for one in in_place)


def error_fields(error: Json) -> Object | None:
    """Give message, code and type as a user sees them."""
    return None if error is None else errors.error_fields(error, {})


class Choice:
    """One choice of the response: role and texts are None until they are sent."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.role: str | None = None
        self.sources = Sources()
        self.whole: dict[str, str] = {}
        self.came_whole = False
        self.texts: dict[str, str | None] = {"content": None, "reasoning": None, "refusal": None}
        self.finish_reason: str | None = None
        self.function_call: Call | None = None
        self.calls = Calls()
        self.logprobs: Object = {}
        self.details: list[Object] = []
        self.message_extra: Object = {}
        self.extra: Object = {}

    def merge(self, choice: Object) -> None:
        """Merge what one chunk says of this choice."""
        if is_told(choice):
            self.merge_message(choice["message"])
        elif isinstance(delta := choice_piece(choice), dict):
            self.merge_delta(delta)
        else:
            self.merge_content(delta)
        reason = reason_of(choice.get("finish_reason"))
        self.finish_reason = reason or self.finish_reason  # Rule 7: null never erases.
        if reason is not None:
            self.settle_calls()
        logprobs = an_object(choice.get("logprobs"))
        self.logprobs |= dict.fromkeys(logprobs.keys() - self.logprobs.keys())
        for key in logprobs:
            # Rule 10: the lists extend, but for those that are all there.
            merge_unknown(self.logprobs, key, logprobs[key], whole=is_told(choice))
        for key in choice.keys() - CHOICE_FIELDS - DROPPED:
            merge_unknown(self.extra, key, choice[key], whole=is_told(choice))

    def settle_calls(self) -> None:
        """Rule 3: what calls were announced with is all that they have."""
        for call in [*self.calls.all, *([self.function_call] if self.function_call else [])]:
            call.settle()

    def merge_delta(self, delta: Object) -> None:
        """Merge one delta, each field by its rule."""
        self.came_whole = False
        self.role = self.role or given_text(delta.get("role"))  # Rule 6: the first non-empty.
        speaking, text = reasoning_of(delta)
        if speaking:
            self.append("reasoning", self.sources.news(speaking, self.texts["reasoning"] or "", text))
        self.merge_content(delta.get("content"))
        refusal = delta.get("refusal")
        self.append("refusal", refusal if isinstance(refusal, str) else words(refusal) or None)
        self.merge_details(listed(delta.get("reasoning_details")))
        self.calls.merge(listed(delta.get("tool_calls")))
        self.merge_legacy(delta)
        if isinstance(delta.get("audio"), dict):
            mine = self.message_extra.setdefault("audio", {})
            mine.update(overlay(mine, delta["audio"] | joined(mine, delta["audio"], "data", "transcript")))
        self.merge_extra(delta, whole=False)

    def merge_extra(self, message: Object, *, whole: bool) -> None:
        """Rule 6: members that are not known. Rule 5: what has to be sent back with the reasoning."""
        for key in message.keys() - DELTA_FIELDS - {*NAMES} - DROPPED:
            merge_unknown(self.message_extra, key, message[key], whole=whole)
        parts = [part for part in parts_of(message.get("content")) if is_reasoning(part)]
        for name, seal in seals_of([*(message.get(name) for name in NAMES), parts]):
            self.message_extra[name] = seal

    def merge_legacy(self, delta: Object) -> None:
        """Rule 10: the deprecated call, unless it is one of the calls beside it once more."""
        call = delta.get("function_call")
        beside = [(name_of(one), arguments_of(one)) for one in listed(delta.get("tool_calls"))]
        if isinstance(call, dict) and (name_of({"function": call}), arguments_of({"function": call})) not in beside:
            self.function_call = self.function_call or Call()
            self.function_call.merge({"function": call})

    def append(self, name: str, text: Json) -> None:
        """Rule 5: a string is appended, "" too; null and anything else changes nothing."""
        if isinstance(text, str):
            self.texts[name] = (self.texts[name] or "") + text
            self.whole.pop(name, None)

    def merge_content(self, content: Json) -> None:
        """Rule 5: a string, a number or boolean as JSON writes it, or parts."""
        self.append("content", scalar_text(content))
        for part in parts_of(content):
            kind, text = part_text(part)
            if kind in self.texts:
                self.append(kind, text)
            if kind == "other":
                self.message_extra["content_parts"] = [*self.message_extra.get("content_parts", []), part]

    def merge_message(self, message: Json) -> None:
        """Rule 13: a message that is all there."""
        self.came_whole = self.came_whole or not (any(self.texts.values()) or self.calls.all or self.function_call)
        if not isinstance(message, dict):
            message = {"content": message}
        self.role = self.role or given_text(message.get("role"))
        before = self.texts["reasoning"] or ""
        self.complete("reasoning", reasoning_of(message)[1] or None)
        self.sources.follow(before, self.texts["reasoning"] or "")
        content = message.get("content")
        found = [(*part_text(part), part) for part in parts_of(content)]
        texts = {kind: [text for one, text, _ in found if one == kind and text is not None] for kind in self.texts}
        self.complete("content", "".join(texts["content"]) if texts["content"] else scalar_text(content))
        refusal = "".join(texts["refusal"]) if texts["refusal"] else None
        self.complete("refusal", message["refusal"] if isinstance(message.get("refusal"), str) else refusal)
        others = [part for kind, _, part in found if kind == "other"]
        if others:
            self.message_extra["content_parts"] = others
        self.calls.complete(listed(message.get("tool_calls")))
        if self.function_call and isinstance(message.get("function_call"), dict):
            self.function_call.complete({"function": message["function_call"]})
        else:
            self.merge_legacy(message)
        if listed(message.get("reasoning_details")):
            self.details = []
            self.merge_details(listed(message["reasoning_details"]))
        if isinstance(message.get("audio"), dict):
            self.message_extra["audio"] = overlay(self.message_extra.get("audio", {}), message["audio"])
        self.merge_extra(message, whole=True)

    def complete(self, name: str, whole: str | None) -> None:
        """Rule 13: what a text has beyond what was told; where it says something else, it is kept."""
        known = told(self.texts[name] or "")
        if whole is None:
            return
        if known == "":
            self.append(name, whole)
            return
        whole = mend(whole)
        self.whole.pop(name, None)
        if whole.startswith(known) and whole != known:
            self.texts[name] = whole
        elif not known.startswith(whole) and self.came_whole:
            self.append(name, whole)
        elif not known.startswith(whole):
            self.whole[name] = whole

    def says_something(self) -> bool:
        kept = [self.message_extra, self.extra, self.logprobs, self.details, self.calls.all]
        return any(self.texts.values()) or any(kept) or bool(self.finish_reason or self.function_call)

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
