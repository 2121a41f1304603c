"""Read many streams at once, with asyncio and aiohttp.

Run it:

    python examples/many_streams.py [BASE_URL]
"""

from __future__ import annotations

import asyncio
import os

import aiohttp
import ssewire
from provider import provider

HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}
STREAMS = 50  # a ClientSession opens up to 100 connections at once


async def ask(session: aiohttp.ClientSession, url: str, question: str) -> ssewire.Snapshot | None:
    """Read one answer to its end; None where it failed, so that one failure does not end the others."""
    body = {
        "model": os.environ.get("OPENAI_MODEL", "demo-1"),
        "messages": [{"role": "user", "content": question}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    try:
        async with session.post(url, json=body) as response:
            return await ssewire.AsyncStream(response).until_done()
    except (ssewire.StreamError, aiohttp.ClientError) as error:
        print(f"{question} {error}")
        return None


async def ask_all(base_url: str) -> None:
    """Ask all the questions at once and add up the answers."""
    questions = [f"What is {number} times {number}?" for number in range(STREAMS)]
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        url = f"{base_url}/chat/completions"
        answers = await asyncio.gather(*(ask(session, url, question) for question in questions))
    complete = [answer for answer in answers if answer is not None]
    characters = sum(len(answer.text) for answer in complete)
    used = sum(answer.usage.output_tokens or 0 for answer in complete if answer.usage)
    print(f"{len(complete)} of {STREAMS} answers: {characters} characters, {used} tokens")


def main(base_url: str) -> None:
    """Run it."""
    asyncio.run(ask_all(base_url))


if __name__ == "__main__":
    with provider("chat.sse") as base_url:
        main(base_url)
