"""A slow and obvious accumulator for the AI SDK's UI message streams (docs/dialects.md, "vercel-ui")."""

from __future__ import annotations

from copy import deepcopy

from tests.reference.base import Call, Reference, a_string, keep
from tests.reference.calls import Json, Object, compact, overlay
from tests.reference.vercel_inputs import certain
from tests.reference.wholes import (
    Announced,
    agrees,
    arguments_beyond,
    arguments_text,
    as_object,
    each_object,
    id_of,
    piece_of,
    remainder,
    remainders,
)

TEXTS = ("text", "reasoning")
STEPS = ("start-step", "finish-step", "reset-step")
MEANT = {
    "reasoning": "reasoning-delta",
    "tool-call-streaming-start": "tool-input-start",
    "tool-call-delta": "tool-input-delta",
    "tool-call": "tool-input-available",
    "tool-result": "tool-output-available",
    "tool-error": "tool-output-error",
}
STATES = {
    "tool-input-start": "input-streaming",
    "tool-input-delta": "input-streaming",
    "tool-input-available": "input-available",
    "tool-output-available": "output-available",
    "tool-input-error": "output-error",
    "tool-output-error": "output-error",
    "tool-approval-request": "approval-requested",
    "tool-output-denied": "output-denied",
}
OF_TOOL = {"type", "toolCallId", "id", "toolName", "dynamic", "inputTextDelta", "delta", "argsTextDelta", "input"}
OF_TOOL |= {"args", "rawInput", "output", "result", "errorText", "error", "preliminary", "providerMetadata", "state"}
OF_TOOL |= {"approvalId", "approvalDescriptor", "inputSchemaInput", "signature"}
OF_TEXT = {"type", "id", "delta", "textDelta", "text", "state", "error"}
OF_MESSAGE = {"type", "id", "role", "metadata", "parts", "error", "finishReason", "messageId", "messageMetadata"}
APPROVAL = {"approvalId": "id", "approvalDescriptor": "descriptor"}
APPROVAL |= {"inputSchemaInput": "inputSchemaInput", "signature": "signature"}


class Part:
    """One part of the message, and what only its stream knows of it."""

    def __init__(self, members: Object) -> None:
        self.members = members
        self.announced = Announced()
        self.whole: str | None = None
        self.call: Call | None = None
        self.raw = ""  # the pieces of its input

    def to_object(self) -> Object:
        return self.members if self.whole is None else self.members | {"text": self.whole}


class Vercel(Reference):
    """A UI message so far; parts of text stand by their id while they grow, tools by their toolCallId."""

    dialect = "vercel-ui"

    def __init__(self) -> None:
        super().__init__()
        self.top: Object = {}
        self.metadata: Json = None
        self.parts: list[Part] = []
        self.begun = False
        self.had_whole = False
        self.active: dict[tuple[str, str], Part] = {}
        self.loose: dict[tuple[str, str], Part] = {}  # texts that never started
        self.tools: dict[str, Part] = {}

    def take(self, kind: str, payload: Object) -> bool:
        """Merge a chunk by its type."""
        kind = MEANT.get(kind, kind)
        name, _, step = kind.partition("-")
        if name in TEXTS and step in ("start", "delta", "end"):
            return self.take_text(name, step, payload)
        if kind in STATES:
            return self.take_tool(kind, payload)
        if kind in ("source-url", "source-document", "file") or kind.startswith("data-"):
            self.take_part(kind, payload)
        elif kind in STEPS:
            self.take_step(kind)
        elif a_string(payload.get("type")) is None and is_whole(payload):
            self.take_whole(payload)
        else:
            return self.take_message(kind, payload)
        return True

    def begins_anew(self, kind: str) -> bool:
        return kind in ("start", "start-step")

    def is_complete(self) -> bool:
        return self.had_whole

    # The message

    def take_message(self, kind: str, payload: Object) -> bool:
        if kind in ("start", "finish", "message-metadata"):
            self.take_metadata(payload.get("messageMetadata"))
            keep(self.top, {key: value for key, value in payload.items() if value is not None}, but=OF_MESSAGE)
            self.id = id_of(payload.get("messageId")) or self.id
            self.top |= {"id": self.id} if payload.get("messageId") is not None else {}
        if kind == "finish":
            self.finish(a_string(payload.get("finishReason")) or "stop")
            self.pause()
        elif kind == "abort":
            reason = a_string(payload.get("reason"))
            self.fail({"type": "abort", "message": reason} if reason else payload)
        return kind in ("start", "finish", "message-metadata", "abort", "tool-input-end")

    def take_metadata(self, metadata: Json) -> None:
        both = isinstance(metadata, dict) and isinstance(self.metadata, dict)
        if metadata is not None:
            self.metadata = deepcopy(overlay(self.metadata, metadata) if both else metadata)

    def take_step(self, kind: str) -> None:
        """A step begins behind a part of its own; to reset it drops what stands behind that."""
        if kind == "start-step":
            self.add({"type": "step-start"})
        elif kind == "finish-step":
            self.loose = {}
        else:
            starts = [at for at, part in enumerate(self.parts) if part.members.get("type") == "step-start"]
            self.parts = self.parts[: starts[-1] + 1] if starts else []

    def add(self, members: Object) -> Part:
        self.begun = True
        self.parts.append(Part(members))
        return self.parts[-1]

    # Texts

    def take_text(self, name: str, step: str, payload: Object) -> bool:
        given = [payload[key] for key in ("delta", "textDelta", "text") if payload.get(key) is not None]
        piece = piece_of(given[0]) if given else None
        if given and piece is None:
            return False
        key = (name, id_of(payload.get("id")) or "")
        known = [texts[key] for texts in (self.active, self.loose) if key in texts]
        part = next((part for part in known if part in self.parts and step != "start"), None)
        if part is None and step == "end" and piece is None:
            return True
        part = part or self.begin_text(key, payload, self.active if step == "start" else self.loose)
        keep(part.members, payload, but=OF_TEXT)
        if step == "end":
            part.members["state"] = "done"
            self.complete_text(name, part, piece or "")
            self.active.pop(key, None)
            self.loose.pop(key, None)
            return True
        if piece is not None:
            self.grow(name, part, part.announced.news(piece))
        if step == "start":
            part.announced = Announced(part.members["text"])
        return True

    def begin_text(self, key: tuple[str, str], payload: Object, texts: dict[tuple[str, str], Part]) -> Part:
        known = {"id": payload["id"]} if key[0] == "reasoning" and payload.get("id") is not None else {}
        texts[key] = self.add({"type": key[0], **known, "text": "", "state": "streaming"})
        return texts[key]

    def grow(self, name: str, part: Part, news: str) -> None:
        part.members["text"] += news
        (self.text if name == "text" else self.reasoning)(news)

    def complete_text(self, name: str, part: Part, whole: str) -> None:
        """Take a whole text: what it has beyond the pieces is emitted."""
        rest = remainder(part.members["text"], whole)
        if not agrees(part.members["text"], whole):
            part.whole = whole
        elif rest:
            self.grow(name, part, rest)

    # Tools

    def tool(self, kind: str, payload: Object) -> Part:
        """Give the part of a tool call, with what an event says of it beside its input."""
        state, late = STATES[kind], kind == "tool-input-delta"
        known = call_id(payload)
        part = self.tools.get(known)
        if part is None or part not in self.parts or begins_another(part, kind, payload):
            part = self.tools[known] = self.add({"type": "dynamic-tool", "toolCallId": known})
        name = a_string(payload.get("toolName"))
        if name and payload.get("dynamic"):
            part.members |= {"type": "dynamic-tool", "toolName": name}
        elif name and "toolName" not in part.members:
            part.members["type"] = f"tool-{name}"
        if not late or "state" not in part.members:
            part.members["state"] = state
        keep(part.members, payload, but=OF_TOOL)
        self.keep_result(part, payload, of_result=state.startswith("output-"))
        return part

    def keep_result(self, part: Part, payload: Object, *, of_result: bool) -> None:
        if payload.get("providerMetadata") is not None:
            name = "resultProviderMetadata" if of_result else "callProviderMetadata"
            part.members[name] = payload["providerMetadata"]
        outputs = [deepcopy(payload[key]) for key in ("output", "result") if key in payload]
        part.members |= {"output": outputs[0]} if outputs else {}
        errors = [payload["errorText"]] if "errorText" in payload else [payload.get("error")]
        part.members |= {"errorText": errors[0]} if errors[0] is not None or "errorText" in payload else {}
        if of_result:
            part.members.pop("preliminary", None)  # The last output is not preliminary because an earlier one was.
        if payload.get("preliminary") is not None:
            part.members["preliminary"] = payload["preliminary"]

    def take_tool(self, kind: str, payload: Object) -> bool:
        """Take what becomes of a call; False for what is told as an event."""
        part = self.tool(kind, payload)
        if kind in ("tool-input-start", "tool-input-delta"):
            self.take_piece(kind, part, payload)
            return True
        if kind == "tool-input-available":
            self.complete_input(part, payload)
        if part.call is not None:
            self.settle(part)
        if kind == "tool-output-available":
            self.other("tool-output", payload)
        elif kind in ("tool-output-error", "tool-input-error"):
            inputs = [deepcopy(payload[key]) for key in ("input", "args") if key in payload]
            name = "input" if part.members["type"] == "dynamic-tool" else "rawInput"
            part.members |= {name: inputs[0]} if inputs and kind == "tool-input-error" else {}
            self.other("tool-error", payload)
        elif kind == "tool-approval-request":
            approval = {APPROVAL[key]: payload[key] for key in APPROVAL if payload.get(key) is not None}
            part.members["approval"] = (part.members.get("approval") or {}) | approval
        return kind in ("tool-input-available", "tool-output-available", "tool-output-error", "tool-input-error")

    def merge_call(self, part: Part, payload: Object, arguments: str) -> Call:
        key = part if part.call is None else self.key_of(part.call)
        part.call = self.call(key, id=call_id(payload), name=payload.get("toolName"), arguments=arguments)
        return part.call

    def key_of(self, call: Call) -> object:
        return next(key for key, known in self.choice().calls.items() if known is call)

    def take_piece(self, kind: str, part: Part, payload: Object) -> None:
        given = [payload[key] for key in ("inputTextDelta", "delta", "argsTextDelta") if payload.get(key) is not None]
        value = given[0] if given and kind == "tool-input-delta" else ""
        piece = value if isinstance(value, str) else compact(value)
        text = part.members.get("inputEncoding") == "text"
        call = self.merge_call(part, payload, "")
        announced = call.announced()
        news = piece if text else call.news(piece)
        self.merge_call(part, payload, news)
        if part.members["state"] != "input-streaming" or kind != "tool-input-delta":
            return
        if call.announced():
            part.members |= {"rawInput": call.announced(), "input": {}}
            return
        if not news:
            return
        part.raw += news
        before = "" if announced else a_string(part.members.get("rawInput")) or ""
        part.members["rawInput"] = before + news
        part.members["input"] = part.members["rawInput"] if text else certain(part.raw)

    def complete_input(self, part: Part, payload: Object) -> None:
        """Take a whole input: what it has beyond the pieces is emitted."""
        inputs = [payload[key] for key in ("input", "args") if key in payload]
        rest = ""
        if inputs:
            text = isinstance(inputs[0], str) and part.members.get("inputEncoding") == "text"
            part.members["input"] = deepcopy(inputs[0] if text else as_object(inputs[0]))
            part.members.pop("rawInput", None)
            part.members.pop("inputEncoding", None)
            before = "" if part.call is None else part.call.arguments
            whole = inputs[0] if text else arguments_text(inputs[0])
            rest = remainder(before, whole) if text or not before else arguments_beyond(before, whole)
        self.merge_call(part, payload, rest)

    def settle(self, part: Part) -> None:
        if part.call is not None:
            self.call(self.key_of(part.call), arguments=part.call.announced())

    def ended(self) -> None:
        for choice in self.choices.values():
            for key, call in choice.calls.items():
                self.call(key, arguments=call.announced())

    # Other parts

    def take_part(self, kind: str, payload: Object) -> None:
        """A source, a file or data; data of the same type and id is replaced."""
        if not payload.get("transient") or not kind.startswith("data-"):
            self.put_part({"type": kind, **payload})
        self.other(told_as(kind, payload), payload)

    def put_part(self, payload: Object) -> None:
        known = payload.get("id") if payload["type"].startswith("data-") else None
        same = [part.members for part in self.parts if part.members.get("type") == payload["type"]]
        same = [one for one in same if known is not None and id_of(one.get("id")) == id_of(known)]
        if same:
            same[0]["data"] = deepcopy(payload.get("data"))
        else:
            self.add(deepcopy(payload))

    # A whole message

    def take_whole(self, message: Object) -> None:
        """Take a message that came instead of its stream, which ends it, or that repeats what came in pieces."""
        alone = not self.begun
        self.had_whole = not alone
        self.id = self.id or id_of(message.get("id"))
        parts = each_object(message["parts"])
        known = [compact(part.to_object()) for part in self.parts]
        for name in TEXTS:
            emit = self.text if name == "text" else self.reasoning
            old = [part.members["text"] for part in self.parts if part.members.get("type") == name]
            new = [a_string(part.get("text")) or "" for part in parts if part.get("type") == name]
            for rest in new if alone else remainders(old, new):
                emit(rest)
        self.top |= {key: deepcopy(value) for key, value in message.items() if key not in ("parts", "metadata")}
        self.metadata = deepcopy(message.get("metadata")) if "metadata" in message else self.metadata
        self.parts = [Part(deepcopy(part)) for part in parts]
        taken: list[Call] = []
        for part in self.parts:
            self.take_whole_part(part, known, taken)
        if alone:
            self.end()

    def take_whole_part(self, part: Part, known: list[str], taken: list[Call]) -> None:
        kind = part.members["type"]
        if kind == "dynamic-tool" or kind.startswith("tool-"):
            name = part.members.get("toolName") if kind == "dynamic-tool" else kind.removeprefix("tool-")
            inputs = [part.members[key] for key in ("input", "args") if key in part.members]
            whole = "" if not inputs or inputs[0] is None else arguments_text(inputs[0])
            calls = self.choice().calls
            same = [key for key, call in calls.items() if call.id and call.id == call_id(part.members)]
            found = next((key for key in same if calls[key] not in taken), None)
            before = "" if found is None else calls[found].arguments
            rest = arguments_beyond(before, whole) if before else whole
            part.call = self.call(part if found is None else found, id=call_id(part.members), name=name, arguments=rest)
            taken.append(part.call)
            self.tools[call_id(part.members)] = part
        elif kind not in (*TEXTS, "step-start") and compact(part.members) not in known:
            self.other(told_as(kind, part.members), part.members)

    def to_object(self) -> Object:
        metadata = {} if self.metadata is None else {"metadata": self.metadata}
        made = {"id": self.id or "", "role": "assistant", **self.top, **metadata}
        return made | {"parts": [part.to_object() for part in self.parts]}


def begins_another(part: Part, kind: str, payload: Object) -> bool:
    """Whether behind the result of a call an input starts, or is another: it is of another call."""
    inputs = [compact(as_object(payload[key])) for key in ("input", "args") if key in payload]
    differs = bool(inputs) and "input" in part.members and compact(part.members["input"]) != inputs[0]
    again = kind == "tool-input-start" or (kind == "tool-input-available" and differs)
    has_result = (a_string(part.members.get("state")) or "").startswith("output-")
    return part.call is not None and has_result and again


def call_id(payload: Object) -> str:
    value = payload.get("id") if payload.get("toolCallId") is None else payload["toolCallId"]
    return compact(value) if isinstance(value, (dict, list)) else piece_of(value) or ""


def told_as(kind: str, payload: Object) -> str:
    image = str(payload.get("mediaType")).startswith("image/")
    names = {"file": "image" if image else "file", "source-url": "citation", "source-document": "citation"}
    return names.get(kind, kind)


def is_whole(payload: Object) -> bool:
    parts = payload.get("parts")
    types = [isinstance(part, dict) and a_string(part.get("type")) for part in parts] if isinstance(parts, list) else []
    return bool(types and all(types) and a_string(payload.get("id")) and a_string(payload.get("role")))


def reference(body: bytes) -> Object:
    return Vercel().run(body)
