"""A slow and obvious accumulator for OpenAI's legacy completions (docs/dialects.md, "openai-completions")."""

from __future__ import annotations

from copy import deepcopy

from tests.reference.base import Reference, a_string
from tests.reference.calls import Json, Object, an_object, as_index, given, listed, overlay
from tests.reference.chat import DROPPED
from tests.reference.message import choice_piece, is_told, merge_unknown, part_text, parts_of, reason_of, scalar_text
from tests.reference.wholes import halved, remainder

TOP_MEMBERS = {"id", "object", "created", "model", "choices", "usage", "error"}
QUIET = {"system_fingerprint", "service_tier"}
CHOICE_MEMBERS = {"index", "text", "delta", "message", "finish_reason", "logprobs", "usage", "error"}


class Completions(Reference):
    """A completion so far; what the snapshot has no place for stands by choice."""

    dialect = "openai-completions"

    def __init__(self) -> None:
        super().__init__()
        self.top: Object = {}
        self.extras: dict[int, Object] = {}
        self.logprobs: dict[int, Object] = {}
        self.pieces: dict[int, int] = {}

    def take(self, kind: str, payload: Object) -> bool:
        """Merge a chunk; nothing else has these members, whatever its event is called."""
        del kind
        choices = listed(payload.get("choices"))
        if payload.get("choices") is None and payload.get("usage") is None:
            return payload == {"object": "text_completion"}
        if payload.get("choices") and not choices:
            return False
        for choice in choices:
            self.take_choice(as_index(choice.get("index")) or 0, choice)
        self.take_top(payload)
        self.take_usage(payload)
        return True

    def take_usage(self, payload: Object) -> bool:
        self.count(payload.get("usage"))
        return isinstance(payload.get("usage"), dict)

    def take_top(self, payload: Object) -> None:
        """Id and created are the first that are not empty, the model and unknown members the last."""
        self.id = self.id or given(payload.get("id"))
        self.model = a_string(payload.get("model")) or self.model
        if payload.get("created") and "created" not in self.top:
            self.top["created"] = payload["created"]
        for key, value in payload.items():
            if key in TOP_MEMBERS | DROPPED:
                continue
            empty = value in (None, "") or (value == [] and key in self.top)
            newer = self.top if empty else overlay(self.top, {key: value})
            if newer != self.top and key not in QUIET:
                self.other(key, value)
            self.top = deepcopy(newer)

    def take_choice(self, index: int, choice: Object) -> None:
        self.choice(index)
        self.take_texts(index, choice)
        self.take_logprobs(index, choice.get("logprobs"))
        self.finish(reason_of(choice.get("finish_reason")), index)
        for key, value in choice.items():
            if key not in CHOICE_MEMBERS | DROPPED:
                self.take_extra(index, key, value)
        self.count(choice.get("usage"))
        self.fail(choice.get("error"))

    def take_texts(self, index: int, choice: Object) -> None:
        """Take a piece, or the text that is all there: of a message, or at the end of a choice that came in pieces."""
        text = choice.get("text")
        told = self.choice(index).texts["text"] or ""
        if is_told(choice):
            message = an_object(choice["message"])
            self.role(message.get("role"), index)
            self.text(remainder(told, text_of(message.get("content"))), index)
        elif (
            isinstance(text, str)
            and self.pieces.get(index, 0) > 1
            and halved(text).startswith(halved(told))
            and self.ends(index, choice)
        ):
            self.text(halved(text).removeprefix(halved(told)), index)
        else:
            piece = choice_piece(choice)
            self.role(an_object(piece).get("role"), index)
            said = text_of(piece.get("content") if "delta" in choice and isinstance(piece, dict) else piece)
            self.text(said, index)
            for part in others_of(piece) if "delta" not in choice else []:
                self.other(a_string(part.get("type")) or "content_part", part, index)
            self.pieces[index] = self.pieces.get(index, 0) + bool(said)

    def ends(self, index: int, choice: Object) -> bool:
        return bool(choice.get("finish_reason") or self.choice(index).finish_reasons)

    def take_extra(self, index: int, key: str, value: Json) -> None:
        extras = self.extras.setdefault(index, {})
        before = deepcopy(extras)
        merge_unknown(extras, key, deepcopy(value))
        if extras != before:
            self.other(key, value, index)

    def take_logprobs(self, index: int, logprobs: Json) -> None:
        """The lists go on; null keeps its place in a list, and stands for a list until one comes."""
        mine = self.logprobs.setdefault(index, {})
        for key, value in an_object(logprobs).items():
            mine.setdefault(key, None)
            merge_unknown(mine, key, deepcopy(value))
        if logprobs:
            self.other("logprobs", logprobs, index)

    def is_complete(self) -> bool:
        return bool(self.choices) and all(choice.finish_reasons for choice in self.choices.values())

    def to_object(self) -> Object:
        return {
            "id": self.id or "",
            "object": "text_completion",
            "created": 0,
            "model": self.model or "",
            **self.top,
            "choices": [self.choice_object(index) for index in sorted(self.choices)],
            **({"usage": self.usage} if self.usage else {}),
        }

    def choice_object(self, index: int) -> Object:
        choice = self.choices[index]
        return {
            "index": index,
            "text": choice.texts["text"] or "",
            "finish_reason": choice.result()["finish_reason"],
            "logprobs": self.logprobs.get(index) or None,
            **self.extras.get(index, {}),
        }


def text_of(content: Json) -> str | None:
    """Give the text of a content, which may be parts."""
    if scalar_text(content) is not None:
        return scalar_text(content)
    said = [part_text(part) for part in parts_of(content)]
    texts = [text for kind, text in said if kind == "content" and text is not None]
    return "".join(texts) if texts else None


def others_of(content: Json) -> list[Object]:
    """Give the parts of a content that are no text."""
    return [part for part in parts_of(content) if isinstance(part, dict) and part_text(part)[0] == "other"]


def reference(body: bytes) -> Object:
    return Completions().run(body)
