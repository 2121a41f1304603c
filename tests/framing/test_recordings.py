"""Framing of the recorded streams: every one gives what the oracle gives, wherever it is cut."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from tests.reference.oracle import Options, interpret_stream
from tests.support.cuts import decode, iterate, random_cut

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEAN_PIECES = (5, 64, 1460, 16384)
OPTIONS: list[Options] = [{}, {"tail": "dispatch", "dispatch_empty": True}, {"max_event_size": 2000}]


def seeded_cuts(name: str, body: bytes) -> Iterator[list[bytes]]:
    """Give `body` whole and cut twice: at places, and as finely, as its name says."""
    rng = random.Random(crc32(name.encode()))
    yield [body]
    yield from (random_cut(body, rng, mean) for mean in rng.sample(MEAN_PIECES, 2))


@pytest.mark.parametrize("options", OPTIONS, ids=repr)
def test_recordings_frame_as_the_oracle_frames_them(recordings: Path, options: Options) -> None:
    paths = sorted(recordings.rglob("*.sse"))
    assert paths, "the folder of recordings is empty"
    for path in paths:
        name, body = path.relative_to(recordings).as_posix(), path.read_bytes()
        expected = interpret_stream(body, **options)
        for pieces in seeded_cuts(name, body):
            assert decode(pieces, **options) == expected, name
        assert iterate([body], **options) == (expected.events, expected.error), name
