"""The messages of AG-UI's runs, for the slow reference."""

from __future__ import annotations

from copy import deepcopy

from tests.reference.base import a_string
from tests.reference.calls import Json, Object, an_object, compact
from tests.reference.wholes import Announced, each_object, piece_of

REASONINGS = ("reasoning", "thinking", "step")
OF_IDS = ("threadId", "runId", "parentRunId", "messageId", "parentMessageId", "toolCallId", "toolCallName")
NAMES = (*OF_IDS, "toolCalls", "rawEvent", "entityId", "encryptedValue", "stepName", "activityType")
SNAKES = {"".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name): name for name in NAMES}


class Message:
    """One message; `sort` is the name under which its text comes, "tool" for what has none."""

    def __init__(self, number: int, sort: str, members: Object) -> None:
        self.number = number
        self.sort = sort
        self.members = members
        self.tools: list[Tool] = []
        self.announced = Announced()
        self.first: int | None = None  # bytes of the first piece
        self.echo: Message | None = None  # what it may be saying again
        self.echoed = ""

    def text(self) -> str:
        return a_string(self.members.get("content")) or ""

    def says_all(self, other: Message, piece: str) -> bool:
        """Whether a piece of another message, or of this one, is all of this one's text, which came in pieces."""
        roles = [message.members.get("role") for message in (self, other)]
        alike = self is other or (
            roles[0] == role_of(other.sort) and "toolCalls" not in self.members and not self.tools
        )
        in_pieces = self.first is not None and self.first < len(piece.encode("utf-8", "surrogatepass"))
        return alike and in_pieces and piece == self.text()

    def beyond_echo(self, piece: str) -> str | None:
        """Give what a piece says that the leading message does not; None where it says the same again."""
        if self.echo is None:
            return piece
        expected = self.echo.text()[len(self.echoed) :]
        if expected.startswith(piece):
            self.echoed += piece
            return None
        self.echo = None
        return piece.removeprefix(expected) if piece.startswith(expected) else self.echoed + piece

    def to_object(self) -> Object:
        return self.members | ({"toolCalls": [tool.to_object() for tool in self.tools]} if self.tools else {})


class Tool:
    """One call in its message."""

    def __init__(self, message: Message, members: Object, function: Object | None = None) -> None:
        self.message = message
        self.members = members
        self.function = {"name": "", "arguments": ""} if function is None else function
        self.announced = Announced()
        self.whole: str | None = None

    def arguments(self) -> str:
        return a_string(self.function.get("arguments")) or ""

    def to_object(self) -> Object:
        whole = {} if self.whole is None else {"arguments": self.whole}
        return self.members | {"function": self.function | whole}


def role_of(sort: str) -> str:
    return "assistant" if sort == "text" else "reasoning"


def sort_of(message: Object) -> str:
    role = message.get("role")
    return "tool" if role in ("tool", "activity") else "reasoning" if role == "reasoning" else "text"


def renamed(members: Object) -> Object:
    """Give an object whose names may be in snake case with the protocol's own."""
    return {SNAKES.get(name, name): value for name, value in members.items()}


def content_of(message: Object) -> str:
    """Give the text of a message of a snapshot, which may be a list of parts."""
    piece = piece_of(message.get("content"))
    parts = [a_string(part.get("text")) or "" for part in each_object(message.get("content"))]
    return "".join(parts) if piece is None else piece


def of_snapshot(number: int, members: Object) -> Message:
    """Give a message of a snapshot, with its calls taken apart."""
    message = Message(number, sort_of(members), deepcopy(members))
    calls = each_object(members.get("toolCalls"))
    if calls:
        del message.members["toolCalls"]
    for call in deepcopy(calls):
        function = an_object(call.pop("function", None))
        message.tools.append(Tool(message, call, function))
    return message


def answer(messages: list[Object], *, tools: bool) -> list[Object]:
    """Give the messages behind the last one of a user or, where `tools`, of a tool."""
    ours = {"assistant", "reasoning", "activity"} | (set() if tools else {"tool"})
    ends = [at for at, message in enumerate(messages) if a_string(message.get("role")) not in {*ours, None}]
    return messages[ends[-1] + 1 :] if ends else messages


def piece_for(message: Message | None, payload: Object) -> tuple[bool, str | None]:
    """Give whether an event can be read, and its piece; a `content` is all of the text so far, if it continues that."""
    if payload.get("delta") is not None:
        piece = piece_of(payload["delta"])
        return piece is not None, piece
    whole = piece_of(payload.get("content"))
    if whole is None:
        return payload.get("content") is None, None
    so_far = "" if message is None else message.text()
    return True, "" if so_far.startswith(whole) else whole.removeprefix(so_far)


def as_text(value: Json) -> str:
    """Give arguments as text."""
    return value if isinstance(value, str) else "" if value is None else compact(value)
