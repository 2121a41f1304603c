"""The README's code runs as it is printed, and so does that of docs/replay.md."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
import ssewire
from ssewire.replay import ReplayServer

from tests.support.cli_process import CHAT, start

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS, SHELL = (
    re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE) for language in ("python", "sh")
)
REPLAY = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/replay.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)

STREAM = b"".join(
    (
        b'data: {"choices": [{"index": 0, "delta": {"content": "Hello"}}]}\n\n',
        b'data: {"choices": [{"index": 0, "delta": {"content": " there"}, "finish_reason": "stop"}]}\n\n',
        b'data: {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}\n\n',
        b"data: [DONE]\n\n",
    )
)


def test_there_is_code() -> None:
    assert len(BLOCKS) >= 4


@pytest.mark.parametrize("code", BLOCKS, ids=lambda code: code.split("\n", 1)[0])
def test_code_runs(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    with ReplayServer([STREAM]) as server:
        names: dict[str, object] = {}
        exec(code.replace("http://localhost:8000/v1", server.url), names)  # noqa: S102 - our own README
        asked = bool(server.requests)
    printed = capsys.readouterr().out
    assert asked == ("localhost" in code)
    if "text_stream" in code:
        assert printed.startswith("Hello there")
        assert "stop" in printed
    elif asked:
        assert "TextDelta(text=' there', choice=0)" in printed


def test_the_first_block_starts_the_server_that_the_second_one_asks(capsys: pytest.CaptureFixture[str]) -> None:
    [started] = re.findall(r"^ssewire (.*?) &", SHELL[0], re.MULTILINE)
    assert started == "serve --port 8000"
    with start(*started.split()[:-1], "0") as server:  # the port may be taken here
        assert server.stdout is not None
        url = server.stdout.readline().decode().strip()
        exec(BLOCKS[0].replace("http://localhost:8000/v1", url), {})  # noqa: S102 - our own README
        server.terminate()
    chat = ssewire.collect(CHAT.read_bytes())
    assert chat.usage is not None
    counts = f"{chat.usage.input_tokens} tokens in, {chat.usage.output_tokens} out"
    assert capsys.readouterr().out == f"{chat.text}\n {chat.finish_reason}\n{counts}\n"


@pytest.mark.parametrize("code", REPLAY, ids=lambda code: code.split("\n", 1)[0])
def test_the_replay_server_s_page_runs(code: str) -> None:
    exec(code, {})  # noqa: S102 - our own page


def test_the_replay_server_s_page_has_every_option() -> None:
    page = (ROOT / "docs/replay.md").read_text("utf-8")
    options = [*inspect.signature(ReplayServer).parameters][1:]
    assert [option for option in options if f"`{option}`" not in page] == []
    members = [name for name in (*vars(ReplayServer), "url", "connections") if not name.startswith("_")]
    assert [name for name in members if f"`{name}" not in page] == []


def test_both_commands_are_made() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for command in ("demo", "test"):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)
