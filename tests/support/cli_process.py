"""What the tests of the command share: its streams, and the command as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import ssewire

if TYPE_CHECKING:
    from collections.abc import Mapping

DEMO = Path(ssewire.__file__).with_name("demo_streams")
CHAT, TOOLS = DEMO / "chat.sse", DEMO / "tools.sse"
WAIT = 30.0  # seconds; only a test that fails waits that long


def chunk(delta: str, finish: str = "null") -> bytes:
    """Return an event of a chat stream; both arguments are JSON."""
    choice = f'{{"index": 0, "delta": {delta}, "finish_reason": {finish}}}'
    return f'data: {{"id": "c", "object": "chat.completion.chunk", "choices": [{choice}]}}\n\n'.encode()


def text_chunk(text: str) -> bytes:
    """Return an event that brings text, which needs no escaping."""
    return chunk(f'{{"content": "{text}"}}')


END = chunk("{}", '"stop"') + b"data: [DONE]\n\n"


def run(*args: str | Path, stdin: bytes = b"", **options: Any) -> tuple[str, str, int]:
    """Run the command to its end; return stdout, stderr and the exit status."""
    with start(*args, **options) as process:
        out, err = process.communicate(stdin, WAIT)
    return (out or b"").decode(), (err or b"").decode(), process.returncode


def start(*args: str | Path, variables: Mapping[str, str] | None = None, **options: object) -> subprocess.Popen[bytes]:
    """Start the command with pipes; `variables` are the environment's, beside the tests' own."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "error", "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    environment |= variables or {}
    command = [sys.executable, "-m", "ssewire", *map(str, args)]
    # The command is ours, and so are its arguments.
    return subprocess.Popen(command, **{"env": environment, **pipes})  # type: ignore[call-overload,no-any-return] # noqa: S603


def interrupt(process: subprocess.Popen[bytes], pipe: int) -> None:
    """Interrupt a command that reads a pipe, and write blank lines into it until the command has left.

    Python looks for signals before it reads, not as it begins to: one that comes in between is heard after the read.
    """
    process.send_signal(signal.SIGINT)
    with pytest.raises(BrokenPipeError):  # noqa: PT012 - any of them may meet it
        for _ in range(10_000_000):  # some seconds
            os.write(pipe, b"\n")


def read_terminal(terminal: int) -> bytes:
    """Return what is written to a pseudo-terminal until nobody writes any more, and close it."""
    shown = b""
    with suppress(OSError):  # Linux's way to say that nobody writes to it any more
        while data := os.read(terminal, 65536):
            shown += data
    os.close(terminal)
    return shown
