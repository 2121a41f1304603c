"""A slow and obvious accumulator for AG-UI's events (docs/dialects.md, "ag-ui")."""

from __future__ import annotations

import json
from copy import deepcopy

from reference_base import Reference, a_string, keep
from reference_calls import Json, Object, an_object, objects

STEPS = ("START", "CONTENT", "END", "CHUNK")
REASONING = ("REASONING_MESSAGE", "THINKING_TEXT_MESSAGE")
CALL_STEPS = ("START", "ARGS", "END", "CHUNK")
OTHERS = ("STATE_SNAPSHOT", "STATE_DELTA", "MESSAGES_SNAPSHOT", "TOOL_CALL_RESULT", "REASONING_ENCRYPTED_VALUE")
TYPES = (
    *("RUN_STARTED", "RUN_FINISHED", "RUN_ERROR"),
    *(f"{name}_{step}" for name in ("TEXT_MESSAGE", *REASONING) for step in STEPS),
    *(f"TOOL_CALL_{step}" for step in CALL_STEPS),
    *OTHERS,
)


class AgUi(Reference):
    """A run so far: its messages in the order in which they came, and its state."""

    dialect = "ag-ui"

    def __init__(self) -> None:
        super().__init__()
        self.top: Object = {}
        self.messages: list[Object] = []
        self.state: Json = None
        self.last: dict[str, Json] = {}

    def begins_again(self, kind: str) -> bool:
        return spelt(kind) == "RUN_STARTED"

    def take(self, kind: str, payload: Object) -> bool:
        """Merge an event by its type."""
        kind = spelt(kind)
        name, _, step = kind.rpartition("_")
        if name == "TEXT_MESSAGE" and step in STEPS:
            self.take_text(step, payload)
        elif name in REASONING and step in STEPS:
            self.take_reasoning(name, step, payload)
        elif name == "TOOL_CALL" and step in CALL_STEPS:
            self.take_call(step, payload)
        else:
            return self.take_run(kind, payload) or self.take_state(kind, payload)
        return True

    # The run

    def take_run(self, kind: str, payload: Object) -> bool:
        if kind == "RUN_STARTED":
            self.name_run(payload)
        elif kind == "RUN_FINISHED":
            self.name_run(payload)
            self.top["result"] = deepcopy(payload.get("result"))
            self.finish("finished")
            self.end()
        elif kind == "RUN_ERROR":
            self.fail(payload)
        return kind in ("RUN_STARTED", "RUN_FINISHED", "RUN_ERROR")

    def name_run(self, payload: Object) -> None:
        self.id = self.id or a_string(payload.get("runId"))
        for key in ("threadId", "runId"):
            self.top[key] = self.top.get(key) or payload.get(key)

    # Messages

    def message(self, known: Json, role: str) -> Object:
        """Give the message of that id, what a tool gave back apart; a new one where there is none."""
        same = [message for message in self.messages if message.get("id") == known]
        found = [message for message in same if (message.get("role") == "tool") == (role == "tool")]
        if not found:
            found = [{"id": known, "role": role}]
            self.messages += found
        return found[0]

    def named(self, sort: str, payload: Object, key: str = "messageId") -> Json:
        """Give the id that an event names, or else the last of its sort."""
        self.last[sort] = a_string(payload.get(key)) or self.last.get(sort)
        return self.last[sort]

    def take_text(self, step: str, payload: Object) -> None:
        known = self.named("text", payload)
        message = self.message(known, a_string(payload.get("role")) or "assistant")
        message.setdefault("content", "")
        if step in ("START", "CHUNK"):
            keep(message, payload, but=payload.keys() - {"name"})
            self.role(payload.get("role"))
        if step in ("CONTENT", "CHUNK") and isinstance(payload.get("delta"), str):
            grow(message, "content", payload["delta"])
            self.text(payload["delta"])

    def take_reasoning(self, name: str, step: str, payload: Object) -> None:
        thinking = name == "THINKING_TEXT_MESSAGE"
        known = self.named(name, payload)
        if thinking and step == "START" and known is None:
            self.messages.append({"id": "", "role": "reasoning", "content": ""})  # The old events had no ids.
        message = self.last_reasoning() if thinking and known is None else self.message(known, "reasoning")
        message.setdefault("content", "")
        if step in ("CONTENT", "CHUNK") and isinstance(payload.get("delta"), str):
            grow(message, "content", payload["delta"])
            self.reasoning(payload["delta"])

    def last_reasoning(self) -> Object:
        found = [message for message in self.messages if (message.get("id"), message.get("role")) == ("", "reasoning")]
        if not found:
            found = [{"id": "", "role": "reasoning", "content": ""}]
            self.messages += found
        return found[-1]

    # Tool calls

    def take_call(self, step: str, payload: Object) -> None:
        known = self.named("call", payload, "toolCallId")
        function = self.call_object(known, payload)["function"]
        function["name"] = function["name"] or a_string(payload.get("toolCallName")) or ""
        delta = a_string(payload.get("delta")) if step in ("ARGS", "CHUNK") else None
        grow(function, "arguments", delta or "")
        self.call(known, id=known, name=payload.get("toolCallName"), arguments=delta or "")

    def call_object(self, known: Json, payload: Object) -> Object:
        """Give the call in its message: its parent, or one of its own."""
        calls = [call for message in self.messages for call in objects(message.get("toolCalls"))]
        found = [call for call in calls if call.get("id") == known]
        if not found:
            found = [{"id": known, "type": "function", "function": {"name": "", "arguments": ""}}]
            message = self.parent(a_string(payload.get("parentMessageId")), known)
            message["toolCalls"] = [*objects(message.get("toolCalls")), *found]
        return found[0]

    def parent(self, parent: Json, known: Json) -> Object:
        message = self.message(parent or known, "assistant")
        return message if message.get("role") == "assistant" else self.message(known, "assistant")

    # State, results, signatures

    def take_state(self, kind: str, payload: Object) -> bool:
        if kind == "TOOL_CALL_RESULT":
            message = self.message(payload.get("messageId"), "tool")
            keep(message, payload, but=payload.keys() - {"toolCallId", "content"})
            self.other("tool-output", payload)
        elif kind == "STATE_SNAPSHOT":
            self.state = deepcopy(payload.get("snapshot"))
            self.other("state", payload.get("snapshot"))
        elif kind == "STATE_DELTA":
            self.patch_state(payload.get("delta"))
            self.other("state", payload.get("delta"))
        elif kind == "MESSAGES_SNAPSHOT":
            self.messages = deepcopy(objects(payload.get("messages")))
            self.other("messages", payload.get("messages"))
        elif kind == "REASONING_ENCRYPTED_VALUE":
            self.sign(payload)
            self.other("signature", payload)
        else:
            return False
        return True

    def patch_state(self, patch: Json) -> None:
        """A patch that does not apply, be it in its last operation, changes nothing."""
        state = deepcopy({} if self.state is None else self.state)
        try:
            for operation in patch:
                state = patched(state, an_object(operation))
        except (PatchError, TypeError, KeyError):
            return
        self.state = state

    def sign(self, payload: Object) -> None:
        """Keep an encrypted value on the message or the call that it is of."""
        calls = [call for message in self.messages for call in objects(message.get("toolCalls"))]
        for owner in calls if payload.get("subtype") == "tool-call" else self.messages:
            if owner.get("id") == payload.get("entityId"):
                owner["encryptedValue"] = payload.get("encryptedValue")

    def to_object(self) -> Object:
        ids = {key: self.top.get(key) for key in ("threadId", "runId")}
        return {**ids, "messages": self.messages, "state": self.state, "result": self.top.get("result")}


def spelt(kind: str) -> str:
    """Give a type in the protocol's capitals, if it is one of its types in another spelling."""
    same = [name for name in TYPES if letters(name) == letters(kind)]
    return same[0] if same else kind


def letters(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())


def grow(owner: Object, member: str, piece: str) -> None:
    owner[member] = (a_string(owner.get(member)) or "") + piece


class PatchError(Exception):
    """A patch that does not apply."""


def patched(document: Json, operation: Object) -> Json:
    """Give the document after one operation of RFC 6902; it may be changed itself."""
    op, path = operation["op"], operation["path"]
    if not isinstance(path, str) or not isinstance(operation.get("from", ""), str):
        raise PatchError(path)
    if op == "test":
        if in_order(looked_up(document, path)) != in_order(operation["value"]):
            raise PatchError(path)
        return document
    if op == "add":
        return put(document, path, deepcopy(operation["value"]), new=True)
    if op == "replace":
        return put(document, path, deepcopy(operation["value"]), new=False)
    if op == "remove":
        return removed(document, path)
    if op == "copy":
        return put(document, path, deepcopy(looked_up(document, operation["from"])), new=True)
    if op == "move" and not path.startswith(operation["from"] + "/"):
        value = looked_up(document, operation["from"])
        return put(removed(document, operation["from"]), path, value, new=True)
    raise PatchError(op)


def in_order(value: Json) -> str:
    """Give text that is equal for equal values; in Python's eyes True is 1."""
    return json.dumps(value, sort_keys=True)


def steps_of(pointer: str) -> list[str]:
    """Give the names of a JSON Pointer, RFC 6901."""
    if pointer and not pointer.startswith("/"):
        raise PatchError(pointer)
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def looked_up(document: Json, pointer: str) -> Json:
    for step in steps_of(pointer):
        document = document[key_of(document, step)]
    return document


def key_of(owner: Json, step: str, *, new: bool = False) -> Json:
    """Give the key or the index that a step means, which has to be there but where `new` is put."""
    if isinstance(owner, list):
        at = len(owner) if step == "-" else index_of(step)
        if at < len(owner) + new:
            return at
    elif isinstance(owner, dict) and (new or step in owner):
        return step
    raise PatchError(step)


def index_of(step: str) -> int:
    if not (step.isascii() and step.isdigit()) or (step != "0" and step.startswith("0")):
        raise PatchError(step)
    return int(step)


def put(document: Json, pointer: str, value: Json, *, new: bool) -> Json:
    if pointer == "":
        return value
    owner = looked_up(document, pointer.rpartition("/")[0])
    key = key_of(owner, steps_of(pointer)[-1], new=new)
    if isinstance(owner, list) and new:
        owner.insert(key, value)
    else:
        owner[key] = value
    return document


def removed(document: Json, pointer: str) -> Json:
    if pointer == "":
        return None
    owner = looked_up(document, pointer.rpartition("/")[0])
    del owner[key_of(owner, steps_of(pointer)[-1])]
    return document


def reference(body: bytes) -> Object:
    return AgUi().run(body)
