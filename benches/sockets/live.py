"""What a live event costs: CPU time of the client alone, where the events come one by one, with time between them.

    python -m benches.sockets.live [--rounds N] [--quick] [--profile NAME]

The server is another process on loopback, and sends an event each 0.3 or 5 milliseconds, plain or over TLS. At the
bottom of all is a loop that calls `recv` and looks at nothing. Beside it stand the clients, which drain a response or
hand it to ssewire, and whole calls: of openai, plain and accelerated, and of f3dx, a client in Rust with sockets and
threads of its own. Their time has the request in it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import cProfile
import importlib.util
import pstats
import socket
import ssl
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import ssewire.integrations.openai

from benches import fixtures
from benches.report import Options, Row, progress
from benches.rounds import Contender, in_turn, ratio
from benches.sockets import clients
from benches.sockets.reading import UNIT, Stopwatch, aread, read
from benches.sockets.servers import END, segment_server
from benches.sockets.servers import TIMEOUT as SERVER_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from benches.fixtures import Fixture

GAPS = {"0.3 ms": 300, "5 ms": 5000}  # microseconds
RECV = "recv"
ROUNDS = 7  # a round is as long as its streams, most of which is waiting
WAYS = ("draining", "ssewire Stream")
ASYNC_CLIENTS = {**clients.ASYNC_WAYS, "httpx async": clients.ASYNC_HTTPX}
# What a stream is set beside, if not the same client's draining.
BASES = {"openai accelerated": "openai plain", "openai async accelerated": "openai async plain"}


def _recv(url: str, tls: clients.Tls | None, watch: Stopwatch) -> None:
    """Read a response by the fewest calls there are."""
    parts = urlsplit(url)
    assert parts.port is not None
    with socket.create_connection(("127.0.0.1", parts.port), timeout=SERVER_TIMEOUT) as plain:
        sock = plain if tls is None else tls.context.wrap_socket(plain, server_hostname="127.0.0.1")
        with sock:
            sock.sendall(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % parts.path.encode())
            with watch.running():
                while not sock.recv(clients.READ_SIZE).endswith(END):
                    pass


class _Bench:
    """Every contender against one server."""

    def __init__(self, url: str, tls: clients.Tls | None, fixture: Fixture) -> None:
        self._url = url
        self._tls = tls
        self._watch = Stopwatch()
        self._units = len(fixture.events)
        assert fixture.message is not None
        self._expected = (clients.Drained(len(fixture.body)), fixture.message.text, None)

    @contextlib.contextmanager
    def contenders(self) -> Iterator[list[Contender]]:
        """Open all the clients."""
        loop = asyncio.new_event_loop()
        stack = contextlib.AsyncExitStack()
        try:
            yield [Contender(RECV, partial(_recv, self._url, self._tls, self._watch)), *self._open(loop, stack)]
        finally:
            loop.run_until_complete(stack.aclose())
            loop.close()

    def _open(self, loop: asyncio.AbstractEventLoop, stack: contextlib.AsyncExitStack) -> Iterator[Contender]:
        for client, ways in clients.WAYS.items():
            get = stack.enter_context(clients.opened(client, self._tls))
            for way in WAYS:
                yield Contender(f"{client} {way}", partial(read, get, ways[way], self._url, self._watch))
        for client, aways in ASYNC_CLIENTS.items():
            aget = loop.run_until_complete(stack.enter_async_context(clients.aopened(client, tls=self._tls)))
            for way in WAYS:
                asked = partial(aread, aget, aways[way], self._url, self._watch)
                yield Contender(f"{client} {way}", partial(_run, loop, asked))
        if importlib.util.find_spec("openai") is not None:
            yield from self._open_openai(loop, stack)
        if importlib.util.find_spec("f3dx") is not None and self._tls is None:  # it trusts public authorities alone
            yield self._open_f3dx()

    def _open_openai(self, loop: asyncio.AbstractEventLoop, stack: contextlib.AsyncExitStack) -> Iterator[Contender]:
        import openai  # noqa: PLC0415 - may not be installed

        package: Any = __import__("httpx2" if _derives(openai.DefaultHttpxClient, "httpx2") else "httpx")
        options: dict[str, Any] = {"api_key": "-", "base_url": self._url, "max_retries": 0}
        verify = self._tls.context if self._tls else True
        for name in ("plain", "accelerated"):
            client = openai.OpenAI(**options, http_client=package.Client(verify=verify))
            stack.callback(client.close)
            aclient = openai.AsyncOpenAI(**options, http_client=package.AsyncClient(verify=verify))
            stack.push_async_callback(aclient.close)
            if name == "accelerated":
                ssewire.integrations.openai.accelerate(client)
                ssewire.integrations.openai.accelerate(aclient)
            yield Contender(f"openai {name}", partial(self._create, client))
            yield Contender(f"openai async {name}", partial(_run, loop, partial(self._acreate, aclient)))

    def _open_f3dx(self) -> Contender:
        import f3dx  # noqa: PLC0415 - may not be installed

        # Without TLS it would ask for HTTP/2 as if it knew that the server has it.
        client = f3dx.OpenAI(api_key="-", base_url=self._url, http2=False)

        def create() -> str:
            with self._watch.running():
                chunks = client.chat_completions_create_stream({"model": "m", "messages": []})
                return "".join([_content_of_dict(chunk) for chunk in chunks])

        return Contender("f3dx", create)

    def _create(self, client: Any) -> str:
        with self._watch.running():
            chunks = client.chat.completions.create(model="m", messages=[], stream=True)
            return "".join([_content(chunk) for chunk in chunks])

    async def _acreate(self, client: Any) -> str:
        with self._watch.running():
            chunks = await client.chat.completions.create(model="m", messages=[], stream=True)
            return "".join([_content(chunk) async for chunk in chunks])

    def measure(self, contender: Contender) -> float:
        """Return nanoseconds of CPU time an event."""
        before = self._watch.read()
        answer = contender.run()
        assert answer in self._expected, f"{contender.name} gave {str(answer)[:60]!r}"
        return (self._watch.read() - before) / self._units


def _run(loop: asyncio.AbstractEventLoop, asked: Callable[[], Coroutine[Any, Any, object]]) -> object:
    return loop.run_until_complete(asked())


def _derives(cls: type, package: str) -> bool:
    return any(base.__module__.partition(".")[0] == package for base in cls.__mro__)


def _content(chunk: Any) -> str:
    return chunk.choices[0].delta.content or "" if chunk.choices else ""


def _content_of_dict(chunk: Any) -> str:
    return chunk["choices"][0]["delta"].get("content") or "" if chunk["choices"] else ""


@contextlib.contextmanager
def trusted() -> Iterator[tuple[str, clients.Tls]]:
    """Make a certificate for loopback; give the file for the server, and who trusts it."""
    import trustme  # noqa: PLC0415 - plain sockets need none

    with tempfile.TemporaryDirectory() as folder:
        authority = trustme.CA()
        server, file = Path(folder, "server.pem"), Path(folder, "authority.pem")
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(server))
        authority.cert_pem.write_to_path(str(file))
        yield str(server), clients.Tls(str(file), ssl.create_default_context(cafile=str(file)))


@contextlib.contextmanager
def _opened(gap: str, *, tls: bool, quick: bool) -> Iterator[tuple[_Bench, list[Contender]]]:
    fixture = fixtures.make("chat", quick=quick or gap != "0.3 ms")
    with contextlib.ExitStack() as stack:
        certificate, trust = stack.enter_context(trusted()) if tls else (None, None)
        base = stack.enter_context(segment_server(fixture.body, certificate))
        bench = _Bench(f"{base}/every/{GAPS[gap]}/v1", trust, fixture)
        yield bench, stack.enter_context(bench.contenders())


def rows(options: Options) -> Iterator[Row]:
    """Give the rows of every contender, plain and over TLS, with either gap."""
    for tls in (False, True):
        for gap in GAPS:
            yield from measured(gap, tls=tls, rounds=min(options.rounds, ROUNDS), quick=options.quick)


def measured(gap: str, *, tls: bool, rounds: int, quick: bool, only: str = "") -> list[Row]:
    """Give the rows of those with `only` in their names, beside `recv`."""
    work = f"live, {'TLS' if tls else 'plain'}"
    progress(f"sockets: {work}, {gap}")
    with _opened(gap, tls=tls, quick=quick) as (bench, contenders):
        measures = {
            contender.name: partial(bench.measure, contender)
            for contender in contenders
            if contender.name == RECV or only in contender.name
        }
        for measure in measures.values():  # what is learnt is known, and connections are open
            measure()
        times = in_turn(measures, 1 if quick else rounds)
    return [Row("live", work, "chat", gap, name, unit=UNIT, rounds=found) for name, found in times.items()]


def table(found: list[Row]) -> Iterator[str]:
    """Give a line for each row: microseconds, and how many times `recv` and the base that is."""
    by_name = {row.contender: row for row in found}
    yield f"\n{found[0].work}, an event each {found[0].pieces}: µs CPU an event, times recv, times draining"
    for row in found:
        base = BASES.get(row.contender, row.contender.replace(WAYS[1], WAYS[0]))
        beside = ratio(row.rounds, by_name[base].rounds).median if base in by_name else float("nan")
        bare = ratio(row.rounds, by_name[RECV].rounds).median
        yield f"  {row.contender:30} {row.median / 1000:7.1f} {bare:7.2f} {beside:7.2f}"


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benches.sockets.live", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true", help="few events, one round")
    parser.add_argument("--gap", choices=GAPS, action="append", help="of one kind; may be repeated")
    parser.add_argument("--only", default="", help="contenders with this in their names")
    parser.add_argument("--plain", action="store_true", help="without TLS")
    parser.add_argument("--profile", action="store_true", help="where the time goes, instead of the table")
    given = parser.parse_args()
    for tls in (False,) if given.plain else (False, True):
        for gap in given.gap or GAPS:
            if given.profile:
                _profile(gap, given.only, tls=tls)
                continue
            found = measured(gap, tls=tls, rounds=given.rounds, quick=given.quick, only=given.only)
            for line in table(found):
                print(line, flush=True)


def _profile(gap: str, only: str, *, tls: bool) -> None:
    with _opened(gap, tls=tls, quick=False) as (bench, contenders):
        for contender in contenders:
            if only in contender.name:
                bench.measure(contender)
                profile = cProfile.Profile()
                profile.runcall(bench.measure, contender)
                print(contender.name)
                pstats.Stats(profile).sort_stats("tottime").print_stats(20)


if __name__ == "__main__":
    main()
