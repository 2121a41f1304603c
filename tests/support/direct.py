"""What the tests of reading past httpx and httpx2 share."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
import trio

from tests.support import loopback
from tests.support.chunk_server import EVENTS, LAST, Server, chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = b"".join(EVENTS)
PACKAGES: dict[str, Any] = {"httpx": httpx, "httpx2": httpx2}
OPTIONS: dict[str, Any] = {"timeout": loopback.TIMEOUT, "trust_env": False, "verify": ssl.create_default_context()}

each_package = pytest.mark.parametrize("name", PACKAGES)
each_loop = pytest.mark.parametrize("run", [lambda body: asyncio.run(body()), trio.run], ids=["asyncio", "trio"])
plain_and_tls = pytest.mark.parametrize("tls", ["plain", "tls"], indirect=True)


def is_direct(pieces: object) -> bool:
    """Whether a source's pieces are read past the client."""
    return type(pieces).__name__ in {"DirectPieces", "_AsyncPieces"}


@contextlib.contextmanager
def asked(server: Server, name: str = "httpx", **options: Any) -> Iterator[Any]:
    """Give a response whose events are a chunk each."""
    url = server.give(*map(chunk, EVENTS), LAST)
    with PACKAGES[name].Client(**{**OPTIONS, **options}) as client, client.stream("GET", url) as response:
        yield response
