"""Bytes to events, to text, to the whole message: ssewire beside its peers, on each fixture and in several cuts."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from benches import ours, peers, sdks
from benches.compare import Reader, Work, compare
from benches.fixtures import MAKERS, ONE_EVENT, Fixture, cut, make

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from benches.report import Options, Row

_OTHER_FIXTURES = [
    "tool arguments",
    "reasoning",
    "multibyte text",
    "escaped text",
    "CRLF",
    "comments",
    "all fields",
    "responses",
    "anthropic",
]
_SHAPES = [("1 MB event", "8 KiB"), ("8 MiB line", "1460 B"), ("100k data lines", "16 KiB")]
_PARTS = (64, 16, 4, 1)
"""Of a line of 8 MiB: how cost grows with the size of an event."""
_FEWER = (8, 4, 2, 1)
"""Of a stream of eight thousand events: how it grows with their number."""
_LESS = 0.4
"""What is no target is worth fewer rounds."""


def _work(place: tuple[str, str], fixture: Fixture, pieces: str, right: Sequence[Any]) -> Work:
    """A section's work on a fixture; `right` is what every reader has to answer."""
    units, unit = (1, "ns/body") if place[0] == "shapes" else (len(fixture.events), "ns/event")
    return Work(*place, fixture.name, pieces, cut(fixture, pieces), list(right), units, unit)


def _events(options: Options) -> Iterator[Row]:
    readers = [*ours.EVENTS, *peers.OURS, *peers.NAIVE_EVENTS, *peers.EVENTS]
    chat = make("chat", quick=options.quick)
    for pieces in (ONE_EVENT, "16 KiB", "64 B") if options.quick else (ONE_EVENT, "16 KiB", "1460 B", "64 B"):
        yield from compare(_work(("framing", "events"), chat, pieces, chat.events), readers, options)
    asynchronous = [*ours.ASYNC_EVENTS, *peers.ASYNC_OURS, *peers.ASYNC_NAIVE_EVENTS, *peers.ASYNC_EVENTS]
    for pieces in (ONE_EVENT, "16 KiB"):
        yield from compare(_work(("framing", "events, async"), chat, pieces, chat.events), asynchronous, options)
    for name in _OTHER_FIXTURES:
        fixture = make(name, quick=options.quick)
        for pieces in (ONE_EVENT,) if options.quick else (ONE_EVENT, "64 B"):
            work = _work(("framing", "events"), fixture, pieces, fixture.events)
            yield from compare(work, readers, options, weight=_LESS)


def _texts(options: Options) -> Iterator[Row]:
    chat = make("chat", quick=options.quick)
    readers = [*ours.TEXTS, *peers.TEXTS, sdks.OPENAI_TEXTS]
    for pieces in (ONE_EVENT, "16 KiB"):
        yield from compare(_work(("text", "text out"), chat, pieces, chat.texts), readers, options)
    asynchronous = [*ours.ASYNC_TEXTS, *peers.ASYNC_TEXTS]
    for pieces in (ONE_EVENT, "16 KiB"):
        yield from compare(_work(("text", "text out, async"), chat, pieces, chat.texts), asynchronous, options)
    for name in ("reasoning", "multibyte text", "escaped text", "responses", "anthropic"):
        fixture = make(name, quick=options.quick)
        yield from compare(_text_work(fixture), _text_readers(fixture), options, weight=_LESS)


def _text_work(fixture: Fixture) -> Work:
    return _work(("text", "text out"), fixture, ONE_EVENT, fixture.texts)


def _text_readers(fixture: Fixture) -> list[Reader]:
    if fixture.dialect == "openai-chat":
        return [*ours.TEXTS, *peers.TEXTS, sdks.OPENAI_TEXTS]
    return [*ours.TEXTS, *([sdks.ANTHROPIC_TEXTS] if fixture.dialect == "anthropic" else [])]


def _messages(options: Options) -> Iterator[Row]:
    chat = make("chat", quick=options.quick)
    for pieces in (ONE_EVENT, "16 KiB"):
        readers = [*ours.MESSAGES, *peers.MESSAGES, sdks.OPENAI_MESSAGE]
        yield from compare(_message_work(chat, pieces), readers, options)
    body = Work("message", "whole message", "chat", "whole", [chat.body], [chat.message], len(chat.events))
    yield from compare(body, ours.WHOLE_BODIES, options)
    tools = make("tool arguments", quick=options.quick)
    yield from compare(_message_work(tools), [*ours.MESSAGES, sdks.OPENAI_MESSAGE], options, weight=_LESS)
    responses = make("responses", quick=options.quick)
    yield from compare(_message_work(responses), ours.MESSAGES, options, weight=_LESS)
    anthropic = make("anthropic", quick=options.quick)
    yield from compare(_message_work(anthropic), [*ours.MESSAGES, sdks.ANTHROPIC_MESSAGE], options, weight=_LESS)


def _message_work(fixture: Fixture, pieces: str = ONE_EVENT) -> Work:
    return _work(("message", "whole message"), fixture, pieces, [fixture.message])


def _shapes(options: Options) -> Iterator[Row]:
    readers = [*ours.EVENTS, *peers.NAIVE_EVENTS, *peers.EVENTS]
    for name, pieces in _SHAPES:
        fixture = make(name, quick=options.quick)
        work = _work(("shapes", "events"), fixture, pieces, fixture.events)
        yield from compare(work, readers, options, weight=_LESS)


def _growth(options: Options) -> Iterator[Row]:
    smaller = 10 if options.quick else 1
    readers = [*ours.EVENTS, *peers.NAIVE_EVENTS, *peers.EVENTS]
    for part in _PARTS:
        fixture = MAKERS["8 MiB line"](part * smaller)
        names = ("growth", "one line", f"{len(fixture.body) >> 10} KiB", "1460 B")
        body = cut(fixture, names[-1])
        work = Work(*names, body, list(fixture.events), len(fixture.body), "ns/byte")
        yield from compare(work, readers, options, weight=_LESS)
    wholes = [*ours.MESSAGES, *peers.MESSAGES, sdks.OPENAI_MESSAGE]
    for part in _FEWER:
        fixture = MAKERS["long chat"](part * smaller)
        names = ("growth", "whole message", f"{len(fixture.events)} events", ONE_EVENT)
        work = Work(*names, cut(fixture, ONE_EVENT), [fixture.message], len(fixture.events))
        yield from compare(work, wholes, options, weight=_LESS)


def _adapters(options: Options) -> Iterator[Row]:
    for (work, fixture), readers in sdks.ADAPTERS.items():
        found = make(fixture, quick=options.quick)
        payloads = [json.loads(event.data) for event in found.events if event.data != "[DONE]"]
        right = [payload for payload in payloads if payload.get("type") != "ping"]
        yield from compare(_work(("adapters", work), found, ONE_EVENT, right), readers, options)
    chat = make("chat", quick=options.quick)
    for name, (read, replacement) in peers.COMPAT.items():
        ours = Reader(replacement.__name__, partial(read, package=replacement), peers.event)
        readers = [Reader(name, read, peers.event), ours]
        yield from compare(_work(("adapters", f"{name} events"), chat, ONE_EVENT, chat.events), readers, options)


SECTIONS = {
    "framing": _events,
    "text": _texts,
    "message": _messages,
    "shapes": _shapes,
    "growth": _growth,
    "adapters": _adapters,
}
"""What can be run by itself."""


def rows(options: Options) -> Iterator[Row]:
    """All sections."""
    for section in SECTIONS.values():
        yield from section(options)
