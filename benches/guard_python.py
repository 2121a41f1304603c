"""Does one piece of work through the package, so that `benches/guard.py` can count its instructions.

    python guard_python.py               what there is: group, name and size, one a line
    python guard_python.py NAME EVENTS   does it once with so many events; checks what came of it, or raises

All that is not the work itself is the same for any number of events, up to `MOST`.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

# The package as it is built in its folder; and no other of this folder's modules.
sys.path[0] = str(Path(__file__).resolve().parents[1] / "python")

from ssewire import Accumulator, SSEDecoder, Stream, iter_sse  # noqa: E402 - only now can it be found

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 12_000
TOGETHER = 50
"""Events in a piece of 16 KiB."""

WORDS = ("the", "stream", "of", "events", "été", "流れ", ".", "\\n\\n")
CHUNK = (
    'data: {"id":"chatcmpl-CbT0x9yKq4Vf2LmN8sRw1DzE7hJpA","object":"chat.completion.chunk","created":1763712000,'
    '"model":"gpt-5.1-2025-11-13","service_tier":"default","system_fingerprint":"fp_4d8c1f0b7a","choices":[{"index":0,'
    '"delta":{"content":"%s"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"%s"}\n\n'
)
END = b"data: [DONE]\n\n"
"""Without it a `Stream` would be incomplete."""


def events_iterated(pieces: list[bytes]) -> int:
    """Events of `iter_sse`."""
    return sum(1 for _ in iter_sse(pieces)) - 1


def events_fed(pieces: list[bytes]) -> int:
    """Events of `SSEDecoder.feed`."""
    feed = SSEDecoder().feed
    return sum(len(feed(piece)) for piece in pieces) - 1


def deltas_iterated(pieces: list[bytes]) -> int:
    """Deltas of a `Stream`."""
    return sum(1 for _ in Stream(pieces))


def texts_iterated(pieces: list[bytes]) -> int:
    """Texts of `Stream.text_stream`."""
    return sum(1 for _ in Stream(pieces).text_stream)


def deltas_fed(pieces: list[bytes]) -> int:
    """Deltas of `Accumulator.feed`."""
    feed = Accumulator().feed
    return sum(len(feed(piece)) for piece in pieces)


def observed(pieces: list[bytes]) -> int:
    """Payloads of `Accumulator.observe`; it tells nothing, so the snapshot is asked once."""
    accumulator = Accumulator()
    for piece in pieces:
        accumulator.observe(piece)
    return len(accumulator.snapshot.text.split("|")) - 1


WORKS: dict[str, tuple[Callable[[list[bytes]], int], int]] = {
    "iter_sse, 1 ev": (events_iterated, 1),
    "iter_sse, 16 KiB": (events_iterated, TOGETHER),
    "SSEDecoder.feed, 1 ev": (events_fed, 1),
    "Stream, 1 ev": (deltas_iterated, 1),
    "Stream.text_stream, 1 ev": (texts_iterated, 1),
    "Stream.text_stream, 16 KiB": (texts_iterated, TOGETHER),
    "Accumulator.feed, 1 ev": (deltas_fed, 1),
    "Accumulator.observe, 1 ev": (observed, 1),
}


def pieces_of(events: int, together: int) -> list[bytes]:
    """A body of so many events, in pieces of `together` of them each. What is made is cut from a body of `MOST`."""
    chunks = [(CHUNK % (WORDS[at % 8] + "|", "abcdefghijklmno"[at % 16 :])).encode() for at in range(MOST)]
    pieces = [b"".join(chunks[at : at + together]) for at in range(0, MOST, together)]
    return [*pieces[: events // together], END]


def main() -> None:
    """List the works, or do one."""
    if len(sys.argv) == 1:
        for name in WORKS:
            print(f"python\t{name}\t{MOST}")
        return
    name, events = sys.argv[1], int(sys.argv[2])
    work, together = WORKS[name]
    pieces = pieces_of(events, together)
    # When it runs depends on everything that was made before, too.
    gc.disable()
    came = work(pieces)
    if came != events:
        message = f"{name}: expected {events}, got {came}"
        raise RuntimeError(message)


if __name__ == "__main__":
    main()
