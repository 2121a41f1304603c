"""The request that an event source sends, and what becomes of it at a redirect.

Redirects are followed here and not by the clients, which differ: in what they drop, in what an empty Location is to
them, and in whether they follow at all. The rules are those of the Fetch standard, 4.4 "HTTP-redirect fetch".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ssewire._errors import ResponseError
from ssewire._sources.base import all_headers, attr_path, header

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Headers = dict[str, str | bytes]

MOST_REDIRECTS = 20  # as the Fetch standard has it

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SEE_OTHER, _BECOME_GET = 303, (301, 302)
_PORTS = {"http": 80, "https": 443}

# Fetch, "request-body-header name": they go with the body.
_OF_THE_BODY = frozenset({f"content-{name}" for name in ("encoding", "language", "length", "location", "type")})
# What lets somebody in, by whatever name: another origin must not learn it. Fetch drops Authorization alone; keys
# travel under many names (x-api-key, x-goog-api-key, api-key, x-auth-token).
_CREDENTIAL = re.compile("auth|cookie|credential|key|passw|secret|session|signature|token", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        method: As it is sent.
        url: Where to; what is relative, the client completes.
        headers: Sent beside those of the client. A value that is no ASCII is bytes.
        body: None for none.
        trusted: Whether the target is of the origin that the caller named, and may be sent the client's own headers,
            cookies and credentials.
        timeout: Seconds that each wait for the network may take; None for no bound.
    """

    method: str
    url: str
    headers: Headers
    body: bytes | None = None
    trusted: bool = True
    timeout: float | None = None

    def with_headers(self, headers: Mapping[str, str | bytes]) -> Request:
        """Return the same request with further headers, which count more than those of the same name."""
        return replace(self, headers=merged(self.headers, headers))

    def redirected(self, response: Any, status: int) -> Request | None:
        """Return the request that a response redirects to; None where it does not.

        Raises:
            ResponseError: There is no target, or one that is not of HTTP.
        """
        if status not in _REDIRECTS:
            return None
        base, location = str(response.url), (header(response, "Location") or "").strip()
        target = _joined(base, location)
        if target is None:
            what = f"to {location!r}, which is no HTTP URL" if location else "without a Location"
            raise refused_redirect(response, status, what)
        request = replace(self, url=target)
        if status == _SEE_OTHER or (status in _BECOME_GET and self.method == "POST"):
            request = request.without_body()
        return request if _origin(base) == _origin(target) else request.untrusted()

    def without_body(self) -> Request:
        """Return the GET that such a request becomes."""
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_THE_BODY}
        return replace(self, method="GET", body=None, headers=headers)

    def untrusted(self) -> Request:
        """Return the same request without what lets somebody in."""
        headers = {name: value for name, value in self.headers.items() if not _CREDENTIAL.search(name)}
        return replace(self, trusted=False, headers=headers)


def merged(headers: Mapping[str, str | bytes], more: Mapping[str, str | bytes]) -> Headers:
    """Return both together, in a new dict: of the same name in any case, the second counts."""
    names = {name.lower() for name in more}
    return {**{name: value for name, value in headers.items() if name.lower() not in names}, **more}


def refused_redirect(response: object, status: int, what: str) -> ResponseError:
    """Return the error for a redirect that cannot be followed."""
    message = f"expected an event stream, got HTTP {status}: a redirect {what}, from {attr_path(response, 'url')}"
    error = ResponseError(message, status=status, content_type=header(response, "Content-Type"), body=b"")
    error._told_by(status, all_headers(response))  # noqa: SLF001 - for those who make them
    return error


def _joined(base: str, location: str) -> str | None:
    """Return the absolute URL of a Location; None where there is none, or none of HTTP."""
    try:
        target = urljoin(base, location)
        scheme, _, _ = _origin(target)
    except ValueError:  # a port, or an address, that is none
        return None
    return target if location and scheme in _PORTS else None


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
