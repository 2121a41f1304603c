"""Ask again when the connection drops, without showing text twice.

A chat completion cannot be resumed: the second request gets a whole new answer. As far as its text is what was already
shown it is skipped; where it is another one, that is said, and it is shown from its beginning.

Run it:

    python examples/retry.py [BASE_URL]
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import httpx
import ssewire
from provider import provider

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}
NOTICE = "\n[The connection was lost, and the new answer is a different one:]\n"


def beyond(shown: str, pieces: Iterator[str]) -> Iterator[str]:
    """Yield what comes after `shown`; if the text does not begin with it, a notice and the whole text."""
    again = ""
    for piece in pieces:
        again += piece
        if shown.startswith(again):
            continue  # nothing new, and nothing different yet
        yield again[len(shown) :] if again.startswith(shown) else NOTICE + again
        yield from pieces
        return
    if again != shown:  # complete, and yet shorter than what was shown
        yield NOTICE + again


def answer(client: httpx.Client, question: str, shown: str = "", attempts: int = 3) -> Iterator[str]:
    """Yield the answer's text as it comes, without what was `shown`."""
    body = {
        "model": os.environ.get("OPENAI_MODEL", "demo-1"),
        "messages": [{"role": "user", "content": question}],
        "stream": True,
        "temperature": 0,  # with a seed, the same answer is likely; no API promises it
        "seed": 1,
    }
    try:
        with client.stream("POST", "chat/completions", json=body) as response:
            yield from beyond(shown, ssewire.Stream(response).text_stream)
    except ssewire.IncompleteStreamError as error:
        if attempts == 1 or error.snapshot is None:
            raise
        text = error.snapshot.text
        # It may have broken off before it came to anything new: then more was shown than it brought.
        yield from answer(client, question, shown if shown.startswith(text) else text, attempts - 1)


def main(base_url: str) -> None:
    """Ask one question and print the answer."""
    with httpx.Client(base_url=base_url, headers=HEADERS, timeout=60) as client:
        try:
            for text in answer(client, "What is an event stream?"):
                print(text, end="", flush=True)
        except ssewire.IncompleteStreamError as error:
            sys.exit(f"\n[The answer is not complete: {error}]")
    print()


if __name__ == "__main__":
    with provider("chat.sse", drop_after=40, fail_times=1) as base_url:
        main(base_url)
