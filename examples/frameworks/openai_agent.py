"""openai-agents: its runner makes a client inside, and `install` reaches it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import ssewire.integrations
from agents import Agent, RunConfig, Runner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def stream(question: str) -> AsyncIterator[Any]:
    """Ask the server that OPENAI_BASE_URL names, by the Responses API."""
    agent = Agent(name="Guide", model="gpt-5")
    running = Runner.run_streamed(agent, question, run_config=RunConfig(tracing_disabled=True))
    async for event in running.stream_events():
        yield event
    yield running.final_output


async def main() -> None:
    """Print the text as it comes."""
    async for event in stream("What is an event stream?"):
        delta = getattr(getattr(event, "data", None), "delta", "")
        print(delta, end="", flush=True)


if __name__ == "__main__":
    ssewire.integrations.install("openai")
    asyncio.run(main())
