"""Texts that come more than once, as the slow references read them (docs/dialects.md, "What comes more than once")."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.reference.calls import Json, Object, compact, is_object

if TYPE_CHECKING:
    from collections.abc import Sequence


class Announced:
    """A text that came before its pieces, which may say it again before they go on."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.again = ""

    def news(self, piece: str) -> str:
        """Give what a piece adds: nothing while it says the announcement again, and all of it once it does not."""
        said = self.again + piece
        if self.text.startswith(said) and said != self.text:
            self.again = said
            return ""
        announced, self.text, self.again = self.text, "", ""
        return said.removeprefix(announced)


def remainder(emitted: str, whole: Json) -> str:
    """Give what a whole text has beyond what was emitted; nothing where it says less, or something else."""
    return whole[len(emitted) :] if isinstance(whole, str) and whole.startswith(emitted) else ""


def halved(text: str) -> str:
    """Give a text in UTF-16 units: it may have been cut between two of them."""
    units = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(int.from_bytes(units[at : at + 2], "little")) for at in range(0, len(units), 2))


def agrees(emitted: str, whole: str) -> bool:
    """Whether one of the two goes on where the other ends."""
    return emitted.startswith(whole) or whole.startswith(emitted)


def remainders(emitted: Sequence[str], whole: Sequence[str]) -> list[str]:
    """Give what the texts of a kind have beyond the emitted ones: all together where they agree, or one by one."""
    if agrees("".join(emitted), "".join(whole)):
        rest = remainder("".join(emitted), "".join(whole))
        return [rest] if rest else []
    padded = [*emitted, *[""] * len(whole)]
    rests = [remainder(old, new) for old, new in zip(padded, whole, strict=False)]
    return [rest for rest in rests if rest]


def spaceless(text: str) -> str:
    """Take the blanks out of JSON text, which may be cut off, but for those inside its strings."""
    kept, quoted, escaped = "", False, False
    for character in text:
        if quoted or character not in " \t\r\n":
            kept += character
        if not escaped and character == '"':
            quoted = not quoted
        escaped = quoted and character == "\\" and not escaped
    return kept


def arguments_beyond(emitted: str, whole: str) -> str:
    """Give what whole arguments have beyond the pieces, whatever blanks these have."""
    return remainder(spaceless(emitted), spaceless(whole))


def arguments_text(value: Json) -> str:
    """Give the text of arguments: JSON text of an object as it stands, anything else as JSON."""
    return value if isinstance(value, str) and is_object(value) else compact(value)


def as_object(value: Json) -> Json:
    """Give arguments as an object where they came as its text."""
    return json.loads(value) if isinstance(value, str) and is_object(value) else value


def piece_of(value: Json) -> str | None:
    """Give a piece of text; a bare number or boolean counts as it was written."""
    return compact(value) if isinstance(value, (bool, int, float)) else value if isinstance(value, str) else None


def id_of(value: Json) -> str | None:
    """Give an id's text; some servers count."""
    return piece_of(value) or None


def each(value: Json) -> list[Json]:
    """Give the items of a list, or what stands in the place of one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def each_object(value: Json) -> list[Object]:
    return [one for one in each(value) if isinstance(one, dict)]
