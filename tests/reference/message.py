"""What a choice of a chat completion says, in all its shapes, for the reference accumulator."""

from __future__ import annotations

from tests.reference.calls import Json, Object, an_object, compact, given, overlay
from tests.reference.json import is_same
from tests.reference.reasoning import is_reasoning, words


def is_told(choice: Object) -> bool:
    """Rule 13: whether a choice tells its message, and nothing in pieces."""
    delta = choice.get("delta")
    says = any(value for key, value in delta.items() if key != "role") if isinstance(delta, dict) else bool(delta)
    return bool(choice.get("message")) and not says and not choice.get("text")


def choice_piece(choice: Object) -> Json:
    """Give what a choice adds: its delta, else its text."""
    return next((choice[key] for key in ("delta", "text") if choice.get(key) is not None), None)


def reason_of(value: Json) -> str | None:
    """Rule 7: a word, a number, or an object that has one."""
    inner = [an_object(value).get(key) for key in ("type", "reason")]
    return given(next((one for one in inner if one is not None), value))


def given_text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def scalar_text(value: Json) -> str | None:
    """Rule 5: a string, or a number or boolean as JSON writes it."""
    if isinstance(value, str):
        return value
    return compact(value) if isinstance(value, (bool, int, float)) else None


def parts_of(content: Json) -> list[Json]:
    """Rule 5: the parts of a list, or the one in its place."""
    if isinstance(content, dict):
        return [content]
    return content if isinstance(content, list) else []


def part_text(part: Json) -> tuple[str, str | None]:
    """Rule 5: what a part is, and its text: content, refusal, reasoning or anything else; null is nothing."""
    if not isinstance(part, dict):
        return "nothing" if part is None else "other" if isinstance(part, list) else "content", scalar_text(part)
    kind = part["type"] if isinstance(part.get("type"), str) else ""
    if kind in ("text", "output_text", "") and part.get("text") is not None:
        return "content", words(part["text"])
    if kind == "refusal" and part.get("refusal") is not None:
        return "refusal", words(part["refusal"])
    return ("reasoning" if is_reasoning(part) else "other"), None


def same_detail(known: Object, detail: Object) -> bool:
    """Rule 5: details are one by type and index, and by id where both have one."""
    one_id = None in (known.get("id"), detail.get("id")) or known["id"] == detail["id"]
    return one_id and all(known.get(key) == detail.get(key) for key in ("type", "index"))


def merge_unknown(old: Object, key: str, value: Json, *, whole: bool = False) -> None:
    """Rule 6: scalars last non-null, objects overlay, lists extend, but for `whole` ones; null says nothing."""
    if value is None:
        return
    if not whole:
        old[key] = laid_over(old.get(key), value)
    elif not is_same(compact(old.get(key)), compact(value)):
        old.update(overlay(old, {key: value}))


def laid_over(old: Json, new: Json) -> Json:
    """Lay a member over the older one, and the members of an object over its own by the same rule."""
    if isinstance(old, list) and isinstance(new, list):
        return old + new
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    told = {key: value for key, value in new.items() if value is not None or key not in old}
    return old | {key: laid_over(old.get(key), value) for key, value in told.items()}


def joined(old: Object, new: Object, *keys: str) -> Object:
    """Give the texts of an object that come in pieces, each with its new piece."""
    return {key: (old.get(key) or "") + new[key] for key in keys if isinstance(new.get(key), str)}
