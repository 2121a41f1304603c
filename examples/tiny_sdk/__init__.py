"""A small SDK of an imaginary translation service, whose streaming stands on `ssewire.SSEDecoder`.

    with tiny_sdk.Client(base_url) as client, client.translate("Guten Tag", to="en") as stream:
        for event in stream:
            if isinstance(event, tiny_sdk.Text):
                print(event.text, end="")

What an SDK's users see is the SDK's own: event types, errors, names. docs/embedding.md says what is behind it.
"""

from __future__ import annotations

from tiny_sdk._client import AsyncClient, Client
from tiny_sdk._errors import APIError, ConnectionFailedError, SdkError, TruncatedError
from tiny_sdk._events import Event, Finished, Started, Text
from tiny_sdk._stream import AsyncStream, Stream

__all__ = [
    "APIError",
    "AsyncClient",
    "AsyncStream",
    "Client",
    "ConnectionFailedError",
    "Event",
    "Finished",
    "SdkError",
    "Started",
    "Stream",
    "Text",
    "TruncatedError",
]
