"""Frameworks on the SDKs: their results with `install` beside those without, and the examples as programs.

`make test-frameworks` runs this file in the frameworks' own environments.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from dataclasses import fields, is_dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ssewire import integrations
from ssewire.integrations._decoder import Decoder
from ssewire.replay import ReplayServer

from benches.calls import FRAMEWORKS, Call
from benches.fixtures import make

if TYPE_CHECKING:
    from collections.abc import Iterator

# What they use may warn of what it likes.
pytestmark = pytest.mark.filterwarnings("ignore")

ROOT = Path(__file__).parents[2]
# What frameworks make up for each answer: of that only the types are compared.
MADE_UP = {"id", "created", "timestamp", "run_id", "conversation_id"}
# They read the provider's lines by themselves: no SDK of the list is inside.
WITHOUT_SEAM = {"litellm anthropic", "huggingface_hub chat"}

each_call = pytest.mark.parametrize(
    "call",
    [
        pytest.param(call, marks=pytest.mark.skipif(not call.is_here, reason=f"{call.package} is not installed here"))
        for call in FRAMEWORKS
    ],
    ids=[call.name for call in FRAMEWORKS],
)


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    integrations.uninstall()


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One for all calls of a test: some frameworks keep their client, and with it the loop of its connections."""
    with contextlib.closing(asyncio.new_event_loop()) as made:
        yield made


def point_to(server: ReplayServer) -> dict[str, str]:
    """The variables by which all of them find the server."""
    return {
        "OPENAI_BASE_URL": server.url,
        "OPENAI_API_KEY": "-",
        "ANTHROPIC_BASE_URL": server.url.removesuffix("/v1"),
        "ANTHROPIC_API_KEY": "-",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # it would ask the network for prices
    }


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """All that can be seen of what a framework gives: each value by where it is, and the types on the way."""
    yield (*path, type), type(value)
    if hasattr(value, "__pydantic_fields_set__"):
        inside = {**vars(value), **(value.__pydantic_extra__ or {}), "model_fields_set": value.model_fields_set}
    elif is_dataclass(value):
        inside = {part.name: getattr(value, part.name) for part in fields(value) if hasattr(value, part.name)}
    elif isinstance(value, dict):
        inside = value
    elif isinstance(value, list | tuple):
        inside = dict(enumerate(value))
    else:
        inside = {}
        if isinstance(value, str | int | float | set | None) and path[-1] not in MADE_UP:
            yield path, value
    for name, part in inside.items():
        # An agent holds the items that hold the agent.
        if name not in {"agent", "last_agent"}:
            yield from leaves(part, (*path, name))


@each_call
def test_results_are_the_same(call: Call, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Decoder] = []
    kind = Decoder._kind  # noqa: SLF001 - called for each stream

    def note(decoder: Decoder, frame: Any) -> Any:
        read.append(decoder)
        return kind(decoder, frame)

    monkeypatch.setattr(Decoder, "_kind", note)

    def run() -> dict[tuple[Any, ...], Any]:
        made = call.make()
        return dict(leaves(loop.run_until_complete(collect(made)) if hasattr(made, "__aiter__") else list(made)))

    fixture = make(call.fixture, quick=True)
    with ReplayServer([fixture.body]) as server:
        for name, value in point_to(server).items():
            monkeypatch.setenv(name, value)
        plain = run()
        integrations.install()
        assert [run() for _ in range(3)] == [plain] * 3
    assert len(plain) > 2 * len(fixture.events)
    assert len(read) == (0 if call.name in WITHOUT_SEAM else 3)


async def collect(items: Any) -> list[Any]:
    return [item async for item in items]


PRINTED = {
    "langchain_chat": "chat",
    "langchain_claude": "anthropic",
    "pydantic_ai_agent": "chat",
    "openai_agent": "responses",
    "litellm_chat": "chat",
    "huggingface_chat": "chat",
    "instructor_partial": "tool arguments",
}


def test_every_example_is_run() -> None:
    assert PRINTED.keys() == {path.stem for path in (ROOT / "examples" / "frameworks").glob("*.py")}


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_prints_the_answer(name: str) -> None:
    packages = {call.module.removeprefix("frameworks."): call.package for call in FRAMEWORKS}
    if find_spec(packages[name]) is None:
        pytest.skip(f"{packages[name]} is not installed here")
    fixture = make(PRINTED[name], quick=True)
    with ReplayServer([fixture.body]) as server:
        found = subprocess.run(  # noqa: S603 - ours
            [sys.executable, ROOT / "examples" / "frameworks" / f"{name}.py"],
            env={**os.environ, **point_to(server)},
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=True,
            timeout=60,
        )
    assert fixture.message is not None
    if name == "instructor_partial":
        *_, last = found.stdout.splitlines()
        assert "path='src/parser.py' mode=420 text=" in last
    else:
        assert found.stdout.strip() == fixture.message.text.strip()
