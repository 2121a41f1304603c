"""`accelerate`: the streams of the `openai` package, read by this package's core.

    from openai import OpenAI
    from ssewire.integrations.openai import accelerate

    client = accelerate(OpenAI())
    for chunk in client.chat.completions.create(model="gpt-5", messages=messages, stream=True):
        ...  # ChatCompletionChunks, as before

docs/adapters.md says what changes and what does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ssewire.integrations._decoder import Truncated  # noqa: TC001 - typing.get_type_hints looks for it
from ssewire.integrations._install import accelerate_of

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = ["accelerate"]

_Client = TypeVar("_Client", bound="OpenAI | AsyncOpenAI")


def accelerate(client: _Client, *, truncated: Truncated = "ignore") -> _Client:
    """Make the streams of one client fast, and let them survive what the package chokes on.

    Only this client changes, and those that its `copy()` and `with_options()` make from now on. What it returns and
    raises stays what the package builds: the same classes, equal in every attribute.

    Args:
        client: An OpenAI, AsyncOpenAI, AzureOpenAI or another client of the package.
        truncated: What becomes of a stream that just stops. "ignore": it looks finished, as to the package. "raise":
            its iteration raises after the last event what `ssewire.Stream` raises: IncompleteStreamError, or
            ProviderError where an error ended it that the package does not look for.

    Returns:
        The same client.

    Raises:
        TypeError: It is no client of the `openai` package.
        ImportError: This release of the package lacks a seam; the message says which.
        ValueError: `truncated` is neither, or not what the client was accelerated with before.
    """
    return accelerate_of("openai", client, truncated)
