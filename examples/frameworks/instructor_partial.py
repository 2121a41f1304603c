"""instructor: an object that is there in part while it arrives, read through the SDK's client that it is given."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import instructor
import ssewire.integrations
from openai import OpenAI
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator


class File(BaseModel):
    """What the model is to answer."""

    path: str
    mode: int
    text: str


@cache
def make_client() -> Any:
    """Make a client of the server that OPENAI_BASE_URL names."""
    return instructor.from_openai(OpenAI())


def stream(question: str) -> Iterator[File]:
    """Give the object again with each event, as far as it is known."""
    messages = [{"role": "user", "content": question}]
    yield from make_client().create_partial(model="gpt-5", response_model=File, messages=messages)


if __name__ == "__main__":
    ssewire.integrations.install("openai")
    for file in stream("Write a parser."):
        print(file)
