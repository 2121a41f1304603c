"""What is received past the clients, for tests that have to know that something is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssewire._core import DirectPieces, take_chunks
from ssewire._sources import direct, http_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


class _Recorded:
    """What `DirectPieces` asks of a body; what it receives past the client is kept too."""

    def __init__(self, body: Any, received: list[bytes]) -> None:
        self._body = body
        self._received = received

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)

    def receive(self, size: int) -> bytes:
        data: bytes = self._body.receive(size)
        self._received.append(data)
        return data

    def begin(self) -> bytes | None:
        data: bytes | None = self._body.begin()
        self._received.append(data or b"")
        return data


def received_past_clients(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return a list that is given all data that is received past the clients from now on."""
    received: list[bytes] = []

    def take(data: bytes) -> tuple[bytes, int]:
        received.append(data)
        return take_chunks(data)

    def pieces(own: Iterator[bytes], body: Any, size: int) -> DirectPieces:
        return DirectPieces(own, _Recorded(body, received), size)

    monkeypatch.setattr(direct, "take_chunks", take)
    for module in (direct, http_client):
        monkeypatch.setattr(module, "DirectPieces", pieces)
    return received
