"""A slow and obvious accumulator for OpenAI's Responses streams (docs/dialects.md, "openai-responses")."""

from __future__ import annotations

from copy import deepcopy
from typing import NamedTuple

from tests.reference.base import Reference, a_string
from tests.reference.calls import Json, Object, an_object, as_index, objects, overlay
from tests.reference.responses_identity import Items
from tests.reference.responses_items import CALL_MEMBER, LISTS, MEMBER, About, Item, Step, kind_of, name_of
from tests.reference.responses_texts import arguments_text, joined, units

SOFAR = ("created", "queued", "in_progress")
ENDS = ("completed", "incomplete", "failed", "cancelled")
PARTS = {"content_part": ("content", "content_index"), "reasoning_summary_part": ("summary", "summary_index")}


class Text(NamedTuple):
    """Where the pieces of an event stand: in a part of an item's list; under which of the item's texts."""

    item: str
    parts: str
    place: str
    part: str
    name: str


TEXTS = {
    "output_text": Text("message", "content", "content_index", "output_text", "text"),
    "refusal": Text("message", "content", "content_index", "refusal", "refusal"),
    "reasoning_text": Text("reasoning", "content", "content_index", "reasoning_text", "content"),
    "reasoning_summary_text": Text("reasoning", "summary", "summary_index", "summary_text", "summary"),
}
CALLS = {"function_call_arguments": "function_call", "custom_tool_call_input": "custom_tool_call"}
HOSTED = {"code_interpreter_call_code": "code_interpreter_call", "mcp_call_arguments": "mcp_call"}
CALL_TYPE = {"function_call": "function", "custom_tool_call": "custom"}


class Responses(Reference):
    """A response so far, and the items of its output."""

    dialect = "openai-responses"

    def __init__(self) -> None:
        super().__init__()
        self.response: Object = {}
        self.items = Items()
        self.output: list[Item] | None = None

    def take(self, kind: str, payload: Object) -> bool:
        """Merge an event by its type."""
        if kind in ("keepalive", "ping"):
            return True
        event = kind.removeprefix("response.")
        name, _, step = event.rpartition(".")
        return kind != event and (
            self.take_response(event, payload)
            or self.take_item(event, payload)
            or self.take_part(name, step, payload)
            or self.take_text(name, step, payload)
            or self.take_member(name, step, payload)
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
            for index, item in enumerate(objects(response.get("output"))):
                self.announce(self.items.about(about_item("so far", index, item)), item)
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
        output = objects(response.get("output"))
        if output:
            self.take_output(output)
        self.response = deepcopy(response) or self.response
        status = a_string(response.get("status")) or event
        self.finish(an_object(response.get("incomplete_details")).get("reason") or status)
        self.name(response)
        if "failed" in (event, status):
            self.fail(response.get("error") or "the response failed", response)

    def take_output(self, output: list[Object]) -> None:
        """Take the items of the terminal; ours that it leaves out stay if more than their announcement came."""
        ours = self.items.matched(output)
        left = [item for item in self.items if item not in ours.values() and item.is_more]
        theirs = []
        for index, given in enumerate(output):
            about = about_item("item", index, given)
            item = ours.get(index) or self.items.new(about)
            item.learn(about)
            self.take_whole(item, given, again=False)
            theirs.append(item)
        self.output = with_those_left(theirs, left)

    def ended(self) -> None:
        for item in self.items:
            self.tell_call(item, item.stop_waiting())

    # Items

    def take_item(self, event: str, payload: Object) -> bool:
        if event not in ("output_item.added", "output_item.done"):
            return False
        given, index = an_object(payload.get("item")), as_index(payload.get("output_index"))
        step: Step = "added" if event == "output_item.added" else "item"
        item = self.items.about(about_item(step, index, given))
        if step == "added":
            self.announce(item, given)
        else:
            self.take_whole(item, given, again=True)
        return True

    def announce(self, item: Item, given: Object) -> None:
        """Tell what an announcement says, and the texts that it has already."""
        new = item.announce(given)
        if item.kind in LISTS:
            self.tell_role(item, given)
            self.tell(item, {name: text for name, text in new.items() if text})
        elif item.kind in CALL_MEMBER:
            self.tell_call(item, new["member"])
        elif not item.is_shown:
            self.tell_other(item, given)

    def take_whole(self, item: Item, given: Object, *, again: bool) -> None:
        """Tell what a whole item has beyond what was told; `again`: one that has no text or call of its own, too."""
        said = item.all_said(given)
        if item.kind == "reasoning":
            for piece in item.reasoning.whole(said):
                self.tell_kind(item, "reasoning", piece)
        elif item.kind == "message":
            self.tell(item, {name: item.texts[name].whole(text) for name, text in said.items()})
        new = self.whole_member(item, item.member_said(given))
        item.become(given)
        self.tell_role(item, given)
        self.tell_signature(item)
        if item.kind in CALL_MEMBER:
            self.tell_call(item, new)
        elif item.kind not in LISTS and (again or not item.is_shown):
            self.tell_other(item, given)

    def whole_member(self, item: Item, said: str) -> str:
        """Give what whole arguments have that is new; where they are empty, those that wait."""
        if not said:
            return item.stop_waiting()
        item.waiting = ""
        return item.texts["member"].whole(said)

    # What is told of an item

    def tell(self, item: Item, new: dict[str, str]) -> None:
        """Tell what is new in an item's texts, as one delta a text."""
        for name, piece in new.items():
            if item.kind == "reasoning":
                self.tell_kind(item, "reasoning", item.reasoning.hear(name, piece))
            else:
                self.tell_kind(item, name, piece)

    def tell_kind(self, item: Item, kind: str, piece: str) -> None:
        """Tell a piece; an empty one counts where nothing was told of that kind."""
        if piece or kind not in item.told_kinds:
            item.told_kinds.add(kind)
            {"text": self.text, "refusal": self.refusal, "reasoning": self.reasoning}[kind](piece)

    def tell_role(self, item: Item, given: Object) -> None:
        if item.kind == "message":
            self.role(given.get("role"))

    def tell_signature(self, item: Item) -> None:
        signature = a_string(item.fields.get("encrypted_content"))
        if signature and item.kind == "reasoning" and not item.is_signed:
            item.is_signed = True
            self.other("signature", signature)

    def tell_call(self, item: Item, new: str) -> None:
        """Tell a call's id and name, and what is new of its arguments."""
        if item.kind in CALL_MEMBER:
            known = name_of(item.fields.get("call_id")) or name_of(item.fields.get("id"))
            self.call(item, id=known, name=item.fields.get("name"), type=CALL_TYPE[item.kind], arguments=new)

    def tell_other(self, item: Item, given: Object) -> None:
        item.is_shown = True
        self.other(item.kind or "item", given)

    # Pieces

    def item_of(self, payload: Object, kind: str, step: Step, text: str) -> Item:
        index, called = as_index(payload.get("output_index")), name_of(payload.get("call_id"))
        return self.items.about(About(kind, step, index, name_of(payload.get("item_id")), called, text))

    def take_part(self, name: str, step: str, payload: Object) -> bool:
        """Keep a part at its place, and tell the text that it has already, or what it has beyond its pieces."""
        if name not in PARTS or step not in ("added", "done"):
            return False
        (parts, place), value = PARTS[name], deepcopy(payload.get("part"))
        said = value if isinstance(value, str) else a_string(an_object(value).get("text")) or ""
        kind = part_kind(name, an_object(value))
        item = self.item_of(payload, kind, "piece" if step == "added" else "part", units(said))
        item.become_kind("message")
        self.put_part(item, parts, as_index(payload.get(place)) or 0, value, is_done=step == "done")
        return True

    def put_part(self, item: Item, parts: str, index: int, value: Json, *, is_done: bool) -> None:
        part = item.listed(parts, value)[0] if value is not None else {}
        known = item.parts[parts].get(index)
        item.parts[parts][index] = overlay(known, part) if isinstance(known, dict) else part
        for name, texts in item.said_in(parts, [part]).items():
            said = item.texts[name]
            new = said.whole_part(index, texts[0]) if is_done else said.announce({index: texts[0]})
            if new:
                self.tell(item, {name: new})

    def take_text(self, name: str, step: str, payload: Object) -> bool:
        if name not in TEXTS or step not in ("delta", "done"):
            return self.take_annotation(name, step, payload)
        text = TEXTS[name]
        said = payload.get("delta" if step == "delta" else "refusal" if name == "refusal" else "text")
        if isinstance(said, str):
            item = self.item_of(payload, text.item, "piece" if step == "delta" else "part", units(said))
            index = as_index(payload.get(text.place)) or 0
            known = item.texts[text.name]
            new = known.piece(index, units(said)) if step == "delta" else known.whole_part(index, units(said))
            self.tell(item, {text.name: new})
            if step == "delta" or index in known.parts():
                part = item.part(text.parts, index, text.part)
                self.put_logprobs(part, payload.get("logprobs") if step == "delta" else None)
        return True

    def put_logprobs(self, part: Object, logprobs: Json) -> None:
        if logprobs and isinstance(logprobs, list):
            part["logprobs"] = [*(part.get("logprobs") or []), *deepcopy(logprobs)]
            self.other("logprobs", logprobs)

    def take_annotation(self, name: str, step: str, payload: Object) -> bool:
        if (name, step) != ("output_text.annotation", "added"):
            return False
        text = TEXTS["output_text"]
        item = self.item_of(payload, text.item, "note", "")
        part = item.part(text.parts, as_index(payload.get(text.place)) or 0, text.part)
        part["annotations"] = [*(part.get("annotations") or []), payload.get("annotation")]
        self.other("citation", payload.get("annotation"))
        return True

    def take_member(self, name: str, step: str, payload: Object) -> bool:
        """Merge the pieces of a call's arguments, or of what the provider runs."""
        kind = (CALLS | HOSTED).get(name)
        if kind is None or step not in ("delta", "done"):
            return False
        member = MEMBER[kind]
        said = arguments_text(payload.get("delta" if step == "delta" else member))
        if said is not None:
            item = self.item_of(payload, kind, "piece" if step == "delta" else "part", units(said))
            item.take_names(payload)
            new = self.put_member(item, units(said), is_done=step == "done")
            if kind in CALL_MEMBER:
                self.tell_call(item, new)
            elif new:
                self.other(member, joined(new))
        return True

    def put_member(self, item: Item, said: str, *, is_done: bool) -> str:
        if is_done:
            item.is_whole = True
            new = item.stop_waiting() if not said else item.texts["member"].whole_part(0, said)
            item.waiting = ""
            return new
        item.waiting = "" if said else item.waiting
        return item.texts["member"].piece(0, said)

    def take_other(self, event: str, payload: Object) -> bool:
        if event == "image_generation_call.partial_image":
            self.other("image", payload)
        elif event in ("audio.delta", "audio.transcript.delta"):
            self.other("audio", payload)
        else:
            return False
        return True

    def to_object(self) -> Object:
        items = sorted(self.items, key=lambda item: item.place) if self.output is None else self.output
        usage = {"usage": self.usage} if self.usage else {}
        return {"object": "response", **self.response, **usage, "output": [item.result() for item in items]}


def about_item(step: Step, index: int | None, given: Object) -> About:
    return About(kind_of(given), step, index, name_of(given.get("id")), name_of(given.get("call_id")), item=given)


def part_kind(name: str, part: Object) -> str:
    """Give the kind of the item that a part is of, as far as the part shows it."""
    if name == "reasoning_summary_part" or part.get("type") == "reasoning_text":
        return "reasoning"
    return "message" if part.get("type") in ("output_text", "refusal") else ""


def with_those_left(theirs: list[Item], left: list[Item]) -> list[Item]:
    """Put the items that the terminal leaves out before the first of its items that came behind them."""
    output = list(theirs)
    for item in sorted(left, key=lambda item: item.place):
        behind = (at for at, other in enumerate(output) if other.place > item.place)
        output.insert(next(behind, len(output)), item)
    return output


def remainder(told: str, whole: Json) -> str:
    """Give what a whole text has beyond its pieces, which may end within a surrogate pair; nothing if they differ."""
    text = units(whole) if isinstance(whole, str) else ""
    return joined(text[len(units(told)) :]) if text.startswith(units(told)) else ""


def reference(body: bytes) -> Object:
    return Responses().run(body)
