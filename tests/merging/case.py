"""What a case is, what a peer makes of one, and the few words that say whether that is right."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal

Dialect = Literal["openai-chat", "openai-responses", "anthropic"]
About = Literal["calls", "content", "reasoning", "role", "members", "finish", "tokens", "end"]
Tokens = tuple[int, int]
HALF = "\N{REPLACEMENT CHARACTER}"
"""Stands for half of a surrogate pair in what a peer gave: JSON would join two of them."""


@dataclass(frozen=True)
class Call:
    """A finished tool call."""

    id: str | None
    """In a case, None says that the stream has none: then whatever a peer makes up is right."""
    name: str | None
    arguments: str
    """JSON text; compared as what it says where it can be read."""
    accepted: tuple[str, ...] = ()
    """Other ids of the stream that are as right, where no id is the better one."""


@dataclass(frozen=True)
class Answer:
    """One choice. What a peer has no word for is None, and is not held against it."""

    content: str = ""
    finish: str | None = "stop"
    calls: tuple[Call, ...] = ()
    reasoning: str | None = ""
    role: str | None = "assistant"
    members: dict[str, Any] | None = field(default_factory=dict)
    """Members, or blocks by their type, that no API reference names. A peer may have more of them."""


@dataclass(frozen=True)
class Result:
    """What a peer gives at the end of a stream."""

    answers: tuple[Answer, ...]
    """By choice; one for a peer or a dialect that has one."""
    tokens: Tokens | None = None
    """Input and output; in a case, None says that they are not compared."""
    single: bool = False
    """The peer has one answer, whatever the stream has: it is held against the first."""


@dataclass(frozen=True)
class Raised:
    """What a peer raised instead."""

    name: str
    message: str


@dataclass(frozen=True)
class Case:
    """A short stream and what it adds up to."""

    dialect: Dialect
    name: str
    source: str
    """Where it was seen."""
    about: About
    """The part that it is about: a peer that has no word for it takes no part."""
    body: bytes = field(repr=False)
    right: Result
    end: Literal["complete", "error", "truncated"] = "complete"
    words: str = ""
    """Of the provider's error: a peer that reports it passes them on."""

    @property
    def key(self) -> str:
        """Its name in the stored results."""
        return f"{self.dialect}: {self.name}"

    @property
    def digest(self) -> str:
        """Changes with what a peer is given."""
        return hashlib.sha256(self.body).hexdigest()[:12]


def one(
    content: str = "",
    finish: str | None = "stop",
    *calls: Call,
    reasoning: str = "",
    tokens: Tokens | None = None,
    **members: Any,
) -> Result:
    """A result of one choice."""
    return Result((Answer(content, finish, calls, reasoning, members=members),), tokens)
