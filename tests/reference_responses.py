"""A slow and obvious accumulator for OpenAI's Responses streams (docs/dialects.md, "openai-responses")."""

from __future__ import annotations

from copy import deepcopy
from typing import NamedTuple

from reference_base import Reference, a_string, keep
from reference_calls import Json, Object, an_object, as_index

SOFAR = ("created", "queued", "in_progress")
ENDS = ("completed", "incomplete", "failed", "cancelled")
SILENT = ("content_part.added", "content_part.done", "reasoning_summary_part.added", "reasoning_summary_part.done")
LISTS = ("summary", "content")


class Text(NamedTuple):
    """Where the pieces of an event stand: in the part of an item, in one of its lists, under a member."""

    kind: str
    item: str
    parts: str
    place: str
    part: str
    member: str


TEXTS = {
    "output_text": Text("text", "message", "content", "content_index", "output_text", "text"),
    "refusal": Text("refusal", "message", "content", "content_index", "refusal", "refusal"),
    "reasoning_text": Text("reasoning", "reasoning", "content", "content_index", "reasoning_text", "text"),
    "reasoning_summary_text": Text("reasoning", "reasoning", "summary", "summary_index", "summary_text", "text"),
}
CALLS = {
    "function_call_arguments": ("function_call", "arguments"),
    "custom_tool_call_input": ("custom_tool_call", "input"),
}
HOSTED = {
    "code_interpreter_call_code": ("code_interpreter_call", "code"),
    "mcp_call_arguments": ("mcp_call", "arguments"),
}
CALL_MEMBER = dict(CALLS.values())
CALL_TYPE = {"function_call": "function", "custom_tool_call": "custom"}


class Item:
    """One item of the output: what it is so far, and what was told of it."""

    def __init__(self, kind: str) -> None:
        self.fields: Object = {"type": kind}
        self.lists: dict[str, dict[int, Json]] = {name: {} for name in LISTS}
        self.told: dict[tuple[str, int, str], str] = {}
        self.is_shown = False
        self.is_signed = False

    @property
    def kind(self) -> str:
        return a_string(self.fields.get("type")) or ""

    def become(self, item: Object) -> None:
        """Take the place of what was put together."""
        self.fields = deepcopy(item)
        self.lists = {name: dict(enumerate(self.fields.get(name) or [])) for name in LISTS if self.has_list(name)}

    def has_list(self, name: str) -> bool:
        return isinstance(self.fields.get(name), list) or not self.fields.get(name)

    def part(self, text: Text, index: int) -> Object:
        """Give the part that a text stands in, which a piece without its start begins."""
        parts = self.lists.setdefault(text.parts, {})
        if not isinstance(parts.get(index), dict):
            parts[index] = {"type": text.part}
        found: Object = parts[index]
        return found

    def result(self) -> Object:
        lists = {name: [parts[at] for at in sorted(parts)] for name, parts in self.lists.items()}
        return self.fields | {name: parts for name, parts in lists.items() if parts or name in self.fields}


class Responses(Reference):
    """A response so far; its items stand by their output_index."""

    dialect = "openai-responses"

    def __init__(self) -> None:
        super().__init__()
        self.response: Object = {}
        self.items: dict[int, Item] = {}
        self.is_whole = False

    def take(self, kind: str, payload: Object) -> bool:
        """Merge an event by its type."""
        if kind in ("keepalive", "ping"):
            return True
        event = kind.removeprefix("response.")
        return kind != event and (
            self.take_response(event, payload)
            or self.take_item(event, payload)
            or self.take_part(event, payload)
            or self.take_text(event, payload)
            or self.take_call(event, payload)
            or self.take_other(event, payload)
        )

    def whole(self, payload: Object) -> bool:
        if payload.get("object") != "response":
            return False
        self.take_terminal(payload)
        return True

    # The response

    def take_response(self, event: str, payload: Object) -> bool:
        response = an_object(payload.get("response"))
        if event in SOFAR:
            self.name(response)
            self.response = deepcopy(response) or self.response
        elif event in ENDS:
            self.take_terminal(response, event)
            self.end()
        return event in SOFAR + ENDS

    def name(self, response: Object) -> None:
        self.id = self.id or a_string(response.get("id"))
        self.model = a_string(response.get("model")) or self.model
        self.count(response.get("usage"))

    def take_terminal(self, response: Object, event: str = "completed") -> None:
        """The response is whole, but for an output that is empty or missing."""
        output = response.get("output")
        items = [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []
        for index, item in self.matched(items):
            mine = self.items.setdefault(index, Item(""))
            mine.become(item)
            self.tell_item(mine, again=False)
        self.response = deepcopy(response) or self.response
        self.is_whole = bool(items)
        status = a_string(response.get("status")) or event
        self.finish(an_object(response.get("incomplete_details")).get("reason") or status)
        self.name(response)
        if "failed" in (event, status):
            self.fail(response.get("error") or "the response failed", response)

    def matched(self, output: list[Object]) -> list[tuple[int, Object]]:
        """Give the terminal's items the indexes they had: in order where there are as many, else their places."""
        known = sorted(self.items)
        return list(zip(known if len(known) == len(output) else range(len(output)), output, strict=True))

    # Items

    def take_item(self, event: str, payload: Object) -> bool:
        if event not in ("output_item.added", "output_item.done"):
            return False
        given = an_object(payload.get("item"))
        if event == "output_item.added":
            index = as_index(payload.get("output_index"))
            item = self.items[self.next_index() if index is None else index] = Item("")
            item.become(given)
            self.tell_start(item)
        else:
            item = self.item_of(payload, "")
            item.become(given)
            self.tell_item(item, again=True)
        return True

    def next_index(self) -> int:
        return max(self.items, default=-1) + 1

    def item_of(self, payload: Object, kind: str) -> Item:
        """Give the item at an index; without one, the last."""
        index = as_index(payload.get("output_index"))
        if index is None:
            index = max(self.items, default=0)
        return self.items.setdefault(index, Item(kind))

    def tell_start(self, item: Item) -> None:
        """Tell what an added item says: its texts count only when they come in pieces, or whole at its end."""
        if item.kind == "message":
            self.role(item.fields.get("role"))
        elif item.kind in CALL_MEMBER:
            self.tell_call(item)
        elif item.kind != "reasoning":
            self.tell_other(item)

    def tell_item(self, item: Item, *, again: bool) -> None:
        """Tell what a whole item has beyond what was told; `again`: one that has no text or call of its own, too."""
        if item.kind == "message":
            self.role(item.fields.get("role"))
            self.tell_parts(item)
        elif item.kind == "reasoning":
            self.tell_parts(item)
            self.tell_signature(item)
        elif item.kind in CALL_MEMBER:
            self.tell_call(item)
        elif again or not item.is_shown:
            self.tell_other(item)

    def tell_parts(self, item: Item) -> None:
        for name in LISTS:
            for index in sorted(item.lists.get(name, {})):
                self.tell_part(item, name, index)

    def tell_part(self, item: Item, name: str, index: int) -> None:
        part = an_object(item.lists[name][index])
        for text in TEXTS.values():
            if (text.item, text.parts, text.part) == (item.kind, name, part.get("type")):
                self.tell_rest(item, text, index, part.get(text.member))

    def tell_rest(self, item: Item, text: Text, index: int, whole: Json) -> None:
        """Tell what a text that comes whole has beyond its pieces; where none came, "" counts too."""
        key = (text.parts, index, text.member)
        rest = remainder(item.told.get(key, ""), whole)
        if rest or (isinstance(whole, str) and key not in item.told):
            item.told[key] = item.told.get(key, "") + rest
            self.append(text, rest)

    def append(self, text: Text, piece: str) -> None:
        {"text": self.text, "refusal": self.refusal, "reasoning": self.reasoning}[text.kind](piece)

    def tell_signature(self, item: Item) -> None:
        signature = a_string(item.fields.get("encrypted_content"))
        if signature and not item.is_signed:
            item.is_signed = True
            self.other("signature", signature)

    def tell_call(self, item: Item) -> None:
        """Tell a call's id and name, and what its arguments have beyond their pieces."""
        fields, member = item.fields, CALL_MEMBER[item.kind]
        key = (item.kind, 0, member)
        rest = remainder(item.told.get(key, ""), fields.get(member))
        item.told[key] = item.told.get(key, "") + rest
        known = a_string(fields.get("call_id")) or a_string(fields.get("id"))
        self.call(item, id=known, name=fields.get("name"), type=CALL_TYPE[item.kind], arguments=rest)

    def tell_other(self, item: Item) -> None:
        item.is_shown = True
        self.other(item.kind or "item", item.result())

    # Pieces

    def take_part(self, event: str, payload: Object) -> bool:
        """Keep a part at its place; one that is whole may have more text than its pieces."""
        if event not in SILENT or event == "reasoning_summary_part.done":
            return event in SILENT
        parts, index = ("content", "content_index") if event.startswith("content") else ("summary", "summary_index")
        part, at = an_object(payload.get("part")), as_index(payload.get(index)) or 0
        item = self.item_of(payload, "reasoning" if is_reasoning(event, part) else "message")
        known = item.lists.setdefault(parts, {})
        if event.endswith(".done"):
            known[at] = deepcopy(part)
            self.tell_part(item, parts, at)
        elif isinstance(known.get(at), dict):
            keep(known[at], part, but={"text", "refusal"})
        else:
            known[at] = deepcopy(part)
        return True

    def take_text(self, event: str, payload: Object) -> bool:
        name, _, step = event.rpartition(".")
        if name not in TEXTS or step not in ("delta", "done"):
            return self.take_annotation(event, payload)
        text = TEXTS[name]
        said = payload.get("delta" if step == "delta" else text.member)
        if isinstance(said, str):
            index = as_index(payload.get(text.place)) or 0
            item = self.item_of(payload, text.item)
            self.put_text(item, text, index, said, whole=step == "done")
            if step == "delta":
                self.put_logprobs(item.part(text, index), payload.get("logprobs"))
        return True

    def put_logprobs(self, part: Object, logprobs: Json) -> None:
        if logprobs and isinstance(logprobs, list):
            part["logprobs"] = [*(part.get("logprobs") or []), *deepcopy(logprobs)]
            self.other("logprobs", logprobs)

    def put_text(self, item: Item, text: Text, index: int, said: str, *, whole: bool) -> None:
        part, key = item.part(text, index), (text.parts, index, text.member)
        if whole:
            self.tell_rest(item, text, index, said)
            part[text.member] = said
        else:
            item.told[key] = item.told.get(key, "") + said
            part[text.member] = (a_string(part.get(text.member)) or "") + said
            self.append(text, said)

    def take_annotation(self, event: str, payload: Object) -> bool:
        if event != "output_text.annotation.added":
            return False
        text = TEXTS["output_text"]
        part = self.item_of(payload, text.item).part(text, as_index(payload.get(text.place)) or 0)
        part["annotations"] = [*(part.get("annotations") or []), payload.get("annotation")]
        self.other("citation", payload.get("annotation"))
        return True

    def take_call(self, event: str, payload: Object) -> bool:
        name, _, step = event.rpartition(".")
        if name not in CALLS or step not in ("delta", "done"):
            return False
        kind, member = CALLS[name]
        said = payload.get("delta" if step == "delta" else member)
        if isinstance(said, str):
            item = self.item_of(payload, kind)
            known = a_string(item.fields.get(member)) or ""
            item.fields[member] = known + said if step == "delta" else said
            if a_string(payload.get("name")) and not item.fields.get("name"):
                item.fields["name"] = payload["name"]
            self.tell_piece(item, kind, member, said, whole=step == "done")
        return True

    def tell_piece(self, item: Item, kind: str, member: str, said: str, *, whole: bool) -> None:
        key = (kind, 0, member)
        piece = remainder(item.told.get(key, ""), said) if whole else said
        item.told[key] = item.told.get(key, "") + piece
        self.call(item, name=item.fields.get("name"), type=CALL_TYPE[kind], arguments=piece)

    def take_other(self, event: str, payload: Object) -> bool:
        """Put together and tell what the provider runs itself."""
        name, _, step = event.rpartition(".")
        if event == "image_generation_call.partial_image":
            self.other("image", payload)
        elif event in ("audio.delta", "audio.transcript.delta"):
            self.other("audio", payload)
        elif name in HOSTED and step in ("delta", "done"):
            self.take_hosted(name, step, payload)
        else:
            return False
        return True

    def take_hosted(self, name: str, step: str, payload: Object) -> None:
        kind, member = HOSTED[name]
        said = payload.get("delta" if step == "delta" else member)
        if isinstance(said, str):
            item = self.item_of(payload, kind)
            key, known = (kind, 0, member), a_string(item.fields.get(member)) or ""
            piece = said if step == "delta" else remainder(item.told.get(key, ""), said)
            item.told[key] = item.told.get(key, "") + piece
            item.fields[member] = known + said if step == "delta" else said
            if piece:
                self.other(member, piece)

    def to_object(self) -> Object:
        items = [self.items[index].result() for index in sorted(self.items)]
        output = self.response.get("output") if self.is_whole or not items else items
        usage = {"usage": self.usage} if self.usage else {}
        return {"object": "response", **self.response, **usage, "output": output or []}


def is_reasoning(event: str, part: Object) -> bool:
    return event.startswith("reasoning") or part.get("type") == "reasoning_text"


def remainder(told: str, whole: Json) -> str:
    """Give what a whole text has beyond its pieces, which may end within a surrogate pair; nothing if they differ."""
    if not isinstance(whole, str):
        return ""
    units, pieces = (text.encode("utf-16-le", "surrogatepass") for text in (whole, told))
    return units[len(pieces) :].decode("utf-16-le", "surrogatepass") if units.startswith(pieces) else ""


def reference(body: bytes) -> Object:
    return Responses().run(body)
