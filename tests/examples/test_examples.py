"""The examples, run the way their readers run them: as programs of their own, against a server."""

from __future__ import annotations

import ast
import json
import re
import shlex
import threading
from pathlib import Path

import pytest
import ssewire
from ssewire.replay import ReplayServer

from tests.support.cli_process import CHAT, TOOLS, WAIT, chunk, text_chunk
from tests.support.cli_process import start as start_command
from tests.support.example_process import EXAMPLES, FAILURE, ROOT, finish, read, run, sent, start, stream

RUN_AND_END = sorted(name for name in EXAMPLES if not name.startswith("gateway"))
STREAMS = Path(__file__).parents[1] / "data" / "streams"
ANSWER, FUNCTION_CALL = STREAMS / "forecast_answer.sse", STREAMS / "function_call.sse"
CHAT_TEXT, ANSWER_TEXT = (ssewire.collect(path.read_bytes()).text for path in (CHAT, ANSWER))
STDIN = {"chat_loop": "hello\n", "cancel": "\n"}


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
        try:
            url = server.stdout.readline().decode().strip()
            _, err, status = run(name, url, stdin=STDIN.get(name, ""))
        finally:
            server.terminate()
    assert (err, status) == ("", 0)


def test_each_has_a_test() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    for name in EXAMPLES:
        assert f"\ndef test_{name}_" in tests or f'"{name}"' in tests, name


def test_the_readme_lists_each() -> None:
    table = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[`(\w+)\.py`\]\(\1\.py\) \|", table, re.MULTILINE)) == sorted(EXAMPLES)


# print_text, requests_only, usage


@pytest.mark.parametrize("name", ["print_text", "requests_only"])
def test_print_text_and_requests_only_print_it_as_it_comes(name: str) -> None:
    permits = threading.Semaphore(0)
    with ReplayServer([stream("one ", "two ", "three")], gate=lambda _: permits.acquire(timeout=WAIT / 3)) as server:
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
    assert out == f"{CHAT_TEXT}\nusage: 19 tokens in (0 from the cache, 0 into it), 68 out (20 for reasoning)\n"
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
