"""What completes the command in a shell."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import shtab
from ssewire.cli import main
from ssewire.cli.completion import FILES

from tests.support.cli_process import DEMO, WAIT

if TYPE_CHECKING:
    Capture = pytest.CaptureFixture[str]


def script(shell: str, capsys: Capture) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["--print-completion", shell])
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("shell", FILES)
def test_files_are_what_shtab_takes_for_them(shell: str, capsys: Capture) -> None:
    assert FILES[shell] == shtab.FILE[shell]
    assert "--max-event-size" in script(shell, capsys)


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["ssewire", "sta"], ["stats"]),
        (["ssewire", "fold", "--jo"], ["--jobs"]),
        (["ssewire", "cat", "ch"], ["chat.sse"]),
        (["ssewire", "serve", "to"], ["tools.sse"]),
        (["ssewire", "stats", "to"], ["tools.sse"]),
        (["ssewire", "fold", "-o", "to"], ["tools.sse"]),
    ],
)
def test_bash(words: list[str], completed: list[str], capsys: Capture) -> None:
    asked = f"COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; _shtab_ssewire"
    command = f'{script("bash", capsys)}\n{asked}\nprintf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", command], cwd=DEMO, capture_output=True, timeout=WAIT, check=True)  # noqa: S603, S607
    assert done.stdout.decode().split() == completed


def test_without_shtab_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["--print-completion", "bash"]) == 2
    assert capsys.readouterr().err == "ssewire: --print-completion needs: pip install shtab\n"
