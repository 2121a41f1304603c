"""Where Python has no memory for a string, MemoryError is raised, and what was read before is kept."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells and bounds a process so")

MIB = 1 << 20

PRELUDE = f"""
import json, resource
import ssewire

def bounded(more):
    "Leave the process so many bytes more than it has."
    with open("/proc/self/statm") as statm:
        used = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + more, resource.RLIM_INFINITY))

def free():
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

def refused(function, *arguments):
    try:
        function(*arguments)
    except MemoryError:
        return
    raise AssertionError("no MemoryError")

LARGE = CHARACTER * ({64 * MIB} // len(CHARACTER.encode()))

def chunk(delta):
    choice = {{"index": 0, "delta": delta}}
    payload = json.dumps({{"object": "chat.completion.chunk", "choices": [choice]}}, ensure_ascii=False)
    return f"data: {{payload}}\\n\\n".encode()
"""

SCRIPTS = {}

SCRIPTS["events"] = f"""
piece = f"data: {{LARGE}}\\n\\ndata: after\\n\\n".encode()
decoder = ssewire.SSEDecoder(max_event_size=None)
events = ssewire.iter_sse([b"data: before\\n\\n", piece], max_event_size=None)
assert next(events).data == "before"
bounded({16 * MIB})
refused(decoder.feed, piece)
refused(next, events)
free()
assert [event.data for event in decoder.feed(b"data: next\\n\\n")] == ["next"]
"""

SCRIPTS["comments"] = f"""
heard = []
piece = f"data: before\\n\\n: {{LARGE}}\\n\\n".encode()
events = ssewire.iter_sse([piece], max_event_size=None, on_comment=heard.append)
assert next(events).data == "before"
bounded({16 * MIB})
refused(next, events)
assert not heard
"""

SCRIPTS["snapshot"] = f"""
accumulator = ssewire.Accumulator(max_event_size=None)
accumulator.observe(chunk({{"role": "assistant", "content": LARGE}}))
snapshot = accumulator.snapshot
bounded({16 * MIB})
refused(lambda: snapshot.text)
refused(lambda: snapshot.choices[0].content)
free()
assert snapshot.text == LARGE
"""

SCRIPTS["deltas"] = f"""
import asyncio

body = [chunk({{"role": "assistant", "content": "before"}}), chunk({{"content": LARGE}})]
stream = ssewire.Stream(body, max_event_size=None)
assert next(stream.text_stream) == "before"
bounded({96 * MIB})  # for the snapshot's own text
refused(next, stream)
refused(list, stream)
refused(stream.until_done)
free()
assert stream.snapshot.text == "before" + LARGE

async def pieces():
    for piece in body:
        yield piece

async def main():
    stream = ssewire.AsyncStream(pieces(), max_event_size=None)
    assert await anext(stream.text_stream) == "before"
    bounded({96 * MIB})
    for reading in (lambda: anext(stream), lambda: anext(aiter(stream)), stream.until_done):
        try:
            await reading()
        except MemoryError:
            continue
        raise AssertionError("no MemoryError")
    free()
    assert stream.snapshot.text == "before" + LARGE

del stream
asyncio.run(main())
"""


@pytest.mark.parametrize("character", ["a", "é", "漢", "😀"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_no_memory(script: str, character: str) -> None:
    prelude = PRELUDE.replace("CHARACTER", repr(character))
    command = [sys.executable, "-W", "error", "-c", prelude + SCRIPTS[script]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - ours
    assert (done.returncode, done.stderr) == (0, "")
