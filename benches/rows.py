"""Recorded bodies folded into rows, beside scripts that collect text and usage: `python -m benches.rows`.

The bodies are whole recorded streams of chat completions (see `benches.recordings`), since that is what the scripts
read; of these, the ones of which all contenders give the same text and the same two counts. How many each one gets
right is counted over all. `ssewire fold` gives whole rows: calls, reasoning, errors and the rest beside the text.
"""

from __future__ import annotations

import argparse
import json
import os
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ssewire._rows import row

from benches.recordings import FOLDER, SENTINEL, load
from benches.report import RESULTS, Options, Results, Row, progress, write
from benches.rounds import A_LOOK, Contender, Effort, interleave

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Answer = tuple[str, Any, Any]
"""The text, and the tokens of input and output."""

TIMES = 4
"""So often are the bodies in the column: enough that threads have something to share."""


def by_row(body: bytes) -> Answer:
    """One body at a time, as a dict."""
    found = row(body)
    usage = found["usage"]
    return (found["text"], usage["input"], usage["output"]) if usage else (found["text"], None, None)


def _of(payloads: Iterable[Any]) -> Answer:
    """What a script collects of payloads."""
    text: list[str] = []
    usage: dict[str, Any] = {}
    for payload in payloads:
        first = [choice for choice in payload.get("choices") or () if choice.get("index", 0) == 0]
        text += [(choice.get("delta") or {}).get("content") or "" for choice in first]
        usage = payload.get("usage") or usage
    return "".join(text), usage.get("prompt_tokens"), usage.get("completion_tokens")


def by_split(body: bytes) -> Answer:
    """The fastest loop that people write."""
    import orjson  # noqa: PLC0415 - what is measured against

    data = (block[6:] for block in body.split(b"\n\n") if block.startswith(b"data: "))
    return _of(orjson.loads(payload) for payload in data if payload != b"[DONE]")


def by_httpx_sse(body: bytes) -> Answer:
    """A package for the events, and the standard library for JSON."""
    import httpx  # noqa: PLC0415 - may not be installed
    import httpx_sse  # noqa: PLC0415 - may not be installed

    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body)
    events = httpx_sse.EventSource(response).iter_sse()
    return _of(json.loads(event.data) for event in events if event.data != SENTINEL)


SCRIPTS: dict[str, Callable[[bytes], Answer]] = {
    "ssewire row": by_row,
    "split + orjson": by_split,
    "httpx-sse + json": by_httpx_sse,
}


def _answer(read: Callable[[bytes], Answer], body: bytes) -> Answer | None:
    try:
        return read(body)
    except Exception:  # noqa: BLE001 - whatever it is, it is no answer
        return None


def rows(options: Options) -> Iterator[Row]:
    """Give what a body takes each contender, and how many each gets right; nothing where something is missing."""
    if not (FOLDER / "index.tsv").is_file() or not find_spec("pyarrow") or not find_spec("httpx_sse"):
        progress("rows: skipped, as it needs recordings (SSEWIRE_RECORDINGS), pyarrow and httpx-sse")
        return
    groups = [group for group in load(FOLDER, quick=options.quick) if group.name.endswith("/openai-chat")]
    bodies = [recording.body for group in groups for recording in group.recordings]
    answers = {name: [_answer(read, body) for body in bodies] for name, read in SCRIPTS.items()}
    expected = answers["ssewire row"]
    for name, found in answers.items():
        yield Row("rows", "right", "chat", "", name, unit="bodies", rounds=[sum(map(_same, found, expected))])
    right = [
        body for place, body in enumerate(bodies) if all(_same(of[place], expected[place]) for of in answers.values())
    ]
    yield Row("rows", "bodies", "chat", "", "recorded", unit="bodies", rounds=[len(bodies)])
    yield Row("rows", "timed", "chat", "", "recorded", unit="bodies", rounds=[len(right)])
    yield Row("rows", "size", "chat", "", "recorded", unit="bytes/body", rounds=[sum(map(len, right)) / len(right)])
    yield from _time(right, A_LOOK if options.quick else Effort(min(options.rounds, 11), budget=0.2))


def _same(one: Answer | None, other: Answer | None) -> bool:
    return one is not None and one == other


def _time(bodies: list[bytes], effort: Effort) -> Iterator[Row]:
    import pyarrow as pa  # noqa: PLC0415 - may not be installed
    from ssewire.arrow import fold  # noqa: PLC0415 - needs it

    column = pa.array(bodies * TIMES, pa.large_binary())

    def read_all(read: Callable[[bytes], Answer]) -> None:
        for _ in range(TIMES):
            for body in bodies:
                read(body)

    contenders = [Contender(name, partial(read_all, read)) for name, read in SCRIPTS.items()]
    contenders += [
        Contender(f"ssewire fold, {threads} thread{'s' * (threads > 1)}", partial(fold, column, threads=threads))
        for threads in range(1, (os.cpu_count() or 1) + 1)
    ]
    for name, times in interleave(contenders, effort, units=len(column)).items():
        yield Row("rows", "time", "chat", "whole", name, unit="ns/body", rounds=times)


def table(found: Sequence[Row]) -> Iterator[str]:
    """Give a line for each contender: bodies and MB a second, and who is how many times as slow as folding."""
    of = {(row.work, row.contender): row.median for row in found}
    size = of["size", "recorded"]
    ours = of["time", "ssewire fold, 1 thread"]
    yield f"{of['timed', 'recorded']:.0f} of {of['bodies', 'recorded']:.0f} bodies, of {size:,.0f} bytes"
    for name in (each.contender for each in found if each.work == "time"):
        nanoseconds = of["time", name]
        right = of.get(("right", name))
        yield (
            f"{name:24} {1e9 / nanoseconds:>9,.0f} bodies/s {size * 1e3 / nanoseconds:>7,.0f} MB/s "
            f"{nanoseconds / ours:>6.2f}" + ("" if right is None else f", right {right:.0f}")
        )


def main() -> None:
    """Measure, print, and store with a plot."""
    parser = argparse.ArgumentParser(prog="python -m benches.rows", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a look whether all works; nothing is stored")
    given = parser.parse_args()
    results = Results()
    results.note_load(own=0)
    results.rows.extend(rows(Options(quick=given.quick)))
    for line in table(results.rows) if results.rows else ():
        print(line)
    if results.rows and not given.quick:
        path = write(results, RESULTS / "rows")
        progress(f"stored in {path.name}")
        if find_spec("matplotlib"):
            import_module("benches.plots").draw(results)


if __name__ == "__main__":
    main()
