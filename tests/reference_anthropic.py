"""A slow and obvious accumulator for Anthropic's messages, which the tests hold the fast one against."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING

import reference_partial
from reference_base import Reference, a_string, keep
from reference_calls import Json, Object, an_object, as_index, compact, is_json, objects

if TYPE_CHECKING:
    from collections.abc import Callable

IMPLIED = {
    "text_delta": {"type": "text", "text": ""},
    "citations_delta": {"type": "text", "text": ""},
    "thinking_delta": {"type": "thinking", "thinking": ""},
    "signature_delta": {"type": "thinking", "thinking": ""},
    "input_json_delta": {"type": "tool_use"},
    "compaction_delta": {"type": "compaction"},
}
"""The block that a delta without its start belongs to."""


DEFAULTS = {"type": "message", "role": "assistant", "model": "", "stop_reason": None, "stop_sequence": None}
"""What the package's model asks for, where the stream does not say it."""


class Block:
    """One block of the message's content."""

    def __init__(self, round_: int, index: int) -> None:
        self.place = (round_, index)
        self.members: Object = {}
        self.pieces = ""
        self.stopped = False

    @property
    def type(self) -> Json:
        return self.members.get("type")

    def input(self) -> Json:
        """Give the JSON of the pieces as far as it is certain, or what the block began with."""
        began = self.members.get("input")
        if not self.pieces:
            return began
        if is_json(self.pieces):
            return json.loads(self.pieces)
        try:
            certain = reference_partial.certain(self.pieces)
        except AssertionError:
            return began  # It is not even the beginning of JSON.
        return began if certain is reference_partial.NOTHING else certain

    def to_object(self) -> Object:
        made = deepcopy(self.members)
        if self.type == "tool_use" or self.pieces:
            made["input"] = self.input()
        if self.type == "tool_use" and made["input"] is None:
            made["input"] = {}
        return made


class Anthropic(Reference):
    dialect = "anthropic"

    def __init__(self) -> None:
        super().__init__()
        self.message: Object = {}
        self.blocks: list[Block] = []
        self.slots: dict[int, Block] = {}
        self.round = 0

    def whole(self, payload: Object) -> bool:
        if payload.get("type") == "message":
            self.merge_message(payload)
        return payload.get("type") == "message"

    def take(self, kind: str, payload: Object) -> bool:
        takers: dict[str, Callable[[], object]] = {
            "message_start": lambda: self.merge_message(an_object(payload.get("message"))),
            "content_block_start": lambda: self.start(payload.get("index"), an_object(payload.get("content_block"))),
            "content_block_delta": lambda: self.grow(payload.get("index"), an_object(payload.get("delta"))),
            "content_block_stop": lambda: self.stop(self.found(payload.get("index"))),
            "message_delta": lambda: self.merge_end(payload),
            "message_stop": lambda: self.merge_stop(payload),
            "ping": lambda: None,
        }
        if kind in takers:
            takers[kind]()
        return kind in takers

    # The message

    def merge_message(self, message: Object) -> None:
        """Take the message that a stream begins with, or that is whole."""
        keep(self.message, message, but={"content", "usage", "error"})
        self.id = self.id or a_string(message.get("id"))
        self.model = a_string(self.message.get("model"))
        self.role(message.get("role"))
        for block in objects(message.get("content")):
            self.stop(self.start(None, block))
        self.finish(message.get("stop_reason"))
        self.count(message.get("usage"))

    def merge_end(self, payload: Object) -> None:
        delta = an_object(payload.get("delta"))
        keep(self.message, delta)
        keep(self.message, payload, but={"type", "delta", "usage", "error"})
        self.finish(delta.get("stop_reason"))
        self.count(payload.get("usage"))

    def merge_stop(self, payload: Object) -> None:
        keep(self.message, payload, but={"type", "usage", "error"})
        self.end()

    # The blocks

    def found(self, index: Json) -> Block | None:
        """Give the newest block of that index; the last block where there is none."""
        known = as_index(index)
        if known is None:
            return self.blocks[-1] if self.blocks else None
        return self.slots.get(known)

    def opened(self, index: Json) -> Block:
        """Give a new block at that index; one that is taken begins again in spliced streams."""
        known = as_index(index)
        place = len(self.blocks) if known is None else known
        current = self.slots.get(place)
        if current is not None and current.place[0] == self.round:
            self.round += 1  # What begins from here on stands behind everything else.
        block = self.slots[place] = Block(self.round, place)
        self.blocks.append(block)
        return block

    def start(self, index: Json, start: Object) -> Block:
        block = self.opened(index)
        keep(block.members, start, but={"text", "thinking"} if start.get("type") in ("text", "thinking") else set())
        if start.get("type") == "text":
            self.append(block, "text", start.get("text"))
        elif start.get("type") == "thinking":
            self.append(block, "thinking", start.get("thinking"))
        elif start.get("type") == "tool_use":
            self.call(block, id=start.get("id"), name=start.get("name"))
        else:
            self.other(a_string(start.get("type")) or "event", start)
        return block

    def append(self, block: Block, member: str, piece: Json) -> None:
        """Append to the text or the thinking of a block."""
        if isinstance(piece, str):
            block.members[member] = (block.members.get(member) or "") + piece
            if member == "text":
                self.text(piece)
            else:
                self.reasoning(piece)

    def grow(self, index: Json, delta: Object) -> None:
        kind = a_string(delta.get("type")) or "event"
        block = self.found(index)
        if block is None:
            block = self.opened(index)
            block.members = deepcopy(IMPLIED.get(kind, {}))
        if kind == "text_delta":
            self.append(block, "text", delta.get("text"))
        elif kind == "thinking_delta":
            self.append(block, "thinking", delta.get("thinking"))
        elif kind == "signature_delta":
            keep(block.members, delta, but={"type"})
            self.other("signature", delta.get("signature"))
        elif kind == "citations_delta":
            block.members["citations"] = [*(block.members.get("citations") or []), delta.get("citation")]
            self.other("citation", delta.get("citation"))
        elif kind == "input_json_delta":
            self.grow_input(block, delta.get("partial_json"))
        else:
            keep(block.members, delta, but={"type"})
            self.other("compaction" if kind == "compaction_delta" else kind, delta)

    def grow_input(self, block: Block, piece: Json) -> None:
        if not isinstance(piece, str):
            return
        block.pieces += piece
        if block.type == "tool_use":
            self.call(block, arguments=piece)
        else:
            self.other("input_json", piece)

    def stop(self, block: Block | None) -> None:
        """The arguments of a call that came with its input, and without pieces, are told now."""
        if block is not None and not block.stopped:
            block.stopped = True
            if block.type == "tool_use" and not block.pieces and block.members.get("input"):
                self.call(block, arguments=compact(block.members["input"]))

    def ended(self) -> None:
        for block in self.blocks:
            self.stop(block)

    def to_object(self) -> Object:
        blocks = sorted(self.blocks, key=lambda block: block.place)
        made: Object = {**DEFAULTS, **self.message, "id": self.id or ""}
        made["content"] = [block.to_object() for block in blocks]
        if self.choices and self.choice().finish_reasons:
            made["stop_reason"] = self.choice().finish_reasons[-1]
        return made | ({"usage": self.usage} if self.usage is not None else {})


def reference(body: bytes) -> Object:
    return Anthropic().run(body)
