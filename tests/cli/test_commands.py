"""The command `ssewire cat` and `ssewire events`, on files and URLs, called in this process."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest
import ssewire
from ssewire.cli import main
from ssewire.replay import ReplayServer

from tests.support.cli_process import CHAT, END, TOOLS, chunk, text_chunk

if TYPE_CHECKING:
    from pathlib import Path

    Capture = pytest.CaptureFixture[str]

CHAT_TEXT = ssewire.collect(CHAT.read_bytes()).text
ERROR = b'data: {"error": {"message": "overloaded", "type": "server_error", "code": 503}}\n\n'


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    """A file for a stream of the test's own."""
    return tmp_path / "stream.sse"


# cat


def test_cat_prints_the_text_and_a_summary(capsys: Capture) -> None:
    assert main(["cat", str(CHAT)]) == 0
    out, err = capsys.readouterr()
    assert out == CHAT_TEXT
    lines = err.splitlines()
    assert all(line.startswith("ssewire: ") for line in lines)
    assert lines[0].startswith(f"ssewire: 72 events, {CHAT.stat().st_size} bytes, ")
    assert lines[0].endswith("dialect openai-chat")
    assert lines[1].startswith("ssewire: first text after ")
    assert lines[1].endswith("characters a second")
    assert lines[2:] == ["ssewire: finish reason: stop", "ssewire: usage: input 19, cached 0, output 68, reasoning 20"]


def test_cat_tells_what_was_written_to_a_cache(stream: Path, capsys: Capture) -> None:
    usage = {"input_tokens": 3, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 7, "output_tokens": 5}
    stream.write_bytes(b"data: " + json.dumps({"type": "message", "content": [], "usage": usage}).encode() + b"\n\n")
    main(["cat", str(stream)])
    assert "ssewire: usage: input 50, cached 40, cache write 7, output 5" in capsys.readouterr().err.splitlines()


def test_cat_quiet(capsys: Capture) -> None:
    assert main(["cat", "-q", str(CHAT)]) == 0
    assert capsys.readouterr() == (CHAT_TEXT, "")


def test_cat_json_prints_the_whole(capsys: Capture) -> None:
    assert main(["cat", "--json", str(TOOLS)]) == 0
    assert json.loads(capsys.readouterr().out) == ssewire.collect(TOOLS.read_bytes()).to_dict()


def test_cat_prints_only_the_first_choice(stream: Path, capsys: Capture) -> None:
    other = text_chunk("other").replace(b'"index": 0', b'"index": 1')
    stream.write_bytes(text_chunk("first") + other + END)
    main(["cat", str(stream)])
    assert capsys.readouterr().out == "first"


def test_cat_prints_a_refusal(stream: Path, capsys: Capture) -> None:
    stream.write_bytes(chunk('{"refusal": "I cannot."}') + END)
    assert main(["cat", str(stream)]) == 0
    assert capsys.readouterr().out == "I cannot."


def test_dialect_is_passed_on(stream: Path, capsys: Capture) -> None:
    stream.write_bytes(text_chunk("x") + END)
    assert main(["cat", "--dialect", "openai-chat", str(stream)]) == 0
    assert main(["cat", "--dialect", "morse", str(stream)]) == 2
    assert "morse" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (text_chunk("so far"), 1, "IncompleteStreamError"),
        (b"", 1, "IncompleteStreamError"),
        (text_chunk("so far") + ERROR + b"data: [DONE]\n\n", 3, "ProviderError: overloaded"),
        (b"<html>", 3, "ResponseError"),
        (text_chunk("so far") + text_chunk("x" * 1000), 4, "EventTooLargeError"),
    ],
)
def test_cat_tells_how_it_ended(body: bytes, status: int, told: str, stream: Path, capsys: Capture) -> None:
    stream.write_bytes(body)
    assert main(["cat", "--max-event-size", "500", str(stream)]) == status
    out, err = capsys.readouterr()
    assert out == ("so far" if b"so far" in body else "")
    assert err.splitlines()[-1].startswith(f"ssewire: {told}")


def test_the_figures_of_a_failed_stream_are_marked(stream: Path, capsys: Capture) -> None:
    stream.write_bytes(text_chunk("so far"))
    main(["cat", str(stream)])
    first, *_, last = capsys.readouterr().err.splitlines()
    assert first.startswith("ssewire: incomplete: 1 events, ")
    assert last.startswith("ssewire: IncompleteStreamError: ")


@pytest.mark.parametrize("body", [b"<html>", b"", text_chunk("x" * 1000)])
def test_of_no_stream_there_are_no_figures(body: bytes, stream: Path, capsys: Capture) -> None:
    stream.write_bytes(body)
    main(["cat", "--max-event-size", "500", str(stream)])
    [line] = capsys.readouterr().err.splitlines()
    assert "Error: " in line


def test_cat_json_prints_what_came_before_an_error(stream: Path, capsys: Capture) -> None:
    stream.write_bytes(text_chunk("so far"))
    assert main(["cat", "--json", str(stream)]) == 1
    assert json.loads(capsys.readouterr().out)["choices"][0]["message"]["content"] == "so far"


# events


def test_events_prints_a_line_each(stream: Path, capsys: Capture) -> None:
    stream.write_bytes('id: 7\nretry: 10\nevent: x\ndata: a\ndata: é\n\n: c\n\ndata: {"b": 1}\n\ndata: tail'.encode())
    first = {"event": "x", "data": "a\né", "id": "7", "retry": 10}
    second = {"event": "message", "data": '{"b": 1}', "id": "7", "retry": None}
    third = {"event": "message", "data": "tail", "id": "7", "retry": None}
    for args, expected in (
        ([], [first, second]),
        (["--parse"], [first, {**second, "data": {"b": 1}}]),
        (["--tail", "dispatch"], [first, second, third]),
    ):
        assert main(["events", *args, str(stream)]) == (0 if "dispatch" in args else 1)
        assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == expected


def test_events_prints_half_a_surrogate_pair_as_json(stream: Path, capsys: Capture) -> None:
    stream.write_bytes(b'data: "\\ud83d"\n\n')
    assert main(["events", "--parse", str(stream)]) == 0
    assert json.loads(capsys.readouterr().out)["data"] == "\ud83d"


def test_events_refuses_large_ones(stream: Path, capsys: Capture) -> None:
    stream.write_bytes(b"data: 1\n\ndata: " + b"x" * 100 + b"\n\n")
    assert main(["events", "--max-event-size", "50", str(stream)]) == 4
    out, err = capsys.readouterr()
    assert json.loads(out)["data"] == "1"
    assert err.startswith("ssewire: EventTooLargeError: ")


# URLs


@pytest.mark.parametrize("framing", ["chunked", "close", "length"])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_cat_reads_urls(framing: Any, encoding: Any, capsys: Capture) -> None:
    with ReplayServer([CHAT], framing=framing, encoding=encoding, piece_size=11) as server:
        assert main(["cat", server.url]) == 0
        assert server.requests[0].method == "GET"
        assert server.requests[0].headers["accept"] == "text/event-stream"
    out, err = capsys.readouterr()
    assert out == CHAT_TEXT
    assert f"72 events, {CHAT.stat().st_size} bytes" in err


@pytest.mark.parametrize("command", ["cat", "events"])
def test_data_and_headers_are_posted(command: str, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text('{"stream": true}')
    with ReplayServer([CHAT]) as server:
        assert main([command, server.url, "--data", '{"n": 1}', "-H", "Authorization: Bearer x", "-H", "X-A:b"]) == 0
        assert main([command, server.url, "--data", f"@{body}"]) == 0
        first, second = server.requests
    assert (first.method, first.json()) == ("POST", {"n": 1})
    assert [first.headers[name] for name in ("authorization", "x-a", "content-type")] == [
        "Bearer x",
        "b",
        "application/json",
    ]
    assert second.json() == {"stream": True}


@pytest.mark.parametrize("command", ["cat", "events"])
def test_a_failed_request(command: str, capsys: Capture) -> None:
    with ReplayServer([CHAT], fail=(429, b'{"error": {"message": "slow down"}}')) as server:
        assert main([command, server.url]) == 3
    assert capsys.readouterr().err.splitlines()[-1] == "ssewire: ProviderError: slow down (HTTP 429)"


@pytest.mark.parametrize("command", ["cat", "events"])
@pytest.mark.parametrize("options", [{}, {"reset": True}, {"framing": "length"}], ids=str)
def test_a_dropped_connection(command: str, options: dict[str, Any], capsys: Capture) -> None:
    with ReplayServer([CHAT], drop_after=30, **options) as server:
        assert main([command, server.url]) == 1
    out, err = capsys.readouterr()
    assert out
    assert "IncompleteStreamError: the source failed" in err.splitlines()[-1]


def test_a_page_is_refused_and_a_whole_object_is_read(capsys: Capture) -> None:
    with ReplayServer([b"<p>Hello</p>"], content_type="text/html") as server:
        assert main(["cat", server.url]) == 3
        assert main(["events", server.url]) == 3
    assert "ResponseError" in capsys.readouterr().err
    whole = json.dumps(ssewire.collect(CHAT.read_bytes()).to_dict()).encode()
    with ReplayServer([whole], content_type="application/json") as server:
        assert main(["cat", server.url]) == 0
    assert capsys.readouterr().out == CHAT_TEXT


def test_redirects_are_told_and_not_followed(capsys: Capture) -> None:
    with ReplayServer([b""], status=307, headers={"Location": "http://elsewhere.invalid/"}) as server:
        assert main(["cat", server.url, "-H", "Authorization: secret"]) == 2
    assert "http://elsewhere.invalid/" in capsys.readouterr().err


def test_an_unreachable_server(capsys: Capture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert main(["events", f"http://127.0.0.1:{port}/"]) == 2
    assert capsys.readouterr().err.startswith(f"ssewire: http://127.0.0.1:{port}/: ")


# Wrong usage


@pytest.mark.parametrize(
    "args",
    [
        ["cat", "no-such-file"],
        ["cat", "."],
        ["cat", str(CHAT), "--data", "{}"],
        ["cat", str(CHAT), "-H", "a: b"],
        ["events", "http://127.0.0.1:1/", "-H", "no colon"],
        ["events", "http://127.0.0.1:1/", "-H", "a: b\r\nc: d"],
        ["events", "http://127.0.0.1:1/", "--data", "@no-such-file"],
        ["events", "http://[bad/"],
        ["serve", "no-such-file"],
        ["serve", "--piece-size", "0"],
        ["serve", "--port", "70000"],
        ["serve", "--fail-times", "2"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_opened(args: list[str], capsys: Capture) -> None:
    assert main(args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ssewire: ")
    assert err.count("\n") == 1


def wrong_usage(args: list[str], capsys: Capture) -> tuple[str, str]:
    """Give wrong arguments; return how the usage begins, and the complaint."""
    with pytest.raises(SystemExit) as caught:
        main(args)
    assert caught.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    return lines[0], lines[-1]


@pytest.mark.parametrize("args", [[], ["dog"], ["events", "--tail", "x"], ["serve", "--port", "x"]])
def test_wrong_arguments(args: list[str], capsys: Capture) -> None:
    assert wrong_usage(args, capsys)[0].startswith("usage: ssewire")


def test_an_unknown_option_is_its_commands(capsys: Capture) -> None:
    usage, complaint = wrong_usage(["cat", "--jsn", "x"], capsys)
    assert usage.startswith("usage: ssewire cat ")
    assert complaint == "ssewire cat: error: unrecognized arguments: --jsn (did you mean --json?)"
    usage, complaint = wrong_usage(["--zzz", "cat"], capsys)
    assert usage.startswith("usage: ssewire [")
    assert complaint == "ssewire: error: unrecognized arguments: --zzz"


@pytest.mark.parametrize("command", ["cat", "deltas", "events"])
@pytest.mark.parametrize("size", ["0", "-1", "x", "1.5"])
def test_a_size_that_is_none(command: str, size: str, capsys: Capture) -> None:
    usage, complaint = wrong_usage([command, f"--max-event-size={size}"], capsys)
    assert usage.startswith(f"usage: ssewire {command}")
    assert complaint.endswith(f"argument --max-event-size: expected a number that is at least 1, not {size!r}")


def test_version(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"ssewire {ssewire.__version__}\n"
