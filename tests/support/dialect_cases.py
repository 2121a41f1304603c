"""The corpora of the dialects, and what an accumulator makes of a stream: in plain values, as the references give them.

tests/data/<dialect>.json holds the cases. A case has a name, the source of its claim, the body (`stream`, or
`stream_hex` where it is no UTF-8), `"named": true` where nothing in the body tells the dialect, and what is expected of
it: a result as `tests/reference/base.py` describes it, without the deltas. Of `object` only what is claimed
("<absent>" is for a key that must not be there); `others` may list kind and value of all `OtherDelta`s in order.
"""

from __future__ import annotations

import csv
import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import ssewire
from ssewire import Accumulator

from tests.support.chat_cases import Json, Object, body_of, plain_error, raised_by

if TYPE_CHECKING:
    from collections.abc import Iterable

DIALECTS = {
    "openai-completions": "completions",
    "openai-responses": "responses",
    "anthropic": "anthropic",
    "gemini": "gemini",
    "cohere-v2": "cohere",
    "openai-assistants": "assistants",
    "ollama": "ollama",
    "vercel-ui": "vercel",
    "ag-ui": "agui",
}
"""Each dialect, and whose reference it is."""

KEYS = ("id", "model", "choices", "usage", "error", "done", "complete")
TEXTS = {"text": "content", "reasoning": "reasoning", "refusal": "refusal"}

Told = tuple[Json, ...]


class Case(NamedTuple):
    """One stream of a corpus."""

    dialect: str
    name: str
    body: bytes
    expect: Object
    named: bool

    def __str__(self) -> str:
        return f"{self.dialect}: {self.name}"


def corpus(dialect: str) -> list[Case]:
    rows = json.loads((Path(__file__).parents[1] / "data" / f"{dialect}.json").read_text("utf-8"))
    return [Case(dialect, row["name"], body_of(row), row["expect"], row.get("named", False)) for row in rows]


def reference(dialect: str, body: bytes) -> Object:
    """Give what the dialect's slow reference makes of a body."""
    result: Object = importlib.import_module(f"tests.reference.{DIALECTS[dialect]}").reference(body)
    return result


def accumulator_of(dialect: Json) -> Accumulator:
    """Give an accumulator of that dialect; None: it has to be found."""
    return Accumulator(dialect)


class Outcome(NamedTuple):
    """What a stream gave: a result in the shape of the references, and the dialect that was found."""

    result: Object
    dialect: str | None


def accumulate(pieces: Iterable[bytes], dialect: str | None) -> Outcome:
    """Feed a new accumulator, flush it and close it."""
    accumulator = accumulator_of(dialect)
    deltas = [delta for piece in pieces for delta in accumulator.feed(piece)] + accumulator.flush()
    complete = raised_by(accumulator.close) is None
    result = plain(accumulator.snapshot) | {"complete": complete, "deltas": [told(delta) for delta in deltas]}
    return Outcome(result, accumulator.dialect)


def observe(body: bytes, dialect: str) -> ssewire.Snapshot:
    """Fold a whole body without deltas."""
    accumulator = accumulator_of(dialect)
    accumulator.observe(body)
    accumulator.flush()
    return accumulator.snapshot


def plain(snapshot: ssewire.Snapshot) -> Object:
    """Give a snapshot in the shape of the references."""
    return {
        "id": snapshot.id,
        "model": snapshot.model,
        "choices": [plain_choice(choice) for choice in snapshot.choices],
        "usage": snapshot.usage and snapshot.usage.raw,
        "error": snapshot.error and plain_error(snapshot.error),
        "done": snapshot.done,
        "object": snapshot.to_dict(),
    }


def plain_choice(choice: ssewire.Choice) -> Object:
    fields = ("index", "role", "content", "reasoning", "refusal", "finish_reason")
    calls = [
        {"id": call.id, "type": call.type, "name": call.name, "arguments": call.arguments} for call in choice.tool_calls
    ]
    return {field: getattr(choice, field) for field in fields} | {"tool_calls": calls}


def told(delta: ssewire.Delta) -> Told:  # noqa: PLR0911  one return a kind
    """Give a delta in the shape of the references."""
    match delta:
        case ssewire.TextDelta():
            return "text", delta.choice, delta.text
        case ssewire.ReasoningDelta():
            return "reasoning", delta.choice, delta.text
        case ssewire.RefusalDelta():
            return "refusal", delta.choice, delta.text
        case ssewire.ToolCallDelta():
            return "tool_call", delta.choice, delta.index, delta.id, delta.name, delta.arguments
        case ssewire.FinishDelta():
            return "finish", delta.choice, delta.reason
        case ssewire.UsageDelta():
            return "usage", delta.usage.raw
        case ssewire.OtherDelta():
            return "other", delta.choice, delta.kind, delta.value


def grouped(deltas: Iterable[Told]) -> dict[str, list[Told]]:
    """Give the deltas of each kind in order: how kinds mix within one payload is nobody's promise."""
    groups: dict[str, list[Told]] = {}
    for delta in deltas:
        groups.setdefault(delta[0], []).append(delta)
    if "tool_call" in groups:
        groups["tool_call"] = saying_something(groups["tool_call"])
    return groups


def saying_something(deltas: list[Told]) -> list[Told]:
    """Drop the tool call deltas that say nothing which the ones around them do not say.

    A call that comes with its arguments may be told in one delta or in two: who it is, and then what it has.
    """
    heads: dict[Told, Told] = {}
    kept: list[Told] = []
    for at, (_, choice, position, *head, piece) in enumerate(deltas):
        later = next((delta for delta in deltas[at + 1 :] if delta[1:3] == (choice, position)), None)
        news = heads.get((choice, position)) != tuple(head)
        if piece or (news and (later is None or list(later[3:5]) != head)):
            kept.append(("tool_call", choice, position, *head, piece))
            heads[choice, position] = tuple(head)
    return kept


def texts_told(deltas: Iterable[Told], kind: str) -> dict[int, str]:
    """Join the pieces of a kind of text by choice."""
    texts: dict[int, str] = {}
    for told_kind, choice, *piece in deltas:
        if told_kind == kind:
            texts[choice] = texts.get(choice, "") + piece[0]
    return texts


def comparable(result: Object) -> Object:
    """Give a result whose equality says all that is promised."""
    return result | {"deltas": grouped(result["deltas"])}


class Recording(NamedTuple):
    """A recorded body and the dialect that the index says it is of."""

    name: str
    dialect: str
    body: bytes


def recorded(recordings: Path, *dialects: str) -> list[Recording]:
    """Read the recordings that index.tsv says are of these dialects."""
    with (recordings / "index.tsv").open(encoding="utf-8") as index:
        rows = [row for row in csv.DictReader(index, delimiter="\t") if row["dialect"] in dialects]
    return [Recording(row["file"], row["dialect"], (recordings / row["file"]).read_bytes()) for row in rows]
