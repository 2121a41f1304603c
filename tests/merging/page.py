"""docs/merge-table.md, from what is stored."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from benches.isolated import ROOT
from tests.merging.cases import CASES
from tests.merging.judge import Verdict, judge
from tests.merging.peers import PEERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.merging.case import Case
    from tests.merging.stored import Column

FILE = ROOT / "docs" / "merge-table.md"
README = ROOT / "README.md"
MARKS = "<!-- from measured.json -->\n\n", "\n<!-- to here -->\n"
"""Between them the README has its table."""

_HEAD = """\
# What others make of the same streams

Each row is a short stream as the provider or the thread that it names has it, served over HTTP to each package's own
client; a cell is what the caller has in the end. `make merging` runs them all, in the versions that are locked (`make
lock` takes the newest), and writes this page. The streams, and what is right, are `tests/merging/*_cases.py`; what
each package gave is `tests/merging/measured.json`.

- ✓: content, tool calls and finish reason are right, and so are reasoning, role and unknown members as far as the
  package gives them. Usage is compared where the row's stream has any. Right, too, are ids that a package makes up
  where the stream has none, and arguments that say the same in other white space.
- ✓ for an error in the stream: the provider's words reach the caller. ✓ for a stream that was cut off: an exception
  says so, or there is no finish reason.
- A word: what is wrong. `AnError`: this was raised where nothing was wrong with the stream, or without the provider's
  words.
- A dash: the package does not speak the dialect, or has no place for what the row is about. A package that gives one
  answer is held against the first choice.
"""
_NONE = "\N{EN DASH}"
_TITLES = {"openai-chat": "Chat completions", "openai-responses": "Responses", "anthropic": "Messages"}
_WAYS = {
    "ssewire": "`collect()`",
    "openai": "`chat.completions.stream()`, `responses.stream()`",
    "anthropic": "`beta.messages.stream()`",
    "litellm": "`completion(stream=True)`, `stream_chunk_builder()`; `openai/responses/…` for Responses",
    "langchain-openai": "`ChatOpenAI.stream()`, chunks added; `use_responses_api=True` for Responses",
    "pydantic-ai": "`model_request_stream_sync()` with `OpenAIChatModel`, `OpenAIResponsesModel`, `AnthropicModel`",
}


def render(columns: dict[str, Column]) -> str:
    """The page."""
    parts = [_HEAD, _lines(_versions(columns))]
    for dialect, title in _TITLES.items():
        cases = [case for case in CASES if case.dialect == dialect]
        parts += [f"\n## {title}: `{dialect}`\n", _lines(_table(cases, columns))]
    return "\n".join(parts) + "\n"


def readme(columns: dict[str, Column]) -> str:
    """The README, with its table of who reads how many right, and what the others get wrong most often."""
    before, rest = README.read_text("utf-8").split(MARKS[0])
    return f"{before}{MARKS[0]}{_lines(_summary(columns))}\n{MARKS[1]}{rest.split(MARKS[1])[1]}"


def _summary(columns: dict[str, Column]) -> Iterator[Sequence[str]]:
    yield "streams read right", *_TITLES.values(), "wrong, for example"
    yield ("---",) * (2 + len(_TITLES))
    for name, column in columns.items():
        verdicts = [(case.dialect, cell(case, name, column)) for case in CASES]
        counts = [_count([found for dialect, found in verdicts if dialect == one]) for one in _TITLES]
        words = Counter(_shown(found) for _, found in verdicts if found.kind in {"wrong", "raises"})
        yield name, *counts, ", ".join(word for word, _ in words.most_common(4)) or _NONE


def _lines(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _versions(columns: dict[str, Column]) -> Iterator[Sequence[str]]:
    yield "package", "versions", "run", "by"
    yield ("---",) * 4
    for name, column in columns.items():
        versions = ", ".join(f"{package} {number}" for package, number in column.packages.items())
        yield name, versions, f"{column.date}, Python {column.python}", _WAYS[name]


def _table(cases: list[Case], columns: dict[str, Column]) -> Iterator[Sequence[str]]:
    verdicts = {name: [cell(case, name, column) for case in cases] for name, column in columns.items()}
    yield "the stream", "seen at", *columns
    yield ("---",) * (2 + len(columns))
    for place, case in enumerate(cases):
        yield case.name, case.source, *(_shown(found[place]) for found in verdicts.values())
    yield "**right**", "", *(_count(found) for found in verdicts.values())


def cell(case: Case, name: str, column: Column) -> Verdict:
    """A peer's verdict; "not yet" for a dialect that is still to come here."""
    verdict = judge(case, column.found.get(case.key))
    return Verdict("none", "not yet") if name == PEERS[0].name and verdict.kind == "none" else verdict


def _shown(verdict: Verdict) -> str:
    if verdict.kind == "raises":
        return f"`{verdict.word}`"
    return "✓" if verdict.kind == "right" else verdict.word or _NONE


def _count(verdicts: list[Verdict]) -> str:
    judged = [verdict for verdict in verdicts if verdict.kind != "none"]
    return f"{sum(verdict.kind == 'right' for verdict in judged)} of {len(judged)}" if judged else _NONE


def broken(columns: dict[str, Column]) -> Iterator[str]:
    """What must not be: ssewire wrong anywhere, or a peer wrong with a stream that its own provider sends."""
    for name, column in columns.items():
        for case in CASES:
            verdict = cell(case, name, column)
            expected = name == PEERS[0].name or case.name.startswith("as ")
            if expected and verdict.kind in {"wrong", "raises"}:
                yield f"{name}, {case.key}: {verdict.word}"
