"""Real streams: what an event of each provider costs, and where the time goes.

The recordings are no part of this project: `SSEWIRE_RECORDINGS` says where they are, else they are looked for in
`../shared/recordings` beside the checkout; without them nothing is measured. Of what is there, those count that have
the framing and the payloads of the wire, whole ones, not dumps of a package's objects. They are taken together by
provider and dialect, each read by a decoder of its own, an event a piece. The template hits are the share of the
payloads that were compared with the shape of the one before instead of parsed.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import math
import os
import re
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import ssewire
from ssewire.replay import split_events

from benches.fixtures import ONE_EVENT
from benches.report import Options, Row, progress
from benches.rounds import A_LOOK, Contender, Effort, interleave

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

FOLDER = Path(os.environ.get("SSEWIRE_RECORDINGS", Path(__file__).parents[2] / "shared" / "recordings"))

FIDELITIES = {"raw", "framing-raw,json-canonicalised", "payload-raw,framing-synthesised"}
ROUNDS = 7  # at most; a round goes through every group
ALL = "all"
WHERE_ALL_RIGHT = "all where nobody is wrong"
SENTINEL = "[DONE]"


@dataclass(frozen=True)
class Recording:
    """One body, and what it has to give."""

    file: str
    body: bytes
    events: list[str]
    """The data of each event."""
    choices: list[dict[str, Any]] | None
    """What the merge rule makes of a chat stream; None where it is none."""
    pieces: list[bytes] = field(repr=False)
    lines: list[bytes] = field(repr=False)
    """The pieces with another name for `data`: lines are found, and nothing is made of them."""


class Group(NamedTuple):
    """The recordings of one provider's API."""

    name: str
    recordings: list[Recording]

    @property
    def events(self) -> int:
        """How many events they have together."""
        return sum(len(recording.events) for recording in self.recordings)


class Way(NamedTuple):
    """One way to read a recording."""

    name: str
    run: Callable[[Recording], object]
    """Reads it, and keeps as little as it can: this is timed."""
    wrong: Callable[[Recording], str]
    """Reads it, and says what is wrong with that; "" if nothing is."""


# --- the recordings -----------------------------------------------------------------------------------------------


def load(folder: Path, *, quick: bool = False) -> list[Group]:
    """Read the recordings, largest groups first; a few of them where it has to be quick."""
    expected = {row["file"]: row["choices"] for row in _json_lines(folder / "expected-chat.jsonl")}
    groups: dict[str, list[Recording]] = {}
    for row in _index(folder):
        body = (folder / row["file"]).read_bytes()
        recording = _recording(row["file"], body, expected.get(row["file"]))
        if recording.events:
            groups.setdefault(f"{row['provider']}/{row['dialect']}", []).append(recording)
    found = sorted(map(Group._make, groups.items()), key=lambda group: -group.events)
    return [Group(group.name, group.recordings[:3]) for group in found[:5]] if quick else found


def _index(folder: Path) -> Iterator[dict[str, str]]:
    with (folder / "index.tsv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if row["file"].endswith(".sse") and row["fidelity"] in FIDELITIES:
                yield row


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text("utf-8").splitlines():
        yield json.loads(line)


def _recording(file: str, body: bytes, choices: list[dict[str, Any]] | None) -> Recording:
    pieces = split_events(body)
    lines = [re.sub(rb"(?m)^data:", b"dat_:", piece) for piece in pieces]
    return Recording(file, body, list(_standard(body)), choices, pieces, lines)


def _standard(body: bytes) -> Iterator[str]:
    """Give the data of each event, as slowly and plainly as the HTML standard says it."""
    data: list[str] = []
    for line in re.split("\r\n|\r|\n", body.decode("utf-8-sig", "replace"))[:-1]:
        name, _, value = line.partition(":")
        if name == "data":
            data.append(value.removeprefix(" "))
        elif not line and data:
            yield "\n".join(data)
            data = []


# --- ways to read -------------------------------------------------------------------------------------------------


def _feed(pieces: list[bytes]) -> None:
    feed = ssewire.SSEDecoder().feed
    for piece in pieces:
        feed(piece)


def _iterate(pieces: Iterable[bytes]) -> None:
    for _ in ssewire.iter_sse(pieces):
        pass


def _observe(recording: Recording) -> ssewire.Accumulator:
    accumulator = ssewire.Accumulator()
    observe = accumulator.observe
    for piece in recording.pieces:
        observe(piece)
    accumulator.flush()
    return accumulator


def _collect(recording: Recording) -> ssewire.Snapshot | None:
    try:
        return ssewire.collect(recording.body)
    except ssewire.StreamError as error:  # some were recorded for their errors
        return error.snapshot


def _wrong_events(recording: Recording) -> str:
    decoder = ssewire.SSEDecoder()
    fed = [event.data for piece in recording.pieces for event in decoder.feed(piece)]
    pulled = [event.data for event in ssewire.iter_sse(recording.pieces)]
    return "" if fed == pulled == recording.events else "other events"


def _wrong_snapshot(recording: Recording, snapshot: ssewire.Snapshot | None) -> str:
    if recording.choices is None:
        return ""  # what a dialect makes of it is for the tests
    expected = [(choice["content"], choice["reasoning"], choice["finish_reason"]) for choice in recording.choices]
    choices = snapshot.choices if snapshot else []
    found = [(choice.content, choice.reasoning, choice.finish_reason) for choice in choices]
    return "" if found == expected else "another message"


def _split(pieces: Iterable[bytes]) -> Iterator[Any]:
    """The fastest loop that people write: LF only, and one data line."""
    import orjson  # noqa: PLC0415 - what is measured against

    buffer = b""
    for piece in pieces:
        buffer += piece
        *blocks, buffer = buffer.split(b"\n\n")
        for block in blocks:
            at = block.find(b"data: ")
            if at >= 0 and not block.endswith(b"[DONE]"):
                yield orjson.loads(block[at + 6 :])


def _httpx_sse(pieces: Iterable[bytes]) -> Iterator[Any]:
    import httpx  # noqa: PLC0415 - may not be installed
    import httpx_sse  # noqa: PLC0415 - may not be installed
    import orjson  # noqa: PLC0415 - what is measured against

    class Body(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            return iter(pieces)

    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Body())
    for event in httpx_sse.EventSource(response).iter_sse():
        if event.data != SENTINEL:
            yield orjson.loads(event.data)


def _exhaust(values: Iterable[object]) -> None:
    for _ in values:
        pass


def _wrong_values(read: Callable[[list[bytes]], Iterable[Any]], recording: Recording) -> str:
    try:
        found = list(read(recording.pieces))
        expected = [json.loads(data) for data in recording.events if data != SENTINEL]
    except ValueError as error:  # JSON's
        return f"{type(error).__name__}: {error}"
    return "" if found == expected else f"{len(found)} payloads instead of {len(expected)}, or others"


LINES = Way("lines alone", lambda recording: _feed(recording.lines), lambda _: "")
FEED = Way("ssewire SSEDecoder.feed", lambda recording: _feed(recording.pieces), _wrong_events)
ITER_SSE = Way("ssewire iter_sse", lambda recording: _iterate(recording.pieces), _wrong_events)
OBSERVE = Way("ssewire observe", _observe, lambda recording: _wrong_snapshot(recording, _observe(recording).snapshot))
COLLECT = Way("ssewire collect, whole", _collect, lambda recording: _wrong_snapshot(recording, _collect(recording)))
SPLIT = Way(
    "split + orjson",
    lambda recording: _exhaust(_split(recording.pieces)),
    lambda recording: _wrong_values(_split, recording),
)
HTTPX_SSE = Way(
    "httpx-sse + orjson",
    lambda recording: _exhaust(_httpx_sse(recording.pieces)),
    lambda recording: _wrong_values(_httpx_sse, recording),
)


def _ways() -> list[Way]:
    ways = [OBSERVE, COLLECT, FEED, ITER_SSE, LINES, SPLIT]
    return [*ways, HTTPX_SSE] if importlib.util.find_spec("httpx_sse") else ways


# --- rows ---------------------------------------------------------------------------------------------------------


def rows(options: Options) -> Iterable[Row]:
    """Give the rows of every group, and of all together; nothing where there are no recordings."""
    if not (FOLDER / "index.tsv").is_file():
        progress(f"recordings: skipped, as {FOLDER}/index.tsv is not there; SSEWIRE_RECORDINGS says where they are")
        return
    groups = load(FOLDER, quick=options.quick)
    timed: list[list[Row]] = []
    for group in groups:
        progress(f"recordings: {group.name}, {len(group.recordings)} of {group.events} events")
        timed.append(_time(group, A_LOOK if options.quick else Effort(min(options.rounds, ROUNDS))))
        yield from timed[-1]
        yield from _sizes(group)
    yield from _sum(ALL, groups, timed)
    right = [place for place, found in enumerate(timed) if all(row.correct is True for row in found)]
    yield from _sum(WHERE_ALL_RIGHT, [groups[place] for place in right], [timed[place] for place in right])


def _time(group: Group, effort: Effort) -> list[Row]:
    """Check every way on every recording, time those that are right, and give a row for each."""
    ways = _ways()
    problems = {way.name: _problem(way, group) for way in ways}
    contenders = [Contender(way.name, _over(way, group)) for way in ways if not problems[way.name]]
    times = interleave(contenders, effort, units=group.events, clock=time.process_time_ns)
    return [
        Row("recordings", "events", group.name, ONE_EVENT, name, problem or True, "ns CPU/event", times.get(name, []))
        for name, problem in problems.items()
    ]


def _over(way: Way, group: Group) -> Callable[[], None]:
    def run() -> None:
        for recording in group.recordings:
            way.run(recording)

    return run


def _problem(way: Way, group: Group) -> str:
    found = [problem for recording in group.recordings if (problem := way.wrong(recording))]
    return f"wrong in {len(found)} of {len(group.recordings)}: {found[0]}" if found else ""


def _matched(recording: Recording) -> int:
    accumulator = ssewire.Accumulator()
    accumulator.observe(recording.body)
    return accumulator._matched  # noqa: SLF001 - it is there for this


def _sizes(group: Group) -> Iterator[Row]:
    """Give what was read, as rows of one figure."""
    sizes = [len(data.encode()) for recording in group.recordings for data in recording.events]
    figures: dict[str, float] = {
        "recordings": len(group.recordings),
        "events": group.events,
        "bytes": sum(len(recording.body) for recording in group.recordings),
        "median payload": statistics.median(sizes),
        "template hits": 100 * sum(map(_matched, group.recordings)) / group.events,
    }
    units = {"bytes": "bytes", "median payload": "bytes", "template hits": "%"}
    for name, figure in figures.items():
        yield Row("recordings", name, group.name, "", "recorded", unit=units.get(name, ""), rounds=[figure])


def _sum(name: str, groups: Sequence[Group], timed: Sequence[Sequence[Row]]) -> Iterator[Row]:
    """Give the mean over groups, weighed by events, round by round; of ways that are right in all of them."""
    events = sum(group.events for group in groups)
    for of_way in zip(*timed, strict=True):
        wrong = [row.fixture for row in of_way if row.correct is not True]
        sums = [
            sum(time * group.events for time, group in zip(times, groups, strict=True)) / events
            for times in zip(*(row.rounds for row in of_way), strict=not wrong)
        ]
        problem = f"wrong in {len(wrong)} of {len(groups)} groups" if wrong else True
        rounds = [] if wrong else sums
        yield Row("recordings", "events", name, ONE_EVENT, of_way[0].contender, problem, "ns CPU/event", rounds)


# --- by itself ----------------------------------------------------------------------------------------------------

_COLUMNS = ["recordings", "events", "median payload", "template hits"]


def table(found: Iterable[Row]) -> Iterator[str]:
    """Give a line for each group, the slowest first.

    Figures, the share of what observing takes over all recordings, then nanoseconds an event of each way.
    """
    cells: dict[str, dict[str, float]] = {}
    names: dict[str, None] = {}
    for row in found:
        is_time = row.pieces == ONE_EVENT
        cells.setdefault(row.fixture, {})[row.contender if is_time else row.work] = row.median
        if is_time:
            names[row.contender] = None
    whole = cells.get(ALL, {}).get(OBSERVE.name, 0) * sum(group.get("events", 0) for group in cells.values())
    for group in cells.values():
        if "events" in group and whole:
            group["% of all time"] = 100 * group["events"] * group.get(OBSERVE.name, 0) / whole
    columns = [*_COLUMNS, "% of all time", *names]
    yield f"{'':32}" + "".join(f"{name.removeprefix('ssewire').strip(' ,')[:15]:>16}" for name in columns)
    for name in sorted(cells, key=lambda name: -cells[name].get(OBSERVE.name, 0)):
        yield f"{name:32}" + "".join(f"{_digits(cells[name].get(column)):>16}" for column in columns)


def _digits(figure: float | None) -> str:
    return "-" if figure is None or math.isnan(figure) else str(round(figure))


def where_time_goes(found: Sequence[Row]) -> Iterator[str]:
    """Give what lines, objects and payloads take of an event, over all recordings."""
    of = {row.contender: row.median for row in found if row.fixture == ALL}
    lines = of[LINES.name]
    yield f"lines alone {lines:.0f} ns; objects of events +{of[FEED.name] - lines:.0f}"
    yield f"payloads, accumulated +{of[OBSERVE.name] - lines:.0f}"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benches.recordings", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    found = list(rows(Options(given.rounds, given.quick)))
    if found:
        for line in [*table(found), *where_time_goes(found)]:
            print(line)
        for row in found:
            if row.correct is not True:
                print(f"{row.fixture}, {row.contender}: {row.correct}")


if __name__ == "__main__":
    main()
