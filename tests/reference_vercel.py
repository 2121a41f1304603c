"""A slow and obvious accumulator for the AI SDK's UI message streams (docs/dialects.md, "vercel-ui")."""

from __future__ import annotations

import json
from copy import deepcopy

import reference_partial
from reference_base import Reference, a_string, keep
from reference_calls import Json, Object, compact, is_json, overlay
from reference_responses import remainder

TEXTS = ("text", "reasoning")
INPUTS = ("tool-input-start", "tool-input-delta", "tool-input-available")
STEPS = ("start-step", "finish-step", "reset-step")
CALL_MEMBERS = ("title", "providerExecuted", "toolMetadata")


class Vercel(Reference):
    """A UI message so far; parts of text stand by their id while they grow, tools by their toolCallId."""

    dialect = "vercel-ui"

    def __init__(self) -> None:
        super().__init__()
        self.metadata: Json = None
        self.parts: list[Object] = []
        self.active: dict[tuple[str, str], Object] = {}
        self.tools: dict[str, Object] = {}
        self.pieces: dict[str, str] = {}

    def take(self, kind: str, payload: Object) -> bool:
        """Merge a chunk by its type."""
        name, _, step = kind.partition("-")
        if name in TEXTS and step in ("start", "delta", "end"):
            self.take_text(name, step, payload)
        elif kind in INPUTS:
            self.take_input(kind, payload)
        elif name == "tool":
            return self.take_tool(kind, payload)
        elif kind in ("source-url", "source-document", "file") or name == "data":
            self.take_part(kind, payload)
        elif kind in STEPS:
            self.take_step(kind)
        else:
            return self.take_message(kind, payload)
        return True

    # The message

    def take_message(self, kind: str, payload: Object) -> bool:
        if kind in ("start", "finish", "message-metadata"):
            self.take_metadata(payload.get("messageMetadata"))
        if kind == "start":
            self.id = a_string(payload.get("messageId")) or self.id
        elif kind == "finish":
            self.finish(a_string(payload.get("finishReason")) or "stop")
            self.end()
        elif kind == "abort":
            reason = a_string(payload.get("reason"))
            self.fail({"type": "abort", "message": reason} if reason else payload)
        return kind in ("start", "finish", "message-metadata", "abort")

    def take_metadata(self, metadata: Json) -> None:
        both = isinstance(metadata, dict) and isinstance(self.metadata, dict)
        if metadata is not None:
            self.metadata = deepcopy(overlay(self.metadata, metadata) if both else metadata)

    def take_step(self, kind: str) -> None:
        """A step begins behind a part of its own; to reset it drops what stands behind that."""
        if kind == "start-step":
            self.parts.append({"type": "step-start"})
            return
        self.active = {}
        if kind == "reset-step":
            starts = [at for at, part in enumerate(self.parts) if part["type"] == "step-start"]
            self.parts = self.parts[: starts[-1] + 1] if starts else []

    # Texts

    def take_text(self, name: str, step: str, payload: Object) -> None:
        key = (name, str(payload.get("id")))
        if step == "start" or key not in self.active:
            self.active[key] = {"type": name, "text": "", "state": "streaming"}
            if name == "reasoning":
                self.active[key]["id"] = payload.get("id")
            self.parts.append(self.active[key])
        part = self.active[key]
        keep(part, payload, but=payload.keys() - {"providerMetadata"})
        piece = first_of(payload, "delta", "text", "textDelta")
        if step == "delta" and isinstance(piece, str):
            part["text"] += piece
            (self.text if name == "text" else self.reasoning)(piece)
        if step == "end":
            part["state"] = "done"
            del self.active[key]

    # Tools

    def tool(self, payload: Object) -> Object:
        """Give the part of a tool call; one whose name was never told is dynamic."""
        known = str(payload.get("toolCallId"))
        if known not in self.tools or not any(part is self.tools[known] for part in self.parts):
            self.tools[known] = {"type": "dynamic-tool", "toolCallId": payload.get("toolCallId")}
            self.parts.append(self.tools[known])
        return self.tools[known]

    def name_tool(self, payload: Object, state: str) -> Object:
        part, name = self.tool(payload), a_string(payload.get("toolName"))
        part["state"] = state
        if name and payload.get("dynamic") is True:
            part.update(type="dynamic-tool", toolName=name)
        elif name and "toolName" not in part:
            part["type"] = f"tool-{name}"
        keep(part, payload, but=payload.keys() - set(CALL_MEMBERS))
        if payload.get("providerMetadata") is not None:
            result = state in ("output-available", "output-error")
            part["resultProviderMetadata" if result else "callProviderMetadata"] = payload["providerMetadata"]
        return part

    def take_input(self, kind: str, payload: Object) -> None:
        known = str(payload.get("toolCallId"))
        whole = kind == "tool-input-available"
        part = self.name_tool(payload, "input-available" if whole else "input-streaming")
        if kind == "tool-input-start" and payload.get("inputEncoding") is not None:
            part["inputEncoding"] = payload["inputEncoding"]
        text = part.get("inputEncoding") == "text"
        piece = a_string(first_of(payload, "inputTextDelta", "delta", "argsTextDelta")) or ""
        if whole:
            part["input"] = deepcopy(payload.get("input"))
            told = part["input"] if text and isinstance(part["input"], str) else compact(part["input"])
            piece = remainder(self.pieces.get(known, ""), told)
            part.pop("rawInput", None)
            part.pop("inputEncoding", None)
        self.pieces[known] = self.pieces.get(known, "") + piece
        self.call(known, id=payload.get("toolCallId"), name=payload.get("toolName"), arguments=piece)
        if kind == "tool-input-delta":
            part["rawInput"] = self.pieces[known]
            keep(part, {"input": part["rawInput"] if text else certain(part["rawInput"])})

    def take_tool(self, kind: str, payload: Object) -> bool:
        """Take what became of a call; False for what is told as an event."""
        if kind == "tool-output-available":
            part = self.name_tool(payload, "output-available")
            part["output"] = deepcopy(payload.get("output"))
            part.pop("preliminary", None)  # The last output is not preliminary because an earlier one was.
            keep(part, payload, but=payload.keys() - {"preliminary"})
            self.other("tool-output", payload)
        elif kind in ("tool-output-error", "tool-input-error"):
            part = self.name_tool(payload, "output-error")
            part["errorText"] = payload.get("errorText")
            if "input" in payload:
                part["input" if part["type"] == "dynamic-tool" else "rawInput"] = deepcopy(payload["input"])
            self.other("tool-error", payload)
        else:
            self.take_approval(kind, payload)
            return False
        return True

    def take_approval(self, kind: str, payload: Object) -> None:
        if kind == "tool-approval-request":
            part = self.name_tool(payload, "approval-requested")
            part["approval"] = {"id": payload.get("approvalId")}
        elif kind == "tool-output-denied":
            self.name_tool(payload, "output-denied")

    # Other parts

    def take_part(self, kind: str, payload: Object) -> None:
        """A source, a file or data; data of the same type and id is replaced."""
        if payload.get("transient") is not True:
            self.put_part({"type": kind, **payload})
        image = str(payload.get("mediaType")).startswith("image/")
        names = {"file": "image" if image else "file", "source-url": "citation", "source-document": "citation"}
        self.other(names.get(kind, kind), payload)

    def put_part(self, payload: Object) -> None:
        data = payload["type"].startswith("data-") and payload.get("id") is not None
        same = [
            part for part in self.parts if data and (part["type"], part.get("id")) == (payload["type"], payload["id"])
        ]
        if same:
            same[0]["data"] = deepcopy(payload.get("data"))
        else:
            self.parts.append(deepcopy(payload))

    def to_object(self) -> Object:
        metadata = {} if self.metadata is None else {"metadata": self.metadata}
        return {"id": self.id or "", "role": "assistant", **metadata, "parts": self.parts}


def first_of(payload: Object, *names: str) -> Json:
    """Give the first member that is there: the SDK's own parts have other names for the same (docs/dialects.md)."""
    return next((payload[name] for name in names if payload.get(name) is not None), None)


def certain(text: str) -> Json:
    """Give what is certain of the input so far."""
    if is_json(text):
        return json.loads(text)
    try:
        value = reference_partial.certain(text)
    except AssertionError:
        return None  # It is not even the beginning of JSON.
    return None if value is reference_partial.NOTHING else value


def reference(body: bytes) -> Object:
    return Vercel().run(body)
