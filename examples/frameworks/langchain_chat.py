"""langchain-openai: ChatOpenAI makes its client inside, and `install` reaches it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ssewire.integrations
from langchain_openai import ChatOpenAI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.messages import AIMessageChunk


def stream(question: str, **options: Any) -> Iterator[AIMessageChunk]:
    """Ask the server that OPENAI_BASE_URL names; `use_responses_api=True` asks by the Responses API."""
    yield from ChatOpenAI(model="gpt-5", **options).stream(question)


if __name__ == "__main__":
    ssewire.integrations.install("openai")
    for chunk in stream("What is an event stream?"):
        print(chunk.text, end="", flush=True)
