"""Files shared among processes.

Each worker has a pipe: some paths go in, the batches made of them come out, then a None, upon which it gets more. A
worker whose pipe is full waits, so that rows never pile up.
"""

from __future__ import annotations

import contextlib
import os
import signal
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

from ssewire.cli.folding.batches import Batch, batches
from ssewire.cli.recorded import Unread
from ssewire.cli.status import CommandError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from multiprocessing.connection import Connection

    from ssewire.cli.folding.batches import Folding

_MOST_PATHS = 64
_MOST_BYTES = 4 << 20  # of the files that a worker gets at a time


def shared_batches(paths: Iterable[str | Unread], folding: Folding, jobs: int) -> Generator[Batch]:
    """Read and fold files in so many processes; a file's rows come in their order, files as they are ready.

    Raises:
        CommandError: a process ended before its files did.
    """
    context = get_context("spawn")
    parcels = _parcels(paths)
    workers: dict[Any, Any] = {}
    try:
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, folding), daemon=True)
            process.start()
            theirs.close()
            workers[ours] = process
        yield from _collected(workers, parcels)
    finally:
        for pipe, process in workers.items():
            pipe.close()
            process.terminate()
            process.join()


def _collected(workers: dict[Any, Any], parcels: Iterator[list[str | Unread]]) -> Iterator[Batch]:
    """Give each worker something to do as often as it has nothing, and pass on what comes."""
    busy = [pipe for pipe in workers if _has_more(pipe, parcels)]
    while busy:
        for ready in wait(busy):
            pipe: Any = ready
            try:
                batch: Batch | None = pipe.recv()
            except (EOFError, ConnectionError):
                workers[pipe].join()
                code = workers[pipe].exitcode
                raise CommandError(
                    f"a worker ended before its files did (exit code {code}); is memory short?"
                ) from None
            if batch is not None:
                yield batch
            elif not _has_more(pipe, parcels):
                busy.remove(pipe)


def _has_more(pipe: Any, parcels: Iterator[list[str | Unread]]) -> bool:
    parcel = next(parcels, None)
    if parcel is not None:
        with contextlib.suppress(ConnectionError):  # of a worker that ended, which is noticed when its pipe is read
            pipe.send(parcel)
    return parcel is not None


def _parcels(paths: Iterable[str | Unread]) -> Iterator[list[str | Unread]]:
    """Give paths in portions: many of small files, a large one by itself."""
    parcel: list[str | Unread] = []
    size = 0
    for path in paths:
        parcel.append(path)
        size += _size(path)
        if len(parcel) >= _MOST_PATHS or size >= _MOST_BYTES:
            yield parcel
            parcel, size = [], 0
    if parcel:
        yield parcel


def _size(path: str | Unread) -> int:
    with contextlib.suppress(OSError):  # who opens it will say so
        return 0 if isinstance(path, Unread) else os.stat(path).st_size  # noqa: PTH116 - a million of them
    return 0


def _work(pipe: Connection, folding: Folding) -> None:
    """Be a worker, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command gets it too, and ends this process
    with contextlib.suppress(EOFError, OSError):
        while True:
            for batch in batches(pipe.recv(), folding):
                pipe.send(batch)
            pipe.send(None)
