"""`--model`, `--prompt`, `-d` and keys from the environment: what the command asks, of whom, and with whose key."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from ssewire.cli.ask import credentials
from ssewire.replay import ReplayServer

from tests.support.cli_process import CHAT, END, run, text_chunk

if TYPE_CHECKING:
    from pathlib import Path

KEYS = {
    "OPENAI_API_KEY": "key-openai",
    "ANTHROPIC_API_KEY": "key-anthropic",
    "GEMINI_API_KEY": "key-gemini",
    "CO_API_KEY": "key-cohere",
    "GROQ_API_KEY": "key-groq",
}
ANTHROPIC = b"".join(
    b"event: " + kind + b'\ndata: {"type": "' + kind + b'"' + rest + b"}\n\n"
    for kind, rest in (
        (b"message_start", b', "message": {"id": "m", "type": "message", "role": "assistant", "content": []}'),
        (b"content_block_start", b', "index": 0, "content_block": {"type": "text", "text": ""}'),
        (b"content_block_delta", b', "index": 0, "delta": {"type": "text_delta", "text": "Hi"}'),
        (b"content_block_stop", b', "index": 0'),
        (b"message_delta", b', "delta": {"stop_reason": "end_turn"}'),
        (b"message_stop", b""),
    )
)
GEMINI = b'data: {"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}\n\n'
RESPONSES = b'data: {"type": "response.output_text.delta", "item_id": "i", "output_index": 0, "content_index": 0, '
RESPONSES += b'"delta": "Hi"}\n\ndata: {"type": "response.completed", '
RESPONSES += b'"response": {"id": "r", "object": "response", "status": "completed", "output": []}}\n\n'
COHERE = b'data: {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Hi"}}}}\n\n'
COHERE += b'data: {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}\n\n'
OLLAMA = b'{"model": "m", "message": {"role": "assistant", "content": "Hi"}, "done": false}\n'
OLLAMA += b'{"model": "m", "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": "stop"}\n'
HI = text_chunk("Hi") + END
MESSAGES = [{"role": "user", "content": "Hello?"}]
USAGE = {"stream": True, "stream_options": {"include_usage": True}}


def variables(**own: str) -> dict[str, str]:
    """An environment with every key, and with nothing of the tests' own."""
    theirs = ("_API_KEY", "_BASE_URL", "_HOST", "_API_URL", "_PROXY")
    emptied = {name: "" for name in os.environ if name.upper().endswith(theirs)}
    return {**emptied, **KEYS, "NO_PROXY": "127.0.0.1", **own}


ASKED: list[tuple[str, str, str, bytes, str, str, dict[str, Any], dict[str, str]]] = [
    # dialect, model, the base URL's variable, stream, its path there, path, body, fields
    (
        "",
        "gpt-x",
        "OPENAI_BASE_URL",
        HI,
        "/v1",
        "/v1/chat/completions",
        {"model": "gpt-x", "messages": MESSAGES, **USAGE},
        {"authorization": "Bearer key-openai"},
    ),
    (
        "openai-responses",
        "gpt-x",
        "OPENAI_BASE_URL",
        RESPONSES,
        "/v1",
        "/v1/responses",
        {"model": "gpt-x", "input": "Hello?", "stream": True},
        {"authorization": "Bearer key-openai"},
    ),
    (
        "",
        "claude-x",
        "ANTHROPIC_BASE_URL",
        ANTHROPIC,
        "",
        "/v1/messages",
        {"model": "claude-x", "max_tokens": 4096, "messages": MESSAGES, "stream": True},
        {"x-api-key": "key-anthropic", "anthropic-version": "2023-06-01"},
    ),
    (
        "",
        "gemini-x",
        "GOOGLE_GEMINI_BASE_URL",
        GEMINI,
        "/",
        "/v1beta/models/gemini-x:streamGenerateContent?alt=sse",
        {"contents": [{"role": "user", "parts": [{"text": "Hello?"}]}]},
        {"x-goog-api-key": "key-gemini"},
    ),
    (
        "",
        "command-x",
        "CO_API_URL",
        COHERE,
        "",
        "/v2/chat",
        {"model": "command-x", "messages": MESSAGES, "stream": True},
        {"authorization": "Bearer key-cohere"},
    ),
    (
        "ollama",
        "llama",
        "OLLAMA_HOST",
        OLLAMA,
        "",
        "/api/chat",
        {"model": "llama", "messages": MESSAGES, "stream": True},
        {},
    ),
]


@pytest.mark.parametrize(
    ("dialect", "model", "variable", "stream", "base", "path", "body", "fields"),
    ASKED,
    ids=lambda value: str(value)[:20],
)
def test_a_provider_is_asked_as_it_wants(  # noqa: PLR0913, PLR0917 - a table's columns
    dialect: str, model: str, variable: str, stream: bytes, base: str, path: str, body: Any, fields: dict[str, str]
) -> None:
    kind = "application/x-ndjson" if stream is OLLAMA else "text/event-stream"
    with ReplayServer([stream], content_type=kind) as server:
        url = server.url.removesuffix("/v1") + base
        named = {variable: url.removeprefix("http://") if variable == "OLLAMA_HOST" else url}
        chosen = ["--dialect", dialect] if dialect else []
        out, err, status = run(
            "cat", "-q", *chosen, "--model", model, "--prompt", "Hello?", variables=variables(**named)
        )
    assert (out, err, status) == ("Hi", "", 0)
    [request] = server.requests
    assert (request.method, request.path, request.json()) == ("POST", path, body)
    assert request.headers["content-type"] == "application/json"
    sent = {name: request.headers.get(name) for name in ("authorization", "x-api-key", "x-goog-api-key")}
    assert sent | {"anthropic-version": request.headers.get("anthropic-version")} == {
        **dict.fromkeys(("authorization", "x-api-key", "x-goog-api-key", "anthropic-version")),
        **fields,
    }


@pytest.mark.parametrize("command", ["cat", "deltas", "events"])
def test_a_url_is_asked_in_the_words_of_its_path_and_without_a_key(command: str) -> None:
    with ReplayServer([HI]) as server:
        url = f"{server.url}/chat/completions"
        _, err, status = run(command, url, "--model", "m", "--prompt", "Hello?", variables=variables())
    assert (status, [line for line in err.splitlines() if "Error" in line]) == (0, [])
    [request] = server.requests
    assert (request.path, request.json()) == ("/v1/chat/completions", {"model": "m", "messages": MESSAGES, **USAGE})
    assert not any(key in value for key in KEYS.values() for value in request.headers.values())


def test_the_users_own_fields_count_more() -> None:
    with ReplayServer([HI]) as server:
        own = "authorization: Bearer mine"
        run("cat", "--model", "m", "--prompt", "x", "-H", own, variables=variables(OPENAI_BASE_URL=server.url))
        run("cat", server.url, "-d", "{}", variables=variables(OPENAI_BASE_URL=server.url))
    first, second = server.requests
    assert first.headers["authorization"] == "Bearer mine"
    assert second.headers["authorization"] == "Bearer key-openai"  # with a body of one's own it is the same provider


@pytest.mark.parametrize("option", ["-d", "--data"])
def test_a_body_from_a_file_and_from_stdin(option: str, tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_text('{"from": "a file"}', "utf-8")
    with ReplayServer([HI]) as server:
        for value, stdin in ((f"@{file}", b""), ("@-", b'{"from": "stdin"}'), ('{"from": "here"}', b"")):
            assert run("cat", "-q", server.url, option, value, stdin=stdin) == ("Hi", "", 0)
    assert [request.json()["from"] for request in server.requests] == ["a file", "stdin", "here"]


def test_a_prompt_from_a_file_and_from_stdin(tmp_path: Path) -> None:
    file = tmp_path / "prompt.txt"
    file.write_text("Wörld?", "utf-8")
    with ReplayServer([HI]) as server:
        asked = ["cat", "-q", f"{server.url}/chat/completions", "--model", "m", "--prompt"]
        for value, stdin in ((f"@{file}", b""), ("@-", "Wörld?".encode()), ("Wörld?", b"")):
            assert run(*asked, value, stdin=stdin) == ("Hi", "", 0)
    assert [request.json()["messages"][0]["content"] for request in server.requests] == ["Wörld?"] * 3


def test_a_key_goes_to_its_own_host_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables(OPENAI_BASE_URL="https://gateway.example/v1").items():
        monkeypatch.setenv(name, value)
    assert credentials("https://api.openai.com/v1/x") == {"Authorization": "Bearer key-openai"}
    assert credentials("https://gateway.example/other") == {"Authorization": "Bearer key-openai"}
    assert credentials("https://api.groq.com/openai/v1/x") == {"Authorization": "Bearer key-groq"}
    for url in (
        "http://api.openai.com/v1/x",  # in plain text
        "https://api.openai.com.evil.example/",
        "https://evil.example/api.openai.com",
        "https://api.openai.com@evil.example/",
        "https://gateway.example:444/v1",  # another port is another server
        "https://sub.gateway.example/v1",
        "http://127.0.0.1:8000/v1",
    ):
        assert credentials(url) == {}, url
    monkeypatch.setenv("OPENAI_BASE_URL", "http://gateway.example/v1")
    assert credentials("http://gateway.example/v1") == {}
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1")
    assert credentials("http://localhost:8000/v1/x") == {"Authorization": "Bearer key-openai"}


def test_a_gateway_to_several_providers_gets_the_key_of_each() -> None:
    with ReplayServer([ANTHROPIC]) as server:
        base = server.url.removesuffix("/v1")
        named = variables(OPENAI_BASE_URL=server.url, ANTHROPIC_BASE_URL=base)
        assert run("cat", "-q", "--model", "claude-x", "--prompt", "Hello?", variables=named) == ("Hi", "", 0)
    [request] = server.requests
    assert request.headers["x-api-key"] == "key-anthropic"
    assert request.headers["authorization"] == "Bearer key-openai"


# What the provider says


def test_a_refused_request_tells_everything_once() -> None:
    body = json.dumps({"error": {"message": "Incorrect API key", "type": "invalid_request_error", "code": "bad_key"}})
    headers = {"x-request-id": "req_1", "retry-after": "3"}
    with ReplayServer([HI], fail=(401, body.encode()), headers=headers) as server:
        for command in (["cat", "-q"], ["cat", "-q", "--json"], ["deltas"], ["events"]):
            out, err, status = run(*command, server.url)
            assert (out, status) == ("", 3)
            first, second = err.splitlines()
            assert first == (
                "ssewire: ProviderError: Incorrect API key (HTTP 401, type invalid_request_error, code bad_key)"
            )
            assert second.startswith(
                "ssewire: ask again after 3 s; request id req_1; the key is read from OPENAI_API_KEY"
            )


@pytest.mark.parametrize(
    ("url", "status", "hint"),
    [("", 404, "the URL may be wrong"), ("", 405, "a body with --data")],
)
def test_a_status_that_has_a_usual_reason(url: str, status: int, hint: str) -> None:
    with ReplayServer([HI], fail=(status, b"<p>nothing here</p>")) as server:
        out, err, code = run("cat", "-q", server.url + url)
    assert (out, code) == ("", 3)
    assert f"ResponseError: expected an event stream, got HTTP {status}" in err
    assert hint in err


# Wrong usage


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--prompt", "x"], "--prompt needs --model"),
        (["--model", "x"], "--model is for --prompt"),
        (["--model", "m", "--prompt", "x", "-d", "{}"], "give one of them"),
        (["--model", "m", "--prompt", "x", str(CHAT)], "--prompt asks a URL, and not"),
        (["--model", "m", "--prompt", "@nowhere"], "nowhere: No such file"),
        (["--model", "m", "--prompt", "x", "http://127.0.0.1:1/"], "name the API with --dialect"),
        (["--model", "m", "--prompt", "x", "--dialect", "ag-ui"], "--prompt knows how to ask openai-chat"),
        (["http://127.0.0.1:1/v1"], "Connection refused (is the server running there?)"),
        (["htp://localhost/"], "URLs begin with http:// or https://, and not with htp://"),
        (["localhost:8000/v1"], "a URL begins with its scheme: http://localhost:8000/v1"),
        (["api.example.com/v1"], "a URL begins with its scheme: https://api.example.com/v1"),
        (["api.example.com/v1", "-d", "{}"], "a URL begins with its scheme: https://api.example.com/v1"),
        (["", "-d", "{}"], "are for URLs"),
        (["http:///v1"], "no host given"),
    ],
)
def test_wrong_usage_is_one_line_that_helps(args: list[str], told: str) -> None:
    out, err, status = run("cat", *args)
    assert (out, status, err.count("\n")) == ("", 2, 1)
    assert err.startswith("ssewire: ")
    assert told in err
