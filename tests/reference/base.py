"""What the slow references of all dialects share: a body's payloads, and a base class with the rules that are the same.

    body (bytes) --payloads--> items --Reference.run--> dict

A reference knows nothing of cuts: it always sees the whole stream. `run` gives, in plain JSON values:

    id, model  str or None               usage   the provider's own object, or None
    choices    sorted by index: index, role, content, reasoning, refusal, finish_reason and
               tool_calls ([{"id", "type", "name", "arguments"}]); texts are None until a piece came, be it empty
    error      {"message", "code", "type"} or None
    done       the terminal was seen     complete  the stream ended as it should
    object     what `to_dict()` gives
    deltas     tuples in order: ("text" | "reasoning" | "refusal", choice, piece), ("tool_call", choice, position, id,
               name, piece), ("finish", choice, reason), ("usage", usage so far), ("other", choice, kind, value)
"""

from __future__ import annotations

import json
from copy import deepcopy

from tests.reference import calls
from tests.reference.calls import Json, Object, an_object, is_json, overlay
from tests.reference.errors import bare_error, error_alone, error_fields, error_in_unknown, error_of
from tests.reference.events import SENTINELS, Event, StrayLines, enclosed, opened, unquoted
from tests.reference.json import mend
from tests.reference.payloads import Closed, Item, Value, payloads

MALFORMED = {"message": "malformed payload", "type": "malformed_payload"}
KEPT_ALIVE = ("ping", "keepalive")


class Call:
    """One tool call."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.id: str | None = None
        self.type: str | None = None
        self.name: str | None = None
        self.arguments = ""
        self.rule = calls.Call()

    def news(self, piece: str) -> str:
        """Give what a piece adds to the arguments, by the rule of chat completions (docs/merging.md, 3)."""
        self.rule.arguments = self.arguments
        self.rule.add(piece)
        return self.rule.arguments[len(self.arguments) :]

    def announced(self) -> str:
        """Give the `{}` that stands for the arguments until they come."""
        return "" if self.arguments else self.rule.announced

    def result(self) -> Object:
        arguments = mend(self.arguments)
        return {"id": self.id, "type": self.type or "function", "name": self.name, "arguments": arguments}


class Choice:
    """One choice of the response; its calls stand under whatever key tells them apart in the dialect."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.role: str | None = None
        self.texts: dict[str, str | None] = {"text": None, "reasoning": None, "refusal": None}
        self.finish_reasons: list[str] = []
        self.calls: dict[object, Call] = {}

    def result(self) -> Object:
        return {
            "index": self.index,
            "role": self.role,
            "content": mend(self.texts["text"]),
            "reasoning": mend(self.texts["reasoning"]),
            "refusal": mend(self.texts["refusal"]),
            "finish_reason": self.finish_reasons[-1] if self.finish_reasons else None,
            "tool_calls": [call.result() for call in self.calls.values()],
        }


class Reference:
    """Everything known of a response so far. A dialect is a subclass with `take`, `to_object` and what else it has."""

    dialect: str

    def __init__(self) -> None:
        self.id: str | None = None
        self.model: str | None = None
        self.choices: dict[int, Choice] = {}
        self.usage: Object | None = None
        self.error: Object | None = None
        self.done = False
        self.paused = False  # the terminal may not have been the last
        self.deltas: list[tuple[Json, ...]] = []
        self._alone: Json = None  # the error that the first payload is if no other comes
        self._begun = self._known = self._unknown = False
        self._halves: dict[tuple[Json, ...], str] = {}

    # What a dialect is

    def take(self, kind: str, payload: Object) -> bool:
        """Merge a payload of that type, or of that event name where it has no type; False where it is unknown."""
        raise NotImplementedError

    def whole(self, _payload: Object) -> bool:
        """Merge a payload that is the whole object instead of a stream; False where it is none."""
        return False

    def begins_anew(self, _kind: str) -> bool:
        """Whether a payload of that type shows that a terminal was not the last."""
        return False

    def ended(self) -> None:
        """Tell what only the end of input, or the terminal, makes certain."""

    def is_complete(self) -> bool:
        """Whether nothing is missing where the input ends without a terminal."""
        return False

    def to_object(self) -> Object:
        """Give the provider's own object."""
        raise NotImplementedError

    # What a dialect says

    def choice(self, index: int = 0) -> Choice:
        return self.choices.setdefault(index, Choice(index))

    def role(self, role: Json, choice: int = 0) -> None:
        """The first role that is not empty counts, and is told."""
        if isinstance(role, str) and role and self.choice(choice).role is None:
            self.choice(choice).role = role
            self.other("role", role, choice)

    def text(self, piece: Json, choice: int = 0) -> None:
        self._append("text", piece, choice)

    def reasoning(self, piece: Json, choice: int = 0) -> None:
        self._append("reasoning", piece, choice)

    def refusal(self, piece: Json, choice: int = 0) -> None:
        self._append("refusal", piece, choice)

    def _append(self, kind: str, piece: Json, choice: int) -> None:
        """Append to one of a choice's texts: a string, "" too; null and anything else changes nothing."""
        if isinstance(piece, str):
            texts = self.choice(choice).texts
            texts[kind] = (texts[kind] or "") + piece
            self._tell_text((kind, choice), piece)

    def call(  # noqa: PLR0913  what there is to say of a call, by name
        self,
        key: object,
        *,
        id: Json = None,  # noqa: A002  the APIs' own word
        name: Json = None,
        arguments: Json = "",
        type: Json = None,  # noqa: A002  the APIs' own word
        choice: int = 0,
    ) -> Call:
        """Merge a piece of the call that `key` stands for; told where the call is new or the piece says anything."""
        calls = self.choice(choice).calls
        new = key not in calls
        call = calls.setdefault(key, Call(len(calls)))
        before = (call.id, call.name)
        call.id, call.name, call.type = (
            call.id or a_string(id),
            call.name or a_string(name),
            call.type or a_string(type),
        )
        piece = arguments if isinstance(arguments, str) else ""
        call.arguments += piece
        if piece or new or before != (call.id, call.name):
            self._tell_call(call, piece, choice)
        return call

    def finish(self, reason: Json, choice: int = 0) -> None:
        """The last reason that is not empty counts; each is told once."""
        if isinstance(reason, str) and reason:
            reasons = self.choice(choice).finish_reasons
            told = reason in reasons
            reasons.append(reason)
            if not told:
                self.deltas.append(("finish", choice, reason))

    def count(self, usage: Json, *, replace: bool = False) -> None:
        """Lay usage over the older one, or put it in its place; told only where that changes anything."""
        if isinstance(usage, dict):
            newer = deepcopy(usage) if replace else overlay(self.usage or {}, usage)
            if newer != self.usage:
                self.usage = newer
                self.deltas.append(("usage", deepcopy(newer)))

    def other(self, kind: str, value: Json, choice: int = 0) -> None:
        self.deltas.append(("other", choice, kind, mend(deepcopy(value))))

    def fail(self, error: Json, payload: Json = None) -> None:
        """Keep the first error; what it lacks may stand beside it in its payload."""
        if error and self.error is None:
            self.error = mend(error_fields(error, an_object(payload)))

    def end(self) -> None:
        """The terminal: what comes behind it does not count."""
        if not self.done:
            self._settle()
            self.done = True
        self.paused = False

    def pause(self) -> None:
        """A terminal that another beginning may follow."""
        self.end()
        self.paused = True

    # The driver

    def run(self, body: bytes) -> Object:
        """Fold a whole body; see the top of the file for the result."""
        items = payloads(body)
        alone = sum(isinstance(item, Value) for item in items) == 1 or has_no_events(items)
        for item in items:
            if not self.done or self.paused:
                self._take_item(item, alone=alone)
        if not self.done:
            self._settle()
        return self._result()

    def _take_item(self, item: Item, *, alone: bool) -> None:
        if isinstance(item, Event):
            self._take_event(item)
        elif isinstance(item, Closed):
            if not alone or self._known or self.error:
                self.end()
        elif isinstance(item, Value) and is_json(item.text):
            self._take_payload("message", json.loads(item.text), alone=alone)
        elif self.done:
            pass
        elif isinstance(item, StrayLines):
            self._take_stray(item.text)
        else:
            self._take_event(Event("message", item.text))

    def _take_event(self, event: Event) -> None:
        """Tell the sentinel, empty data, payloads and what is no JSON apart."""
        for one in opened(event):
            data = one.data.strip()
            if self.done and not self.paused:
                return
            if data in SENTINELS:
                self.end()
            elif is_json(data):
                self._take_payload(one.name, unquoted(json.loads(data)))
            elif self.done:
                pass
            elif data and one.name == "error":
                self.fail(data)
            elif data:
                self._take_text(one.name, one.data)

    def _take_text(self, name: str, text: str) -> None:
        """What is no JSON is an error, unless the dialect has no events of that name: then it may be anything."""
        self._begin()
        if name == "message" or type(self)().take(name, {"object": name}):
            self.fail(MALFORMED)
        else:
            self._unknown = True
            self.other("event", text)

    def _take_payload(self, name: str, payload: Json, *, alone: bool = False) -> None:
        """Merge a payload, and only then see whether it carries an error; `alone` where it is a body of its own."""
        fields = an_object(payload)
        kind = a_string(fields.get("type")) or name
        if self.paused and self.begins_anew(kind):
            self.done = self.paused = False
        error = error_of(name, payload)
        if kind in KEPT_ALIVE and not error:
            return
        if not error and not self._knows(fields) and (inner := enclosed(fields, self._knows, name)):
            self._take_payload(name, inner)
            return
        if self.done:
            return
        first = self._begin()
        if self.whole(fields):
            self.fail(error, payload)
            self.end()
            return
        known = self.take(kind, fields)
        self._known = self._known or known
        error = error or (None if known else error_in_unknown(name, payload))
        if not known and not error:
            self._unknown = True
            self._alone = (bare_error(payload) if alone else error_alone(name, payload)) if first else None
            if not alone:
                self.other("event", payload)
        self.fail(error, payload)

    def _knows(self, payload: Object) -> bool:
        """Whether a payload is of the dialect, as it stands."""
        fresh = type(self)()
        return fresh.whole(payload) or fresh.take(a_string(payload.get("type")) or "", payload)

    def _begin(self) -> bool:
        """Another payload: what came before it did not come alone. Whether it is the first."""
        first = not self._begun
        self._alone, self._begun = None, True
        return first

    def _take_stray(self, lines: str) -> None:
        """An `error:` line, or an error object (or a list that begins with one) without any field name."""
        text = lines.removeprefix("error:").strip()
        value = json.loads(text) if is_json(text) else text
        bare = value[0] if isinstance(value, list) and value else value
        if lines.startswith("error:"):
            self.fail(error_of("error", bare) or value, bare)
        else:
            self.fail(error_of("", bare) or bare_error(bare), bare)

    def _result(self) -> Object:
        result = {
            "id": self.id,
            "model": self.model,
            "choices": [choice.result() for _, choice in sorted(self.choices.items())],
            "usage": self.usage,
            "error": self.error,
            "done": self.done,
            "complete": self.error is None and ((self.done and not self._is_silent()) or self.is_complete()),
            "object": mend(self.to_object()),
            "deltas": self.deltas,
        }
        return deepcopy(result)

    def _is_silent(self) -> bool:
        """Whether payloads came, and the dialect knows none of them."""
        return self._unknown and not self._known

    # Halves of characters

    def _tell_text(self, key: tuple[str, int], piece: str) -> None:
        """Tell a piece of a text; half a character at its end waits for the other half."""
        told = self._joined(key, piece)
        if told:
            self.deltas.append((*key, told))

    def _tell_call(self, call: Call, piece: str, choice: int) -> None:
        told = self._joined(("tool_call", choice, call.position), piece)
        self.deltas.append(("tool_call", choice, call.position, call.id, call.name, told))

    def _joined(self, key: tuple[Json, ...], piece: str) -> str:
        text = self._halves.pop(key, "") + piece
        if text and "\ud800" <= text[-1] <= "\udbff":
            self._halves[key] = text[-1]
            text = text[:-1]
        told: str = mend(text)
        return told

    def _settle(self) -> None:
        """A half that still waits becomes U+FFFD; a dialect may have something else to tell."""
        self.fail(self._alone, self._alone)
        self.ended()
        for kind, choice, *position in list(self._halves):
            if kind == "tool_call":
                call = list(self.choices[choice].calls.values())[position[0]]
                self.deltas.append((kind, choice, call.position, call.id, call.name, "\ufffd"))
            else:
                self.deltas.append((kind, choice, "\ufffd"))
        self._halves.clear()


def has_no_events(items: list[Item]) -> bool:
    """Whether a body is a row of JSON values none of which is an object, in a string or by itself."""
    values = [item for item in items if not isinstance(item, Closed)]
    texts = [item.text if isinstance(item, Value) and is_json(item.text) else "{}" for item in values]
    return not any(isinstance(unquoted(json.loads(text)), dict) for text in texts)


def a_string(value: Json) -> str | None:
    """Give a string that is not empty."""
    return value if isinstance(value, str) and value else None


def keep(old: Object, new: Object, *, but: set[str] | frozenset[str] = frozenset()) -> None:
    """Keep the members that no rule names: the last value that is not null, objects laid over each other."""
    old.update(overlay(old, {key: deepcopy(value) for key, value in new.items() if key not in but}))


def beyond(told: str, whole: Json) -> str:
    """Give what a text that comes whole has beyond the pieces; nothing where it contradicts them."""
    return whole[len(told) :] if isinstance(whole, str) and whole.startswith(told) else ""
