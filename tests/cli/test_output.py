"""Where the output goes: full disks, closed files, terminals; and what `deltas` and `events` say at the end."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import signal
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import ssewire
from ssewire.cli.figures import Counts, Timing
from ssewire.cli.live import Live
from ssewire.replay import ReplayServer

from tests.support.cli_process import CHAT, END, TOOLS, WAIT, chunk, read_terminal, run, start, text_chunk
from tests.support.loopback import holding_server

PLAIN = {"NO_COLOR": "1"}
posix = pytest.mark.skipif(sys.platform == "win32", reason="no POSIX terminals and shells here")
full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
COMMANDS = [
    ["cat", str(CHAT)],
    ["cat", "--json", "-q", str(CHAT)],
    ["deltas", str(CHAT)],
    ["events", str(CHAT)],
    ["demo", "--rate", "0"],
    ["fold", str(CHAT)],
    ["stats", str(CHAT)],
    ["serve"],
    ["--version"],
    ["cat", "--help"],
]
each_command = pytest.mark.parametrize("args", COMMANDS, ids=" ".join)


def closed(args: list[str], descriptor: int) -> tuple[str, str, int]:
    """Run the command with a file descriptor closed, as a shell's `>&-` does."""
    command = [sys.executable, "-m", "ssewire", *args]
    # A shell does it: a child of this process would get a descriptor that is open.
    shell = ["/bin/sh", "-c", f'exec "$@" {descriptor}>&-', "sh", *command]
    done = subprocess.run(shell, capture_output=True, timeout=WAIT, check=False)  # noqa: S603 - ours
    return done.stdout.decode(), done.stderr.decode(), done.returncode


@full
@each_command
def test_a_full_disk_is_told_in_one_line(args: list[str]) -> None:
    with open("/dev/full", "wb") as disk:  # noqa: PTH123 - not a path to open twice
        _, err, status = run(*args, stdout=disk)
    assert err.splitlines()[-1] == "ssewire: the output cannot be written: No space left on device"
    assert (status, "Traceback" in err, "Exception ignored" in err) == (5, False, False)


@posix
@each_command
def test_a_closed_stdout_is_told_in_one_line(args: list[str]) -> None:
    assert closed(args, 1) == ("", "ssewire: the output cannot be written: stdout is closed\n", 5)


@full
@posix
def test_a_stderr_that_cannot_be_written_ends_nothing() -> None:
    text = ssewire.collect(CHAT.read_bytes()).text
    out, _, status = closed(["cat", str(CHAT)], 2)
    assert (out, status) == (text, 0)
    with open("/dev/full", "wb") as disk:  # noqa: PTH123 - the same
        out, _, status = run("cat", CHAT, stderr=disk)
    assert (out, status) == (text, 0)


# Terminals: what is written to one is read at its other end


def set_size(side: int, rows: int) -> None:
    """Say how large a terminal is."""
    import fcntl  # noqa: PLC0415 - there is none on Windows
    import termios  # noqa: PLC0415

    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 100, 0, 0))


def on_terminals(*args: str | Path, rows: int = 12, both: bool = True, variables: Any = PLAIN) -> tuple[str, str]:
    """Run the command with stderr, and stdout where `both` says so, on a terminal; return what each got."""
    import pty  # noqa: PLC0415 - there is none on Windows

    terminal, side = pty.openpty()
    set_size(side, rows)
    options: dict[str, Any] = {"stderr": side, "stdin": subprocess.DEVNULL, **({"stdout": side} if both else {})}
    with start(*args, variables=variables, **options) as process:
        os.close(side)
        shown = read_terminal(terminal)
        out = b"" if process.stdout is None else process.stdout.read()
        assert process.wait(WAIT) == 0
    return shown.decode().replace("\r\n", "\n"), out.decode()


STATUS_LINE = re.compile(r"(?:\x1bD\x1b\[A\x1b7\x1b\[1;(\d+)r\x1b8)?\x1b7\x1b\[(\d+);1H\x1b\[2K(.*?)\x1b8")
END_OF_LINE = "\x1b7\x1b[r\x1b[12;1H\x1b[2K\x1b8"


@posix
def test_the_figures_stand_below_the_text_and_leave_it_alone() -> None:
    with ReplayServer([CHAT], rate=200) as server:
        shown, _ = on_terminals("cat", server.url)
    lines = STATUS_LINE.findall(shown)
    assert lines[0][:2] == ("11", "12")
    assert {(region, row) for region, row, _ in lines[1:]} <= {("", "12")}
    assert re.fullmatch(r"\d\.\d s · first text \d\.\d\d s · \d+ events · \d+ events/s", lines[-1][2])
    assert shown.count(END_OF_LINE) == 1
    plain = STATUS_LINE.sub("", shown.replace(END_OF_LINE, ""))
    snapshot = ssewire.collect(CHAT.read_bytes())
    assert plain.startswith(f"{snapshot.reasoning}\n{snapshot.text}\nssewire: 72 events")
    assert "\x1b" not in plain


@posix
def test_a_command_that_is_terminated_leaves_the_terminal_as_it_was() -> None:
    import pty  # noqa: PLC0415 - there is none on Windows

    terminal, side = pty.openpty()
    set_size(side, rows=12)
    options: dict[str, Any] = {"stderr": side, "stdout": side, "stdin": subprocess.DEVNULL}
    with (
        holding_server(CHAT.read_bytes(), sent=2) as server,
        start("cat", server.url, variables=PLAIN, **options) as process,
    ):
        os.close(side)
        shown = b""
        while not STATUS_LINE.search(shown.decode()):
            shown += os.read(terminal, 65536)
        process.terminate()
        shown += read_terminal(terminal)
        assert process.wait(WAIT) == -signal.SIGTERM
    assert shown.decode().endswith(END_OF_LINE)


class Interrupted(io.StringIO):
    """A terminal; somebody presses Ctrl-C as soon as something stands there."""

    def __init__(self) -> None:
        super().__init__()
        self._was_interrupted = False

    def flush(self) -> None:
        if not self._was_interrupted:
            self._was_interrupted = True
            raise KeyboardInterrupt


@pytest.mark.parametrize("shared", [True, False])
def test_an_interrupt_right_behind_the_line_takes_it_away(shared: bool) -> None:  # noqa: FBT001 - a parameter
    terminal = Interrupted()
    live = Live(terminal, shared=shared)
    with pytest.raises(KeyboardInterrupt), live.kept():
        live.show(Timing(), Counts(), ssewire.Accumulator().snapshot)
    assert terminal.getvalue().endswith("\x1b7\x1b[r\x1b[24;1H\x1b[2K\x1b8" if shared else "\r\x1b[2K")


@posix
def test_the_figures_are_a_line_of_their_own_where_the_text_goes_elsewhere() -> None:
    with ReplayServer([TOOLS], rate=100) as server:
        shown, out = on_terminals("cat", server.url, both=False)
    assert out == ssewire.collect(TOOLS.read_bytes()).text
    figures, _, summary = shown.rpartition("\r\x1b[2K")
    lines = figures.split("\r\x1b[2K")[1:]
    assert all(len(line) < 100 and "\n" not in line for line in lines)
    assert any(re.search(r"\d tool calls?: forecast \d+ characters …", line) for line in lines)
    assert summary.startswith("ssewire: 57 events")


@posix
@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {}], ids=str)
def test_no_figures_where_they_are_not_wanted(variables: dict[str, str]) -> None:
    quiet = [] if variables else ["-q"]
    shown, out = on_terminals("cat", *quiet, CHAT, both=False, variables=variables)
    assert out == ssewire.collect(CHAT.read_bytes()).text
    assert "\x1b" not in shown
    assert shown == "" if quiet else shown.startswith("ssewire: 72 events")


@posix
def test_a_terminal_of_three_rows_has_room_for_the_text_alone() -> None:
    shown, _ = on_terminals("cat", CHAT, rows=3)
    assert "\x1b" not in shown


@posix
def test_an_interrupted_command_leaves_the_terminal_as_it_was() -> None:
    import pty  # noqa: PLC0415 - there is none on Windows

    terminal, side = pty.openpty()
    with (
        ReplayServer([CHAT], rate=20, linger=True) as server,
        start("cat", server.url, stdout=side, stderr=side, stdin=subprocess.DEVNULL) as process,
    ):
        os.close(side)
        shown = b""
        while b"events/s" not in shown:  # the figures are there
            shown += os.read(terminal, 65536)
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(OSError):  # Linux's way to say that nobody writes to the terminal any more
            while data := os.read(terminal, 65536):
                shown += data
        assert process.wait(WAIT) == 130
    os.close(terminal)
    assert re.search(rb"\x1b7\x1b\[r\x1b\[\d+;1H\x1b\[2K\x1b8\r\n$", shown)
    assert b"Traceback" not in shown


@posix
def test_who_types_into_the_terminal_is_told_so() -> None:
    import pty  # noqa: PLC0415 - there is none on Windows

    terminal, side = pty.openpty()
    with start("cat", "-q", stdin=side) as process:
        os.close(side)
        assert process.stderr is not None
        assert process.stderr.readline().startswith(
            b"ssewire: reading an event stream from the terminal: Ctrl-D ends it"
        )
        os.write(terminal, text_chunk("Hi") + END + b"\x04")
        out, err = process.communicate(timeout=WAIT)
    os.close(terminal)
    assert (out, err, process.returncode) == (b"Hi", b"", 0)


@posix
def test_figures_are_dimmed_unless_no_color_says_otherwise() -> None:
    shown, _ = on_terminals("cat", CHAT, both=False, variables={})
    assert re.search(r"\r\x1b\[2K\x1b\[2m[^\x1b]*\x1b\[22m", shown)


@posix
def test_a_tool_s_arguments_cannot_control_the_terminal() -> None:
    call = (
        '{"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f\\u001b[31m", "arguments": "\\u0007\\u009b"}}]}'
    )
    with ReplayServer([chunk(call) + END], rate=5) as server:
        shown, _ = on_terminals("cat", server.url, both=False)
    assert "\ufffd[31m 2 characters …\ufffd\ufffd" in shown
    assert "\x07" not in shown


# deltas


@pytest.mark.parametrize("stream", [CHAT, TOOLS], ids=lambda path: path.stem)
def test_deltas_prints_a_line_each(stream: Path) -> None:
    out, err, status = run("deltas", stream)
    assert (err, status) == ("", 0)
    assert [json.loads(line) for line in out.splitlines()] == [
        delta.to_dict() for delta in ssewire.Stream(stream.read_bytes())
    ]


def test_deltas_shows_each_at_once() -> None:
    with start("deltas") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for text in ("one", "two"):
            process.stdin.write(text_chunk(text))
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {"type": "text", "text": text, "choice": 0}
        out, err = process.communicate(END, WAIT)
    assert json.loads(out) == {"type": "finish", "reason": "stop", "choice": 0}
    assert (err, process.returncode) == (b"", 0)


@pytest.mark.parametrize(
    ("tail", "status"), [(b"", 1), (b'data: {"error": {"message": "x"}}\n\n', 3), (text_chunk("x" * 2000), 4)]
)
def test_deltas_says_how_it_ended(tail: bytes, status: int) -> None:
    out, err, code = run("deltas", "--max-event-size", "1000", stdin=text_chunk("a") + tail)
    assert (json.loads(out)["text"], code, err.count("\n")) == ("a", status, 1)


# events


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (text_chunk("a") + END, 0, ""),
        (b"data: anything\n\n", 0, ""),
        (b": ping\n\n", 0, ""),
        (b"", 0, ""),
        (text_chunk("a") + b"data: {", 1, "IncompleteStreamError: the last event is cut off"),
        (b"data: anything", 1, "IncompleteStreamError: the last event is cut off"),
        (text_chunk("a"), 1, "IncompleteStreamError: "),
        (text_chunk("a") + b'data: {"error": {"message": "x"}}\n\n', 3, "ProviderError: x"),
        (b'{"error": {"message": "x"}}', 3, "ProviderError: x"),
        (b"# A page\n\nSome text.\n", 3, 'ResponseError: expected an event stream, got a body, which begins "# A page'),
        (b"<!doctype html><p>", 3, "ResponseError: expected an event stream, got an HTML page"),
    ],
)
def test_events_says_how_it_ended(body: bytes, status: int, told: str) -> None:
    _, err, code = run("events", stdin=body)
    assert code == status
    assert told in err
    assert err.count("\n") == bool(told)


# cat


def test_json_of_a_refused_request_is_nothing() -> None:
    with ReplayServer([CHAT], fail=(401, b'{"error": {"message": "no"}}')) as server:
        assert run("cat", "--json", "-q", server.url)[0::2] == ("", 3)


def test_the_summary_has_rates() -> None:
    with ReplayServer([CHAT], rate=500) as server:
        _, err, _ = run("cat", server.url)
    assert re.search(
        r"^ssewire: first text after \d\.\d\d s, then \d+ events, \d+ tokens, \d+ characters a second$",
        err,
        re.MULTILINE,
    )


# help


@pytest.mark.parametrize("command", ["cat", "deltas", "events"])
def test_help_has_examples_and_exit_statuses(command: str) -> None:
    out, err, status = run(command, "--help", variables={"COLUMNS": "100"})
    assert (err, status) == ("", 0)
    assert f"examples:\n  ssewire {command}" in out
    assert "exit status:\n  0  the stream is complete\n" in out


def test_the_help_s_examples_are_accepted() -> None:
    """Each `ssewire` line of the examples is one that the command's own parser takes."""
    out = "".join(run(*command, "--help")[0] for command in ([], ["cat"], ["deltas"], ["events"], ["serve"]))
    lines = [line.split("|")[0] for line in out.splitlines() if line.startswith("  ssewire ")]
    assert len(lines) > 8
    for line in lines:
        if "COMMAND" in line:
            continue
        command = re.sub(r" {2,}\S.*$", "", line.strip())
        _, err, status = run(*shlex.split(command)[1:], "--help")
        assert (err, status) == ("", 0), command


# serve


@pytest.mark.parametrize("status", ["99", "100", "600", "-1"])
def test_a_status_that_is_none_is_refused(status: str) -> None:
    out, err, code = run("serve", "--fail", status)
    assert (out, code) == ("", 2)
    assert err == f"ssewire: fail: an HTTP status is between 200 and 599, not {status}\n"


@posix
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])  # noqa: S104 - a machine's own tests
def test_serve_listens_where_it_is_told(host: str) -> None:
    with start("serve", CHAT, "--host", host) as server:
        assert server.stdout is not None
        url = server.stdout.readline().decode().strip()
        assert url.startswith(f"http://{host}:")
        out, _, status = run("cat", "-q", url)
        server.terminate()
    assert (out, status) == (ssewire.collect(CHAT.read_bytes()).text, 0)
