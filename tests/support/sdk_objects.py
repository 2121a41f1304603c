"""How the tests of the providers' packages look at objects, and compare an accelerated client with one as it is."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel as AnyModel
from ssewire.replay import ReplayServer, split_events

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
    from pathlib import Path

    Ask = Callable[[Any], Iterable[Any]]
    AsyncAsk = Callable[[Any], Awaitable[AsyncIterable[Any]]]

# How a body comes: options of ReplayServer.
CUTS: dict[str, dict[str, Any]] = {
    "whole": {},
    "bytewise": {"piece_size": 1},
    "cut at random": {"cut_seed": 7},
    "compressed": {"encoding": "gzip", "cut_seed": 8},
}


def state(value: Any) -> Any:
    """All that can be seen of an object, comparable: types, the order of attributes, what was set, extras."""
    if isinstance(value, AnyModel):
        inside = [state(value.__dict__), state(value.__pydantic_extra__), value.__pydantic_private__]
        return [type(value), value.model_fields_set, *inside]
    if isinstance(value, dict):
        return [dict, *((key, state(item)) for key, item in value.items())]
    if isinstance(value, list):
        return [list, *map(state, value)]
    return [type(value), repr(value)]


def outcome(stream: Callable[[], Iterable[Any]]) -> tuple[list[Any], Any]:
    """The state of all that a stream gives, and what it raises."""
    events: list[Any] = []
    try:
        events.extend(state(event) for event in stream())
    except Exception as error:  # noqa: BLE001 - the same from both clients is the test
        return events, fault(error)
    return events, None


async def aoutcome(stream: Callable[[], Awaitable[AsyncIterable[Any]]]) -> tuple[list[Any], Any]:
    """The same of an asynchronous one."""
    events: list[Any] = []
    try:
        async for event in await stream():
            events.append(state(event))  # noqa: PERF401 - what came before an error counts
    except Exception as error:  # noqa: BLE001 - the same from both clients is the test
        return events, fault(error)
    return events, None


def fault(error: Exception) -> tuple[Any, ...]:
    """What a caller may look at."""
    return type(error), str(error), state(getattr(error, "body", None)), type(error.__cause__)


def assert_equal(
    make: Callable[[str], Any], accelerate: Callable[[Any], Any], ask: Ask, bodies: list[bytes], **options: Any
) -> list[tuple[list[Any], Any]]:
    """Read each body with a client as it is and with an accelerated one; return the results.

    The accelerated one meets a type at first, then learns it, and builds it natively the third time.
    """
    with ReplayServer(bodies, **options) as server, make(server.url) as plain, make(server.url) as fast:
        accelerate(fast)
        expected = [outcome(lambda: ask(plain)) for _ in bodies]
        for _ in range(3):
            assert [outcome(lambda: ask(fast)) for _ in bodies] == expected
    return expected


async def aassert_equal(
    make: Callable[[str], Any], accelerate: Callable[[Any], Any], ask: AsyncAsk, bodies: list[bytes], **options: Any
) -> None:
    """The same with asynchronous clients."""
    with ReplayServer(bodies, **options) as server:
        async with make(server.url) as plain, make(server.url) as fast:
            accelerate(fast)
            expected = [await aoutcome(lambda: ask(plain)) for _ in bodies]
            for _ in range(3):
                assert [await aoutcome(lambda: ask(fast)) for _ in bodies] == expected


def recorded(folder: Path, dialect: str) -> dict[str, bytes]:
    """The recorded event streams of a dialect, by their names."""
    with (folder / "index.tsv").open(encoding="utf-8") as table:
        rows = [
            row for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE) if row["dialect"] == dialect
        ]
    return {row["file"]: shortened((folder / row["file"]).read_bytes()) for row in rows if row["file"].endswith(".sse")}


def shortened(body: bytes, begin: int = 16, end: int = 8) -> bytes:
    """A body without the middle of a long one, which repeats."""
    blocks = split_events(body)
    return body if len(blocks) <= begin + end else b"".join(blocks[:begin] + blocks[-end:])


def differences(
    make: Callable[[str], Any], accelerate: Callable[[Any], Any], ask: Ask, bodies: dict[str, bytes]
) -> dict[str, tuple[Any, Any]]:
    """What a client as it is and an accelerated one give for each body, where that differs."""
    with ReplayServer(list(bodies.values())) as server, make(server.url) as plain, make(server.url) as fast:
        accelerate(fast)
        expected = [outcome(lambda: ask(plain)) for _ in bodies]
        given = [outcome(lambda: ask(fast)) for _ in bodies]
    return {name: (one, two) for name, one, two in zip(bodies, expected, given, strict=True) if one != two}
