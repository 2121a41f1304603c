"""Gemini's streamGenerateContent: thoughts and text as they come, and the usage.

Run it:

    python examples/gemini.py [BASE_URL]
"""

from __future__ import annotations

import os

import httpx
import ssewire
from provider import provider

HEADERS = {"x-goog-api-key": os.environ["GEMINI_API_KEY"]} if "GEMINI_API_KEY" in os.environ else {}


def main(base_url: str) -> None:
    """Ask one question; print the thoughts, the answer and what it cost."""
    body = {
        "contents": [{"role": "user", "parts": [{"text": "What is an event stream?"}]}],
        "generationConfig": {"thinkingConfig": {"includeThoughts": True}},
    }
    model = os.environ.get("GEMINI_MODEL", "gemini-demo")
    # alt=sse asks for events. Without it Gemini sends one JSON array, piece by piece, which is read just as well.
    url = f"{base_url}/v1beta/models/{model}:streamGenerateContent?alt=sse"
    with httpx.stream("POST", url, json=body, headers=HEADERS, timeout=60) as response:
        stream = ssewire.Stream(response, "gemini")
        kind: type | None = None
        for delta in stream:
            match delta:
                case ssewire.ReasoningDelta(text) | ssewire.TextDelta(text):
                    print("" if type(delta) is kind else "\n", text, sep="", end="", flush=True)
                    kind = type(delta)
    usage = stream.until_done().usage
    print()
    if usage is not None:
        print(f"{usage.input_tokens} tokens in, {usage.output_tokens} out ({usage.reasoning_tokens} for thoughts)")


if __name__ == "__main__":
    with provider("gemini.sse", variable="GOOGLE_GEMINI_BASE_URL") as base_url:
        main(base_url)
