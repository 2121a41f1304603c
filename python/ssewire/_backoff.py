"""When to ask again, and how long to wait: shared by the event sources and by `retrying`.

1. A delay grows with each failure in a row, and is drawn anew from all that lies between nothing and its bound ("full
   jitter"), so that clients which lost a server together do not come back together.
2. What a server asks for (`Retry-After`: RFC 9110, 10.2.3) counts, up to the caller's bound.
"""

from __future__ import annotations

import random

from ssewire._errors import StreamError, asked_delay
from ssewire._sources.base import all_headers

_DOUBLINGS = 40  # more would make no difference to any bound, and overflow at last
_SERVER_ERROR = 500
_LONGEST = 1_000_000_000  # seconds: locks take no more than nine times that

# What the providers' own packages ask again after: a time-out, a lock that was not got, a rate limit.
# https://platform.openai.com/docs/guides/error-codes, https://docs.anthropic.com/en/api/errors
_RETRYABLE_STATUSES = frozenset({408, 409, 429})

# Packages whose exceptions tell of the transport. requests' and aiohttp's are OSErrors for the most part.
_TRANSPORTS = frozenset({"aiohttp", "anyio", "h11", "h2", "http", "httpcore", "httpcore2", "httpx", "httpx2"})
_TRANSPORTS_TOO = frozenset({"niquests", "requests", "trio", "urllib3", "urllib3_future"})
# What no second try mends: the request itself is wrong.
_FUTILE = frozenset(
    {"InvalidURL", "UnsupportedProtocol", "InvalidSchema", "MissingSchema", "InvalidHeader", "NonHttpUrlClientError"}
)


def jitter(failures: int, base: float, most: float) -> float:
    """Draw a delay: between nothing and `base`, doubled for each failure in a row, at most `most` seconds."""
    return random.uniform(0, min(most, base * 2 ** min(failures, _DOUBLINGS)))  # noqa: S311 - no secret


def headers_of(error: Exception) -> dict[str, str]:
    """Return the header fields of the response that an error is about: one of ours, or of a client's `response`."""
    return error.headers if isinstance(error, StreamError) else all_headers(getattr(error, "response", None))


def retry_after(error: Exception) -> float | None:
    """Return the seconds that the response asks for that an error is about; None where it does not."""
    return asked_delay(headers_of(error))


def is_retryable_status(status: int | None) -> bool:
    """Whether the same request may succeed later: after 408, 409, 429 and any server error."""
    return status is not None and (status in _RETRYABLE_STATUSES or status >= _SERVER_ERROR)


def is_transport_error(error: Exception) -> bool:
    """Whether the connection failed, and not the code that asked for it."""
    classes = type(error).__mro__
    if isinstance(error, StreamError) or any(cls.__name__ in _FUTILE for cls in classes):
        return False
    packages = {cls.__module__.partition(".")[0] for cls in classes}
    return isinstance(error, (OSError, EOFError)) or not packages.isdisjoint(_TRANSPORTS | _TRANSPORTS_TOO)


def is_retryable(error: Exception) -> bool:
    """Whether trying again may help: a failure of the transport, or a response with such a status."""
    status = _status(error)
    return is_transport_error(error) if status is None else is_retryable_status(status)


def _status(error: Exception) -> int | None:
    """Return the HTTP status that an error is about: one of ours, of a client's `raise_for_status`, of an SDK's."""
    response = getattr(error, "response", None)
    names = ((error, "status"), (error, "status_code"), (response, "status_code"), (response, "status"))
    values = (getattr(owner, name, None) for owner, name in names)
    return next((value for value in values if isinstance(value, int) and value > 0), None)


def check_seconds(**bounds: float) -> None:
    """Raise ValueError for a delay that no clock keeps: negative, endless, or no number."""
    for name, seconds in bounds.items():
        if not 0 <= seconds <= _LONGEST:
            raise ValueError(f"{name}: expected seconds from 0 to {_LONGEST}, got {seconds!r}")
