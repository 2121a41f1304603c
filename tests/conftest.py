"""What several test files need."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

_BESIDE = Path(__file__).parents[2] / "shared" / "recordings"

# A shell has its background jobs ignore SIGINT, and what the tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of recorded streams: `SSEWIRE_RECORDINGS`, or `../shared/recordings` beside the checkout."""
    folder = Path(os.environ.get("SSEWIRE_RECORDINGS", _BESIDE))
    if not (folder / "index.tsv").is_file():
        pytest.skip(
            f"the recorded streams are not there ({folder.name}/index.tsv); SSEWIRE_RECORDINGS says where they are"
        )
    return folder
