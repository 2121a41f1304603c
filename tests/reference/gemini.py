"""A slow and obvious accumulator for Gemini's `generateContent` streams, which the tests hold the fast one against."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from tests.reference.base import Call, Reference, a_string
from tests.reference.calls import Json, Object, an_object, as_index, compact, objects
from tests.reference.wholes import arguments_text, as_object, each, each_object, id_of, piece_of

OWN = {"candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId"}
NOT_A_KIND = {"thought", "thoughtSignature"}
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
        self.pieces: dict[bool, list[str]] = {False: [], True: []}  # Text, and thoughts.

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
        payload = camel_cased(payload)
        inner = an_object(payload.get("response"))
        enclosed = isinstance(payload.get("response"), dict) and payload.get("candidates") is None
        if not enclosed and all(payload.get(name) is None for name in OWN):
            return False
        if enclosed:
            self.take("", inner)
            self.fail(inner.get("error"), inner)
        for place, candidate in enumerate(each_object(payload.get("candidates"))):
            self.take_candidate(place, camel_cased(candidate))
        but = {"candidates", "usageMetadata", "responseId", "error"} | ({"response"} if enclosed else set())
        keep_last(self.top, payload, but=but)
        if self.id is None and id_of(payload.get("responseId")):
            self.id, self.top["responseId"] = id_of(payload["responseId"]), payload["responseId"]
        self.model = a_string(self.top.get("modelVersion"))
        self.take_feedback(payload.get("promptFeedback"))
        self.take_usage(payload.get("usageMetadata"))
        return True

    def take_feedback(self, feedback: Json) -> None:
        if feedback is not None:
            self.other("promptFeedback", feedback)
            self.finish(as_reason(camel_cased(an_object(feedback)).get("blockReason")))

    def take_usage(self, usage: Json) -> None:
        """The newer usage is all of it, unless it counts nothing."""
        usage = camel_cased(usage) if isinstance(usage, dict) else usage
        self.count(usage, replace=any(name.endswith("TokenCount") for name in an_object(usage)))

    def take_candidate(self, place: int, candidate: Object) -> None:
        known = as_index(candidate.get("index"))
        index = place if known is None else known
        self.merge(self.candidates.setdefault(index, Candidate(index)), candidate)

    def merge(self, mine: Candidate, candidate: Object) -> None:
        self.choice(mine.index)
        reason = as_reason(candidate.get("finishReason"))
        self.merge_content(mine, candidate.get("content"), ended=reason is not None)
        keep_last(
            mine.members, candidate, but={"content", "logprobsResult"} | ({"finishReason"} if not reason else set())
        )
        logprobs = mine.members.setdefault("logprobsResult", {}) if an_object(candidate.get("logprobsResult")) else {}
        for name, value in an_object(candidate.get("logprobsResult")).items():
            logprobs[name] = logprobs.get(name, []) + value if isinstance(value, list) else value
        for name, value in candidate.items():
            if name not in ("content", "index", "finishReason") and value is not None:
                self.other(KINDS.get(name, name), value, mine.index)
        if reason:
            self.close_call(mine)  # Nothing more will come of its arguments.
            self.finish(reason, mine.index)

    def merge_content(self, mine: Candidate, content: Json, *, ended: bool) -> None:
        """Take the next parts: a list of them, one, or plain text."""
        if piece_of(content) is not None:
            content = {"parts": [content]}
        if not isinstance(content, dict):
            return
        content = camel_cased(content)
        mine.content = mine.content or {}
        keep_last(mine.content, content, but={"parts"})
        self.role(content.get("role"), mine.index)
        listed = [one for one in each(content.get("parts")) if isinstance(one, dict) or piece_of(one) is not None]
        written = [part if isinstance(part, dict) else {"text": part} for part in listed]
        parts = [camel_cased(part) for part in written]
        if says_again(mine, parts, ended=ended):
            parts = self.beyond(mine, parts)
        for thought in (False, True):
            text = joined(parts, thought=thought)
            mine.pieces[thought] += [text] if text else []
        for part in parts:
            self.take_part(mine, part, next((one for one in written if camel_cased(one) == part), part))

    def beyond(self, mine: Candidate, parts: list[Object]) -> list[Object]:
        """Give what the parts of a whole have beyond the ones so far."""
        left = [compact(part) for part in mine.parts]
        rests = {kind: joined(parts, thought=kind)[len("".join(mine.pieces[kind])) :] for kind in (False, True)}
        found = []
        for part in parts:
            if text_of(part) is not None:
                rest, rests[is_thought(part)] = rests[is_thought(part)], ""
                signature = part.get("thoughtSignature")
                signed = signature is not None and all(one.get("thoughtSignature") != signature for one in mine.parts)
                mark = {"thought": True} if is_thought(part) else {}
                found += [{**part, **mark, "text": rest}] if rest or signed else []
            elif compact(part) in left:
                left.remove(compact(part))
            else:
                found.append(part)
        return found

    def take_part(self, mine: Candidate, part: Object, written: Object) -> None:
        text = text_of(part)
        if text is not None:
            self.close_call(mine)
            merge_part(mine.parts, part, text)
            (self.reasoning if is_thought(part) else self.text)(text, mine.index)
        elif isinstance(part.get("functionCall"), dict):
            if not self.merge_call(mine, part):
                return
        else:
            self.close_call(mine)
            mine.parts.append(spelt(part))
            kind = kind_of(part)
            if kind:
                self.other(kind, written, mine.index)
        if part.get("thoughtSignature") is not None:
            self.other("signature", part["thoughtSignature"], mine.index)

    # Calls

    def merge_call(self, mine: Candidate, part: Object) -> bool:
        """Take a call, or more of the arguments of the one that is open; False where it is known already."""
        function = camel_cased(part["functionCall"])
        streams = function.get("willContinue") is True or "partialArgs" in function
        if mine.open is None or (a_string(function.get("name")) and not self.is_open(mine, function)):
            if self.is_same(mine, function):
                return False
            self.close_call(mine)
            self.begin_call(mine, {**part, "functionCall": function}, streams=streams)
        else:
            keep_last(mine.open[0], part, but={"functionCall"})
        if mine.open is not None:
            grow_arguments(mine.open[0]["functionCall"], function)
            if function.get("willContinue") is not True:
                self.close_call(mine)
        return True

    def is_open(self, mine: Candidate, function: Object) -> bool:
        """Whether a call that has a name is the open one all the same: by its id."""
        return mine.open is not None and has_id(function) and mine.open[0]["functionCall"].get("id") == function["id"]

    def is_same(self, mine: Candidate, function: Object) -> bool:
        """Whether a call came before, with this id and these arguments."""
        known = [
            call
            for call in self.choice(mine.index).calls.values()
            if has_id(function) and call.id == id_of(function["id"])
        ]
        arguments = "" if function.get("args") is None else arguments_text(function["args"])
        return bool(known) and (known[0].name, known[0].arguments) == (a_string(function.get("name")), arguments)

    def begin_call(self, mine: Candidate, part: Object, *, streams: bool) -> None:
        mine.parts.append(spelt(part))
        mine.calls += 1
        function = mine.parts[-1]["functionCall"]
        arguments = function.get("args")
        whole = "" if streams or arguments is None else arguments_text(arguments)
        self.call_of(mine, mine.calls, function, whole)
        if arguments is not None:
            function["args"] = as_object(arguments)
        if streams:
            mine.open = (mine.parts[-1], mine.calls)
            function.pop("partialArgs", None)
            function.pop("willContinue", None)
            function["args"] = an_object(function.get("args"))

    def close_call(self, mine: Candidate) -> None:
        """The arguments of the open call are whole."""
        if mine.open is not None:
            part, number = mine.open
            mine.open = None
            self.call_of(mine, number, part["functionCall"], compact(part["functionCall"]["args"]))

    def call_of(self, mine: Candidate, number: int, function: Object, arguments: str) -> Call:
        return self.call(
            number, id=id_of(function.get("id")), name=function.get("name"), arguments=arguments, choice=mine.index
        )

    # The end

    def is_complete(self) -> bool:
        feedback = camel_cased(an_object(self.top.get("promptFeedback")))
        blocked = as_reason(feedback.get("blockReason")) is not None
        finished = [as_reason(one.members.get("finishReason")) is not None for one in self.candidates.values()]
        return blocked or (bool(finished) and all(finished))

    def to_object(self) -> Object:
        made: Object = {}
        if self.candidates:
            made["candidates"] = [one.to_object() for _, one in sorted(self.candidates.items())]
        if self.usage is not None:
            made["usageMetadata"] = self.usage
        return made | self.top


def merge_part(parts: list[Object], part: Object, text: str) -> None:
    """Merge plain text into a last part of the same kind; anything else is a part of its own."""
    last = parts[-1] if parts else {}
    if is_plain_text(part) and is_plain_text(last) and is_thought(part) == is_thought(last):
        last["text"] = (last["text"] or "") + text
    else:
        mark = (
            {"thought": part["thought"] if part.get("thought") in (True, "true") else True} if is_thought(part) else {}
        )
        parts.append({**spelt(part), "text": text, **mark})


def is_plain_text(part: Object) -> bool:
    text = text_of(part) is not None or ("text" in part and part["text"] is None)
    return text and part.keys() <= {"text", "thought"}


def is_thought(part: Object) -> bool:
    """Whether a part's text is a thought; a thought may stand in the place of the mark."""
    return part.get("thought") in (True, "true") or ("text" not in part and isinstance(part.get("thought"), str))


def text_of(part: Object) -> str | None:
    if part.get("text") is None and part.get("thought") != "true" and isinstance(part.get("thought"), str):
        return str(part["thought"])
    return piece_of(part.get("text"))


def joined(parts: list[Object], *, thought: bool) -> str:
    return "".join(text_of(part) or "" for part in parts if is_thought(part) is thought)


def says_again(mine: Candidate, parts: list[Object], *, ended: bool) -> bool:
    """Whether parts are all of a candidate that came in two pieces or more; with more than these only in the end."""
    kinds = [kind for kind in (False, True) if joined(parts, thought=kind)]
    whole = {kind: joined(parts, thought=kind) for kind in kinds}
    before = {kind: "".join(mine.pieces[kind]) for kind in kinds}
    same = all(before[kind] and whole[kind] == before[kind] for kind in kinds)
    more = ended and all(before[kind] and whole[kind].startswith(before[kind]) for kind in kinds)
    return bool(kinds) and (same or more) and any(len(mine.pieces[kind]) > 1 for kind in kinds)


def camel_cased(value: Object) -> Object:
    """Give an object with the names that the protocol has in JavaScript."""
    return {re.sub("(?<=.)_(.)", lambda found: found[1].upper(), name): one for name, one in value.items()}


def spelt(part: Object) -> Object:
    """Give a part with the names of its members' members as the protocol has them."""
    return {name: camel_cased(one) if isinstance(one, dict) else one for name, one in deepcopy(part).items()}


def has_id(function: Object) -> bool:
    return function.get("id") not in (None, "")


def kind_of(part: Object) -> str | None:
    """Give the name of what a part that is neither text nor a call has."""
    name = next((key for key, value in part.items() if key not in NOT_A_KIND and value is not None), None)
    mime_type = camel_cased(an_object(part.get("inlineData"))).get("mimeType")
    if name == "inlineData" and isinstance(mime_type, str) and mime_type.startswith(("image/", "audio/")):
        return mime_type.partition("/")[0]
    return name


def as_reason(value: Json) -> str | None:
    """Give a finish reason, which may be a number; one that names none is none."""
    reason = piece_of(value)
    return None if not reason or reason == "0" or reason.endswith("_UNSPECIFIED") else reason


def keep_last(old: Object, new: Object, *, but: set[str]) -> None:
    """Keep the last value of each member that is not null."""
    old.update({key: deepcopy(value) for key, value in new.items() if key not in but and value is not None})


# Arguments in pieces


def grow_arguments(mine: Object, piece: Object) -> None:
    """Set or extend what the pieces of a call's arguments name; an id that comes late is kept."""
    keep_last(mine, piece, but={"args", "partialArgs", "willContinue"})
    mine["args"] = mine["args"] | an_object(piece.get("args"))
    for partial in map(camel_cased, objects(piece.get("partialArgs"))):
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
