"""The packages whose names are here: where each is found, and what differs then. docs/compat.md tells it at length."""

from __future__ import annotations

from typing import NamedTuple


class Package(NamedTuple):
    """A package, or a module of one, that can be imported from here instead.

    Attributes:
        module: Its module here.
        names: Those of its names that are here too; the others stay where they are.
        differences: What changes for those who use it, one thing each.
    """

    module: str
    names: frozenset[str]
    differences: tuple[str, ...]


_STANDARD = (
    "a block without data is no event (dispatch_empty=True gives it)",
    "the body is UTF-8, whatever its header says (obey_charset=True decodes as the header says)",
    "a byte order mark is skipped, invalid UTF-8 becomes U+FFFD, `retry` is ASCII digits only",
)

_SSE_CLIENT = Package(
    "ssewire.compat.aiohttp_sse_client2",
    frozenset({"client"}),
    (
        'an event that the stream does not name has the type "message", not None',
        "one space is taken off a field's value, not all; LFs at the end of the data stay",
        "a line may be longer than aiohttp's buffer; max_event_size bounds an event (64 MiB)",
        "waits begin with the stream's own `retry`, also after the first reconnection",
    ),
)
_SSE_CLIENT_MODULE = _SSE_CLIENT._replace(
    module="ssewire.compat.aiohttp_sse_client2.client",
    names=frozenset(
        {
            "CONTENT_TYPE_EVENT_STREAM",
            "DEFAULT_MAX_CONNECT_RETRY",
            "DEFAULT_MAX_READ_RETRY",
            "DEFAULT_RECONNECTION_TIME",
            "EventSource",
            "LAST_EVENT_ID_HEADER",
            "MessageEvent",
            "READY_STATE_CLOSED",
            "READY_STATE_CONNECTING",
            "READY_STATE_OPEN",
        }
    ),
)

PACKAGES = {
    "httpx_sse": Package(
        "ssewire.compat.httpx_sse",
        frozenset({"EventSource", "SSEError", "ServerSentEvent", "__version__", "aconnect_sse", "connect_sse"}),
        (*_STANDARD, "an event above 64 MiB raises SSEError (max_event_size=None has no limit)"),
    ),
    "httpx2": Package(
        "ssewire.compat.httpx2",
        frozenset({"AsyncClient", "Client", "EventSource", "SSEError", "ServerSentEvent"}),
        (*_STANDARD, "max_event_size counts line ends, and comments inside an event"),
    ),
    "sseclient": Package(
        "ssewire.compat.sseclient",
        frozenset({"Event", "SSEClient"}),
        (
            "this is sseclient-py's interface; the package named sseclient has the same import and another one",
            "an id stays in force for the events after it, until another comes",
            "bytes that the encoding does not know become U+FFFD instead of raising",
            "an event above 64 MiB raises EventTooLargeError (max_event_size=None has no limit)",
        ),
    ),
    "aiohttp_sse_client2": _SSE_CLIENT,
    "aiohttp_sse_client2.client": _SSE_CLIENT_MODULE,
    "aiohttp_sse_client": _SSE_CLIENT,
    "aiohttp_sse_client.client": _SSE_CLIENT_MODULE,
}
