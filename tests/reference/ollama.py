"""A slow and obvious accumulator for Ollama's lines of JSON, which the tests hold the fast one against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reference.base import Reference, a_string, keep
from tests.reference.calls import Json, Object, an_object, arguments_of, function_of, id_of, is_json, is_object, name_of
from tests.reference.json import is_same
from tests.reference.partial import certain
from tests.reference.wholes import each, each_object, halved, piece_of

if TYPE_CHECKING:
    from collections.abc import Callable

OWN = {"done", "message", "response"}
ANSWERS = {"message", "response", "thinking", "tool_calls", "image"}
APART = {"content", "thinking", "reasoning_content", "reasoning", "tool_calls", "images"}

Sources = tuple[tuple[str, str], ...]
THOUGHTS: Sources = (
    ("message", "thinking"),
    ("message", "reasoning_content"),
    ("message", "reasoning"),
    ("", "thinking"),
)
TEXTS: Sources = (("message", "content"), ("", "response"))
"""Where a line may have a text: in its message, or in itself."""


class Called:
    """One tool call, and where it stands."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.members: Object = {}
        self.function: Object = {}
        self.id: str | None = None
        self.name: str | None = None
        self.text = ""
        self.is_empty = False  # `{}` came, which counts where nothing else comes

    def said(self) -> str:
        return self.text or ("{}" if self.is_empty else "")

    def says(self, text: str) -> bool:
        return text == self.said() or is_same(self.said(), text)

    def goes_on(self, call: Object, *, last: bool) -> bool:
        """Whether a call is this one: with its id, again or not all there; without one, the last, not all there."""
        name, open_ = name_of(call), not is_object(self.said())
        if id_of(call):
            same = id_of(call) == self.id and name in (None, self.name)
            return same and (open_ or self.text == "" or self.says(arguments_of(call)))
        begun = self.text != "" and not is_json(self.text)
        return last and (open_ if name is None else begun and name == self.name)

    def is_again(self, call: Object) -> bool:
        """Whether a call of the last line is this one."""
        index = (self.function.get("index"), function_of(call).get("index"))
        same = id_of(call) in (None, self.id) or self.id is None
        numbered = None in index or index[0] == index[1]
        return same and numbered and name_of(call) == self.name and self.says(arguments_of(call))

    def keep(self, call: Object) -> None:
        self.id, self.name = self.id or id_of(call), self.name or name_of(call)
        keep(self.members, call, but={"function", "arguments", "name"})
        keep(self.function, function_of(call), but={"arguments"})

    def to_object(self) -> Object:
        """Give the call with its arguments as an object, where they are JSON."""
        name = {"name": self.name} if self.name else {}
        text = self.said()
        value = certain(text) if text.lstrip().startswith("{") else text
        return self.members | {"function": name | self.function | ({"arguments": value} if text else {})}


class Ollama(Reference):
    dialect = "ollama"

    def __init__(self) -> None:
        super().__init__()
        self.top: Object = {}
        self.message: Object | None = None
        self.called: list[Called] = []

    def take(self, _kind: str, payload: Object) -> bool:
        """Take a line of `/api/chat` or of `/api/generate`. False where some of it cannot be read."""
        last = payload.get("done") is True or payload.get("done") == "true"
        if all(payload.get(name) is None for name in OWN) or (
            not last and all(payload.get(name) is None for name in ANSWERS)
        ):
            return False
        self.merge_top(payload, last=last)
        self.merge_message(an_object(payload.get("message")))
        readable = [
            self.take_text(payload, THOUGHTS, self.reasoning, last=last),
            self.take_text(payload, TEXTS, self.text, last=last),
            self.take_calls(payload, last=last),
        ]
        self.take_images(payload)
        if last:
            self.finish(a_string(payload.get("done_reason")) or "stop")
            self.count({name: value for name, value in payload.items() if is_count(name, value)} or None)
            self.end()
        return all(readable)

    def merge_top(self, payload: Object, *, last: bool) -> None:
        """Keep what is said beside the answer; `created_at` is the first, until the last line tells its own."""
        known = {"created_at"} if "created_at" in self.top and not last else set()
        keep(self.top, payload, but={"message", "response", "thinking", "error", "tool_calls", *known})
        self.model = a_string(self.top.get("model"))

    def merge_message(self, message: Object) -> None:
        if message:
            keep(self.said_in("message"), message, but=APART)
            self.role(message.get("role"))

    def said_in(self, place: str) -> Object:
        """Give the object that keeps what is said at a place of a line."""
        if place == "":
            return self.top
        self.message = {} if self.message is None else self.message
        return self.message

    def take_text(self, payload: Object, sources: Sources, tell: Callable[[str], None], *, last: bool) -> bool:
        """Take what a line says of one text: the first member that is not empty counts. False: not all can be read."""
        values = [(place, name, value_at(payload, place, name)) for place, name in sources]
        texts = [(place, name, text_of(value)) for place, name, value in values if value not in (None, [])]
        readable = [(place, name, text) for place, name, text in texts if text is not None]
        heard = next((one for one in readable if one[2]), readable[0] if readable else None)
        for place, name, text in readable:
            before = self.said_in(place).get(name, "")
            news = halved(text).removeprefix(halved(before)) if last else text
            self.said_in(place)[name] = before + news
            if heard is not None and (place, name) == heard[:2]:
                tell(news)
        return len(readable) == len(texts)

    def take_calls(self, payload: Object, *, last: bool) -> bool:
        """Take the calls of the message, or else of the line itself; the last line may begin with all before it."""
        inside = an_object(payload.get("message")).get("tool_calls")
        place, listed = ("", payload.get("tool_calls")) if inside is None else ("message", inside)
        calls, known = each_object(listed), self.called
        again = last and len(calls) >= len(known) and all(map(Called.is_again, known, calls))
        for call in calls[len(known) if again else 0 :]:
            self.take_call(place, call)
        return len(each_object(listed)) == len(each(listed))

    def take_call(self, place: str, call: Object) -> None:
        """Take a call: another one, or one that says an earlier one again, or goes on with it."""
        known = [one for one in self.called if one.goes_on(call, last=one is self.called[-1])]
        if not known:
            self.called.append(Called(place))
        called = known[-1] if known else self.called[-1]
        called.keep(call)
        text = arguments_of(call)
        if text == "{}" and called.text == "":
            called.is_empty, text = True, ""
        elif called.text and is_object(called.text):
            text = ""
        called.text += text
        key = self.called.index(called)
        self.call(key, id=called.id, name=called.name, type=call.get("type"), arguments=text)

    def ended(self) -> None:
        """Tell the arguments of calls that have none but an empty object."""
        for key, called in enumerate(self.called):
            if called.is_empty and called.text == "":
                self.call(key, arguments="{}")

    def take_images(self, payload: Object) -> None:
        for image in each(an_object(payload.get("message")).get("images")):
            self.said_in("message").setdefault("images", []).append(image)
            self.other("image", image)
        if payload.get("image"):
            self.other("image", payload["image"])

    def to_object(self) -> Object:
        places = {"": dict(self.top), "message": dict(self.message or {})}
        for called in self.called:
            places[called.place].setdefault("tool_calls", []).append(called.to_object())
        message = {} if self.message is None and not places["message"] else {"message": places["message"]}
        return places[""] | message


def value_at(payload: Object, place: str, name: str) -> Json:
    """Give a member of a line or of its message; a message that is no object is the content."""
    if place == "":
        return payload.get(name)
    message = payload.get("message")
    return message.get(name) if isinstance(message, dict) else message if name == "content" else None


def text_of(value: Json) -> str | None:
    """Give a text, which may come as a part, or as a list of parts; None: it is none of these."""
    parts = [part.get("text") if isinstance(part, dict) else part for part in each(value)]
    pieces = [piece for part in parts if (piece := piece_of(part)) is not None]
    return "".join(pieces) if pieces else None


def is_count(name: str, value: Json) -> bool:
    return name.endswith("_count") and value is not None


def reference(body: bytes) -> Object:
    return Ollama().run(body)
