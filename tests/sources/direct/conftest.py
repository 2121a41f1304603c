"""What the tests of direct reading share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.chunk_server import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says."""
    monkeypatch.delenv("SSEWIRE_DIRECT", raising=False)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as made:
        yield made
