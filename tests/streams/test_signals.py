"""Iterators without Python code, whose pieces complete nothing: signals are seen all the same."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from ssewire import Accumulator, Stream, collect, iter_sse, tee

from tests.support.loopback import TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PIECES = {"nothing": b"", "comments": b": ping\n", "blank lines": b"\n", "fields": b"id: 1\n\n"}
READERS: dict[str, Callable[[Iterator[bytes]], Any]] = {
    "iter_sse": lambda pieces: next(iter_sse(pieces)),
    "Stream": lambda pieces: next(Stream(pieces)),
    "text_stream": lambda pieces: next(Stream(pieces).text_stream),
    "until_done": lambda pieces: Stream(pieces).until_done(),
    "collect": collect,
    "tee": lambda pieces: all(piece is not None for piece in tee(pieces, Accumulator())),
}


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_a_reader_of_nothing_is_interrupted(reader: Callable[[Iterator[bytes]], Any], piece: bytes) -> None:
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(0.05, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        reader(itertools.repeat(piece))
    timer.join(TIMEOUT)


def test_reading_to_the_end_is_interrupted_where_every_piece_is_an_event() -> None:
    """A process of its own: a test that fails would never end."""
    code = """
import itertools, signal, ssewire
signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.setitimer(signal.ITIMER_REAL, 0.05)
try:
    ssewire.collect(itertools.repeat(b'data: {"type":"ping"}\\n\\n'))
except KeyboardInterrupt:
    print("interrupted")
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True)  # noqa: S603 - ours
    assert ran.stdout == b"interrupted\n"


class LateError(Exception):
    """What a signal's handler raises."""


def late(*_: object) -> None:
    raise LateError


def test_what_a_signal_raises_comes_out() -> None:
    before = signal.signal(signal.SIGALRM, late)
    events = iter_sse(itertools.repeat(b""))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(LateError):
            next(events)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
