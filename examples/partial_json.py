"""Tool calls' arguments while they arrive: as far as they are certain, they are an object already.

Run it:

    python examples/partial_json.py [BASE_URL]
"""

from __future__ import annotations

import os

import httpx
import ssewire
from provider import provider

HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}


def main(base_url: str) -> None:
    """Ask one question, and print what is certain of a call's arguments whenever that grows."""
    body = {
        "model": os.environ.get("OPENAI_MODEL", "demo-1"),
        "messages": [{"role": "user", "content": "Where is it warmer, in Oslo or in Lisbon?"}],
        "stream": True,
    }
    shown: dict[int, str] = {}
    with httpx.stream("POST", f"{base_url}/chat/completions", json=body, headers=HEADERS, timeout=60) as response:
        stream = ssewire.Stream(response)
        for delta in stream:
            if isinstance(delta, ssewire.ToolCallDelta):
                # It is one object that grows in place: asking after each delta costs what is new. Copy it to keep it.
                certain = repr(stream.snapshot.tool_calls[delta.index].parse_partial())
                if certain != shown.get(delta.index):
                    shown[delta.index] = certain
                    print(f"{delta.name}: {certain}")
    for call in stream.until_done().tool_calls:
        assert call.parse() == call.parse_partial(), call  # noqa: S101 - at the end nothing is uncertain


if __name__ == "__main__":
    with provider("tools.sse") as base_url:
        main(base_url)
