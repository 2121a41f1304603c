"""FILE, URL or "-": where the commands read from, and how much came."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ssewire
from ssewire._sources import open_source
from ssewire.cli.status import CommandError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ssewire._sources.base import Piece, Source

_STREAM_TYPES = ("text/event-stream", "ndjson", "octet-stream", "text/plain")


@dataclass
class Counts:
    """What went by: bytes of the decompressed body, and events that an event stream dispatches."""

    bytes: int = 0
    events: int = 0


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says where to read from."""
    parser.add_argument(
        "source",
        metavar="FILE|URL|-",
        nargs="?",
        default="-",
        help='file, http(s) URL, or "-" for stdin (default)',
    )
    parser.add_argument("--data", metavar="JSON|@FILE", help="POST this body to the URL, as application/json")
    parser.add_argument(
        "-H", "--header", metavar="NAME: VALUE", action="append", default=[], help="send this header field; repeatable"
    )
    parser.add_argument("--max-event-size", metavar="BYTES", type=int, help="refuse larger events (default: 64 MiB)")


def options(args: argparse.Namespace) -> dict[str, Any]:
    """Return the parsing options that the arguments name, for the functions of ssewire."""
    return {} if args.max_event_size is None else {"max_event_size": args.max_event_size}


@contextlib.contextmanager
def opened(args: argparse.Namespace) -> Iterator[Any]:
    """Open what the arguments name and close it afterwards: a binary file without a buffer, or a response.

    Without a buffer, because each piece has to go on as soon as it is there.

    Raises:
        CommandError: it cannot be opened.
    """
    with _open(args) as source:
        yield source


def counted(source: Any, counts: Counts) -> Any:
    """Return what to read instead of `source` so that `counts` are kept.

    A response that does not look like a stream is returned itself: what it is tells its status and headers.
    """
    opened_source = open_source(source)
    kind = (opened_source.content_type or _STREAM_TYPES[0]).lower()
    streams = opened_source.status in {None, HTTPStatus.OK} and any(known in kind for known in _STREAM_TYPES)
    return _count(opened_source, counts) if streams else source


def _count(source: Source, counts: Counts) -> Iterator[Piece]:
    # Read with its own decoder: what the deltas are made of does not tell how many events it came in.
    decoder = ssewire.SSEDecoder(max_event_size=None)
    for piece in source.pieces:
        counts.bytes += len(piece)
        counts.events += len(decoder.feed(piece))
        yield piece


def _open(args: argparse.Namespace) -> Any:
    if args.source.startswith(("http://", "https://")):
        from ssewire.cli.url import open_url  # noqa: PLC0415 - loads HTTP and TLS, which a file does not need

        return open_url(args.source, args.data, args.header)
    if args.data is not None or args.header:
        raise CommandError("--data and --header are for URLs")
    try:
        if args.source == "-":
            return open(0, "rb", buffering=0, closefd=False)
        return Path(args.source).open("rb", buffering=0)
    except OSError as error:
        raise CommandError(f"{args.source}: {error.strerror}") from error
