"""Print text as it comes, with requests; and say what is wrong when no text comes.

Run it:

    python examples/requests_only.py [BASE_URL]

It has more to say of a server that fails:

    ssewire serve --port 8000 --fail 429      # or --drop-after 30
    python examples/requests_only.py http://127.0.0.1:8000/v1
"""

from __future__ import annotations

import os
import sys

import requests
import ssewire
from provider import provider

HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}


def main(base_url: str) -> None:
    """Ask one question and print the answer, or what came instead."""
    body = {
        "model": os.environ.get("OPENAI_MODEL", "demo-1"),
        "messages": [{"role": "user", "content": "What is an event stream?"}],
        "stream": True,
    }
    url = f"{base_url}/chat/completions"
    try:
        # No raise_for_status(): it would throw away what the body says about the error.
        with requests.post(url, json=body, headers=HEADERS, stream=True, timeout=60) as response:
            for text in ssewire.Stream(response).text_stream:
                print(text, end="", flush=True)
        print()
    except ssewire.ProviderError as error:  # the API refused, or gave up in the middle of the text
        sys.exit(f"\nthe API says (HTTP {error.status}, {error.type}): {error.message}")
    except ssewire.ResponseError as error:  # something answered that is no API: a proxy, a login page, a wrong URL
        sys.exit(f"\n{url}: {error}")
    except ssewire.IncompleteStreamError as error:  # the connection was lost
        sys.exit(f"\nthe answer is not complete: {error}")


if __name__ == "__main__":
    with provider("chat.sse") as base_url:
        main(base_url)
