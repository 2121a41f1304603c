"""The content blocks of Anthropic's messages, for the slow reference."""

from __future__ import annotations

import json
from copy import deepcopy

from tests.reference import partial
from tests.reference.base import a_string
from tests.reference.calls import Json, Object, is_json
from tests.reference.wholes import Announced, agrees, arguments_text, as_object, each_object, piece_of

KINDS = {"citations": "text", "signature": "thinking", "reasoning": "thinking", "input_json": "tool_use"}
"""The type of block that pieces of another name belong to."""

BY_MEMBER = {"text": "text", "thinking": "thinking", "reasoning": "thinking", "partial_json": "input_json"}
"""What a delta without a type is a piece of."""

THOUGHTS = ("thinking", "reasoning", "text")
COMPARED = {*THOUGHTS, "input", "signature", "citations"}


class Block:
    """One block of the message's content."""

    def __init__(self, message: int, index: int, position: int) -> None:
        self.message = message
        self.index = index
        self.position = position
        self.members: Object = {}
        self.wholes: Object = {}  # Texts that came whole and contradict the pieces.
        self.announced: dict[str, Announced] = {}
        self.initial = ""  # The arguments where no pieces come.
        self.pieces = ""
        self.told_initial = False
        self.whole_input: Json = None

    @property
    def type(self) -> Json:
        return self.members.get("type")

    def grown_input(self) -> Json:
        """Give the JSON of the pieces as far as it is certain, or what the block began with."""
        began = self.members.get("input")
        if not self.pieces:
            return began
        if is_json(self.pieces):
            return json.loads(self.pieces)
        try:
            certain = partial.certain(self.pieces)
        except AssertionError:
            return began  # It is not even the beginning of JSON.
        return began if certain is partial.NOTHING else certain

    def expect(self, value: Json) -> None:
        """Keep the input that a call starts with, while none came."""
        if value and not self.pieces and not self.told_initial:
            self.initial = arguments_text(value)
            self.members["input"] = as_object(deepcopy(value))

    def to_object(self) -> Object:
        made = deepcopy(self.members) | self.wholes
        if self.whole_input is not None:
            made["input"] = self.whole_input
        elif self.type == "tool_use" or self.pieces:
            made["input"] = self.grown_input()
        if "input" in made and made["input"] is None:
            made["input"] = {}
        return made


def listed(content: Json) -> list[Object]:
    """Give the blocks of a content, which may be plain text, or one block without a list around it."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else each_object(content)


def is_thought(kind: Json) -> bool:
    return kind in ("thinking", "reasoning")


def has_id(block: Object) -> bool:
    return block.get("id") not in (None, "")


def name_in(block: Object) -> str | None:
    """Give the name of the member that is a block's text."""
    if block.get("type") == "text":
        return "text"
    return next((name for name in THOUGHTS if is_thought(block.get("type")) and block.get(name) is not None), None)


def text_in(block: Object) -> Json:
    """Give the text of a block as it came."""
    return block.get(name_in(block) or "")


def kind_of(delta: Object) -> str:
    """Give what a delta is a piece of: its type, with or without its ending, or what its member says."""
    named = a_string(delta.get("type"))
    if named:
        return named.removesuffix("_delta")
    return next((kind for member, kind in BY_MEMBER.items() if delta.get(member) is not None), "")


def takes(block: Json, kind: str) -> bool:
    if kind == "input_json":
        return isinstance(block, str) and block.endswith("tool_use")
    return bool(block == KINDS.get(kind, kind))


def is_same(block: Block, start: Object) -> bool:
    """Whether a start at the index of a block is that block again, and not another one."""
    if has_id(start) or has_id(block.members):
        return has_id(start) and has_id(block.members) and bool(start["id"] == block.members["id"])
    name, text = name_in(start), piece_of(text_in(start)) or ""
    if not name or block.type != start.get("type") or text_in(start) is None:
        return False
    mine = block.members.get(name) or ""
    return (not mine or bool(name in block.announced and block.announced[name].text)) and agrees(mine, text)
