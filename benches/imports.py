"""What an import costs: fresh interpreters, in turn."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from benches.report import Row, progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benches.report import Options

_TIMED = "import time; start = time.perf_counter_ns(); {}; print(time.perf_counter_ns() - start)"
_STATEMENTS = {"import json": "import json", "ssewire": "import ssewire", "httpx-sse": "import httpx_sse"}


def rows(options: Options) -> Iterator[Row]:
    """Milliseconds from a fresh interpreter's prompt to the end of the import."""
    progress("imports")
    times: dict[str, list[float]] = {name: [] for name in _STATEMENTS}
    for _ in range(3 if options.quick else options.rounds):
        for name, statement in _STATEMENTS.items():
            times[name].append(_import(statement) / 1e6)
    for name, rounds in times.items():
        yield Row("imports", "import", "", "", name, unit="ms", rounds=rounds)


def _import(statement: str) -> int:
    """Nanoseconds; -I keeps what stands in this folder out of the search."""
    command = [sys.executable, "-I", "-c", _TIMED.format(statement)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - ourselves
