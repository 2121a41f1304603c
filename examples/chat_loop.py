"""Chat: each line from stdin is a turn, and the history goes with the next one.

Run it:

    python examples/chat_loop.py [BASE_URL]
"""

from __future__ import annotations

import os
import sys
from typing import Any

import httpx
import ssewire
from provider import provider

HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}


def answer(client: httpx.Client, messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Print the answer to the messages as it comes, and return it as the message to keep."""
    body = {"model": os.environ.get("OPENAI_MODEL", "demo-1"), "messages": messages, "stream": True}
    with client.stream("POST", "chat/completions", json=body) as response:
        stream = ssewire.Stream(response)
        for text in stream.text_stream:
            print(text, end="", flush=True)
        # The message as the provider would have sent it without streaming, with whatever else it says: reasoning,
        # signatures. A provider that does not take its own reasoning back wants only "role" and "content" of it.
        message: dict[str, Any] = stream.snapshot.to_dict()["choices"][0]["message"]
        return message


def main(base_url: str) -> None:
    """Answer line after line, until the end of input."""
    messages: list[dict[str, Any]] = []
    with httpx.Client(base_url=base_url, headers=HEADERS, timeout=60) as client:
        print("> ", end="", flush=True)
        for line in sys.stdin:
            turn = {"role": "user", "content": line.strip()}
            try:
                messages += [turn, answer(client, [*messages, turn])]
            except ssewire.StreamError as error:
                print(f"[no answer: {error}]", end="")  # the turn is not kept: it can be asked again
            print("\n> ", end="", flush=True)
    print()


if __name__ == "__main__":
    with provider("chat.sse") as base_url:
        main(base_url)
