"""A slow and obvious accumulator for Anthropic's messages, which the tests hold the fast one against."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from tests.reference.anthropic_blocks import (
    COMPARED,
    KINDS,
    THOUGHTS,
    Block,
    has_id,
    is_same,
    is_thought,
    kind_of,
    listed,
    name_in,
    takes,
    text_in,
)
from tests.reference.base import Reference, a_string, keep
from tests.reference.calls import Json, Object, an_object, as_index, compact, is_object
from tests.reference.wholes import (
    Announced,
    agrees,
    arguments_beyond,
    arguments_text,
    as_object,
    id_of,
    piece_of,
    remainder,
    remainders,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULTS = {"type": "message", "role": "assistant", "model": "", "stop_reason": None, "stop_sequence": None}
"""What the package's model asks for, where the stream does not say it."""


class Anthropic(Reference):
    dialect = "anthropic"

    def __init__(self) -> None:
        super().__init__()
        self.message: Object = {}
        self.blocks: list[Block] = []
        self.messages = 0
        self.had_whole = False

    def take(self, kind: str, payload: Object) -> bool:
        takers: dict[str, Callable[[], object]] = {
            "message_start": lambda: self.start_message(an_object(payload.get("message"))),
            "content_block_start": lambda: self.start_block(payload),
            "content_block_stop": lambda: self.stop(self.found(payload.get("index"))),
            "message_delta": lambda: self.merge_end(payload),
            "message_stop": lambda: self.merge_stop(payload),
            "ping": lambda: None,
        }
        if kind == "content_block_delta":
            return self.grow(payload.get("index"), payload.get("delta"))
        if kind == "message" and payload.get("content") is not None:
            self.take_whole(payload)
        elif kind in takers:
            takers[kind]()
        else:
            return False
        return True

    def is_complete(self) -> bool:
        """After a whole message with a stop reason nothing is missing."""
        return self.had_whole and bool(self.choice().finish_reasons)

    # The message

    def start_message(self, message: Object) -> None:
        self.messages += 1
        self.had_whole = False
        self.merge_message(message)
        for index, block in enumerate(listed(message.get("content"))):
            self.start(index, block)
        self.merge_reason(message)

    def merge_message(self, message: Object) -> None:
        known = {"id"} if has_id(self.message) else set()  # Of joined streams the first names who answers.
        keep(self.message, message, but={"content", "usage", "error", *known})
        self.id = self.id or id_of(message.get("id"))
        self.model = a_string(self.message.get("model"))
        self.role(message.get("role"))

    def merge_reason(self, message: Object) -> None:
        self.finish(message.get("stop_reason"))
        self.count(message.get("usage"))

    def merge_end(self, payload: Object) -> None:
        delta = an_object(payload.get("delta"))
        keep(self.message, delta, but={"content", "usage"})
        keep(self.message, payload, but={"type", "delta", "usage", "error", "content"})
        if not self.blocks:
            self.merge_whole(delta.get("content") or payload.get("content"))
        self.finish(delta.get("stop_reason"))
        self.count(payload.get("usage"))

    def merge_stop(self, payload: Object) -> None:
        self.merge_whole(an_object(payload.get("message")).get("content"))
        keep(self.message, payload, but={"type", "usage", "error", "message", "content"})
        self.end()

    # A whole message

    def take_whole(self, message: Object) -> None:
        """Take a message that came instead of its stream, which ends it, or that repeats what came in pieces."""
        alone = not self.messages and not self.blocks and not self.message
        self.merge_message(message)
        self.merge_whole(message.get("content"))
        self.merge_reason(message)
        self.had_whole = True
        if alone and (message.get("content") or message.get("stop_reason")):
            self.end()

    def merge_whole(self, content: Json) -> None:
        blocks = listed(content)
        mine = self.same_blocks(blocks)
        said = {
            "text": self.tell_beyond(blocks, lambda kind: kind == "text", self.text),
            "thought": self.tell_beyond(blocks, is_thought, self.reasoning),
        }
        all_of = {kind for kind, (_, is_all) in said.items() if is_all}
        self.blocks = [one for one in self.blocks if one in mine or kind_of_text(one.type) not in all_of]
        for block, known in zip(blocks, mine, strict=True):
            kind = kind_of_text(block.get("type"))
            if known is not None:
                self.complete(known, block)
                if kind in all_of:
                    known.wholes[name_in(block) or kind] = piece_of(text_in(block)) or ""
            elif kind is None:
                self.stop(self.start(None, block))
            elif any(said[kind]):
                self.opened(None).members = deepcopy(block)

    def same_blocks(self, blocks: list[Object]) -> list[Block | None]:
        """Find the block that each of these is: the one with its id, or else the next of its kind."""
        left = self.in_order()
        found: list[Block | None] = []
        for block in blocks:
            with_id = [one for one in left if has_id(block) and one.members.get("id") == block["id"]]
            found.append(with_id[0] if with_id else None)
            left = [one for one in left if one is not found[-1]]
        for at, block in enumerate(blocks):
            if found[at] is None:
                of_kind = [one for one in left if one.type == block.get("type")]
                unnamed = [one for one in of_kind if not (has_id(block) and has_id(one.members))]
                found[at] = unnamed[0] if unnamed else None
                left = [one for one in left if one is not found[at]]
        return found

    def tell_beyond(
        self, blocks: list[Object], of_kind: Callable[[Json], bool], tell: Callable[[str], None]
    ) -> tuple[bool, bool]:
        """Tell what the texts of a kind have beyond the ones so far: whether they have more, and all that was told."""
        told = [one for one in self.in_order() if of_kind(one.type) or (of_kind("text") and one.type == "thinking")]
        names = [("text" if of_kind("text") else name_in(one.members)) for one in told]
        parts = [(one.members | one.wholes, name) for one, name in zip(told, names, strict=True) if name]
        old = [members[name] for members, name in parts if name in members]
        new = [piece_of(text_in(block)) or "" for block in blocks if of_kind(block.get("type"))]
        rests = remainders(old, new)
        for rest in rests:
            tell(rest)
        return bool(rests), "".join(old) != "" and "".join(new).startswith("".join(old))

    def complete(self, block: Block, whole: Object) -> None:
        """Keep what a whole block says of one that came in pieces."""
        name, text = name_in(whole), piece_of(text_in(whole))
        if name and text is not None and not agrees(block.members.get(name, ""), text):
            block.wholes[name] = text
        elif name and text is not None:
            block.members[name] = block.members.get(name, "") + remainder(block.members.get(name, ""), text)
            block.wholes.pop(name, None)
        block.announced = {}
        keep(block.members, whole, but=COMPARED)
        if whole.get("signature"):
            self.sign(block, whole["signature"])
        if whole.get("citations"):
            for citation in [] if block.members.get("citations") else whole["citations"]:
                self.other("citation", citation)
            block.members["citations"] = deepcopy(whole["citations"])
        if block.type == "tool_use":
            self.complete_call(block, whole)
        elif whole.get("input"):
            block.whole_input = as_object(whole["input"])

    def complete_call(self, block: Block, whole: Object) -> None:
        call = self.call(block, id=id_of(whole.get("id")), name=whole.get("name"))
        if whole.get("input"):
            if not call.arguments:
                block.initial = arguments_text(whole["input"])
            self.stop(block)
            self.call(block, arguments=arguments_beyond(call.arguments, arguments_text(whole["input"])))
            block.whole_input = as_object(whole["input"])
        else:
            self.stop(block)

    # The blocks

    def found(self, index: Json) -> Block | None:
        """Give the newest block of that index; the last block where there is none."""
        known = as_index(index)
        if known is None:
            return self.in_order()[-1] if self.blocks else None
        of_index = [one for one in self.blocks if (one.message, one.index) == (self.messages, known)]
        return of_index[-1] if of_index else None

    def found_for(self, index: Json, kind: str) -> Block | None:
        """Give the block that a piece belongs to; without an index, or for an input, the last that takes it."""
        known = as_index(index)
        block = self.found(index) if known is not None else None
        if block is not None or (known is not None and kind != "input_json"):
            return block
        taking = [one for one in self.in_order() if takes(one.type, kind)]
        return taking[-1] if taking else None

    def opened(self, index: Json) -> Block:
        """Give a new block at that index; behind the others where it is taken, as in joined streams."""
        taken = [one.position for one in self.blocks]
        known = as_index(index)
        position = known if known is not None and known not in taken else max(taken, default=-1) + 1
        self.blocks.append(Block(self.messages, position if known is None else known, position))
        return self.blocks[-1]

    def in_order(self) -> list[Block]:
        return sorted(self.blocks, key=lambda block: block.position)

    def start_block(self, payload: Object) -> None:
        block = an_object(payload.get("content_block"))
        self.start(payload.get("index"), block)
        if block.get("type") == "fallback":
            self.model = a_string(an_object(block.get("to")).get("model")) or self.model
            self.message |= {"model": self.model} if self.model else {}

    def start(self, index: Json, start: Object) -> Block:
        known = self.found(index) if as_index(index) is not None else None
        if known is not None and is_same(known, start):
            self.start_again(known, start)
            return known
        block = self.opened(index)
        block.members = deepcopy(start)
        kind = start.get("type")
        name, text = name_in(start), piece_of(text_in(start))
        if name and text is not None:
            block.members[name] = ""
            self.append(block, name, text)
            block.announced[name] = Announced(text)
        if is_thought(kind) and start.get("signature"):
            self.other("signature", start["signature"])
        if kind == "tool_use":
            self.call(block, id=id_of(start.get("id")), name=start.get("name"))
            block.expect(start.get("input"))
        elif kind != "text" and not is_thought(kind):
            self.other(a_string(kind) or "", start)
        return block

    def start_again(self, block: Block, start: Object) -> None:
        name, text = name_in(start), piece_of(text_in(start)) or ""
        if name:
            self.append(block, name, remainder(block.members.get(name, ""), text))
            block.announced[name] = Announced(block.members.get(name, ""))
        if block.type == "tool_use":
            self.call(block, id=id_of(start.get("id")), name=start.get("name"))
            block.expect(start.get("input"))
        keep(block.members, start, but={*THOUGHTS, "input"})

    def append(self, block: Block, member: str, piece: str) -> None:
        """Append to the text or the thinking of a block."""
        block.members[member] = (block.members.get(member) or "") + piece
        block.wholes.pop(member, None)
        if member == "text" and block.type != "reasoning":
            self.text(piece)
        else:
            self.reasoning(piece)

    def grow(self, index: Json, delta: Json) -> bool:
        if not isinstance(delta, dict):
            return delta is None
        kind = kind_of(delta)
        block = self.found_for(index, kind)
        if block is None:
            block = self.opened(index)
            block.members = {"type": KINDS.get(kind, kind)}
            if kind == "input_json":
                self.call(block)
        if kind == "input_json":
            return self.grow_input(block, delta.get("partial_json"))
        if kind == "text" or is_thought(kind):
            return self.grow_text(block, kind, delta)
        if kind == "signature":
            self.sign(block, delta.get("signature"))
        elif kind == "citations":
            if delta.get("citation") is not None:
                block.members["citations"] = [*(block.members.get("citations") or []), delta["citation"]]
                self.other("citation", delta["citation"])
        else:
            keep(block.members, delta, but={"type"})
            self.other("compaction" if kind == "compaction" else a_string(delta.get("type")) or "", delta)
        return True

    def grow_text(self, block: Block, kind: str, delta: Object) -> bool:
        name = "text" if kind == "text" else next((name for name in THOUGHTS if delta.get(name) is not None), kind)
        value = delta.get(name)
        piece = piece_of(value)
        if piece:
            news = block.announced.get(name, Announced()).news(piece)
            if news:
                block.members[name] = (block.members.get(name) or "") + news
                block.wholes.pop(name, None)
                (self.text if kind == "text" else self.reasoning)(news)
        return piece is not None or value is None

    def sign(self, block: Block, signature: Json) -> None:
        """The last signature counts; the same one again says nothing."""
        if signature is not None and block.members.get("signature") != signature:
            block.members["signature"] = signature
            self.other("signature", signature)

    def grow_input(self, block: Block, value: Json) -> bool:
        piece = compact(value) if isinstance(value, dict) else piece_of(value)
        if piece and block.type != "tool_use":
            self.other("input_json", value)
        if not piece or (block.pieces == piece and is_object(piece)):
            return value is None or piece is not None
        if not block.pieces and piece.strip() == "{}":  # It may only keep the place of what is to come.
            block.members["input"] = block.members.get("input") or {}
            block.initial = block.initial or "{}"
            return True
        block.pieces += piece
        block.whole_input = None
        if block.type == "tool_use" and not block.told_initial:
            self.call(block, arguments=piece)
        return True

    def stop(self, block: Block | None) -> None:
        """The arguments of a call that came with its input, and without pieces, are told now; nothing is said again."""
        if block is None:
            return
        block.announced = {}
        if block.type == "tool_use" and not block.pieces and not block.told_initial and block.initial:
            block.told_initial = True
            self.call(block, arguments=block.initial)

    def ended(self) -> None:
        for block in self.blocks:
            self.stop(block)

    def to_object(self) -> Object:
        made: Object = {**DEFAULTS, "id": "", **self.message}
        made["content"] = [block.to_object() for block in self.in_order()]
        if self.choices and self.choice().finish_reasons:
            made["stop_reason"] = self.choice().finish_reasons[-1]
        return made | ({"usage": self.usage} if self.usage is not None else {})


def kind_of_text(kind: Json) -> str | None:
    """Give which text a block of that type is of, if it is one."""
    return "text" if kind == "text" else "thought" if is_thought(kind) else None


def reference(body: bytes) -> Object:
    return Anthropic().run(body)
