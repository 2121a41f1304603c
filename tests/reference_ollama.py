"""A slow and obvious accumulator for Ollama's lines of JSON, which the tests hold the fast one against."""

from __future__ import annotations

from copy import deepcopy

from reference_base import Reference, a_string, keep
from reference_calls import Json, Object, an_object, compact, objects

OWN = {"done", "message", "response"}


class Ollama(Reference):
    dialect = "ollama"

    def __init__(self) -> None:
        super().__init__()
        self.top: Object = {}
        self.message: Object = {}
        self.tools: list[Object] = []
        self.images: list[Json] = []

    def take(self, _kind: str, payload: Object) -> bool:
        """Take a line of `/api/chat` or of `/api/generate`."""
        if not payload.keys() & OWN:
            return False
        self.merge_top(payload)
        if isinstance(payload.get("message"), dict):
            self.merge_message(payload["message"])
        self.append(self.top, "thinking", payload.get("thinking"))
        self.append(self.top, "response", payload.get("response"))
        if payload.get("done") is True:
            self.finish(a_string(payload.get("done_reason")) or "stop")
            self.count({name: value for name, value in payload.items() if is_count(name, value)} or None)
            self.end()
        return True

    def merge_top(self, payload: Object) -> None:
        """Keep what is said beside the answer; `created_at` is the first, until the last line tells its own."""
        known = {"created_at"} if "created_at" in self.top and payload.get("done") is not True else set()
        keep(self.top, payload, but={"message", "response", "thinking", "error", *known})
        self.model = a_string(self.top.get("model"))

    def merge_message(self, message: Object) -> None:
        keep(self.message, message, but={"content", "thinking", "tool_calls", "images"})
        self.role(message.get("role"))
        self.append(self.message, "thinking", message.get("thinking"))
        self.append(self.message, "content", message.get("content"))
        for call in objects(message.get("tool_calls")):
            function = an_object(call.get("function"))
            arguments = function.get("arguments")
            text = arguments if isinstance(arguments, str) or arguments is None else compact(arguments)
            self.call(len(self.tools), id=call.get("id"), name=function.get("name"), arguments=text)
            self.tools.append(deepcopy(call))
        for image in message.get("images") or []:
            self.images.append(image)
            self.other("image", image)

    def append(self, holder: Object, name: str, piece: Json) -> None:
        if isinstance(piece, str):
            holder[name] = holder.get(name, "") + piece
            if name == "thinking":
                self.reasoning(piece)
            else:
                self.text(piece)

    def to_object(self) -> Object:
        lists = ("tool_calls", self.tools), ("images", self.images)
        message = self.message | {name: value for name, value in lists if value}
        return self.top | ({"message": message} if message else {})


def is_count(name: str, value: Json) -> bool:
    return name.endswith("_count") and value is not None


def reference(body: bytes) -> Object:
    return Ollama().run(body)
