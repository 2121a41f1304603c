"""What the server asks of a connected socket, plain or TLS, from whichever thread."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl

# One that needs no descriptor of its own: there may be none left.
Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


def readable(sock: socket.socket, timeout: float | None) -> bool:
    """Wait until the socket has bytes, was closed by the peer or shut down; False after `timeout` seconds."""
    with Selector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        return bool(selector.select(timeout))


def ended(sock: socket.socket) -> bool:
    """Say whether the peer closed its side. Ask it of a `readable` socket only: it would wait otherwise."""
    try:
        # The plain socket's method: TLS sockets allow no peeking.
        data = socket.socket.recv(sock, 1, socket.MSG_PEEK)
    except OSError:
        return True  # reset
    # A TLS client says good-bye before it closes, and sends nothing else while a response comes.
    return not data or isinstance(sock, ssl.SSLSocket)


def shut_down(sock: socket.socket) -> None:
    """End both directions, so that whoever waits on the socket wakes up; the descriptor stays open."""
    # An error says that it is closed or was never connected: then nobody waits on it.
    with contextlib.suppress(OSError):
        # The plain socket's method: the one of a TLS socket drops the state that another thread is using.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def drain(sock: socket.socket, most: int) -> None:
    """End the direction to the peer, and read away what it still sends, up to `most` bytes or its end.

    A socket that is closed with bytes unread is reset, and what was sent last may be lost to the peer (RFC 9112
    section 9.6).
    """
    with contextlib.suppress(OSError):  # it left, or went silent
        socket.socket.shutdown(sock, socket.SHUT_WR)
        while most > 0 and (data := sock.recv(65536)):
            most -= len(data)


def say_goodbye(sock: ssl.SSLSocket) -> None:
    """Send TLS's close_notify, without which a body that ends with the connection counts as truncated."""
    # The client's own close_notify is not awaited ("would block"), and the client may have left: both raise, after
    # ours was sent where it could be.
    with contextlib.suppress(OSError, ValueError):
        sock.settimeout(0)
        sock.unwrap()
