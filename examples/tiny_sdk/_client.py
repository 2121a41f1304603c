"""The clients: a request, and the stream of its response."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx

from tiny_sdk._errors import APIError, ConnectionFailedError
from tiny_sdk._stream import AsyncStream, Stream

if TYPE_CHECKING:
    from typing_extensions import Self

_TIMEOUT = httpx.Timeout(10, read=60)  # seconds


def _refused(response: httpx.Response) -> APIError:
    """Return the error of a response that is no stream. The decoder would find no event in it, and say nothing."""
    try:
        error = json.loads(response.content)["error"]
        return APIError(error["code"], error["message"])
    except (ValueError, KeyError, TypeError):
        kind = response.headers.get("Content-Type", "no type")
        return APIError("unexpected_response", f"expected an event stream, got HTTP {response.status_code}, {kind}")


def _is_stream(response: httpx.Response) -> bool:
    kind: str = response.headers.get("Content-Type", "")
    return response.is_success and kind.partition(";")[0].strip().lower() == "text/event-stream"


class Client:
    """Speaks to the service, and blocks while it waits."""

    def __init__(self, base_url: str) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=_TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def translate(self, text: str, *, to: str) -> Stream:
        """Translate a text.

        Raises:
            APIError: The service refuses.
            ConnectionFailedError: It cannot be reached.
        """
        request = self._http.build_request("POST", "/translate", json={"text": text, "to": to, "stream": True})
        try:
            response = self._http.send(request, stream=True)
            if not _is_stream(response):
                response.read()
                raise _refused(response)
        except httpx.HTTPError as error:
            raise ConnectionFailedError(str(error)) from error
        return Stream(response)


class AsyncClient:
    """Speaks to the service from asyncio or trio."""

    def __init__(self, base_url: str) -> None:
        self._http = httpx.AsyncClient(base_url=base_url, timeout=_TIMEOUT)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def translate(self, text: str, *, to: str) -> AsyncStream:
        """Translate a text.

        Raises:
            APIError: The service refuses.
            ConnectionFailedError: It cannot be reached.
        """
        request = self._http.build_request("POST", "/translate", json={"text": text, "to": to, "stream": True})
        try:
            response = await self._http.send(request, stream=True)
            if not _is_stream(response):
                await response.aread()
                raise _refused(response)
        except httpx.HTTPError as error:
            raise ConnectionFailedError(str(error)) from error
        return AsyncStream(response)
