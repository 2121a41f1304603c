"""Anthropic's Messages API: thinking and text as they come, the usage, and the message to keep.

Run it:

    python examples/anthropic_messages.py [BASE_URL]
"""

from __future__ import annotations

import os

import httpx
import ssewire
from provider import provider

HEADERS = {"x-api-key": os.environ.get("ANTHROPIC_API_KEY", "none"), "anthropic-version": "2023-06-01"}


def main(base_url: str) -> None:
    """Ask one question; print the thinking, the answer and what it cost."""
    body = {
        "model": os.environ.get("ANTHROPIC_MODEL", "claude-demo"),
        "max_tokens": 4096,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "messages": [{"role": "user", "content": "What is an event stream?"}],
        "stream": True,
    }
    url = f"{base_url}/v1/messages"
    with httpx.stream("POST", url, json=body, headers=HEADERS, timeout=60) as response:
        stream = ssewire.Stream(response, "anthropic")
        kind: type | None = None
        for delta in stream:
            match delta:
                case ssewire.ReasoningDelta(text) | ssewire.TextDelta(text):
                    print("" if type(delta) is kind else "\n", text, sep="", end="", flush=True)
                    kind = type(delta)
    snapshot = stream.until_done()
    print()
    # The message as the API sends it without streaming. Kept in a conversation, its thinking goes back to the API with
    # its signature.
    message = snapshot.to_dict()
    print([block["type"] for block in message["content"]], snapshot.finish_reason)
    if snapshot.usage is not None:
        print(f"{snapshot.usage.input_tokens} tokens in, {snapshot.usage.output_tokens} out")


if __name__ == "__main__":
    with provider("anthropic.sse", variable="ANTHROPIC_BASE_URL") as base_url:
        main(base_url)
