"""Objects that several threads touch at once: nothing breaks, and each event counts once."""

from __future__ import annotations

import copy
import pickle
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain
from threading import Barrier
from typing import TYPE_CHECKING, TypeVar

import pytest
from ssewire import (
    Accumulator,
    EventTooLargeError,
    ServerSentEvent,
    SSEDecoder,
    Stream,
    TextDelta,
    collect,
    iter_sse,
)

from tests.support.chat_cases import DONE, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

THREADS = 4
EVENTS = 1500
NAMES = [f"<{number}>" for number in range(EVENTS)]
PIECES = [text(name) for name in NAMES]


@pytest.fixture(autouse=True)
def _eager_switches() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(*works: Callable[[], T]) -> list[T]:
    """Do all of it at once, and return what came of each; an error in one of them is raised."""
    barrier = Barrier(len(works))

    def begin(work: Callable[[], T]) -> T:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [done.result() for done in [pool.submit(begin, work) for work in works]]


def test_streams_in_threads_do_not_meet() -> None:
    bodies = [b"".join([text(f"{thread}:{name}") for name in NAMES] + [DONE]) for thread in range(THREADS)]
    found = at_once(*(lambda body=body: "".join(Stream([body]).text_stream) for body in bodies))
    assert found == [collect(body).text for body in bodies]


def test_one_accumulator_that_all_feed_takes_every_event_once() -> None:
    accumulator = Accumulator()

    def feed(part: int) -> list[object]:
        return list(chain.from_iterable(accumulator.feed(piece) for piece in PIECES[part::THREADS]))

    deltas = chain.from_iterable(at_once(*(lambda part=part: feed(part) for part in range(THREADS))))
    texts = Counter(delta.text for delta in deltas if isinstance(delta, TextDelta))
    assert texts == Counter(NAMES)
    assert len(accumulator.snapshot.text) == sum(map(len, NAMES))


def test_a_snapshot_is_read_while_it_grows() -> None:
    accumulator = Accumulator()
    snapshot = accumulator.snapshot

    def feed() -> str:
        for piece in PIECES:
            accumulator.observe(piece)
        return ""

    def read() -> str:
        longest = ""
        while len(longest) < sum(map(len, NAMES)):
            pickled = pickle.loads(pickle.dumps(snapshot))  # noqa: S301 - our own
            for seen in (pickled.text, copy.copy(snapshot).text, snapshot.text):
                assert seen.startswith(longest)
                longest = seen
            assert snapshot.to_dict() or not longest
            assert repr(snapshot)
        return longest

    assert at_once(feed, read, read)[1:] == ["".join(NAMES)] * 2


def test_an_iterator_that_all_read_gives_each_event_once_or_refuses() -> None:
    events = iter_sse(PIECES)

    def read() -> list[str]:
        found: list[str] = []
        while True:
            with suppress(ValueError):  # another one asks for a piece right now
                found.extend(event.data for event in events)
                return found

    found = Counter(chain.from_iterable(at_once(*[read] * THREADS)))
    assert found == Counter(event.data for event in iter_sse(PIECES))


def test_one_decoder_that_all_feed_whole_events_loses_none() -> None:
    decoder = SSEDecoder()

    def feed(part: int) -> list[str]:
        return [event.data for piece in PIECES[part::THREADS] for event in decoder.feed(piece)]

    found = chain.from_iterable(at_once(*(lambda part=part: feed(part) for part in range(THREADS))))
    assert Counter(found) == Counter(event.data for event in iter_sse(PIECES))
    assert decoder.close() == []


def test_values_are_compared_hashed_and_written_by_all() -> None:
    event = ServerSentEvent("a", "b\nc", "1", 5)

    def use() -> set[object]:
        return {(hash(event), event.encode(), repr(event), event == copy.copy(event)) for _ in range(EVENTS)}

    assert len(set().union(*at_once(*[use] * THREADS))) == 1


def test_one_text_is_fed_and_read_as_json() -> None:
    accumulator = Accumulator()

    def feed() -> list[str]:
        for piece in ["[", *(f'"{name}",' for name in NAMES), '"end"]']:
            accumulator.observe(text(piece))
        return accumulator.snapshot.parse_partial()  # type: ignore[no-any-return]

    def read() -> list[str]:
        certain: list[str] = []
        for _ in range(EVENTS):
            value = accumulator.snapshot.parse_partial() or []
            assert value[: len(certain)] == certain
            certain = value[:-1]
        return certain

    assert at_once(feed, read, read)[0] == [*NAMES, "end"]


def test_a_limit_that_one_thread_crosses_is_crossed_for_all() -> None:
    accumulator = Accumulator(max_event_size=200)

    def feed() -> set[int]:
        limits = set()
        for _ in range(20):
            with pytest.raises(EventTooLargeError) as error:
                accumulator.observe(b"data: " + b"x" * 300)
            limits.add(error.value.limit)
        return limits

    assert at_once(*[feed] * THREADS) == [{200}] * THREADS
