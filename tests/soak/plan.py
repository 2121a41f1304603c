"""What happens to a stream, by its number: the server plays it, and the reader knows what must come of it.

Both sides make the plan from the same number, so nothing has to be told to anybody, and every event is accounted for.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Literal, TypeAlias

Fault: TypeAlias = Literal["none", "stall", "noise", "drop", "reset", "bad chunk", "error", "html", "cancel"]

FAULTS: tuple[Fault, ...] = ("none", "stall", "noise", "drop", "reset", "bad chunk", "error", "html", "cancel")
DONE = b"data: [DONE]\n\n"
# Nothing of it may change a text: comments, unknown fields, broken UTF-8, blank lines, an event without data.
NOISE = (
    b": ping\n\n",
    b":\xff\xfe\n",
    b"what: ever\n\n",
    b"\n\r\n\r",
    b"id: \xf0\x9f\n\n",
    b"event: none\n\n",
    b"\x00\n\n",
)


@dataclass(frozen=True)
class Plan:
    """One stream.

    Attributes:
        words: The text, in the pieces in which it is sent.
        fault: What goes wrong.
        place: At which word.
    """

    words: list[str]
    fault: Fault
    place: int
    seed: int

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.words)

    @property
    def text_before(self) -> str:
        """The text before the fault."""
        return "".join(self.words[: self.place])

    def events(self, fault: Fault) -> list[bytes]:
        """Return the wire form of each word, of the end, and of the sentinel; with what a fault adds to them."""
        rng = random.Random(self.seed)
        events = [_chunk({"content": word}) for word in self.words]
        if fault == "noise":
            events = [rng.choice(NOISE) * rng.randrange(3) + event for event in events]
        if fault == "error":
            events.insert(self.place, b'data: {"error":{"message":"planned","type":"server_error"}}\n\n')
        return [*events, _chunk({}, "stop"), DONE]


def plan(seed: int) -> Plan:
    """Return the plan of a number."""
    rng = random.Random(seed)
    words = [f"w{rng.randrange(10**6)} caf\u00e9 " for _ in range(rng.randrange(5, 60))]
    return Plan(words, rng.choice(FAULTS), rng.randrange(1, len(words)), seed)


def _chunk(delta: dict[str, str], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return b"data: " + json.dumps({"id": "c", "choices": [choice]}).encode() + b"\n\n"


def event_count(seed: int) -> int:
    """Return how many events an event source of that number gets, over all its connections."""
    return random.Random(seed).randrange(5, 60)
