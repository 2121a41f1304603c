"""Benches of peers that need an environment of their own: run there, and read from their standard output."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from benches.report import Results, progress

if TYPE_CHECKING:
    from benches.report import Options

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = {
    "niquests": "benches.niquests_peer",
    "litellm": "benches.litellm_peer",
    "frameworks": "benches.calls",
    "instructor": "benches.calls",
}
"""By what is measured: the module whose `rows` run in `.venv-bench-<name>`."""

PATIENCE = 1800.0
"""Seconds that an environment may take."""


def run(name: str, options: Options) -> Results | None:
    """What a module measures in its own environment; None if that is not set up.

    Raises:
        subprocess.CalledProcessError: It failed; what it said went to standard error.
        subprocess.TimeoutExpired: It took longer than `PATIENCE`.
    """
    python = ROOT / f".venv-bench-{name}" / "bin" / "python"
    if not python.exists():
        progress(f"{name}: not measured, as there is no {python.parent.parent.name}; `make bench` makes it")
        return None
    command = [str(python), "-m", "benches.run", "--module", ENVIRONMENTS[name], "--rounds", str(options.rounds)]
    quick = ["--quick"] if options.quick else []
    done = subprocess.run([*command, *quick], check=True, stdout=subprocess.PIPE, cwd=ROOT, timeout=PATIENCE)  # noqa: S603 - ourselves
    return Results.from_dict(json.loads(done.stdout))
