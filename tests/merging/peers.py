"""Who takes part, and in which environment."""

from __future__ import annotations

import datetime as dt
import importlib
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benches.isolated import ROOT
from benches.report import progress
from tests.merging import stored
from tests.merging.case import Raised
from tests.merging.cases import CASES
from tests.merging.server import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.merging.case import Case, Result

PATIENCE = 300.0
"""Seconds that a peer may take for all of its streams."""
_COLUMN, _GIVEN = "column.json", "given"
"""Files that a peer's process writes: its column, and the stream that it was given last."""


@dataclass(frozen=True)
class Peer:
    """A column of the table."""

    name: str
    module: str
    """Its `READERS`: by dialect, what takes a URL to a result."""
    packages: tuple[str, ...]
    environment: str = "bench-merging"
    """`.venv-<environment>`; "" is the one that runs everything."""

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return ROOT / f".venv-{self.environment}" / "bin" / "python" if self.environment else Path(sys.executable)


@dataclass
class Run:
    """What came of all peers."""

    columns: dict[str, stored.Column]
    """By peer: measured now, or as it was stored where that could not be."""
    failures: list[str] = field(default_factory=list)
    """Why a column is not of now, where it should be."""


PEERS = [
    Peer("ssewire", "ours", ("ssewire",), ""),
    Peer("openai", "openai_peer", ("openai",)),
    Peer("anthropic", "anthropic_peer", ("anthropic",)),
    Peer("litellm", "litellm_peer", ("litellm", "openai"), "bench-litellm"),
    Peer("langchain-openai", "langchain_peer", ("langchain-openai", "langchain-core", "openai")),
    Peer("pydantic-ai", "pydantic_peer", ("pydantic-ai-slim", "openai", "anthropic")),
]


def measure_here(name: str, folder: Path) -> None:
    """Run a peer, whose environment has to be this one.

    The folder gets its column, and on the way the name of the stream that it was given last.
    """
    [peer] = [peer for peer in PEERS if peer.name == name]
    with serving([case.body for case in CASES]) as urls:
        stored.write({name: _column(peer, urls, folder / _GIVEN)}, folder / _COLUMN)


def _column(peer: Peer, urls: Iterable[str], given: Path) -> stored.Column:
    readers = importlib.import_module(f"tests.merging.{peer.module}").READERS
    found: dict[str, stored.Found] = {}
    for case, url in zip(CASES, urls, strict=True):
        given.write_text(case.key, "utf-8")
        found[case.key] = _run(case, readers.get(case.dialect), url)
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


def run_all() -> Run:
    """Run every peer whose environment is there."""
    run = Run(stored.read())
    for peer in PEERS:
        if not peer.python.exists():
            progress(f"{peer.name}: not run, as there is no .venv-{peer.environment}; `make merging` makes it")
            continue
        progress(peer.name)
        try:
            run.columns[peer.name] = measured(peer, PATIENCE)
        except (TimeoutError, subprocess.CalledProcessError) as error:
            run.failures.append(f"{peer.name}: {error}")
    run.columns = {peer.name: run.columns[peer.name] for peer in PEERS if peer.name in run.columns}
    return run


def measured(peer: Peer, patience: float) -> stored.Column:
    """What a peer gives, in a process of its own.

    Raises:
        TimeoutError: It took longer than so many seconds, and was ended; the message names the stream.
        subprocess.CalledProcessError: It failed; what it said went to standard error.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [str(peer.python), "-W", "ignore", "-m", "tests.merging", "--peer", peer.name, folder]
        # Some peers say on stdout what they think of an error.
        quiet = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        try:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT, env=quiet, timeout=patience)  # noqa: S603 - ourselves
        except subprocess.TimeoutExpired:
            given = Path(folder) / _GIVEN
            last = given.read_text("utf-8") if given.exists() else "none"
            raise TimeoutError(f"timed out after {patience:g} s; the last stream that it was given: {last}") from None
        return stored.read(Path(folder) / _COLUMN)[peer.name]
