"""A slow and obvious accumulator for Gemini's `generateContent` streams, which the tests hold the fast one against."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from reference_base import Call, Reference, a_string
from reference_calls import Json, Object, an_object, as_index, compact, objects

OWN = {"candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId"}
NOT_A_KIND = {"thought", "thoughtSignature", "text", "functionCall"}
KINDS = {"citationMetadata": "citation", "logprobsResult": "logprobs"}
PARTIAL_VALUES = ("stringValue", "numberValue", "boolValue", "nullValue")


class Candidate:
    """One candidate: its object so far, and the call whose arguments are still coming."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.members: Object = {}
        self.content: Object | None = None
        self.parts: list[Object] = []
        self.calls = 0
        self.open: tuple[Object, int] | None = None

    def to_object(self) -> Object:
        parts = {"parts": self.parts} if self.parts else {}
        content = {} if self.content is None else {"content": self.content | parts}
        return content | self.members


class Gemini(Reference):
    dialect = "gemini"

    def __init__(self) -> None:
        super().__init__()
        self.candidates: dict[int, Candidate] = {}
        self.top: Object = {}

    def take(self, _kind: str, payload: Object) -> bool:
        if not payload.keys() & OWN:
            return False
        for candidate in objects(payload.get("candidates")):
            index = as_index(candidate.get("index")) or 0
            self.merge(self.candidates.setdefault(index, Candidate(index)), candidate)
        keep_last(self.top, payload, but={"candidates", "usageMetadata", "responseId", "error"})
        self.id = self.id or a_string(payload.get("responseId"))
        self.model = a_string(self.top.get("modelVersion"))
        if payload.get("promptFeedback") is not None:
            self.other("promptFeedback", payload["promptFeedback"])
            self.finish(as_reason(an_object(payload["promptFeedback"]).get("blockReason")))
        self.count(payload.get("usageMetadata"), replace=True)
        return True

    def merge(self, mine: Candidate, candidate: Object) -> None:
        self.choice(mine.index)
        if isinstance(candidate.get("content"), dict):
            self.merge_content(mine, candidate["content"])
        keep_last(mine.members, candidate, but={"content", "logprobsResult"})
        logprobs = mine.members.setdefault("logprobsResult", {}) if an_object(candidate.get("logprobsResult")) else {}
        for name, value in an_object(candidate.get("logprobsResult")).items():
            logprobs[name] = logprobs.get(name, []) + value if isinstance(value, list) else value
        for name, value in candidate.items():
            if name not in ("content", "index", "finishReason") and value is not None:
                self.other(KINDS.get(name, name), value, mine.index)
        reason = as_reason(candidate.get("finishReason"))
        if reason:
            self.close_call(mine)  # Nothing more will come of its arguments.
            self.finish(reason, mine.index)

    def merge_content(self, mine: Candidate, content: Object) -> None:
        mine.content = mine.content or {}
        keep_last(mine.content, content, but={"parts"})
        self.role(content.get("role"), mine.index)
        for part in objects(content.get("parts")):
            if isinstance(part.get("functionCall"), dict):
                self.merge_call(mine, part)
            else:
                merge_part(mine.parts, part)
                self.tell_part(mine.index, part)
            if part.get("thoughtSignature") is not None:
                self.other("signature", part["thoughtSignature"], mine.index)

    def tell_part(self, index: int, part: Object) -> None:
        kind = kind_of(part)
        if isinstance(part.get("text"), str) and part.get("thought") is True:
            self.reasoning(part["text"], index)
        elif isinstance(part.get("text"), str):
            self.text(part["text"], index)
        elif kind:
            self.other(kind, part, index)

    # Calls

    def merge_call(self, mine: Candidate, part: Object) -> None:
        """Take a call, or more of the arguments of the one that is open."""
        function: Object = part["functionCall"]
        streams = function.get("willContinue") is True or "partialArgs" in function
        if a_string(function.get("name")) or mine.open is None:
            self.close_call(mine)
            self.begin_call(mine, part, streams=streams)
        else:
            keep_last(mine.open[0], part, but={"functionCall"})
        if mine.open is not None:
            grow_arguments(mine.open[0]["functionCall"], function)
            if function.get("willContinue") is not True:
                self.close_call(mine)

    def begin_call(self, mine: Candidate, part: Object, *, streams: bool) -> None:
        mine.parts.append(deepcopy(part))
        mine.calls += 1
        function = mine.parts[-1]["functionCall"]
        arguments = function.get("args")
        whole = "" if streams or arguments is None else compact(arguments)
        self.call_of(mine, mine.calls, function, whole)
        if streams:
            mine.open = (mine.parts[-1], mine.calls)
            function.pop("partialArgs", None)
            function.pop("willContinue", None)
            function["args"] = an_object(arguments)

    def close_call(self, mine: Candidate) -> None:
        """The arguments of the open call are whole."""
        if mine.open is not None:
            part, number = mine.open
            mine.open = None
            self.call_of(mine, number, part["functionCall"], compact(part["functionCall"]["args"]))

    def call_of(self, mine: Candidate, number: int, function: Object, arguments: str) -> Call:
        return self.call(
            number, id=function.get("id"), name=function.get("name"), arguments=arguments, choice=mine.index
        )

    # The end

    def is_complete(self) -> bool:
        blocked = as_reason(an_object(self.top.get("promptFeedback")).get("blockReason")) is not None
        finished = [as_reason(one.members.get("finishReason")) is not None for one in self.candidates.values()]
        return blocked or (bool(finished) and all(finished))

    def to_object(self) -> Object:
        made: Object = {}
        if self.candidates:
            made["candidates"] = [one.to_object() for _, one in sorted(self.candidates.items())]
        if self.usage is not None:
            made["usageMetadata"] = self.usage
        if self.id is not None:
            made["responseId"] = self.id
        return made | self.top


def merge_part(parts: list[Object], part: Object) -> None:
    """Merge plain text into a last part of the same kind; anything else is a part of its own."""
    last = parts[-1] if parts else {}
    if is_plain_text(part) and is_plain_text(last) and bool(part.get("thought")) == bool(last.get("thought")):
        last["text"] += part["text"]
    else:
        parts.append(deepcopy(part))


def is_plain_text(part: Object) -> bool:
    return isinstance(part.get("text"), str) and part.keys() <= {"text", "thought"}


def kind_of(part: Object) -> str | None:
    """Give the name of what a part that is neither text nor a call has."""
    name = next((key for key, value in part.items() if key not in NOT_A_KIND and value is not None), None)
    mime_type = an_object(part.get("inlineData")).get("mimeType")
    if name == "inlineData" and isinstance(mime_type, str) and mime_type.startswith(("image/", "audio/")):
        return mime_type.partition("/")[0]
    return name


def as_reason(value: Json) -> str | None:
    """Give a finish reason, which may be a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return a_string(value)


def keep_last(old: Object, new: Object, *, but: set[str]) -> None:
    """Keep the last value of each member that is not null."""
    old.update({key: deepcopy(value) for key, value in new.items() if key not in but and value is not None})


# Arguments in pieces


def grow_arguments(mine: Object, piece: Object) -> None:
    """Set or extend what the pieces of a call's arguments name; an id that comes late is kept."""
    keep_last(mine, piece, but={"args", "partialArgs", "willContinue"})
    mine["args"] = mine["args"] | an_object(piece.get("args"))
    for partial in objects(piece.get("partialArgs")):
        name = next((name for name in PARTIAL_VALUES if name in partial), None)
        if name is not None:
            value = None if name == "nullValue" else partial[name]
            set_at(mine["args"], steps_of(partial.get("jsonPath")), value)


def steps_of(path: Json) -> list[str | int]:
    """Give the names and indexes of a JSONPath such as `$.a[0]['b c']`."""
    found = re.findall(
        r"""\.([^.\[\]]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]""", path if isinstance(path, str) else ""
    )
    return [int(index) if index else name or single or double for name, index, single, double in found]


def set_at(root: Object, steps: list[str | int], value: Json) -> None:
    """Set what the steps lead to, or extend it where it is a string; what is missing on the way is made."""
    holder: Any = root
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, int) != isinstance(holder, list):
            return  # The path does not fit what is there.
        if isinstance(step, int):
            holder.extend([None] * (step + 1 - len(holder)))
        old = holder[step] if isinstance(step, int) else holder.get(step)
        if following is None:
            holder[step] = old + value if isinstance(old, str) and isinstance(value, str) else value
        elif old is None:
            holder[step] = [] if isinstance(following, int) else {}
        holder = holder[step]


def reference(body: bytes) -> Object:
    return Gemini().run(body)
