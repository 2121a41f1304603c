"""What was found in recorded files, in a table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ssewire.cli.status import COMPLETE, PROVIDER, TOO_LARGE, TRUNCATED, USAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssewire.cli.folding.batches import Batch

_SHOWN = 10  # files of a kind, and kinds of errors
_UNKNOWN = "unknown"
_COLUMNS = ("streams", "complete", "truncated", "errors", "events", "input", "output")
# What is wrong with a stream, and how it is counted.
_STATUSES = {"IncompleteStreamError": TRUNCATED, "EventTooLargeError": TOO_LARGE}


@dataclass
class Summary:
    """What has been found so far.

    Attributes:
        size: bytes of all bodies.
        status: the exit status that tells of the worst that was found.
    """

    size: int = 0
    status: int = COMPLETE
    _dialects: dict[str, Counter[str]] = field(default_factory=dict)
    _errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    _files: Counter[str] = field(default_factory=Counter)
    _without: list[str] = field(default_factory=list)
    _unread: list[str] = field(default_factory=list)

    @property
    def streams(self) -> int:
        """How many streams were found."""
        return sum(counts["streams"] for counts in self._dialects.values())

    @property
    def files(self) -> int:
        """How many files were read to their end."""
        return self._files["read"]

    def take(self, batch: Batch) -> None:
        """Count a batch."""
        for row in batch.rows:
            self._count(row)
        for end in batch.ends:
            self._files["read"] += 1
            self._files["others"] += end.others
            if not end.streams and not end.unread:
                self._note("without", self._without, f"{end.path}: no stream: {end.why}")
                self._worst(PROVIDER)
        for unread in batch.unread:
            entry = "" if unread.entry is None else f", entry {unread.entry}"
            self._note("unread", self._unread, f"{unread.path}{entry}: {unread.reason}")
            self._worst(USAGE)

    def lines(self) -> Iterator[str]:
        """Give the table's lines, and what else there is to say."""
        if self._dialects:
            yield from _table(self._dialects)
            yield ""
        if self._errors:
            yield from _listed("errors", self._errors)
            yield ""
        yield from self._about_files()

    def _count(self, row: dict[str, Any]) -> None:
        dialect, error, usage = row["dialect"] or _UNKNOWN, row["error"], row["usage"] or {}
        status = COMPLETE if error is None else _STATUSES.get(error["exception"], PROVIDER)
        counts = self._dialects.setdefault(dialect, Counter())
        counts["streams"] += 1
        counts["complete" if error is None else "truncated" if status == TRUNCATED else "errors"] += 1
        counts["events"] += row["events"]
        counts["input"] += usage.get("input") or 0
        counts["output"] += usage.get("output") or 0
        self.size += row["bytes"]
        self._worst(status)
        if error is not None and status != TRUNCATED:
            self._errors[dialect, _kind(error)] += 1

    def _worst(self, status: int) -> None:
        self.status = max(self.status, status)

    def _note(self, what: str, lines: list[str], line: str) -> None:
        self._files[what] += 1
        if len(lines) < _SHOWN:
            lines.append(line)

    def _about_files(self) -> Iterator[str]:
        read = f"{_count_of(self._files['read'], 'file')} read, {size_text(self.size)} of bodies"
        others = self._files["others"]
        yield f"{read}; {_count_of(others, 'other body', 'other bodies')} in them" if others else read
        for what, lines in (("without", self._without), ("unread", self._unread)):
            yield from lines
            more = self._files[what] - len(lines)
            if more:
                yield f"and {more:,} more {'without a stream' if what == 'without' else 'that could not be read'}"


def _kind(error: dict[str, Any]) -> str:
    """Say what kind of error it is, in the provider's word where it has one."""
    kind = error["type"] or error["code"] or error["exception"]
    return kind if error["status"] is None else f"{kind} (HTTP {error['status']})"


def _table(dialects: dict[str, Counter[str]]) -> Iterator[str]:
    total = sum(dialects.values(), Counter())
    rows: list[tuple[str, ...]] = [("dialect", *_COLUMNS)]
    named = sorted(dialects.items(), key=lambda item: (-item[1]["streams"], item[0]))
    named += [("total", total)] * (len(dialects) > 1)
    rows += [(name, *(f"{counts[column]:,}" for column in _COLUMNS)) for name, counts in named]
    return aligned(rows)


def _listed(title: str, counts: Counter[tuple[str, str]]) -> Iterator[str]:
    shown = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]  # the same, whatever came first
    yield from aligned([(title, "", ""), *((dialect, kind, f"{count:,}") for (dialect, kind), count in shown)])
    rest = counts.total() - sum(count for _, count in shown)
    if rest:
        yield f"and {rest:,} more of other kinds"


def aligned(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Give a table's lines: words to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    figures = [all(cell[:1].isdigit() for cell in column[1:]) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, figures, strict=True)
        yield "  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in cells).rstrip()


def size_text(size: float) -> str:
    """Write bytes in a unit that is easily read."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:  # noqa: PLR2004 - the SI's
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


def _count_of(count: int, one: str, more: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"
