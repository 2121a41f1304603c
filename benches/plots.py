"""The plots of docs, drawn from a stored run: `python -m benches.plots [results/….json]`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benches.charts import INK, OURS_COLOUR, PEER_COLOUR, READERS, STYLE, where_measured
from benches.fixtures import ONE_EVENT
from benches.report import RESULTS, Results, Row, progress, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

FOLDER = Path(__file__).parents[1] / "docs" / "plots"
PIECES = ["64 B", ONE_EVENT, "1460 B", "16 KiB"]
"""From small to large: an event of the fixture has 301 bytes."""
BODIES = {"1 MB event": "an event of 1 MB", "8 MiB line": "a line of 8 MiB", "100k data lines": "100,000 data lines"}
PACKAGES = {
    "ssewire collect": "ssewire collect()",
    "ssewire accelerate(anthropic)": "anthropic create(), accelerated",
    "ssewire accelerate(openai)": "openai create(), accelerated",
    "anthropic create()": "anthropic create()",
    "openai create()": "openai create()",
    "openai stream()": "openai stream()",
    "litellm": "litellm",
}
GROWING = {
    "one line": (READERS, 1, "ns per byte of one event, by its size, in pieces of 1,460 bytes; logarithmic"),
    "whole message": (
        {
            "ssewire collect": "ssewire",
            "naive requests loop + orjson + join": "requests, by hand, orjson",
            "openai stream()": "openai stream()",
        },
        1e-3,
        "µs per event of a whole message, by their number, some 200 bytes of text each; logarithmic",
    ),
}
LABELS = 6
"""As many lines of text find room in an inch."""
FOLDERS = {
    "ssewire observe": "ssewire",
    "split + orjson": "split, orjson, by hand",
    "httpx-sse + orjson": "httpx-sse, orjson",
}
BODIES_READ = {
    "ssewire row": "ssewire, a body at a time",
    "split + orjson": "split, orjson, by hand",
    "httpx-sse + json": "httpx-sse, json, by hand",
}

LIVE = {
    "recv": "recv alone",
    "openai plain": "openai, whole call",
    "openai accelerated": "openai, whole call, accelerated",
    "openai async plain": "openai async, whole call",
    "openai async accelerated": "openai async, whole call, accelerated",
    "f3dx": "f3dx, whole call",
}


def draw(results: Results, folder: Path = FOLDER) -> list[Path]:
    """Draw a run as one SVG for each of `PLOTS` whose rows it has.

    Returns:
        The files.
    """
    folder.mkdir(exist_ok=True)
    measured = {row.section for row in results.rows}
    plots = {name: plot for name, (section, plot) in PLOTS.items() if section in measured}
    with mpl.rc_context(STYLE):
        return [_save(folder / f"{name}.svg", plot(results), results) for name, plot in plots.items()]


def _save(path: Path, figure: Figure, results: Results) -> Path:
    axis = figure.axes[-1]
    axis.set_xlabel(f"{axis.get_xlabel()}\n{where_measured(results)}", labelpad=6)
    figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None})
    return path


def chunk_size(results: Results) -> Figure:
    """What an event costs, by the size of the pieces that a body arrives in."""
    figure, axis = _plot(6.4)
    timed = {
        (contender, name): {row.pieces: row.median / 1000 for row in _rows(results, "framing", "chat", contender)}
        for contender, name in READERS.items()
    }
    _lines(axis, {names: {pieces: found[pieces] for pieces in PIECES} for names, found in timed.items()})
    axis.set_ylabel("µs per event, logarithmic")
    axis.set_xlabel("pieces of the body; an event has about 301 bytes")
    return figure


def large_events(results: Results) -> Figure:
    """What one large event costs: where a reader looks at the same bytes again and again, it shows."""
    figure = Figure(figsize=(8.2, 5.6), layout="constrained")
    axes = figure.subplots(len(BODIES), 1, sharex=True)
    for axis, (fixture, title) in zip(axes, BODIES.items(), strict=True):
        timed = {row.contender: row.median / 1e6 for row in results.rows if row.fixture == fixture and row.rounds}
        _bars(axis, {name: timed[contender] for contender, name in READERS.items() if contender in timed})
        axis.set_title(title, loc="left", fontsize=10)
    axes[-1].set_xlabel("ms per body, logarithmic; who is missing gave a wrong answer")
    return figure


def growth(results: Results) -> Figure:
    """What a byte of a long line costs, and an event of a long stream: of those who look again, more and more."""
    figure = Figure(figsize=(8.2, 6.8), layout="constrained")
    for axis, (work, (names, unit, title)) in zip(figure.subplots(len(GROWING), 1), GROWING.items(), strict=True):
        rows = [row for row in results.rows if (row.section, row.work) == ("growth", work) and row.rounds]
        timed = {
            (contender, name): {row.fixture: row.median * unit for row in rows if row.contender == contender}
            for contender, name in names.items()
        }
        _lines(axis, timed)
        axis.set_title(title, loc="left", fontsize=10)
    return figure


def _lines(axis: Any, timed: dict[tuple[str, str], dict[str, float]]) -> None:
    """Draw a line for each contender, with its name and its last value at its end; names do not cover one another."""
    axis.set_yscale("log")
    for (contender, _), values in timed.items():
        axis.plot([*values], [*values.values()], color=_colour(contender), marker="o", markersize=4)
    low, high = axis.get_ylim()
    height = axis.figure.get_figheight() * axis.get_position().height
    apart, above = (high / low) ** (1 / (LABELS * height)), 0.0
    for (contender, name), values in sorted(timed.items(), key=lambda item: [*item[1].values()][-1]):
        value = [*values.values()][-1]
        above = max(value, above * apart)
        axis.annotate(f"{name}, {_short(value)}", (len(values) - 1, above), **_beside(contender))
    axis.set_xlim(-0.2, len(values) + 0.2)
    axis.yaxis.set_major_formatter(_plain)
    axis.grid(visible=True, color=INK, alpha=0.25, linewidth=0.6)
    axis.spines[["top", "right"]].set_visible(False)


def packages(results: Results) -> Figure:
    """What an event costs in whole packages, models and all."""
    figure, axis = _plot(3.0)
    sections = ("message", "adapters")
    timed = {
        row.contender: row.median / 1000 for row in reversed(results.rows) if row.section in sections and _usual(row)
    }
    _bars(axis, {name: timed[contender] for contender, name in PACKAGES.items() if contender in timed})
    axis.set_xlabel("µs per event, logarithmic")
    return figure


def recordings(results: Results) -> Figure:
    """What an event of recorded streams costs, provider by provider: not the chunk that suits a template best."""
    rows = [row for row in results.rows if row.section == "recordings" and row.rounds and row.pieces == ONE_EVENT]
    timed = {(row.fixture, row.contender): row.median / 1000 for row in rows if not row.fixture.startswith("all")}
    fixtures = sorted({fixture for fixture, _ in timed}, key=lambda each: timed[each, "ssewire observe"])
    figure, axis = _plot(0.16 * len(fixtures) + 1)
    for contender, name in FOLDERS.items():
        found = [(timed[each, contender], place) for place, each in enumerate(fixtures) if (each, contender) in timed]
        style = {"s": 14, "color": _colour(contender), "marker": "x" if "split" in contender else "o", "label": name}
        axis.scatter(*zip(*found, strict=True), **style)
    axis.set_yticks(range(len(fixtures)), fixtures, fontsize=7)
    axis.set_ylim(-0.8, len(fixtures) - 0.2)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(_plain)
    axis.legend(loc="lower right", frameon=False)
    axis.set_xlabel("µs of CPU per event, logarithmic; who is missing gave a wrong answer")
    return figure


def live(results: Results) -> Figure:
    """What an event costs that comes by itself, 0.3 ms after the last one, by who reads it."""
    timed = {
        row.contender: row.median / 1000
        for row in results.rows
        if (row.section, row.work, row.pieces) == ("live", "live, plain", "0.3 ms")
    }
    figure, axis = _plot(0.22 * len(timed) + 1)
    _bars(axis, {LIVE.get(contender, contender): timed[contender] for contender in timed})
    axis.set_xlabel("µs of CPU per event, logarithmic")
    return figure


def rows(results: Results) -> Figure:
    """What recorded bodies take whole: folded into rows, and by scripts that collect text and usage."""
    figure, axis = _plot(2.6)
    size = next(row.median for row in results.rows if (row.section, row.work) == ("rows", "size"))
    timed = [row for row in results.rows if (row.section, row.work) == ("rows", "time")]
    fastest = sorted(timed, key=lambda row: row.median)
    _bars(axis, {BODIES_READ.get(row.contender, row.contender): size * 1e3 / row.median for row in fastest})
    axis.set_xlabel("MB of bodies per second, logarithmic: more is better")
    return figure


PLOTS: Mapping[str, tuple[str, Callable[[Results], Figure]]] = {
    "chunk-size": ("framing", chunk_size),
    "large-events": ("shapes", large_events),
    "growth": ("growth", growth),
    "packages": ("adapters", packages),
    "recordings": ("recordings", recordings),
    "live": ("live", live),
    "recorded-streams": ("rows", rows),
}
"""By the file's name: the section of a run that it needs, and what draws it."""


def _usual(row: Row) -> bool:
    bodies = row.section in ("message", "adapters") and row.fixture in ("chat", "anthropic")
    return bodies and row.pieces == ONE_EVENT and bool(row.rounds)


def _rows(results: Results, section: str, fixture: str, contender: str) -> Iterator[Row]:
    for row in results.rows:
        names = (row.section, row.work, row.fixture, row.contender, row.environment)
        if names == (section, "events", fixture, contender, ""):
            yield row


def _plot(height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(8.2, height), layout="constrained")
    axis = figure.subplots()
    axis.grid(visible=True, color=INK, alpha=0.25, linewidth=0.6)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    return figure, axis


def _bars(axis: Any, bars: dict[str, float]) -> None:
    colours = [OURS_COLOUR if "ssewire" in name or "accelerated" in name else PEER_COLOUR for name in bars]
    axis.barh([*bars], [*bars.values()], color=colours, height=0.72)
    for place, value in enumerate(bars.values()):
        axis.annotate(_short(value), (value, place), xytext=(5, 0), textcoords="offset points", va="center")
    axis.set_xscale("log")
    axis.margins(x=0.15)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
    axis.invert_yaxis()
    axis.xaxis.set_major_formatter(_plain)


def _colour(contender: str) -> str:
    return OURS_COLOUR if contender.startswith("ssewire") else PEER_COLOUR


def _beside(contender: str) -> dict[str, Any]:
    return {"xytext": (8, 0), "textcoords": "offset points", "va": "center", "color": _colour(contender)}


def _short(value: float) -> str:
    """Three digits that count."""
    return f"{float(f'{value:.3g}'):,g}" if value < 1000 else f"{float(f'{value:.3g}'):,.0f}"


def _plain(value: float, _place: object = None) -> str:
    return f"{value:g}"


def main() -> None:
    """Draw from the file that is named, or the newest."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else max(RESULTS.glob("20*.json"))
    for drawn in draw(read(path)):
        progress(f"drew {drawn.name} from {path.name}")


if __name__ == "__main__":
    main()
