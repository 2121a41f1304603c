"""The command `ssewire` as a process: pipes, signals, terminals; and `serve` and `demo`."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest
import ssewire
from ssewire.cli import clients, main

from tests.support.cli_process import CHAT, END, TOOLS, WAIT, chunk, interrupt, read_terminal, start, text_chunk

if TYPE_CHECKING:
    from pathlib import Path

    Capture = pytest.CaptureFixture[str]

posix = pytest.mark.skipif(sys.platform == "win32", reason="no POSIX signals and terminals here")


# Pipes


def test_cat_shows_each_piece_at_once() -> None:
    with start("cat", "-q", "-") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for text in ("one", "two", "three"):
            process.stdin.write(text_chunk(text))
            process.stdin.flush()
            assert os.read(process.stdout.fileno(), 100) == text.encode()
        out, err = process.communicate(END, WAIT)
    assert (out, err, process.returncode) == (b"", b"", 0)


def test_events_shows_each_event_at_once() -> None:
    with start("events") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for data in ("one", "two"):
            process.stdin.write(f"data: {data}\n\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["data"] == data
        out, err = process.communicate(b": not an LLM's", WAIT)
    assert (out, err, process.returncode) == (b"", b"", 0)


@pytest.mark.parametrize(("tail", "status"), [(END, 0), (b"", 1), (b'data: {"error": {"message": "x"}}\n\n', 3)])
def test_exit_statuses(tail: bytes, status: int) -> None:
    with start("cat", "--max-event-size", "1000") as process:
        out, err = process.communicate(text_chunk("hello") + tail, WAIT)
    assert (out, process.returncode) == (b"hello", status)
    assert all(line.startswith(b"ssewire: ") for line in err.splitlines())


@posix
@pytest.mark.parametrize("command", ["cat", "events"])
def test_a_reader_that_leaves_ends_it_quietly(command: str) -> None:
    with start(command) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(text_chunk("one"))
        process.stdin.flush()
        assert os.read(process.stdout.fileno(), 1)
        process.stdout.close()
        process.stdout = None
        _, err = process.communicate(text_chunk("two") + END, WAIT)
    assert (err, process.returncode) == (b"", 141)


@posix
@pytest.mark.parametrize("command", ["cat", "events"])
def test_interrupt(command: str) -> None:
    with start(command) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(text_chunk("one"))
        process.stdin.flush()
        assert os.read(process.stdout.fileno(), 1000)
        interrupt(process, process.stdin.fileno())
        assert process.wait(WAIT) == 130
        assert process.stderr is not None
        assert process.stderr.read() == b""


@posix
def test_data_from_stdin_and_a_body_as_it_arrives() -> None:
    with start("serve", CHAT, "--linger") as server:
        assert server.stdout is not None
        url = server.stdout.readline().decode().strip()
        with start("cat", "-q", url, "--data", "@-") as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b'{"stream": true}')
            process.stdin.close()
            expected = ssewire.collect(CHAT.read_bytes()).text.encode()
            assert process.stdout.read(len(expected)) == expected  # while the body is still open
            process.kill()
        server.send_signal(signal.SIGINT)
        server.wait(WAIT)


# Terminals


def on_a_terminal(body: bytes, **environment: str) -> str:
    """Return what `ssewire cat` writes to a terminal."""
    import pty  # noqa: PLC0415 - there is none on Windows

    terminal, side = pty.openpty()
    with start("cat", "-q", variables={"NO_COLOR": "", **environment}, stdout=side) as process:
        os.close(side)
        assert process.stdin is not None
        process.stdin.write(body)
        process.stdin.close()
        shown = read_terminal(terminal)
        assert process.wait(WAIT) == 0
    return shown.decode().replace("\r\n", "\n")


REASONED = chunk('{"reasoning_content": "hm, "}') + chunk('{"reasoning_content": "well"}') + text_chunk("Hello!") + END


@posix
def test_a_terminal_shows_reasoning_dimmed() -> None:
    assert on_a_terminal(REASONED) == "\x1b[2mhm, \x1b[22m\x1b[2mwell\x1b[22m\nHello!\n"


@posix
@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_no_color(environment: dict[str, str]) -> None:
    assert on_a_terminal(REASONED, **environment) == "hm, well\nHello!\n"


@posix
def test_a_terminal_shows_tool_calls_as_they_form() -> None:
    shown = on_a_terminal(TOOLS.read_bytes(), NO_COLOR="1")
    assert "\nI will look up the weather of Oslo and of Lisbon.\n" in shown
    assert '\n[0] forecast {"city":"Oslo","\n[1] forecast {"\n[0] forecast unit\n[1] forecast city"\n' in shown


@posix
def test_a_terminal_is_not_controlled_by_the_text() -> None:
    assert on_a_terminal(text_chunk(r"a\u001b[31m\u0007\u009b\tb\n") + END) == "a\ufffd[31m\ufffd\ufffd\tb\n"


def test_a_pipe_gets_the_text_as_it_is() -> None:
    with start("cat", "-q") as process:
        out, _ = process.communicate(chunk('{"reasoning_content": "hm"}') + text_chunk(r"a\u001b[31m") + END, WAIT)
    assert out == b"a\x1b[31m"


# serve


@posix
def test_serve_until_interrupted(capsys: Capture) -> None:
    with start("serve", CHAT, TOOLS, "--piece-size", "7", "--gzip", "--rate", "0") as server:
        assert server.stdout is not None
        url = server.stdout.readline().decode().strip()
        assert server.stdout.readline().decode() == f"try: curl -N {url}/chat/completions -d '{{\"stream\": true}}'\n"
        for path in (CHAT, TOOLS):
            assert main(["cat", "-q", url]) == 0
            assert capsys.readouterr().out == ssewire.collect(path.read_bytes()).text
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=WAIT)
    assert (out, err, server.returncode) == (b"", b"", 0)


@posix
@pytest.mark.parametrize(("args", "status"), [(["--fail", "503", "--fail-times", "1"], 3), (["--drop-after", "3"], 1)])
def test_serve_faults(args: list[str], status: int, capsys: Capture) -> None:
    with start("serve", *args) as server:
        assert server.stdout is not None
        url = server.stdout.readline().decode().strip()
        assert main(["cat", url]) == status
        if "--fail" in args:
            assert "as asked for with --fail" in capsys.readouterr().err
            assert main(["cat", url]) == 0
        server.send_signal(signal.SIGINT)
        assert server.wait(WAIT) == 0


@posix
def test_a_failure_has_the_form_of_the_api(tmp_path: Path, capsys: Capture) -> None:
    recorded = tmp_path / "anthropic.sse"
    recorded.write_bytes(b'data: {"type": "message_start", "message": {"type": "message", "content": []}}\n\n')
    for files, kind in (([], "requests, code rate_limit_exceeded"), ([recorded], "rate_limit_error")):
        with start("serve", *files, "--fail", "429") as server:
            assert server.stdout is not None
            assert main(["cat", server.stdout.readline().decode().strip()]) == 3
            assert f"(HTTP 429, type {kind})" in capsys.readouterr().err
            server.send_signal(signal.SIGINT)
            assert server.wait(WAIT) == 0


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "a file, which is empty"),
        (b'{"choices": []}\n', "a file, which begins '{\"choices\": []}\\n'"),
        (b": comments\n\n", "a file, which begins ': comments\\n\\n'"),
        (b"<!DOCTYPE html>", "an HTML page, which begins '<!DOCTYPE html>'"),
    ],
)
def test_serve_refuses_what_is_no_event_stream(data: bytes, told: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    assert main(["serve", str(path)]) == 2
    assert capsys.readouterr().err == f"ssewire: {path}: expected an event stream, got {told}\n"


# demo


def test_demo_agrees(capsys: Capture) -> None:
    assert main(["demo", "--rate", "0"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[-1] == "all agree"
    table = [line.split() for line in lines[-6:-1]]
    assert [row[0] for row in table] == [client.name for client in clients.CLIENTS]
    assert {tuple(row[-2:]) for row in table} == {("tool_calls", "137")}
    assert out.count('  forecast({"city": "Oslo", "unit": "celsius", "days": 3})\n') == len(clients.CLIENTS)


def test_demo_as_a_process() -> None:
    with start("demo", "--rate", "0") as process:
        _, err = process.communicate(timeout=WAIT)
    assert (process.returncode, err) == (0, b"")


def test_demo_names_what_is_not_installed(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    missing = clients.Client("no_such_client", clients.with_requests)
    monkeypatch.setattr(clients, "CLIENTS", (clients.CLIENTS[0], missing))
    assert main(["demo", "--rate", "0"]) == 0
    assert "pip install no_such_client" in capsys.readouterr().out


def test_demo_fails_where_clients_differ(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def read_other(url: str, show: clients.Show) -> ssewire.Snapshot:
        del url, show
        return ssewire.collect(CHAT.read_bytes())

    def fail(url: str, show: clients.Show) -> ssewire.Snapshot:
        del show
        raise RuntimeError(url)

    wrong = (clients.Client("json", read_other), clients.Client("csv", fail))
    monkeypatch.setattr(clients, "CLIENTS", (*clients.CLIENTS[:1], *wrong))
    assert main(["demo", "--rate", "0"]) == 1
    out, err = capsys.readouterr()
    assert "RuntimeError" in out
    assert err.splitlines()[-1] == "ssewire: not what the stream holds: json, csv"


def test_demo_streams_are_what_they_are_for() -> None:
    chat, tools = (ssewire.collect(path.read_bytes()) for path in (CHAT, TOOLS))
    assert chat.done
    assert tools.done
    assert chat.reasoning
    assert "wörld 🌍" in chat.text
    assert [call.parse()["city"] for call in tools.tool_calls] == ["Oslo", "Lisboa"]
    assert chat.usage is not None
    assert tools.usage is not None
