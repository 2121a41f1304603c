"""The README's code runs as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ssewire.replay import ReplayServer

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)

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


def test_both_commands_are_made() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for command in ("demo", "test"):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)
