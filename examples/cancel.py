"""Cancel a stream from another thread, at the press of Enter, and keep what was read.

Start a server and run it:

    ssewire serve --port 8000 --rate 5
    python examples/cancel.py [BASE_URL]
"""

from __future__ import annotations

import os
import sys
import threading

import requests
import ssewire

BASE_URL = os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8000/v1")
HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}


def show(stream: ssewire.Stream) -> None:
    """Print the text as it comes. Where the stream is closed meanwhile, this ends without an exception."""
    for text in stream.text_stream:
        print(text, end="", flush=True)


def main(base_url: str = BASE_URL) -> None:
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
    main(*sys.argv[1:])
