"""What an import costs: fresh interpreters, in turn."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

from benches.report import Row, progress
from benches.rounds import in_turn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benches.report import Options

_TIMED = "import time; start = time.perf_counter_ns(); {}; print(time.perf_counter_ns() - start)"
_STATEMENTS = {"import json": "import json", "ssewire": "import ssewire", "httpx-sse": "import httpx_sse"}


def rows(options: Options) -> Iterator[Row]:
    """Milliseconds from a fresh interpreter's prompt to the end of the import."""
    progress("imports")
    measures = {name: partial(_import, statement) for name, statement in _STATEMENTS.items()}
    for name, rounds in in_turn(measures, 3 if options.quick else options.rounds).items():
        yield Row("imports", "import", "", "", name, unit="ms", rounds=rounds)


def _import(statement: str) -> float:
    """Milliseconds; -I keeps what stands in this folder out of the search."""
    command = [sys.executable, "-I", "-c", _TIMED.format(statement)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)  # noqa: S603 - ourselves
    return int(done.stdout) / 1e6
