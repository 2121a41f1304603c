"""The chart of the README, drawn from a stored run: `python -m benches.charts [results/….json]`."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure

from benches.fixtures import ONE_EVENT
from benches.report import RESULTS, Results, Row, groups, progress, read
from benches.rounds import ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

# The chart stands on light and on dark pages: no background, and greys that can be read on both.
INK = "#7d8590"
PEER_COLOUR = "#8c959f"
OURS_COLOUR = "#e8590c"
STYLE = {
    "svg.hashsalt": "ssewire",  # the same rows give the same file
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


class Panel(NamedTuple):
    """One piece of work, and whom to show at it under what name."""

    title: str
    section: str
    work: str
    names: dict[str, str]
    fixture: str = "chat"
    """Whose bodies: one chunk again and again, which suits a template best, or recorded streams."""


class Bar(NamedTuple):
    """One contender: microseconds per event, and how many times ours that is."""

    name: str
    value: float
    times: float


OURS = "ssewire"
READERS = {
    "ssewire iter_sse": OURS,
    "naive requests loop": "requests, by hand",
    "anthropic": "anthropic's parser",
    "sseclient-py": "sseclient-py",
    "httpx-sse": "httpx-sse",
    "openai": "openai's parser",
    "httpx2": "httpx2",
}
"""Those who read events, by the names of their rows."""
PANELS = [
    Panel(
        "Events of one repeated chunk",
        "framing",
        "events",
        READERS,
    ),
    Panel(
        "Text of one repeated chunk",
        "text",
        "text out",
        {
            "ssewire Stream.text_stream": OURS,
            "naive requests loop + orjson": "requests, by hand, orjson",
            "naive requests loop + json": "requests, by hand, json",
            "httpx-sse + orjson": "httpx-sse, orjson",
            "httpx-sse + json": "httpx-sse, json",
            "openai create()": "openai create()",
        },
    ),
    Panel(
        "The whole message of one repeated chunk",
        "message",
        "whole message",
        {
            "ssewire collect": OURS,
            "naive requests loop + orjson + join": "requests, by hand, orjson",
            "openai stream()": "openai stream()",
            "litellm": "litellm",
        },
    ),
    Panel(
        "Recorded streams: the whole message; the others, only their JSON",
        "recordings",
        "events",
        {
            "ssewire observe": OURS,
            "split + orjson": "split, by hand, orjson",
            "httpx-sse + orjson": "httpx-sse, orjson",
        },
        "all where nobody is wrong",
    ),
]


def draw(results: Results, folder: Path = RESULTS) -> list[Path]:
    """Draw a run as `chart.svg` and `chart.png`.

    Returns:
        The files.
    """
    with mpl.rc_context(STYLE):
        figure = _figure(results)
        paths = [folder / "chart.svg", folder / "chart.png"]
        figure.savefig(paths[0], transparent=True, metadata={"Date": None, "Creator": None})
        figure.savefig(paths[1], transparent=True, dpi=200, metadata={"Software": None})
    return paths


def _figure(results: Results) -> Figure:
    panels = [(panel.title, _bars(results.rows, panel)) for panel in PANELS]
    panels = [(title, bars) for title, bars in panels if bars]
    heights = [len(bars) + 0.6 for _, bars in panels]
    figure = Figure(figsize=(8.2, 0.7 + sum(0.27 * height + 0.3 for height in heights)), layout="constrained")
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights})
    for axis, (title, bars) in zip(axes[:, 0], panels, strict=True):
        _panel(axis, title, bars)
    axes[-1, 0].set_xlabel(f"µs per event, logarithmic: shorter is better. {where_measured(results)}", labelpad=6)
    return figure


def _bars(rows: Sequence[Row], panel: Panel) -> list[Bar]:
    """Ours first, then from fast to slow; one event a piece."""
    found: dict[str, Bar] = {}
    for group in groups(rows):
        if group[0].group[:4] == (panel.section, panel.work, panel.fixture, ONE_EVENT):
            timed = {panel.names[row.contender]: row for row in group if row.contender in panel.names and row.rounds}
            ours = timed.get(OURS)
            for name, row in timed.items():
                times = ratio(row.rounds, ours.rounds).median if ours else math.nan
                found.setdefault(name, Bar(name, row.median / 1000, times))
    return sorted(found.values(), key=lambda bar: (bar.name != OURS, bar.value))


def _panel(axis: Any, title: str, bars: list[Bar]) -> None:
    colours = [OURS_COLOUR if bar.name == OURS else PEER_COLOUR for bar in bars]
    axis.barh([bar.name for bar in bars], [bar.value for bar in bars], color=colours, height=0.72)
    for place, bar in enumerate(bars):
        _label(axis, place, bar)
    axis.set_title(title, loc="left", fontsize=10, fontweight="bold", pad=4)
    axis.set_xscale("log")
    axis.set_xlim(0.02, 8000)
    axis.set_ylim(len(bars) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.xaxis.set_major_formatter(lambda value, _place: f"{value:g}")
    axis.minorticks_off()
    axis.grid(visible=True, axis="x", color=INK, alpha=0.25, linewidth=0.6)
    axis.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    _colour_ours(axis, [bar.name for bar in bars])


def _label(axis: Any, place: int, bar: Bar) -> None:
    """The figure at the end of a bar, and how many times ours it is."""
    ours = bar.name == OURS
    times = "" if ours or math.isnan(bar.times) else f"   {_short(bar.times)}×"  # noqa: RUF001 - the sign itself
    style = {"color": OURS_COLOUR if ours else INK, "fontweight": "bold" if ours else "normal"}
    where = {"xytext": (5, 0), "textcoords": "offset points", "va": "center"}
    axis.annotate(f"{_short(bar.value)} µs{times}", (bar.value, place), **where, **style)


def _colour_ours(axis: Any, names: Sequence[str]) -> None:
    for label, name in zip(axis.get_yticklabels(), names, strict=True):
        if name == OURS:
            label.set_color(OURS_COLOUR)
            label.set_fontweight("bold")


def _short(value: float) -> str:
    """Two digits that count."""
    if value >= 100:
        return f"{float(f'{value:.2g}'):.0f}"
    return f"{value:.0f}" if value >= 10 else f"{value:#.2g}"


def where_measured(results: Results) -> str:
    """The Python, the processor and the date of a run."""
    return f"CPython {results.python}, {results.machine['cpu']}, {results.date}"


def main() -> None:
    """Draw from the file that is named, or the newest."""
    stored = sorted(RESULTS.glob("20*.json"))
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else stored[-1]
    for drawn in draw(read(path)):
        progress(f"drew {drawn.name} from {path.name}")


if __name__ == "__main__":
    main()
