r"""A loopback server that replays recorded event streams as an OpenAI-compatible endpoint.

For tests, examples and demonstrations: it plays the same bytes with the delays, cuts and faults that one asks for, so
that a client can be tried against a slow, a truncated or a failing provider without a provider.

    with ReplayServer([b'data: {"choices": []}\n\ndata: [DONE]\n\n']) as server:
        requests.post(server.url + "/chat/completions", json={"stream": True}, stream=True)
"""

from __future__ import annotations

from ssewire.replay.body import split_events
from ssewire.replay.request import ReplayRequest
from ssewire.replay.server import ReplayServer

__all__ = ["ReplayRequest", "ReplayServer", "split_events"]
