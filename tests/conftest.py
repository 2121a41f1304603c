"""What several test files need."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import loopback

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> loopback.Tls:
    """A certificate for loopback, and who trusts it."""
    return loopback.make_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls(request: pytest.FixtureRequest, authority: loopback.Tls) -> loopback.Tls | None:
    """TLS, or None for a plain socket: parametrised by "tls" and "plain"."""
    return authority if request.param == "tls" else None


@pytest.fixture
def new_objects_alone_are_collected() -> Iterator[None]:
    """A collection looks at what the test made, not at the million objects from before it, which takes half a second.

    That cannot be done once for all tests: who unfreezes, as the benches do, unfreezes everything.
    """
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def no_descriptor_is_left(new_objects_alone_are_collected: None) -> Iterator[None]:  # noqa: ARG001 - for its collection
    """Nothing that the test opened stays open."""
    before = _open_descriptors()
    yield
    gc.collect()
    assert _open_descriptors() <= before


def _open_descriptors() -> int:
    folder = next((folder for folder in map(Path, ("/proc/self/fd", "/dev/fd")) if folder.exists()), None)
    return len(list(folder.iterdir())) if folder else 0  # a system that does not tell: the rest is tested
