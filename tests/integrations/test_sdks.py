"""`ssewire.integrations`: every SDK that it takes, of whichever release is installed here, by each way into it.

`make test-sdks` runs this file with the newest releases, and with the oldest.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from ssewire import integrations
from ssewire.integrations._sdk import PACKAGES, find_sdk
from ssewire.replay import ReplayServer

from tests.support.past_clients import received_past_clients

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = {
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "groq": "Groq",
    "cerebras": "Cerebras",
    "together": "Together",
}


def is_here(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def of(name: str) -> Any:
    """A test's SDK; it is not run where this environment has none."""
    return pytest.param(name, marks=pytest.mark.skipif(not is_here(name), reason=f"{name} is not installed here"))


each_sdk = pytest.mark.parametrize("name", [of(name) for name in CLIENTS])


def make(name: str, url: str, prefix: str = "") -> Any:
    package = importlib.import_module(PACKAGES[name])
    cls = getattr(package, prefix + CLIENTS[name])
    warmth = "warm_tcp_connection"  # Cerebras's: a request of its own, which would get the body
    extra = {warmth: False} if warmth in cls.__init__.__kwdefaults__ else {}
    return cls(api_key="-", base_url=url, max_retries=0, **extra)


def body(name: str) -> bytes:
    if name == "anthropic":
        return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in MESSAGE)
    return b"".join(f"data: {json.dumps(chunk)}\n\n".encode() for chunk in CHUNKS) + b"data: [DONE]\n\n"


def chunk(**delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], "more": [1]}


CHUNKS = [chunk(role="assistant", content=""), chunk(content="Grüße"), chunk(content='an "error"'), chunk()]
MESSAGE: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "model": "c",
     "content": [], "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Grüße"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
    {"type": "message_stop"},
]  # fmt: skip


def ask(name: str, client: Any) -> Any:
    options = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    if name == "anthropic":
        return client.messages.create(max_tokens=9, **options)
    return client.chat.completions.create(**options)


def state(value: Any) -> Any:
    """All of a model, comparable."""
    if hasattr(value, "model_fields_set"):
        return [type(value), value.model_fields_set, state(value.__dict__), state(value.__pydantic_extra__)]
    if isinstance(value, dict):
        return [(key, state(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [list, *map(state, value)]
    return [type(value), repr(value)]


def read(name: str, url: str) -> list[Any]:
    with make(name, url) as client:
        return [state(event) for _ in range(3) for event in ask(name, client)]


async def aread(name: str, url: str) -> list[Any]:
    async with make(name, url, "Async") as client:
        return [state(event) for _ in range(3) async for event in await ask(name, client)]


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    integrations.uninstall()


@each_sdk
def test_one_client(name: str) -> None:
    with ReplayServer([body(name)]) as server:
        expected = read(name, server.url)
        assert len(expected) == 3 * len(MESSAGE if name == "anthropic" else CHUNKS)
        with make(name, server.url) as client:
            assert integrations.accelerate(client) is client
            assert [state(event) for _ in range(3) for event in ask(name, client)] == expected
            assert is_ours(client)
            assert is_ours(client.with_options(timeout=3))


@each_sdk
def test_all_clients_of_a_process(name: str) -> None:
    base = find_sdk(PACKAGES[name]).base
    before = list(vars(base).items())
    with ReplayServer([body(name)]) as server, make(name, server.url) as made_before:
        expected, aexpected = read(name, server.url), asyncio.run(aread(name, server.url))
        assert integrations.install(name) == (PACKAGES[name],)
        assert is_ours(made_before)
        assert not any("ssewire" in attribute for attribute in vars(made_before))
        assert [state(event) for _ in range(3) for event in ask(name, made_before)] == expected
        assert read(name, server.url) == expected
        assert asyncio.run(aread(name, server.url)) == aexpected
        integrations.uninstall(name)
        assert list(vars(base).items()) == before
        assert not is_ours(made_before)
        assert read(name, server.url) == expected


def is_ours(client: Any) -> bool:
    return type(client._make_sse_decoder()).__module__.startswith("ssewire.")  # noqa: SLF001 - the seam


@each_sdk
def test_chunks_are_read_past_the_client(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    received = received_past_clients(monkeypatch)
    with ReplayServer([body(name)]) as plain, ReplayServer([body(name)]) as server:
        expected, aexpected = read(name, plain.url), asyncio.run(aread(name, plain.url))
        assert not received
        integrations.install(name)
        assert read(name, server.url) == expected
        assert any(received)
        received.clear()
        assert asyncio.run(aread(name, server.url)) == aexpected
        assert any(received)
        assert server.connections <= plain.connections


def here() -> list[str]:
    return [package for name, package in PACKAGES.items() if is_here(name)]


def test_all_sdks_that_can_be_imported() -> None:
    assert list(integrations.install()) == here()
    assert all(
        vars(find_sdk(package).base)["_make_sse_decoder"].__module__.startswith("ssewire.") for package in here()
    )
    integrations.uninstall()
    assert not any(
        vars(find_sdk(package).base)["_make_sse_decoder"].__module__.startswith("ssewire.") for package in here()
    )


def test_twice_is_once() -> None:
    base = find_sdk("openai").base
    before = vars(base)["_make_sse_decoder"]
    integrations.install("openai")
    first = vars(base)["_make_sse_decoder"]
    integrations.install("openai", "groq")
    assert vars(base)["_make_sse_decoder"] is first
    integrations.uninstall("openai")
    integrations.uninstall("openai")
    assert vars(base)["_make_sse_decoder"] is before


def test_many_threads_install_and_read() -> None:
    base = find_sdk("openai").base
    before = list(vars(base).items())
    faults: list[object] = []
    with ReplayServer([body("openai")]) as server:
        expected = read("openai", server.url)

        def work(number: int) -> None:
            for _ in range(5):
                (integrations.install if number % 2 else integrations.uninstall)("openai")
                if (given := read("openai", server.url)) != expected:
                    faults.append(given)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    integrations.uninstall()
    assert not faults
    assert list(vars(base).items()) == before


@pytest.mark.parametrize("undo_after", [0, 1, 2])
def test_streams_that_are_open_are_read_to_their_end(undo_after: int) -> None:
    with ReplayServer([body("openai")]) as server, make("openai", server.url) as client:
        expected = [state(event) for event in ask("openai", client)]
        integrations.install("openai")
        list(ask("openai", client))
        stream = ask("openai", client)
        given = [state(next(stream)) for _ in range(undo_after)]
        integrations.uninstall("openai")
        integrations.install("openai")
        integrations.uninstall("openai")
        assert given + [state(event) for event in stream] == expected


def test_an_accelerated_client_stays_so() -> None:
    with ReplayServer([body("openai")]) as server, make("openai", server.url) as client:
        expected = read("openai", server.url)
        integrations.install("openai")
        integrations.accelerate(client)
        integrations.uninstall("openai")
        assert is_ours(client)
        assert [state(event) for _ in range(3) for event in ask("openai", client)] == expected


def test_what_was_replaced_after_us_is_not_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    base = find_sdk("openai").base
    integrations.install("openai", "groq")
    with monkeypatch.context() as patch:
        patch.setattr(base, "_make_sse_decoder", lambda _: None)
        with pytest.raises(RuntimeError, match=r"openai\._base_client.*_make_sse_decoder was replaced again"):
            integrations.uninstall()
        assert vars(find_sdk("groq").base)["_make_sse_decoder"].__module__.startswith("ssewire.")


@pytest.mark.parametrize("name", [of("finch")])
def test_a_release_without_the_seams_is_refused(name: str) -> None:
    message = r"finch 0\.15\.0 has no finch\._base_client\.BaseClient\._make_sse_decoder"
    with pytest.raises(ImportError, match=message):
        integrations.install("openai", name)
    assert not is_ours(make("openai", "http://127.0.0.1:1/v1"))
    client = importlib.import_module(name).Finch(access_token="-")  # noqa: S106 - there is none
    with pytest.raises(ImportError, match=message):
        integrations.accelerate(client)


def test_other_packages_are_refused() -> None:
    with pytest.raises(ImportError, match=r"json 2\S+ has no json\._base_client\.BaseClient"):
        integrations.install("json")
    with pytest.raises(ImportError, match="No module named 'nowhere'"):
        integrations.uninstall("nowhere")
    with pytest.raises(TypeError, match=r"expected a client of openai, anthropic, groq, .*, got object"):
        integrations.accelerate(object())
