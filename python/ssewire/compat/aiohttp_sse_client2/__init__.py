"""aiohttp-sse-client2's names, and so those of aiohttp-sse-client.

from ssewire.compat.aiohttp_sse_client2 import client as sse_client

docs/compat.md says what differs from the package.
"""

from __future__ import annotations

from ssewire.compat.aiohttp_sse_client2 import client

__all__ = ["__version__", "client"]

__version__ = "0.3.0"
"""The release of aiohttp-sse-client2 whose interface this is."""
