"""Print text as it comes, with httpx.

Run it:

    python examples/print_text.py [BASE_URL]
"""

from __future__ import annotations

import os

import httpx
import ssewire
from provider import provider

HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}


def main(base_url: str) -> None:
    """Ask one question and print the answer."""
    body = {
        "model": os.environ.get("OPENAI_MODEL", "demo-1"),
        "messages": [{"role": "user", "content": "What is an event stream?"}],
        "stream": True,
    }
    with httpx.stream("POST", f"{base_url}/chat/completions", json=body, headers=HEADERS, timeout=60) as response:
        for text in ssewire.Stream(response).text_stream:
            print(text, end="", flush=True)
    print()


if __name__ == "__main__":
    with provider("chat.sse") as base_url:
        main(base_url)
