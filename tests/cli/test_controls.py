"""Control characters that a server sends reach no terminal: not in a summary, not in an error, not in JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ssewire.cli.status import complain

from tests.support.cli_process import WAIT, chunk, start

if TYPE_CHECKING:
    import pytest

CONTROLS = [chr(code) for code in [*range(0x20), *range(0x7F, 0xA0)]]
EVIL = "\x1b]0;title\x07\x9b31m\r\x00\x7f\n"
OBEYED = [char.encode() for char in CONTROLS if char not in "\n\t"]


def run(*args: str, body: bytes) -> tuple[bytes, bytes]:
    with start(*args, "-") as process:
        return process.communicate(body, WAIT)


def free(output: bytes) -> bool:
    return not any(control in output for control in OBEYED)


def quoted(text: str) -> str:
    return json.dumps(text)


def test_a_finish_reason_is_escaped() -> None:
    body = chunk("{}", quoted(f"stop{EVIL}")) + b"data: [DONE]\n\n"
    _, shown = run("cat", body=body)
    assert free(shown)
    assert rb"finish reason: stop\x1b]0;title\x07\x9b31m\r\x00\x7f\n" in shown


def test_an_error_is_escaped_and_takes_one_line() -> None:
    for command in (["cat", "-q"], ["cat"]):
        _, shown = run(*command, body=f"data: {json.dumps({'error': {'message': f'm{EVIL}x'}})}\n\n".encode())
        assert free(shown)
        assert rb"ProviderError: m\x1b]0;title\x07\x9b31m\r\x00\x7f\nx" in shown.splitlines()[-1]


def test_json_holds_none() -> None:
    body = chunk(f'{{"content": {quoted(EVIL)}}}', '"stop"') + b"data: [DONE]\n\n"
    shown, _ = run("cat", "--json", "-q", body=body)
    assert free(shown)
    assert json.loads(shown)["choices"][0]["message"]["content"] == EVIL
    event = "data: \x1b[1m\x9b31m\x7f é\n\n".encode()
    for options in ([], ["--parse"]):
        shown, _ = run("events", *options, body=event)
        assert free(shown)
        assert json.loads(shown)["data"] == "\x1b[1m\x9b31m\x7f é"
        assert "é".encode() in shown


def test_every_control_character_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    complain("".join(CONTROLS) + "é")
    shown = capsys.readouterr().err
    assert shown == "ssewire: " + "".join(ascii(char)[1:-1] for char in CONTROLS) + "é\n"
