"""Whether an installed package works, in an environment that has nothing else: `python -I .ci/smoke.py NAME`."""

from __future__ import annotations

import platform
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import ssewire

BODY = (
    b'data: {"choices": [{"index": 0, "delta": {"content": "Good "}}]}\n\n'
    b'data: {"choices": [{"index": 0, "delta": {"content": "day"}, "finish_reason": "stop"}]}\n\n'
    b"data: [DONE]\n\n"
)


def expect(wanted: object, got: object) -> None:
    """End the process where something is not as it should be."""
    if wanted != got:
        sys.exit(f"{got!r} instead of {wanted!r}")


def command(*arguments: str) -> str:
    """What the installed command prints."""
    script = Path(sysconfig.get_path("scripts")) / "ssewire"
    return subprocess.run([script, *arguments], check=True, capture_output=True, text=True).stdout  # noqa: S603 - ours


def main() -> None:
    """Use each layer once."""
    expect(Path(sys.prefix), next(path for path in Path(ssewire.__file__).parents if path == Path(sys.prefix)))
    events = [*ssewire.iter_sse(BODY)]
    expect((3, "[DONE]", "Good "), (len(events), events[-1].data, events[0].json()["choices"][0]["delta"]["content"]))
    expect(["Good ", "day"], [*ssewire.Stream([BODY[:99], BODY[99:]]).text_stream])
    expect(("Good day", "stop"), (ssewire.collect(BODY).text, ssewire.collect(BODY).finish_reason))
    expect(f"ssewire {ssewire.__version__}", command("--version").strip())
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recorded.sse"
        file.write_bytes(BODY)
        expect("Good day", command("cat", "-q", str(file)).strip())
    print(f"{sys.argv[1]} works on {platform.python_implementation()} {platform.python_version()}")  # noqa: T201 - what a command is for


main()
