"""Every kind of delta, taken apart with `match`.

Run it:

    python examples/match_deltas.py [BASE_URL]
"""

from __future__ import annotations

import os

import httpx
import ssewire
from provider import provider

HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}


def told(delta: ssewire.Delta) -> str:  # noqa: PLR0911 - one for each kind
    """Say in one line what a delta changes. A type checker sees that no kind is left out."""
    match delta:
        case ssewire.TextDelta(text, choice=0):
            return f"text: {text!r}"
        case ssewire.TextDelta(text, choice):
            return f"text of choice {choice}: {text!r}"
        case ssewire.ReasoningDelta(text):
            return f"reasoning: {text!r}"
        case ssewire.RefusalDelta(text):
            return f"refusal: {text!r}"
        case ssewire.ToolCallDelta(index, id, name, arguments):
            return f"call {index} of {name} ({id}): {arguments!r}"
        case ssewire.FinishDelta(reason):
            return f"finished: {reason}"
        case ssewire.UsageDelta(usage):
            return f"usage: {usage.input_tokens} tokens in, {usage.output_tokens} out"
        case ssewire.OtherDelta(kind, value):
            return f"{kind}: {value!r}"


def main(base_url: str) -> None:
    """Ask one question, and print a line for each delta."""
    body = {
        "model": os.environ.get("OPENAI_MODEL", "demo-1"),
        "messages": [{"role": "user", "content": "Where is it warmer, in Oslo or in Lisbon?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    with httpx.stream("POST", f"{base_url}/chat/completions", json=body, headers=HEADERS, timeout=60) as response:
        for delta in ssewire.Stream(response):
            print(told(delta))


if __name__ == "__main__":
    with provider("tools.sse") as base_url:
        main(base_url)
