"""One recorded body, one row: what `ssewire.arrow.fold` gives for a column, the slow and obvious way.

The columns are those of `ssewire.arrow.schema()`; docs/recorded-streams.md has them in a table.

1. A row is made of every body: what is wrong with one is its `error`, beside everything that was read before.
2. `text`, `reasoning`, `refusal`, `tool_calls` and `finish_reason` are the first choice's, as a Snapshot's are. What
   the other choices said is in `object`.
3. `error.exception` names what `collect` raises for the body. `error.type` is the provider's own word, and None where
   it has none. They are two, as the one is one of four for any body, and there is no end of providers' words.
4. A count that no int64 holds is None: nobody was asked for so many tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ssewire._core import Accumulator, observe_whole
from ssewire._errors import ProviderError
from ssewire._json import dumps
from ssewire._reader import closing_error

if TYPE_CHECKING:
    from ssewire._core import Snapshot, ToolCall, Usage
    from ssewire._errors import StreamError
    from ssewire._types import Dialect, Limits, Unpack

_LARGEST = 2**63 - 1


class ToolCallRow(TypedDict):
    """A tool call: the provider's id, the tool's name, and the arguments' raw text."""

    id: str | None
    name: str | None
    arguments: str


class UsageRow(TypedDict):
    """Tokens, as `ssewire.Usage` counts them: input and output are totals, the others parts of them."""

    input: int | None
    output: int | None
    cached: int | None
    cache_write: int | None
    reasoning: int | None


class ErrorRow(TypedDict):
    """What is wrong with a body.

    `exception` is the name of what `collect` raises: "ProviderError", "IncompleteStreamError", "EventTooLargeError" or
    "ResponseError". `type`, `code` and `status` are the provider's own.
    """

    exception: str
    type: str | None
    code: str | None
    message: str
    status: int | None


class Row(TypedDict):
    """What a body adds up to."""

    dialect: Dialect | None
    complete: bool
    text: str
    reasoning: str
    refusal: str | None
    finish_reason: str | None
    tool_calls: list[ToolCallRow]
    model: str | None
    id: str | None
    usage: UsageRow | None
    events: int
    bytes: int | None
    error: ErrorRow | None


class RowWithObject(Row):
    """A row with the provider's own object as JSON text; None while the dialect is not known."""

    object: str | None


def row(body: bytes | str | None, dialect: Dialect | None = None, **limits: Unpack[Limits]) -> Row:
    """Fold a body into its row; it never raises for what the body is.

    Args:
        body: A whole body; None where nothing was recorded, which is a stream that ended before its first event.
        dialect: The API's name; None finds it.
        limits: `max_event_size`, `max_total_size`, `max_choices`, `max_tool_calls`: as `Accumulator` takes them.

    Raises:
        ValueError: The dialect is not known, or a limit is not positive.
    """
    return _row(body, observe_whole(_encoded(body), dialect, **limits))


def row_with_object(
    body: bytes | str | None, dialect: Dialect | None = None, **limits: Unpack[Limits]
) -> RowWithObject:
    """Fold a body into its row, as `row` does, with the provider's own object."""
    accumulator = observe_whole(_encoded(body), dialect, **limits)
    whole = None if accumulator.dialect is None else dumps(accumulator.snapshot.to_dict(), ensure_ascii=False)
    return {**_row(body, accumulator), "object": whole}


def _encoded(body: bytes | str | None) -> bytes:
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body or b""


def _row(body: bytes | str | None, accumulator: Accumulator) -> Row:
    problem = closing_error(accumulator)
    snapshot, usage = accumulator.snapshot, accumulator.usage
    return {
        "dialect": accumulator.dialect,
        "complete": problem is None,
        "text": snapshot.text,
        "reasoning": snapshot.reasoning,
        "refusal": _refusal(snapshot),
        "finish_reason": snapshot.finish_reason,
        "tool_calls": [_call(call) for call in snapshot.tool_calls],
        "model": snapshot.model,
        "id": snapshot.id,
        "usage": None if usage is None else _usage(usage),
        "events": accumulator._events,  # noqa: SLF001 - for this module
        "bytes": None if body is None else len(_encoded(body)),
        "error": None if problem is None else _error(problem),
    }


def _refusal(snapshot: Snapshot) -> str | None:
    choices = snapshot.choices
    return choices[0].refusal if choices else None


def _call(call: ToolCall) -> ToolCallRow:
    return {"id": call.id, "name": call.name, "arguments": call.arguments}


def _usage(usage: Usage) -> UsageRow:
    return {
        "input": _count(usage.input_tokens),
        "output": _count(usage.output_tokens),
        "cached": _count(usage.cached_tokens),
        "cache_write": _count(usage.cache_write_tokens),
        "reasoning": _count(usage.reasoning_tokens),
    }


def _count(tokens: int | None) -> int | None:
    return None if tokens is None or tokens > _LARGEST else tokens


def _error(problem: StreamError) -> ErrorRow:
    error: ErrorRow = {
        "exception": type(problem).__name__,
        "type": None,
        "code": None,
        "message": str(problem),
        "status": problem.status,
    }
    if isinstance(problem, ProviderError):
        code = problem.code if problem.code is None or isinstance(problem.code, str) else dumps(problem.code)
        error |= {"type": problem.type, "code": code, "message": problem.message}
    return error
