"""Requests with nothing but the standard library."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from ssewire.cli.ask import credentials
from ssewire.cli.source import text_of
from ssewire.cli.status import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    """Returns every response, whatever its status: the body of an error is read as carefully as a stream.

    So redirects are not followed either, as the Authorization field would go with them to another host.
    """

    def http_response(self, request: urllib.request.Request, response: Any) -> Any:
        """Return the response as it is."""
        del request
        return response

    https_response = http_response


def open_url(url: str, data: str | None, headers: Sequence[str]) -> http.client.HTTPResponse:
    """Request `url`: a GET, or a POST where there is `data`.

    Args:
        url: an http or https URL.
        data: the body as text, or "@" and the name of the file that holds it ("@-" is stdin).
        headers: "Name: value" each. A key from the environment is sent beside them; they count more.

    Raises:
        CommandError: the server cannot be reached, it redirects, or an argument is wrong.
    """
    fields = {"Accept": "text/event-stream", "Accept-Encoding": "identity", "User-Agent": "ssewire"}
    if data is not None:
        fields["Content-Type"] = "application/json"
    own = [_field(header) for header in headers]
    given = {name.lower() for name, _ in own}
    body = None if data is None else text_of(data)
    try:
        keys = credentials(url)
        fields.update((name, value) for name, value in keys.items() if name.lower() not in given)
        fields.update(own)
        request = urllib.request.Request(url, body, fields)  # noqa: S310 - the caller checked the scheme
        response: http.client.HTTPResponse = urllib.request.build_opener(_AnyStatus).open(request)
    except urllib.error.URLError as error:
        why = getattr(error.reason, "strerror", None) or error.reason
        hint = " (is the server running there?)" if isinstance(error.reason, ConnectionRefusedError) else ""
        raise CommandError(f"{url}: {why}{hint}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CommandError(f"{url}: {error}") from error
    if response.headers.get("Location") and response.status in {301, 302, 303, 307, 308}:
        response.close()
        raise CommandError(f"{url} has moved: ask {response.headers['Location']} instead")
    return response


def _field(header: str) -> tuple[str, str]:
    name, colon, value = header.partition(":")
    if not colon:
        raise CommandError(f"a header field is NAME: VALUE, not {header!r}")
    return name.strip(), value.strip()
