"""One body, every way to cut it: what a decoder gives must not depend on where the network cut the bytes.

Every helper takes a callable that eats a list of pieces, so that the decoder, the iterators and whatever else reads a
stream go through the same cuts.
"""

from __future__ import annotations

import random
from itertools import combinations_with_replacement, pairwise
from typing import TYPE_CHECKING, TypeVar

import ssewire

from tests.reference.oracle import Event, Fault, Options, Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

    from typing_extensions import Unpack

T = TypeVar("T")

ALL_PAIRS_UP_TO = 60
ALL_SINGLES_UP_TO = 1024
SAMPLE = 500


def cut_at(body: bytes, points: Iterable[int]) -> list[bytes]:
    """Cut `body` at each of `points`; equal points, 0 and the length give empty pieces."""
    bounds = [0, *sorted(points), len(body)]
    return [body[start:end] for start, end in pairwise(bounds)]


def bytewise(body: bytes) -> list[bytes]:
    return [body[i : i + 1] for i in range(len(body))]


def with_empty_pieces(pieces: Iterable[bytes]) -> list[bytes]:
    return [b"", *(part for piece in pieces for part in (piece, b""))]


def random_cut(body: bytes, rng: random.Random, mean: int) -> list[bytes]:
    """Cut `body` into pieces of `mean` bytes on average."""
    return cut_at(body, (rng.randint(0, len(body)) for _ in range(len(body) // mean)))


def few_cuts(body: bytes) -> Iterator[list[bytes]]:
    """Whole, byte by byte, both with empty pieces between, and cut once: at every place, or a seeded sample of them."""
    yield [body]
    yield with_empty_pieces([body])
    yield bytewise(body)
    yield with_empty_pieces(bytewise(body))
    places: Sequence[int] = range(len(body) + 1)
    if len(body) > ALL_SINGLES_UP_TO:
        places = random.Random(len(body)).sample(places, SAMPLE)
    yield from (cut_at(body, [place]) for place in places)


def every_cut(body: bytes) -> Iterator[list[bytes]]:
    """Give `few_cuts` and every pair of places, or a seeded sample of the pairs where the body is long."""
    yield from few_cuts(body)
    places = range(len(body) + 1)
    if len(body) <= ALL_PAIRS_UP_TO:
        yield from (cut_at(body, pair) for pair in combinations_with_replacement(places, 2))
    else:
        rng = random.Random(len(body))
        yield from (cut_at(body, rng.choices(places, k=2)) for _ in range(SAMPLE))


def assert_same(run: Callable[[list[bytes]], T], cuts: Iterable[list[bytes]], expected: T) -> None:
    """Hold what `run` gives for each cut against `expected`; a failure names the pieces."""
    for pieces in cuts:
        outcome = run(pieces)
        assert outcome == expected, f"cut as {pieces!r}: {outcome!r} instead of {expected!r}"


def plain(event: ssewire.ServerSentEvent) -> Event:
    return Event(event.event, event.data, event.id, event.retry)


def attempt(call: Callable[..., list[ssewire.ServerSentEvent]], *arguments: bytes) -> tuple[list[Event], Fault | None]:
    """Call `feed` or `close`; give its events, or its fault."""
    try:
        return list(map(plain, call(*arguments))), None
    except ssewire.EventTooLargeError as error:
        return [], Fault(error.size, error.limit)


def decode(pieces: Iterable[bytes], **options: Unpack[Options]) -> Outcome:
    """Feed a new decoder and close it.

    A fault has to be raised once reported at every later feed, with the same figures, and by `close` only where no
    feed raised it.
    """
    return drain(ssewire.SSEDecoder(**options), pieces)


def drain(decoder: ssewire.SSEDecoder, pieces: Iterable[bytes]) -> Outcome:
    """Feed `decoder` and close it; for the order of faults see `decode`."""
    events: list[Event] = []
    faults: list[Fault] = []
    for piece in pieces:
        fed, fault = attempt(decoder.feed, piece)
        assert fault or not faults, "a feed after the fault did not raise"
        events += fed
        faults += [fault] if fault else []
    last, fault = attempt(decoder.close)
    assert not (fault and faults), "close raised what a feed had raised"
    faults += [fault] if fault else []
    assert len(set(faults)) <= 1, "the fault changed"
    return Outcome(events + last, decoder.last_event_id, decoder.retry, faults[0] if faults else None)


def iterate(pieces: Iterable[bytes], **options: Unpack[Options]) -> tuple[list[Event], Fault | None]:
    """Give what `iter_sse` yields, and the fault that ends it."""
    events: list[Event] = []
    try:
        for event in ssewire.iter_sse(iter(pieces), **options):
            events.append(plain(event))  # noqa: PERF401  what came before a fault has to be kept
    except ssewire.EventTooLargeError as error:
        return events, Fault(error.size, error.limit)
    return events, None


async def as_async(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def aiterate(pieces: Iterable[bytes], **options: Unpack[Options]) -> tuple[list[Event], Fault | None]:
    """Give what `aiter_sse` yields, and the fault that ends it."""
    events: list[Event] = []
    try:
        async for event in ssewire.aiter_sse(as_async(pieces), **options):
            events.append(plain(event))  # noqa: PERF401  what came before a fault has to be kept
    except ssewire.EventTooLargeError as error:
        return events, Fault(error.size, error.limit)
    return events, None
