"""What both event sources share: the request, and what they tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ssewire._event_source.options import EventSourceOptions, ReadyState
from ssewire._event_source.request import Request, merged
from ssewire._event_source.state import State, request_headers

if TYPE_CHECKING:
    from ssewire._event_source.request import Headers


class BaseEventSource:
    """An event source's request and state."""

    def __init__(  # noqa: PLR0913, PLR0917 - a request
        self,
        url: str | None,
        method: str,
        headers: Mapping[str, str] | None,
        body: bytes | str | None,
        read_timeout: float | None,
        options: EventSourceOptions,
    ) -> None:
        self._state = State(**options)
        self._request = Request(
            method,
            url or "",
            request_headers(headers),
            body.encode() if isinstance(body, str) else body,
            timeout=read_timeout,
        )

    @property
    def ready_state(self) -> ReadyState:
        """Whether it is "connecting" (or waits until it does), "open" or "closed" for good: readyState, 9.2.2."""
        return self._state.ready_state

    @property
    def last_event_id(self) -> str:
        """The last event ID in force, "" if none: that of the events that were given so far."""
        return self._state.events.last_event_id

    @property
    def reconnection_time(self) -> float:
        """Seconds that the next wait takes at least: what the server sent last as `retry`, within the bounds."""
        return self._state.reconnection_time

    @property
    def error(self) -> Exception | None:
        """The last error, be it retried or raised; None until there was one."""
        return self._state.error

    def _next_request(self) -> Request:
        return self._request.with_headers(self._state.headers(ascii_only=False))

    def _next_headers(self) -> Headers:
        """Return the headers for a callable, which passes them to a client that may know ASCII alone."""
        return merged(self._request.headers, self._state.headers(ascii_only=True))

    def __repr__(self) -> str:
        what = f"{self._request.method} {self._request.url}".strip() if self._request.url else "its own requests"
        return f"<ssewire.{type(self).__name__} of {what}: {self.ready_state}>"
