"""The texts of an item of OpenAI's Responses, which streams say more than once: the reference of "A text is told once".

All texts are held in UTF-16 code units, one character each: a surrogate pair may be cut between two deltas.
"""

from __future__ import annotations

from tests.reference.calls import Json, compact


def units(text: str) -> str:
    """Give a text with the halves of its surrogate pairs apart."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(raw[at] | raw[at + 1] << 8) for at in range(0, len(raw), 2))


def joined(text: str) -> str:
    """Give a text with its surrogate pairs joined again; a half without its partner stays one."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def agree(one: str, other: str) -> bool:
    """Whether one of two texts goes on where the other ends."""
    return one.startswith(other) or other.startswith(one)


def is_less(text: str, said: str) -> bool:
    return said.startswith(text) and text != said


def arguments_text(value: Json) -> str | None:
    """Give arguments as text: an object is its JSON text."""
    return value if value is None or isinstance(value, str) else compact(value)


class Said:
    """What was said of one text of an item, in the order in which it came. Every method gives what is new with it."""

    def __init__(self) -> None:
        self.said = ""
        self.begun: dict[int, int] = {}
        self.put: dict[int, str] = {}  # What was put together of each part,
        self.fixed: dict[int, str] = {}  # and what a whole says of it, whatever was told.
        self.whole_to = 0
        self.announced = ""
        self.again: str | None = None

    def piece(self, part: int, text: str) -> str:
        """Add a piece, but for those that say again what the announcement had."""
        if self.again is None:
            return self._add(part, text)
        self.again += text
        if self.announced.startswith(self.again):
            return ""
        again, self.again = self.again, None
        return self._add(part, again.removeprefix(self.announced))

    def announce(self, parts: dict[int, str]) -> str:
        """Add the texts that an announcement has; what has begun already is compared, as a whole is."""
        if any(part not in self.begun for part in parts):
            self.again = None
        texts = {part: text for part, text in parts.items() if text}
        start = min((self.begun.get(part, len(self.said)) for part in texts), default=0)
        new = "".join([self._announce_part(part, text) for part, text in texts.items()])
        if texts and agree(self.said[start:], "".join(texts.values())):
            self.announced, self.again = self.said[start:], ""
        return new

    def _announce_part(self, part: int, text: str) -> str:
        known = self.said[self.begun[part] :] if part in self.begun else ""
        return self._add(part, text[len(known) :]) if text.startswith(known) else ""

    def whole_part(self, part: int, text: str) -> str:
        """Add what a whole part has beyond what was said from one of the places on where it may begin."""
        self.again = None
        if not text:
            return self._add(part, text)
        for start in self._starts(part):
            if agree(self.said[start:], text):
                return self._take(part, start, text)
        self.fixed[part] = text
        if part in self.begun:
            self.whole_to = len(self.said)
        return ""

    def _starts(self, part: int) -> list[int]:
        """Give where a whole part may begin: a part that had pieces does not begin behind everything."""
        behind = [] if part in self.begun and self.whole_to == len(self.said) else [self.whole_to]
        return [*([self.begun[part]] if part in self.begun else []), *behind, 0]

    def _take(self, part: int, start: int, text: str) -> str:
        """Add what a whole part says beyond the end; where it says less, what was said stands."""
        if part in self.put and start + len(text) >= len(self.said):
            self.fixed.pop(part, None)
        rest = text[len(self.said) - start :]
        if rest:
            self._add(part, rest)
        self.begun[part] = start
        self.whole_to = max(self.whole_to, start + len(text))
        return rest

    def whole(self, text: str) -> str:
        """Add what the whole text has beyond everything that was said, whatever parts either is in."""
        self.again, self.whole_to = None, 0
        return self._add(None, text[len(self.said) :]) if text.startswith(self.said) else ""

    def fix(self, texts: dict[int, str]) -> None:
        """Let the parts be those of a whole item."""
        self.fixed, self.put = texts, {}

    def _add(self, part: int | None, text: str) -> str:
        """Add what is new; a whole item's text is of no part."""
        if part is not None:
            if text:
                self.begun.setdefault(part, len(self.said))
            texts = self.fixed if part in self.fixed else self.put
            texts[part] = texts.get(part, "") + text
        self.said += text
        return text

    # What the object has

    def parts(self) -> set[int]:
        return self.put.keys() | self.fixed.keys()

    def text(self, part: int) -> str:
        return joined((self.put | self.fixed)[part])


class Reasoning:
    """The two sources of an item's reasoning, which may say the same. Every method gives what is to be told."""

    def __init__(self, summary: Said, content: Said) -> None:
        self.sources = {"summary": summary, "content": content}
        self.told = ""
        self.is_apart = False

    def hear(self, name: str, new: str) -> str:
        """Give what of a source's newest text the other has not told: all that it says, where they differ."""
        mine, other = self.sources[name].said, self.other(name).said
        piece = new
        if other and not self.is_apart:
            self.is_apart = not agree(mine, other)
            piece = mine if self.is_apart else mine[max(len(other), len(mine) - len(new)) :]
        self.told += piece
        return piece

    def other(self, name: str) -> Said:
        return self.sources["content" if name == "summary" else "summary"]

    def whole(self, texts: dict[str, str]) -> list[str]:
        """Hear the lists of a whole item, one after the other. Where only one has a text, it is the same reasoning."""
        full = {name: text for name, text in texts.items() if text}
        if len(full) > 1:
            return [] if self._was_told(full) else self._hear_both(full)
        return [self._hear_one(name, text) for name, text in full.items()] or ["" for _ in texts]

    def _was_told(self, full: dict[str, str]) -> bool:
        both = [full["summary"] + full["content"], full["content"] + full["summary"]]
        return any(self.told.startswith(text) for text in both)

    def _hear_both(self, full: dict[str, str]) -> list[str]:
        """Hear the list first whose source has spoken already."""
        names = sorted(full, key=lambda name: (not self.sources[name].said, name != "summary"))
        return [self.hear(name, self.sources[name].whole(full[name])) for name in names]

    def _hear_one(self, name: str, text: str) -> str:
        if agree(self.sources[name].said if self.is_apart else self.told, text):
            return self.hear(name, self.sources[name].whole(text))
        rest = text[len(self.told) :] if text.startswith(self.told) else ""
        self.told += rest
        return rest

    def less(self, texts: dict[str, str]) -> set[str]:
        """Give the lists of which a whole item has less than was said."""
        if self.is_apart:
            return {name for name, said in self.sources.items() if is_less(texts[name], said.said)}
        short = all(is_less(text, self.told) for text in texts.values())
        return set(texts) if short and self.told != texts["summary"] + texts["content"] else set()
