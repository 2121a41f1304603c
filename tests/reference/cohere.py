"""A slow and obvious accumulator for Cohere's second chat API, which the tests hold the fast one against."""

from __future__ import annotations

from copy import deepcopy

from tests.reference.base import Call, Reference, a_string, keep
from tests.reference.calls import Json, Object, an_object, as_index, compact
from tests.reference.wholes import (
    Announced,
    agrees,
    arguments_beyond,
    each,
    each_object,
    id_of,
    piece_of,
    remainder,
    remainders,
    spaceless,
)

LISTS = ("content", "tool_calls", "citations")
TEXTS = ("text", "thinking")
SILENT = {"content-end", "tool-call-end", "citation-end"}


class Text:
    """A text that grows: what came of it, and what it is where it came whole and contradicts that."""

    def __init__(self) -> None:
        self.emitted = ""
        self.whole: str | None = None
        self.announced = Announced()

    def shown(self) -> str:
        return self.emitted if self.whole is None else self.whole

    def grow(self, piece: str) -> str:
        """Give what a piece adds."""
        news = self.announced.news(piece)
        self.emitted += news
        self.whole = None
        return news

    def complete(self, whole: str) -> str:
        """Give what a whole text adds; pieces that say it again may follow."""
        rest = remainder(self.emitted, whole)
        self.emitted += rest
        self.whole = None if agrees(self.emitted, whole) else whole
        self.announced = Announced(self.emitted) if self.whole is None else Announced()
        return rest


class Tool:
    """One tool call of the message."""

    def __init__(self, call: Call, index: int | None) -> None:
        self.call = call
        self.index = index
        self.ids: set[str] = set()
        self.members: Object = {}
        self.function: Object = {}
        self.arguments = Text()
        self.held = ""
        self.held_at_start = False

    def to_object(self) -> Object:
        made = {**self.members, "type": self.call.type or "function"}
        function = {**self.function, "arguments": self.held or self.arguments.shown()}
        function |= {"name": self.call.name} if self.call.name else {}
        return {**made, "function": function}


class Cohere(Reference):
    dialect = "cohere-v2"

    def __init__(self) -> None:
        super().__init__()
        self.top: Object = {}
        self.message: Object = {}
        self.blocks: dict[int, Object] = {}
        self.texts: dict[tuple[int, str], Text] = {}
        self.plan_text = Text()
        self.tools: dict[int, Tool] = {}
        self.citations: list[Json] = []
        self.logprobs: list[Json] = []
        self.begun = False
        self.had_whole = False

    def take(self, kind: str, payload: Object) -> bool:
        message = an_object(an_object(payload.get("delta")).get("message"))
        if is_whole(payload):
            self.take_whole(payload)
            return True
        self.begun |= kind not in SILENT
        if kind == "message-start":
            self.merge_id(payload)
            self.merge_message(message)
        elif kind in ("content-start", "content-delta"):
            return self.take_content(payload, message.get("content"), new=kind == "content-start")
        elif kind == "tool-plan-delta":
            self.plan(message.get("tool_plan"))
        elif kind in ("tool-call-start", "tool-call-delta"):
            for call in each_object(message.get("tool_calls")):
                self.take_call(payload.get("index"), call, new=kind == "tool-call-start")
        elif kind == "tool-call-end":
            self.settle(self.found(as_index(payload.get("index")), {}, new=False))
        elif kind == "citation-start":
            self.cite_all(message)
        elif kind == "message-end":
            self.take_end(payload, message)
        return kind in SILENT or kind.startswith(("message-", "content-", "tool-plan-", "tool-call-", "citation-"))

    def take_whole(self, payload: Object) -> None:
        """Take an answer that came instead of its stream, which ends it, or that repeats what came in pieces."""
        alone = not self.begun
        self.begun = self.had_whole = True
        self.merge_id(payload)
        self.merge_message(payload["message"])
        known = [compact(one) for one in self.logprobs]
        for item in each(payload.get("logprobs")):
            if not taken(known, item):
                self.add_logprobs(item)
        self.merge_end(payload)
        keep(self.top, payload, but={"id", "message", "finish_reason", "usage", "logprobs", "error"})
        if alone:
            self.end()

    def is_complete(self) -> bool:
        return self.had_whole

    # The message

    def merge_id(self, payload: Object) -> None:
        self.id = self.id or id_of(payload.get("id"))

    def merge_message(self, message: Object) -> None:
        """Take a message at the beginning, or a whole one: its texts follow in pieces, or came in pieces."""
        keep(self.message, message, but={*LISTS, "tool_plan"})
        self.message |= {name: [] for name in LISTS if isinstance(message.get(name), list)}
        self.role(message.get("role"))
        if isinstance(message.get("tool_plan"), str):
            self.message.setdefault("tool_plan", "")
        if message.get("tool_plan"):  # It always begins as "", which says nothing of a plan.
            rest = self.plan_text.complete(message["tool_plan"])
            if rest:
                self.reasoning(rest)
        self.merge_blocks(listed(message.get("content")))
        self.merge_calls(each_object(message.get("tool_calls")))
        known = [compact(one) for one in self.citations]
        for citation in each(message.get("citations")):
            if not taken(known, citation):
                self.cite(citation)

    def merge_blocks(self, blocks: list[Object]) -> None:
        news = {name: self.tell_beyond(name, blocks) for name in TEXTS}
        left = sorted(self.blocks)
        for block in blocks:
            kind = kind_of(block)
            same = [index for index in left if self.blocks[index]["type"] == kind]
            has = [name for name in TEXTS if block.get(name) is not None]
            if same:
                left.remove(same[0])
                self.complete(same[0], block)
            elif not has or news[has[0]]:
                index = place(self.blocks, None, new=True)
                self.blocks[index] = {"type": kind}
                self.complete(index, block)
                if kind not in TEXTS:
                    self.other(kind, block)

    def tell_beyond(self, name: str, blocks: list[Object]) -> bool:
        old = [text.emitted for (_, kind), text in sorted(self.texts.items()) if kind == name and text.emitted]
        new = [text for block in blocks if (text := piece_of(block.get(name))) is not None]
        rests = remainders(old, new)
        for rest in rests:
            self.tell(name, rest)
        return bool(rests)

    def complete(self, index: int, block: Object) -> None:
        keep(self.blocks[index], block, but={"type", *TEXTS})
        for name in TEXTS:
            whole = piece_of(block.get(name))
            if whole is not None:
                self.texts.setdefault((index, name), Text()).complete(whole)

    def tell(self, name: str, piece: str) -> None:
        (self.text if name == "text" else self.reasoning)(piece)

    # Pieces

    def take_content(self, payload: Object, content: Json, *, new: bool) -> bool:
        readable = True
        for value in each(content):
            block = an_object(value) if piece_of(value) is None else {"text": value}
            index = place(self.blocks, payload.get("index"), new=new)
            mine = self.blocks.setdefault(index, {})
            mine["type"] = a_string(mine.get("type")) or a_string(block.get("type")) or kind_of(block)
            keep(mine, block, but={"type", *TEXTS})
            for name in TEXTS:
                piece = piece_of(block.get(name))
                readable &= piece is not None or block.get(name) is None
                if piece is not None:
                    text = self.texts.setdefault((index, name), Text())
                    self.tell(name, text.grow(piece))
                    text.announced = Announced(text.emitted) if new else text.announced
            if new and block.get("type") not in (None, *TEXTS):
                self.other(block["type"], block)
        for item in each(payload.get("logprobs")):
            self.add_logprobs(item)
        return readable

    def plan(self, value: Json) -> None:
        piece = piece_of(value)
        if piece is not None:
            self.message.setdefault("tool_plan", "")
            self.reasoning(self.plan_text.grow(piece))

    def cite_all(self, message: Object) -> None:
        for citation in each(message.get("citations")):
            self.cite(citation)

    def cite(self, citation: Json) -> None:
        if citation is not None:
            self.citations.append(deepcopy(citation))
            self.other("citation", citation)

    def add_logprobs(self, item: Json) -> None:
        if item is not None:
            self.logprobs.append(deepcopy(item))
            self.other("logprobs", item)

    # Tool calls

    def take_call(self, index: Json, call: Object, *, new: bool) -> None:
        found = self.found(as_index(index), call, new=new)
        tool = self.named(found, as_index(index), call)
        value = an_object(call.get("function")).get("arguments")
        piece = compact(value) if isinstance(value, (dict, list)) else piece_of(value) or ""
        if piece.strip() == "{}" and not tool.arguments.emitted:
            tool.held = "{}"  # It may only keep the place of what is to come.
            tool.held_at_start = new
            piece = ""
        if piece:
            tool.held = ""
            self.call(tool.call.position, arguments=tool.arguments.grow(piece))
        if new and tool.arguments.emitted and tool.arguments.whole is None:
            tool.arguments.announced = Announced(tool.arguments.emitted)

    def found(self, index: int | None, call: Object, *, new: bool) -> Tool | None:
        """Give the call that a payload is about: by its id, or its index, or the last; None for a new one."""
        tools = list(self.tools.values())
        known = id_of(call.get("id"))
        by_id = [tool for tool in tools if known in tool.ids]
        at = [tool for tool in tools if tool.index == index] if index is not None else [] if new else tools
        if new and known:
            at = [tool for tool in at[-1:] if tool.call.id is None]
        return by_id[0] if by_id else at[-1] if at else None

    def named(self, tool: Tool | None, index: int | None, call: Object) -> Tool:
        """Merge who a call is; made where it is new, after the others where its index is taken."""
        function = an_object(call.get("function"))
        position = len(self.tools) if tool is None else tool.call.position
        made = self.call(position, id=id_of(call.get("id")), type=call.get("type"), name=function.get("name"))
        if tool is None:
            place_ = index if index is not None and index not in self.tools else max(self.tools, default=-1) + 1
            tool = self.tools[place_] = Tool(made, place_ if index is None else index)
        known = id_of(call.get("id"))
        tool.ids |= {known} if known else set()
        tool.members |= {"id": call["id"]} if call.get("id") and "id" not in tool.members else {}
        keep(tool.members, call, but={"id", "type", "function"})
        keep(tool.function, function, but={"name", "arguments"})
        return tool

    def merge_calls(self, calls: list[Object]) -> None:
        """Take the calls of a whole message: by their ids, or else in their order."""
        ids = {known for call in calls if (known := id_of(call.get("id")))}
        by_id = {known: tool for tool in self.tools.values() for known in tool.ids & ids}
        left = [tool for tool in sorted(self.tools.values(), key=position_of) if not tool.ids & ids]
        for call in calls:
            known = id_of(call.get("id"))
            fitting = [tool for tool in left if not known or tool.call.id is None]
            found = (by_id.get(known) if known else None) or next(iter(fitting), None)
            left = [tool for tool in left if tool is not found]
            tool = self.named(found, None, call)
            value = an_object(call.get("function")).get("arguments")
            whole = "" if value is None else value if isinstance(value, str) else compact(value)
            mine = tool.arguments
            rest = arguments_beyond(mine.emitted, whole) if mine.emitted else whole
            same = not mine.emitted or agrees(spaceless(mine.emitted), spaceless(whole))
            self.call(tool.call.position, arguments=rest)
            mine.emitted += rest
            tool.held = "" if whole else tool.held
            mine.whole = mine.whole if not whole else None if same else whole
            mine.announced = Announced(mine.emitted) if mine.whole is None else Announced()

    def ended(self) -> None:
        for tool in self.tools.values():
            self.settle(tool)

    def settle(self, tool: Tool | None) -> None:
        if tool is not None and tool.held:
            self.call(tool.call.position, arguments=tool.arguments.grow(tool.held))
            tool.held = ""
            tool.arguments.announced = Announced(tool.arguments.emitted) if tool.held_at_start else Announced()

    # The end

    def take_end(self, payload: Object, message: Object) -> None:
        self.merge_id(payload)
        self.merge_message(message)
        self.merge_end(an_object(payload.get("delta")))
        self.end()

    def merge_end(self, delta: Object) -> None:
        self.finish(delta.get("finish_reason"))
        self.count(delta.get("usage"))
        self.fail(delta.get("error"))

    def to_object(self) -> Object:
        lists = {
            "content": [self.block_object(index) for index in sorted(self.blocks)],
            "tool_calls": [tool.to_object() for _, tool in sorted(self.tools.items())],
            "citations": self.citations,
        }
        message = {"role": "assistant", **self.message, **{name: value for name, value in lists.items() if value}}
        message |= {"tool_plan": self.plan_text.shown()} if "tool_plan" in message else {}
        made: Object = {**self.top, "message": message}
        made |= {"id": self.id} if self.id else {}
        made |= {"finish_reason": self.choice().finish_reasons[-1]} if self.finished() else {}
        made |= {"usage": self.usage} if self.usage is not None else {}
        return made | ({"logprobs": self.logprobs} if self.logprobs else {})

    def block_object(self, index: int) -> Object:
        texts = {name: self.texts[index, name].shown() for name in TEXTS if (index, name) in self.texts}
        return self.blocks[index] | texts

    def finished(self) -> bool:
        return bool(self.choices) and bool(self.choice().finish_reasons)


def position_of(tool: Tool) -> int:
    return tool.call.position


def is_whole(payload: Object) -> bool:
    ended = isinstance(payload.get("message"), dict) and isinstance(payload.get("finish_reason"), str)
    return ended and payload.get("type") is None and payload.get("choices") is None


def listed(content: Json) -> list[Object]:
    """Give the blocks of a content, which may be plain text, or one block without a list around it."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else each_object(content)


def kind_of(block: Object) -> str:
    return a_string(block.get("type")) or ("thinking" if block.get("thinking") is not None else "text")


def taken(known: list[str], item: Json) -> bool:
    """Take an item out of those that are known; whether it was there."""
    if compact(item) in known:
        known.remove(compact(item))
        return True
    return False


def place(known: dict[int, Object], index: Json, *, new: bool) -> int:
    """Give the index of what a payload is of; without one a start is of something new, and a delta of the last."""
    found = as_index(index)
    if found is None:
        last = max(known, default=-1)
        return last + 1 if new else max(last, 0)
    return found


def reference(body: bytes) -> Object:
    return Cohere().run(body)
