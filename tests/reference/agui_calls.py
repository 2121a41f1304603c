"""The tool calls of AG-UI's runs, for the slow reference."""

from __future__ import annotations

from tests.reference.agui_messages import Message, Tool, as_text
from tests.reference.base import Call, Reference, a_string, keep
from tests.reference.calls import Json, Object, an_object, is_object
from tests.reference.wholes import Announced, agrees, arguments_beyond, each_object, id_of, spaceless

OF_CALL = {"type", "timestamp", "rawEvent", "toolCallId", "toolCallName", "toolName", "parentMessageId", "delta", "id"}
OF_CALL |= {"function", "error", "args", "input", "arguments"}


class AgUiCalls(Reference):
    """Messages by their ids, and the calls in them."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []
        self.known: dict[tuple[str, str], Message] = {}
        self.number = 0
        self.tools: dict[str, Tool] = {}
        self.calls: list[Call] = []
        self.last_call: int | None = None
        self.over: set[int] = set()

    def find(self, sort: str, known: str) -> Message | None:
        found = self.known.get((sort, known))
        return found if found in self.messages else None

    def append(self, sort: str, members: Object) -> Message:
        message = Message(self.number, sort, members)
        self.number += 1
        self.messages.append(message)
        return message

    def add(self, sort: str, known: str, role: str) -> Message:
        message = self.append(sort, {"id": known, "role": role})
        if known:
            self.known[sort, known] = message
        return message

    def take_call(self, step: str, payload: Object) -> bool:
        """Merge an event of a call; False where it says more than the call can have."""
        start = step == "START"
        known, number = self.named_by(payload, start=start)
        delta = payload.get("delta")
        wholes = [payload[name] for name in ("args", "input", "arguments") if payload.get(name) is not None]
        if step == "END" and not wholes:
            self.end_call(known, number, payload)
            return True
        if delta is not None and number in self.over:
            return False
        tool = self.tool(known, payload, new=number is None and not known)
        call = self.identify(known, number, tool, payload)
        if step != "ARGS" or number is None:
            self.last_call = call.position
        if delta is not None:
            self.grow_call(call, tool, as_text(delta))
        elif wholes:
            self.complete_call(call, tool, as_text(wholes[0]))
        if start and tool.arguments() and tool.whole is None:
            tool.announced = Announced(tool.arguments())
        if step == "END":
            self.end_call(known, call.position, payload)
        return True

    def named_by(self, payload: Object, *, start: bool) -> tuple[str, int | None]:
        """Give the id and the number of the call that an event is of; without an id it is the last, or a new one."""
        known = id_of(payload.get("toolCallId")) or ""
        if not known and not start and self.last_call is not None:
            return self.calls[self.last_call].id or "", self.last_call
        return known, next((call.position for call in self.calls if known and call.id == known), None)

    def tool(self, known: str, payload: Object, *, new: bool) -> Tool:
        """Give the call in its message: its parent, or one of its own."""
        found = self.tools.get(known)
        if found is not None and found.message in self.messages and not new:
            return found
        parent = id_of(payload.get("parentMessageId")) or ""
        message = self.find("text", parent) if parent else None
        if message is None:
            message = self.add("text", parent or known, "assistant")
        elif message.members.get("role") != "assistant":
            message = self.add("text", known, "assistant")
        self.tools[known] = tool = Tool(message, ({"id": known} if known else {}) | {"type": "function"})
        message.tools.append(tool)
        return tool

    def identify(self, known: str, number: int | None, tool: Tool, payload: Object) -> Call:
        keep(tool.members, {key: value for key, value in payload.items() if value is not None}, but=OF_CALL)
        names = [payload[key] for key in ("toolCallName", "toolName") if payload.get(key) is not None]
        name = a_string(names[0]) if names else None
        if name or number is None:
            name = a_string(tool.function.get("name")) or name
            tool.function |= {"name": name} if name else {}
        begun = as_text(tool.function.get("arguments")) if number is None else ""
        call = self.call(len(self.calls) if number is None else number, id=known, name=name, arguments=begun)
        self.calls += [call] if number is None else []
        return call

    def grow_call(self, call: Call, tool: Tool, piece: str) -> None:
        """Add a piece to the arguments; where they begin, or are only announced, the object's begin with them."""
        announced = call.announced()
        news = call.news(tool.announced.news(piece))
        if announced or call.announced():
            tool.function["arguments"] = call.announced()
            tool.announced, tool.whole = Announced(), None
        if news:
            self.call(call.position, arguments=news)
            tool.function["arguments"] = tool.arguments() + news
            tool.whole = None

    def complete_call(self, call: Call, tool: Tool, whole: str) -> None:
        """Take all of the arguments: what they have beyond the pieces is emitted."""
        before = call.arguments
        if not before:
            self.grow_call(call, tool, whole)
            return
        self.emit_rest(call, whole)
        if not agrees(spaceless(before), spaceless(whole)):
            tool.whole = whole
        elif call.arguments != before:
            tool.function["arguments"] = tool.arguments() + call.arguments[len(before) :]
            tool.whole = None

    def emit_rest(self, call: Call, whole: str, name: Json = None) -> None:
        rest = arguments_beyond(call.arguments, whole) if call.arguments else whole
        self.call(call.position, name=name, arguments=rest)

    def end_call(self, known: str, number: int | None, payload: Object) -> None:
        tool = self.tools.get(known)
        if tool is not None and tool.message in self.messages:
            keep(tool.members, {key: value for key, value in payload.items() if value is not None}, but=OF_CALL)
        if number is not None:
            self.settle_call(self.calls[number])
            self.over |= {number} if is_object(self.calls[number].arguments) else set()

    def settle_call(self, call: Call) -> None:
        self.call(call.position, arguments=call.announced())

    def emit_calls(self, message: Object, *, new: bool) -> None:
        """Emit what a snapshot's calls have beyond their pieces; where they may be `new`, the unknown ones too."""
        for one in each_object(message.get("toolCalls")):
            known, function = id_of(one.get("id")), an_object(one.get("function"))
            whole = as_text(function.get("arguments"))
            found = next((call for call in self.calls if known and call.id == known), None)
            unnamed = not known and any(call.id is None for call in self.calls)
            if found is not None:
                self.emit_rest(found, whole, function.get("name"))
            elif new and not unnamed:
                self.calls.append(self.call(len(self.calls), id=known, name=function.get("name"), arguments=whole))

    def ended(self) -> None:
        for call in self.calls:
            self.settle_call(call)
