"""One response, told in every way: whatever a server repeats, leaves out or misnumbers, the text is told once.

No reference takes part: the response is made first, then told in OpenAI's events with the quirks of other servers
(docs/dialects.md has where each was seen), and what is read must be the response.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import ssewire
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.cuts import random_cut

if TYPE_CHECKING:
    import random

Json = dict[str, Any]
Kind = Literal["message", "reasoning", "function_call"]

WORDS = ("Alpha ", "brávo ", "char\nlie ", "de😀lta ", "echo ", "fox\u2028trot ", "golf ", "hotel ")


@dataclass(frozen=True)
class Item:
    """An item of the output: a message or a reasoning of some parts, or a call whose arguments come in these pieces."""

    kind: Kind
    number: int
    parts: tuple[tuple[str, ...], ...]

    @property
    def id(self) -> str:
        return f"{self.kind}_{self.number}"

    @property
    def call_id(self) -> str:
        return f"call_{self.number}"

    @property
    def texts(self) -> list[str]:
        return ["".join(part) for part in self.parts]

    @property
    def text(self) -> str:
        return "".join(self.texts)


@dataclass(frozen=True)
class Quirks:
    """What a server does its own way."""

    index: Literal["right", "missing", "zero", "behind one"]
    ids: Literal["right", "missing", "rotating", "same", "call_id"]
    part_index: Literal["right", "missing", "counting", "one"]
    announced: Literal["no", "empty", "first", "whole"]
    part_announced: Literal["no", "empty", "first"]
    deltas: bool
    text_done: bool
    part_done: bool
    item_done: Literal["no", "bare", "whole"]
    terminal: Literal["missing", "empty", "whole", "nameless", "one part", "many parts"]
    reasoning: Literal["text", "summary", "in turn", "twice"]
    reasoning_whole: Literal["content", "summary", "both"]
    arguments: Literal["text", "object"]

    def are_told_apart(self, items: list[Item]) -> bool:
        """Whether anybody could tell which item is meant: by an index, an id, or its kind alone."""
        by_index = self.index in ("right", "behind one")
        if self.index == "missing" and self.ids == "rotating":
            # A new name may be a new call, or a new message once a part has come whole.
            return len(items) == 1 and items[0].kind != "function_call" and len(items[0].parts) == 1
        texts = [item.kind for item in items if item.kind != "function_call"]
        if self.index in ("zero", "missing") and self.announced == "no" and len(set(texts)) < len(texts):
            return False  # an id that was never announced may be a new one in every event
        return by_index or self.ids in ("right", "call_id") or len({item.kind for item in items}) == len(items)

    def tell_all_of(self, item: Item) -> bool:
        """Whether each text of the item comes at all, and a call's name and id."""
        is_call, terminal = item.kind == "function_call", self.terminal not in ("missing", "empty")
        whole_parts = self.text_done or (self.part_done and not is_call)
        if item.kind == "reasoning" and self.reasoning == "in turn":
            whole_parts = False
        if self.part_index == "one" and len(item.parts) > 1 and not self.deltas:
            return False  # one part in two versions, or two parts?
        named = not is_call or self.announced != "no" or self.text_done or self.item_done != "no" or terminal
        return named and (
            self.deltas or whole_parts or self.item_done == "whole" or terminal or self.announced == "whole"
        )


def pieces(texts: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(texts), min_size=1, max_size=3, unique=True).map(tuple)


@st.composite
def outputs(draw: st.DrawFn) -> list[Item]:
    """Some items whose texts are all different: what repeats itself cannot be told from what is repeated."""
    kinds: list[Kind] = draw(st.lists(st.sampled_from(get_args(Kind)), min_size=1, max_size=4))
    items = []
    for number, kind in enumerate(kinds):
        count = 1 if kind == "function_call" else draw(st.integers(1, 2))
        parts = []
        for part in range(count):
            words = [f"{number}.{part} {word}" for word in draw(pieces(list(WORDS)))]
            parts.append(tuple(arguments(words)) if kind == "function_call" else tuple(words))
        items.append(Item(kind, number, tuple(parts)))
    return items


def arguments(words: list[str]) -> list[str]:
    """JSON text in as many pieces as there are words."""
    text = json.dumps({"words": words}, separators=(",", ":"))
    size = len(text) // len(words) + 1
    return [text[at : at + size] for at in range(0, len(text), size)]


class Server:
    """Tells a response in events."""

    def __init__(self, items: list[Item], quirks: Quirks) -> None:
        self.items = items
        self.quirks = quirks
        self.events: list[Json] = []
        self.rotations = 0

    def body(self) -> bytes:
        self.tell(
            "response.created", {"response": {"id": "r", "object": "response", "status": "in_progress", "output": []}}
        )
        for place, item in enumerate(self.items):
            self.tell_item(place, item)
        response: Json = {"id": "r", "object": "response", "status": "completed"}
        if self.quirks.terminal != "missing":
            response["output"] = [] if self.quirks.terminal == "empty" else [self.last(item) for item in self.items]
        self.tell("response.completed", {"response": response})
        return "".join(f"data: {json.dumps(event)}\n\n" for event in self.events).encode()

    def tell(self, kind: str, members: Json) -> None:
        self.events.append({"type": kind, "sequence_number": len(self.events), **members})

    def tell_item(self, place: int, item: Item) -> None:
        quirks = self.quirks
        index = {
            "right": {"output_index": place},
            "zero": {"output_index": 0},
            "behind one": {"output_index": place + 1},
        }
        where = index.get(quirks.index, {})
        if quirks.announced != "no":
            self.tell("response.output_item.added", {**where, "item": self.begun(item)})
        for event, name in self.sources(item):
            self.tell_parts(item, event, name, where)
        if quirks.reasoning == "in turn" and item.kind == "reasoning":
            self.tell_in_turn(item, where)
        if quirks.item_done != "no":
            done = self.whole(item) if quirks.item_done == "whole" else self.named(item)
            self.tell("response.output_item.done", {**where, "item": done})

    def sources(self, item: Item) -> list[tuple[str, str]]:
        """The events that the item's texts come in, and the member with the index of a part."""
        text, summary = ("reasoning_text", "content_index"), ("reasoning_summary_text", "summary_index")
        ways = {"text": [text], "summary": [summary], "twice": [text, summary], "in turn": []}
        known = {"message": [("output_text", "content_index")], "function_call": [("function_call_arguments", "")]}
        return known[item.kind] if item.kind in known else ways[self.quirks.reasoning]

    def tell_parts(self, item: Item, event: str, name: str, where: Json) -> None:
        count = 0
        for number, part in enumerate(item.parts):
            at = self.part(name, number, count)
            self.announce_part(item, event, number, {**where, **at, **self.item_id(item)})
            for piece in part if self.quirks.deltas else ():
                at = self.part(name, number, count)
                self.tell(f"response.{event}.delta", {**where, **at, **self.item_id(item), "delta": piece})
                count += 1
            self.finish_part(item, event, number, {**where, **self.part(name, number, number), **self.item_id(item)})

    def tell_in_turn(self, item: Item, where: Json) -> None:
        """Every piece of the reasoning as text, and again as summary."""
        for number, part in enumerate(item.parts):
            for piece in part if self.quirks.deltas else ():
                for event, name in (("reasoning_text", "content_index"), ("reasoning_summary_text", "summary_index")):
                    at = self.part(name, number, number)
                    self.tell(f"response.{event}.delta", {**where, **at, **self.item_id(item), "delta": piece})

    def part(self, name: str, number: int, count: int) -> Json:
        by_quirk = {"right": number, "counting": count, "one": 1}
        known = self.quirks.part_index in by_quirk and name
        return {name: by_quirk[self.quirks.part_index]} if known else {}

    def item_id(self, item: Item) -> Json:
        self.rotations += 1
        call = item.call_id if item.kind == "function_call" else item.id
        ids = {"right": item.id, "rotating": f"id-{self.rotations}", "same": "the_id", "call_id": call}
        return {"item_id": ids[self.quirks.ids]} if self.quirks.ids in ids else {}

    def announce_part(self, item: Item, event: str, number: int, where: Json) -> None:
        if item.kind == "function_call" or self.quirks.part_announced == "no":
            return
        first = self.quirks.part_announced == "first" and self.quirks.announced in ("no", "empty")
        text = item.parts[number][0] if first and self.quirks.deltas else ""
        self.tell(f"response.{part_event(event)}.added", {**where, "part": part_of(event, text)})

    def finish_part(self, item: Item, event: str, number: int, where: Json) -> None:
        text = item.texts[number]
        if self.quirks.text_done:
            member = "arguments" if item.kind == "function_call" else "text"
            call = {"call_id": item.call_id, "name": "f"} if item.kind == "function_call" else {}
            self.tell(f"response.{event}.done", {**where, **call, member: text})
        if self.quirks.part_done and item.kind != "function_call":
            self.tell(f"response.{part_event(event)}.done", {**where, "part": part_of(event, text)})

    def named(self, item: Item) -> Json:
        rotating = self.item_id(item) and {"id": f"id-{self.rotations}"}
        own = {"id": item.id}
        ids: dict[str, Json] = {
            "right": own,
            "call_id": own,
            "same": {"id": "the_id"},
            "rotating": rotating,
            "missing": {},
        }
        call = {"call_id": item.call_id, "name": "f"} if item.kind == "function_call" else {}
        return {"type": item.kind, **ids[self.quirks.ids], **call}

    def begun(self, item: Item) -> Json:
        """The item as it is announced, maybe with words of its own already."""
        first = replace(item, parts=((item.parts[0][0],),))
        empty = replace(item, parts=())
        said = {"whole": item, "first": first if self.quirks.deltas else empty, "empty": empty}[self.quirks.announced]
        return {**self.named(item), **self.contents(said, "text")}

    def whole(self, item: Item) -> Json:
        return {**self.named(item), **self.contents(item, self.quirks.arguments)}

    def contents(self, item: Item, arguments: str) -> Json:
        if item.kind == "function_call":
            return {"arguments": json.loads(item.text) if arguments == "object" else item.text}
        parts = {name: [part_of(name, text) for text in item.texts] for name in ("output_text", "reasoning_text")}
        if item.kind == "message":
            return {"role": "assistant", "content": parts["output_text"]}
        summary = [part_of("reasoning_summary_text", text) for text in item.texts]
        lists = {"content": parts["reasoning_text"], "summary": summary}
        whole = self.quirks.reasoning_whole
        return {name: found if whole in (name, "both") else [] for name, found in lists.items()}

    def last(self, item: Item) -> Json:
        """The item as the terminal has it."""
        if item.kind != "function_call" and self.quirks.terminal == "one part":
            item = replace(item, parts=(tuple(item.texts),))
        if item.kind != "function_call" and self.quirks.terminal == "many parts":
            item = replace(item, parts=tuple((piece,) for part in item.parts for piece in part))
        whole = self.whole(item)
        if self.quirks.terminal == "nameless":
            whole.pop("id", None)
        return whole


def part_event(event: str) -> str:
    return "reasoning_summary_part" if "summary" in event else "content_part"


def part_of(event: str, text: str) -> Json:
    return {"type": {"reasoning_summary_text": "summary_text"}.get(event, event), "text": text}


any_quirks = st.builds(Quirks)
"""Hypothesis reads the members' types: any of their words."""


def texts_of(output: list[Json], kind: str) -> str:
    """All texts of the items of a kind, as the object has them; of a reasoning in two lists, the longer one."""
    lists = [[item.get(name) or [] for name in ("content", "summary")] for item in output if item["type"] == kind]
    return "".join(max(("".join(part["text"] for part in parts) for parts in both), key=len) for both in lists)


@settings(max_examples=300, deadline=None)
@given(outputs(), any_quirks, st.randoms(use_true_random=False))
def test_a_response_is_told_once(items: list[Item], quirks: Quirks, rng: random.Random) -> None:
    assume(quirks.are_told_apart(items) and all(map(quirks.tell_all_of, items)))
    body = Server(items, quirks).body()
    accumulator = ssewire.Accumulator("openai-responses")
    deltas = [delta for piece in random_cut(body, rng, 200) for delta in accumulator.feed(piece)]
    snapshot = accumulator.close()
    told: dict[type, str] = {ssewire.TextDelta: "", ssewire.ReasoningDelta: ""}
    calls: dict[int, str] = {}
    for delta in deltas:
        if isinstance(delta, ssewire.TextDelta | ssewire.ReasoningDelta):
            told[type(delta)] += delta.text
        if isinstance(delta, ssewire.ToolCallDelta):
            calls[delta.index] = calls.get(delta.index, "") + delta.arguments
    expected = [("call_" + str(item.number), "f", item.text) for item in items if item.kind == "function_call"]
    said = {kind: "".join(item.text for item in items if item.kind == kind) for kind in ("message", "reasoning")}
    assert (told[ssewire.TextDelta], told[ssewire.ReasoningDelta]) == (said["message"], said["reasoning"])
    assert (snapshot.text or "", snapshot.reasoning or "") == (said["message"], said["reasoning"])
    assert [(call.id, call.name, call.arguments) for call in snapshot.tool_calls] == expected
    assert list(calls.values()) == [arguments for _, _, arguments in expected]
    output = snapshot.to_dict()["output"]
    assert texts_of(output, "message") == said["message"]
    assert texts_of(output, "reasoning") == said["reasoning"]
