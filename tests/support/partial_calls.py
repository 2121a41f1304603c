"""A tool call whose arguments arrive in pieces, and what has to be certain of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.reference.partial import NOTHING, certain
from tests.support.chat_cases import call, chunk, delta, fed

if TYPE_CHECKING:
    import ssewire

Json = Any

HEAD = chunk(delta(tool_calls=[call("", id="t1", type="function", name="f")]))


def piece(arguments: str) -> bytes:
    return chunk(delta(tool_calls=[call(arguments)]))


def growing(*pieces: str) -> tuple[ssewire.Accumulator, ssewire.ToolCall]:
    """Give an accumulator that is in the middle of a call, and the call."""
    accumulator = fed(HEAD, *map(piece, pieces))
    return accumulator, accumulator.snapshot.tool_calls[0]


def tool_call(*pieces: str) -> ssewire.ToolCall:
    return growing(*pieces)[1]


def expected(begin: str, **options: bool) -> Json:
    value = certain(begin, **options)
    return {} if value is NOTHING else value


def same(found: Json, wanted: Json) -> bool:
    """Equal, of the same types, in the same order; NaN equals itself."""
    return repr(found) == repr(wanted)
