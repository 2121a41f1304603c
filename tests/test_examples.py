"""The examples, run the way their readers run them: as programs of their own, against a server."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import ssewire
from cli_process import CHAT, END, TOOLS, WAIT, chunk, text_chunk
from cli_process import start as start_command
from ssewire.replay import ReplayServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssewire.replay.options import Encoding

ROOT = Path(__file__).parents[1]
EXAMPLES = {path.stem: path for path in sorted((ROOT / "examples").glob("*.py"))}
RUN_AND_END = sorted(EXAMPLES.keys() - {"gateway"})
STREAMS = Path(__file__).with_name("data") / "streams"
ANSWER, FUNCTION_CALL = STREAMS / "forecast_answer.sse", STREAMS / "function_call.sse"
CHAT_TEXT, ANSWER_TEXT = (ssewire.collect(path.read_bytes()).text for path in (CHAT, ANSWER))
STDIN = {"chat_loop": "hello\n", "cancel": "\n"}
FAILURE = (429, b'{"error": {"message": "slow down", "type": "rate_limit_error"}}')

posix = pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process here")


def start(name: str, *args: str, **variables: str) -> subprocess.Popen[str]:
    """Start an example with pipes; a warning is an error."""
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(("OPENAI_", "PYTHON"))}
    kept = {key: value for key, value in kept.items() if not key.upper().endswith("_PROXY")}
    # The program is ours, and so are its arguments.
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-W", "error", str(EXAMPLES[name]), *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**kept, "PYTHONIOENCODING": "utf-8", **variables},
    )


def run(name: str, *args: str, stdin: str = "", **variables: str) -> tuple[str, str, int]:
    """Run an example to its end; return stdout, stderr and the exit status."""
    with start(name, *args, **variables) as process:
        out, err = finish(process, stdin)
    return out, err, process.returncode


def finish(process: subprocess.Popen[str], stdin: str = "") -> tuple[str, str]:
    """Give the rest of its input and return the rest of its output; one that hangs is killed."""
    try:
        return process.communicate(stdin, WAIT)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def read(process: subprocess.Popen[str], expected: str) -> None:
    """Read as much of stdout as is expected, and compare."""
    assert process.stdout is not None
    data = b""
    while len(data) < len(expected.encode()) and (more := os.read(process.stdout.fileno(), 65536)):
        data += more
    assert data.decode() == expected


def sent(server: ReplayServer) -> list[list[dict[str, Any]]]:
    """Return the messages of each request."""
    return [request.json()["messages"] for request in server.requests]


def stream(*texts: str) -> bytes:
    """Return a whole stream, an event a text."""
    return b"".join(map(text_chunk, texts)) + END


def text_of(path: Path, events: int) -> str:
    """Return the text that the first events of a stream bring."""
    accumulator = ssewire.Accumulator()
    accumulator.observe(b"".join(part + b"\n\n" for part in path.read_bytes().split(b"\n\n")[:events]))
    return accumulator.snapshot.text


# All of them


@pytest.mark.parametrize("name", RUN_AND_END)
def test_each_takes_address_key_and_model_from_the_environment(name: str) -> None:
    with ReplayServer([ANSWER]) as server:
        _, err, status = run(
            name,
            stdin=STDIN.get(name, ""),
            OPENAI_BASE_URL=server.url,
            OPENAI_API_KEY="the key",
            OPENAI_MODEL="the model",
        )
    assert (err, status) == ("", 0)
    assert server.requests
    for request in server.requests:
        assert (request.method, request.path) == ("POST", "/v1/chat/completions")
        assert request.headers["authorization"] == "Bearer the key"
        assert request.json()["model"] == "the model"
        assert request.json()["stream"] is True


@pytest.mark.parametrize("name", RUN_AND_END)
def test_each_runs_as_its_docstring_says(name: str) -> None:
    docstring = ast.get_docstring(ast.parse(EXAMPLES[name].read_text(encoding="utf-8"))) or ""
    command = re.search(
        r"^ +ssewire serve --port 8000(.*)\n +python examples/(\w+)\.py \[BASE_URL\]$", docstring, re.MULTILINE
    )
    assert command is not None, docstring
    assert command[2] == name
    args = re.sub(r"--rate \d+", "", command[1])  # it is for those who watch
    with start_command("serve", *shlex.split(args, comments=True), cwd=ROOT) as server:
        assert server.stdout is not None
        url = server.stdout.readline().decode().strip()
        _, err, status = run(name, url, stdin=STDIN.get(name, ""))
        server.terminate()
    assert (err, status) == ("", 0)


def test_each_has_a_test() -> None:
    for name in EXAMPLES:
        assert any(test.startswith(f"test_{name}_") for test in globals()), name


def test_the_readme_lists_each() -> None:
    table = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[`(\w+)\.py`\]\(\1\.py\) \|", table, re.MULTILINE)) == sorted(EXAMPLES)


# print_text, requests_only, usage


@pytest.mark.parametrize("name", ["print_text", "requests_only"])
def test_print_text_and_requests_only_print_it_as_it_comes(name: str) -> None:
    permits = threading.Semaphore(0)
    with ReplayServer([stream("one ", "two ", "three")], gate=lambda _: permits.acquire(timeout=WAIT)) as server:
        try:
            with start(name, server.url) as process:
                for text in ("one ", "two ", "three"):
                    permits.release()
                    read(process, text)
                permits.release(2)  # the finish reason and the sentinel
                assert finish(process) == ("\n", "")
        finally:
            permits.release(10)  # where the test failed
    assert process.returncode == 0


def test_print_text_without_a_key_sends_none() -> None:
    with ReplayServer([CHAT]) as server:
        assert run("print_text", server.url) == (f"{CHAT_TEXT}\n", "", 0)
    assert "authorization" not in server.requests[0].headers


def test_requests_only_tells_what_the_api_says() -> None:
    with ReplayServer([CHAT], fail=FAILURE) as server:
        out, err, status = run("requests_only", server.url)
    assert (out, err, status) == ("", "\nthe API says (HTTP 429, rate_limit_error): slow down\n", 1)


def test_requests_only_tells_of_an_error_in_the_middle() -> None:
    error = b'data: {"error": {"message": "overloaded", "type": "server_error"}}\n\n'
    with ReplayServer([text_chunk("so far") + error]) as server:
        out, err, status = run("requests_only", server.url)
    assert (out, status) == ("so far", 1)
    assert err.endswith("server_error): overloaded\n")


def test_requests_only_shows_what_is_no_event_stream() -> None:
    page = b"<!DOCTYPE html><title>Log in</title>"
    with ReplayServer([page], content_type="text/html", framing="length") as server:
        out, err, status = run("requests_only", server.url)
    assert (out, status) == ("", 1)
    assert err.startswith(f"\n{server.url}/chat/completions: ")
    assert "HTTP 200 text/html" in err
    assert page.decode() in err
    assert "Traceback" not in err


def test_requests_only_tells_that_the_end_is_missing() -> None:
    with ReplayServer([stream("one ", "two ", "three")], drop_after=2) as server:
        out, err, status = run("requests_only", server.url)
    assert (out, status) == ("one two ", 1)
    assert err.startswith("\nthe answer is not complete: ")
    assert "Traceback" not in err


def test_usage_prints_text_and_counts() -> None:
    with ReplayServer([CHAT]) as server:
        out, err, status = run("usage", server.url)
    assert out == f"{CHAT_TEXT}\nusage: 19 tokens in (0 cached), 68 out (20 for reasoning)\n"
    assert (err, status) == ("", 0)
    assert server.requests[0].json()["stream_options"] == {"include_usage": True}


def test_usage_of_a_server_that_sends_none() -> None:
    with ReplayServer([stream("Hello!")]) as server:
        assert run("usage", server.url) == ("Hello!\nusage: the server did not say\n", "", 0)


# chat_loop


def test_chat_loop_keeps_the_history() -> None:
    with ReplayServer([stream("Hello, ", "Ada."), stream("Twice so far.")]) as server:
        out, err, status = run("chat_loop", server.url, stdin="I am Ada\nhow often did I speak?\n")
    assert (out, err, status) == ("> Hello, Ada.\n> Twice so far.\n> \n", "", 0)
    first, second = sent(server)
    assert first == [{"role": "user", "content": "I am Ada"}]
    assert second[0] == first[0]
    assert second[1].items() >= {"role": "assistant", "content": "Hello, Ada."}.items()
    assert second[2:] == [{"role": "user", "content": "how often did I speak?"}]
    assert server.connections == 1  # a stream that was read to its end gives its connection back


def test_chat_loop_forgets_a_turn_without_an_answer() -> None:
    with ReplayServer([stream("Hello!")], fail=FAILURE, fail_times=1) as server:
        out, err, status = run("chat_loop", server.url, stdin="one\ntwo\n")
    assert (out, err, status) == ("> [no answer: slow down]\n> Hello!\n> \n", "", 0)
    assert sent(server)[1] == [{"role": "user", "content": "two"}]


# tool_calls, legacy_function_call


def test_tool_calls_are_executed_and_answered() -> None:
    with ReplayServer([TOOLS, ANSWER]) as server:
        out, err, status = run("tool_calls", server.url)
    calls = ssewire.collect(TOOLS.read_bytes()).tool_calls
    assert [line for line in out.splitlines() if line.startswith("forecast(")] == [
        f"forecast({call.arguments})" for call in calls
    ]
    assert out.endswith(f"\n{ANSWER_TEXT}\n")
    assert (err, status) == ("", 0)
    question, assistant, *results = sent(server)[1]
    assert sent(server)[0] == [question]
    assert [call["id"] for call in assistant["tool_calls"]] == ["call_oslo", "call_lisbon"]
    assert [(result["role"], result["tool_call_id"]) for result in results] == [
        ("tool", "call_oslo"),
        ("tool", "call_lisbon"),
    ]
    assert [json.loads(result["content"])["city"] for result in results] == ["Oslo", "Lisboa"]


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        ({"name": "no_such", "arguments": "{}"}, "KeyError('no_such')"),
        ({"name": "forecast", "arguments": '{"town": "Oslo"}'}, "TypeError("),
        ({"name": "forecast", "arguments": '{"city": '}, "Error("),
        ({"name": "forecast", "arguments": ""}, "TypeError("),
    ],
)
def test_tool_calls_that_cannot_be_executed_are_told_to_the_model(function: dict[str, str], problem: str) -> None:
    call = {"index": 0, "id": "call_1", "type": "function", "function": function}
    body = chunk(json.dumps({"tool_calls": [call]})) + chunk("{}", '"tool_calls"') + b"data: [DONE]\n\n"
    with ReplayServer([body, ANSWER]) as server:
        _, err, status = run("tool_calls", server.url)
    assert (err, status) == ("", 0)
    assert problem in json.loads(sent(server)[1][-1]["content"])["error"]


def test_tool_calls_without_an_end_are_given_up() -> None:
    with ReplayServer([TOOLS]) as server:
        _, err, status = run("tool_calls", server.url)
    assert (err, status) == ("no answer after 5 requests\n", 1)
    assert len(server.requests) == 5


def test_legacy_function_call_is_executed_and_answered() -> None:
    with ReplayServer([FUNCTION_CALL, ANSWER]) as server:
        out, err, status = run("legacy_function_call", server.url)
    assert (out, err, status) == (f'function_call: forecast({{"city":"Lisbon"}})\n{ANSWER_TEXT}\n', "", 0)
    question, assistant, result = sent(server)[1]
    assert sent(server)[0] == [question]
    assert assistant["function_call"] == {"name": "forecast", "arguments": '{"city":"Lisbon"}'}
    assert "tool_calls" not in assistant
    assert (result["role"], result["name"]) == ("function", "forecast")
    assert json.loads(result["content"])["city"] == "Lisbon"


# cancel


def test_cancel_stops_a_stream_that_is_waited_for() -> None:
    body = text_chunk("one ") + text_chunk("two ")
    with ReplayServer([body], linger=True) as server, start("cancel", server.url) as process:
        read(process, "one two ")
        out, err = finish(process, "\n")
        assert server.wait_disconnect(WAIT)
    assert (out, err, process.returncode) == ("\n[cancelled: 8 characters]\n", "", 0)


def test_cancel_after_the_end_changes_nothing() -> None:
    with ReplayServer([stream("one ", "two")]) as server, start("cancel", server.url) as process:
        read(process, "one two")
        out, err = finish(process, "\n")
    assert err == ""
    assert process.returncode == 0
    assert out in {"\n[stop: 7 characters]\n", "\n[cancelled: 7 characters]\n"}  # Enter may overtake the last events


# many_streams


def test_many_streams_are_read_at_once() -> None:
    all_here = threading.Barrier(50)  # no stream begins before all of them were asked for

    def gate(event: int) -> None:
        if event == 0:
            all_here.wait(WAIT)

    with ReplayServer([CHAT], gate=gate) as server:
        out, err, status = run("many_streams", server.url)
    assert out == f"50 of 50 answers: {50 * len(CHAT_TEXT)} characters, {50 * 68} tokens\n"
    assert (err, status) == ("", 0)
    assert server.connections == 50
    assert len({json.dumps(messages) for messages in sent(server)}) == 50


def test_many_streams_go_on_where_some_fail() -> None:
    with ReplayServer([CHAT], fail=FAILURE, fail_times=2) as server:
        out, err, status = run("many_streams", server.url)
    *failures, total = out.splitlines()
    assert [failure.endswith("? slow down") for failure in failures] == [True, True]
    assert total == f"48 of 50 answers: {48 * len(CHAT_TEXT)} characters, {48 * 68} tokens"
    assert (err, status) == ("", 0)


# retry


NOTICE = "\n[The connection was lost, and the new answer is a different one:]\n"


@pytest.mark.parametrize(
    ("dropped", "streams", "expected"),
    [
        (0, [["one ", "two"]], "one two"),
        (1, [["one ", "two ", "three"]], "one two three"),
        (1, [["one ", "two ", "three"], ["o", "ne two th", "ree"]], "one two three"),
        (2, [["one two ", "three ", "four"], ["one ", "two ", "three four"]], "one two three four"),
        (2, [["one ", "two ", "three"], ["one two ", "thr", "ee"]], "one two three"),
        (1, [["one ", "two ", "three"], ["one ", "2 ", "3"]], f"one two {NOTICE}one 2 3"),
        (1, [["one ", "two ", "three"], ["1 ", "2 ", "3"]], f"one two {NOTICE}1 2 3"),
        (1, [["one ", "two ", "three"], ["one"]], f"one two {NOTICE}one"),
        (1, [["one ", "two ", "three"], ["one ", "two "]], "one two "),
        (2, [["one ", "two ", "3"], ["1 ", "2 ", "3"]], f"one two {NOTICE}1 2 {NOTICE}one two 3"),
    ],
    ids=str,
)
def test_retry_shows_nothing_twice(dropped: int, streams: list[list[str]], expected: str) -> None:
    """Drop the first `dropped` answers after two events."""
    with ReplayServer([stream(*texts) for texts in streams], drop_after=2, fail_times=dropped) as server:
        assert run("retry", server.url) == (f"{expected}\n", "", 0)
    assert len(server.requests) == dropped + 1


def test_retry_of_a_connection_that_is_reset() -> None:
    reading = threading.Event()

    def gate(event: int) -> None:
        if event == 40:  # a reset takes with it what was not read yet
            assert reading.wait(WAIT)

    begin = text_of(CHAT, 40)
    options: dict[str, Any] = {"gate": gate, "drop_after": 41, "reset": True, "fail_times": 1}
    with ReplayServer([CHAT], **options) as server, start("retry", server.url) as process:
        read(process, begin)
        reading.set()
        out, err = finish(process)
    assert (begin + out, err, process.returncode) == (f"{CHAT_TEXT}\n", "", 0)


def test_retry_gives_up() -> None:
    with ReplayServer([stream("one ", "two ", "three")], drop_after=2) as server:
        out, err, status = run("retry", server.url)
    assert (out, status) == ("one two ", 1)
    assert err.startswith("\n[The answer is not complete: ")
    assert "Traceback" not in err
    assert len(server.requests) == 3


# gateway


@contextlib.contextmanager
def gateway(upstream: ReplayServer, *lines: str) -> Iterator[str]:
    """Run the gateway on a free port, and give its address; then it must have printed lines of these patterns."""
    with start("gateway", upstream.url, "0") as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        for line in lines:
            assert re.fullmatch(line, process.stdout.readline().strip())
        process.send_signal(signal.SIGINT)
        assert finish(process) == ("", "")
    assert process.returncode == 0


def post(url: str) -> requests.Response:
    """Ask for a stream through the gateway; its body is not read yet."""
    with requests.Session() as session:
        session.trust_env = False
        return session.post(f"{url}/chat/completions", json={"stream": True}, stream=True, timeout=WAIT)


@posix
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_gateway_passes_the_body_on_and_counts(encoding: Encoding) -> None:
    with (
        ReplayServer([CHAT], encoding=encoding) as upstream,
        gateway(upstream, "19 tokens in, 68 out") as url,
        post(url) as response,
    ):
        assert response.content == CHAT.read_bytes()
        assert response.headers["Content-Type"] == "text/event-stream"
        assert "Content-Encoding" not in response.headers
        assert (upstream.requests[0].path, upstream.requests[0].json()) == ("/v1/chat/completions", {"stream": True})


@posix
def test_gateway_passes_each_event_on_at_once() -> None:
    seen = threading.Event()
    first, rest = text_chunk("one"), text_chunk("two") + END
    with (
        ReplayServer([first + rest], gate=lambda event: event == 0 or seen.wait(WAIT)) as upstream,
        gateway(upstream) as url,
        post(url) as response,
    ):
        assert response.raw.read1(len(first), decode_content=True) == first
        seen.set()
        assert response.raw.read() == rest


@posix
def test_gateway_passes_errors_on() -> None:
    with (
        ReplayServer([CHAT], fail=FAILURE) as upstream,
        gateway(upstream, "ProviderError: slow down") as url,
        post(url) as response,
    ):
        assert (response.status_code, response.content) == FAILURE


@posix
def test_gateway_cuts_what_was_cut() -> None:
    with (
        ReplayServer([CHAT], drop_after=40) as upstream,
        gateway(upstream, "RemoteProtocolError: .+") as url,
        post(url) as response,
        pytest.raises(ssewire.IncompleteStreamError) as caught,
    ):
        ssewire.collect(response)
    assert isinstance(caught.value.__cause__, requests.exceptions.ChunkedEncodingError)
    assert caught.value.snapshot is not None
    assert caught.value.snapshot.text == text_of(CHAT, 40)


@posix
def test_gateway_leaves_when_its_client_leaves() -> None:
    left = threading.Event()
    with (
        ReplayServer([CHAT], gate=lambda event: event == 0 or left.wait(WAIT), linger=True) as upstream,
        gateway(upstream, "(BrokenPipe|ConnectionReset)Error: .+") as url,
    ):
        host, _, port = url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), WAIT) as client:
            client.sendall(b"POST /chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Length: 2\r\n\r\n{}")
            assert client.recv(1)  # what is left unread makes closing it a reset, which cannot be overlooked
        left.set()
        assert upstream.wait_disconnect(WAIT)
