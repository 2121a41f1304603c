"""pydantic-ai: its providers make their clients inside, and `install` reaches them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import ssewire.integrations
from pydantic_ai import Agent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def stream(question: str, model: str = "openai-chat:gpt-5") -> AsyncIterator[Any]:
    """Ask the server that OPENAI_BASE_URL or ANTHROPIC_BASE_URL names; give the text, then all messages."""
    async with Agent(model).run_stream(question) as answer:
        async for text in answer.stream_text(delta=True, debounce_by=None):
            yield text
        yield answer.all_messages()


async def main() -> None:
    """Print the text as it comes."""
    async for part in stream("What is an event stream?"):
        print(part if isinstance(part, str) else "", end="", flush=True)


if __name__ == "__main__":
    ssewire.integrations.install("openai", "anthropic")
    asyncio.run(main())
