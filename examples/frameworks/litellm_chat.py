"""litellm: its `openai/…` models go through the SDK, and `install` reaches the client that it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import litellm
import ssewire.integrations

if TYPE_CHECKING:
    from collections.abc import Iterator


def stream(question: str, model: str = "openai/gpt-5") -> Iterator[Any]:
    """Ask the server that OPENAI_BASE_URL or ANTHROPIC_BASE_URL names."""
    yield from litellm.completion(model, [{"role": "user", "content": question}], stream=True)


if __name__ == "__main__":
    ssewire.integrations.install("openai")
    for chunk in stream("What is an event stream?"):
        print(chunk.choices[0].delta.content or "", end="", flush=True)
