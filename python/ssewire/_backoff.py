"""When to ask again, and how long to wait: shared by the event sources and by `retrying`.

1. A delay grows with each failure in a row, and is drawn anew from all that lies between nothing and its bound ("full
   jitter"), so that clients which lost a server together do not come back together.
2. What a server asks for (`Retry-After`: RFC 9110, 10.2.3) counts, up to the caller's bound.
"""

from __future__ import annotations

import random
import time
from email.utils import parsedate_to_datetime

from ssewire._errors import ProviderError, ResponseError, StreamError
from ssewire._sources.base import header

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


def retry_after(response: object) -> float | None:
    """Return the seconds that a response's Retry-After asks for, given as seconds or as a date; None without one."""
    value = (header(response, "Retry-After") or "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):  # neither: as if there was none
        return None


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
    if isinstance(error, (ProviderError, ResponseError)):
        return is_retryable_status(error.status)
    return is_transport_error(error)


def check_seconds(**bounds: float) -> None:
    """Raise ValueError for a delay that no clock keeps: negative, endless, or no number."""
    for name, seconds in bounds.items():
        if not 0 <= seconds <= _LONGEST:
            raise ValueError(f"{name}: expected seconds from 0 to {_LONGEST}, got {seconds!r}")
