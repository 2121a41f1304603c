"""The replay server in a process that has no descriptor or no thread left."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from ssewire.replay import ReplayServer

from tests.support.raw_client import STREAM, WAIT, RawClient

if TYPE_CHECKING:
    from collections.abc import Iterator

resource = pytest.importorskip("resource", reason="only POSIX limits descriptors")


def test_the_server_listens_again_after_descriptors_ran_out() -> None:
    with ReplayServer([STREAM]) as server, RawClient(server) as client, contextlib.ExitStack() as opened:
        client.ask()
        assert b"".join(client.chunks()) == STREAM
        # Connections are made, and wait to be accepted: for that no descriptor is left.
        waiting = [opened.enter_context(socket.socket()) for _ in range(3)]
        with _no_descriptor_left():
            for sock in waiting:
                sock.settimeout(WAIT)
                sock.connect(client.sock.getpeername())
                sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            client.file.readline()
            client.ask()  # what was accepted before is served
            assert b"".join(client.chunks()) == STREAM
            assert server.disconnects == 0
        for sock in waiting:
            assert sock.recv(15) == b"HTTP/1.1 200 OK"


def test_who_can_have_no_thread_is_turned_away() -> None:
    with ReplayServer([STREAM]) as server:
        usual = threading.stack_size(1 << 46)  # no system has so much
        try:
            with RawClient(server) as client:
                assert client.file.read() == b""
        finally:
            threading.stack_size(usual)
        with RawClient(server) as client:
            client.ask()
            assert b"".join(client.chunks()) == STREAM


def test_a_server_without_a_descriptor_closes() -> None:
    server = ReplayServer([STREAM])
    with _no_descriptor_left():
        server.close()
    assert not any(thread.name.startswith("ssewire-replay") for thread in threading.enumerate())


@contextlib.contextmanager
def _no_descriptor_left() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
