"""A gateway on Starlette and uvicorn: it passes each response on as it comes, and bills it.

Run it:

    python examples/gateway_starlette.py [BASE_URL [PORT [KEEP_ALIVE_SECONDS]]]
    curl -N http://127.0.0.1:8001/chat/completions -d '{"stream": true}'
"""

from __future__ import annotations

import os
import socket
import sys
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import httpx
import ssewire
import uvicorn
from provider import provider
from relay import HEADERS, KEEP_ALIVE, bill, watcher, with_keep_alives
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

AUTHORIZATION = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}


class Relay(Response):
    """A provider's response, passed on until it ends or the client goes away."""

    def __init__(self, upstream: httpx.Response, keep_alive: float) -> None:
        self.status_code = upstream.status_code
        self.background = None
        self.init_headers({"Content-Type": upstream.headers.get("Content-Type", ""), **HEADERS})
        self._upstream = upstream
        self._keep_alive = keep_alive
        self._watcher = watcher()
        self._broke: str | None = "the client left"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Send it; whoever leaves first ends both sides."""
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._wait_for_goodbye, receive, group.cancel_scope)
                await self._pass_on(send)
                group.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self._upstream.aclose()
            print(bill(self._watcher, self._broke), flush=True)

    async def _wait_for_goodbye(self, receive: Receive, scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()

    async def _pass_on(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        passing = ssewire.atee(self._upstream, self._watcher)
        try:
            async with aclosing(with_keep_alives(passing, self._keep_alive)) as pieces:
                async for piece in pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        except httpx.HTTPError as error:
            # Without a last body the server closes the connection, which tells the client that its stream is cut short.
            self._broke = f"{type(error).__name__}: {error}"
            return
        self._broke = None
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def relay(request: Request) -> Response:
    """Ask the provider what the client asked."""
    client: httpx.AsyncClient = request.state.client
    asked = client.build_request("POST", request.url.path, content=await request.body())
    try:
        response = await client.send(asked, stream=True)
    except httpx.HTTPError as error:
        return JSONResponse({"error": {"message": f"the provider cannot be reached: {error}"}}, 502)
    return Relay(response, request.state.keep_alive)


def application(base_url: str, keep_alive: float) -> Starlette:
    """Make the gateway to one provider."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, object]]:
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", **AUTHORIZATION}
        # A stream takes a connection; the 101st would wait for another's end. Idle ones are few, since for each of them
        # the pool counts all connections, at each request's begin and end.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
        async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=60, limits=limits) as client:
            yield {"client": client, "keep_alive": keep_alive}

    return Starlette(routes=[Route("/{path:path}", relay, methods=["POST"])], lifespan=lifespan)


def main(base_url: str, port: str = "8001", keep_alive: str = str(KEEP_ALIVE)) -> None:
    """Serve on 127.0.0.1 until interrupted."""
    config = uvicorn.Config(application(base_url, float(keep_alive)), log_level="critical")
    with socket.create_server(("127.0.0.1", int(port))) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    with provider("chat.sse", "tools.sse") as base_url:
        main(base_url, *sys.argv[2:])
