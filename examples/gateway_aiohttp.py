"""A gateway on aiohttp, to both sides: it passes each response on as it comes, and bills it.

Run it:

    python examples/gateway_aiohttp.py [BASE_URL [PORT [KEEP_ALIVE_SECONDS]]]
    curl -N http://127.0.0.1:8001/chat/completions -d '{"stream": true}'
"""

from __future__ import annotations

import os
import socket
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING

import aiohttp
import ssewire
from aiohttp import web
from provider import provider
from relay import HEADERS, KEEP_ALIVE, bill, watcher, with_keep_alives

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

AUTHORIZATION = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}


class Gateway:
    """Passes on what is posted to any path."""

    def __init__(self, base_url: str, keep_alive: float) -> None:
        self._base_url = base_url
        self._keep_alive = keep_alive
        self._session: aiohttp.ClientSession

    async def session(self, _: web.Application) -> AsyncIterator[None]:
        """Keep connections to the provider as long as the application runs."""
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", **AUTHORIZATION}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
        connector = aiohttp.TCPConnector(limit=0)  # a stream takes one; the 101st would wait for another's end
        async with aiohttp.ClientSession(headers=headers, timeout=timeout, connector=connector) as self._session:
            yield

    async def relay(self, request: web.Request) -> web.StreamResponse:
        """Ask the provider what the client asked. A client that goes away cancels this, and so the request upstream."""
        try:
            asked = self._session.post(self._base_url + request.path, data=await request.read())
            async with asked as upstream:
                headers = {"Content-Type": upstream.headers.get("Content-Type", ""), **HEADERS}
                answer = web.StreamResponse(status=upstream.status, headers=headers)
                await self._pass_on(upstream, request, answer)
        except aiohttp.ClientError as error:
            message = f"the provider cannot be reached: {error}"
            return web.json_response({"error": {"message": message}}, status=502)
        return answer

    async def _pass_on(
        self, upstream: aiohttp.ClientResponse, request: web.Request, answer: web.StreamResponse
    ) -> None:
        watching = watcher()
        broke: str | None = "the client left"
        try:
            await answer.prepare(request)
            passing = ssewire.atee(upstream, watching)
            async with aclosing(with_keep_alives(passing, self._keep_alive)) as pieces:
                async for piece in pieces:
                    await answer.write(piece)
            broke = None
            await answer.write_eof()
        except aiohttp.ClientConnectionResetError:
            pass  # the client has left, and its handler was not yet told
        except aiohttp.ClientError as error:
            broke = f"{type(error).__name__}: {error}"
            # Without the last chunk the client knows that its stream is cut short.
            if request.transport is not None:
                request.transport.close()
        finally:
            print(bill(watching, broke), flush=True)


def main(base_url: str, port: str = "8001", keep_alive: str = str(KEEP_ALIVE)) -> None:
    """Serve on 127.0.0.1 until interrupted."""
    gateway = Gateway(base_url, float(keep_alive))
    application = web.Application()
    application.cleanup_ctx.append(gateway.session)
    application.router.add_post("/{path:.*}", gateway.relay)
    with socket.create_server(("127.0.0.1", int(port))) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        web.run_app(application, sock=listening, print=None, handler_cancellation=True, access_log=None)


if __name__ == "__main__":
    with provider("chat.sse", "tools.sse") as base_url:
        main(base_url, *sys.argv[2:])
