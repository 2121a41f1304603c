"""Ask again while nothing was shown yet: a provider that is overloaded, or hangs up before its first word.

Run it:

    python examples/ask_again.py [BASE_URL]
"""

from __future__ import annotations

import os

import httpx
import ssewire
from provider import provider

HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}
OVERLOADED = (503, b'{"error": {"message": "Overloaded: try again", "type": "server_error"}}')


def note(error: Exception) -> None:
    """Say what was wrong. Returning None leaves it to the rules whether to ask again."""
    print(f"[{error}]")


def main(base_url: str) -> None:
    """Ask one question and print the answer."""
    body = {
        "model": os.environ.get("OPENAI_MODEL", "demo-1"),
        "messages": [{"role": "user", "content": "What is an event stream?"}],
        "stream": True,
    }
    with httpx.Client(base_url=base_url, headers=HEADERS, timeout=60) as client:

        def ask() -> httpx.Response:
            return client.send(client.build_request("POST", "chat/completions", json=body), stream=True)

        for text in ssewire.retrying(ask, on_error=note).text_stream:
            print(text, end="", flush=True)
    print()


if __name__ == "__main__":
    with provider("chat.sse", fail=OVERLOADED, fail_times=1) as base_url:
        main(base_url)
