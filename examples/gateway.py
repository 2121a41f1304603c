"""A gateway: it passes each response on as it comes, while an accumulator counts the usage.

Run it:

    python examples/gateway.py [BASE_URL [PORT]]
    curl -N http://127.0.0.1:8001/chat/completions -d '{"stream": true}'
"""

from __future__ import annotations

import contextlib
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import ssewire
from provider import provider

HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}


class Gateway(BaseHTTPRequestHandler):
    """Passes on what is posted to any path."""

    protocol_version = "HTTP/1.1"
    upstream: httpx.Client

    def do_POST(self) -> None:
        """Relay one request and its response, and tell the usage."""
        watcher = ssewire.Accumulator()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            with self.upstream.stream("POST", self.path, content=body) as response:
                self.send_response_only(response.status_code)
                # Not Content-Encoding, nor Content-Length: what is passed on is the decoded body.
                self.send_header("Content-Type", response.headers.get("Content-Type", ""))
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for piece in ssewire.tee(response, watcher):
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), bytes(piece)))
                self.wfile.write(b"0\r\n\r\n")
            watcher.close()
        except (ssewire.StreamError, httpx.HTTPError, ConnectionError) as error:
            # Either side may have left. Without the last chunk the client knows that the body is cut short; and
            # leaving the `with` block told the provider that nobody wants the rest.
            self.close_connection = True
            print(f"{type(error).__name__}: {error}", flush=True)
        usage = watcher.usage
        if usage is not None:
            print(f"{usage.input_tokens} tokens in, {usage.output_tokens} out", flush=True)


def main(base_url: str, port: str = "8001") -> None:
    """Serve on 127.0.0.1 until interrupted."""
    headers = {"Content-Type": "application/json", **HEADERS}
    with httpx.Client(base_url=base_url, headers=headers, timeout=60) as client:
        Gateway.upstream = client
        server = ThreadingHTTPServer(("127.0.0.1", int(port)), Gateway)
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        with server, contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    with provider("chat.sse", "tools.sse") as base_url:
        main(base_url, *sys.argv[2:])
