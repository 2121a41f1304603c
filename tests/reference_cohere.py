"""A slow and obvious accumulator for Cohere's second chat API, which the tests hold the fast one against."""

from __future__ import annotations

from copy import deepcopy

from reference_base import Reference, a_string, keep
from reference_calls import Json, Object, an_object, as_index, objects

LISTS = ("content", "tool_calls", "citations")
SILENT = {"content-end", "tool-call-end", "citation-end"}


class Cohere(Reference):
    dialect = "cohere-v2"

    def __init__(self) -> None:
        super().__init__()
        self.top: Object = {}
        self.message: Object = {}
        self.blocks: dict[int, Object] = {}
        self.tools: dict[int, Object] = {}
        self.citations: list[Json] = []
        self.logprobs: list[Json] = []

    def whole(self, payload: Object) -> bool:
        """Take a `V2ChatResponse`."""
        if not isinstance(payload.get("message"), dict) or "finish_reason" not in payload or "type" in payload:
            return False
        self.merge_id(payload)
        self.merge_message(payload["message"])
        self.merge_logprobs(payload.get("logprobs"))
        self.merge_end(payload)
        keep(self.top, payload, but={"id", "message", "finish_reason", "usage", "logprobs", "error"})
        return True

    def take(self, kind: str, payload: Object) -> bool:
        message = an_object(an_object(payload.get("delta")).get("message"))
        if kind == "message-start":
            self.merge_id(payload)
            self.merge_message(message)
        elif kind in ("content-start", "content-delta"):
            self.merge_content(payload.get("index"), an_object(message.get("content")), new=kind == "content-start")
            self.merge_logprobs(payload.get("logprobs"))
        elif kind == "tool-plan-delta":
            self.plan(message.get("tool_plan"))
        elif kind in ("tool-call-start", "tool-call-delta"):
            self.merge_call(payload.get("index"), an_object(message.get("tool_calls")), new=kind == "tool-call-start")
        elif kind == "citation-start":
            self.cite(message.get("citations"))
        elif kind == "message-end":
            self.merge_id(payload)
            self.merge_end(an_object(payload.get("delta")))
            self.end()
        return kind in SILENT or kind.startswith(("message-", "content-", "tool-plan-", "tool-call-", "citation-"))

    # The message

    def merge_id(self, payload: Object) -> None:
        self.id = self.id or a_string(payload.get("id"))

    def merge_message(self, message: Object) -> None:
        """Take the message that a stream begins with, or that is whole."""
        keep(self.message, message, but={*LISTS, "tool_plan"})
        self.message |= {name: [] for name in LISTS if isinstance(message.get(name), list)}
        self.role(message.get("role"))
        if isinstance(message.get("tool_plan"), str):
            self.message.setdefault("tool_plan", "")
        if message.get("tool_plan"):  # It always begins as "", which says nothing of a plan.
            self.plan(message["tool_plan"])
        for content in objects(message.get("content")):
            self.merge_content(None, content, new=True)
        for call in objects(message.get("tool_calls")):
            self.merge_call(None, call, new=True)
        for citation in objects(message.get("citations")):
            self.cite(citation)

    def merge_content(self, index: Json, content: Object, *, new: bool) -> None:
        block = self.blocks.setdefault(place(self.blocks, index, new=new), {})
        if not block:
            block["type"] = a_string(content.get("type")) or ("thinking" if "thinking" in content else "text")
        keep(block, content, but={"text", "thinking"})
        for name, tell in (("text", self.text), ("thinking", self.reasoning)):
            if isinstance(content.get(name), str):
                block[name] = block.get(name, "") + content[name]
                tell(content[name])
        if new and block["type"] not in ("text", "thinking"):
            self.other(block["type"], content)

    def plan(self, piece: Json) -> None:
        if isinstance(piece, str):
            self.message["tool_plan"] = self.message.get("tool_plan", "") + piece
            self.reasoning(piece)

    def merge_call(self, index: Json, call: Object, *, new: bool) -> None:
        key = place(self.tools, index, new=new)
        function = an_object(call.get("function"))
        mine = self.tools.setdefault(key, {"function": {"arguments": ""}})
        keep(mine, call, but={"id", "type", "function"})
        keep(mine["function"], function, but={"name", "arguments"})
        known = self.call(
            key,
            id=call.get("id"),
            type=call.get("type"),
            name=function.get("name"),
            arguments=function.get("arguments"),
        )
        mine |= {"type": known.type or "function"} | ({"id": known.id} if known.id else {})
        mine["function"] |= {"arguments": known.arguments} | ({"name": known.name} if known.name else {})

    def cite(self, citation: Json) -> None:
        if citation is not None:
            self.citations.append(deepcopy(citation))
            self.other("citation", citation)

    def merge_logprobs(self, logprobs: Json) -> None:
        for item in logprobs if isinstance(logprobs, list) else [logprobs]:
            if item is not None:
                self.logprobs.append(deepcopy(item))
                self.other("logprobs", item)

    def merge_end(self, delta: Object) -> None:
        self.finish(delta.get("finish_reason"))
        self.count(delta.get("usage"))
        self.fail(delta.get("error"))

    def to_object(self) -> Object:
        lists = {
            "content": [block for _, block in sorted(self.blocks.items())],
            "tool_calls": [call for _, call in sorted(self.tools.items())],
            "citations": self.citations,
        }
        message = {"role": "assistant", **self.message, **{name: value for name, value in lists.items() if value}}
        made: Object = {**self.top, "message": message}
        made |= {"id": self.id} if self.id else {}
        made |= {"finish_reason": self.choice().finish_reasons[-1]} if self.finished() else {}
        made |= {"usage": self.usage} if self.usage is not None else {}
        return made | ({"logprobs": self.logprobs} if self.logprobs else {})

    def finished(self) -> bool:
        return bool(self.choices) and bool(self.choice().finish_reasons)


def place(known: dict[int, Object], index: Json, *, new: bool) -> int:
    """Give the index of what a payload is of; without one a start is of something new, and a delta of the last."""
    found = as_index(index)
    if found is None:
        last = max(known, default=-1)
        return last + 1 if new else max(last, 0)
    return found


def reference(body: bytes) -> Object:
    return Cohere().run(body)
