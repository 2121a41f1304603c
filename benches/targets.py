"""What this project has set itself to reach, and whether a run did."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from benches.rounds import ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benches.report import Row

HAND_WRITTEN = ("naive", "split")
"""How the names of loops begin that are right only where a stream is simple."""

Kind = Literal["faster", "costs", "extra", "worst"]
"""faster: the peer's time is at least `limit` times ours. costs: ours is at most `limit` times the peer's.
extra: ours is at most `limit` more than the peer's, in the rows' unit. worst: no row of the section is above it."""


@dataclass(frozen=True)
class Target:
    """One figure that a comparison has to reach; the rows that it compares are found by their names."""

    section: str
    work: str
    pieces: str
    peer: str
    """The peer's `Row.contender`; "best" for the fastest package that is correct."""
    limit: float
    ours: str = "ssewire iter_sse"
    fixture: str = "chat"
    kind: Kind = "faster"


class Verdict(NamedTuple):
    """What became of a target."""

    target: Target
    figure: float | None
    """What was measured, as `Target.limit` counts; None if it was not."""
    met: bool
    note: str
    """Quartiles, or why there is no figure."""


def _faster(row: Target, peers: dict[str, float]) -> list[Target]:
    """One target for each peer of a row of the table."""
    return [replace(row, peer=peer, limit=limit) for peer, limit in peers.items()]


_EVENTS = Target("framing", "events", "1 ev", "", 0, "ssewire iter_sse")
_TEXT = Target("text", "text out", "1 ev", "", 0, "ssewire Stream.text_stream")
_WHOLE = Target("message", "whole message", "1 ev", "", 0, "ssewire collect")

_CALLS = [("openai chat", "chat", 8), ("openai responses", "responses", 5), ("anthropic messages", "anthropic", 3)]

_CLIENTS = {"requests": 0.6, "httpx": 0.35, "httpx2": 0.35, "httpx2 async": 0.5, "aiohttp": 1.10}
_LIVE = Target("live", "live, plain", "0.3 ms", "", 0, kind="costs")

TARGETS = [
    *_faster(_EVENTS, {"naive requests loop": 4, "httpx-sse": 18, "httpx2": 28, "openai": 28}),
    *_faster(replace(_EVENTS, pieces="16 KiB"), {"split": 3.5, "httpx-sse": 12, "openai": 30}),
    *_faster(replace(_EVENTS, pieces="64 B"), {"httpx-sse": 14, "sseclient-py": 6}),
    Target("framing", "events, async", "1 ev", "httpx-sse", 8, "ssewire aiter_sse"),
    *_faster(_TEXT, {"naive requests loop + orjson": 14, "httpx-sse + orjson": 30}),
    Target("text", "text out", "16 KiB", "split + orjson", 15, "ssewire Stream.text_stream"),
    Target("text", "text out, async", "1 ev", "httpx aiter_lines + orjson", 9, "ssewire AsyncStream.text_stream"),
    Target("message", "whole message", "1 ev", "naive requests loop + orjson + join", 18, "ssewire collect"),
    Target("message", "whole message", "16 KiB", "split + orjson + join", 30, "ssewire collect"),
    *_faster(_WHOLE, {"openai stream()": 1500, "litellm": 4000}),
    Target("shapes", "events", "8 KiB", "best", 2, "ssewire iter_sse", "1 MB event"),
    Target("shapes", "events", "1460 B", "httpx-sse", 2, "ssewire iter_sse", "8 MiB line"),
    Target("adapters", "openai models", "1 ev", "openai create()", 16, "ssewire accelerate(openai)"),
    Target(
        "adapters", "anthropic models", "1 ev", "anthropic create()", 4, "ssewire accelerate(anthropic)", "anthropic"
    ),
    Target("adapters", "openai models", "1 ev", "openai create()", 8, "ssewire accelerate(openai)", "responses"),
    *(
        Target("calls", work, "at once", "plain", limit, "ssewire install()", fixture)
        for work, fixture, limit in _CALLS
    ),
    Target("instructions", "twice the size", "", "itself", 2.1, "any shape", "any", "worst"),
    *(
        Target("sockets", client, "1 ev", "draining", limit, "ssewire Stream", kind="costs")
        for client, limit in _CLIENTS.items()
    ),
    *(
        replace(_LIVE, peer=f"{client} draining", limit=limit, ours=f"{client} ssewire Stream")
        for client, limit in _CLIENTS.items()
    ),
    *(replace(_LIVE, peer="recv", limit=2, ours=f"{client} ssewire Stream") for client in ("httpx", "httpx2")),
    replace(_LIVE, peer="openai plain", limit=4, ours="openai accelerated", kind="faster"),
    Target("imports", "import", "", "import json", 15, "ssewire", "", "extra"),
]
"""The table of targets, row by row. Sockets, live: CPU time of `Stream(response)` and of draining the response
unread."""


def judge(rows: Iterable[Row], targets: Sequence[Target] = TARGETS) -> list[Verdict]:
    """Hold a run's rows against the targets."""
    rows = list(rows)
    return [_worst(target, rows) if target.kind == "worst" else _compare(target, rows) for target in targets]


def _worst(target: Target, rows: list[Row]) -> Verdict:
    measured = [row for row in rows if row.section == target.section and row.work == target.work and row.rounds]
    if not measured:
        return Verdict(target, None, met=False, note="not measured")
    worst = max(measured, key=lambda row: row.median)
    return Verdict(target, worst.median, worst.median <= target.limit, f"{worst.fixture}; {len(measured)} shapes")


def _compare(target: Target, rows: list[Row]) -> Verdict:
    for peer in _peers(target, rows):
        ours = [row for row in rows if row.group == peer.group and row.contender == target.ours]
        wrong = next((row for row in (*ours, peer) if row.correct is not True), None)
        if wrong:
            return Verdict(target, None, met=False, note=f"{wrong.contender}: {wrong.correct}")
        if ours and ours[0].rounds and peer.rounds:
            return _figure(target, peer, ours[0])
    return Verdict(target, None, met=False, note="not measured")


def _peers(target: Target, rows: list[Row]) -> list[Row]:
    """Rows that the target names as its peer: one, or one in each environment where it was measured."""
    place = (target.section, target.work, target.fixture, target.pieces)
    there = [row for row in rows if row.group[:4] == place and row.contender != target.ours]
    if target.peer != "best":
        return [row for row in there if row.contender == target.peer]
    right = [row for row in there if row.correct is True and row.rounds and not row.is_ours]
    right = [row for row in right if not row.contender.startswith(HAND_WRITTEN)]
    return sorted(right, key=lambda row: row.median)[:1]


def _figure(target: Target, peer: Row, ours: Row) -> Verdict:
    name = f"{peer.contender}, " if target.peer == "best" else ""
    if target.kind == "extra":
        more = statistics.median(mine - theirs for mine, theirs in zip(ours.rounds, peer.rounds, strict=True))
        return Verdict(target, more, more <= target.limit, f"{ours.median:.1f} against {peer.median:.1f} {ours.unit}")
    found = ratio(ours.rounds, peer.rounds) if target.kind == "costs" else ratio(peer.rounds, ours.rounds)
    met = found.median <= target.limit if target.kind == "costs" else found.median >= target.limit
    return Verdict(target, found.median, met, f"{name}{found.low:.3g} to {found.high:.3g}")
