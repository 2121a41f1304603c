"""The examples, run the way their readers run them: as programs of their own, against a server."""

from __future__ import annotations

import ast
import json
import re
import socket
import threading
from pathlib import Path
from typing import NamedTuple

import pytest
import ssewire
from ssewire.replay import ReplayServer

from tests.support.cli_process import CHAT, TOOLS, WAIT, chunk, text_chunk
from tests.support.example_process import EXAMPLES, FAILURE, ROOT, finish, read, run, sent, start, stream

RUN_AND_END = sorted(name for name in EXAMPLES if not name.startswith("gateway"))
STREAMS = ROOT / "examples" / "streams"
ANSWER, FUNCTION_CALL = STREAMS / "forecast_answer.sse", STREAMS / "function_call.sse"
CHAT_TEXT, ANSWER_TEXT = (ssewire.collect(path.read_bytes()).text for path in (CHAT, ANSWER))
STDIN = {"chat_loop": "hello\n", "cancel": "\n"}


class Ask(NamedTuple):
    """How an example asks: whom the environment names, at which path, with which field for the key."""

    prefix: str = "OPENAI"
    url: str = "OPENAI_BASE_URL"
    path: str = "/v1/chat/completions"
    key: tuple[str, str] = ("authorization", "Bearer the-key")
    stream: Path = ANSWER


ASK = {
    "anthropic_messages": Ask(
        "ANTHROPIC", "ANTHROPIC_BASE_URL", "/v1/v1/messages", ("x-api-key", "the-key"), STREAMS / "anthropic.sse"
    ),
    "gemini": Ask(
        "GEMINI",
        "GOOGLE_GEMINI_BASE_URL",
        "/v1/v1beta/models/the-model:streamGenerateContent?alt=sse",
        ("x-goog-api-key", "the-key"),
        STREAMS / "gemini.sse",
    ),
    "openai_responses": Ask(path="/v1/responses", stream=STREAMS / "responses.sse"),
}


# All of them


@pytest.mark.parametrize("name", RUN_AND_END)
def test_each_takes_address_key_and_model_from_the_environment(name: str) -> None:
    ask = ASK.get(name, Ask())
    with ReplayServer([ask.stream]) as server:
        named = {ask.url: server.url, f"{ask.prefix}_API_KEY": "the-key", f"{ask.prefix}_MODEL": "the-model"}
        _, err, status = run(name, stdin=STDIN.get(name, ""), **named)
    assert (err, status) == ("", 0)
    assert server.requests
    for request in server.requests:
        assert (request.method, request.path) == ("POST", ask.path)
        assert request.headers[ask.key[0]] == ask.key[1]
        assert "the-model" in (request.json().get("model"), *request.path.replace(":", "/").split("/"))
        assert request.json().get("stream", name == "gemini") is True


@pytest.mark.parametrize("name", RUN_AND_END)
def test_each_runs_as_its_docstring_says_and_starts_a_server_of_its_own(name: str) -> None:
    docstring = ast.get_docstring(ast.parse(EXAMPLES[name].read_text(encoding="utf-8"))) or ""
    assert re.search(rf"^ +python examples/{name}\.py \[BASE_URL\]$", docstring, re.MULTILINE), docstring
    out, err, status = run(name, stdin=STDIN.get(name, ""))
    named = ASK.get(name, Ask()).url
    note = rf"\[http://127\.0\.0\.1:\d+/v1 replays a recorded stream; {named} names another provider\]\n"
    assert re.fullmatch(note, err), err
    assert out.strip()
    assert status == 0


@pytest.mark.parametrize("name", RUN_AND_END)
def test_each_says_in_a_line_that_nobody_answers(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    out, err, status = run(name, url, stdin=STDIN.get(name, ""))
    assert "Traceback" not in out + err
    assert "onnect" in out + err  # in every client's own words
    if name != "many_streams":  # which tells of each by itself, and goes on
        assert err.startswith(f"\n{url}: ")
        assert status == 1


@pytest.mark.parametrize("name", RUN_AND_END)
def test_each_says_what_the_provider_says(name: str) -> None:
    with ReplayServer([ANSWER], fail=FAILURE) as server:
        out, err, _ = run(name, server.url, stdin=STDIN.get(name, ""))
    assert "Traceback" not in out + err
    # Enter may come before the answer.
    assert "slow down" in out + err or name == "cancel"


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
    assert (out, err, status) == ("> [no answer: slow down (HTTP 429, type rate_limit_error)]\n> Hello!\n> \n", "", 0)
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
    assert [failure.endswith("? slow down (HTTP 429, type rate_limit_error)") for failure in failures] == [True, True]
    assert total == f"48 of 50 answers: {48 * len(CHAT_TEXT)} characters, {48 * 68} tokens"
    assert (err, status) == ("", 0)


# anthropic_messages, gemini, openai_responses: each API's own words

WHOLE = ssewire.collect((STREAMS / "gemini.sse").read_bytes())


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("anthropic_messages", ["['thinking', 'text'] end_turn", "19 tokens in, 41 out"]),
        ("gemini", ["19 tokens in, 41 out (14 for thoughts)"]),
        ("openai_responses", ["resp_1 completed ['reasoning', 'message']"]),
    ],
)
def test_an_api_s_reasoning_and_text_are_printed(name: str, last: list[str]) -> None:
    with ReplayServer([ASK[name].stream], piece_size=7) as server:
        out, err, status = run(name, server.url)
    assert out.splitlines() == ["", WHOLE.reasoning, WHOLE.text, *last]
    assert (err, status) == ("", 0)


# match_deltas, partial_json


def test_match_deltas_prints_a_line_for_each() -> None:
    with ReplayServer([TOOLS]) as server:
        out, err, status = run("match_deltas", server.url)
    lines = out.splitlines()
    assert len(lines) == len(list(ssewire.Stream(TOOLS.read_bytes())))
    kinds = {"role", "reasoning", "text", "call", "finished", "usage"}
    assert {line.split(":")[0].split(" ")[0] for line in lines} == kinds
    assert lines[-2:] == ["finished: tool_calls", "usage: 84 tokens in, 53 out"]
    assert (err, status) == ("", 0)


def test_partial_json_grows_to_the_whole() -> None:
    with ReplayServer([TOOLS]) as server:
        out, err, status = run("partial_json", server.url)
    calls = ssewire.collect(TOOLS.read_bytes()).tool_calls
    lines = out.splitlines()
    assert len(lines) > 6
    assert {f"{call.name}: {call.parse()}" for call in calls} <= {*lines}
    assert (err, status) == ("", 0)
