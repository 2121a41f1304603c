"""Whole calls over a socket: what the SDKs, and frameworks on them, cost as they are and with `install`.

    python -m benches.calls [--quick] [NAME…]

Each way is a process of its own, which makes the same call again and again, by turns with the others. Its CPU time is
counted, user and system, from the request to the end of the stream, for each event of it. The server is another process
on loopback. Each event is a chunk, and all are sent at once: so they come where the client is what is slow. Beside
stands what an HTTP client takes for the same response where nobody looks at the bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import inspect
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benches.fixtures import make
from benches.report import Options, Row, progress
from benches.rounds import in_turn
from benches.sockets.servers import segment_server
from benches.tables import rows as table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from benches.fixtures import Fixture

ROOT = Path(__file__).parents[1]
ENVIRONMENT = Path(sys.prefix).name.removeprefix(".venv-")
UNIT = "ns CPU/event"
PLAIN, ACCELERATED, DRAINING = "plain", "ssewire install()", "draining"
WARM_UP = 3  # calls, after which everything that is learnt is known
SECONDS = 0.05  # that one turn lasts, at least
ROUNDS = 11  # at most: a turn is long
MESSAGES: Any = [{"role": "user", "content": "Hello!"}]


@dataclass(frozen=True)
class Call:
    """A call that gives a stream.

    Attributes:
        name: Of its row.
        package: What has to be installed.
        module: The module of the function that makes the call.
        function: Its name.
        fixture: What the server answers.
        options: What the function gets.
        quick: Whether the fixture is a short one in any run, as the time grows with its square.
    """

    name: str
    package: str
    module: str
    function: str
    fixture: str
    options: dict[str, Any] = field(default_factory=dict)
    quick: bool = False

    @property
    def is_here(self) -> bool:
        """Whether this environment has what it needs."""
        return find_spec(self.package.partition(".")[0]) is not None

    def make(self) -> Any:
        """Make the call: give an iterable, an asynchronous one, or what it comes from when awaited."""
        return getattr(importlib.import_module(self.module), self.function)(**self.options)


def _sdk(name: str, package: str, fixture: str = "chat", *, client: str, resource: str = "chat.completions") -> Call:
    options = {"package": package, "client": client, "resource": resource}
    return Call(name, package, "benches.calls", "ask_sdk", fixture, options)


def _example(
    name: str, package: str, module: str, fixture: str = "chat", *, quick: bool = False, **options: Any
) -> Call:
    return Call(name, package, f"frameworks.{module}", "stream", fixture, {"question": "Hi", **options}, quick)


SDKS = [
    _sdk("openai chat", "openai", client="OpenAI"),
    _sdk("openai chat, async", "openai", client="AsyncOpenAI"),
    _sdk("openai responses", "openai", "responses", client="OpenAI", resource="responses"),
    _sdk("anthropic messages", "anthropic", "anthropic", client="Anthropic", resource="messages"),
    _sdk("anthropic messages, async", "anthropic", "anthropic", client="AsyncAnthropic", resource="messages"),
    _sdk("groq chat", "groq", client="Groq"),
    _sdk("cerebras chat", "cerebras.cloud.sdk", client="Cerebras"),
    _sdk("together chat", "together", client="Together"),
]
FRAMEWORKS = [
    _example("langchain chat", "langchain_openai", "langchain_chat"),
    _example("langchain responses", "langchain_openai", "langchain_chat", "responses", use_responses_api=True),
    _example("langchain anthropic", "langchain_anthropic", "langchain_claude", "anthropic"),
    _example("pydantic-ai chat", "pydantic_ai", "pydantic_ai_agent"),
    _example("pydantic-ai responses", "pydantic_ai", "pydantic_ai_agent", "responses", model="openai-responses:gpt-5"),
    _example("pydantic-ai anthropic", "pydantic_ai", "pydantic_ai_agent", "anthropic", model="anthropic:claude"),
    _example("openai-agents responses", "agents", "openai_agent", "responses"),
    _example("instructor chat", "instructor", "instructor_partial", "tool arguments", quick=True),
    _example("litellm chat", "litellm", "litellm_chat"),
    _example("litellm anthropic", "litellm", "litellm_chat", "anthropic", model="anthropic/claude-sonnet-5"),
    _example("huggingface_hub chat", "huggingface_hub", "huggingface_chat"),
]
CALLS = {call.name: call for call in (*SDKS, *FRAMEWORKS)}


# --- the process that makes calls ---------------------------------------------------------------------------------

_clients: dict[str, Any] = {}


def ask_sdk(package: str, client: str, resource: str) -> Any:
    """Call an SDK itself."""
    if package not in _clients:
        made = getattr(importlib.import_module(package), client)
        url = os.environ["ANTHROPIC_BASE_URL" if package == "anthropic" else "OPENAI_BASE_URL"]
        warmth = {"warm_tcp_connection": False} if client == "Cerebras" else {}  # a request of its own
        _clients[package] = made(api_key="-", base_url=url, max_retries=0, **warmth)
    place = _clients[package]
    for name in resource.split("."):
        place = getattr(place, name)
    asked = {"input": "Hi"} if resource == "responses" else {"messages": MESSAGES}
    limit = {"max_tokens": 9} if resource == "messages" else {}
    return place.create(model="m", stream=True, **asked, **limit)


def drain() -> Iterable[bytes]:
    """Read the response with httpx2 or httpx alone."""
    if not _clients:
        _clients["httpx"] = importlib.import_module("httpx2" if find_spec("httpx2") else "httpx").Client()
    with _clients["httpx"].stream("POST", os.environ["OPENAI_BASE_URL"], json={"stream": True}) as response:
        yield from response.iter_bytes()


def _serve_calls(name: str, way: str) -> None:
    """Make the call as often as each line of standard input says; tell the items it gave and its CPU time."""
    if way == ACCELERATED:
        importlib.import_module("ssewire.integrations").install()
    make_call = drain if way == DRAINING else CALLS[name].make
    with contextlib.closing(asyncio.new_event_loop()) as loop:
        for line in sys.stdin:
            start = time.process_time_ns()
            for _ in range(int(line)):
                made = make_call()
                count = sum(1 for _ in made) if hasattr(made, "__iter__") else loop.run_until_complete(_acount(made))
            print(json.dumps({"count": count, "time": time.process_time_ns() - start}), flush=True)


async def _acount(made: Any) -> int:
    items = await made if inspect.isawaitable(made) else made
    return sum([1 async for _ in items])


# --- the process that asks for them -------------------------------------------------------------------------------


class _Caller:
    """A process that makes one call in one way."""

    def __init__(self, process: subprocess.Popen[str], events: int) -> None:
        self._process = process
        self._events = events
        self.count, warm = 0, 0
        for _ in range(WARM_UP):
            self.count, warm = self._run(1)
        self._often = max(round(SECONDS * 1e9 / warm), 1)

    def measure(self) -> float:
        """Return nanoseconds of CPU time for an event."""
        return self._run(self._often)[1] / (self._often * self._events)

    def _run(self, often: int) -> tuple[int, int]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{often}\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        return told["count"], told["time"]


@contextlib.contextmanager
def _started(call: Call, way: str, url: str, events: int) -> Iterator[_Caller]:
    names = {"OPENAI_BASE_URL": f"{url}/whole/v1", "ANTHROPIC_BASE_URL": f"{url}/whole"}
    keys = {"OPENAI_API_KEY": "-", "ANTHROPIC_API_KEY": "-", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    paths = {"PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(ROOT / "examples")])}
    command = [sys.executable, "-m", "benches.calls", "--serve", way, call.name]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    with subprocess.Popen(command, env={**os.environ, **names, **keys, **paths}, **pipes) as process:  # noqa: S603 - ours
        try:
            yield _Caller(process, events)
        finally:
            process.kill()


def rows(options: Options, names: Iterable[str] = CALLS) -> Iterator[Row]:
    """Give the rows of the calls that this environment can make."""
    for call in (CALLS[name] for name in names):
        if call.is_here:
            progress(f"calls: {call.name}")
            yield from _measured(call, make(call.fixture, quick=options.quick or call.quick), options)


def _measured(call: Call, fixture: Fixture, options: Options) -> Iterator[Row]:
    events = len(fixture.events)
    with segment_server(fixture.body) as url, contextlib.ExitStack() as stack:
        ways = (PLAIN, ACCELERATED, DRAINING)
        callers = {way: stack.enter_context(_started(call, way, url, events)) for way in ways}
        rounds = 2 if options.quick else min(options.rounds, ROUNDS)
        times = in_turn({way: caller.measure for way, caller in callers.items()}, rounds)
    expected = callers[PLAIN].count
    for way, caller in callers.items():
        wrong = f"{caller.count} items instead of {expected}" if way == ACCELERATED and caller.count != expected else ""
        yield Row(
            "calls",
            call.name,
            fixture.name,
            "at once",
            way,
            wrong or True,
            UNIT,
            times[way],
            "" if ENVIRONMENT == "bench" else ENVIRONMENT,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benches.calls", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=Options.rounds)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"calls; all, if none: {', '.join(CALLS)}")
    given = parser.parse_args(arguments)
    if given.serve:
        _serve_calls(given.names[0], given.serve)
        return
    chosen: Iterable[str] = given.names or CALLS
    for name in chosen:
        for line in table(rows(Options(given.rounds, given.quick), [name])):
            print(line, flush=True)


if __name__ == "__main__":
    main()
