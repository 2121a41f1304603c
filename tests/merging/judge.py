"""What a peer gave against what is right: a verdict, with the word for what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tests.merging.case import HALF, Raised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.merging.case import About, Answer, Call, Case, Result, Tokens

_ACCIDENTS = {
    "AssertionError",
    "AttributeError",
    "IndexError",
    "JSONDecodeError",
    "KeyError",
    "TypeError",
    "ValidationError",
}
"""What tells of a fault in the code, and nobody that their stream was cut off."""
_NOTHING = (None, "", "null")
_SAME_REASON = {
    "completed": {"stop", "tool_calls"},
    "end_turn": {"stop"},
    "tool_use": {"tool_calls"},
    "max_output_tokens": {"length"},
}
"""Finish reasons by the word of the dialect: those that peers with words of their own have for it."""


class Verdict(NamedTuple):
    """A cell of the table."""

    kind: Literal["right", "wrong", "raises", "none"]
    """"none": the peer does not speak the dialect, or has no word for what the case is about."""
    word: str = ""
    """What is wrong, or the class that was raised."""


def judge(case: Case, found: Result | Raised | None) -> Verdict:
    """Hold a peer's result against the right one; None is a peer that does not speak the dialect."""
    if found is None:
        return Verdict("none")
    if isinstance(found, Raised):
        return Verdict("right") if _told(case, found) else Verdict("raises", found.name)
    if case.end == "error":
        return Verdict("wrong", "error unseen")
    if not _takes_part(case.about, found):
        return Verdict("none")
    word = _wrong(case, found)
    return Verdict("wrong", word) if word else Verdict("right")


def _told(case: Case, found: Raised) -> bool:
    """Whether what was raised is what the case is about."""
    if case.end == "error":
        return case.words in found.message
    return case.end == "truncated" and found.name not in _ACCIDENTS


def _takes_part(about: About, found: Result) -> bool:
    return about not in {"reasoning", "role", "members"} or any(
        getattr(answer, about) is not None for answer in found.answers
    )


def _wrong(case: Case, found: Result) -> str:
    """What is wrong first, beginning with what the case is about; "" if nothing is."""
    right = case.right.answers
    if len(found.answers) < len(right):
        contents = "".join(answer.content for answer in found.answers)
        if len(contents) > len(right[0].content):
            return "choices mixed"
        if not found.single:
            return "choices lost"
    words = [word for pair in zip(right, found.answers, strict=False) for word in _answer_words(*pair)]
    words.append(("tokens", _tokens(case.right.tokens, found.tokens)))
    return next((word for part, word in sorted(words, key=lambda word: word[0] != case.about) if word), "")


def _answer_words(right: Answer, given: Answer) -> Iterator[tuple[About, str]]:
    """Each part, and what is wrong with it."""
    yield "calls", _calls(right.calls, given.calls)
    yield "content", _named("text", _text(right.content, given.content))
    yield "reasoning", _named("reasoning", _said(_text, right.reasoning, given.reasoning))
    yield "role", _named("role", _said(_text, right.role, given.role))
    yield "finish", _named("finish", _finish(right.finish, given.finish))
    yield "members", _said(_members, right.members, given.members)


def _said(compare: Callable[[Any, Any], str], right: Any, given: Any) -> str:
    return "" if given is None else compare(right, given)


def _named(part: str, word: str) -> str:
    return word and f"{part} {word}"


def _text(right: str, given: str) -> str:
    if given == right:
        return ""
    if not given:
        return "lost"
    if HALF in given:
        return "in half characters"
    if right and given == right * (len(given) // len(right)):
        return "repeated"
    return "partly lost" if given in right else "garbled"


def _calls(right: Sequence[Call], given: Sequence[Call]) -> str:
    if len(given) < len(right):
        texts = {call.arguments for call in right}
        return "merged" if any(call.arguments not in texts for call in given) else "lost"
    if len(given) > len(right):
        return "split" if right else "invented"
    return next((word for pair in zip(right, given, strict=True) if (word := _call(*pair))), "")


def _call(right: Call, given: Call) -> str:
    if right.id is not None and given.id not in {right.id, *right.accepted}:
        return _named("id", "lost" if given.id in _NOTHING else _text(right.id, str(given.id)))
    if given.name != right.name:
        return _named("name", _text(str(right.name), given.name or ""))
    if not isinstance(given.arguments, str):  # the type says so, and a peer's type may lie
        return "arguments no text"
    return _named("arguments", _json(right.arguments, given.arguments))


def _json(right: str, given: str) -> str:
    try:
        return "" if json.loads(given) == json.loads(right) else _text(right, "" if given == "{}" else given)
    except ValueError:
        return _text(right, given)


def _finish(right: str | None, given: str | None) -> str:
    if given in {right, *_SAME_REASON.get(right or "", ())}:
        return ""
    return "invented" if right is None else _text(right, given or "")


def _tokens(right: Tokens | None, given: Tokens | None) -> str:
    if right is None or given == right:
        return ""
    if given is None or not any(given):
        return "usage lost"
    return "usage summed" if sum(given) > sum(right) else "usage outdated"


def _members(right: dict[str, Any], given: dict[str, Any]) -> str:
    return next((word for name, value in right.items() if (word := _member(value, given.get(name)))), "")


def _member(right: Any, given: Any) -> str:
    if given is None:
        return "lost"
    if isinstance(right, dict):
        return _members(right, given)
    if isinstance(right, int) and given > right:
        return "summed"
    return "" if given == right else "garbled"
