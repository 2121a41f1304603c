"""What the tests of the examples share: the examples, each as a process of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ssewire

from tests.support.cli_process import END, WAIT, text_chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssewire.replay import ReplayServer

ROOT = Path(__file__).parents[2]
EXAMPLES = {path.stem: path for path in sorted((ROOT / "examples").glob("*.py"))}
FAILURE = (429, b'{"error": {"message": "slow down", "type": "rate_limit_error"}}')


@contextlib.contextmanager
def start(name: str, *args: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run an example with pipes; a warning is an error. Where the test fails, it is killed."""
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(("OPENAI_", "PYTHON"))}
    kept = {key: value for key, value in kept.items() if not key.upper().endswith("_PROXY")}
    # The program is ours, and so are its arguments.
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-W", "error", str(EXAMPLES[name]), *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**kept, "PYTHONIOENCODING": "utf-8", **variables},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run(name: str, *args: str, stdin: str = "", **variables: str) -> tuple[str, str, int]:
    """Run an example to its end; return stdout, stderr and the exit status."""
    with start(name, *args, **variables) as process:
        out, err = finish(process, stdin)
    return out, err, process.returncode


def finish(process: subprocess.Popen[str], stdin: str = "") -> tuple[str, str]:
    """Give the rest of its input, wait for its end and return the rest of its output."""
    return process.communicate(stdin, WAIT)


def read(process: subprocess.Popen[str], expected: str) -> None:
    """Read as much of stdout as is expected, and compare."""
    assert process.stdout is not None
    data = b""
    while len(data) < len(expected.encode()) and (more := os.read(process.stdout.fileno(), 65536)):
        data += more
    assert data.decode() == expected


def sent(server: ReplayServer) -> list[list[dict[str, Any]]]:
    """Return the messages of each request."""
    return [request.json()["messages"] for request in server.requests]


def stream(*texts: str) -> bytes:
    """Return a whole stream, an event a text."""
    return b"".join(map(text_chunk, texts)) + END


def text_of(path: Path, events: int) -> str:
    """Return the text that the first events of a stream bring."""
    accumulator = ssewire.Accumulator()
    for event in ssewire.SSEDecoder().feed(path.read_bytes())[:events]:
        accumulator.feed_event(event)
    return accumulator.snapshot.text
