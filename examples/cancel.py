"""Cancel a stream from another thread, at the press of Enter, and keep what was read.

Run it:

    python examples/cancel.py [BASE_URL]
"""

from __future__ import annotations

import os
import sys
import threading

import requests
import ssewire
from provider import provider

HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}


def show(stream: ssewire.Stream) -> None:
    """Print the text as it comes. Where the stream is closed meanwhile, this ends without an exception."""
    try:
        for text in stream.text_stream:
            print(text, end="", flush=True)
    except ssewire.StreamError as error:  # in a thread of its own nobody else would catch it
        print(f"\n[{error}]", end="", flush=True)


def main(base_url: str) -> None:
    """Read in one thread, and stop it from the other."""
    body = {
        "model": os.environ.get("OPENAI_MODEL", "demo-1"),
        "messages": [{"role": "user", "content": "What is an event stream?"}],
        "stream": True,
    }
    url = f"{base_url}/chat/completions"
    stream = ssewire.Stream(requests.post(url, json=body, headers=HEADERS, stream=True, timeout=60))
    reader = threading.Thread(target=show, args=(stream,))
    reader.start()
    sys.stdin.readline()  # Enter; in a real program a button, a time limit, a client that left
    stream.close()  # not response.close(), which would wait for the reader; the server sees that we are gone
    reader.join()
    snapshot = stream.snapshot
    print(f"\n[{snapshot.finish_reason or 'cancelled'}: {len(snapshot.text)} characters]")


if __name__ == "__main__":
    with provider("chat.sse") as base_url:
        main(base_url)
