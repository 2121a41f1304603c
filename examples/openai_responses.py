"""OpenAI's Responses API: the reasoning's summary and the text as they come, and the whole response.

Run it:

    python examples/openai_responses.py [BASE_URL]
"""

from __future__ import annotations

import os

import httpx
import ssewire
from provider import provider

HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}


def main(base_url: str) -> None:
    """Ask one question; print the summary, the answer, and the items of the response."""
    body = {
        "model": os.environ.get("OPENAI_MODEL", "demo-1"),
        "input": "What is an event stream?",
        "reasoning": {"summary": "auto"},
        "stream": True,
    }
    with httpx.stream("POST", f"{base_url}/responses", json=body, headers=HEADERS, timeout=60) as response:
        stream = ssewire.Stream(response, "openai-responses")
        kind: type | None = None
        for delta in stream:
            match delta:
                case ssewire.ReasoningDelta(text) | ssewire.TextDelta(text):
                    print("" if type(delta) is kind else "\n", text, sep="", end="", flush=True)
                    kind = type(delta)
    snapshot = stream.until_done()
    print()
    # The Response as the API sends it without streaming; its id continues the conversation (previous_response_id).
    whole = snapshot.to_dict()
    print(whole["id"], whole["status"], [item["type"] for item in whole["output"]])


if __name__ == "__main__":
    with provider("responses.sse") as base_url:
        main(base_url)
