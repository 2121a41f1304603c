"""The reasoning of chat completions, for the reference accumulator: where it stands, and who has said what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reference.calls import Json, Object, has_halves, told

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("reasoning_content", "reasoning", "reasoning_text", "thinking")
LISTS = ("reasoning_details", "thinking_blocks")
WORDS = ("text", "thinking", "reasoning", "content", "summary", "reasoning_text", "reasoningText")
SEALS = ("signature", "encrypted_content", "redacted_content", "redactedContent")
PARTS = ("thinking", "reasoning", "reasoning_text", "reasoning_content")


def words(value: Json) -> str:
    """Rule 5: text, an object that has some, or a list of these."""
    if isinstance(value, list):
        return "".join(map(words, value))
    if isinstance(value, dict):
        return next(filter(None, (words(value.get(name)) for name in WORDS)), "")
    return value if isinstance(value, str) else ""


def is_reasoning(part: Json) -> bool:
    """Rule 5: whether a part of the content is reasoning."""
    fields = part if isinstance(part, dict) else {}
    kind = fields.get("type")
    if isinstance(kind, str) and kind:
        return kind in PARTS
    named = any(fields.get(name) is not None for name in ("thinking", "reasoning"))
    return named and fields.get("text") is None


def reasoning_of(message: Object) -> tuple[list[str], str]:
    """Rule 5: the sources that say anything, and what the first of them says."""
    content = message.get("content")
    parts = [content] if isinstance(content, dict) else content if isinstance(content, list) else []
    found = {name: words(message.get(name)) for name in NAMES}
    found["content"] = words([part for part in parts if is_reasoning(part)])
    found |= {name: words(message.get(name)) for name in LISTS}
    speaking = [name for name, text in found.items() if text]
    return speaking, found[speaking[0]] if speaking else ""


def seals_of(value: Json) -> Iterator[tuple[str, str]]:
    """Rule 5: what has to be sent back with the reasoning, wherever in it that is."""
    if isinstance(value, list):
        for one in value:
            yield from seals_of(one)
    if isinstance(value, dict):
        for name, member in value.items():
            if name in SEALS and isinstance(member, str) and member:
                yield name, member
            elif name in WORDS:
                yield from seals_of(member)


class Sources:
    """Rule 5: how far into what was told each source has come, and since where it says that again."""

    def __init__(self) -> None:
        self.places: dict[str, tuple[int, int]] = {}
        self.apart: set[str] = set()

    def news(self, speaking: list[str], text: str, piece: str) -> str:
        """Give what a piece adds to the text so far; the first that speaks counts, the others say the same."""
        known = told(text)
        level = [name for name, (_, at) in self.places.items() if at == len(known)]
        since, at = self.places.get(speaking[0], (0, 0))
        if speaking[0] in self.apart:
            return self.put(level, text + piece, piece)
        expected = known[at:]
        if has_halves(piece) and expected != "":
            return self.split(speaking, level, text, known[since:at] + piece)
        if expected.startswith(piece) and expected != "":
            self.places |= dict.fromkeys(speaking, (since, at + len(piece)))
            return ""
        if not piece.startswith(expected):
            return self.split(speaking, level, text, known[since:at] + piece)
        rest = piece.removeprefix(expected)
        return self.put(speaking, text + rest, rest)

    def follow(self, before: str, after: str) -> None:
        """All that was told grew by something else."""
        self.put([name for name, (_, at) in self.places.items() if at == len(told(before))], after, "")

    def split(self, speaking: list[str], level: list[str], text: str, piece: str) -> str:
        """These say something else: that is all theirs, and nothing that the others lack."""
        self.apart |= {*speaking}
        return self.put([name for name in level if name not in self.apart], text + piece, piece)

    def put(self, names: list[str], text: str, news: str) -> str:
        """These have said all of a text."""
        end = len(told(text))
        self.places |= dict.fromkeys(names, (end, end))
        return news
