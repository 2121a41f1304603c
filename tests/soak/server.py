"""The server of the soak: it plays each stream's plan. `python -m tests.soak.server` prints its port.

/stream/SEED    a chat completion with its planned fault
/events/SEED    events with IDs, of which each connection brings some; honours Last-Event-ID, and ends with 204
/retry/SEED     fails before its first delta, once or twice, and is whole then
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import sys
from typing import TYPE_CHECKING

from tests.soak.plan import event_count, plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.soak.plan import Fault

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\n<p>No"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbusy"
GONE = b"HTTP/1.1 204 No Content\r\n\r\n"
STALL = 0.05  # seconds


class _LeaveError(Exception):
    """The connection is to be cut."""


class Server:
    """Plays plans."""

    def __init__(self) -> None:
        self.failed: dict[int, int] = {}  # how often those that are still to be retried failed
        self.busy: set[tuple[int, int]] = set()  # places of event sources that were told to come again

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            try:
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                    await self.answer(head, writer)
                    await writer.drain()
            except _LeaveError:
                pass
        writer.close()

    async def answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        """Answer a request."""
        _, kind, number = head.split(" ")[1].split("/")
        seed = int(number)
        if kind == "events":
            await self.events(seed, _last_event_id(head), writer)
        elif kind == "retry" and self.fails(seed):
            await self.fail(seed, writer)
        else:
            await self.stream(seed, writer, faulty=kind == "stream")

    def fails(self, seed: int) -> bool:
        """Whether this request for a stream is to fail; it counts them."""
        before = self.failed.pop(seed, 0)
        if before < 1 + seed % 2:
            self.failed[seed] = before + 1
            return True
        return False

    async def fail(self, seed: int, writer: asyncio.StreamWriter) -> None:
        """Fail before the first delta."""
        how = random.Random(seed).randrange(3)
        if how == 0:
            writer.write(BUSY)
            return
        writer.write(HEAD + (_piece(b": ping\n\n") if how == 1 else b""))
        await writer.drain()
        raise _LeaveError

    async def stream(self, seed: int, writer: asyncio.StreamWriter, *, faulty: bool) -> None:
        """Play a chat completion."""
        planned = plan(seed)
        fault: Fault = planned.fault if faulty else "none"
        if fault == "html":
            writer.write(HTML)
            return
        writer.write(HEAD)
        for number, event in enumerate(planned.events(fault)):
            if number == planned.place and fault in {"drop", "reset", "bad chunk"}:
                await _break(writer, fault, event)
            if number == planned.place and fault == "stall":
                await writer.drain()
                await asyncio.sleep(STALL)
            for piece in _cut(event, seed + number):
                writer.write(_piece(piece))
            await writer.drain()
            if fault == "cancel":
                await asyncio.sleep(0)
        writer.write(b"0\r\n\r\n")

    async def events(self, seed: int, after: int, writer: asyncio.StreamWriter) -> None:
        """Play a part of an event source's events."""
        count = event_count(seed)
        rng = random.Random(seed * 1000 + after + 1)
        if after + 1 >= count:
            writer.write(GONE)
            return
        if rng.random() < 0.1 and (seed, after) not in self.busy:
            self.busy.add((seed, after))
            writer.write(BUSY)
            return
        self.busy.discard((seed, after))
        writer.write(HEAD)
        end = rng.randint(after + 2, count)
        for number in range(after + 1, end):
            writer.write(_piece(b": x\nid: %d\ndata: %d\n\n" % (number, number)))
            await writer.drain()
        how = rng.choice(["end", "half", "reset", "stall"])
        if how == "stall":
            await asyncio.sleep(STALL)
        if how in {"half", "reset"}:
            await _break(writer, "reset" if how == "reset" else "drop", b"id: %d\ndata: half\n\n" % end)
        writer.write(b"0\r\n\r\n")


def _last_event_id(head: str) -> int:
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "last-event-id":
            return int(value)
    return -1


def _piece(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def _cut(event: bytes, seed: int) -> Iterator[bytes]:
    """Cut one in four events at some place."""
    rng = random.Random(seed)
    place = rng.randrange(len(event)) if rng.random() < 0.25 else 0
    yield from (event[:place], event[place:])


async def _break(writer: asyncio.StreamWriter, fault: str, event: bytes) -> None:
    """Leave in the middle of an event."""
    writer.write(_piece(event[: len(event) // 2]))
    if fault == "bad chunk":
        writer.write(b"no size\r\n")
    await writer.drain()
    if fault == "reset":
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise _LeaveError


async def main() -> None:
    """Serve on a free port of loopback, until standard input ends."""
    played = Server()
    server = await asyncio.start_server(played.serve, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - for who started it
    await asyncio.to_thread(sys.stdin.read)  # which ends with the process that started this one, however that ends


if __name__ == "__main__":
    asyncio.run(main())
