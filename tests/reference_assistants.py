"""A slow and obvious accumulator for OpenAI's Assistants streams (docs/dialects.md, "openai-assistants")."""

from __future__ import annotations

from copy import deepcopy

from reference_base import Reference, a_string, keep
from reference_calls import Json, Object, an_object, as_index, objects
from reference_responses import remainder

OBJECTS = ("thread", "thread.run", "thread.run.step", "thread.message")
ENDS = ("completed", "requires_action", "cancelled", "expired", "failed")


class Assistants(Reference):
    """A run so far, with its steps and messages by id, in the order in which they came."""

    dialect = "openai-assistants"

    def __init__(self) -> None:
        super().__init__()
        self.thread: Object = {}
        self.run_object: Object = {}
        self.steps: dict[str, Object] = {}
        self.messages: dict[str, Object] = {}
        self.told: dict[tuple[str, int, str], str] = {}
        self.arguments: dict[object, str] = {}
        self.call_ids: dict[str, object] = {}

    def take(self, kind: str, payload: Object) -> bool:
        """Merge a payload by its `object`; a step's `type` is no event type."""
        name = payload.get("object")
        if name in OBJECTS:
            self.take_object(name, payload)
        elif name == "thread.message.delta":
            self.take_message_delta(payload)
        elif name == "thread.run.step.delta":
            self.take_step_delta(payload)
        elif kind == "done":
            self.end()
        else:
            return False
        return True

    def take_object(self, name: str, payload: Object) -> None:
        if name == "thread":
            self.thread = deepcopy(payload)
        elif name == "thread.run":
            self.take_run(payload)
        elif name == "thread.run.step":
            self.take_step(payload)
        else:
            self.take_message(payload)

    # The run

    def take_run(self, run: Object) -> None:
        self.run_object = deepcopy(run)
        self.id = a_string(run.get("id")) or self.id
        self.model = a_string(run.get("model")) or self.model
        self.count(run.get("usage"))
        action = an_object(an_object(run.get("required_action")).get("submit_tool_outputs"))
        for call in objects(action.get("tool_calls")):
            self.take_whole_call(("action", a_string(call.get("id"))), call)
        self.take_status(run)

    def take_status(self, run: Object) -> None:
        status = run.get("status")
        if status in ENDS:
            self.finish(status)
        elif status == "incomplete":
            self.finish(an_object(run.get("incomplete_details")).get("reason") or status)
        if status == "failed":
            self.fail(run.get("last_error") or "failed")

    # Messages

    def take_message(self, message: Object) -> None:
        """The newest of each id is whole; its texts may have more than their pieces."""
        known = str(message.get("id"))
        self.messages[known] = deepcopy(message)
        self.role(message.get("role"))
        for index, part in enumerate(objects(message.get("content"))):
            self.tell_rest(known, index, "text", an_object(part.get("text")).get("value"))
            self.tell_rest(known, index, "refusal", part.get("refusal"))

    def tell_rest(self, message: str, index: int, kind: str, whole: Json) -> None:
        key = (message, index, kind)
        rest = remainder(self.told.get(key, ""), whole)
        if rest or (isinstance(whole, str) and key not in self.told):
            self.tell_piece(key, rest)  # Where no piece came, "" counts too.

    def tell_piece(self, key: tuple[str, int, str], piece: str) -> None:
        self.told[key] = self.told.get(key, "") + piece
        (self.text if key[2] == "text" else self.refusal)(piece)

    def take_message_delta(self, payload: Object) -> None:
        known, delta = str(payload.get("id")), an_object(payload.get("delta"))
        message = self.messages.setdefault(known, {"id": payload.get("id"), "object": "thread.message", "content": []})
        self.role(delta.get("role"))
        keep(message, delta, but={"content"})
        for index, part in indexed(delta.get("content")):
            self.take_part(known, index, part)

    def take_part(self, message: str, index: int, part: Object) -> None:
        mine = place(self.messages[message], "content", index)
        keep(mine, part, but={"index", "text", "refusal"})
        if isinstance(part.get("text"), dict):
            self.take_text((message, index, "text"), member(mine, "text"), part["text"])
        if isinstance(part.get("refusal"), str):
            mine["refusal"] = (mine.get("refusal") or "") + part["refusal"]
            self.tell_piece((message, index, "refusal"), part["refusal"])
        if part.get("type") in ("image_file", "image_url"):
            self.other("image", part)
        elif part.get("type") not in (None, "text", "refusal"):
            self.other(part["type"], part)

    def take_text(self, key: tuple[str, int, str], mine: Object, text: Object) -> None:
        keep(mine, text, but={"value", "annotations"})
        mine.setdefault("value", "")
        mine.setdefault("annotations", [])
        if isinstance(text.get("value"), str):
            mine["value"] += text["value"]
            self.tell_piece(key, text["value"])
        for annotation in objects(text.get("annotations")):
            mine["annotations"].append(deepcopy(annotation))
            self.other("citation", annotation)

    # Steps

    def take_step(self, step: Object) -> None:
        known = str(step.get("id"))
        self.steps[known] = deepcopy(step)
        for index, call in enumerate(objects(an_object(step.get("step_details")).get("tool_calls"))):
            if call.get("type") == "function":
                self.take_whole_call((known, index), call)

    def take_whole_call(self, key: object, call: Object) -> None:
        """A call that is whole: found by its id, or else by its place."""
        function = an_object(call.get("function"))
        known = self.call_key(key, call)
        rest = remainder(self.arguments.get(known, ""), function.get("arguments"))
        self.tell_call(known, call, function, rest)

    def call_key(self, key: object, call: Object) -> object:
        """Give the key of the call that had this id first."""
        return self.call_ids.setdefault(call["id"], key) if a_string(call.get("id")) else key

    def tell_call(self, key: object, call: Object, function: Object, piece: str) -> None:
        self.arguments[key] = self.arguments.get(key, "") + piece
        self.call(key, id=call.get("id"), name=function.get("name"), type="function", arguments=piece)

    def take_step_delta(self, payload: Object) -> None:
        known = str(payload.get("id"))
        step = self.steps.setdefault(known, {"id": payload.get("id"), "object": "thread.run.step"})
        delta = an_object(payload.get("delta"))
        details = an_object(delta.get("step_details"))
        keep(step, delta, but={"step_details"})
        mine = member(step, "step_details")
        keep(mine, details, but={"tool_calls"})
        for index, call in indexed(details.get("tool_calls")):
            self.take_step_call(known, mine, index, call)

    def take_step_call(self, step: str, details: Object, index: int, call: Object) -> None:
        mine = place(details, "tool_calls", index)
        kind = a_string(call.get("type")) or a_string(mine.get("type")) or "tool_call"
        keep(mine, call, but={"index", "function", "code_interpreter"})
        if kind == "function":
            self.take_function(self.call_key((step, index), call), member(mine, "function"), call)
        else:
            if kind == "code_interpreter":
                self.take_code(member(mine, "code_interpreter"), an_object(call.get("code_interpreter")))
            self.other(kind, call)

    def take_function(self, key: object, mine: Object, call: Object) -> None:
        function = an_object(call.get("function"))
        keep(mine, function, but={"name", "arguments"})
        mine["name"] = a_string(mine.get("name")) or function.get("name")
        piece = a_string(function.get("arguments")) or ""
        mine["arguments"] = (mine.get("arguments") or "") + piece
        self.tell_call(key, call, function, piece)

    def take_code(self, mine: Object, code: Object) -> None:
        """The input grows, outputs are set by their index."""
        keep(mine, code, but={"input", "outputs"})
        mine["input"] = (mine.get("input") or "") + (a_string(code.get("input")) or "")
        mine.setdefault("outputs", [])
        for index, output in indexed(code.get("outputs")):
            slot = place(mine, "outputs", index)
            slot.clear()
            slot.update({key: deepcopy(value) for key, value in output.items() if key != "index"})

    def to_object(self) -> Object:
        thread = {"thread": self.thread} if self.thread else {}
        lists: Json = {"steps": list(self.steps.values()), "messages": list(self.messages.values())}
        return {**thread, "run": self.run_object or None, **lists}


def indexed(entries: Json) -> list[tuple[int, Object]]:
    """Give each entry of a list with the index that it names, or else its place."""
    named = [(as_index(entry.get("index")), at, entry) for at, entry in enumerate(objects(entries))]
    return [(at if index is None else index, entry) for index, at, entry in named]


def member(owner: Object, name: str) -> Object:
    """Give the object that is a member, made where there is none."""
    if not isinstance(owner.get(name), dict):
        owner[name] = {}
    found: Object = owner[name]
    return found


def place(owner: Object, name: str, index: int) -> Object:
    """Give the object at an index of a list that is a member; what lacks before it is empty."""
    if not isinstance(owner.get(name), list):
        owner[name] = []
    entries = owner[name]
    entries += [{} for _ in range(index + 1 - len(entries))]
    if not isinstance(entries[index], dict):
        entries[index] = {}
    found: Object = entries[index]
    return found


def reference(body: bytes) -> Object:
    return Assistants().run(body)
