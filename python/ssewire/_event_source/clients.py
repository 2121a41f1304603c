"""The HTTP clients: one request sent, its response not read yet, and no redirect followed.

No client is imported here: one is recognised by the module that its class comes from. To another origin than the
caller named goes nothing of what the client adds by itself.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from ssewire._event_source.request import MOST_REDIRECTS, refused_redirect
from ssewire._sources import open_async_source, open_source
from ssewire._sources.base import describe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import ModuleType

    from ssewire._event_source.request import Request
    from ssewire._sources import AsyncSource, Source

    Senders = dict[tuple[str, str], Callable[[Any, Request], Any]]


def open_with(send: Callable[[Request], Any], request: Request) -> Source:
    """Send a request with a client of requests, httpx or httpx2, and follow redirects.

    Raises:
        ResponseError: A redirect cannot be followed.
        Exception: What the client raises.
    """
    for _ in range(MOST_REDIRECTS + 1):
        source = open_source(send(request))
        try:
            target = request.redirected(source.response, source.status or 0)
        except BaseException:
            source.close()
            raise
        if target is None:
            return source
        source.close()
        request = target
    raise refused_redirect(source.response, source.status or 0, f"behind {MOST_REDIRECTS} others")


async def aopen_with(send: Callable[[Request], Awaitable[Any]], request: Request) -> AsyncSource:
    """Send a request with a client of aiohttp, httpx or httpx2: the asynchronous twin of `open_with`."""
    for _ in range(MOST_REDIRECTS + 1):
        source = open_async_source(await send(request))
        try:
            target = request.redirected(source.response, source.status or 0)
        except BaseException:
            await source.aclose()
            raise
        if target is None:
            return source
        await source.aclose()
        request = target
    raise refused_redirect(source.response, source.status or 0, f"behind {MOST_REDIRECTS} others")


def chosen_sender(client: object, url: str | None, *, asynchronous: bool) -> Callable[[Any], Any]:
    """Return what sends a request with a client for a URL; or, without one, the caller's own callable.

    Raises:
        TypeError: It is of no kind that is known, or of the other one.
    """
    both: tuple[Senders, Senders] = (_SENDERS, _ASYNC_SENDERS)
    other, known = both if asynchronous else reversed(both)
    if _name(client, other) is not None:
        raise TypeError(f"{describe(client)} is a client for {'EventSource' if asynchronous else 'AsyncEventSource'}")
    name = _name(client, known)
    if name is not None and url:
        return partial(known[name], client)
    if name is None and url is None and callable(client):
        return client
    names = ", ".join(".".join(name) for name in known)
    raise TypeError(f"expected a client ({names}) and a url, or a callable alone; got {describe(client)}, {url!r}")


def _name(client: object, senders: Senders) -> tuple[str, str] | None:
    names = ((cls.__module__.partition(".")[0], cls.__name__) for cls in type(client).__mro__)
    return next((name for name in names if name in senders), None)


def _module(client: object, name: str) -> ModuleType:
    """Return the client's package; a subclass of the caller's comes from elsewhere."""
    return sys.modules[next(cls.__module__.partition(".")[0] for cls in type(client).__mro__ if cls.__name__ == name)]


def _send_requests(session: Any, request: Request) -> Any:
    options = {"stream": True, "timeout": request.timeout, "allow_redirects": False}
    if request.trusted:
        return session.request(request.method, request.url, headers=request.headers, data=request.body, **options)
    package = _module(session, "Session")
    bare = package.Request(request.method, request.url, headers=request.headers, data=request.body).prepare()
    environment = session.merge_environment_settings(request.url, {}, True, None, None)  # noqa: FBT003 - its signature
    return session.send(bare, **{**environment, **options})


def _send_httpx(client: Any, request: Request) -> Any:
    if request.trusted:
        return client.send(_httpx_request(client, request), stream=True, follow_redirects=False)
    return client.send(_bare_httpx_request(client, "Client", request), stream=True, follow_redirects=False, auth=None)


async def _asend_httpx(client: Any, request: Request) -> Any:
    if request.trusted:
        return await client.send(_httpx_request(client, request), stream=True, follow_redirects=False)
    bare = _bare_httpx_request(client, "AsyncClient", request)
    return await client.send(bare, stream=True, follow_redirects=False, auth=None)


def _httpx_request(client: Any, request: Request) -> Any:
    return client.build_request(
        request.method,
        request.url,
        headers=list(request.headers.items()),
        content=request.body,
        timeout=request.timeout,
    )


def _bare_httpx_request(client: Any, name: str, request: Request) -> Any:
    package = _module(client, name)
    timeout = package.Timeout(request.timeout).as_dict()
    headers = list(request.headers.items())
    return package.Request(
        request.method, request.url, headers=headers, content=request.body, extensions={"timeout": timeout}
    )


async def _asend_aiohttp(session: Any, request: Request) -> Any:
    if request.trusted:
        return await _aiohttp_request(session, request)
    package = sys.modules["aiohttp"]
    async with package.ClientSession(
        connector=session.connector, connector_owner=False, cookie_jar=package.DummyCookieJar()
    ) as bare:
        return await _aiohttp_request(bare, request)


def _aiohttp_request(session: Any, request: Request) -> Awaitable[Any]:
    timeout = sys.modules["aiohttp"].ClientTimeout(
        total=None, connect=request.timeout, sock_connect=request.timeout, sock_read=request.timeout
    )
    headers = {name: value if isinstance(value, str) else value.decode() for name, value in request.headers.items()}
    response: Awaitable[Any] = session.request(
        request.method,
        request.url,
        headers=headers,
        data=request.body,
        timeout=timeout,
        allow_redirects=False,
        raise_for_status=False,
    )
    return response


_SENDERS: Senders = {
    ("requests", "Session"): _send_requests,
    ("niquests", "Session"): _send_requests,
    ("httpx", "Client"): _send_httpx,
    ("httpx2", "Client"): _send_httpx,
}
_ASYNC_SENDERS: Senders = {
    ("aiohttp", "ClientSession"): _asend_aiohttp,
    ("httpx", "AsyncClient"): _asend_httpx,
    ("httpx2", "AsyncClient"): _asend_httpx,
}
