"""ssewire: its own client's loop, over a response of urllib3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import ssewire
import urllib3

from tests.merging.case import Answer, Call, Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.merging.case import Dialect


def knows(dialect: str) -> bool:
    """Whether ssewire reads a dialect: the page names those that it will."""
    try:
        ssewire.Accumulator(cast("ssewire.Dialect", dialect))
    except ValueError:
        return False
    return True


def _read(url: str, dialect: Dialect) -> Result:
    response = urllib3.request("POST", url, preload_content=False)
    snapshot = ssewire.collect(response, cast("ssewire.Dialect", dialect))
    whole = snapshot.to_dict()
    usage = snapshot.usage
    tokens = None if usage is None else (usage.input_tokens or 0, usage.output_tokens or 0)
    return Result(tuple(_answer(choice, _members(whole, choice.index)) for choice in snapshot.choices), tokens)


def _answer(choice: ssewire.Choice, members: dict[str, Any]) -> Answer:
    calls = tuple(Call(call.id, call.name, call.arguments) for call in choice.tool_calls)
    return Answer(choice.content or "", choice.finish_reason, calls, choice.reasoning or "", choice.role, members)


def _members(whole: dict[str, Any], index: int) -> dict[str, Any]:
    """The message of a choice; of a message in blocks, these by their types."""
    if "choices" in whole:
        message: dict[str, Any] = next(one["message"] for one in whole["choices"] if one["index"] == index)
        return message
    return {block["type"]: block for block in whole.get("content", [])}


def _reader(dialect: Dialect) -> Callable[[str], Result]:
    return lambda url: _read(url, dialect)


_DIALECTS: list[Dialect] = ["openai-chat", "openai-responses", "anthropic"]
READERS = {dialect: _reader(dialect) for dialect in _DIALECTS if knows(dialect)}
