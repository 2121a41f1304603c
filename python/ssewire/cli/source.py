"""FILE, URL, "-" or a prompt: where the commands read from, and how much came."""

from __future__ import annotations

import argparse
import contextlib
import sys
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ssewire
from ssewire._sources import open_source
from ssewire.cli.arguments import positive
from ssewire.cli.ask import asked
from ssewire.cli.completion import completes_files
from ssewire.cli.status import STATUS_HELP, CommandError, complain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssewire._sources.base import Piece, Source
    from ssewire.cli.figures import Counts

_STREAM_TYPES = ("text/event-stream", "ndjson", "octet-stream", "text/plain")
_SAMPLE = 65536  # bytes


def add_command(commands: Any, name: str, summary: str, description: str, examples: str) -> argparse.ArgumentParser:
    """Add a command that reads a stream, with the arguments that say which."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog=f"{examples}\n\n{STATUS_HELP}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    source = parser.add_argument(
        "source",
        metavar="FILE|URL|-",
        nargs="?",
        help='file, http(s) URL, or "-" for stdin (the default)',
    )
    completes_files(source)
    request = parser.add_argument_group("request")
    request.add_argument("-d", "--data", metavar="JSON|@FILE", help="POST this body to the URL, as application/json")
    request.add_argument(
        "-H", "--header", metavar="NAME: VALUE", action="append", default=[], help="send this header field; repeatable"
    )
    request.add_argument("--prompt", metavar="TEXT|@FILE", help="ask this; without a URL the provider of the model")
    request.add_argument("--model", metavar="NAME", help="the model to ask")
    parser.add_argument("--dialect", help="the API of the request and of its stream (default: recognised)")
    parser.add_argument(
        "--max-event-size", metavar="BYTES", type=positive, help="refuse larger events (default: 64 MiB)"
    )
    return parser


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


def opened_stream(source: Any, args: argparse.Namespace) -> ssewire.Stream:
    """Return the stream of what was opened.

    Raises:
        CommandError: an unknown dialect, a size that is none.
    """
    try:
        return ssewire.Stream(source, args.dialect, **options(args))
    except ValueError as error:
        raise CommandError(str(error)) from error


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
    decoder = ssewire.SSEDecoder(max_event_size=None, tail="dispatch")
    for piece in source.pieces:
        counts.size += len(piece)
        counts.events += len(decoder.feed(piece))
        counts.sample = b"" if counts.events else (counts.sample + piece)[:_SAMPLE]
        yield piece
    counts.cut_off = bool(decoder.close())


def _open(args: argparse.Namespace) -> Any:
    url, data = args.source, args.data
    if args.prompt is not None:
        url, data = _request(args)
    elif args.model is not None:
        raise CommandError("--model is for --prompt; with --data the body names the model")
    if url is not None and url.startswith(("http://", "https://")):
        from ssewire.cli.url import open_url  # noqa: PLC0415 - loads HTTP and TLS, which a file does not need

        return open_url(url, data, args.header)
    if data is not None or args.header:
        raise CommandError(f"--data, --header and --prompt are for URLs{_hint(url)}")
    return _open_file("-" if url is None else url)


def _request(args: argparse.Namespace) -> tuple[str, str]:
    if args.data is not None:
        raise CommandError("--prompt makes the body that --data would be: give one of them")
    if not args.model:
        raise CommandError("--prompt needs --model, the name of the model to ask")
    if args.source is not None and not args.source.startswith(("http://", "https://")):
        raise CommandError(f"--prompt asks a URL, and not {args.source!r}{_hint(args.source)}")
    return asked(args.source, args.model, text_of(args.prompt).decode(errors="replace"), args.dialect)


def text_of(value: str) -> bytes:
    """Return what an argument is: its text, or what the file behind its "@" holds ("@-" is stdin).

    Raises:
        CommandError: the file cannot be read.
    """
    if not value.startswith("@"):
        return value.encode(errors="surrogateescape")
    try:
        return sys.stdin.buffer.read() if value == "@-" else Path(value[1:]).read_bytes()
    except OSError as error:
        raise CommandError(f"{value[1:]}: {error.strerror}") from error


def _open_file(name: str) -> Any:
    if name == "-" and sys.stdin is not None and sys.stdin.isatty():
        complain("reading an event stream from the terminal: Ctrl-D ends it, and --help says what else can be read")
    try:
        return open(0, "rb", buffering=0, closefd=False) if name == "-" else Path(name).open("rb", buffering=0)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise CommandError(f"{name}: {getattr(error, 'strerror', error)}{_hint(name)}") from error


def _hint(name: str | None) -> str:
    """Say what a name that is no file may have been meant to be."""
    if name is None or Path(name).exists():
        return ""
    scheme, separator, _ = name.partition("://")
    if separator:
        return f" (URLs begin with http:// or https://, and not with {scheme}://)"
    host = name.partition("/")[0]
    is_host = host.partition(":")[0] == "localhost" or (("." in host or ":" in host) and name != host)
    if not is_host:
        return ""
    scheme = "http" if ":" in host or host == "localhost" else "https"
    return f" (a URL begins with its scheme: {scheme}://{name})"
