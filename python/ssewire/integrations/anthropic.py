"""`accelerate`: the streams of the `anthropic` package, read by this package's core.

    from anthropic import Anthropic
    from ssewire.integrations.anthropic import accelerate

    client = accelerate(Anthropic())
    for event in client.messages.create(model="claude-sonnet-5", max_tokens=1024, messages=messages, stream=True):
        ...  # RawMessageStreamEvents, as before

docs/adapters.md says what changes and what does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ssewire.integrations._decoder import Truncated  # noqa: TC001 - typing.get_type_hints looks for it
from ssewire.integrations._install import accelerate_of

if TYPE_CHECKING:
    from anthropic._base_client import BaseClient

__all__ = ["accelerate"]

_Client = TypeVar("_Client", bound="BaseClient[Any, Any]")


def accelerate(client: _Client, *, truncated: Truncated = "ignore") -> _Client:
    """Make the streams of one client fast, and let them survive what the package chokes on.

    Only this client changes, and those that its `copy()` and `with_options()` make from now on. What it returns and
    raises stays what the package builds: the same classes, equal in every attribute. A client that frames otherwise
    (AnthropicBedrock: binary frames) keeps its own framing.

    Args:
        client: An Anthropic, AsyncAnthropic, AnthropicVertex or another client of the package.
        truncated: What becomes of a stream that just stops. "ignore": it looks finished, as to the package. "raise":
            its iteration raises after the last event what `ssewire.Stream` raises: IncompleteStreamError, or
            ProviderError where an error ended it that the package does not look for.

    Returns:
        The same client.

    Raises:
        TypeError: It is no client of the `anthropic` package.
        ImportError: This release of the package lacks a seam; the message says which.
        ValueError: `truncated` is neither, or not what the client was accelerated with before.
    """
    return accelerate_of("anthropic", client, truncated)
