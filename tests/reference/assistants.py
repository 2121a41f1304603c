"""A slow and obvious accumulator for OpenAI's Assistants streams (docs/dialects.md, "openai-assistants")."""

from __future__ import annotations

from copy import deepcopy

from tests.reference.base import Reference, a_string, keep
from tests.reference.calls import Json, Object, an_object, arguments_of, as_index, name_of, objects
from tests.reference.calls import id_of as call_id_of
from tests.reference.wholes import Announced, agrees, arguments_beyond, each, each_object, id_of, piece_of, remainder

OBJECTS = ("thread", "thread.run", "thread.run.step", "thread.message")
ENDS = ("completed", "requires_action", "cancelled", "expired", "failed")


class Held:
    """A tool call: what was told of its arguments, and what may come again."""

    def __init__(self, key: int) -> None:
        self.key = key
        self.id: str | None = None
        self.arguments = ""
        self.is_empty = False  # `{}` came, which counts where nothing else comes
        self.announced = Announced()


class Assistants(Reference):
    """A run so far, with its steps and messages in the order in which they came, by their ids."""

    dialect = "openai-assistants"

    def __init__(self) -> None:
        super().__init__()
        self.thread: Object = {}
        self.run_object: Object = {}
        self.steps: dict[str, Object] = {}
        self.messages: dict[str, Object] = {}
        self.told: dict[tuple[str, str], list[str]] = {}
        self.announced: dict[tuple[str, int, str], Announced] = {}
        self.held: list[Held] = []
        self.held_at: dict[tuple[str, int], Held] = {}
        self.slots: dict[tuple[str, int], int] = {}

    def take(self, kind: str, payload: Object) -> bool:
        """Merge a payload by its `object`; a step's `type` is no event type."""
        name = payload.get("object")
        if payload == {"object": name}:
            return name in (*OBJECTS, "thread.message.delta", "thread.run.step.delta")  # Only the name is asked about.
        if name == "thread.message":
            return self.take_message(payload)
        if name in OBJECTS:
            self.take_object(name, payload)
        elif name == "thread.message.delta":
            return self.take_message_delta(payload)
        elif name == "thread.run.step.delta":
            return self.take_step_delta(payload)
        elif kind == "done":
            self.end()
        else:
            return False
        return True

    def take_object(self, name: str, payload: Object) -> None:
        if name == "thread":
            self.thread = deepcopy(payload)
        elif name == "thread.run":
            self.take_run(payload)
        else:
            self.take_step(payload)

    # The run

    def take_run(self, run: Object) -> None:
        self.run_object = deepcopy(run)
        self.id = self.id or id_of(run.get("id"))
        self.model = a_string(run.get("model")) or self.model
        self.count(run.get("usage"))
        action = an_object(an_object(run.get("required_action")).get("submit_tool_outputs"))
        self.take_final(each_object(action.get("tool_calls")))
        self.take_status(run)

    def take_status(self, run: Object) -> None:
        status = run.get("status")
        if status in ENDS:
            self.finish(status)
        elif status == "incomplete":
            self.finish(an_object(run.get("incomplete_details")).get("reason") or status)
        if status == "failed":
            self.fail(run.get("last_error") or "failed")

    # Messages

    def known_as(self, known: dict[str, Object], payload: Object) -> str:
        """Give the name of a message or step: without an id that of the last, which an id that is new may name."""
        name = id_of(payload.get("id"))
        last = next(reversed(known), None)
        if name is None:
            return last if last is not None else ""
        if name not in known and "" in known:
            self.rename(known, name)
        return name

    def rename(self, known: dict[str, Object], name: str) -> None:
        known[name] = known.pop("")
        if known is self.messages:
            self.told = {(name if key == "" else key, kind): told for (key, kind), told in self.told.items()}

    def take_message(self, message: Object) -> bool:
        """The newest of each id is whole; it may have more than what was told. False: not all of it can be read."""
        known = self.known_as(self.messages, message)
        old = parts_of(self.messages.get(known, {}))
        self.messages[known] = deepcopy(message)
        if is_odd(message.get("content")):
            self.messages[known]["content"] = deepcopy(usual(message["content"]))
        self.role(message.get("role"))
        parts = parts_of(self.messages[known])
        for kind in ("text", "refusal"):
            self.tell_rest(known, kind, parts)
        for one in annotations_of(parts)[len(annotations_of(old)) :]:
            self.other("citation", one)
        for part in others_of(parts)[len(others_of(old)) :]:
            self.tell_part(part)
        return all(is_readable(part) for part in usual(message.get("content")))

    def tell_rest(self, message: str, kind: str, parts: list[Object]) -> None:
        told, texts = self.told.setdefault((message, kind), []), [text_of(kind, part) for part in parts]
        whole = [piece_of(text) or "" if isinstance(text, str) else "" for text in texts]
        if any(text is not None for text in texts):
            self.tell(kind, "")
        if agrees(joined(told), "".join(whole)):
            rests = [(max(len(told) - 1, 0), remainder(joined(told), "".join(whole)))]
        else:
            rests = [(at, remainder(settled([*told, *[""] * len(whole)][at]), text)) for at, text in enumerate(whole)]
        for at, rest in rests:
            if rest:
                self.add(message, at, kind, rest)
        self.announced = {key: one for key, one in self.announced.items() if (key[0], key[2]) != (message, kind)}
        if joined(told) == "".join(whole):
            self.told[message, kind] = list(whole)
            self.announced |= {(message, at, kind): Announced(text) for at, text in enumerate(whole)}

    def tell(self, kind: str, piece: str) -> None:
        (self.text if kind == "text" else self.refusal)(piece)

    def add(self, message: str, at: int, kind: str, piece: str) -> None:
        """Add to what was told of a part."""
        told = self.told.setdefault((message, kind), [])
        told += [""] * (at + 1 - len(told))
        told[at] += piece
        self.tell(kind, piece)

    def tell_part(self, part: Object) -> None:
        self.other("image" if part["type"] in ("image_file", "image_url") else part["type"], part)

    def take_message_delta(self, payload: Object) -> bool:
        known, delta = self.known_as(self.messages, payload), an_object(payload.get("delta"))
        empty = {"object": "thread.message", "content": []}
        message = self.messages.setdefault(known, {"id": payload["id"], **empty} if known else empty)
        self.role(delta.get("role"))
        keep(message, delta, but={"content"})
        parts = usual(delta.get("content"))
        for index, part in indexed(parts):
            self.take_part(known, index, part)
        return isinstance(payload.get("delta"), dict) and all(map(is_readable, parts))

    def take_part(self, message: str, index: int, part: Object) -> None:
        mine = place(self.messages[message], "content", index)
        keep(mine, part, but={"index", "text", "refusal"})
        if isinstance(part.get("text"), dict):
            self.take_text((message, index, "text"), member(mine, "text"), part["text"])
        if (piece := piece_of(part.get("refusal"))) is not None:
            mine["refusal"] = (mine.get("refusal") or "") + self.news((message, index, "refusal"), piece)
        if others_of([part]):
            self.tell_part(part)

    def news(self, key: tuple[str, int, str], piece: str) -> str:
        """Tell what a piece says that was not announced."""
        news = self.announced.setdefault(key, Announced()).news(piece)
        self.add(*key, news)
        return news

    def take_text(self, key: tuple[str, int, str], mine: Object, text: Object) -> None:
        keep(mine, text, but={"value", "annotations"})
        mine.setdefault("value", "")
        mine.setdefault("annotations", [])
        if (piece := piece_of(text.get("value"))) is not None:
            mine["value"] += self.news(key, piece)
        for annotation in objects(text.get("annotations")):
            mine["annotations"].append(deepcopy(annotation))
            self.other("citation", annotation)

    # Steps

    def take_step(self, step: Object) -> None:
        known = self.known_as(self.steps, step)
        before = len(each(an_object(self.steps.get(known, {}).get("step_details")).get("tool_calls")))
        self.steps[known] = deepcopy(step)
        for index, call in indexed(each_object(an_object(step.get("step_details")).get("tool_calls"))):
            kind = kind_of(call, None)
            if kind == "function":
                self.take_whole_call(known, index, call)
            elif index >= before:
                self.other(kind or "tool_call", call)

    def take_whole_call(self, step: str, index: int, call: Object) -> None:
        """A call of a step that is whole; its pieces may still come, and say it again."""
        held = self.held_of((step, index), call)
        self.held_at[step, index] = held
        text = arguments_of(call)
        if text == "{}" and held.arguments == "":
            held.is_empty, text = True, ""
        self.tell_call(held, call, self.rest_of(held, text))
        held.announced = Announced(held.arguments if text == held.arguments else "")

    def rest_of(self, held: Held, whole: str) -> str:
        return arguments_beyond(held.arguments, whole) if held.arguments else whole

    def held_of(self, place_: tuple[str, int], call: Object) -> Held:
        """Give the call with that id, or else the one at that place, or else a new one."""
        name = call_id_of(call)
        by_id = next((held for held in self.held if name and held.id == name), None)
        known = by_id or self.held_at.get(place_)
        if known is None:
            known = Held(len(self.held))
            self.held.append(known)
        self.held_at.setdefault(place_, known)
        known.id = known.id or name
        return known

    def take_final(self, calls: list[Object]) -> None:
        """The calls that the run waits for: by their ids, or else in their order."""
        names = [call_id_of(call) for call in calls]
        ours = [next((held for held in self.held if name and held.id == name), None) for name in names]
        free = [held for held in self.held if held not in ours]
        for call, name, by_id in zip(calls, names, ours, strict=True):
            fits = next((held for held in free if not name or held.id is None), None) if by_id is None else None
            if fits is not None:
                free.remove(fits)
            held = by_id or fits or Held(len(self.held))
            if held not in self.held:
                self.held.append(held)
            held.id = held.id or name
            self.tell_call(held, call, self.rest_of(held, arguments_of(call)))

    def tell_call(self, held: Held, call: Object, piece: str) -> None:
        held.arguments += piece
        self.call(held.key, id=held.id, name=name_of(call), type="function", arguments=piece)

    def ended(self) -> None:
        for held in self.held:
            if held.is_empty and held.arguments == "":
                self.tell_call(held, {}, "{}")

    def take_step_delta(self, payload: Object) -> bool:
        known = self.known_as(self.steps, payload)
        empty = {"object": "thread.run.step"}
        step = self.steps.setdefault(known, {"id": payload["id"], **empty} if known else empty)
        delta = an_object(payload.get("delta"))
        details = an_object(delta.get("step_details"))
        keep(step, delta, but={"step_details"})
        mine = member(step, "step_details")
        keep(mine, details, but={"tool_calls"})
        calls = each_object(details.get("tool_calls"))
        for at, call in enumerate(calls):
            self.take_step_call(known, mine, self.index_of(known, mine, call, at if len(calls) > 1 else None), call)
        return isinstance(payload.get("delta"), dict) and len(calls) == len(each(details.get("tool_calls")))

    def index_of(self, step: str, details: Object, call: Object, at: int | None) -> int:
        """Give where a call is: with its id, or else at its index, if no other is there, or else behind the others."""
        ours, name, named = objects(details.get("tool_calls")), call_id_of(call), as_index(call.get("index"))
        by_id = [place_ for place_, one in enumerate(ours) if name and id_of(one.get("id")) == name]
        if named is not None:
            index = self.slots.get((step, named), named)
        elif name is not None:
            index = len(ours)
        else:
            index = at if at is not None else max(len(ours) - 1, 0)
        other = self.held_at[step, index].id if (step, index) in self.held_at else None
        found = by_id[0] if by_id else len(ours) if name is not None and other not in (None, name) else index
        if named is not None:
            self.slots[step, named] = found
        return found

    def take_step_call(self, step: str, details: Object, index: int, call: Object) -> None:
        mine = place(details, "tool_calls", index)
        kind = kind_of(call, mine.get("type"))
        keep(mine, call, but={"index", "id", "function", "code_interpreter", "name", "arguments"})
        mine |= {"id": mine.get("id") or call["id"]} if call.get("id") else {}
        mine |= {"type": kind} if kind else {}
        if kind == "function":
            self.take_function(self.held_of((step, index), call), member(mine, "function"), call)
        else:
            if kind == "code_interpreter":
                self.take_code(member(mine, "code_interpreter"), an_object(call.get("code_interpreter")))
            self.other(kind or "tool_call", call)

    def take_function(self, held: Held, mine: Object, call: Object) -> None:
        keep(mine, an_object(call.get("function")), but={"name", "arguments"})
        mine["name"] = a_string(mine.get("name")) or name_of(call)
        text = arguments_of(call)
        if text == "{}" and held.arguments == "":
            held.is_empty, mine["arguments"] = True, text
            self.tell_call(held, call, "")
            return
        piece = held.announced.news(text) if text else ""
        mine["arguments"] = (mine.get("arguments") or "" if held.arguments or not piece else "") + piece
        self.tell_call(held, call, piece)

    def take_code(self, mine: Object, code: Object) -> None:
        """The input grows, outputs are set by their index."""
        keep(mine, code, but={"input", "outputs"})
        mine["input"] = (mine.get("input") or "") + (a_string(code.get("input")) or "")
        mine.setdefault("outputs", [])
        for index, output in indexed(code.get("outputs")):
            slot = place(mine, "outputs", index)
            slot.clear()
            slot.update({key: deepcopy(value) for key, value in output.items() if key != "index"})

    def to_object(self) -> Object:
        thread = {"thread": self.thread} if self.thread else {}
        lists: Json = {"steps": list(self.steps.values()), "messages": list(self.messages.values())}
        return {**thread, "run": self.run_object or None, **lists}


def indexed(entries: Json) -> list[tuple[int, Object]]:
    """Give each entry of a list with the index that it names, or else its place."""
    named = [(as_index(entry.get("index")), at, entry) for at, entry in enumerate(each_object(entries))]
    return [(at if index is None else index, entry) for index, at, entry in named]


def kind_of(call: Object, known: Json) -> str | None:
    has_function = call.get("function") is not None or call.get("arguments") is not None
    return a_string(call.get("type")) or a_string(known) or ("function" if has_function else None)


def settled(text: str) -> str:
    return text[:-1] if "\ud800" <= text[-1:] <= "\udbff" else text


def joined(told: list[str]) -> str:
    return "".join(map(settled, told))


def is_odd(content: Json) -> bool:
    """Whether a content is no list of parts whose texts are objects."""
    return content is not None and (not isinstance(content, list) or usual(content) != content)


def usual(content: Json) -> list[Json]:
    """Give a content as a list of parts whose texts are objects with a value."""
    return [usual_part(part) for part in each(content)]


def usual_part(part: Json) -> Json:
    value = piece_of(part.get("text") if isinstance(part, dict) else part)
    if value is None:
        return part
    return {"type": "text"} | (part if isinstance(part, dict) else {}) | {"text": {"value": value, "annotations": []}}


def is_readable(part: Json) -> bool:
    texts = [text_of(kind, part) for kind in ("text", "refusal")] if isinstance(part, dict) else []
    return isinstance(part, dict) and all(text is None or piece_of(text) is not None for text in texts)


def text_of(kind: str, part: Object) -> Json:
    return an_object(part.get("text")).get("value") if kind == "text" else part.get("refusal")


def parts_of(message: Object) -> list[Object]:
    return objects(message.get("content"))


def annotations_of(parts: list[Object]) -> list[Object]:
    return [one for part in parts for one in objects(an_object(part.get("text")).get("annotations"))]


def others_of(parts: list[Object]) -> list[Object]:
    return [part for part in parts if part.get("type") not in (None, "", "text", "refusal")]


def member(owner: Object, name: str) -> Object:
    """Give the object that is a member, made where there is none."""
    if not isinstance(owner.get(name), dict):
        owner[name] = {}
    found: Object = owner[name]
    return found


def place(owner: Object, name: str, index: int) -> Object:
    """Give the object at an index of a list that is a member; what lacks before it is empty."""
    if not isinstance(owner.get(name), list):
        owner[name] = []
    entries = owner[name]
    entries += [{} for _ in range(index + 1 - len(entries))]
    if not isinstance(entries[index], dict):
        entries[index] = {}
    found: Object = entries[index]
    return found


def reference(body: bytes) -> Object:
    return Assistants().run(body)
