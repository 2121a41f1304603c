"""The arguments of the commands that read recordings: which, and how."""

from __future__ import annotations

import argparse
from typing import Any

from ssewire.cli.arguments import positive
from ssewire.cli.completion import completes_files
from ssewire.cli.status import STATUS_HELP

_PATHS_HELP = """what is read:
  files       a stream each; HAR files; cassettes of vcrpy, VCR, go-vcr and their
              like, in YAML or JSON; with --column, JSON lines and Parquet
  folders     all files below them
  patterns    such as 'logs/**/*.sse', in quotes
  @FILE, @-   a list of paths in a file or on stdin, one a line, or ended by NULs
  -           on stdin what a file may be
All may be compressed with gzip or Zstandard."""


def add_command(commands: Any, name: str, summary: str, description: str, examples: str) -> argparse.ArgumentParser:
    """Add a command that reads recordings, with the arguments that say which, and how."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog=f"{_PATHS_HELP}\n\n{examples}\n\n{STATUS_HELP}\nOf several streams the largest counts.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    paths = parser.add_argument("paths", metavar="PATH", nargs="+", help="file, folder, pattern, @LIST, or - for stdin")
    completes_files(paths)
    parser.add_argument("--column", metavar="NAME", help="read JSON lines or Parquet, whose bodies are in this column")
    parser.add_argument(
        "--jobs", metavar="N", type=positive, default=1, help="processes that share the files (default: %(default)s)"
    )
    parser.add_argument("--dialect", help="the API of all streams (default: recognised, each one's)")
    parser.add_argument(
        "--max-event-size", metavar="BYTES", type=positive, help="refuse larger events (default: 64 MiB)"
    )
    return parser
