"""What hostile input costs: processor time and memory, each input in a process of its own.

Without arguments all of them, as the table in SECURITY.md; with a name and a size that one, of about so many bytes: its
bytes, seconds, and bytes of memory at the most.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from ssewire import Accumulator, EventTooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MIB = 1 << 20
PIECE = 1 << 16


class Hostile(NamedTuple):
    """One kind of input."""

    pieces: Callable[[int], Iterable[bytes]]
    """Makes about so many bytes of it."""
    size: int
    """The bytes that the table is made with."""
    most: float
    """The memory that it may take, as a multiple of its bytes: what SECURITY.md promises, and a test holds."""
    limit: int | None = None
    """`max_total_size`."""


class Cost(NamedTuple):
    """What an input took."""

    size: int
    seconds: float
    memory: int


def repeated(block: bytes) -> Callable[[int], Iterator[bytes]]:
    """Make a body of one block again and again, in pieces."""

    def pieces(size: int) -> Iterator[bytes]:
        many = block * max(1, PIECE // len(block))
        for _ in range(max(1, size // len(many))):
            yield many

    return pieces


def event(before: str, item: str, after: str) -> Callable[[int], Iterator[bytes]]:
    """Make one event of a list with many items."""

    def pieces(size: int) -> Iterator[bytes]:
        yield f"data: {before}{','.join([item] * (size // (len(item) + 1)))}{after}\n\n".encode()

    return pieces


def chunk(delta: str) -> bytes:
    """Make an event of one choice."""
    return f'data: {{"choices":[{{"index":0,"delta":{delta}}}]}}\n\n'.encode()


def usages(size: int) -> Iterator[bytes]:
    """Make a large usage, and one event of choices that each change it."""
    count = size // 40
    yield f"data: {json.dumps({'choices': [], 'usage': {f'k{at}': at for at in range(count)}})}\n\n".encode()
    yield f"data: {json.dumps({'choices': [{'index': at, 'usage': {'a': at}} for at in range(count)]})}\n\n".encode()


def patches(size: int) -> Iterator[bytes]:
    """Make JSON Patches that copy a whole state into itself."""
    yield b'data: {"type":"RUN_STARTED","threadId":"t","runId":"r"}\n\n'
    yield b'data: {"type":"STATE_SNAPSHOT","snapshot":{"a":1}}\n\n'
    for at in range(size // 80):
        yield b'data: {"type":"STATE_DELTA","delta":[{"op":"copy","from":"","path":"/%d"}]}\n\n' % at


def digits(size: int) -> Iterator[bytes]:
    """Make one number of many digits."""
    yield b'data: {"choices":[],"usage":{"prompt_tokens":' + b"1" * size + b"}}\n\n"


def name_in_pieces(size: int) -> Iterator[bytes]:
    """Make a tool's name that grows with every event."""
    for at in range(size // 120):
        call = f'{{"tool_calls":[{{"index":0,"function":{{"name":"{at:020}"}}}}]}}'
        yield chunk(call)


INPUTS: dict[str, Hostile] = {
    "a line without an end": Hostile(repeated(b"x"), 256 * MIB, 1.2),
    "a comment without an end": Hostile(lambda size: [b":", *repeated(b"x")(size)], 256 * MIB, 0.1),
    "a `data` line without an end": Hostile(lambda size: [b"data: ", *repeated(b"x")(size)], 256 * MIB, 1.2),
    "blank lines": Hostile(repeated(b" \n\n"), 64 * MIB, 0.2),
    "lines outside of the standard": Hostile(repeated(b"d\n\n"), 16 * MIB, 0.2),
    "events of one byte": Hostile(repeated(b"data:1\n\n"), 16 * MIB, 0.2),
    "one event of numbers": Hostile(event('{"choices":[],"x":[', "1", "]}"), 16 * MIB, 12),
    "one event of choices": Hostile(event('{"choices":[', "{}", "]}"), 16 * MIB, 24),
    "one event of tool calls": Hostile(
        event('{"choices":[{"index":0,"delta":{"tool_calls":[', "{}", "]}}]}"), 16 * MIB, 24
    ),
    "one event of nested lists": Hostile(lambda size: [b"data: " + b"[" * size + b"\n\n"], 16 * MIB, 6),
    "one number of many digits": Hostile(digits, MIB, 6),
    "a usage that every choice changes": Hostile(usages, MIB, 24),
    "JSON Patches that copy the state into itself": Hostile(patches, MIB, 24),
    "a tool's name in pieces": Hostile(name_in_pieces, 8 * MIB, 1),
    "a text without an end": Hostile(repeated(chunk('{"content":"' + "x" * 1000 + '"}')), 256 * MIB, 2, limit=MIB),
}


def feed(pieces: Iterable[bytes], limit: int | None) -> int:
    """Read them as a gateway does; return the bytes that were read until the end or the error."""
    accumulator, taken = Accumulator(max_total_size=limit), 0
    try:
        for piece in pieces:
            taken += len(piece)
            accumulator.observe(piece)
    except EventTooLargeError:
        pass  # what was read before it is what is measured
    return taken


def cost(name: str, size: int) -> Cost:
    """Measure one input in this process, which must not have done anything else."""
    hostile = INPUTS[name]
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    taken = feed(hostile.pieces(size), hostile.limit)
    seconds, peak = time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Cost(taken, seconds, (peak - before) * 1024)


def apart(name: str, size: int) -> Cost:
    """Measure one input in a process of its own."""
    command = [sys.executable, "-m", "benches.hostile", name, str(size)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
    taken, seconds, memory = done.stdout.split()
    return Cost(int(taken), float(seconds), int(memory))


def table() -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| input | MiB read | seconds | MiB of memory | at the most, for each byte |"
    yield "|---|---|---|---|---|"
    for name, hostile in INPUTS.items():
        print(name, file=sys.stderr)
        size, seconds, memory = apart(name, hostile.size)
        yield f"| {name} | {size / MIB:.1f} | {seconds:.2f} | {memory / MIB:.1f} | {hostile.most:g} |"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(*cost(sys.argv[1], int(sys.argv[2])))
    else:
        print(*table(), sep="\n")
