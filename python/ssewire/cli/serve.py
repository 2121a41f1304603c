"""`ssewire serve`: recorded streams as an OpenAI-compatible endpoint on loopback."""

from __future__ import annotations

import argparse
import threading
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import ssewire
from ssewire._core import body_format, observe_whole
from ssewire._response import SHOWN
from ssewire.cli.completion import completes_files
from ssewire.cli.status import COMPLETE, CommandError
from ssewire.replay import ReplayServer
from ssewire.replay.failures import failure
from ssewire.replay.options import Framing

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXAMPLES = """examples:
  ssewire serve --port 8000 --rate 20                        two streams of our own, 20 events a second
  ssewire serve recorded.sse --fail 429 --fail-times 2       two refusals, then the stream
  ssewire serve --drop-after 30                              a connection that breaks off"""
_HELP = "replay recorded streams as an OpenAI-compatible endpoint"


def add_to(commands: Any) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "serve",
        help=_HELP,
        description=f"{_HELP[0].upper()}{_HELP[1:]}. It answers GET and POST on any path.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    files = parser.add_argument(
        "files", metavar="FILE", nargs="*", type=Path, help="recorded streams (default: two of our own)"
    )
    completes_files(files)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s, this machine)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument("--rate", metavar="N", type=float, help="events a second (default: as fast as possible)")
    parser.add_argument("--piece-size", metavar="BYTES", type=int, help="cut each event in writes of so many bytes")
    parser.add_argument("--framing", choices=get_args(Framing), default="chunked", help="how the body is delimited")
    parser.add_argument("--gzip", action="store_true", help="compress, flushed with each write")
    parser.add_argument("--drop-after", metavar="N", type=int, help="cut the connection after so many events")
    parser.add_argument("--fail", metavar="STATUS", type=int, help="answer with this HTTP status and an error")
    parser.add_argument("--fail-times", metavar="N", type=int, help="fail or drop only the first N requests")
    parser.add_argument("--linger", action="store_true", help="leave the body open after the last event")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, until it is interrupted."""
    try:
        with _server(args) as server:
            print(f"{server.url}\ntry: curl -N {server.url}/chat/completions -d '{{\"stream\": true}}'", flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        pass  # the way to end it
    return COMPLETE


def demo_streams() -> Sequence[bytes]:
    """Return the streams that come with the package: a chat with reasoning, and one with parallel tool calls."""
    folder = resources.files("ssewire") / "demo_streams"
    return [(folder / name).read_bytes() for name in ("chat.sse", "tools.sse")]


def _server(args: argparse.Namespace) -> ReplayServer:
    try:
        streams = [_stream(path) for path in args.files] or demo_streams()
        return ReplayServer(
            streams,
            rate=args.rate,
            host=args.host,
            port=args.port,
            piece_size=args.piece_size,
            framing=args.framing,
            encoding="gzip" if args.gzip else "identity",
            drop_after=args.drop_after,
            fail=None if args.fail is None else (args.fail, _failure(args.fail, streams[0])),
            fail_times=args.fail_times,
            linger=args.linger,
        )
    except OSError as error:
        raise CommandError(f"{error.filename or 'cannot listen'}: {error.strerror}") from error
    except ValueError as error:
        raise CommandError(str(error)) from error


def _stream(path: Path) -> bytes:
    """Read a file that is served as an event stream."""
    stream = path.read_bytes()
    decoder = ssewire.SSEDecoder(max_event_size=None, tail="dispatch")
    if not (decoder.feed(stream) or decoder.close()):
        what = body_format(stream[:SHOWN]) or "a file"
        begins = f"begins {stream[:80].decode(errors='replace')!r}" if stream else "is empty"
        raise CommandError(f"{path}: expected an event stream, got {what}, which {begins}")
    return stream


def _failure(status: int, stream: bytes) -> bytes:
    """Return the body of a failure, as the API of a stream has it."""
    return failure(status, "a failure, as asked for with --fail", observe_whole(stream, None).dialect)
