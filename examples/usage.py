"""Collect the text and the usage of an answer.

Run it:

    python examples/usage.py [BASE_URL]
"""

from __future__ import annotations

import os

import httpx
import ssewire
from provider import provider

HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}


def main(base_url: str) -> None:
    """Ask one question; print the answer and what it cost."""
    body = {
        "model": os.environ.get("OPENAI_MODEL", "demo-1"),
        "messages": [{"role": "user", "content": "What is an event stream?"}],
        "stream": True,
        "stream_options": {"include_usage": True},  # without it most servers send none
    }
    with httpx.stream("POST", f"{base_url}/chat/completions", json=body, headers=HEADERS, timeout=60) as response:
        snapshot = ssewire.collect(response)
    print(snapshot.text)
    usage = snapshot.usage
    if usage is None:
        print("usage: the server did not say")
    else:
        parts = f"{usage.cached_tokens or 0} from the cache, {usage.cache_write_tokens or 0} into it"
        print(f"usage: {usage.input_tokens} tokens in ({parts})", end=", ")
        print(f"{usage.output_tokens} out ({usage.reasoning_tokens or 0} for reasoning)")


if __name__ == "__main__":
    with provider("chat.sse") as base_url:
        main(base_url)
