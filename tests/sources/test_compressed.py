"""Compressed bodies that become a thousand times as large: they are inflated in steps."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest
import ssewire
from ssewire._sources import open_source
from ssewire._sources.base import READ_SIZE
from ssewire._sources.http_client import _inflated
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chat_cases import DONE, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STEPWISE = ["http.client", "urllib", "urllib3", "requests"]
CODINGS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
BOMB = b":" + b"x" * (32 << 20) + b"\n\n"
MOST = 4 << 20  # bytes in hand at once: some pieces


@pytest.mark.parametrize("client", STEPWISE)
@pytest.mark.parametrize("coding", CODINGS)
def test_no_piece_is_large(client: str, coding: str) -> None:
    body = CODINGS[coding](BOMB + text("a", "stop") + DONE)
    assert len(body) < 1 << 20
    with ReplayServer([body], headers={"Content-Encoding": coding}) as server, loopback.CLIENTS[client](None) as get:
        source = open_source(get(server.url))
        tracemalloc.start()
        try:
            sizes = [len(piece) for piece in source.pieces]
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert max(sizes) <= READ_SIZE
        assert sum(sizes) == len(BOMB + text("a", "stop") + DONE)
        assert peak < MOST
        assert ssewire.Stream(get(server.url)).until_done().text == "a"


def cut(body: bytes, size: int) -> Iterator[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))


@pytest.mark.parametrize("coding", CODINGS)
def test_steps_change_nothing(coding: str) -> None:
    chance = random.Random(7)
    for size in (0, 1, READ_SIZE - 1, READ_SIZE, READ_SIZE + 1, 2 * READ_SIZE, 5 * READ_SIZE + 3):
        for content in (b"x" * size, chance.randbytes(size), chance.randbytes(size // 2) + b"\n" * (size - size // 2)):
            body = CODINGS[coding](content)
            for pieces in ([body], cut(body, 1 + chance.randrange(1000)), cut(body, READ_SIZE)):
                assert b"".join(_inflated(pieces)) == content


def test_members_follow_each_other_wherever_they_are_cut() -> None:
    contents = [b"x" * READ_SIZE, b"", b"yz", b"x" * (3 * READ_SIZE), b"end"]
    body = b"".join(map(gzip.compress, contents))
    for size in (1, 7, 100, len(body)):
        assert b"".join(_inflated(cut(body, size))) == b"".join(contents)
