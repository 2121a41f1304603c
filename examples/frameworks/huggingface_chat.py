"""huggingface_hub: InferenceClient reads lines by itself; the same server through the openai SDK is read natively."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import ssewire.integrations
from huggingface_hub import InferenceClient
from openai import OpenAI

if TYPE_CHECKING:
    from collections.abc import Iterator


def stream(question: str) -> Iterator[Any]:
    """Ask the server that OPENAI_BASE_URL names: huggingface_hub's own way."""
    client = InferenceClient(base_url=os.environ["OPENAI_BASE_URL"], api_key=os.environ["OPENAI_API_KEY"])
    yield from client.chat_completion([{"role": "user", "content": question}], model="m", stream=True)


def stream_natively(question: str) -> Iterator[Any]:
    """Ask the same: router.huggingface.co/v1 speaks the dialect, too."""
    messages: Any = [{"role": "user", "content": question}]
    yield from OpenAI().chat.completions.create(model="m", messages=messages, stream=True)


if __name__ == "__main__":
    ssewire.integrations.install("openai")
    for chunk in stream_natively("What is an event stream?"):
        print(chunk.choices[0].delta.content or "" if chunk.choices else "", end="", flush=True)
