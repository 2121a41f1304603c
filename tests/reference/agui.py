"""A slow and obvious accumulator for AG-UI's events (docs/dialects.md, "ag-ui")."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from tests.reference.agui_calls import AgUiCalls
from tests.reference.agui_messages import (
    REASONINGS,
    Message,
    answer,
    content_of,
    of_snapshot,
    piece_for,
    renamed,
    sort_of,
)
from tests.reference.base import a_string, keep
from tests.reference.patch import patched_by
from tests.reference.wholes import Announced, agrees, each_object, id_of, remainder

if TYPE_CHECKING:
    from tests.reference.calls import Json, Object

TYPES = {
    "RUN": ("STARTED", "FINISHED", "ERROR"),
    "STEP": ("STARTED", "FINISHED"),
    "TEXT_MESSAGE": ("START", "CONTENT", "END", "CHUNK"),
    "TOOL_CALL": ("START", "ARGS", "END", "CHUNK", "RESULT"),
    "STATE": ("SNAPSHOT", "DELTA"),
    "MESSAGES": ("SNAPSHOT",),
    "REASONING_MESSAGE": ("START", "CONTENT", "END", "CHUNK"),
    "REASONING": ("ENCRYPTED_VALUE",),
    "THINKING_TEXT_MESSAGE": ("START", "CONTENT", "END"),
}
SPELT = {(name + step).replace("_", ""): (name, step) for name, steps in TYPES.items() for step in steps}
SORTS = {"TEXT_MESSAGE": "text", "REASONING_MESSAGE": "reasoning", "THINKING_TEXT_MESSAGE": "thinking", "STEP": "step"}
OF_EVENT = {"type", "timestamp", "rawEvent"}
OF_MESSAGE = OF_EVENT | {"messageId", "role", "delta", "id", "content", "toolCalls", "error", "stepId"}
OF_RUN = OF_EVENT | {"messages", "state", "error", "threadId", "runId", "result"}


def spelt(kind: str) -> tuple[str, str]:
    """Give the two parts of a type's name, however it is spelt."""
    letters = "".join(letter for letter in kind if letter not in "_-. ").upper()
    return SPELT.get(letters, ("", kind))


class AgUi(AgUiCalls):
    """Runs so far: their messages in the order in which they came, and their state."""

    dialect = "ag-ui"

    def __init__(self) -> None:
        super().__init__()
        self.top: Object = {}
        self.state: Json = None
        self.leader: str | None = None
        self.open: Message | None = None
        self.kept: Message | None = None
        self.first = 0  # the number of the last snapshot's first message
        self.results: dict[tuple[str | None, str | None], Message] = {}
        self.before = {"text": 0, "reasoning": 0, "calls": 0}
        self.unsaid = False

    def take(self, kind: str, payload: Object) -> bool:
        """Merge an event by its type."""
        name, step = spelt(kind)
        payload = renamed(payload)
        if name == "TOOL_CALL" and step != "RESULT":
            return self.take_call(step, payload)
        if name == "STEP":
            has_text = step == "FINISHED" and payload.get("stepId") is not None
            return has_text and self.take_text("step", "CONTENT", id_of(payload["stepId"]) or "", payload)
        if name in SORTS:
            return self.take_text(SORTS[name], step, id_of(payload.get("messageId")) or "", payload)
        return self.take_run(f"{name}_{step}", payload) or self.take_state(f"{name}_{step}", payload)

    def begins_anew(self, kind: str) -> bool:
        return spelt(kind) == ("RUN", "STARTED")

    # Runs

    def take_run(self, kind: str, payload: Object) -> bool:
        if kind == "RUN_STARTED":
            self.before = {name: len(self.so_far(name)) for name in ("text", "reasoning")}
            self.before["calls"] = len(self.calls)
            self.name_run(payload)
        elif kind == "RUN_FINISHED":
            if self.unsaid and self.is_silent():
                self.emit_answer([message.to_object() for message in self.messages])
            self.unsaid = False
            self.name_run(payload)
            self.finish("finished")
            self.pause()
        elif kind == "RUN_ERROR":
            self.fail(payload, payload)
        return kind in ("RUN_STARTED", "RUN_FINISHED", "RUN_ERROR")

    def name_run(self, payload: Object) -> None:
        self.id = self.id or id_of(payload.get("runId"))
        once = {key: payload[key] for key in ("threadId", "runId") if key in payload and key not in self.top}
        self.top |= once | ({"result": deepcopy(payload["result"])} if "result" in payload else {})
        keep(self.top, given(payload), but=OF_RUN)

    def so_far(self, name: str) -> str:
        return self.choices[0].texts[name] or "" if self.choices else ""

    def of_run(self, name: str) -> str:
        """Give what this run emitted of a text."""
        return self.so_far(name)[self.before[name] :]

    def is_silent(self) -> bool:
        return not self.of_run("text") + self.of_run("reasoning") and len(self.calls) == self.before["calls"]

    # Messages

    def add(self, sort: str, known: str, role: str) -> Message:
        message = super().add(sort, known, role)
        if sort in REASONINGS:
            # The name of reasoning that came first leads; another's messages may say its last one again.
            self.leader = self.leader or sort
            message.echo = self.find(self.leader, "") if sort != self.leader else None
        return message

    def take_text(self, sort: str, step: str, known: str, payload: Object) -> bool:
        message = self.find(sort, known) if known or step != "START" else None
        readable, piece = piece_for(message, payload)
        if message is None and piece is None and (not readable or sort == "step" or step == "END"):
            return readable and sort != "step"
        if not readable:
            return False
        role = a_string(payload.get("role")) if sort == "text" else None
        last = message is None or step in ("START", "CHUNK")
        message = message or self.add(sort, known, role or ("assistant" if sort == "text" else "reasoning"))
        if last:
            self.known[sort, ""] = message
        if sort == "text":
            self.role(role)
            self.note_open(message, step, last=last)
        message.members.setdefault("content", "")
        keep(message.members, given(payload), but=OF_MESSAGE)
        if piece is not None:
            self.grow(message, piece)
        if step == "START" and message.text():
            message.announced = Announced(message.text())
        return True

    def note_open(self, message: Message, step: str, *, last: bool) -> None:
        """A text that was begun goes on until its end."""
        if step == "END":
            self.open = None if self.open is message else self.open
        elif last:
            self.open = message

    def grow(self, message: Message, piece: str) -> None:
        """Append a piece, and emit what of it was not emitted before."""
        news = message.announced.news(piece)
        if piece and not news:
            return
        begins = not message.text()
        before = next((one for one in self.messages if one.number == message.number - 1), None) if begins else message
        again = before is not None and before.says_all(message, news)
        if again and not begins:
            return
        if not again:
            message.first = len(news.encode("utf-8", "surrogatepass")) if begins and news else message.first
            told = message.beyond_echo(news)
            if told is not None:
                (self.text if message.sort == "text" else self.reasoning)(told)
        message.members["content"] = message.text() + news

    # Snapshots of the messages

    def take_messages(self, payload: Object) -> bool:
        if not isinstance(payload.get("messages"), (list, dict)):
            return False
        messages = [renamed(message) for message in each_object(payload["messages"])]
        self.other("messages", payload["messages"])
        self.unsaid = self.unsaid or self.is_silent()
        if not self.is_silent():
            self.emit_answer(messages)
        self.replace(messages)
        return True

    def emit_answer(self, messages: list[Object]) -> None:
        """Emit what the run's answer in a snapshot says beyond what the run has emitted."""
        for sort, emit in (("reasoning", self.reasoning), ("text", self.text)):
            for rest in self.rests(sort, messages):
                emit(rest)
        pending = answer(messages, tools=True)
        for message in answer(messages, tools=False):
            self.emit_calls(message, new=False)
        for message in pending:
            self.emit_calls(message, new=True)

    def rests(self, sort: str, messages: list[Object]) -> list[str]:
        emitted = self.of_run(sort)
        parts = [answer(messages, tools=False)] if emitted else []
        for part in [*parts, answer(messages, tools=True)]:
            whole = "".join(content_of(message) for message in part if sort_of(message) == sort)
            if agrees(emitted, whole):
                return [remainder(emitted, whole)] if remainder(emitted, whole) else []
        found, rests = False, []
        for message in answer(messages, tools=False):
            if sort_of(message) == sort:
                old = self.find(sort, id_of(message.get("id")) or "")
                found = found or old is not None
                rest = remainder("" if old is None else old.text(), content_of(message))
                rests += [rest] if found and rest else []
        return rests

    def replace(self, messages: list[Object]) -> None:
        """Put a snapshot's messages in the place of all, but for what it leaves out."""
        has_reasoning = any(sort_of(message) == "reasoning" for message in messages)

        def is_said(text: Message) -> bool:
            wholes = [content_of(message) for message in messages if sort_of(message) == "text"]
            return bool(text.text()) and any(whole.startswith(text.text()) for whole in wholes)

        gone = [text for text in [self.kept] if text is not None and is_said(text)]
        going_on = self.open if self.open is not None and not is_said(self.open) else None
        self.kept = going_on or self.kept
        for message in self.messages:
            seen = has_reasoning or message.number >= self.first
            reasons = message.members.get("role") == "reasoning" and not has_reasoning
            gone += [message] if seen and not reasons and message is not going_on else []
        self.messages = [message for message in self.messages if message not in gone]
        self.first = self.number
        for members in messages:
            self.put(members)

    def put(self, members: Object) -> None:
        known = id_of(members.get("id")) or ""
        old = self.known.get((sort_of(members), known)) if known else None
        message = of_snapshot(self.number, members)
        self.number += 1
        if known and old in self.messages and old.number < self.first:
            self.messages.remove(old)
        if old is not None and self.open is old:
            self.open = message
        self.messages.append(message)
        if known:
            self.known[message.sort, known] = message
        for tool in message.tools:
            self.tools[id_of(tool.members.get("id")) or ""] = tool

    # State, results, signatures

    def take_state(self, kind: str, payload: Object) -> bool:
        if kind == "TOOL_CALL_RESULT":
            self.take_result(payload)
        elif kind == "STATE_SNAPSHOT" and "snapshot" in payload:
            self.state = deepcopy(payload["snapshot"])
            self.other("state", payload["snapshot"])
        elif kind == "STATE_DELTA" and payload.get("delta") is not None:
            self.state = patched_by(self.state, payload["delta"])
            self.other("state", payload["delta"])
        elif kind == "MESSAGES_SNAPSHOT":
            return self.take_messages(payload)
        elif kind == "REASONING_ENCRYPTED_VALUE":
            self.sign(payload)
            self.other("signature", payload)
        else:
            return False
        return True

    def take_result(self, payload: Object) -> None:
        """Take a result, a message of its own; the same one again says nothing."""
        known, call = id_of(payload.get("messageId")), id_of(payload.get("toolCallId"))
        members = {key: deepcopy(value) for key, value in given(payload).items() if key not in OF_EVENT}
        members = {"id" if key == "messageId" else key: value for key, value in members.items()}
        old = self.results.get((known, call)) if known or call else None
        message = old if old in self.messages else self.append("tool", {})
        news = any(key not in message.members or message.members[key] != value for key, value in members.items())
        message.members |= members
        message.members.setdefault("role", "tool")
        self.results[known, call] = message
        if known or call:
            self.known.setdefault(("tool", known or ""), message)
        if news or message is not old:
            self.other("tool-output", payload)

    def sign(self, payload: Object) -> None:
        """Keep an encrypted value on the message or the call that it is of."""
        known = id_of(payload.get("entityId")) or ""
        found = [self.find(sort, known) for sort in (*REASONINGS, "text", "tool")]
        owner: Object | None = next((message.members for message in found if message is not None), None)
        if payload.get("subtype") == "tool-call":
            tool = self.tools.get(known)
            owner = tool.members if tool is not None and tool.message in self.messages else None
        if owner is not None and payload.get("encryptedValue") is not None:
            owner["encryptedValue"] = payload["encryptedValue"]

    def to_object(self) -> Object:
        made = {"threadId": None, "runId": None, "result": None, **self.top, "state": self.state}
        return made | {"messages": [message.to_object() for message in self.messages]}


def given(payload: Object) -> Object:
    return {key: value for key, value in payload.items() if value is not None}


def reference(body: bytes) -> Object:
    return AgUi().run(body)
