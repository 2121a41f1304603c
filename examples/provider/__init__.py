"""Whom an example asks: the provider that its first argument or the environment names, else a server of its own.

That server replays recorded streams (`ssewire.replay`), so that every example runs as it is.
"""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ssewire
from ssewire.replay import ReplayServer

if TYPE_CHECKING:
    from collections.abc import Iterator

_STREAMS = Path(__file__).parents[1] / "streams"
_RATE = 50  # events a second, near what providers send
_CLIENTS = ("aiohttp", "httpx", "requests")


@contextlib.contextmanager
def provider(*recorded: str, variable: str = "OPENAI_BASE_URL", **faults: Any) -> Iterator[str]:
    """Give the base URL to ask; where that fails, end the program with one line.

    Args:
        recorded: The streams that a server of its own replays, by the names of their files.
        variable: The environment's variable that names a provider.
        faults: What else `ReplayServer` takes.
    """
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get(variable)
    with contextlib.ExitStack() as stack:
        if named is None:
            server = ReplayServer([_read(name) for name in recorded], rate=_RATE, **faults)
            named = stack.enter_context(server).url
            print(f"[{named} replays a recorded stream; {variable} names another provider]", file=sys.stderr)
        try:
            yield named
        except KeyboardInterrupt:
            sys.exit(130)
        except Exception as error:
            if not _is_the_provider_s(error):
                raise
            sys.exit(f"\n{named}: {type(error).__name__}: {error}")


def _read(name: str) -> bytes:
    """Read a stream of the examples' own, or one that comes with the package."""
    file = _STREAMS / name
    return file.read_bytes() if file.exists() else (resources.files("ssewire") / "demo_streams" / name).read_bytes()


def _is_the_provider_s(error: Exception) -> bool:
    """Whether it is what a provider or the way to it does, and no fault of the example."""
    client = type(error).__module__.partition(".")[0] in _CLIENTS
    return client or isinstance(error, (ssewire.StreamError, OSError))
