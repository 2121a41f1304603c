"""langchain-anthropic: ChatAnthropic makes its client inside, and `install` reaches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ssewire.integrations
from langchain_anthropic import ChatAnthropic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.messages import AIMessageChunk


def stream(question: str) -> Iterator[AIMessageChunk]:
    """Ask the server that ANTHROPIC_BASE_URL names."""
    yield from ChatAnthropic(model="claude-sonnet-5").stream(question)


if __name__ == "__main__":
    ssewire.integrations.install("anthropic")
    for chunk in stream("What is an event stream?"):
        print(chunk.text, end="", flush=True)
