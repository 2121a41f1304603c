"""A slow and obvious accumulator for OpenAI's legacy completions (docs/dialects.md, "openai-completions")."""

from __future__ import annotations

from copy import deepcopy

from reference_base import Reference, a_string
from reference_calls import Json, Object, an_object, as_index, given, listed, overlay
from reference_chat import DROPPED
from reference_message import merge_unknown, reason_of, scalar_text

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

    def take(self, kind: str, payload: Object) -> bool:
        """Merge a chunk; nothing else has these members, whatever its event is called."""
        del kind
        if payload.get("object") != "text_completion" and not isinstance(payload.get("choices"), (list, dict)):
            return self.take_usage(payload)
        for choice in listed(payload.get("choices")):
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
        self.text(scalar_text(choice.get("text")), index)
        self.take_logprobs(index, choice.get("logprobs"))
        self.finish(reason_of(choice.get("finish_reason")), index)
        for key, value in choice.items():
            if key not in CHOICE_MEMBERS | DROPPED:
                self.take_extra(index, key, value)
        self.count(choice.get("usage"))
        self.fail(choice.get("error"))

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


def reference(body: bytes) -> Object:
    return Completions().run(body)
