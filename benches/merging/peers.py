"""Who takes part, and in which environment."""

from __future__ import annotations

import datetime as dt
import importlib
import os
import platform
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benches.isolated import ROOT
from benches.merging import stored
from benches.merging.case import Raised
from benches.merging.cases import CASES
from benches.merging.server import serving
from benches.report import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benches.merging.case import Case, Result

_PATIENCE = 600.0
"""Seconds that an environment may take."""


@dataclass(frozen=True)
class Peer:
    """A column of the table."""

    name: str
    module: str
    """Its `READERS`: by dialect, what takes a URL to a result."""
    packages: tuple[str, ...]
    environment: str = "bench-merging"
    """`.venv-<environment>`; "" is the one that runs everything."""


PEERS = [
    Peer("ssewire", "ours", ("ssewire",), ""),
    Peer("openai", "openai_peer", ("openai",)),
    Peer("anthropic", "anthropic_peer", ("anthropic",)),
    Peer("litellm", "litellm_peer", ("litellm", "openai"), "bench-litellm"),
    Peer("langchain-openai", "langchain_peer", ("langchain-openai", "langchain-core", "openai")),
    Peer("pydantic-ai", "pydantic_peer", ("pydantic-ai-slim", "openai", "anthropic")),
]


def columns_of(environment: str) -> dict[str, stored.Column]:
    """Run the peers of an environment, which has to be this one."""
    peers = [peer for peer in PEERS if peer.environment == environment]
    with serving([case.body for case in CASES]) as urls:
        return {peer.name: _column(peer, urls) for peer in peers}


def _column(peer: Peer, urls: Iterable[str]) -> stored.Column:
    readers = importlib.import_module(f"benches.merging.{peer.module}").READERS
    found = {case.key: _run(case, readers.get(case.dialect), url) for case, url in zip(CASES, urls, strict=True)}
    return stored.Column(
        date=dt.datetime.now(dt.timezone.utc).date().isoformat(),
        python=platform.python_version(),
        packages={name: version(name) for name in peer.packages},
        found=found,
        digests={case.key: case.digest for case in CASES},
    )


def _run(case: Case, read: Callable[[str], Result] | None, url: str) -> stored.Found:
    if read is None:
        return None
    try:
        return stored.tidied(case, read(url))
    except Exception as error:  # noqa: BLE001 - whatever a peer raises is its answer, and is shown
        return Raised(type(error).__name__, _short(str(error), case.words))


def _short(message: str, words: str) -> str:
    """What is long is cut, but not the words that are looked for; what is made up in each run is not looked for."""
    line = message.split("\n", 1)[0][:160]
    return line if not words or words in line or words not in message else words


def all_columns() -> dict[str, stored.Column]:
    """Every peer's column: run now, or as it was stored where its environment is not there."""
    columns = {**stored.read(), **columns_of("")}
    for environment in dict.fromkeys(peer.environment for peer in PEERS if peer.environment):
        columns |= _elsewhere(environment)
    return {peer.name: columns[peer.name] for peer in PEERS if peer.name in columns}


def _elsewhere(environment: str) -> dict[str, stored.Column]:
    python = ROOT / f".venv-{environment}" / "bin" / "python"
    if not python.exists():
        progress(f"{environment}: not run, as there is no .venv-{environment}; `make merging` makes it")
        return {}
    progress(f"{environment}: {', '.join(peer.name for peer in PEERS if peer.environment == environment)}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "columns.json"
        command = [str(python), "-W", "ignore", "-m", "benches.merging", "--environment", environment, str(file)]
        # Some peers say on stdout what they think of an error.
        quiet = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT, env=quiet, timeout=_PATIENCE)  # noqa: S603 - ourselves
        return stored.read(file)
